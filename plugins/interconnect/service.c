/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The service "links" (reflector/links.h): other plugins' messages in the links' stream. Not for what they mean,
 * and never from one link to another.
 */
#include "plugins/interconnect/link.h"
#include <string.h>

typedef struct {
  guint id;
  char service[4];
  RflLinksFunc func;
  gpointer user_data;
} LinkListener;

GArray *
link_service_listeners_new (void)
{
  return g_array_new (FALSE, FALSE, sizeof (LinkListener));
}

static const LinkListener *
find_listener (const LinkPlugin *plugin, const char *service)
{
  for (guint i = 0; i < plugin->listeners->len; i++)
    {
      const LinkListener *listener = &g_array_index (plugin->listeners, LinkListener, i);
      if (memcmp (listener->service, service, sizeof listener->service) == 0)
        return listener;
    }
  return NULL;
}

static LinkPeer *
find_peer (const LinkPlugin *plugin, const char *id)
{
  for (guint i = 0; i < plugin->peers->len; i++)
    {
      LinkPeer *peer = plugin->peers->pdata[i];
      if (link_channel_is_up (peer->channel)
          && g_strcmp0 (link_channel_get_peer_id (peer->channel), id) == 0)
        return peer;
    }
  return NULL;
}

/* ---- the service ---- */

static guint
add (gpointer self, const char service[4], RflLinksFunc func, gpointer user_data)
{
  LinkPlugin *plugin = self;
  LinkListener listener = { .func = func, .user_data = user_data };

  g_return_val_if_fail (func != NULL, 0);
  if (find_listener (plugin, service))
    return 0;
  memcpy (listener.service, service, sizeof listener.service);
  listener.id = ++plugin->last_listener;
  g_array_append_val (plugin->listeners, listener);
  return listener.id;
}

static void
remove_listener (gpointer self, guint id)
{
  LinkPlugin *plugin = self;

  for (guint i = 0; i < plugin->listeners->len; i++)
    if (g_array_index (plugin->listeners, LinkListener, i).id == id)
      {
        g_array_remove_index (plugin->listeners, i);
        return;
      }
}

/* A full channel would begin anew: the link is worth more than one plugin's messages. */
static gboolean
has_room (LinkPeer *peer, GError **error)
{
  guint most = peer->plugin->config.limits.service_queue;

  if (link_channel_get_pending (peer->channel) < most)
    return TRUE;
  g_set_error (error, RFL_ERROR, RFL_ERROR_LIMIT, "%u messages are waiting for %s already", most,
               peer->name);
  link_complain (peer->plugin, LINK_COUNT_SERVICE_REFUSED, peer->name,
                 "%u messages are waiting for %s already", most, peer->name);
  return FALSE;
}

static gboolean
send_message (gpointer self, const char *peer_id, const char service[4], const char *session,
              guint8 type, GBytes *body, GError **error)
{
  LinkPeer *peer = find_peer (self, peer_id);
  g_autoptr (LinkMessage) message = link_message_new (LINK_SERVICE);

  if (!peer)
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_UNAVAILABLE, "there is no link with %s", peer_id);
      return FALSE;
    }
  if (!has_room (peer, error))
    return FALSE;
  memcpy (message->service, service, 4);
  message->kind = type;
  message->session = g_strdup (session);
  message->body = body ? g_bytes_ref (body) : NULL;
  if (!link_channel_send (peer->channel, message))
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_MALFORMED,
                   "a message of %" G_GSIZE_FORMAT " octets does not fit a datagram",
                   body ? g_bytes_get_size (body) : 0);
      return FALSE;
    }
  link_count (peer->plugin, LINK_COUNT_SERVICE_OUT);
  link_peer_kick (peer);
  return TRUE;
}

static GPtrArray *
list (gpointer self)
{
  const LinkPlugin *plugin = self;
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < plugin->peers->len; i++)
    {
      const LinkPeer *peer = plugin->peers->pdata[i];
      if (link_channel_is_up (peer->channel))
        g_ptr_array_add (ids, g_strdup (link_channel_get_peer_id (peer->channel)));
    }
  return ids;
}

static gboolean
get_address (gpointer self, const char *peer_id, RflAddress *remote, RflAddress *local)
{
  const LinkPlugin *plugin = self;
  const LinkPeer *peer = find_peer (plugin, peer_id);

  if (!peer)
    return FALSE;
  *remote = peer->rtp;
  remote->port = 0;
  return plugin->config.address ? rfl_address_parse (local, plugin->config.address, 0)
                                : rfl_address_local_for (remote, local);
}

static const RflLinks service_links = { add, remove_listener, send_message, list, get_address };

gboolean
link_service_offer (LinkPlugin *plugin, GError **error)
{
  plugin->offered = rfl_core_offer_service (plugin->core, RFL_LINKS_SERVICE, RFL_LINKS_VERSION,
                                            &service_links, plugin, error);
  return plugin->offered;
}

void
link_service_withdraw (LinkPlugin *plugin)
{
  if (plugin->offered)
    rfl_core_withdraw_service (plugin->core, RFL_LINKS_SERVICE);
  plugin->offered = FALSE;
}

/* ---- the peer's ---- */

void
link_service_receive (LinkPeer *peer, const LinkMessage *message)
{
  const LinkListener *listener = find_listener (peer->plugin, message->service);
  gsize len = 0;
  const guint8 *body = message->body ? g_bytes_get_data (message->body, &len) : NULL;

  if (!listener)
    {
      link_complain (peer->plugin, LINK_COUNT_SERVICE_NOBODYS, peer->name,
                     "%s sends a message for service %s, which nobody here takes", peer->name,
                     message->service);
      return;
    }
  link_count (peer->plugin, LINK_COUNT_SERVICE_IN);
  listener->func (link_channel_get_peer_id (peer->channel), message->session, message->kind, body,
                  len, listener->user_data);
}
