/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Other ways to another reflector's share than the one that is taken: kept as linked reflectors have announced them,
 * and taken when that one is gone. Not for what is done with an announcement: links.c.
 */
#define RFL_LOG_DOMAIN "appshare"
#include "plugins/appshare/appshare.h"

#include <string.h>

/* In which reflectors that have lost the same way tell each other so, and ports are closed. */
#define WAIT G_TIME_SPAN_SECOND

/* @body: of the ANNOUNCE, with a passkey */
typedef struct {
  char *peer;
  guint8 *body;
  gsize len;
  guint hops;
} AppWay;

/* A share without one, for a moment. */
struct _AppLost {
  char *session;
  GPtrArray *ways;
  gint64 due;
};

static void
way_free (gpointer data)
{
  AppWay *way = data;

  g_free (way->peer);
  explicit_bzero (way->body, way->len);
  g_free (way->body);
  g_free (way);
}

GPtrArray *
app_ways_new (void)
{
  return g_ptr_array_new_with_free_func (way_free);
}

void
app_lost_free (gpointer data)
{
  AppLost *lost = data;

  g_free (lost->session);
  g_ptr_array_unref (lost->ways);
  g_free (lost);
}

static void
drop (GPtrArray *ways, const char *peer)
{
  for (guint i = ways->len; i > 0; i--)
    if (g_str_equal (((AppWay *) ways->pdata[i - 1])->peer, peer))
      g_ptr_array_remove_index (ways, i - 1);
}

void
app_ways_add (AppItem *item, const char *peer, const RflShareMessage *message)
{
  AppWay *way = g_new (AppWay, 1);
  guint i = 0;

  drop (item->ways, peer);
  way->peer = g_strdup (peer);
  way->body = g_bytes_unref_to_data (rfl_share_message_write (message), &way->len);
  way->hops = message->path->len;
  while (i < item->ways->len && ((AppWay *) item->ways->pdata[i])->hops <= way->hops)
    i++;
  g_ptr_array_insert (item->ways, (int) i, way);
}

void
app_ways_drop (AppShare *app, const char *share, const char *peer)
{
  AppItem *item = app_find (app, share);
  AppLost *lost = g_hash_table_lookup (app->lost, share);

  if (item)
    drop (item->ways, peer);
  if (lost)
    drop (lost->ways, peer);
}

void
app_ways_drop_peer (AppShare *app, const char *peer)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, app->items);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    drop (((AppItem *) value)->ways, peer);
  g_hash_table_iter_init (&iter, app->lost);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    drop (((AppLost *) value)->ways, peer);
}

GPtrArray *
app_ways_take (AppShare *app, const char *share)
{
  AppItem *item = app_find (app, share);
  AppLost *lost = g_hash_table_lookup (app->lost, share);
  GPtrArray **ways = item ? &item->ways : lost ? &lost->ways : NULL;
  GPtrArray *taken = ways ? *ways : app_ways_new ();

  if (ways)
    *ways = app_ways_new ();
  g_hash_table_remove (app->lost, share);
  return taken;
}

void
app_way_lost (AppItem *item, const char *reason, gboolean flush)
{
  AppShare *app = item->app;
  AppLost *lost;

  if (app_find (app, item->id) != item)
    return;
  if (item->ways->len > 0)
    {
      lost = g_new (AppLost, 1);
      lost->session = g_strdup (item->session);
      lost->ways = app_ways_take (app, item->id);
      lost->due = rfl_clock_now (app->clock) + WAIT;
      g_hash_table_replace (app->lost, g_strdup (item->id), lost);
    }
  item->lost = TRUE;
  app_item_end (item, reason, flush);
}

/* The shortest way is taken, the others are its share's then. */
static void
take (AppShare *app, const AppLost *lost)
{
  rfl_counter_add (app->counters.rerouted, lost->ways->len > 0);
  for (guint i = 0; i < lost->ways->len; i++)
    {
      const AppWay *way = lost->ways->pdata[i];

      app_on_link (way->peer, lost->session, RFL_SHARE_ANNOUNCE, way->body, way->len, app);
    }
}

void
app_ways_tick (AppShare *app)
{
  g_autoptr (GPtrArray) due = g_ptr_array_new_with_free_func (app_lost_free);
  gint64 now = rfl_clock_now (app->clock);
  GHashTableIter iter;
  gpointer id, value;

  g_hash_table_iter_init (&iter, app->lost);
  while (g_hash_table_iter_next (&iter, &id, &value))
    if (((AppLost *) value)->due <= now)
      {
        g_ptr_array_add (due, value);
        g_hash_table_iter_steal (&iter);
        g_free (id);
      }
  for (guint i = 0; i < due->len; i++)
    take (app, due->pdata[i]);
}
