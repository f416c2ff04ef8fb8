/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feeds on the main thread: groups of legs that get what a thread of a plugin makes. Does not carry frames:
 * feeder.c, mix.c.
 */
#include "core/path/path-private.h"

RflFeed *
rfl_feed_new (RflRoute *public, guint clock_rate)
{
  Message message = { .type = MESSAGE_FEED_ADD };
  PathRoute *route = (PathRoute *) public;
  RflFeed *feed;

  g_return_val_if_fail (public && clock_rate, NULL);
  feed = g_new0 (RflFeed, 1);
  feed->route = route;
  feed->path = route->path;
  feed->clock_rate = clock_rate;
  feed->id = ++route->path->next_id;
  copies_init (&feed->copies, route->path, sizeof (WorkerFeed));
  for (guint w = 0; w < route->path->n_workers; w++)
    ((WorkerFeed *) copies_get (&feed->copies, w))->id = feed->id;
  route->n_feeds++;
  path_post (route->path, &message, &feed->copies, NULL);
  feed->seq = route->path->seq;
  return feed;
}

static void
feed_free_memory (gpointer data)
{
  RflFeed *feed = data;

  for (guint w = 0; w < feed->path->n_workers; w++)
    g_free (((WorkerFeed *) copies_get (&feed->copies, w))->legs.entries);
  copies_clear (&feed->copies);
  g_free (feed);
}

void
rfl_feed_free (RflFeed *feed)
{
  Message message = { .type = MESSAGE_FEED_REMOVE };

  if (feed == NULL)
    return;
  g_return_if_fail (feed->n_legs == 0);
  feed->route->n_feeds--;
  path_post (feed->path, &message, &feed->copies, NULL);
  path_retire (feed->path, feed, feed_free_memory);
}

/* ---- whose legs are where ---- */

void
feed_count_leg (RflFeed *feed, guint worker, gint change)
{
  guint64 bit = (guint64) 1 << worker;

  feed->n_legs += change;
  feed->n_owned[worker] += change;
  if (feed->n_owned[worker])
    STAT_SET (feed->workers, feed->workers | bit);
  else
    STAT_SET (feed->workers, feed->workers & ~bit);
}
