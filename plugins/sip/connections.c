/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A limit on TCP connections. GLib's main loop becomes slow with thousands of descriptors,
 * and the stack accepts without end and tells nobody, so once a second the process's own
 * descriptors are looked through: above the limit the oldest connections that carry no
 * call are shut down (the stack then sees their end). So are those whose peer has gone and which the
 * stack has stopped reading, as it does after a malformed message. Not a firewall against floods.
 */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/call.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

/* Descriptors that the rest of the daemon may yet need. */
#define RESERVE 16
/* The stack reads at once: what it has left for so long it will not read. */
#define UNREAD_MS 1000
/* Microseconds until the next look; the latter while there are too many. */
#define PERIOD G_TIME_SPAN_SECOND
#define HURRY (50 * G_TIME_SPAN_MILLISECOND)

/* @dir: open for good: there may be no descriptor left when it is needed most */
struct _SipConnections {
  SipPlugin *plugin;
  RflTimer *timer;
  GDir *dir;
  SipShortage *shortage;
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
is_listened_on (const SipPlugin *plugin, const RflAddress *local)
{
  for (guint i = 0; plugin->listeners && i < plugin->listeners->len; i++)
    if (rfl_address_equal (&((const SipListener *) plugin->listeners->pdata[i])->local, local))
      return TRUE;
  return FALSE;
}

static gboolean
is_connection (const SipPlugin *plugin, int fd, RflAddress *remote)
{
  RflAddress local;

  return socket_option (fd, SO_TYPE) == SOCK_STREAM && socket_option (fd, SO_ACCEPTCONN) == 0
         && get_address (fd, getsockname, &local) && is_listened_on (plugin, &local)
         && get_address (fd, getpeername, remote);
}

/* @others: (out): how many descriptors are something else */
static GArray *
find_connections (const SipConnections *self, guint *others)
{
  GArray *found = g_array_new (FALSE, FALSE, sizeof (Connection));

  *others = 0;
  if (self->dir)
    g_dir_rewind (self->dir);
  for (const char *name; self->dir && (name = g_dir_read_name (self->dir)) != NULL;)
    {
      Connection c = { .fd = atoi (name) };
      if (is_connection (self->plugin, c.fd, &c.remote))
        g_array_append_val (found, c);
      else
        ++*others;
    }
  return found;
}

static gboolean
is_abandoned (int fd)
{
  struct tcp_info info;
  socklen_t len = sizeof info;

  return getsockopt (fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0
         && info.tcpi_state == TCP_CLOSE_WAIT && info.tcpi_last_data_recv >= UNREAD_MS;
}

static void
close_abandoned (SipPlugin *plugin, GArray *connections)
{
  for (guint i = connections->len; i-- > 0;)
    {
      int fd = g_array_index (connections, Connection, i).fd;
      if (!is_abandoned (fd) || shutdown (fd, SHUT_RDWR) != 0)
        continue;
      rfl_counter_add (plugin->counters.abandoned_connections, 1);
      g_array_remove_index (connections, i);
    }
}

/* accept() without a descriptor to spare would keep the main loop busy and the rest short. */
static guint
get_limit (const SipPlugin *plugin, guint others)
{
  struct rlimit limit;
  guint most = plugin->settings.max_connections;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY
      || limit.rlim_cur >= (rlim_t) most + others + RESERVE)
    return most;
  return limit.rlim_cur > others + RESERVE ? (guint) limit.rlim_cur - others - RESERVE : 0;
}

/* (element-type RflAddress): where calls have connections to; lent by the calls */
static GHashTable *
find_callers (const SipPlugin *plugin)
{
  GHashTable *callers = g_hash_table_new (rfl_address_hash, rfl_address_equal);
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, plugin->calls);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      SipCall *call = key;
      if (call->tcp)
        g_hash_table_add (callers, &call->remote);
    }
  return callers;
}

static guint
close_some (SipPlugin *plugin, const GArray *connections, guint excess)
{
  g_autoptr (GHashTable) callers = find_callers (plugin);
  guint closed = 0;

  for (guint i = 0; i < connections->len && closed < excess; i++)
    {
      const Connection *c = &g_array_index (connections, Connection, i);
      if (!g_hash_table_contains (callers, &c->remote) && shutdown (c->fd, SHUT_RDWR) == 0)
        closed++;
    }
  return closed;
}

static void
close_excess (SipConnections *self, const GArray *connections, guint limit)
{
  SipPlugin *plugin = self->plugin;
  guint suppressed = 0;
  guint excess = connections->len - MIN (connections->len, limit);
  guint closed = close_some (plugin, connections, excess);

  closed += sip_shortage_relieve (self->shortage, plugin->listeners);
  rfl_counter_add (plugin->counters.closed_connections, closed);
  if (closed > 0 && rfl_log_limit_pass (&self->log, rfl_core_get_clock (plugin->core), &suppressed))
    rfl_warning (NULL, "%u TCP connections, %u closed (limit %u; %u more)", connections->len,
                 closed, limit, suppressed);
}

static void
look (gpointer user_data)
{
  SipConnections *self = user_data;
  guint others, limit;
  g_autoptr (GArray) connections = find_connections (self, &others);
  gboolean crowded;

  close_abandoned (self->plugin, connections);
  limit = get_limit (self->plugin, others);
  self->count = connections->len;
  crowded = connections->len > limit || limit == 0;
  if (crowded)
    close_excess (self, connections, limit);
  rfl_timer_start (self->timer, crowded ? HURRY : PERIOD);
}

SipConnections *
sip_connections_new (SipPlugin *plugin)
{
  SipConnections *self = g_new0 (SipConnections, 1);

  self->plugin = plugin;
  self->dir = g_dir_open ("/proc/self/fd", 0, NULL);
  self->shortage = sip_shortage_new ();
  self->timer = rfl_timer_new (rfl_core_get_clock (plugin->core), "sip.connections", look, self);
  rfl_timer_start (self->timer, PERIOD);
  return self;
}

void
sip_connections_free (SipConnections *self)
{
  if (self == NULL)
    return;
  rfl_timer_free (self->timer);
  g_clear_pointer (&self->dir, g_dir_close);
  sip_shortage_free (self->shortage);
  g_free (self);
}

guint
sip_connections_count (const SipConnections *self)
{
  return self->count;
}
