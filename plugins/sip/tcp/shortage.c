/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When the process has no descriptors left: who stands in the kernel's queue is turned away at once,
 * for the stack could not accept() him and would try without end. Does not choose among connections
 * that are accepted: see connections.c.
 */
#include <config.h>

#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/stack/stack.h"
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* So few are left for files, the status and a journal: no call over TCP takes one of them. */
#define KEPT 8
/* Turned away at a time; the next ones wait for the next look. */
#define AT_ONCE 256

/* @spare: given up for a moment, so that there is one to turn callers away with */
struct _SipShortage {
  int spare;
};

static int
take_one (void)
{
  return open ("/dev/null", O_RDONLY | O_CLOEXEC);
}

SipShortage *
sip_shortage_new (void)
{
  SipShortage *self = g_new0 (SipShortage, 1);

  self->spare = take_one ();
  return self;
}

void
sip_shortage_free (SipShortage *self)
{
  if (self == NULL)
    return;
  if (self->spare >= 0)
    close (self->spare);
  g_free (self);
}

/* The lowest free number tells how many are in use, nearly. */
gboolean
sip_shortage_is_near (void)
{
  struct rlimit limit;
  int fd = take_one ();
  gboolean near = fd < 0
                  || (getrlimit (RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY
                      && (rlim_t) fd + KEPT >= limit.rlim_cur);

  if (fd >= 0)
    close (fd);
  return near;
}

static gboolean
turn_one_away (int listener)
{
  GPollFD waiting = { .fd = listener, .events = G_IO_IN };
  const struct linger reset = { .l_onoff = 1 };
  int fd = g_poll (&waiting, 1, 0) > 0 ? accept4 (listener, NULL, NULL, SOCK_CLOEXEC) : -1;

  if (fd < 0)
    return FALSE;
  setsockopt (fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close (fd);
  return TRUE;
}

guint
sip_shortage_relieve (SipShortage *self, const GPtrArray *listeners)
{
  int fd = take_one ();
  guint n = 0;

  if (fd >= 0) /* there are some: the stack can accept */
    {
      close (fd);
      return 0;
    }
  if (self->spare >= 0)
    close (self->spare);
  for (guint i = 0; i < listeners->len; i++)
    {
      const SipListener *listener = listeners->pdata[i];
      while (listener->tcp >= 0 && n < AT_ONCE && turn_one_away (listener->tcp))
        n++;
    }
  self->spare = take_one ();
  return n;
}
