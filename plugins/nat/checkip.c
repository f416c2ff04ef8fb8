/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checkip's connections: accepted up to their limits, read, answered once, closed. What they are answered is in
 * checkip-text.c.
 */
#include "config.h"

#define RFL_LOG_DOMAIN "nat"
#include "plugins/nat/checkip.h"

#include <errno.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <reflector/clock.h>
#include <reflector/counter.h>
#include <reflector/error.h>
#include <reflector/log.h>
#include <string.h>
#include <unistd.h>

#define PAUSE G_TIME_SPAN_SECOND /* after the system refused to accept */
#define BACKLOG 64
#define N_FAMILIES 2

/* One listening socket; fd -1: this host has no such addresses. */
typedef struct {
  Checkip *checkip;
  int fd;
  GSource *source;
} Listener;

struct _Checkip {
  RflCore *core;
  RflClock *clock;
  CheckipSpec spec;
  Listener listeners[N_FAMILIES];
  GPtrArray *clients;
  RflTimer *pause;
  RflCounter *told, *refused, *given_up;
  RflLogLimit refused_log;
};

/**
 * Client:
 * @late: its patience is over, only the deadline is left
 */
typedef struct {
  Checkip *checkip;
  RflAddress remote;
  int fd;
  GSource *source;
  RflTimer *timer;
  gboolean late;
  gsize len;
  char data[CHECKIP_MAX_REQUEST];
} Client;

static void
client_free (gpointer data)
{
  Client *client = data;
  char scratch[1024];

  g_source_destroy (client->source);
  g_source_unref (client->source);
  rfl_timer_free (client->timer);
  /* What was not read would make close() take back the answer. */
  for (guint i = 0; i < 16 && recv (client->fd, scratch, sizeof scratch, MSG_DONTWAIT) > 0; i++)
    continue;
  close (client->fd);
  g_free (client);
}

/* An answer is shorter than any socket's buffer, so it is written whole or the client has gone. */
static void
answer (Client *client, char *text)
{
  Checkip *checkip = client->checkip;
  gssize len = (gssize) strlen (text);
  gboolean told = send (client->fd, text, (gsize) len, MSG_NOSIGNAL | MSG_DONTWAIT) == len;

  g_free (text);
  shutdown (client->fd, SHUT_WR);
  rfl_counter_add (told ? checkip->told : checkip->given_up, 1);
  g_ptr_array_remove_fast (checkip->clients, client);
}

static void
give_up (Client *client)
{
  rfl_counter_add (client->checkip->given_up, 1);
  g_ptr_array_remove_fast (client->checkip->clients, client);
}

/* Returns: whether the client is done, and gone */
static gboolean
judge (Client *client, gboolean ended)
{
  switch (checkip_judge (client->data, client->len))
    {
    case CHECKIP_LINE:
      answer (client, checkip_write_line (&client->remote));
      return TRUE;
    case CHECKIP_HTTP:
      answer (client, checkip_write_http (client->data, client->len, &client->remote));
      return TRUE;
    case CHECKIP_WAIT:
      if (ended && client->len == 0)
        answer (client, checkip_write_line (&client->remote));
      else if (ended)
        give_up (client);
      return ended;
    }
  return FALSE;
}

