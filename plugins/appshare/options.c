/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of appshare, and what they become. Not their use. */
#include "plugins/appshare/appshare.h"

#define KIB 1024

const RflOption appshare_options[] = {
  { .name = "client_port",
    .type = RFL_OPTION_INT,
    .fallback = "6000",
    .min = 1,
    .max = 65535,
    .help = "First of the TCP ports for viewers, one for each share" },
  { .name = "sharer_port",
    .type = RFL_OPTION_INT,
    .fallback = "7000",
    .min = 1,
    .max = 65535,
    .help = "First of the TCP ports for sharers" },
  { .name = "shares",
    .type = RFL_OPTION_INT,
    .fallback = "8",
    .min = 1,
    .max = APP_MAX_SLOTS,
    .help =
        "Shares at the same time, other reflectors' included: the number of ports in each range" },
  { .name = "shares_per_session",
    .type = RFL_OPTION_INT,
    .fallback = "4",
    .min = 1,
    .max = 1000,
    .help = "Shares of this reflector's participants in one session" },
  { .name = "shares_per_participant",
    .type = RFL_OPTION_INT,
    .fallback = "2",
    .min = 1,
    .max = 1000,
    .help = "Shares of one participant" },
  { .name = "bind",
    .type = RFL_OPTION_STRING,
    .help = "IP address that the ports are opened on; default: all" },
  { .name = "address",
    .type = RFL_OPTION_STRING,
    .help = "IP address that participants are told to connect to; default: the one they called" },
  { .name = "address_external",
    .type = RFL_OPTION_STRING,
    .help = "the same for participants who call from public addresses" },
  { .name = "address_local",
    .type = RFL_OPTION_STRING,
    .help = "the same for participants who call from private addresses" },
  { .name = "viewers",
    .type = RFL_OPTION_INT,
    .fallback = "200",
    .min = 1,
    .max = 4096,
    .help = "Viewers' connections of one share, linked reflectors' included" },
  { .name = "connections_per_viewer",
    .type = RFL_OPTION_INT,
    .fallback = "4",
    .min = 1,
    .max = 1000,
    .help = "Connections at the same time with one passkey" },
  { .name = "unproved",
    .type = RFL_OPTION_INT,
    .fallback = "256",
    .min = 2,
    .max = 10000,
    .help = "Connections that have not shown a passkey; above that the oldest is closed. Linked "
            "reflectors have as many apart" },
  { .name = "unproved_per_address",
    .type = RFL_OPTION_INT,
    .fallback = "32",
    .min = 1,
    .max = 10000,
    .help = "The same for one IPv4 address, or one /64 of IPv6" },
  { .name = "credit",
    .type = RFL_OPTION_INT,
    .fallback = "256",
    .min = 16,
    .max = 65536,
    .help = "KiB on their way in each direction of a viewer of a channel" },
  { .name = "queue",
    .type = RFL_OPTION_INT,
    .fallback = "2048",
    .min = 512,
    .max = 1048576,
    .help = "KiB that may wait for a viewer of a broadcast, and for a sharer" },
  { .name = "connect_time",
    .type = RFL_OPTION_INT,
    .fallback = "30",
    .min = 1,
    .max = 3600,
    .help = "Seconds that a granted share waits for its sharer" },
  { .name = "ping",
    .type = RFL_OPTION_INT,
    .fallback = "15",
    .min = 1,
    .max = 3600,
    .help = "Seconds of a sharer's silence after which it is asked" },
  { .name = "silence",
    .type = RFL_OPTION_INT,
    .fallback = "45",
    .min = 2,
    .max = 7200,
    .help = "Seconds of a sharer's silence after which its share ends" },
  { .name = "stall",
    .type = RFL_OPTION_INT,
    .fallback = "60",
    .min = 1,
    .max = 86400,
    .help = "Seconds after which a viewer of a broadcast that takes nothing is closed" },
  { .name = "tls_certificate",
    .type = RFL_OPTION_STRING,
    .help = "PEM file; with it sharers and viewers have to use TLS" },
  { .name = "tls_key",
    .type = RFL_OPTION_STRING,
    .help = "PEM file of its private key; default: in tls_certificate" },
  { .name = "tls_ca",
    .type = RFL_OPTION_STRING,
    .help =
        "PEM file by which linked reflectors' certificates are checked; default: any is taken" },
  RFL_OPTION_END
};

void
app_options_clear (AppOptions *options)
{
  g_clear_pointer (&options->bind, g_free);
}

