/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin status: tells the state of the daemon to whoever connects to a local socket. Not
 * for changing anything.
 */
#include "config.h"

#define RFL_LOG_DOMAIN "status"
#include <glib/gstdio.h>
#include <reflector/reflector.h>

#include "plugins/status/server.h"

/* Any local user may ask there, but not for more work than this. */
#define ADMIN_MAX_AGE G_TIME_SPAN_SECOND

typedef struct {
  RflCore *core;
  StatusServerSpec spec;
  char *path, *made_dir;
  StatusServer *server, *admin;
  guint16 admin_port; /* 0: none */
} Status;

static const RflOption options[] = {
  { .name = "socket",
    .type = RFL_OPTION_STRING,
    .fallback = "\"/run/reflectord/status.sock\"",
    .help = "Unix socket that tells the status, for the daemon's user and group" },
  { .name = "admin_port",
    .type = RFL_OPTION_INT,
    .fallback = "0",
    .min = 0,
    .max = 65535,
    .classic = "ADMIN_PORT",
    .help = "TCP port of 127.0.0.1 that tells the same to every local user; 0: none" },
  { .name = "max_connections",
    .type = RFL_OPTION_INT,
    .fallback = "16",
    .min = 1,
    .max = 1024,
    .help = "Connections at a time to each; further ones are closed at once" },
  { .name = "timeout",
    .type = RFL_OPTION_INT,
    .fallback = "5",
    .min = 1,
    .max = 3600,
    .help = "Seconds until a connection that does not read is closed" },
  RFL_OPTION_END
};

static gpointer
status_new (RflCore *core)
{
  Status *status = g_new0 (Status, 1);

  status->core = core;
  return status;
}

static char *
tell (gpointer user_data)
{
  return rfl_core_status (user_data);
}

static gboolean
status_configure (gpointer self, const RflSettings *settings, GError **error)
{
  Status *status = self;
  const char *path = rfl_settings_get_string (settings, "socket");

  if (!status_socket_path_fits (path))
    return rfl_settings_set_error (settings, "socket", error, "empty, or too long for a socket");
  status->path = g_strdup (path);
  status->admin_port = (guint16) rfl_settings_get_int (settings, "admin_port");
  status->spec = (StatusServerSpec){
    .path = status->path,
    .max_clients = (guint) rfl_settings_get_int (settings, "max_connections"),
    .timeout = rfl_settings_get_int (settings, "timeout") * G_TIME_SPAN_SECOND,
    .tell = tell,
    .user_data = status->core,
  };
  return TRUE;
}

/* Where no service manager has made /run/reflectord. */
static void
make_folder (Status *status)
{
  g_autofree char *dir = g_path_get_dirname (status->path);

  if (g_mkdir (dir, 0755) == 0)
    status->made_dir = g_steal_pointer (&dir);
}

static void
remove_folder (Status *status)
{
  if (status->made_dir != NULL)
    g_rmdir (status->made_dir); /* fails, rightly, when somebody has put something there */
  g_clear_pointer (&status->made_dir, g_free);
}

static gboolean
open_admin_port (Status *status, GError **error)
{
  StatusServerSpec spec = status->spec;

  if (status->admin_port == 0)
    return TRUE;
  spec.path = NULL;
  spec.port = status->admin_port;
  spec.max_age = ADMIN_MAX_AGE;
  status->admin = status_server_new (status->core, &spec, error);
  return status->admin != NULL;
}

static void
status_stop (gpointer self)
{
  Status *status = self;

  g_clear_pointer (&status->admin, status_server_free);
  g_clear_pointer (&status->server, status_server_free);
  remove_folder (status);
}

static gboolean
status_start (gpointer self, GError **error)
{
  Status *status = self;

  make_folder (status);
  status->server = status_server_new (status->core, &status->spec, error);
  if (status->server != NULL && open_admin_port (status, error))
    return TRUE;
  status_stop (status);
  return FALSE;
}

static void
status_free (gpointer self)
{
  Status *status = self;

  status_stop (status);
  g_free (status->path);
  g_free (status);
}

static void
status_status (gpointer self, RflStatus *out)
{
  Status *status = self;

  rfl_status_add_string (out, "socket", status->path);
  rfl_status_add_int (out, "connections",
                      (status->server ? status_server_get_n_clients (status->server) : 0)
                          + (status->admin ? status_server_get_n_clients (status->admin) : 0));
  rfl_status_add_int (out, "admin_port", status->admin_port);
}

RFL_PLUGIN (.name = "status", .version = PACKAGE_VERSION,
            .summary = "the daemon's state on a local socket",
            .flags = RFL_PLUGIN_DEFAULT | RFL_PLUGIN_OPTIONAL, .options = options,
            .new = status_new, .configure = status_configure, .start = status_start,
            .stop = status_stop, .free = status_free, .status = status_status);
