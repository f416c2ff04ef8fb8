/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every command of reflector-client is written with: being in a room, its media, its control
 * channel, and what is told to people and machines. Not a library: only this program has it.
 *
 * A command is one file (or folder) with a `const ClientCommand`, listed in main.c. Its run function
 *   1. puts its own options into a GOptionEntry array and calls client_settings_parse();
 *   2. makes a Client with client_new(), saying which media it wants (client_add_medium());
 *   3. returns client_run(), which joins, runs the main loop and leaves with a BYE; everything between happens in
 *      its ClientFuncs. SIGINT and SIGTERM leave, with CLIENT_OK.
 * One thread, the default main context: sources and sockets of a command's own are attached there.
 */
#pragma once

#include <gio/gio.h>
#include <reflector/address.h>
#include <reflector/rtcp.h>
#include <reflector/rtp.h>

/* ---- commands ---- */

/* Exit codes; the manual page has the same list. */
typedef enum {
  CLIENT_OK = 0,          /* done, or left by a signal */
  CLIENT_FAILED = 1,      /* something here: a file, a socket, a program */
  CLIENT_USAGE = 2,       /* wrong options or arguments */
  CLIENT_UNREACHABLE = 3, /* the server does not answer, or not any more */
  CLIENT_REFUSED = 4,     /* the server refuses: the call, the share, the file */
  CLIENT_DENIED = 5,      /* user name or password are missing or wrong */
  CLIENT_ENDED = 6        /* the server has ended the call, or what the command was for */
} ClientExit;

typedef struct {
  const char *name, *arguments, *summary;
  /* argv[0] is the command's name. Returns: a ClientExit */
  int (*run) (int argc, char **argv);
} ClientCommand;

/* For the codes of errors that client_fail() turns into exit codes. */
#define CLIENT_ERROR (client_error_quark ())
GQuark client_error_quark (void);

/* ---- settings.c: the options that all commands have ---- */

typedef struct {
  char *room;   /* as text, not escaped */
  char *server; /* host name or numeric address, without brackets */
  guint16 port; /* of SIP */
  gboolean tcp; /* SIP over TCP */
  char *mode;   /* all, mix, one, or %NULL: the server's choice */
  char *pin;    /* of the room, letters and digits, or %NULL */
  char *user;   /* in From, and of the digest */
  char *password_file;
  gboolean json, verbose;
  double duration;               /* seconds in the room; 0: no end */
  int timeout;                   /* seconds until an answer */
  int keep_alive;                /* seconds between two signs of life in SIP */
  char *local;                   /* local address, or %NULL */
  guint16 first_port, last_port; /* of media; both 0: any */
} ClientSettings;

/**
 * client_settings_parse:
 * @command: whose options these are
 * @entries: (nullable): its own
 * @argc, @argv: (inout): the arguments behind the options are left, without the room: argv[1] is the first of
 *   them. The room is the last argument.
 * @n_args: how many there must be beside the room
 *
 * Returns: %FALSE after telling what is wrong: return CLIENT_USAGE.
 */
gboolean client_settings_parse (ClientSettings *settings, const ClientCommand *command,
                                const GOptionEntry *entries, int *argc, char ***argv, int n_args);
