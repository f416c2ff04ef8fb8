/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the relay's thread know of each other. All on that thread. */
#pragma once

#include "plugins/appshare/relay/conn.h"
#include <reflector/post.h>
#include "plugins/appshare/relay/relay.h"

/* Seconds: a line; NO; what is waiting at the end */
#define HELLO_TIME RFL_SHARE_HELLO_TIMEOUT
#define NO_TIME 1
#define FLUSH_TIME 10

typedef struct _Share Share;
typedef struct _Door Door;
typedef struct _Viewer Viewer;
typedef struct _Caller Caller;

typedef struct {
  guint8 key[RFL_SHARE_PASSKEY];
  guint64 holder;
  gboolean link;
  guint n; /* its connections */
} Key;

/**
 * Share:
 * @trunk: the sharer's connection, or the one from which a broadcast comes over a link
 * @viewers: (element-type Viewer)
 * @channels: by number: lent
 * @header: (nullable): of a broadcast; @header_new: one that is not complete yet
 */
struct _Share {
  Relay *relay;
  RelayShare spec;
  Door *doors[2];
  GPtrArray *keys;
  Conn *trunk;
  RflShareReader reader;
  GPtrArray *viewers;
  GHashTable *channels;
  guint32 next_channel;
  GBytes *header;
  GByteArray *header_new;
  gboolean held; /* viewers are not read: the trunk is full */
  gint64 heard, made;
  GSource *tick;
  Caller *caller; /* that dials for a broadcast */
};

/**
 * Viewer:
 * @upstream: of a channel that comes over a link: its connection there; %NULL while @caller dials
 * @early: what it sent meanwhile
 * @may_send: credit towards the sharer; @granted: the sharer's; @owed: written, not granted again yet
 * @framed: a linked reflector's, of a broadcast
 * @waits: for a MARK; @behind: for one that comes when there is room
 */
struct _Viewer {
  Share *share;
  Key *key;
  Conn *conn, *upstream;
  Caller *caller;
  GByteArray *early;
  guint32 channel;
  guint64 may_send, granted, owed;
  gboolean framed, waits, behind;
  guint skips;
  gint64 moved;
  gsize garbage;
};

struct _Relay {
  GMainContext *main_context, *context;
  RelayFuncs funcs;
  gpointer user_data;
  GThread *thread;
  RflPost *down, *up;
  GMainLoop *loop;
  RelayLimits limits, next; /* @next: the main thread's */
  GHashTable *shares;
  GHashTable *lingering; /* Conn */
  GQueue unproved;       /* Knock, by age */
  GArray *linked;
  ConnBuffer *buffer;
  guint64 stats[RELAY_N_STATS];
  guint n_unproved, notes;
  guint pending; /* answers of GIO to come */
};

/* relay.c */
void relay_count (Relay *relay, RelayStat stat, guint64 n);
void relay_note (Relay *relay, RelayStat stat, const char *id, const RflAddress *peer,
                 const char *text);
void relay_note_opened (Relay *relay, const char *id);
void relay_note_freed (Relay *relay, guint slot);
/* Takes the share out, and tells the main thread. Frees @share. */
void relay_share_ended (Share *share, gboolean flush, const char *reason);
GSource *relay_after (Relay *relay, guint seconds, GSourceFunc func, gpointer data);
void relay_clear_source (GSource **source);

/* door.c: listening, lines and passkeys */
Door *door_new (Share *share, int fd, gboolean sharer);
void door_free (Door *door);

/* share.c */
Share *share_new (Relay *relay, const RelayShare *spec);
/* @flush: viewers get what they have waiting */
void share_free (Share *share, gboolean flush);
/* (nullable): the share's key that is @passkey; takes the same time for all */
Key *share_find_key (const Share *share, const guint8 *passkey);
/* Whether who has proved himself may come in. @key: %NULL: the sharer. Returns: (nullable): why not */
const char *share_check (const Share *share, const Key *key);
/* He does. @conn is taken; @rest: what came behind the line. */
void share_admit (Share *share, Key *key, Conn *conn, const guint8 *rest, gsize len);
void viewer_free (Viewer *viewer, gboolean flush);
Viewer *viewer_new (Share *share, Key *key, Conn *conn);
/* Octets of a viewer's share, for the gauges. */
void share_count (Share *share, gsize in, gsize out);
/* The trunk, which is taken. */
void share_set_trunk (Share *share, Conn *conn, const guint8 *rest, gsize len);

/* channel.c */
void channel_open (Viewer *viewer, const guint8 *rest, gsize len);
void channel_closed (Viewer *viewer);
/* Returns: %FALSE if the sharer breaks the rules */
gboolean channel_take (Share *share, const RflSharePiece *piece, GError **error);
void channel_trunk_written (Share *share);

/* broadcast.c */
void broadcast_open (Viewer *viewer);
gboolean broadcast_take (Share *share, const RflSharePiece *piece, GError **error);
/* Closes those that do not move. */
void broadcast_tick (Share *share);

/* proxy.c */
void proxy_open (Viewer *viewer, const guint8 *rest, gsize len);
/* Of a broadcast: dials if nobody does. */
void proxy_need_trunk (Share *share);

/* caller.c: dials a linked reflector */
typedef void (*CallerFunc) (Conn *conn, const guint8 *rest, gsize len, const char *why,
                            gpointer user_data);
/* @func: once, unless it is freed before: @conn (transfer full) or %NULL and @why */
Caller *caller_new (Share *share, CallerFunc func, gpointer user_data);
void caller_free (Caller *caller);
