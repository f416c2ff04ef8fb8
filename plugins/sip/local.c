/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The local addresses that a listener can have. Not a watch on interfaces: it is asked
 * once, at start.
 */
#include "plugins/sip/stack.h"
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

static gsize
sockaddr_size (const struct sockaddr *sa)
{
  return sa->sa_family == AF_INET ? sizeof (struct sockaddr_in) : sizeof (struct sockaddr_in6);
}

/* Link-local addresses need a scope that SIP URIs cannot carry. */
static gboolean
is_usable (const struct ifaddrs *i, RflAddress *out)
{
  return i->ifa_addr != NULL && (i->ifa_flags & IFF_UP)
         && (i->ifa_addr->sa_family == AF_INET || i->ifa_addr->sa_family == AF_INET6)
         && rfl_address_from_sockaddr (out, i->ifa_addr, sockaddr_size (i->ifa_addr))
         && !(out->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL ((struct in6_addr *) out->ip));
}

static gboolean
has_address (const GPtrArray *addresses, const RflAddress *address)
{
  for (guint i = 0; i < addresses->len; i++)
    if (rfl_address_equal (addresses->pdata[i], address))
      return TRUE;
  return FALSE;
}

GPtrArray *
sip_local_addresses (void)
{
  GPtrArray *out = g_ptr_array_new_with_free_func (g_free);
  struct ifaddrs *all = NULL;

  if (getifaddrs (&all) != 0)
    return out;
  for (const struct ifaddrs *i = all; i; i = i->ifa_next)
    {
      RflAddress address;

      if (!is_usable (i, &address))
        continue;
      address.port = 0;
      if (!has_address (out, &address))
        g_ptr_array_add (out, g_memdup2 (&address, sizeof address));
    }
  freeifaddrs (all);
  return out;
}
