/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Digests: what each side has told is summed up at a pace, a few buckets at a time, so that whatever
 * has become wrong is noticed, and told anew for those buckets alone. Since digests travel
 * in the stream of the messages they sum up, nothing is on its way when two sums are compared.
 * Not for what a message does: see presence.c and media.c.
 */
#include "plugins/interconnect/link.h"
#include <string.h>

/* Buckets in one digest, so that the work is spread over the interval. */
#define SLICE 8
#define N_SLICES (LINK_N_BUCKETS / SLICE)
/* While more messages wait than this, a digest would only add to them. */
#define MAX_PENDING (4 * LINK_WINDOW)
/* A bucket that asking does not change (a limit, an id that is taken) is asked for again after so
 * many digests at most. */
#define MAX_PAUSE 12

static gboolean
in_set (guint64 buckets, guint bucket)
{
  return (buckets >> bucket & 1) != 0;
}

static void
add (LinkSum *sums, guint bucket, guint64 hash)
{
  sums[bucket].count++;
  sums[bucket].hash += hash;
}

/* ---- ours ---- */

typedef void (*TellFunc) (LinkPeer *peer, const LinkMessage *message, guint bucket, gpointer data);

/* Calls @func with all JOIN that are in force towards the peer. */
static void
each_join (LinkPeer *peer, guint64 buckets, TellFunc func, gpointer data)
{
  g_autoptr (GPtrArray) sessions = rfl_core_list_sessions (peer->plugin->core);

  for (guint i = 0; i < sessions->len; i++)
    {
      const RflSession *session = sessions->pdata[i];
      for (guint k = 0; session->n_local > 0 && k < session->participants->len; k++)
        {
          const RflParticipant *participant = session->participants->pdata[k];
          gboolean told = link_presence_is_told (participant);
          guint bucket = told ? link_bucket (participant->id) : 0;
          if (!told || !in_set (buckets, bucket))
            continue;
          g_autoptr (LinkMessage) join = link_presence_describe (participant);
          func (peer, join, bucket, data);
        }
    }
}

static void
each_source_of_leg (LinkLeg *leg, guint64 buckets, TellFunc func, gpointer data)
{
  LinkPeer *peer = leg->room->peer;

  for (guint i = 0; i < leg->route->sources->len; i++)
    {
      const RflSource *source = leg->route->sources->pdata[i];
      const LinkOut *out = g_hash_table_lookup (peer->out, source);
      guint bucket = out ? link_bucket (source->owner->participant->id) : 0;
      if (!out || !in_set (buckets, bucket))
        continue;
      g_autoptr (LinkMessage) message = link_media_describe (peer, source, out->label);
      func (peer, message, bucket, data);
    }
}

/* The same with all SOURCE. */
static void
each_source (LinkPeer *peer, guint64 buckets, TellFunc func, gpointer data)
{
  GHashTableIter iter;
  LinkRoom *room;

  g_hash_table_iter_init (&iter, peer->rooms);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &room))
    for (guint i = 0; i < room->legs->len; i++)
      each_source_of_leg (room->legs->pdata[i], buckets, func, data);
}

/* What cannot be encoded has not been told either. */
static void
sum_up (LinkPeer *peer, const LinkMessage *message, guint bucket, gpointer data)
{
  g_autoptr (GByteArray) body = link_message_encode (message);

  if (body)
    add (data, bucket, link_body_hash (message->type, body->data, body->len));
}

static void
send_digest (LinkPeer *peer, guint slice)
{
  g_autoptr (LinkMessage) digest = link_message_new (LINK_DIGEST);
  guint64 buckets = ((G_GUINT64_CONSTANT (1) << SLICE) - 1) << (slice * SLICE);
  LinkSum sums[LINK_N_BUCKETS] = { 0 };

  each_join (peer, buckets, sum_up, sums);
  each_source (peer, buckets, sum_up, sums);
  digest->first_bucket = slice * SLICE;
  g_array_append_vals (digest->sums, sums + slice * SLICE, SLICE);
  link_channel_send (peer->channel, digest);
  peer->digest.sent++;
}

static void
tick (gpointer user_data)
{
  LinkPeer *peer = user_data;

  if (link_channel_is_up (peer->channel) && link_channel_get_pending (peer->channel) < MAX_PENDING)
    {
      send_digest (peer, peer->digest.slice);
      peer->digest.slice = (peer->digest.slice + 1) % N_SLICES;
      link_peer_kick (peer);
    }
  link_digest_schedule (peer);
}

void
link_digest_schedule (LinkPeer *peer)
{
  if (!peer->digest.timer)
    peer->digest.timer =
        rfl_timer_new (rfl_core_get_clock (peer->plugin->core), "link digest", tick, peer);
  rfl_timer_start (peer->digest.timer, peer->plugin->config.digest_interval / N_SLICES);
}

void
link_digest_clear (LinkPeer *peer)
{
  g_clear_pointer (&peer->digest.timer, rfl_timer_free);
}

static void
send_mark (LinkPeer *peer, guint8 type, guint64 buckets)
{
  g_autoptr (LinkMessage) mark = link_message_new (type);

  mark->buckets = buckets;
  link_channel_send (peer->channel, mark);
}

static void
tell_again (LinkPeer *peer, const LinkMessage *message, guint bucket, gpointer unused)
{
  link_channel_send (peer->channel, message);
}

