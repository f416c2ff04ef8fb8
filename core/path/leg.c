/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Legs on the main thread, and which worker serves them. Does not send: fanout.c, one.c, mix.c.
 */
#include "core/path/path-private.h"
#include <string.h>

/* By the route's legs, then by everybody's: many small routes are not all to begin with the same worker. */
static gboolean
is_less_busy (const PathRoute *route, guint a, guint b)
{
  if (route->n_owned[a] != route->n_owned[b])
    return route->n_owned[a] < route->n_owned[b];
  return route->path->n_owned[a] < route->path->n_owned[b];
}

/* Legs with state have an owner; so have those of a large route beyond the first ones. */
static gint
choose_worker (PathRoute *route, RflLegMode mode)
{
  guint n = route->path->n_workers, best = 0;

  if (mode == RFL_LEG_ALL && (n == 1 || route->n_common < PATH_SHARD_LEGS))
    return OWNER_ANY;
  for (guint w = 1; w < n; w++)
    if (is_less_busy (route, w, best))
      best = w;
  return best;
}

static void
count_leg (RflLeg *leg, gint change)
{
  PathRoute *route = (PathRoute *) leg->route;

  if (leg->owner_worker == OWNER_ANY)
    {
      route->n_common += change;
      return;
    }
  route->n_owned[leg->owner_worker] += change;
  route->path->n_owned[leg->owner_worker] += change;
  if (leg->feed)
    feed_count_leg (leg->feed, leg->owner_worker, change);
}

static void
fill_copies (RflLeg *leg, const RflLegSpec *spec)
{
  OneState one = { .ssrc = g_random_int (), .out_seq = g_random_int (), .out_ts = g_random_int () };

  MixState mix = { .ts_offset = one.out_ts, .seq = one.out_seq };

  while (rfl_route_find_source (spec->route, one.ssrc))
    one.ssrc = g_random_int ();
  mix.ssrc = one.ssrc;
  copies_init (&leg->copies, leg->path, sizeof (WorkerLeg));
  for (guint w = 0; w < leg->path->n_workers; w++)
    {
      WorkerLeg *copy = copies_get (&leg->copies, w);
      copy->id = leg->id;
      copy->route = copies_get (&((PathRoute *) spec->route)->copies, w);
      copy->port = copies_get (&spec->port->copies, w);
      copy->owner_worker = leg->owner_worker;
      copy->mode = spec->mode;
      copy->flags = spec->flags;
      copy->owner = spec->owner;
      copy->active = TRUE;
      copy->blocked = leg->blocked;
      copy->remote = spec->remote;
      copy->local = spec->local;
      memcpy (copy->pt, spec->pt, sizeof copy->pt);
      copy->level = spec->audio_level;
      copy->one = one;
      copy->mix = mix;
      copy->feed = leg->feed ? copies_get (&leg->feed->copies, w) : NULL;
      copy->stats.ssrc = spec->mode == RFL_LEG_ALL ? 0 : one.ssrc;
    }
}

RflLeg *
rfl_leg_new (const RflLegSpec *spec)
{
  Message message = { .type = MESSAGE_LEG_ADD };
  PathRoute *route = (PathRoute *) spec->route;
  RflLeg *leg;

  g_return_val_if_fail (spec->route && spec->port && !spec->port->closed, NULL);
  g_return_val_if_fail (spec->mode != RFL_LEG_MIX || (spec->feed && spec->feed->route == route),
                        NULL);
  leg = g_new0 (RflLeg, 1);
  leg->route = spec->route;
  leg->path = route->path;
  leg->id = ++route->path->next_id;
  leg->owner = spec->owner;
  leg->port = spec->port;
  leg->mode = spec->mode;
  leg->flags = spec->flags;
  leg->feed = spec->mode == RFL_LEG_MIX ? spec->feed : NULL;
  leg->ops = spec->ops;
  leg->user_data = spec->user_data;
  leg->owner_worker = choose_worker (route, spec->mode);
  leg->active = TRUE;
  leg->blocked = spec->owner && spec->owner->blocked & RFL_DIRECTION_RECEIVE;
  leg->level = spec->audio_level;
  leg->stages = g_array_new (FALSE, FALSE, sizeof (StageEntry));
  fill_copies (leg, spec);
  count_leg (leg, 1);
  g_ptr_array_add (spec->route->legs, leg);
  path_post (leg->path, &message, &leg->copies, NULL);
  if (leg->mode != RFL_LEG_ALL)
    rfl_rtcp_watch (leg);
  return leg;
}

static void
leg_free_memory (gpointer data)
{
  RflLeg *leg = data;

  copies_clear (&leg->copies);
  g_array_unref (leg->stages);
  g_free (leg->compiled);
  g_free (leg);
}

void
rfl_leg_free (RflLeg *leg)
{
  Message message = { .type = MESSAGE_LEG_REMOVE };

  if (leg == NULL)
    return;
  if (leg->mode != RFL_LEG_ALL)
    rfl_rtcp_forget_leg (leg);
  count_leg (leg, -1);
  g_ptr_array_remove_fast (leg->route->legs, leg);
  source_forget_leg (leg->route, leg);
  path_post (leg->path, &message, &leg->copies, NULL);
  path_retire (leg->path, leg, leg_free_memory);
}

gpointer
rfl_leg_get_user_data (const RflLeg *leg)
{
  return leg->user_data;
}

RflMedium *
rfl_leg_get_owner (const RflLeg *leg)
{
  return leg->owner;
}

RflRoute *
rfl_leg_get_route (const RflLeg *leg)
{
  return leg->route;
}

void
rfl_leg_send_rtcp (RflLeg *leg, RflMedium *from, const guint8 *data, gsize len)
{
  if (leg->ops && leg->ops->send_rtcp)
    leg->ops->send_rtcp (leg, from, data, len);
}

