/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The HTTP thread: commands down, news up, counters. Not for what is asked over HTTP: see request.c. */
#include "plugins/files/http/private.h"

#include <errno.h>
#include <reflector/thread.h>
#include <string.h>
#include <sys/random.h>

/* News for the log that may be on their way; what is above is only counted. */
#define MAX_NOTES 32

typedef enum {
  DOWN_ANSWER,
  DOWN_REMOVE,
  DOWN_END_ROOM,
  DOWN_ADD_LINK_KEY,
  DOWN_DROP_LINK_KEYS,
  DOWN_LINKED,
  DOWN_REMOTE,
  DOWN_AWAY,
  DOWN_LIMITS,
  DOWN_QUIT
} DownType;

typedef struct {
  DownType type;
  HttpAsk *ask;
  guint8 id[FILE_ID], key[FILE_KEY];
  char *text;
  GArray *linked;
  HttpRemote remote;
  HttpLimits limits;
} Down;

typedef enum {
  UP_ASK,
  UP_OFFERED,
  UP_GONE,
  UP_NOTE
} UpType;

typedef struct {
  UpType type;
  HttpAsk *ask;
  FileInfo *info;
  guint8 id[FILE_ID];
  HttpStat what;
  RflAddress peer;
  char *text;
} Up;

/* ---- up ---- */

static void
take_up (gpointer message, gpointer data)
{
  Up *up = message;
  Http *http = data;

  if (up->type == UP_ASK)
    http->funcs.ask (up->ask, http->user_data);
  else if (up->type == UP_OFFERED)
    http->funcs.offered (up->info, http->user_data);
  else if (up->type == UP_GONE)
    http->funcs.gone (up->id, up->text, http->user_data);
  else
    {
      __atomic_sub_fetch (&http->notes, 1, __ATOMIC_RELAXED);
      http->funcs.note (up->what, &up->peer, up->text, http->user_data);
    }
  file_info_unref (up->info);
  g_free (up->text);
  g_free (up);
}

static void
send_up (Http *http, const Up *up)
{
  Up *copy = g_new (Up, 1);

  *copy = *up;
  rfl_post_send (http->up, copy);
}

void
http_count (Http *http, HttpStat stat, guint64 n)
{
  __atomic_add_fetch (&http->stats[stat], n, __ATOMIC_RELAXED);
}

void
http_set_gauge (Http *http, HttpGauge gauge, guint64 value)
{
  __atomic_store_n (&http->gauges[gauge], value, __ATOMIC_RELAXED);
}

guint64
http_get_stat (const Http *http, HttpStat stat)
{
  return __atomic_load_n (&http->stats[stat], __ATOMIC_RELAXED);
}

guint64
http_get_gauge (const Http *http, HttpGauge gauge)
{
  return __atomic_load_n (&http->gauges[gauge], __ATOMIC_RELAXED);
}

void
http_note (Http *http, HttpStat stat, const RflAddress *peer, const char *text)
{
  http_count (http, stat, 1);
  if (__atomic_add_fetch (&http->notes, 1, __ATOMIC_RELAXED) > MAX_NOTES)
    {
      __atomic_sub_fetch (&http->notes, 1, __ATOMIC_RELAXED);
      return;
    }
  send_up (http, &(Up){ .type = UP_NOTE,
                        .what = stat,
                        .peer = peer ? *peer : (RflAddress){ 0 },
                        .text = g_strdup (text) });
}

void
http_tell_offered (Http *http, FileInfo *info)
{
  send_up (http, &(Up){ .type = UP_OFFERED, .info = file_info_ref (info) });
}

void
http_tell_gone (Http *http, const guint8 *id, const char *reason)
{
  Up up = { .type = UP_GONE, .text = g_strdup (reason) };

  memcpy (up.id, id, FILE_ID);
  send_up (http, &up);
}

void
http_ask (Http *http, HttpAsk *ask)
{
  send_up (http, &(Up){ .type = UP_ASK, .ask = ask });
}

const guint8 *
http_get_page_key (const Http *http)
{
  return http->store->page_key;
}

/* ---- what the thread's files share ---- */

gboolean
http_is_linked (const Http *http, const RflAddress *address)
{
  for (guint i = 0; http->linked && i < http->linked->len; i++)
    if (rfl_address_same_ip (&g_array_index (http->linked, RflAddress, i), address))
      return TRUE;
  return FALSE;
}

