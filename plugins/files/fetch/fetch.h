/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of fetch/ know of each other: a file of another reflector comes by supplies, each of them a series of pulls,
 * into the cache, and readers follow it; what the cache has no room for has a supply for each reader. All on the HTTP
 * thread. Not for files of the spool.
 */
#pragma once

#include "plugins/files/http/private.h"

typedef struct _Pull Pull;
typedef struct _Supply Supply;
typedef struct _Reader Reader;

/* Octets at the end that no reader gets before the hash is right. */
#define FETCH_HOLD (64 * 1024)

/**
 * Fetch: a file of another reflector
 * @item: lent: it owns this
 * @upstream, @key, @tls: where it is; @away: nowhere at present
 * @fd: of the cache's file, -1: none; @have: octets in it; @sum: of them
 * @reserved: the cache has room for all of it; @whole: it is there, and right
 * @supply: (nullable): fills the cache
 * @readers: (element-type Reader) whose octets come by @supply or by one of their own
 * @used: when somebody has wanted it last, g_get_monotonic_time()
 */
struct _Fetch {
  Http *http;
  StoreItem *item;
  RflAddress upstream;
  guint8 key[FILE_KEY];
  gboolean tls, away;
  int fd;
  guint64 have;
  GChecksum *sum;
  gboolean reserved, whole;
  Supply *supply;
  GPtrArray *readers;
  gint64 used;
};

/* fetch.c */
/* Octets from its beginning on that readers may have. */
guint64 fetch_get_limit (const Fetch *fetch);
/* A reader has come: the cache fills, if there is room for it. */
void fetch_want (Fetch *fetch);
/* A reader has gone: without any nothing is fetched. */
void fetch_left (Fetch *fetch);
/* Compares, counts, tells the log. */
gboolean fetch_check (const Fetch *fetch, GChecksum *sum);

/* cache.c */
/* Makes room, at the expense of what has not been used for the longest time. */
gboolean cache_reserve (Fetch *fetch);
/* Appends. Returns: %FALSE if the disk does not take it */
gboolean cache_write (Fetch *fetch, const guint8 *octets, gsize len);
/* From the disk, too. */
void cache_drop (Fetch *fetch);

/* reader.c */
void reader_begin (Fetch *fetch, Request *request);
/* There is more of it. */
void reader_feed (Reader *reader);
/* It will not get any more: 503 if it has nothing yet, else the connection ends before its length. */
void reader_fail (Reader *reader, const char *why);
/* Its request is left alone. */
void reader_forget (Reader *reader);
/* (nullable): of one whose octets do not go by the cache */
Supply *reader_get_supply (const Reader *reader);

/* pull.c: one GET */
typedef enum {
  PULL_WHOLE,
  PULL_BROKEN, /* may be tried again */
  PULL_REFUSED
} PullEnd;

/**
 * PullFuncs:
 * @data: Returns: %FALSE: no more before pull_go_on()
 * @done: the last call; @why: lent
 *
 * Both may free it.
 */
typedef struct {
  gboolean (*data) (const guint8 *octets, gsize len, gpointer user_data);
  void (*done) (PullEnd end, const char *why, gpointer user_data);
} PullFuncs;

/* Octets from @at to @end, excluded, of the file. @funcs: static; never called from inside */
Pull *pull_new (const Fetch *fetch, guint64 at, guint64 end, const PullFuncs *funcs,
                gpointer user_data);
void pull_go_on (Pull *pull);
/* %NULL is allowed. */
void pull_free (Pull *pull);

/* supply.c: as many as it takes */
/**
 * SupplyFuncs:
 * @data: in order, none missing. Returns: %FALSE: no more before supply_go_on()
 * @failed: nothing has come for too long, or never will. It may be freed
 */
typedef struct {
  gboolean (*data) (const guint8 *octets, gsize len, gpointer user_data);
  void (*failed) (const char *why, gpointer user_data);
} SupplyFuncs;

Supply *supply_new (Fetch *fetch, guint64 at, guint64 end, const SupplyFuncs *funcs,
                    gpointer user_data);
void supply_go_on (Supply *supply);
/* There may be a way again: it does not wait any longer. */
void supply_kick (Supply *supply);
/* %NULL is allowed. */
void supply_free (Supply *supply);
