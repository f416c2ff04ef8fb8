/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which TCP connections go when there are too many. The stack tells nobody of them, so the process's own descriptors
 * are looked through, once a second and soon after one was accepted: above a limit the oldest connections that carry no
 * call are shut down (the stack then sees their end), and so are those that bring no request, and those whose peer has
 * gone or which the stack has stopped reading, as it does after a malformed message. Not where they are
 * accepted: see accept.c.
 */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/call/call.h"
#include "plugins/sip/tcp/connections-private.h"
#include "plugins/sip/tcp/sockets.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

/* Descriptors that the rest of the daemon may yet need. */
#define RESERVE 16
/* The stack reads at once: what it has left for so long it will not read. Longer where the end of the
 * connection cannot be seen, because what fills the buffer stands before it. */
#define UNREAD_MS 1000
#define UNREAD_OPEN_MS 3000

/* @since: when it was seen first; @talks: it has brought a request; @seen: at this look */
typedef struct {
  RflAddress remote;
  gint64 since;
  gboolean talks, seen;
} Known;

typedef struct {
  int fd;
  RflAddress remote;
} Connection;

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

  return sip_socket_get_option (fd, SO_TYPE) == SOCK_STREAM
         && sip_socket_get_option (fd, SO_ACCEPTCONN) == 0
         && sip_socket_get_address (fd, FALSE, &local) && is_listened_on (plugin, &local)
         && sip_socket_get_address (fd, TRUE, remote);
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
        {
          fcntl (c.fd, F_SETFD, FD_CLOEXEC);
          g_array_append_val (found, c);
        }
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
  int unread = 0;

  if (getsockopt (fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
    return FALSE;
  if (info.tcpi_state == TCP_CLOSE_WAIT)
    return info.tcpi_last_data_recv >= UNREAD_MS;
  return info.tcpi_last_data_recv >= UNREAD_OPEN_MS && ioctl (fd, FIONREAD, &unread) == 0
         && unread > 0;
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

/* @callers: of find_callers(); @of: of this address alone, or %NULL: of all. The oldest descriptors come first. */
static guint
close_some (SipPlugin *plugin, GArray *connections, GHashTable *callers, const RflAddress *of,
            guint excess)
{
  guint closed = 0;

  for (guint i = 0; i < connections->len && closed < excess;)
    {
      const Connection *c = &g_array_index (connections, Connection, i);
      if ((of == NULL || rfl_address_same_ip (of, &c->remote))
          && !g_hash_table_contains (callers, &c->remote) && shutdown (c->fd, SHUT_RDWR) == 0)
        {
          g_array_remove_index (connections, i);
          closed++;
        }
      else
        i++;
    }
  rfl_counter_add (plugin->counters.closed_connections, closed);
  return closed;
}

static guint
hash_ip (gconstpointer address)
{
  RflAddress ip = *(const RflAddress *) address;

  ip.port = 0;
  return rfl_address_hash (&ip);
}

static gboolean
equal_ip (gconstpointer a, gconstpointer b)
{
  return rfl_address_same_ip (a, b);
}

static guint
close_excess_of_addresses (SipPlugin *plugin, GArray *connections, GHashTable *callers)
{
  g_autoptr (GHashTable) counts = g_hash_table_new (hash_ip, equal_ip);
  g_autoptr (GArray) copy = g_array_copy (connections);
  guint most = plugin->settings.max_connections_of_address, closed = 0;

  for (guint i = 0; i < copy->len; i++)
    {
      const RflAddress *remote = &g_array_index (copy, Connection, i).remote;
      guint n = GPOINTER_TO_UINT (g_hash_table_lookup (counts, remote)) + 1;
      g_hash_table_insert (counts, (gpointer) remote, GUINT_TO_POINTER (n));
      if (n > most)
        closed += close_some (plugin, connections, callers, remote, 1);
    }
  return closed;
}

/* ---- those that say nothing ---- */

static Known *
know (SipConnections *self, const RflAddress *remote)
{
  Known *known = g_hash_table_lookup (self->known, remote);

  if (known)
    return known;
  known = g_new0 (Known, 1);
  known->remote = *remote;
  known->since = rfl_clock_now (rfl_core_get_clock (self->plugin->core));
  g_hash_table_insert (self->known, &known->remote, known);
  return known;
}

static gboolean
was_not_seen (gpointer key, gpointer value, gpointer user_data)
{
  Known *known = value;
  gboolean seen = known->seen;

  known->seen = FALSE;
  return !seen;
}

static void
close_silent (SipConnections *self, GArray *connections, GHashTable *callers)
{
  SipPlugin *plugin = self->plugin;
  gint64 first = rfl_clock_now (rfl_core_get_clock (plugin->core))
                 - plugin->settings.first_message * G_TIME_SPAN_SECOND;

  for (guint i = connections->len; i-- > 0;)
    {
      const Connection *c = &g_array_index (connections, Connection, i);
      Known *known = know (self, &c->remote);

      known->seen = TRUE;
      if (known->talks || known->since > first || g_hash_table_contains (callers, &c->remote)
          || shutdown (c->fd, SHUT_RDWR) != 0)
        continue;
      rfl_counter_add (plugin->counters.silent_connections, 1);
      g_array_remove_index (connections, i);
    }
  g_hash_table_foreach_remove (self->known, was_not_seen, NULL);
}

void
sip_connections_note_message (SipConnections *self, const RflAddress *remote)
{
  if (self)
    know (self, remote)->talks = TRUE;
}

/* ---- looking ---- */

static void
look (gpointer user_data)
{
  SipConnections *self = user_data;
  SipPlugin *plugin = self->plugin;
  guint others, before, closed, suppressed = 0;
  g_autoptr (GArray) connections = find_connections (self, &others);
  g_autoptr (GHashTable) callers = find_callers (plugin);

  close_abandoned (plugin, connections);
  close_silent (self, connections, callers);
  self->limit = get_limit (plugin, others);
  before = connections->len;
  closed = close_excess_of_addresses (plugin, connections, callers);
  if (connections->len > self->limit)
    closed += close_some (plugin, connections, callers, NULL, connections->len - self->limit);
  self->count = connections->len;
  if (closed > 0 && rfl_log_limit_pass (&self->log, rfl_core_get_clock (plugin->core), &suppressed))
    rfl_warning (NULL, "%u TCP connections, %u closed (limit %u; %u more)", before, closed,
                 self->limit, suppressed);
}

SipConnections *
sip_connections_new (SipPlugin *plugin)
{
  SipConnections *self = g_new0 (SipConnections, 1);
  RflClock *clock = rfl_core_get_clock (plugin->core);

  self->plugin = plugin;
  self->dir = g_dir_open ("/proc/self/fd", 0, NULL);
  self->shortage = sip_shortage_new ();
  self->known = g_hash_table_new_full (rfl_address_hash, rfl_address_equal, NULL, g_free);
  self->limit = plugin->settings.max_connections;
  self->timer = rfl_timer_new (clock, "sip.connections", look, self);
  self->soon = rfl_timer_new (clock, "sip.connections-soon", look, self);
  rfl_timer_repeat (self->timer, G_TIME_SPAN_SECOND);
  return self;
}

void
sip_connections_free (SipConnections *self)
{
  if (self == NULL)
    return;
  rfl_timer_free (self->timer);
  rfl_timer_free (self->soon);
  g_clear_pointer (&self->dir, g_dir_close);
  sip_shortage_free (self->shortage);
  g_hash_table_unref (self->known);
  g_free (self);
}

guint
sip_connections_count (const SipConnections *self)
{
  return self->count;
}
