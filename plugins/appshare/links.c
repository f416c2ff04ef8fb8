/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What linked reflectors tell of their shares, and their comings and goings. What they are told is in announce.c. */
#define RFL_LOG_DOMAIN "appshare"
#include "plugins/appshare/appshare.h"

#include <string.h>

static void
refuse (AppShare *app, const char *peer, const char *session, const char *why)
{
  guint held_back;

  rfl_counter_add (app->counters.links_refused, 1);
  if (rfl_log_limit_pass (&app->log_link, app->clock, &held_back))
    rfl_notice (&(RflLogFields){ session, NULL, peer },
                "a share of another reflector is not passed on: %s (%u more)", why, held_back);
}

typedef struct {
  AppShare *app;
  char *id;
} Asked;

static void
on_decided (RflEvent *event, const GError *error, gpointer data)
{
  g_autofree Asked *asked = data;
  g_autofree char *id = asked->id;
  g_autoptr (GError) why = error ? g_error_copy (error) : NULL;
  AppItem *item = app_find (asked->app, id);

  if (!item || item->state != APP_ASKING)
    return;
  if (!why && app_item_bind (item, &why))
    {
      app_item_opened (item);
      return;
    }
  refuse (item->app, item->via, item->session, why->message);
  app_item_end (item, why->message, FALSE);
}

static void
ask (AppItem *item)
{
  RflEvent *event = rfl_event_new (RFL_EVENT_SHARE_OPENING);
  Asked *asked = g_new (Asked, 1);

  asked->app = item->app;
  asked->id = g_strdup (item->id);
  rfl_event_set_name (event, item->id);
  rfl_bus_emit (rfl_core_get_bus (item->app->core), event, on_decided, asked);
}

static gboolean
is_loop (AppShare *app, const RflShareMessage *message)
{
  return !message->path || message->path->len >= RFL_SHARE_MAX_PATH
         || g_ptr_array_find_with_equal_func (message->path, rfl_core_get_id (app->core),
                                              g_str_equal, NULL);
}

/* Its own address is not asked: a link's packets come from where its shares are. */
static void
on_announce (AppShare *app, const char *peer, const char *session, RflShareMessage *message)
{
  AppItem *item = app_find (app, message->share);
  gboolean again = item && g_strcmp0 (item->via, peer) == 0;
  g_autoptr (GPtrArray) ways = NULL;
  RflAddress remote, local;

  app_ways_drop (app, message->share, peer);
  if (is_loop (app, message) || !app->links->get_address (app->links_self, peer, &remote, &local))
    {
      if (again)
        app_way_lost (item, "it comes from here", FALSE);
      return;
    }
  if (item && !again)
    {
      if (item->via && g_str_equal (item->session, session))
        app_ways_add (item, peer, message);
      return;
    }
  ways = app_ways_take (app, message->share);
  if (again)
    app_item_end (item, "announced anew", FALSE);
  item = app_item_new (app, message->share, session);
  g_ptr_array_unref (item->ways);
  item->ways = g_steal_pointer (&ways);
  item->via = g_strdup (peer);
  item->kind = message->kind;
  item->title = g_strdup (message->title ? message->title : "");
  item->owner = g_strdup (message->owner ? message->owner : "");
  for (guint i = 0; i < message->path->len; i++)
    g_ptr_array_add (item->path, g_strdup (message->path->pdata[i]));
  item->spec.upstream = remote;
  item->spec.upstream.port = message->port;
  item->spec.upstream_tls = message->flags & RFL_SHARE_FLAG_TLS;
  memcpy (item->spec.upstream_key, message->passkey, RFL_SHARE_PASSKEY);
  ask (item);
}

/* With a code: on the way by @peer alone. */
static void
on_ended (AppShare *app, const char *peer, const RflShareMessage *message)
{
  AppItem *item = app_find (app, message->share);
  const char *reason = message->reason ? message->reason : "ended by the other reflector";
  gboolean ours = item && g_strcmp0 (item->via, peer) == 0;

  app_ways_drop (app, message->share, peer);
  if (message->code == 0)
    g_hash_table_remove (app->lost, message->share);
  if (ours && message->code != 0)
    app_way_lost (item, reason, TRUE);
  else if (ours)
    app_item_end (item, reason, TRUE);
}

void
app_on_link (const char *peer, const char *session, guint8 type, const guint8 *body, gsize len,
             gpointer data)
{
  AppShare *app = data;
  g_auto (RflShareMessage) message = { 0 };
  g_autoptr (GError) error = NULL;

  if (!session || !rfl_share_message_read (&message, type, body, len, &error))
    {
      rfl_counter_add (app->counters.malformed, 1);
      return;
    }
  if (type == RFL_SHARE_ANNOUNCE)
    on_announce (app, peer, session, &message);
  if (type == RFL_SHARE_ENDED)
    on_ended (app, peer, &message);
}

/* ---- links come and go ---- */

static void
tell_addresses (AppShare *app)
{
  GArray *addresses = g_array_new (FALSE, FALSE, sizeof (RflAddress));
  g_autoptr (GPtrArray) peers = app->links->list (app->links_self);
  RflAddress remote, local;

  for (guint i = 0; i < peers->len; i++)
    if (app->links->get_address (app->links_self, peers->pdata[i], &remote, &local))
      g_array_append_val (addresses, remote);
  relay_set_linked (app->relay, addresses);
}

void
app_link_up (AppShare *app, const char *peer)
{
  g_autoptr (GPtrArray) items = app_list (app);

  if (!app->links)
    return;
  tell_addresses (app);
  for (guint i = 0; i < items->len; i++)
    app_link_announce (items->pdata[i], peer);
}

void
app_link_down (AppShare *app, const char *peer)
{
  g_autoptr (GPtrArray) items = app_list (app);

  if (!app->links)
    return;
  tell_addresses (app);
  app_ways_drop_peer (app, peer);
  for (guint i = 0; i < items->len; i++)
    {
      AppItem *item = items->pdata[i];
      if (g_strcmp0 (item->via, peer) == 0)
        app_way_lost (item, "the link that it came over is down", FALSE);
      else
        app_forget_link (item, peer);
    }
}