RflLegFlags
rfl_leg_get_flags (const RflLeg *leg)
{
  return leg->flags;
}

RflLegMode
rfl_leg_get_mode (const RflLeg *leg)
{
  return leg->mode;
}

guint
rfl_leg_get_clock_rate (const RflLeg *leg)
{
  const RflRoute *route = leg->route;
  const RflFormat *codec;

  if (leg->feed)
    return leg->feed->clock_rate;
  codec = route->codec < route->formats->len ? route->formats->pdata[route->codec] : NULL;
  return codec ? codec->clock_rate : 0;
}

gboolean
rfl_leg_is_active (const RflLeg *leg)
{
  return leg->active && !leg->blocked;
}

gboolean
rfl_leg_takes_reduced_rtcp (const RflLeg *leg)
{
  return leg->reduced_rtcp;
}

void
rfl_leg_set_reduced_rtcp (RflLeg *leg, gboolean reduced)
{
  leg->reduced_rtcp = reduced;
}

void
rfl_leg_set_remote (RflLeg *leg, const RflAddress *local, const RflAddress *remote)
{
  Message message = { .type = MESSAGE_LEG_REMOTE };

  message.address.remote = *remote;
  if (local)
    message.address.local = *local;
  path_post (leg->path, &message, &leg->copies, NULL);
}

void
rfl_leg_set_pt (RflLeg *leg, const guint8 pt[RFL_ROUTE_MAX_FORMATS])
{
  Message message = { .type = MESSAGE_LEG_PT };

  memcpy (message.pt, pt, sizeof message.pt);
  path_post (leg->path, &message, &leg->copies, NULL);
}

void
rfl_leg_set_audio_level (RflLeg *leg, guint8 number)
{
  Message message = { .type = MESSAGE_LEG_LEVEL, .level = number };

  if (leg->level == number)
    return;
  leg->level = number;
  path_post (leg->path, &message, &leg->copies, NULL);
}

void
rfl_leg_set_active (RflLeg *leg, gboolean active)
{
  Message message = { .type = MESSAGE_LEG_ACTIVE, .active = active };

  if (leg->active == active || leg->port == NULL)
    return;
  leg->active = active;
  path_post (leg->path, &message, &leg->copies, NULL);
}

void
leg_block (RflLeg *leg, gboolean blocked)
{
  Message message = { .type = MESSAGE_LEG_BLOCKED, .active = blocked };

  if (leg->blocked == blocked)
    return;
  leg->blocked = blocked;
  path_post (leg->path, &message, &leg->copies, NULL);
}

void
rfl_leg_follow (RflLeg *leg, RflSource *source)
{
  Message message = { .type = MESSAGE_LEG_FOLLOW };

  g_return_if_fail (leg->mode == RFL_LEG_ONE);
  g_return_if_fail (source == NULL || source->route == leg->route);
  if (leg->followed == source || (source && rfl_source_has_vanished (source)))
    return;
  leg->followed = source;
  path_post (leg->path, &message, &leg->copies, source ? &((PathSource *) source)->copies : NULL);
}

static void
post_limit (RflLeg *leg)
{
  Message message = { .type = MESSAGE_LEG_LIMIT };
  gboolean asked =
      leg->asked_bandwidth && (leg->bandwidth == 0 || leg->asked_bandwidth < leg->bandwidth);

  message.limit.bits = asked ? leg->asked_bandwidth : leg->bandwidth;
  message.limit.overhead = asked ? leg->asked_over : 0;
  path_post (leg->path, &message, &leg->copies, NULL);
}

void
rfl_leg_set_bandwidth (RflLeg *leg, guint bits_per_second)
{
  if (leg->bandwidth == bits_per_second || leg->mode != RFL_LEG_ONE)
    return;
  leg->bandwidth = bits_per_second;
  post_limit (leg);
}

void
rfl_leg_ask_bandwidth (RflLeg *leg, guint bits_per_second, guint overhead)
{
  if (leg->asked_bandwidth == bits_per_second && leg->asked_over == overhead)
    return;
  leg->asked_bandwidth = bits_per_second;
  leg->asked_over = overhead;
  post_limit (leg);
}

void
leg_forget_source (const RflSource *source)
{
  const GPtrArray *legs = source->route->legs;

  for (guint i = 0; i < legs->len; i++)
    if (((RflLeg *) legs->pdata[i])->followed == source)
      rfl_leg_follow (legs->pdata[i], NULL);
}

void
leg_lose_port (RflPath *path, const RflPort *port)
{
  for (guint i = 0; i < path->routes->len; i++)
    {
      const PathRoute *route = path->routes->pdata[i];
      for (guint k = 0; k < route->public.legs->len; k++)
        {
          RflLeg *leg = route->public.legs->pdata[k];
          if (leg->port != port)
            continue;
          rfl_leg_set_active (leg, FALSE);
          leg->port = NULL;
        }
    }
}

void
rfl_leg_get_stats (const RflLeg *leg, RflLegStats *out)
{
  *out = (RflLegStats){ 0 };
  for (guint w = 0; w < leg->path->n_workers; w++)
    {
      const WorkerLeg *copy = copies_get (&leg->copies, w);
      const RflLegStats *stats = &copy->stats;

      out->packets += STAT_GET (stats->packets);
      out->octets += STAT_GET (stats->octets);
      out->failed += STAT_GET (stats->failed);
      out->ssrc = STAT_GET (stats->ssrc);
      out->left_out += STAT_GET (stats->left_out);
      if ((gint) w != leg->owner_worker)
        continue;
      out->last_timestamp = STAT_GET (stats->last_timestamp);
      out->last_sent = STAT_GET (stats->last_sent);
      out->following = STAT_GET (stats->following);
    }
}
