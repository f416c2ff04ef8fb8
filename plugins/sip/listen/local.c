/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The local addresses that a listener can have, and word of their coming and going. Binds nothing. */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/listen/listen.h"
#include <errno.h>
#include <glib-unix.h>
#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>

/* Addresses come in numbers, and cannot be bound at once. */
#define SETTLE (200 * G_TIME_SPAN_MILLISECOND)
/* Where the kernel tells nothing. */
#define PERIOD (10 * G_TIME_SPAN_SECOND)

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
  GPtrArray *out;
  struct ifaddrs *all = NULL;

  if (getifaddrs (&all) != 0)
    return NULL;
  out = g_ptr_array_new_with_free_func (g_free);
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

/* ---- word of changes ---- */

/* @timer: runs @func of who asked */
struct _SipLocalWatch {
  int fd;
  GSource *source;
  RflTimer *timer;
};

/* What they say is not read: the addresses are listed anew. */
static gboolean
on_change (int fd, GIOCondition condition, gpointer user_data)
{
  SipLocalWatch *watch = user_data;
  char buffer[8192];

  while (recv (fd, buffer, sizeof buffer, MSG_DONTWAIT) > 0 || errno == ENOBUFS || errno == EINTR)
    errno = 0;
  if (!rfl_timer_is_running (watch->timer))
    rfl_timer_start (watch->timer, SETTLE);
  return G_SOURCE_CONTINUE;
}

static int
open_netlink (void)
{
  struct sockaddr_nl here = { .nl_family = AF_NETLINK,
                              .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_LINK };
  int fd = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

  if (fd >= 0 && bind (fd, (struct sockaddr *) &here, sizeof here) == 0)
    return fd;
  if (fd >= 0)
    close (fd);
  return -1;
}

SipLocalWatch *
sip_local_watch_new (RflCore *core, RflTimerFunc func, gpointer user_data)
{
  SipLocalWatch *watch = g_new0 (SipLocalWatch, 1);

  watch->timer = rfl_timer_new (rfl_core_get_clock (core), "sip.local", func, user_data);
  watch->fd = open_netlink ();
  if (watch->fd < 0)
    {
      rfl_warning (NULL,
                   "the kernel does not tell of addresses (%s): they are looked at every %u s",
                   g_strerror (errno), (guint) (PERIOD / G_TIME_SPAN_SECOND));
      rfl_timer_repeat (watch->timer, PERIOD);
      return watch;
    }
  watch->source = g_unix_fd_source_new (watch->fd, G_IO_IN);
  g_source_set_callback (watch->source, G_SOURCE_FUNC (on_change), watch, NULL);
  g_source_attach (watch->source, rfl_core_get_context (core));
  return watch;
}

void
sip_local_watch_free (SipLocalWatch *watch)
{
  if (watch == NULL)
    return;
  if (watch->source)
    {
      g_source_destroy (watch->source);
      g_source_unref (watch->source);
      close (watch->fd);
    }
  rfl_timer_free (watch->timer);
  g_free (watch);
}
