/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The relay's thread: commands down, news up, counters. Not for what a share does: see share.c. */
#include "plugins/appshare/relay/private.h"

#include <reflector/error.h>
#include <reflector/thread.h>
#include <string.h>

/* News for the log that may be on their way; what is above is only counted. */
#define MAX_NOTES 32

typedef enum {
  DOWN_ADD,
  DOWN_END,
  DOWN_KEY,
  DOWN_DROP,
  DOWN_LIMITS,
  DOWN_LINKED,
  DOWN_QUIT
} DownType;

typedef struct {
  DownType type;
  char id[RFL_SHARE_MAX_ID + 1];
  RelayShare share;
  Key key;
  gboolean flush;
  RelayLimits limits;
  GArray *linked;
} Down;

typedef enum {
  UP_OPENED,
  UP_ENDED,
  UP_FREED,
  UP_NOTE
} UpType;

typedef struct {
  UpType type;
  char id[RFL_SHARE_MAX_ID + 1];
  RelayStat what;
  RflAddress peer;
  guint slot;
  char *text;
} Up;

/* ---- up ---- */

static void
take_up (gpointer message, gpointer data)
{
  Up *up = message;
  Relay *relay = data;

  if (up->type == UP_OPENED)
    relay->funcs.opened (up->id, relay->user_data);
  else if (up->type == UP_ENDED)
    relay->funcs.ended (up->id, up->text, relay->user_data);
  else if (up->type == UP_FREED)
    relay->funcs.freed (up->slot, relay->user_data);
  else
    {
      __atomic_sub_fetch (&relay->notes, 1, __ATOMIC_RELAXED);
      relay->funcs.note (up->what, up->id, &up->peer, up->text, relay->user_data);
    }
  g_free (up->text);
  g_free (up);
}

static void
send_up (Relay *relay, UpType type, const char *id, const char *text, const Up *more)
{
  Up *up = g_new0 (Up, 1);

  if (more)
    *up = *more;
  up->type = type;
  g_strlcpy (up->id, id, sizeof up->id);
  up->text = g_strdup (text);
  rfl_post_send (relay->up, up);
}

void
relay_count (Relay *relay, RelayStat stat, guint64 n)
{
  __atomic_add_fetch (&relay->stats[stat], n, __ATOMIC_RELAXED);
}

void
relay_note (Relay *relay, RelayStat stat, const char *id, const RflAddress *peer, const char *text)
{
  Up more = { .what = stat };

  relay_count (relay, stat, 1);
  if (__atomic_add_fetch (&relay->notes, 1, __ATOMIC_RELAXED) > MAX_NOTES)
    {
      __atomic_sub_fetch (&relay->notes, 1, __ATOMIC_RELAXED);
      return;
    }
  if (peer)
    more.peer = *peer;
  send_up (relay, UP_NOTE, id, text, &more);
}

void
relay_note_opened (Relay *relay, const char *id)
{
  send_up (relay, UP_OPENED, id, NULL, NULL);
}

void
relay_note_freed (Relay *relay, guint slot)
{
  Up more = { .slot = slot };

  send_up (relay, UP_FREED, "", NULL, &more);
}

void
relay_share_ended (Share *share, gboolean flush, const char *reason)
{
  Relay *relay = share->relay;
  char id[RFL_SHARE_MAX_ID + 1];

  g_strlcpy (id, share->spec.id, sizeof id);
  g_hash_table_steal (relay->shares, id);
  share_free (share, flush);
  send_up (relay, UP_ENDED, id, reason, NULL);
}

guint64
relay_get_stat (const Relay *relay, RelayStat stat)
{
  return __atomic_load_n (&relay->stats[stat], __ATOMIC_RELAXED);
}

guint
relay_get_unproved (const Relay *relay)
{
  return __atomic_load_n (&relay->n_unproved, __ATOMIC_RELAXED);
}

/* ---- what the thread's files share ---- */

GSource *
relay_after (Relay *relay, guint seconds, GSourceFunc func, gpointer data)
{
  GSource *source = g_timeout_source_new (seconds * 1000);

  g_source_set_callback (source, func, data, NULL);
  g_source_attach (source, relay->context);
  return source;
}

