/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Telling clients: accept, write as the client reads, close. Not for the socket's place
 * (socket.c).
 */
#include "config.h"

#include "plugins/status/server.h"

#include <errno.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <reflector/clock.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAUSE G_TIME_SPAN_SECOND /* after the system refused to accept */

struct _StatusServer {
  RflCore *core;
  StatusServerSpec spec;
  char *path;
  int fd;
  struct stat st; /* of the socket, to know it again */
  GSource *source;
  RflTimer *pause;
  GPtrArray *clients;
  GBytes *last; /* what was told last, with @spec.max_age */
  gint64 last_at;
  RflCounter *told, *refused, *given_up;
};

typedef struct {
  StatusServer *server;
  int fd;
  GBytes *text;
  gsize written;
  GSource *source;
  RflTimer *timeout;
} Client;

/* What a client has written would make close() take back what was not delivered yet. */
static void
discard_input (int fd)
{
  char scratch[4096];

  for (guint i = 0; i < 16; i++)
    if (recv (fd, scratch, sizeof scratch, MSG_DONTWAIT) <= 0)
      break;
}

static void
client_free (gpointer data)
{
  Client *client = data;

  if (client->source != NULL)
    {
      g_source_destroy (client->source);
      g_source_unref (client->source);
    }
  rfl_timer_free (client->timeout);
  discard_input (client->fd);
  close (client->fd);
  g_bytes_unref (client->text);
  g_free (client);
}

static void
on_client_timeout (gpointer user_data)
{
  Client *client = user_data;

  rfl_counter_add (client->server->given_up, 1);
  g_ptr_array_remove_fast (client->server->clients, client);
}

/* Returns: whether there is more to write later */
static gboolean
client_write (Client *client)
{
  gsize len;
  const char *text = g_bytes_get_data (client->text, &len);

  while (client->written < len)
    {
      gssize n = send (client->fd, text + client->written, len - client->written,
                       MSG_NOSIGNAL | MSG_DONTWAIT);

      if (n >= 0)
        client->written += n;
      else if (errno == EAGAIN)
        return TRUE;
      else if (errno != EINTR)
        break;
    }
  rfl_counter_add (client->written == len ? client->server->told : client->server->given_up, 1);
  return FALSE;
}

static gboolean
on_writable (gint fd, GIOCondition condition, gpointer user_data)
{
  Client *client = user_data;

  if (client_write (client))
    return G_SOURCE_CONTINUE;
  g_ptr_array_remove_fast (client->server->clients, client);
  return G_SOURCE_REMOVE;
}

static GSource *
watch (StatusServer *server, int fd, GIOCondition condition, GUnixFDSourceFunc func,
       gpointer user_data)
{
  GSource *source = g_unix_fd_source_new (fd, condition);

  g_source_set_callback (source, G_SOURCE_FUNC (func), user_data, NULL);
  g_source_attach (source, rfl_core_get_context (server->core));
  return source;
}

/* A text of many thousand participants takes its time. (transfer full) */
static GBytes *
get_text (StatusServer *server)
{
  gint64 now = rfl_clock_now (rfl_core_get_clock (server->core));
  char *text;

  if (server->last && now - server->last_at < server->spec.max_age)
    return g_bytes_ref (server->last);
  text = server->spec.tell (server->spec.user_data);
  g_clear_pointer (&server->last, g_bytes_unref);
  if (server->spec.max_age == 0)
    return g_bytes_new_take (text, strlen (text));
  server->last = g_bytes_new_take (text, strlen (text));
  server->last_at = now;
  return g_bytes_ref (server->last);
}

/* Takes @fd. */
static void
client_new (StatusServer *server, int fd)
{
  Client *client = g_new0 (Client, 1);

  client->server = server;
  client->fd = fd;
  client->text = get_text (server);
  if (!client_write (client))
    {
      client_free (client);
      return;
    }
  client->source = watch (server, fd, G_IO_OUT, on_writable, client);
  client->timeout =
      rfl_timer_new (rfl_core_get_clock (server->core), "status client", on_client_timeout, client);
  rfl_timer_start (client->timeout, server->spec.timeout);
  g_ptr_array_add (server->clients, client);
}

static gboolean on_connection (gint fd, GIOCondition condition, gpointer user_data);

static void
start_accepting (gpointer user_data)
{
  StatusServer *server = user_data;

  server->source = watch (server, server->fd, G_IO_IN, on_connection, server);
}

static void
stop_accepting (StatusServer *server)
{
  if (server->source == NULL)
    return;
  g_source_destroy (server->source);
  g_clear_pointer (&server->source, g_source_unref);
}

/* One at a time, so that a crowd does not keep the main loop from other work. */
static gboolean
on_connection (gint listener, GIOCondition condition, gpointer user_data)
{
  StatusServer *server = user_data;
  int fd = accept4 (listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

  if (fd < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED))
    return G_SOURCE_CONTINUE;
  if (fd < 0) /* out of descriptors or memory: the event would come again at once */
    {
      stop_accepting (server);
      rfl_timer_start (server->pause, PAUSE);
      return G_SOURCE_REMOVE;
    }
  if (server->clients->len < server->spec.max_clients)
    {
      client_new (server, fd);
      return G_SOURCE_CONTINUE;
    }
  rfl_counter_add (server->refused, 1);
  close (fd);
  return G_SOURCE_CONTINUE;
}

StatusServer *
status_server_new (RflCore *core, const StatusServerSpec *spec, GError **error)
{
  int fd = spec->path ? status_socket_listen (spec->path, error)
                      : status_port_listen (spec->port, error);
  StatusServer *server;

  if (fd < 0)
    return NULL;
  server = g_new0 (StatusServer, 1);
  server->core = core;
  server->spec = *spec;
  server->path = g_strdup (spec->path);
  server->fd = fd;
  if (server->path == NULL || lstat (server->path, &server->st) < 0)
    server->st.st_ino = 0; /* somebody has taken it away; then nobody removes it */
  server->clients = g_ptr_array_new_with_free_func (client_free);
  server->told = rfl_counter_get (core, "status.told", "status texts told");
  server->refused = rfl_counter_get (core, "status.refused", "status connections over the limit");
  server->given_up =
      rfl_counter_get (core, "status.given_up", "status connections that did not read");
  server->pause =
      rfl_timer_new (rfl_core_get_clock (core), "status pause", start_accepting, server);
  start_accepting (server);
  return server;
}

/* Unless another daemon has replaced it. */
static void
remove_socket (const StatusServer *server)
{
  struct stat st;

  if (server->path != NULL && lstat (server->path, &st) == 0 && st.st_ino == server->st.st_ino
      && st.st_dev == server->st.st_dev)
    g_unlink (server->path);
}

void
status_server_free (StatusServer *server)
{
  if (server == NULL)
    return;
  stop_accepting (server);
  rfl_timer_free (server->pause);
  g_ptr_array_unref (server->clients);
  g_clear_pointer (&server->last, g_bytes_unref);
  remove_socket (server);
  close (server->fd);
  g_free (server->path);
  g_free (server);
}

guint
status_server_get_n_clients (const StatusServer *server)
{
  return server->clients->len;
}
