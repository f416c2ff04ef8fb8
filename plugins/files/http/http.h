/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The thread that serves files over HTTP and keeps the spool, as the main thread sees it. It knows rooms by name and people
 * by what it is told of them ("who"): who may do what is asked of the main thread for each request. Knows no participant,
 * no session and no link.
 */
#pragma once

#include <gio/gio.h>
#include <reflector/address.h>
#include <reflector/error.h>

typedef struct _Http Http;

#define FILE_ID 16
#define FILE_KEY 16
#define FILE_HASH 32

/**
 * FileInfo: a file that can be fetched here. Immutable, counted by reference; any thread
 * @id: the same at all reflectors
 * @key: of its URL at this reflector
 * @owner: whom it belongs to, as people are told
 * @who: whose it is, as in HttpAsk; "" if he is elsewhere
 * @via: (nullable): the linked reflector that it is fetched from
 * @hash: SHA-256
 * @added: seconds since 1970
 */
typedef struct {
  guint refs;
  guint8 id[FILE_ID], key[FILE_KEY];
  char *room, *name, *type, *owner, *who, *via;
  guint64 size;
  guint8 hash[FILE_HASH];
  gint64 added;
} FileInfo;

FileInfo *file_info_new (void);
FileInfo *file_info_ref (FileInfo *info);
/* %NULL is allowed. */
void file_info_unref (FileInfo *info);
/* (transfer full): its path and name in a URL, "/files/KEY/NAME" */
char *file_info_get_path (const FileInfo *info);

/**
 * HttpLimits:
 * @file, @participant, @session, @spool, @spare, @cache: octets: of one file; of one person in a room; of a room; of everything in
 *   the spool but the cache; that stay free on the disk; of what is kept of other reflectors' files
 * @files: of a room; @transfers: uploads and downloads at once
 * @connections, @per_address: at once; linked reflectors' have as many apart
 * @page: whether rooms have pages
 * @keep_parts: seconds that a broken upload is kept; @stall: seconds without progress that end a connection
 */
typedef struct {
  guint64 file, participant, session, spool, spare, cache;
  guint files, transfers, connections, per_address, keep_parts, stall;
  gboolean page;
  GTlsCertificate *certificate; /* (nullable) */
  GTlsDatabase *authorities;    /* (nullable): of linked reflectors' certificates */
} HttpLimits;

/* What is counted; http_get_stat() */
typedef enum {
  HTTP_CONNECTIONS,
  HTTP_REFUSED_CONNECTIONS,
  HTTP_PAUSED,
  HTTP_MALFORMED,
  HTTP_LATE,
  HTTP_STALLED,
  HTTP_TLS_FAILED,
  HTTP_REQUESTS,
  HTTP_UNAUTHORIZED,
  HTTP_FORBIDDEN,
  HTTP_OVER_QUOTA,
  HTTP_WRONG_HASH,
  HTTP_BROKEN_UPLOADS,
  HTTP_UPLOADS,
  HTTP_DOWNLOADS,
  HTTP_DISK_ERRORS,
  HTTP_FETCHES,
  HTTP_FETCH_FAILED,
  HTTP_OCTETS_IN,
  HTTP_OCTETS_OUT,
  HTTP_N_STATS
} HttpStat;

/* Of the spool at present; http_get_gauge() */
typedef enum {
  HTTP_GAUGE_FILES,
  HTTP_GAUGE_OCTETS,
  HTTP_GAUGE_CACHE,
  HTTP_GAUGE_CONNECTIONS,
  HTTP_N_GAUGES
} HttpGauge;

typedef enum {
  HTTP_ASK_LIST, /* the list of a room's files */
  HTTP_ASK_PUT,  /* a file for a room */
  HTTP_ASK_WHO   /* who he is, to delete or resume what is his */
} HttpAskType;

