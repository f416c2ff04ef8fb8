/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The network in memory. Not a simulator: it has no delay, no routers and no NAT. */
#include "tests/helpers/memory-transport.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct _TestNetwork {
  GPtrArray *hosts; /* Host; a host without sockets stays until the network is freed */
  GPtrArray *sent;
  TestNetworkFilter filter;
  gpointer filter_data;
  guint n_fail;
  int fail_error, segment_error;
  guint n_messages;
};

typedef struct {
  RflTransport transport;
  TestNetwork *net;
  GArray *ips;
  GPtrArray *sockets;
  gboolean freed;
} Host;

struct _RflTransportSocket {
  Host *host;
  RflAddress bound;
  GQueue input; /* TestDatagram */
};

static void
datagram_free (gpointer data)
{
  TestDatagram *d = data;
  g_free (d->data);
  g_free (d);
}

static TestDatagram *
datagram_new (const RflAddress *from, const RflAddress *to, gconstpointer data, gsize len)
{
  TestDatagram *d = g_new0 (TestDatagram, 1);

  d->from = *from;
  d->to = *to;
  d->data = g_memdup2 (data, len);
  d->len = len;
  d->n_merged = 1;
  return d;
}

static RflTransportSocket *
memory_open (RflTransport *t, const RflAddress *local, gboolean shared, GError **error)
{
  Host *host = (Host *) t;
  RflTransportSocket *s = g_new0 (RflTransportSocket, 1);

  s->host = host;
  s->bound = *local;
  g_queue_init (&s->input);
  g_ptr_array_add (host->sockets, s);
  return s;
}

static void
memory_close (RflTransport *t, RflTransportSocket *s)
{
  g_ptr_array_remove (s->host->sockets, s);
  g_queue_clear_full (&s->input, datagram_free);
  g_free (s);
}

static int
memory_get_fd (RflTransportSocket *s)
{
  return -1;
}

static guint
memory_receive (RflTransportSocket *s, RflReceived *packets, guint n)
{
  guint got = 0;

  for (; got < n && s->input.head; got++)
    {
      TestDatagram *d = g_queue_pop_head (&s->input);
      packets[got].local = d->to;
      packets[got].remote = d->from;
      packets[got].len = MIN (d->len, packets[got].size);
      packets[got].truncated = d->len > packets[got].size;
      if (packets[got].len)
        memcpy (packets[got].data, d->data, packets[got].len);
      datagram_free (d);
    }
  return got;
}

static gboolean
host_has_ip (const Host *host, const RflAddress *address)
{
  for (guint i = 0; i < host->ips->len && !host->freed; i++)
    if (rfl_address_same_ip (&g_array_index (host->ips, RflAddress, i), address))
      return TRUE;
  return FALSE;
}

static gboolean
socket_takes (const RflTransportSocket *s, const RflAddress *to)
{
  return s->bound.port == to->port && s->bound.family == to->family
         && (rfl_address_is_any (&s->bound) || rfl_address_same_ip (&s->bound, to));
}

/* The sockets of one port stand in the order of the workers. */
static RflTransportSocket *
find_socket (TestNetwork *net, const RflAddress *to, const RflAddress *from)
{
  for (guint i = 0; i < net->hosts->len; i++)
    {
      Host *host = net->hosts->pdata[i];
      g_autoptr (GPtrArray) group = g_ptr_array_new ();

      if (!host_has_ip (host, to))
        continue;
      for (guint k = 0; k < host->sockets->len; k++)
        if (socket_takes (host->sockets->pdata[k], to))
          g_ptr_array_add (group, host->sockets->pdata[k]);
      return group->len ? group->pdata[from->port % group->len] : NULL;
    }
  return NULL;
}

static gboolean
is_host (TestNetwork *net, const RflAddress *address)
{
  for (guint i = 0; i < net->hosts->len; i++)
    if (host_has_ip (net->hosts->pdata[i], address))
      return TRUE;
  return FALSE;
}

static void
deliver (TestNetwork *net, TestDatagram *d)
{
  RflTransportSocket *s = find_socket (net, &d->to, &d->from);

  if (net->filter && !net->filter (d, net->filter_data))
    datagram_free (d);
  else if (s)
    g_queue_push_tail (&s->input, d);
  else if (is_host (net, &d->to))
    datagram_free (d);
  else
    g_ptr_array_add (net->sent, d);
}

static RflAddress
source_address (RflTransportSocket *s, const RflToSend *p)
{
  RflAddress from = s->bound;

  if (p->local && p->local->family)
    from = *p->local;
  else if (rfl_address_is_any (&from))
    for (guint i = 0; i < s->host->ips->len; i++)
      if (g_array_index (s->host->ips, RflAddress, i).family == p->remote->family)
        {
          from = g_array_index (s->host->ips, RflAddress, i);
          break;
        }
  from.port = s->bound.port;
  return from;
}