GSource *
http_after (Http *http, guint seconds, GSourceFunc func, gpointer data)
{
  GSource *source = g_timeout_source_new (seconds * 1000);

  g_source_set_callback (source, func, data, NULL);
  g_source_attach (source, http->context);
  return source;
}

void
http_clear_source (GSource **source)
{
  if (!*source)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

void
http_random (guint8 *out, gsize len)
{
  while (len > 0)
    {
      gssize n = getrandom (out, len, 0);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        g_error ("getrandom: %s", g_strerror (errno));
      out += n;
      len -= (gsize) n;
    }
}

/* ---- down ---- */

static void
limits_clear (HttpLimits *limits)
{
  g_clear_object (&limits->certificate);
  g_clear_object (&limits->authorities);
}

static void
limits_copy (HttpLimits *to, const HttpLimits *from)
{
  limits_clear (to);
  *to = *from;
  if (to->certificate)
    g_object_ref (to->certificate);
  if (to->authorities)
    g_object_ref (to->authorities);
}

static void
remove_file (Http *http, const Down *down)
{
  StoreItem *item = store_find (http->store, down->id);

  if (item)
    store_remove (item, http->store, down->text);
}

static void
take_down (gpointer message, gpointer data)
{
  Down *down = message;
  Http *http = data;

  switch (down->type)
    {
    case DOWN_ANSWER:
      request_take_answer (down->ask->request, down->ask);
      break;
    case DOWN_REMOVE:
      remove_file (http, down);
      break;
    case DOWN_END_ROOM:
      store_end_room (http->store, down->text);
      break;
    case DOWN_ADD_LINK_KEY:
      store_add_link_key (http->store, down->id, down->text, down->key);
      break;
    case DOWN_DROP_LINK_KEYS:
      store_drop_link_keys (http->store, down->text);
      break;
    case DOWN_LINKED:
      g_clear_pointer (&http->linked, g_array_unref);
      http->linked = g_steal_pointer (&down->linked);
      break;
    case DOWN_REMOTE:
      fetch_offer (http, &down->remote);
      break;
    case DOWN_AWAY:
      fetch_away (http, down->id);
      break;
    case DOWN_LIMITS:
      limits_copy (&http->limits, &down->limits);
      break;
    case DOWN_QUIT:
      g_main_loop_quit (http->loop);
      break;
    }
  limits_clear (&down->limits);
  file_info_unref (down->remote.info);
  g_free (down->text);
  explicit_bzero (down, sizeof *down);
  g_free (down);
}

static Down *
down_new (DownType type, const guint8 *id, const char *text)
{
  Down *down = g_new0 (Down, 1);

  down->type = type;
  down->text = g_strdup (text);
  if (id)
    memcpy (down->id, id, FILE_ID);
  return down;
}

/* Before the start, and after the end, nobody takes it. */
static void
send_down (Http *http, Down *down)
{
  if (http->down)
    rfl_post_send (http->down, down);
  else
    take_down (down, http);
}

void
http_set_limits (Http *http, const HttpLimits *limits)
{
  Down *down;

  limits_copy (&http->next, limits);
  if (!http->down)
    return;
  down = down_new (DOWN_LIMITS, NULL, NULL);
  limits_copy (&down->limits, limits);
  send_down (http, down);
}

void
http_answer (Http *http, HttpAsk *ask)
{
  Down *down = down_new (DOWN_ANSWER, NULL, NULL);

  down->ask = ask;
  send_down (http, down);
}

void
http_remove (Http *http, const guint8 id[FILE_ID], const char *reason)
{
  send_down (http, down_new (DOWN_REMOVE, id, reason));
}

void
http_end_room (Http *http, const char *room)
{
  send_down (http, down_new (DOWN_END_ROOM, NULL, room));
}

void
http_add_link_key (Http *http, const guint8 id[FILE_ID], const char *peer,
                   const guint8 key[FILE_KEY])
{
  Down *down = down_new (DOWN_ADD_LINK_KEY, id, peer);

  memcpy (down->key, key, FILE_KEY);
  send_down (http, down);
}

void
http_drop_link_keys (Http *http, const char *peer)
{
  send_down (http, down_new (DOWN_DROP_LINK_KEYS, NULL, peer));
}

void
http_set_linked (Http *http, GArray *addresses)
{
  Down *down = down_new (DOWN_LINKED, NULL, NULL);

  down->linked = addresses;
  send_down (http, down);
}

void
http_add_remote (Http *http, const HttpRemote *remote)
{
  Down *down = down_new (DOWN_REMOTE, NULL, NULL);

  down->remote = *remote;
  file_info_ref (remote->info);
  send_down (http, down);
}

void
http_remote_away (Http *http, const guint8 id[FILE_ID])
{
  send_down (http, down_new (DOWN_AWAY, id, NULL));
}

/* ---- the thread ---- */

static gboolean
on_tick (gpointer data)
{
  store_tick (((Http *) data)->store);
  return G_SOURCE_CONTINUE;
}

static gpointer
run (gpointer data)
{
  Http *http = data;
  GSource *tick;

  g_main_context_push_thread_default (http->context);
  tick = http_after (http, 1, on_tick, http);
  g_main_loop_run (http->loop);
  http_clear_source (&tick);
  g_ptr_array_set_size (http->doors, 0);
  soup_server_disconnect (http->server);
  g_clear_object (&http->server);
  /* what GIO has cancelled, and the main thread has been asked, tells so */
  fetch_stop_all (http);
  while (http->pending > 0)
    g_main_context_iteration (http->context, TRUE);
  g_clear_object (&http->session);
  g_main_context_pop_thread_default (http->context);
  return NULL;
}

Http *
http_new (GMainContext *context, const HttpFuncs *funcs, gpointer user_data)
{
  Http *http = g_new0 (Http, 1);

  http->main_context = g_main_context_ref (context);
  http->funcs = *funcs;
  http->user_data = user_data;
  http->doors = g_ptr_array_new_with_free_func ((GDestroyNotify) door_free);
  return http;
}

static gboolean
open_doors (Http *http, const char *bind, guint16 port, GError **error)
{
  g_autoptr (GError) six = NULL;
  gboolean is_six = bind && strchr (bind, ':');
  Door *door = is_six ? NULL : door_new (http, bind, port, FALSE, error);

  if (door)
    g_ptr_array_add (http->doors, door);
  else if (!is_six)
    return FALSE;
  if (bind && !is_six)
    return TRUE;
  door = door_new (http, bind, port, TRUE, &six);
  if (door)
    g_ptr_array_add (http->doors, door);
  else if (is_six) /* a machine without IPv6 is none the worse, unless it was asked for */
    g_propagate_error (error, g_steal_pointer (&six));
  return door || !is_six;
}

static gboolean
start_parts (Http *http, const char *spool, const char *bind, guint16 port, GError **error)
{
  http->down = rfl_post_new (http->context, take_down, http, error);
  http->up = http->down ? rfl_post_new (http->main_context, take_up, http, error) : NULL;
  if (!http->up || !open_doors (http, bind, port, error) || !spool_open (http->store, spool, error))
    return FALSE;
  http->server = soup_server_new ("server-header", "reflectord", "raw-paths", TRUE, NULL);
  soup_server_add_early_handler (http->server, NULL, request_on_early, http, NULL);
  soup_server_add_handler (http->server, NULL, request_on_read, http, NULL);
  return TRUE;
}

gboolean
http_start (Http *http, const char *spool, const char *bind, guint16 port, GError **error)
{
  gboolean started;

  http->context = g_main_context_new ();
  http->loop = g_main_loop_new (http->context, FALSE);
  http->store = store_new (http);
  limits_copy (&http->limits, &http->next);
  g_main_context_push_thread_default (http->context);
  started = start_parts (http, spool, bind, port, error);
  g_main_context_pop_thread_default (http->context);
  if (started)
    http->thread = rfl_thread_start (RFL_THREAD_BULK, "files", run, http, error);
  if (!http->thread)
    http_stop (http);
  return http->thread != NULL;
}

void
http_stop (Http *http)
{
  if (http->thread)
    {
      send_down (http, down_new (DOWN_QUIT, NULL, NULL));
      g_thread_join (http->thread);
      http->thread = NULL;
    }
  g_ptr_array_set_size (http->doors, 0);
  g_clear_object (&http->server);
  g_clear_pointer (&http->up, rfl_post_free);
  g_clear_pointer (&http->down, rfl_post_free);
  g_clear_pointer (&http->store, store_free);
  g_clear_pointer (&http->loop, g_main_loop_unref);
  g_clear_pointer (&http->context, g_main_context_unref);
  g_clear_pointer (&http->linked, g_array_unref);
}

void
http_free (Http *http)
{
  if (!http)
    return;
  http_stop (http);
  g_ptr_array_unref (http->doors);
  limits_clear (&http->limits);
  limits_clear (&http->next);
  g_main_context_unref (http->main_context);
  g_free (http);
}
