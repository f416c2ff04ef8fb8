/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stands before the stack where connections are accepted. As long as there is room it only counts; when there are too
 * many, or no descriptor is left (the stack would try forever, as fast as it can), it accepts and closes at once.
 * Chooses nobody: see connections.c, and shortage.c for the latter. */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/tcp/connections-private.h"
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Closed at a time. */
#define BATCH 64
#define SOON (50 * G_TIME_SPAN_MILLISECOND)

typedef struct {
  GSource source;
  SipConnections *connections;
  GPollFD poll;
} Watch;

static gboolean
has_descriptor (const Watch *watch)
{
  int fd = fcntl (watch->poll.fd, F_DUPFD_CLOEXEC, 0);

  if (fd < 0)
    return FALSE;
  close (fd);
  return TRUE;
}

/* Of higher priority than the stack, whose turn comes only where this has nothing to do. */
static gboolean
check (GSource *source)
{
  const Watch *watch = (const Watch *) source;
  SipConnections *self = watch->connections;

  if (!(watch->poll.revents & G_IO_IN))
    return FALSE;
  if (self->count >= self->limit + SIP_CONNECTIONS_SLACK || !has_descriptor (watch))
    return TRUE;
  self->count++;
  if (!rfl_timer_is_running (self->soon))
    rfl_timer_start (self->soon, SOON);
  return FALSE;
}

/* Returns: how many were closed. */
static guint
accept_and_close (int listening)
{
  guint n;

  for (n = 0; n < BATCH; n++)
    {
      int fd = accept (listening, NULL, NULL);
      if (fd < 0)
        break;
      close (fd);
    }
  return n;
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  const Watch *watch = (const Watch *) source;
  SipConnections *self = watch->connections;
  guint n = has_descriptor (watch) ? accept_and_close (watch->poll.fd)
                                   : sip_shortage_relieve (self->shortage, self->plugin->listeners);
  guint suppressed = 0;

  rfl_counter_add (self->plugin->counters.refused_connections, n);
  if (!rfl_timer_is_running (self->soon))
    rfl_timer_start (self->soon, SOON);
  if (rfl_log_limit_pass (&self->log, rfl_core_get_clock (self->plugin->core), &suppressed))
    rfl_warning (NULL, "%u TCP connections refused: too many (%u more)", n, suppressed);
  return G_SOURCE_CONTINUE;
}

GSource *
sip_connections_watch (SipConnections *connections, int fd)
{
  static GSourceFuncs funcs = { .check = check, .dispatch = dispatch };
  GSource *source = g_source_new (&funcs, sizeof (Watch));
  Watch *watch = (Watch *) source;

  watch->connections = connections;
  watch->poll = (GPollFD){ .fd = fd, .events = G_IO_IN };
  /* Not g_source_add_unix_fd(), which overrules check(). */
  g_source_add_poll (source, &watch->poll);
  g_source_set_name (source, "sip.accept");
  g_source_set_priority (source, G_PRIORITY_HIGH);
  g_source_set_can_recurse (source, TRUE);
  g_source_attach (source, rfl_core_get_context (connections->plugin->core));
  return source;
}
