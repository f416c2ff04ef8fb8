/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Transport addresses as plain values. Not a resolver. */
#include <reflector/address.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

static const guint8 v4_mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static void
set_ipv6 (RflAddress *out, const guint8 ip[16], guint32 scope)
{
  if (memcmp (ip, v4_mapped, sizeof v4_mapped) == 0)
    {
      out->family = AF_INET;
      memcpy (out->ip, ip + 12, 4);
      return;
    }
  out->family = AF_INET6;
  out->scope = (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80) ? scope : 0;
  memcpy (out->ip, ip, 16);
}

gboolean
rfl_address_parse (RflAddress *out, const char *ip, guint16 port)
{
  guint8 bytes[16];
  g_autofree char *host = NULL;
  const char *zone = strchr (ip, '%');

  memset (out, 0, sizeof *out);
  if (inet_pton (AF_INET, ip, bytes) == 1)
    {
      out->family = AF_INET;
      memcpy (out->ip, bytes, 4);
      out->port = port;
      return TRUE;
    }
  host = zone ? g_strndup (ip, zone - ip) : g_strdup (ip);
  if (inet_pton (AF_INET6, host, bytes) != 1)
    return FALSE;
  set_ipv6 (out, bytes, zone ? if_nametoindex (zone + 1) : 0);
  out->port = port;
  return TRUE;
}

gboolean
rfl_address_from_sockaddr (RflAddress *out, const struct sockaddr *sa, socklen_t len)
{
  memset (out, 0, sizeof *out);
  if (sa->sa_family == AF_INET && len >= sizeof (struct sockaddr_in))
    {
      const struct sockaddr_in *in = (const struct sockaddr_in *) sa;
      out->family = AF_INET;
      out->port = g_ntohs (in->sin_port);
      memcpy (out->ip, &in->sin_addr, 4);
      return TRUE;
    }
  if (sa->sa_family == AF_INET6 && len >= sizeof (struct sockaddr_in6))
    {
      const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *) sa;
      out->port = g_ntohs (in6->sin6_port);
      set_ipv6 (out, in6->sin6_addr.s6_addr, in6->sin6_scope_id);
      return TRUE;
    }
  return FALSE;
}

socklen_t
rfl_address_to_sockaddr (const RflAddress *address, struct sockaddr_storage *out)
{
  memset (out, 0, sizeof *out);
  if (address->family == AF_INET)
    {
      struct sockaddr_in *in = (struct sockaddr_in *) out;
      in->sin_family = AF_INET;
      in->sin_port = g_htons (address->port);
      memcpy (&in->sin_addr, address->ip, 4);
      return sizeof *in;
    }
  struct sockaddr_in6 *in6 = (struct sockaddr_in6 *) out;
  in6->sin6_family = AF_INET6;
  in6->sin6_port = g_htons (address->port);
  in6->sin6_scope_id = address->scope;
  memcpy (&in6->sin6_addr, address->ip, 16);
  return sizeof *in6;
}

guint
rfl_address_hash (gconstpointer address)
{
  const guint32 *word = address;
  guint hash = 2166136261u;

  for (gsize i = 0; i < sizeof (RflAddress) / sizeof *word; i++)
    hash = (hash ^ word[i]) * 16777619u;
  return hash ^ (hash >> 15);
}

gboolean
rfl_address_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (RflAddress)) == 0;
}

gboolean
rfl_address_same_ip (const RflAddress *a, const RflAddress *b)
{
  return a->family == b->family && a->scope == b->scope && memcmp (a->ip, b->ip, sizeof a->ip) == 0;
}

gboolean
rfl_address_same_holder (const RflAddress *a, const RflAddress *b)
{
  return a->family == b->family && memcmp (a->ip, b->ip, a->family == AF_INET6 ? 8 : 4) == 0;
}

gboolean
rfl_address_is_any (const RflAddress *address)
{
  static const guint8 zero[16];
  return address->family == 0 || memcmp (address->ip, zero, sizeof zero) == 0;
}

gboolean
rfl_address_is_private (const RflAddress *address)
{
  const guint8 *ip = address->ip;

  if (address->family == AF_INET)
    return ip[0] == 10 || ip[0] == 127 || (ip[0] == 172 && (ip[1] & 0xf0) == 16)
           || (ip[0] == 192 && ip[1] == 168) || (ip[0] == 169 && ip[1] == 254);
  if (address->family == AF_INET6)
    return (ip[0] & 0xfe) == 0xfc || (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80)
           || IN6_IS_ADDR_LOOPBACK ((const struct in6_addr *) ip);
  return FALSE;
}

/* Written for every call and log line; inet_ntop() goes through printf. Returns: its end. */
static char *
append_decimal (char *out, guint number)
{
  guint divisor = 1;

  while (number / divisor >= 10)
    divisor *= 10;
  for (; divisor > 0; divisor /= 10)
    *out++ = (char) ('0' + number / divisor % 10);
  return out;
}

static void
format_ipv4 (const guint8 *ip, char *out)
{
  for (guint i = 0; i < 4; i++)
    {
      out = append_decimal (out, ip[i]);
      *out++ = '.';
    }
  out[-1] = '\0';
}

/* At most INET6_ADDRSTRLEN octets. */
static void
format_ip (const RflAddress *address, char *out)
{
  if (address->family == 0)
    g_strlcpy (out, "none", INET6_ADDRSTRLEN);
  else if (address->family == AF_INET)
    format_ipv4 (address->ip, out);
  else
    inet_ntop (address->family, address->ip, out, INET6_ADDRSTRLEN);
}

const char *
rfl_address_format_ip (const RflAddress *address, char out[RFL_ADDRESS_STRLEN])
{
  format_ip (address, out);
  return out;
}

const char *
rfl_address_format (const RflAddress *address, char out[RFL_ADDRESS_STRLEN])
{
  char *end = out;

  if (address->family == AF_INET6)
    *end++ = '[';
  format_ip (address, end); /* brackets and port have room behind it */
  end += strlen (end);
  if (address->family == AF_INET6)
    *end++ = ']';
  *end++ = ':';
  *append_decimal (end, address->port) = '\0';
  return out;
}

gboolean
rfl_address_local_for (const RflAddress *remote, RflAddress *out)
{
  struct sockaddr_storage sa;
  socklen_t len = rfl_address_to_sockaddr (remote, &sa);
  int fd = socket (sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  gboolean found = FALSE;

  memset (out, 0, sizeof *out);
  if (fd < 0)
    return FALSE;
  if (connect (fd, (struct sockaddr *) &sa, len) == 0)
    {
      len = sizeof sa;
      found = getsockname (fd, (struct sockaddr *) &sa, &len) == 0
              && rfl_address_from_sockaddr (out, (struct sockaddr *) &sa, len);
      out->port = 0;
    }
  close (fd);
  return found;
}