static void
send_one (RflTransportSocket *s, const RflToSend *p)
{
  TestNetwork *net = s->host->net;
  g_autoptr (GByteArray) all = g_byte_array_new ();
  RflAddress from = source_address (s, p);
  guint step, n;

  for (guint i = 0; i < p->n_iov; i++)
    g_byte_array_append (all, p->iov[i].iov_base, p->iov[i].iov_len);
  step = p->segment ? p->segment : MAX (all->len, 1);
  n = (all->len + step - 1) / step;
  g_assert_cmpuint (all->len, <, 65536);
  g_assert_cmpuint (n, <=, 16);
  net->n_messages++;
  for (guint at = 0; at < all->len; at += step)
    {
      TestDatagram *d = datagram_new (&from, p->remote, all->data + at, MIN (step, all->len - at));
      d->n_merged = n;
      d->message = net->n_messages;
      deliver (net, d);
    }
}

static guint
memory_send (RflTransportSocket *s, const RflToSend *packets, guint n)
{
  TestNetwork *net = s->host->net;

  for (guint i = 0; i < n; i++)
    {
      if (net->n_fail)
        {
          net->n_fail--;
          errno = net->fail_error;
          return i;
        }
      if (packets[i].segment && net->segment_error)
        {
          errno = net->segment_error;
          return i;
        }
      send_one (s, &packets[i]);
    }
  return n;
}

/* Its core is gone; the network frees the rest. */
static void
memory_free (RflTransport *t)
{
  ((Host *) t)->freed = TRUE;
}

TestNetwork *
test_network_new (void)
{
  TestNetwork *net = g_new0 (TestNetwork, 1);

  net->hosts = g_ptr_array_new ();
  net->sent = g_ptr_array_new_with_free_func (datagram_free);
  return net;
}

void
test_network_free (TestNetwork *net)
{
  for (guint i = 0; i < net->hosts->len; i++)
    {
      Host *host = net->hosts->pdata[i];
      g_assert_true (host->freed);
      g_assert_cmpuint (host->sockets->len, ==, 0);
      g_array_unref (host->ips);
      g_ptr_array_unref (host->sockets);
      g_free (host);
    }
  g_ptr_array_unref (net->hosts);
  g_ptr_array_unref (net->sent);
  g_free (net);
}

RflTransport *
test_network_add_host (TestNetwork *net, const char *ips)
{
  g_auto (GStrv) names = g_strsplit (ips, " ", -1);
  Host *host = g_new0 (Host, 1);

  host->transport = (RflTransport){ .open = memory_open,
                                    .close = memory_close,
                                    .get_fd = memory_get_fd,
                                    .receive = memory_receive,
                                    .send = memory_send,
                                    .free = memory_free };
  host->net = net;
  host->ips = g_array_new (FALSE, FALSE, sizeof (RflAddress));
  host->sockets = g_ptr_array_new ();
  for (guint i = 0; names[i]; i++)
    {
      RflAddress address;
      g_assert_true (rfl_address_parse (&address, names[i], 0));
      g_array_append_val (host->ips, address);
    }
  g_ptr_array_add (net->hosts, host);
  return &host->transport;
}

RflAddress
test_address (const char *text)
{
  g_autofree char *ip = g_strdup (text[0] == '[' ? text + 1 : text);
  char *colon = strrchr (ip, ':');
  RflAddress address;

  g_assert_nonnull (colon);
  *colon = '\0';
  if (text[0] == '[')
    colon[-1] = '\0';
  g_assert_true (rfl_address_parse (&address, ip, atoi (colon + 1)));
  return address;
}

gboolean
test_network_inject_from (TestNetwork *net, const RflAddress *to, const RflAddress *from,
                          gconstpointer data, gsize len)
{
  RflTransportSocket *s = find_socket (net, to, from);

  if (s)
    g_queue_push_tail (&s->input, datagram_new (from, to, data, len));
  return s != NULL;
}

gboolean
test_network_inject (TestNetwork *net, const char *to, const char *from, gconstpointer data,
                     gsize len)
{
  RflAddress to_address = test_address (to), from_address = test_address (from);
  return test_network_inject_from (net, &to_address, &from_address, data, len);
}

GPtrArray *
test_network_take_sent (TestNetwork *net)
{
  GPtrArray *sent = net->sent;
  net->sent = g_ptr_array_new_with_free_func (datagram_free);
  return sent;
}

void
test_network_set_filter (TestNetwork *net, TestNetworkFilter filter, gpointer user_data)
{
  net->filter = filter;
  net->filter_data = user_data;
}

void
test_network_fail (TestNetwork *net, guint n, int error)
{
  net->n_fail = n;
  net->fail_error = error;
}

void
test_network_fail_segments (TestNetwork *net, int error)
{
  net->segment_error = error;
}
