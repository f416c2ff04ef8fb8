/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A limit on TCP connections. GLib's main loop becomes slow with thousands of descriptors,
 * and the stack accepts without end and tells nobody, so once a second the process's own
 * descriptors are looked through: above the limit the oldest connections that carry no
 * call are shut down (the stack then sees their end). Not a firewall against floods.
 */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/call.h"
#include <stdlib.h>
#include <sys/socket.h>

struct _SipConnections {
  SipPlugin *plugin;
  RflTimer *timer;
  guint count;
  RflLogLimit log;
};

typedef struct {
  int fd;
  RflAddress remote;
} Connection;

static gboolean
get_address (int fd, int (*get) (int, struct sockaddr *, socklen_t *), RflAddress *out)
{
  struct sockaddr_storage sa;
  socklen_t len = sizeof sa;

  return get (fd, (struct sockaddr *) &sa, &len) == 0
         && rfl_address_from_sockaddr (out, (struct sockaddr *) &sa, len);
}

static int
socket_option (int fd, int option)
{
  int value = 0;
  socklen_t len = sizeof value;

  return getsockopt (fd, SOL_SOCKET, option, &value, &len) == 0 ? value : -1;
}

static gboolean
is_connection (const SipPlugin *plugin, int fd, RflAddress *remote)
{
  RflAddress local;

  return socket_option (fd, SO_TYPE) == SOCK_STREAM && socket_option (fd, SO_ACCEPTCONN) == 0
         && get_address (fd, getsockname, &local) && local.port == plugin->settings.port
         && get_address (fd, getpeername, remote);
}

static GArray *
find_connections (const SipPlugin *plugin)
{
  GArray *found = g_array_new (FALSE, FALSE, sizeof (Connection));
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);

  for (const char *name; dir && (name = g_dir_read_name (dir)) != NULL;)
    {
      Connection c = { .fd = atoi (name) };
      if (is_connection (plugin, c.fd, &c.remote))
        g_array_append_val (found, c);
    }
  return found;
}

static gboolean
carries_call (const SipPlugin *plugin, const RflAddress *remote)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, plugin->calls);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      const SipCall *call = key;
      if (call->tcp && rfl_address_equal (&call->remote, remote))
        return TRUE;
    }
  return FALSE;
}

static guint
close_some (SipPlugin *plugin, const GArray *connections, guint excess)
{
  guint closed = 0;

  for (guint i = 0; i < connections->len && closed < excess; i++)
    {
      const Connection *c = &g_array_index (connections, Connection, i);
      if (!carries_call (plugin, &c->remote) && shutdown (c->fd, SHUT_RDWR) == 0)
        closed++;
    }
  return closed;
}

static void
look (gpointer user_data)
{
  SipConnections *self = user_data;
  SipPlugin *plugin = self->plugin;
  guint limit = plugin->settings.max_connections, closed, suppressed = 0;
  g_autoptr (GArray) connections = find_connections (plugin);

  self->count = connections->len;
  if (connections->len <= limit)
    return;
  closed = close_some (plugin, connections, connections->len - limit);
  rfl_counter_add (plugin->counters.closed_connections, closed);
  if (rfl_log_limit_pass (&self->log, rfl_core_get_clock (plugin->core), &suppressed))
    rfl_warning (NULL, "%u TCP connections, %u closed (limit %u; %u more)", connections->len,
                 closed, limit, suppressed);
}

SipConnections *
sip_connections_new (SipPlugin *plugin)
{
  SipConnections *self = g_new0 (SipConnections, 1);

  self->plugin = plugin;
  self->timer = rfl_timer_new (rfl_core_get_clock (plugin->core), "sip.connections", look, self);
  if (plugin->settings.tcp)
    rfl_timer_repeat (self->timer, G_TIME_SPAN_SECOND);
  return self;
}

void
sip_connections_free (SipConnections *self)
{
  if (self == NULL)
    return;
  rfl_timer_free (self->timer);
  g_free (self);
}

guint
sip_connections_count (const SipConnections *self)
{
  return self->count;
}