static gboolean
read_address (const RflSettings *settings, const char *name, RflAddress *out, GError **error)
{
  const char *text = rfl_settings_get_string (settings, name);

  if (!text || rfl_address_parse (out, text, 0))
    return TRUE;
  return rfl_settings_set_error (settings, name, error, "is no numeric address");
}

static guint
get (const RflSettings *settings, const char *name)
{
  return (guint) rfl_settings_get_int (settings, name);
}

static void
read_limits (const RflSettings *settings, RelayLimits *limits)
{
  limits->credit = get (settings, "credit") * KIB;
  limits->queue = get (settings, "queue") * KIB;
  limits->viewers = get (settings, "viewers");
  limits->per_key = get (settings, "connections_per_viewer");
  limits->unproved = get (settings, "unproved");
  limits->per_address = get (settings, "unproved_per_address");
  limits->connect = get (settings, "connect_time");
  limits->ping = get (settings, "ping");
  limits->silence = get (settings, "silence");
  limits->stall = get (settings, "stall");
}

static gboolean
read_tls (const RflSettings *settings, RelayLimits *limits, GError **error)
{
  const char *certificate = rfl_settings_get_string (settings, "tls_certificate");
  const char *key = rfl_settings_get_string (settings, "tls_key");
  const char *authorities = rfl_settings_get_string (settings, "tls_ca");
  g_autoptr (GError) why = NULL;

  if ((certificate || authorities) && !g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    return rfl_settings_set_error (settings, certificate ? "tls_certificate" : "tls_ca", error,
                                   "GIO has no TLS here: install glib-networking");
  if (certificate)
    limits->certificate = key ? g_tls_certificate_new_from_files (certificate, key, &why)
                              : g_tls_certificate_new_from_file (certificate, &why);
  if (certificate && !limits->certificate)
    return rfl_settings_set_error (settings, "tls_certificate", error, "%s", why->message);
  if (authorities)
    limits->authorities = g_tls_file_database_new (authorities, &why);
  if (authorities && !limits->authorities)
    return rfl_settings_set_error (settings, "tls_ca", error, "%s", why->message);
  return TRUE;
}

static gboolean
read_ports (const RflSettings *settings, AppOptions *options, GError **error)
{
  gint64 client = rfl_settings_get_int (settings, "client_port");
  gint64 sharer = rfl_settings_get_int (settings, "sharer_port");
  gint64 n = rfl_settings_get_int (settings, "shares");

  if (client + n - 1 > 65535 || sharer + n - 1 > 65535)
    return rfl_settings_set_error (settings, "shares", error, "there are not so many ports");
  if (ABS (client - sharer) < n)
    return rfl_settings_set_error (settings, "sharer_port", error,
                                   "the two ranges of %d ports overlap", (int) n);
  options->client_port = (guint16) client;
  options->sharer_port = (guint16) sharer;
  options->n_ports = (guint) n;
  return TRUE;
}

static gboolean
read_all (const RflSettings *settings, AppOptions *options, RelayLimits *limits, GError **error)
{
  RflAddress bind_to = { 0 };

  if (!read_ports (settings, options, error) || !read_address (settings, "bind", &bind_to, error)
      || !read_address (settings, "address", &options->address, error)
      || !read_address (settings, "address_external", &options->external, error)
      || !read_address (settings, "address_local", &options->local, error)
      || !read_tls (settings, limits, error))
    return FALSE;
  options->bind = g_strdup (rfl_settings_get_string (settings, "bind"));
  options->per_session = get (settings, "shares_per_session");
  options->per_participant = get (settings, "shares_per_participant");
  read_limits (settings, limits);
  if (limits->silence > limits->ping)
    return TRUE;
  return rfl_settings_set_error (settings, "silence", error, "must be more than ping");
}

static void
limits_clear (RelayLimits *limits)
{
  g_clear_object (&limits->certificate);
  g_clear_object (&limits->authorities);
}

gboolean
appshare_read_options (AppShare *app, const RflSettings *settings, GError **error)
{
  AppOptions options = { 0 };
  RelayLimits limits = { 0 };

  if (!read_all (settings, &options, &limits, error))
    {
      app_options_clear (&options);
      limits_clear (&limits);
      return FALSE;
    }
  app_options_clear (&app->options);
  limits_clear (&app->limits);
  app->options = options;
  app->limits = limits;
  app->tls = limits.certificate != NULL;
  relay_set_limits (app->relay, &limits);
  return TRUE;
}