/* Whoever asks for the same again and again costs no more than the digests do. */
static guint64
still_fair (LinkPeer *peer, guint64 buckets)
{
  LinkDigest *digest = &peer->digest;
  gint64 now = rfl_clock_now (rfl_core_get_clock (peer->plugin->core));
  guint64 fair = 0;

  for (guint i = 0; i < LINK_N_BUCKETS; i++)
    if (in_set (buckets, i)
        && (digest->told[i] == 0
            || now - digest->told[i] >= peer->plugin->config.digest_interval / 2))
      {
        digest->told[i] = now;
        fair |= G_GUINT64_CONSTANT (1) << i;
      }
  return fair;
}

void
link_digest_receive_sync (LinkPeer *peer, const LinkMessage *sync)
{
  guint64 buckets = still_fair (peer, sync->buckets);

  if (buckets == 0)
    return;
  peer->digest.asked++;
  send_mark (peer, LINK_RETELL, buckets);
  each_join (peer, buckets, tell_again, NULL);
  each_source (peer, buckets, tell_again, NULL);
  send_mark (peer, LINK_RETOLD, buckets);
}

/* ---- the peer's ---- */

static guint
bucket_of_source (const LinkIn *in)
{
  return link_bucket (in->source->owner->participant->id);
}

static void
sum_up_held (const LinkPeer *peer, LinkSum sums[LINK_N_BUCKETS])
{
  GHashTableIter iter;
  LinkRemote *remote;
  LinkIn *in;

  g_hash_table_iter_init (&iter, peer->remotes);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &remote))
    add (sums, link_bucket (remote->participant->id), remote->hash);
  g_hash_table_iter_init (&iter, peer->in);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &in))
    add (sums, bucket_of_source (in), in->hash);
}

static gboolean
same_sum (const LinkSum *a, const LinkSum *b)
{
  return a->count == b->count && a->hash == b->hash;
}

/* Whether to ask for a bucket that differs. */
static gboolean
is_worth_asking (LinkDoubt *doubt, const LinkSum *told, const LinkSum *held)
{
  gboolean as_before =
      doubt->pause > 0 && same_sum (&doubt->told, told) && same_sum (&doubt->held, held);

  if (as_before && doubt->left > 0)
    {
      doubt->left--;
      return FALSE;
    }
  doubt->pause = as_before ? MIN (2 * doubt->pause, MAX_PAUSE) : 1;
  doubt->left = doubt->pause;
  doubt->told = *told;
  doubt->held = *held;
  return TRUE;
}

void
link_digest_receive (LinkPeer *peer, const LinkMessage *digest)
{
  LinkSum held[LINK_N_BUCKETS] = { 0 };
  guint64 wrong = 0;

  sum_up_held (peer, held);
  peer->digest.received++;
  for (guint i = 0; i < digest->sums->len; i++)
    {
      const LinkSum *told = &g_array_index (digest->sums, LinkSum, i);
      guint bucket = digest->first_bucket + i;
      LinkDoubt *doubt = &peer->digest.doubts[bucket];
      if (same_sum (told, &held[bucket]))
        doubt->pause = 0;
      else if (is_worth_asking (doubt, told, &held[bucket]))
        wrong |= G_GUINT64_CONSTANT (1) << bucket;
    }
  if (wrong == 0)
    return;
  link_complain (peer->plugin, LINK_COUNT_OUT_OF_STEP, peer->name,
                 "what %s tells and what is known of it differ; it is asked again", peer->name);
  send_mark (peer, LINK_SYNC, wrong);
}

void
link_digest_hurry (LinkPlugin *plugin)
{
  for (guint i = 0; i < plugin->peers->len; i++)
    {
      LinkPeer *peer = plugin->peers->pdata[i];
      for (guint k = 0; k < LINK_N_BUCKETS; k++)
        peer->digest.doubts[k].left = 0;
    }
}

void
link_digest_forget (LinkPeer *peer)
{
  memset (peer->digest.doubts, 0, sizeof peer->digest.doubts);
  memset (peer->digest.told, 0, sizeof peer->digest.told);
}

void
link_digest_receive_retell (LinkPeer *peer, const LinkMessage *mark)
{
  GHashTableIter iter;
  LinkRemote *remote;
  LinkIn *in;

  g_hash_table_iter_init (&iter, peer->remotes);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &remote))
    remote->stale |= in_set (mark->buckets, link_bucket (remote->participant->id));
  g_hash_table_iter_init (&iter, peer->in);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &in))
    in->stale |= in_set (mark->buckets, bucket_of_source (in));
}

/* What was not told again is gone. Names and labels, since removing one may remove others. */
static void
drop_stale_remotes (LinkPeer *peer, guint64 buckets)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  LinkRemote *remote;

  g_hash_table_iter_init (&iter, peer->remotes);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &remote))
    if (remote->stale && in_set (buckets, link_bucket (remote->participant->id)))
      g_ptr_array_add (ids, g_strdup (remote->participant->id));
  for (guint i = 0; i < ids->len; i++)
    link_presence_drop (peer, ids->pdata[i], "its reflector knows nothing of it");
}

void
link_digest_receive_retold (LinkPeer *peer, const LinkMessage *mark)
{
  drop_stale_remotes (peer, mark->buckets);
  link_media_drop_stale (peer, mark->buckets);
}
