/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the HTTP thread know of each other. All on that thread. */
#pragma once

#include "plugins/files/http/http.h"
#include <libsoup/soup.h>
#include <reflector/file.h>
#include <reflector/post.h>

/* Octets that are read from a file, or given to libsoup, at once. */
#define CHUNK (128 * 1024)

typedef struct _StoreItem StoreItem;
typedef struct _Store Store;
typedef struct _Upload Upload;
typedef struct _Fetch Fetch;
typedef struct _Door Door;
typedef struct _Request Request;

struct _Http {
  GMainContext *main_context, *context;
  HttpFuncs funcs;
  gpointer user_data;
  GThread *thread;
  RflPost *down, *up;
  GMainLoop *loop;
  HttpLimits limits, next; /* @next: the main thread's */
  Store *store;
  SoupServer *server;
  SoupSession *session; /* to linked reflectors */
  GPtrArray *doors;
  GArray *linked;
  GHashTable *requests; /* Request */
  guint transfers;
  guint64 stats[HTTP_N_STATS];
  guint64 gauges[HTTP_N_GAUGES];
  guint notes;
  guint pending; /* answers of GIO to come */
};

/* http.c */
void http_count (Http *http, HttpStat stat, guint64 n);
void http_set_gauge (Http *http, HttpGauge gauge, guint64 value);
/* Counts, and tells the main thread if not too much is on its way there. */
void http_note (Http *http, HttpStat stat, const RflAddress *peer, const char *text);
void http_tell_offered (Http *http, FileInfo *info);
void http_tell_gone (Http *http, const guint8 *id, const char *reason);
/* @ask: (transfer full) */
void http_ask (Http *http, HttpAsk *ask);
gboolean http_is_linked (const Http *http, const RflAddress *address);
GSource *http_after (Http *http, guint seconds, GSourceFunc func, gpointer data);
void http_clear_source (GSource **source);
void http_random (guint8 *out, gsize len);

/**
 * StoreItem: a file that can be fetched: in the spool as a whole, or at a linked reflector (fetch.h)
 * @file: its name in the spool; %NULL: not (wholly) there
 * @owner_key: allows to delete it
 * @link_keys: (element-type octets of FILE_KEY) by peer
 * @fetch: (nullable): of one that comes from another reflector
 * @gone: removed; who reads it still may to the end of his transfer
 */
struct _StoreItem {
  guint refs;
  FileInfo *info;
  char *file;
  guint8 owner_key[FILE_KEY];
  GHashTable *link_keys;
  Fetch *fetch;
  gboolean gone;
};

/**
 * Store: the spool and what is in it
 * @items: by id, @keys: by key, @link_keys: by any peer's; all in hexadecimal digits
 * @parts: (element-type Part)
 * @lock: of the folder
 * @used: octets of whole files, and of all that uploads have announced
 */
struct _Store {
  Http *http;
  char *folder;
  int lock;
  GHashTable *items, *keys, *link_keys;
  GPtrArray *parts;
  guint64 used, cached;
  guint8 page_key[32];
};

/**
 * Part: a file that is being uploaded, or was
 * @name, @room, @who, @type, @owner: as in FileInfo
 * @hash: of the whole; @has_hash: its sender has told it
 * @size: of the whole; @have: what is on the disk
 * @busy: somebody writes it; @expires: else: microseconds of g_get_monotonic_time()
 */
typedef struct {
  guint8 id[FILE_ID];
  char *room, *who, *owner, *name, *type;
  guint8 hash[FILE_HASH];
  gboolean has_hash;
  guint64 size, have;
  gboolean busy;
  gint64 expires;
} Part;

/* store.c: tables and quotas */
Store *store_new (Http *http);
void store_free (Store *store);
/* (transfer full): hexadecimal digits */
char *store_hex (const guint8 *octets, gsize len);
gboolean store_unhex (const char *hex, guint8 *out, gsize len);
StoreItem *store_find (Store *store, const guint8 *id);
StoreItem *store_find_key (Store *store, const char *hex);
/* (nullable): the file that this key of a linked reflector is for */
StoreItem *store_find_link_key (Store *store, const char *hex);
/* @info: (transfer full). Known from now on; the main thread is told. */
StoreItem *store_add (Store *store, FileInfo *info);
StoreItem *store_item_ref (StoreItem *item);
void store_item_unref (StoreItem *item);
/* From the tables and the disk; the main thread is told. */
void store_remove (StoreItem *item, Store *store, const char *reason);
void store_end_room (Store *store, const char *room);
/* (transfer full) (element-type StoreItem): of a room, the oldest first; lent items */
GPtrArray *store_list (Store *store, const char *room);
guint64 store_get_left (Store *store, const char *room, const char *who);
/* Returns: 0, or the status of HTTP with @why (static) */
guint store_check (Store *store, const char *room, const char *who, guint64 size, const char **why);
void store_add_link_key (Store *store, const guint8 *id, const char *peer, const guint8 *key);
void store_drop_link_keys (Store *store, const char *peer);
/* Also one that is being written: @busy. */
Part *store_find_part (Store *store, const char *room, const char *who, const char *name,
                       const guint8 *hash);
