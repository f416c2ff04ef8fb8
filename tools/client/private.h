/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of reflector-client's own engine share. Commands use client.h alone.
 */
#pragma once

#include <reflector/control.h>

#include "tools/client/client.h"
#include "tools/client/digest.h"
#include "tools/client/sdp.h"
#include "tools/client/sources.h"

typedef struct _ClientSip ClientSip;

struct _ClientMedium {
  Client *client;
  const ClientMediumSpec *spec;
  const ClientFormat *format; /* as answered; %NULL: refused */
  gboolean refused;
  int fd; /* -1: none */
  guint watch, report_timer, reports;
  RflAddress local, remote;
  guint32 ssrc, timestamp;
  guint16 seq;
  gboolean sent_lately;
  guint64 packets, octets; /* sent by us */
  gint64 sent_at;          /* monotonic, of the last packet */
  ClientSources *sources;
};

struct _Client {
  const ClientSettings *settings;
  const ClientFuncs *funcs;
  gpointer user_data;
  GMainLoop *loop;
  GPtrArray *media;
  ClientSip *sip;
  char *identity;
  RflAddress server, local;
  RflControlChannel *control;
  guint control_timer, duration_timer, join_timer, signals[2];
  gboolean joined, leaving, progress_shown, resigned;
  ClientExit status;
};

/* ---- output.c ---- */
void client_complain (Client *client, ClientExit status, const char *message);

/* ---- client.c: what SIP tells ---- */

/* Returns: %FALSE after it has failed: hang up. */
gboolean client_answered (Client *client, const char *sdp);
/* Another offer of the reflector's within the call. Returns: (transfer full): our answer */
char *client_offered (Client *client, const char *sdp);
/* The call is over, or never came to be; nothing more is sent. */
void client_lost (Client *client, ClientExit status, const char *format, ...) G_GNUC_PRINTF (3, 4);
char *client_write_offer (Client *client);

/* ---- sip.c, sip-stack.c ---- */
ClientSip *client_sip_new (Client *client, GError **error);
void client_sip_invite (ClientSip *sip);
void client_sip_subscribe (ClientSip *sip, gboolean once);
/* Hangs up, if there is something, and waits for the answer, two seconds at most. */
void client_sip_free (ClientSip *sip);

/* ---- password.c ---- */
/* From the file, the environment or the terminal. Errors: of CLIENT_ERROR. Returns: (transfer full): free with
 * client_free_secret() */
char *client_get_password (const ClientSettings *settings, const char *realm, GError **error);
void client_free_secret (char *secret);

/* ---- media.c ---- */
ClientMedium *client_medium_new (Client *client, const ClientMediumSpec *spec);
void client_medium_free (ClientMedium *medium);
/* Binds a port on client->local. */
gboolean client_medium_open (ClientMedium *medium, GError **error);
/* From now on media and reports go there. */
gboolean client_medium_connect (ClientMedium *medium, const RflAddress *remote, GError **error);
/* Says BYE in RTCP. */
void client_medium_close (ClientMedium *medium);

/* ---- report.c ---- */
/* SR or RR with SDES; @bye: and BYE. Returns: octets in @out */
gsize client_report_write (ClientMedium *medium, gboolean bye, guint8 *out, gsize size);

/* ---- control.c ---- */
void client_control_start (Client *client);
void client_control_receive (Client *client, const guint8 *data, gsize len);
void client_control_stop (Client *client);
