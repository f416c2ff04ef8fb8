/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sockets for a local RTP tool, unicast or multicast. Looks into no packet. */
#include "config.h"

#include <errno.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/client/client.h"
#include "tools/client/local.h"

#define MAX_DATAGRAM 2048
#define BATCH 64
#define MULTICAST_TTL 1

typedef struct {
  LocalPair *pair;
  int fd;
  guint watch;
  RflAddress in, out; /* port 0 of @out: not known yet */
  gboolean follows;   /* @out is wherever the tool sends from */
} Half;

struct _LocalPair {
  Half halves[2]; /* RTP, RTCP */
  LocalFunc func;
  gpointer user_data;
};

gboolean
local_is_multicast (const RflAddress *address)
{
  return address->family == AF_INET ? (address->ip[0] & 0xf0) == 0xe0
                                    : address->family == AF_INET6 && address->ip[0] == 0xff;
}

gboolean
local_parse (const char *text, RflAddress *out)
{
  const char *colon = strrchr (text, ':');
  g_autofree char *ip = colon ? g_strndup (text, (gsize) (colon - text)) : g_strdup ("127.0.0.1");
  gsize len = strlen (ip);
  guint64 port;

  if (len > 2 && ip[0] == '[' && ip[len - 1] == ']')
    {
      memmove (ip, ip + 1, len - 2);
      ip[len - 2] = '\0';
    }
  return g_ascii_string_to_unsigned (colon ? colon + 1 : text, 10, 1, 65534, &port, NULL)
         && rfl_address_parse (out, ip, (guint16) port);
}

static gboolean
on_readable (gint fd, GIOCondition condition, gpointer data)
{
  Half *half = data;
  guint8 buffer[MAX_DATAGRAM];
  struct sockaddr_storage from;

  for (guint i = 0; i < BATCH; i++)
    {
      socklen_t len = sizeof from;
      gssize n = recvfrom (fd, buffer, sizeof buffer, 0, (struct sockaddr *) &from, &len);

      if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        break;
      if (n <= 0)
        continue;
      if (half->follows)
        rfl_address_from_sockaddr (&half->out, (struct sockaddr *) &from, len);
      half->pair->func (buffer, (gsize) n, half->pair->user_data);
    }
  return G_SOURCE_CONTINUE;
}

static gboolean
join_group (const Half *half)
{
  int ttl = MULTICAST_TTL, on = 1;

  if (half->in.family == AF_INET)
    {
      struct ip_mreq group = { 0 };

      memcpy (&group.imr_multiaddr, half->in.ip, 4);
      return setsockopt (half->fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group) == 0
             && setsockopt (half->fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof ttl) == 0
             && setsockopt (half->fd, IPPROTO_IP, IP_MULTICAST_LOOP, &on, sizeof on) == 0;
    }
  else
    {
      struct ipv6_mreq group = { 0 };

      memcpy (&group.ipv6mr_multiaddr, half->in.ip, 16);
      return setsockopt (half->fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &group, sizeof group) == 0;
    }
}

static gboolean
half_open (Half *half, GError **error)
{
  struct sockaddr_storage sa;
  socklen_t len = rfl_address_to_sockaddr (&half->in, &sa);
  char where[RFL_ADDRESS_STRLEN];
  int on = 1;
  gboolean group = local_is_multicast (&half->in);

  half->fd = socket (half->in.family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (half->fd >= 0
      && (!group || setsockopt (half->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0)
      && bind (half->fd, (struct sockaddr *) &sa, len) == 0 && (!group || join_group (half)))
    {
      half->watch = g_unix_fd_add (half->fd, G_IO_IN, on_readable, half);
      return TRUE;
    }
  g_set_error (error, CLIENT_ERROR, CLIENT_FAILED, "cannot receive at %s: %s",
               rfl_address_format (&half->in, where), g_strerror (errno));
  return FALSE;
}

LocalPair *
local_pair_new (const RflAddress *in, const RflAddress *out, LocalFunc func, gpointer user_data,
                GError **error)
{
  LocalPair *pair = g_new0 (LocalPair, 1);

  pair->func = func;
  pair->user_data = user_data;
  for (guint i = 0; i < 2; i++)
    {
      Half *half = &pair->halves[i];

      half->pair = pair;
      half->fd = -1;
      half->in = *in;
      half->in.port = (guint16) (in->port + i);
      half->follows = out->port == 0;
      if (!half->follows)
        {
          half->out = *out;
          half->out.port = (guint16) (out->port + i);
        }
    }
  if (half_open (&pair->halves[0], error) && half_open (&pair->halves[1], error))
    return pair;
  local_pair_free (pair);
  return NULL;
}

void
local_pair_free (LocalPair *pair)
{
  if (pair == NULL)
    return;
  for (guint i = 0; i < 2; i++)
    {
      g_clear_handle_id (&pair->halves[i].watch, g_source_remove);
      if (pair->halves[i].fd >= 0)
        close (pair->halves[i].fd);
    }
  g_free (pair);
}

void
local_pair_send (LocalPair *pair, const guint8 *data, gsize len, gboolean rtcp)
{
  const Half *half = &pair->halves[rtcp ? 1 : 0];
  struct sockaddr_storage sa;
  socklen_t size;

  if (half->out.port == 0)
    return;
  size = rfl_address_to_sockaddr (&half->out, &sa);
  /* a tool that is not there yet misses what is sent now */
  if (sendto (half->fd, data, len, 0, (struct sockaddr *) &sa, size) < 0)
    return;
}