/* The quotas have been asked. */
Part *store_add_part (Store *store, const char *room, const char *who, guint64 size);
/* From the disk, too. */
void store_remove_part (Store *store, Part *part);
/* It has become a file: not on the disk under this name any more */
void store_forget_part (Store *store, Part *part);
/* Broken: kept for a time if it can be resumed. */
void store_break_part (Store *store, Part *part);
/* What has expired. */
void store_tick (Store *store);

/* spool.c: the disk */
/* Makes the folder, which is nobody else's as long as the store lives, reads what is there, removes what is of no use. */
gboolean spool_open (Store *store, const char *folder, GError **error);
/* (transfer full): of a file, a part, a description */
char *spool_path (const Store *store, const guint8 *id, const char *suffix);
#define SPOOL_FILE ".file"
#define SPOOL_PART ".part"
#define SPOOL_META ".meta"
#define SPOOL_CACHE ".cache"
/* What is to be known of the part after a crash, so that it can be resumed. */
gboolean spool_describe_part (const Store *store, const Part *part, GError **error);
/**
 * spool_keep:
 * @part: path of what has been written; @info: what it becomes
 *
 * Synchronises, describes and renames it, so that there is the whole file or none. Any thread.
 */
gboolean spool_keep (const char *folder, int fd, const char *part, const FileInfo *info,
                     const guint8 *owner_key, GError **error);
void spool_remove (const Store *store, const guint8 *id, const char *suffix);
/* Octets that are free on its disk. */
guint64 spool_get_free (const Store *store);

/* door.c: listening */
Door *door_new (Http *http, const char *bind, guint16 port, gboolean six, GError **error);
void door_free (Door *door);

/**
 * Request: from its head until its end
 * @msg: %NULL after its end
 */
typedef enum {
  ROUTE_NONE,
  ROUTE_LIST,   /* /rooms/ROOM/files, /page/TOKEN/files */
  ROUTE_UPLOAD, /* the same and /NAME */
  ROUTE_FILE,   /* /files/KEY/NAME */
  ROUTE_LINK,   /* /links/KEY */
  ROUTE_PAGE    /* /page/TOKEN/, /page/TOKEN/page.css */
} Route;

struct _Request {
  guint refs;
  Http *http;
  SoupServerMessage *msg;
  RflAddress peer;
  Route route;
  char *room, *token, *name, *key;
  HttpAsk *ask; /* answered */
  Upload *upload;
  StoreItem *item;
  gboolean counted; /* among the transfers */
  gboolean waits;   /* for a worker; libsoup does not count how often it is paused */
};

/* request.c */
void request_on_early (SoupServer *server, SoupServerMessage *msg, const char *path,
                       GHashTable *query, gpointer http);
void request_on_read (SoupServer *server, SoupServerMessage *msg, const char *path,
                      GHashTable *query, gpointer http);
void request_take_answer (Request *request, HttpAsk *ask);
Request *request_ref (Request *request);
void request_unref (Request *request);
/* The message may go on; nothing if it has ended. */
void request_go_on (Request *request);

/* route.c: pure */
/* @path: as it came, with its escapes. Returns: what it names; strings into @request */
Route route_parse (const char *path, Request *request);

/* door.c: the guard (guard.h) of a message, as data of its remote address */
#define HTTP_GUARD "reflectord-guard"

/* reply.c */
/* {"error": @why}, static. The connection ends with it, at once if a body is still to come that nobody wants. */
void reply_error (Request *request, guint status, const char *why);
void reply_json (Request *request, guint status, GString *json);
/* Appends a JSON string with its quotes. */
void reply_append_string (GString *json, const char *text);
void reply_common (Request *request);
/* The answer under way ends before the length that it has promised, and the connection with it. */
void reply_cut (Request *request);

/* upload.c */
/* He may; what is checked now are the quotas and the disk. */
void upload_begin (Request *request);
/* All of the body has been read. */
void upload_finish (Request *request);
/* Its request has ended, whole or not. */
void upload_free (Upload *upload);
/* HEAD on the name of an upload. */
void upload_tell_offset (Request *request);

/* download.c: GET, HEAD of a whole file in the spool */
void download_begin (Request *request, StoreItem *item);
/* Headers of @item's answer: also fetch.c's */
void download_set_headers (Request *request, const StoreItem *item);
/**
 * download_get_range:
 *
 * RFC 9110 §14: one range. Sets 200, 206, 304 or 416 and the headers that go with it.
 * Returns: whether octets from @start to @end, excluded, are to follow
 */
gboolean download_get_range (Request *request, const StoreItem *item, guint64 *start, guint64 *end);

/* list.c */
void list_reply (Request *request);
void list_append_file (GString *json, const StoreItem *item, const char *base, gboolean mine,
                       gboolean secret);

/* page.c */
void page_reply (Request *request);

/* fetch/fetch.c: files of linked reflectors */
/* Knows where it is now; makes the item if it is new. */
void fetch_offer (Http *http, const HttpRemote *remote);
void fetch_away (Http *http, const guint8 *id);
/* GET, HEAD of one that is not in the spool as a whole */
void fetch_begin (Request *request, StoreItem *item);
/* The item is removed: its cache, too. */
void fetch_forget (StoreItem *item);
void fetch_free (Fetch *fetch);
/* Somebody wants it: its cache stays. */
void fetch_touch (StoreItem *item);
/* The thread ends. */
void fetch_stop_all (Http *http);