void client_settings_clear (ClientSettings *settings);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ClientSettings, client_settings_clear)
/* "reflector-client: …" on standard error, and with @json an event "error". Returns: @status */
int client_usage (const ClientCommand *command, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* ---- line.c: what is told ---- */

/* One JSON object in the making: {"event":"…", …}. Text that is no UTF-8 is made so. */
typedef struct _ClientLine ClientLine;
ClientLine *client_line_new (const char *event);
/* All return @line, so that they can be chained. %NULL text: null */
ClientLine *client_line_text (ClientLine *line, const char *key, const char *value);
ClientLine *client_line_int (ClientLine *line, const char *key, gint64 value);
ClientLine *client_line_double (ClientLine *line, const char *key, double value);
ClientLine *client_line_bool (ClientLine *line, const char *key, gboolean value);
/* @value: JSON already */
ClientLine *client_line_raw (ClientLine *line, const char *key, const char *value);
/* Begin a nested value; @key: %NULL in an array */
ClientLine *client_line_open (ClientLine *line, const char *key, char bracket);
ClientLine *client_line_close (ClientLine *line);
/* Returns: (transfer full): the text without a line end. Frees @line. */
char *client_line_end (ClientLine *line);

typedef struct _Client Client;

/* With --json: @line, on standard output and at once; else the text, on standard output, with control characters
 * (of what others say) replaced. Takes @line. @format may be %NULL: nothing for people. */
void client_tell (Client *client, ClientLine *line, const char *format, ...) G_GNUC_PRINTF (3, 4);
/* The line at the bottom of a terminal; nothing where standard error is none, or with --json. */
void client_progress (Client *client, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* ---- client.c: being in a room ---- */

typedef struct _ClientMedium ClientMedium;

/* Any may be %NULL, and any may call client_leave() or client_fail(). */
typedef struct {
  /* The call is up: media may be sent. Once. */
  void (*joined) (Client *client, gpointer user_data);
  /* The control channel is up: announcements come, messages may be sent. Each time it has
   * come up: the reflector may have forgotten everything. */
  void (*control_up) (Client *client, gpointer user_data);
  /* What was not acknowledged is lost; it may come back. */
  void (*control_down) (Client *client, const char *why, gpointer user_data);
  /* One message of the reflector's; @service: four characters */
  void (*control) (Client *client, const char *service, guint8 type, const guint8 *body, gsize len,
                   gpointer user_data);
  /* A datagram of the room's: RTP, parsed; or a well-formed compound of RTCP. Both lent. */
  void (*rtp) (Client *client, ClientMedium *medium, const RflRtp *rtp, const guint8 *data,
               gsize len, gpointer user_data);
  void (*rtcp) (Client *client, ClientMedium *medium, const guint8 *data, gsize len,
                gpointer user_data);
  /* The call ends, for whatever reason; the BYE goes out afterwards. Once, if joined() was called. */
  void (*leaving) (Client *client, gpointer user_data);
  /* A NOTIFY of the subscription to the roster (client_subscribe()); @state: Subscription-State. @body: %NULL if it has
   * none */
  void (*roster) (Client *client, const char *state, const char *body, gpointer user_data);
} ClientFuncs;

/* @settings, @funcs: must stay */
Client *client_new (const ClientSettings *settings, const ClientFuncs *funcs, gpointer user_data);
/* Joins, runs, leaves. Returns: a ClientExit. Frees nothing. */
int client_run (Client *client);
void client_free (Client *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Client, client_free)

const ClientSettings *client_get_settings (const Client *client);
/* Our identity in the room, "sip:USER@SERVER"; also the CNAME. */
const char *client_get_identity (const Client *client);
/* The server's numeric address, once client_run() is under way; the port is SIP's. */
const RflAddress *client_get_server (const Client *client);
gboolean client_is_joined (const Client *client);

/* Ends client_run() with this status, after a BYE. A later one does not change the status. */
void client_leave (Client *client, ClientExit status);
/* The same, telling @error; the status is its code if it is of CLIENT_ERROR, CLIENT_REFUSED for
 * RFL_ERROR_FORBIDDEN, else CLIENT_FAILED. */
void client_fail (Client *client, const GError *error);

/* ---- control messages (<reflector/control.h>) ---- */

/* Reliable and in order. Errors: RFL_ERROR_UNAVAILABLE before control_up() and after control_down();
 * RFL_ERROR_LIMIT; RFL_ERROR_MALFORMED */
gboolean client_send_control (Client *client, const char *service, guint8 type, GByteArray *body,
                              GError **error);
gboolean client_control_is_up (const Client *client);

/* ---- media ---- */

typedef struct {
  guint8 pt;          /* the number in our offer, as in the answer */
  const char *rtpmap; /* "PCMU/8000", "opus/48000/2" */
  const char *fmtp;   /* or %NULL */
} ClientFormat;

/**
 * ClientMediumSpec:
 * @kind: "audio" or "video"
 * @formats: must stay; ended by one without rtpmap
 * @send, @receive: neither: only RTCP, and so the control channel, goes this way
 * @foreign: what is sent has SSRCs of others (a local tool's), so none is announced
 */
typedef struct {
  const char *kind;
  const ClientFormat *formats;
  gboolean send, receive, foreign;
} ClientMediumSpec;

/* G.711, both laws: what everybody has. */
extern const ClientFormat client_g711[];
/* Audio without media: for commands that need the control channel or the roster alone. */
extern const ClientMediumSpec client_quiet;

/* Before client_run(). The call needs one at least. Returns: (transfer none) */
ClientMedium *client_add_medium (Client *client, const ClientMediumSpec *spec);
const ClientMediumSpec *client_medium_get_spec (const ClientMedium *medium);
/* (nullable): the first of our formats that the answer has; %NULL: the medium was refused. */
const ClientFormat *client_medium_get_format (const ClientMedium *medium);
/* The format of this number, or %NULL. */
const ClientFormat *client_medium_find_format (const ClientMedium *medium, guint8 pt);
guint32 client_medium_get_ssrc (const ClientMedium *medium);
/* A packet of our own; sequence number and SSRC are ours. @duration: in ticks of its clock, by which the next one's
 * timestamp is later. */
void client_medium_send (ClientMedium *medium, const guint8 *payload, gsize len, gboolean marker,
                         guint32 duration);
/* A datagram as it is, RTP or RTCP. */
void client_medium_send_raw (ClientMedium *medium, const guint8 *data, gsize len);

/* ---- sources.c: who sends in a medium ---- */

typedef struct {
  guint32 ssrc;
  char *cname; /* or %NULL */
  guint8 pt;
  guint64 packets, octets; /* payload */
  gint64 lost;             /* RFC 3550 A.3; less than 0 with doubles */
  double jitter;           /* ms, RFC 3550 A.8 */
  gint64 last;             /* monotonic time of its last packet */
  gboolean gone;           /* said BYE */
} ClientSource;

/* Returns: (transfer container) (element-type ClientSource): in the order of their coming. Lent until the next
 * packet. */
GPtrArray *client_medium_get_sources (const ClientMedium *medium);

/* ---- roster: RFC 4575 ---- */

/* In the call, once joined; refreshed until @once or the end. */
void client_subscribe (Client *client, gboolean once);