static gboolean
on_readable (gint fd, GIOCondition condition, gpointer data)
{
  Client *client = data;
  gssize n = recv (fd, client->data + client->len, sizeof client->data - client->len, 0);

  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return G_SOURCE_CONTINUE;
  if (n < 0)
    {
      give_up (client);
      return G_SOURCE_REMOVE;
    }
  client->len += (gsize) n;
  return judge (client, n == 0) ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

/* Who says nothing wants a line; who has begun a request has until the deadline. */
static void
on_timer (gpointer data)
{
  Client *client = data;

  if (client->len == 0)
    answer (client, checkip_write_line (&client->remote));
  else if (client->late)
    give_up (client);
  else
    {
      client->late = TRUE;
      rfl_timer_start (client->timer, client->checkip->spec.deadline);
    }
}

static GSource *
watch (Checkip *checkip, int fd, GUnixFDSourceFunc func, gpointer data)
{
  GSource *source = g_unix_fd_source_new (fd, G_IO_IN);

  g_source_set_callback (source, G_SOURCE_FUNC (func), data, NULL);
  g_source_attach (source, rfl_core_get_context (checkip->core));
  return source;
}

static gboolean
has_room (const Checkip *checkip, const RflAddress *remote)
{
  guint n = 0;

  for (guint i = 0; i < checkip->clients->len; i++)
    n += rfl_address_same_ip (&((const Client *) checkip->clients->pdata[i])->remote, remote);
  return checkip->clients->len < checkip->spec.max_clients && n < checkip->spec.max_per_address;
}

static void
refuse (Checkip *checkip, const RflAddress *remote)
{
  char peer[RFL_ADDRESS_STRLEN];
  guint held_back;

  rfl_counter_add (checkip->refused, 1);
  if (rfl_log_limit_pass (&checkip->refused_log, checkip->clock, &held_back))
    rfl_info (&(RflLogFields){ .peer = rfl_address_format (remote, peer) },
              "checkip: %s has too many connections, or all have (%u more such lines held back)",
              peer, held_back);
}

/* Takes @fd. */
static void
client_new (Checkip *checkip, int fd, const RflAddress *remote)
{
  Client *client;

  if (!has_room (checkip, remote))
    {
      refuse (checkip, remote);
      close (fd);
      return;
    }
  client = g_new0 (Client, 1);
  client->checkip = checkip;
  client->remote = *remote;
  client->fd = fd;
  client->source = watch (checkip, fd, on_readable, client);
  client->timer = rfl_timer_new (checkip->clock, "checkip client", on_timer, client);
  rfl_timer_start (client->timer, checkip->spec.patience);
  g_ptr_array_add (checkip->clients, client);
}

/* ---- listening ---- */

static void
stop_accepting (Listener *listener)
{
  if (listener->source == NULL)
    return;
  g_source_destroy (listener->source);
  g_clear_pointer (&listener->source, g_source_unref);
}

static gboolean
on_connection (gint fd, GIOCondition condition, gpointer data)
{
  Listener *listener = data;
  struct sockaddr_storage sa;
  socklen_t len = sizeof sa;
  RflAddress remote;
  int client = accept4 (fd, (struct sockaddr *) &sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

  if (client < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED))
    return G_SOURCE_CONTINUE;
  if (client < 0) /* out of descriptors or memory: the event would come again at once */
    {
      stop_accepting (listener);
      rfl_timer_start (listener->checkip->pause, PAUSE);
      return G_SOURCE_REMOVE;
    }
  if (rfl_address_from_sockaddr (&remote, (struct sockaddr *) &sa, len))
    client_new (listener->checkip, client, &remote);
  else
    close (client);
  return G_SOURCE_CONTINUE;
}

static void
start_accepting (gpointer data)
{
  Checkip *checkip = data;

  for (guint i = 0; i < N_FAMILIES; i++)
    {
      Listener *listener = &checkip->listeners[i];
      if (listener->fd >= 0 && listener->source == NULL)
        listener->source = watch (checkip, listener->fd, on_connection, listener);
    }
}

static int
open_listener (const char *ip, guint16 port, GError **error)
{
  struct sockaddr_storage sa;
  RflAddress address;
  socklen_t len;
  int fd, on = 1;

  rfl_address_parse (&address, ip, port);
  len = rfl_address_to_sockaddr (&address, &sa);
  fd = socket (address.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 && address.family == AF_INET6) /* a kernel without IPv6 */
    return -1;
  if (fd >= 0 && setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0
      && (address.family == AF_INET
          || setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0)
      && bind (fd, (struct sockaddr *) &sa, len) == 0 && listen (fd, BACKLOG) == 0)
    return fd;
  g_set_error (error, RFL_ERROR, RFL_ERROR_IO, "checkip: TCP port %u: %s", port,
               g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return -1;
}

static gboolean
open_all (Checkip *checkip, GError **error)
{
  static const char *const any[N_FAMILIES] = { "0.0.0.0", "::" };
  GError *why = NULL;

  for (guint i = 0; i < N_FAMILIES && why == NULL; i++)
    checkip->listeners[i] =
        (Listener){ .checkip = checkip, .fd = open_listener (any[i], checkip->spec.port, &why) };
  if (why == NULL)
    return TRUE;
  g_propagate_error (error, why);
  return FALSE;
}

Checkip *
checkip_new (RflCore *core, const CheckipSpec *spec, GError **error)
{
  Checkip *checkip = g_new0 (Checkip, 1);

  checkip->core = core;
  checkip->clock = rfl_core_get_clock (core);
  checkip->spec = *spec;
  checkip->clients = g_ptr_array_new_with_free_func (client_free);
  for (guint i = 0; i < N_FAMILIES; i++)
    checkip->listeners[i].fd = -1;
  checkip->pause = rfl_timer_new (checkip->clock, "checkip pause", start_accepting, checkip);
  checkip->told = rfl_counter_get (core, "nat.checkip_told", "addresses told over TCP");
  checkip->refused =
      rfl_counter_get (core, "nat.checkip_refused", "checkip connections over the limits");
  checkip->given_up = rfl_counter_get (core, "nat.checkip_given_up",
                                       "checkip connections that asked too slowly or have gone");
  if (!open_all (checkip, error))
    {
      checkip_free (checkip);
      return NULL;
    }
  start_accepting (checkip);
  return checkip;
}

void
checkip_set_limits (Checkip *checkip, const CheckipSpec *spec)
{
  guint16 port = checkip->spec.port;

  checkip->spec = *spec;
  checkip->spec.port = port;
}

void
checkip_free (Checkip *checkip)
{
  if (checkip == NULL)
    return;
  for (guint i = 0; i < N_FAMILIES; i++)
    {
      stop_accepting (&checkip->listeners[i]);
      if (checkip->listeners[i].fd >= 0)
        close (checkip->listeners[i].fd);
    }
  rfl_timer_free (checkip->pause);
  g_ptr_array_unref (checkip->clients);
  g_free (checkip);
}

guint
checkip_get_n_clients (const Checkip *checkip)
{
  return checkip->clients->len;
}