void
relay_clear_source (GSource **source)
{
  if (!*source)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

/* ---- down ---- */

static void
limits_clear (RelayLimits *limits)
{
  g_clear_object (&limits->certificate);
  g_clear_object (&limits->authorities);
}

static void
limits_copy (RelayLimits *to, const RelayLimits *from)
{
  limits_clear (to);
  *to = *from;
  if (to->certificate)
    g_object_ref (to->certificate);
  if (to->authorities)
    g_object_ref (to->authorities);
}

static void
add_key (Share *share, const Key *key)
{
  Key *copy = g_new (Key, 1);

  *copy = *key;
  g_ptr_array_add (share->keys, copy);
}

static void
drop_key (Share *share, guint64 holder)
{
  for (guint i = share->viewers->len; i > 0; i--)
    {
      Viewer *viewer = share->viewers->pdata[i - 1];
      if (viewer->key->holder != holder)
        continue;
      if (viewer->channel)
        channel_closed (viewer); /* its sharer has a connection for it */
      else
        viewer_free (viewer, FALSE);
    }
  for (guint i = share->keys->len; i > 0; i--)
    if (((Key *) share->keys->pdata[i - 1])->holder == holder)
      g_ptr_array_remove_index_fast (share->keys, i - 1);
}

static void
take_down (gpointer message, gpointer data)
{
  Down *down = message;
  Relay *relay = data;
  Share *share = g_hash_table_lookup (relay->shares, down->id);

  if (down->type == DOWN_ADD && !share)
    {
      share = share_new (relay, &down->share);
      g_hash_table_insert (relay->shares, share->spec.id, share);
    }
  else if (down->type == DOWN_END && share)
    {
      g_hash_table_steal (relay->shares, down->id);
      share_free (share, down->flush);
    }
  else if (down->type == DOWN_KEY && share)
    add_key (share, &down->key);
  else if (down->type == DOWN_DROP && share)
    drop_key (share, down->key.holder);
  else if (down->type == DOWN_LIMITS)
    limits_copy (&relay->limits, &down->limits);
  else if (down->type == DOWN_LINKED)
    {
      g_clear_pointer (&relay->linked, g_array_unref);
      relay->linked = g_steal_pointer (&down->linked);
    }
  else if (down->type == DOWN_QUIT)
    g_main_loop_quit (relay->loop);
  limits_clear (&down->limits);
  explicit_bzero (down, sizeof *down);
  g_free (down);
}

static Down *
down_new (DownType type, const char *id)
{
  Down *down = g_new0 (Down, 1);

  down->type = type;
  if (id)
    g_strlcpy (down->id, id, sizeof down->id);
  return down;
}

void
relay_set_limits (Relay *relay, const RelayLimits *limits)
{
  Down *down;

  limits_copy (&relay->next, limits);
  if (!relay->down)
    return;
  down = down_new (DOWN_LIMITS, NULL);
  limits_copy (&down->limits, limits);
  rfl_post_send (relay->down, down);
}

void
relay_add (Relay *relay, const RelayShare *share)
{
  Down *down = down_new (DOWN_ADD, share->id);

  down->share = *share;
  rfl_post_send (relay->down, down);
}

void
relay_end (Relay *relay, const char *id, gboolean flush)
{
  Down *down = down_new (DOWN_END, id);

  down->flush = flush;
  rfl_post_send (relay->down, down);
}

void
relay_add_key (Relay *relay, const char *id, guint64 holder, gboolean link,
               const guint8 key[RFL_SHARE_PASSKEY])
{
  Down *down = down_new (DOWN_KEY, id);

  down->key.holder = holder;
  down->key.link = link;
  memcpy (down->key.key, key, RFL_SHARE_PASSKEY);
  rfl_post_send (relay->down, down);
}

void
relay_drop_key (Relay *relay, const char *id, guint64 holder)
{
  Down *down = down_new (DOWN_DROP, id);

  down->key.holder = holder;
  rfl_post_send (relay->down, down);
}

void
relay_set_linked (Relay *relay, GArray *addresses)
{
  Down *down = down_new (DOWN_LINKED, NULL);

  down->linked = addresses;
  rfl_post_send (relay->down, down);
}

/* ---- the thread ---- */

static gpointer
run (gpointer data)
{
  Relay *relay = data;
  GHashTableIter iter;
  gpointer value;

  g_main_context_push_thread_default (relay->context);
  g_main_loop_run (relay->loop);
  g_hash_table_iter_init (&iter, relay->shares);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      g_hash_table_iter_steal (&iter);
      share_free (value, FALSE);
      g_hash_table_iter_init (&iter, relay->shares);
    }
  while (g_hash_table_size (relay->lingering) > 0)
    {
      g_hash_table_iter_init (&iter, relay->lingering);
      g_hash_table_iter_next (&iter, &value, NULL);
      conn_free (value);
    }
  /* what GIO has cancelled tells so */
  while (relay->pending > 0)
    g_main_context_iteration (relay->context, TRUE);
  g_main_context_pop_thread_default (relay->context);
  return NULL;
}

Relay *
relay_new (GMainContext *context, const RelayFuncs *funcs, gpointer user_data)
{
  Relay *relay = g_new0 (Relay, 1);

  relay->main_context = g_main_context_ref (context);
  relay->funcs = *funcs;
  relay->user_data = user_data;
  relay->shares = g_hash_table_new (g_str_hash, g_str_equal);
  relay->lingering = g_hash_table_new (NULL, NULL);
  g_queue_init (&relay->unproved);
  return relay;
}

gboolean
relay_start (Relay *relay, GError **error)
{
  relay->context = g_main_context_new ();
  relay->loop = g_main_loop_new (relay->context, FALSE);
  relay->buffer = g_new (ConnBuffer, 1);
  limits_copy (&relay->limits, &relay->next);
  relay->down = rfl_post_new (relay->context, take_down, relay, error);
  relay->up = relay->down ? rfl_post_new (relay->main_context, take_up, relay, error) : NULL;
  if (relay->up)
    relay->thread = rfl_thread_start (RFL_THREAD_NORMAL, "appshare", run, relay, error);
  if (!relay->thread)
    relay_stop (relay);
  return relay->thread != NULL;
}

void
relay_stop (Relay *relay)
{
  if (relay->thread)
    {
      rfl_post_send (relay->down, down_new (DOWN_QUIT, NULL));
      g_thread_join (relay->thread);
      relay->thread = NULL;
    }
  g_clear_pointer (&relay->down, rfl_post_free);
  g_clear_pointer (&relay->up, rfl_post_free);
  g_clear_pointer (&relay->loop, g_main_loop_unref);
  g_clear_pointer (&relay->context, g_main_context_unref);
  g_clear_pointer (&relay->linked, g_array_unref);
  g_clear_pointer (&relay->buffer, g_free);
}

void
relay_free (Relay *relay)
{
  if (!relay)
    return;
  relay_stop (relay);
  g_hash_table_unref (relay->shares);
  g_hash_table_unref (relay->lingering);
  limits_clear (&relay->limits);
  limits_clear (&relay->next);
  g_main_context_unref (relay->main_context);
  g_free (relay);
}