/**
 * HttpAsk: one question, and its answer
 * @room: by name, or %NULL: that of @token
 * @token: (nullable): of a room's page, 32 hexadecimal digits
 * @authorization: (nullable): the header field as it came; a secret
 * @method, @target: of the request line, for digest
 * @name, @size, @file_type: of the file to PUT
 * @peer: where the request comes from
 * @request: the asker's
 *
 * The answer:
 * @status: 0: yes; else of HTTP, with @why
 * @retry: seconds, with 429
 * @challenges: (nullable): values for WWW-Authenticate, with 401
 * @who: for comparison; @owner: as people are told; @real_room: by name
 * @base: (nullable): what is to stand before a path in URLs that the asker gets: "http://ADDRESS:PORT"
 */
typedef struct {
  HttpAskType type;
  char *room, *token, *authorization, *method, *target, *name, *file_type;
  guint64 size;
  RflAddress peer;
  gpointer request;

  guint status, retry;
  char *why;
  char **challenges;
  char *who, *owner, *real_room, *base;
} HttpAsk;

void http_ask_free (HttpAsk *ask);

/**
 * HttpRemote: a file that a linked reflector has offered
 * @info: with @via; its @key is chosen here
 * @upstream, @upstream_key, @tls: where it is fetched: GET /links/KEY
 */
typedef struct {
  FileInfo *info;
  RflAddress upstream;
  guint8 upstream_key[FILE_KEY];
  gboolean tls;
} HttpRemote;

/**
 * HttpFuncs: all on the main thread
 * @ask: answers with http_answer(), now or later
 * @offered: can be fetched from now on, also after a restart (before http_start() returns nothing is told)
 * @gone: of what was offered
 * @note: something for the log, at most so many as are of use; @text: lent
 */
typedef struct {
  void (*ask) (HttpAsk *ask, gpointer user_data);
  void (*offered) (FileInfo *info, gpointer user_data);
  void (*gone) (const guint8 id[FILE_ID], const char *reason, gpointer user_data);
  void (*note) (HttpStat what, const RflAddress *peer, const char *text, gpointer user_data);
} HttpFuncs;

/* Main thread, all of them. */
Http *http_new (GMainContext *context, const HttpFuncs *funcs, gpointer user_data);
void http_set_limits (Http *http, const HttpLimits *limits);
/**
 * http_start:
 * @spool: a folder, made if it is not there
 * @bind: (nullable): IP address; %NULL: all
 *
 * Reads the spool and listens. RFL_ERROR_IO
 */
gboolean http_start (Http *http, const char *spool, const char *bind, guint16 port, GError **error);
/* Transfers are cut; what is whole, and parts that can be resumed, stay in the spool. */
void http_stop (Http *http);
void http_free (Http *http);
/* @ask: (transfer full) */
void http_answer (Http *http, HttpAsk *ask);
/* HttpFuncs.gone() follows, unless it is not there. @reason: (nullable) */
void http_remove (Http *http, const guint8 id[FILE_ID], const char *reason);
/* Everything of the room goes, uploads under way too. */
void http_end_room (Http *http, const char *room);
/* A linked reflector may fetch the file with @key from now on; at most one key of each @peer. */
void http_add_link_key (Http *http, const guint8 id[FILE_ID], const char *peer,
                        const guint8 key[FILE_KEY]);
void http_drop_link_keys (Http *http, const char *peer);
/* @addresses: (element-type RflAddress) (transfer full) */
void http_set_linked (Http *http, GArray *addresses);
/* @remote: copied. The same file again: it can be fetched there now. HttpFuncs.offered() follows the first time. */
void http_add_remote (Http *http, const HttpRemote *remote);
/* It cannot be fetched before it is added again. */
void http_remote_away (Http *http, const guint8 id[FILE_ID]);
/* Lent; 32 octets that do not change with a restart, once it has started: rooms' pages are named by it. */
const guint8 *http_get_page_key (const Http *http);
guint64 http_get_stat (const Http *http, HttpStat stat);
guint64 http_get_gauge (const Http *http, HttpGauge gauge);
