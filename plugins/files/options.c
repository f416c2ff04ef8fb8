/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of files, and what they become. Not their use. */
#include "plugins/files/files.h"

#define MIB ((guint64) 1024 * 1024)

const RflOption files_options[] = {
  { .name = "port",
    .type = RFL_OPTION_INT,
    .fallback = "5565",
    .min = 1,
    .max = 65535,
    .help = "TCP port of HTTP, for participants, their browsers, and linked reflectors" },
  { .name = "bind",
    .type = RFL_OPTION_STRING,
    .help = "IP address that the port is opened on; default: all" },
  { .name = "address",
    .type = RFL_OPTION_STRING,
    .help = "IP address in URLs; default: the one that the participant called" },
  { .name = "address_external",
    .type = RFL_OPTION_STRING,
    .help = "the same for those who come from public addresses" },
  { .name = "address_local",
    .type = RFL_OPTION_STRING,
    .help = "the same for those who come from private addresses" },
  { .name = "spool",
    .type = RFL_OPTION_STRING,
    .help =
        "Folder of the files; default: files in $STATE_DIRECTORY or LOCALSTATEDIR/lib/reflectord" },
  { .name = "max_file",
    .type = RFL_OPTION_INT,
    .fallback = "4096",
    .min = 1,
    .max = 1 << 30,
    .help = "MiB of one file" },
  { .name = "max_participant",
    .type = RFL_OPTION_INT,
    .fallback = "8192",
    .min = 1,
    .max = 1 << 30,
    .help =
        "MiB of all files of one participant in a room; browsers with a room's link count as one" },
  { .name = "max_session",
    .type = RFL_OPTION_INT,
    .fallback = "16384",
    .min = 1,
    .max = 1 << 30,
    .help = "MiB of all files of a room" },
  { .name = "max_spool",
    .type = RFL_OPTION_INT,
    .fallback = "65536",
    .min = 1,
    .max = 1 << 30,
    .help = "MiB of all files of this reflector's participants" },
  { .name = "cache",
    .type = RFL_OPTION_INT,
    .fallback = "16384",
    .min = 0,
    .max = 1 << 30,
    .help = "MiB kept of files that are fetched from linked reflectors" },
  { .name = "spare",
    .type = RFL_OPTION_INT,
    .fallback = "1024",
    .min = 0,
    .max = 1 << 30,
    .help = "MiB that stay free on the spool's disk" },
  { .name = "max_files",
    .type = RFL_OPTION_INT,
    .fallback = "1000",
    .min = 1,
    .max = 100000,
    .help = "Files of a room" },
  { .name = "max_remote",
    .type = RFL_OPTION_INT,
    .fallback = "10000",
    .min = 0,
    .max = 1000000,
    .help = "Files of linked reflectors, of all rooms" },
  { .name = "transfers",
    .type = RFL_OPTION_INT,
    .fallback = "256",
    .min = 1,
    .max = 10000,
    .help = "Uploads and downloads at the same time" },
  { .name = "connections",
    .type = RFL_OPTION_INT,
    .fallback = "512",
    .min = 2,
    .max = 10000,
    .help = "Connections at the same time; linked reflectors have as many apart" },
  { .name = "connections_per_address",
    .type = RFL_OPTION_INT,
    .fallback = "64",
    .min = 1,
    .max = 10000,
    .help = "The same for one address" },
  { .name = "stall",
    .type = RFL_OPTION_INT,
    .fallback = "60",
    .min = 1,
    .max = 3600,
    .help = "Seconds without progress, or below 1,024 octets/s of a body, that end a connection" },
  { .name = "keep_parts",
    .type = RFL_OPTION_INT,
    .fallback = "600",
    .min = 0,
    .max = 86400,
    .help = "Seconds that an upload which has broken off can be resumed" },
  { .name = "orphan_time",
    .type = RFL_OPTION_INT,
    .fallback = "600",
    .min = 0,
    .max = 86400,
    .help = "Seconds that files wait for their room after a restart of the daemon, and for the "
            "reflector that holds them" },
  { .name = "anyone",
    .type = RFL_OPTION_BOOL,
    .fallback = "false",
    .help = "Whether every user (plugin auth) may offer and see files of every room that somebody "
            "is in; default: only of those that he is in" },
  { .name = "page",
    .type = RFL_OPTION_BOOL,
    .fallback = "true",
    .help =
        "Whether each room has a page for browsers: whoever has its link sees the files and may "
        "put some" },
  { .name = "tell_by_message",
    .type = RFL_OPTION_BOOL,
    .fallback = "true",
    .help =
        "Whether participants are told of a file by a text message with its URL (SIP MESSAGE)" },
  { .name = "tls_certificate",
    .type = RFL_OPTION_STRING,
    .help = "PEM file; with it the port speaks HTTPS alone" },
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
files_options_clear (FilesOptions *options)
{
  g_clear_pointer (&options->spool, g_free);
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

static guint64
get_mib (const RflSettings *settings, const char *name)
{
  return (guint64) rfl_settings_get_int (settings, name) * MIB;
}

static guint
get (const RflSettings *settings, const char *name)
{
  return (guint) rfl_settings_get_int (settings, name);
}

static void
read_limits (const RflSettings *settings, HttpLimits *limits)
{
  limits->file = get_mib (settings, "max_file");
  limits->participant = get_mib (settings, "max_participant");
  limits->session = get_mib (settings, "max_session");
  limits->spool = get_mib (settings, "max_spool");
  limits->cache = get_mib (settings, "cache");
  limits->spare = get_mib (settings, "spare");
  limits->page = rfl_settings_get_bool (settings, "page");
  limits->files = get (settings, "max_files");
  limits->transfers = get (settings, "transfers");
  limits->connections = get (settings, "connections");
  limits->per_address = get (settings, "connections_per_address");
  limits->stall = get (settings, "stall");
  limits->keep_parts = get (settings, "keep_parts");
}

static gboolean
read_tls (const RflSettings *settings, HttpLimits *limits, GError **error)
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

/* systemd names several folders with colons between them. */
static char *
get_spool (const RflSettings *settings)
{
  const char *folder = rfl_settings_get_string (settings, "spool");
  const char *directories = g_getenv ("STATE_DIRECTORY");
  g_auto (GStrv) list = directories ? g_strsplit (directories, ":", 2) : NULL;

  if (folder)
    return g_strdup (folder);
  return g_build_filename (list && list[0] && *list[0] ? list[0] : FILES_STATE_DIR, "files", NULL);
}

static gboolean
read_all (const RflSettings *settings, FilesOptions *options, HttpLimits *limits, GError **error)
{
  RflAddress bind_to = { 0 };

  if (!read_address (settings, "bind", &bind_to, error)
      || !read_address (settings, "address", &options->address, error)
      || !read_address (settings, "address_external", &options->external, error)
      || !read_address (settings, "address_local", &options->local, error)
      || !read_tls (settings, limits, error))
    return FALSE;
  options->spool = get_spool (settings);
  options->bind = g_strdup (rfl_settings_get_string (settings, "bind"));
  options->port = (guint16) rfl_settings_get_int (settings, "port");
  options->anyone = rfl_settings_get_bool (settings, "anyone");
  options->by_message = rfl_settings_get_bool (settings, "tell_by_message");
  options->max_remote = get (settings, "max_remote");
  options->orphan_time = get (settings, "orphan_time");
  read_limits (settings, limits);
  return TRUE;
}

static void
limits_clear (HttpLimits *limits)
{
  g_clear_object (&limits->certificate);
  g_clear_object (&limits->authorities);
}

gboolean
files_read_options (Files *files, const RflSettings *settings, GError **error)
{
  FilesOptions options = { 0 };
  HttpLimits limits = { 0 };

  if (!read_all (settings, &options, &limits, error))
    {
      files_options_clear (&options);
      limits_clear (&limits);
      return FALSE;
    }
  files_options_clear (&files->options);
  limits_clear (&files->limits);
  files->options = options;
  files->limits = limits;
  files->tls = limits.certificate != NULL;
  http_set_limits (files->http, &limits);
  return TRUE;
}
