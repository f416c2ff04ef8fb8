/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options that all commands have, and the room's URI. Not what they do. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "tools/client/client.h"

#define MAX_ROOM 255

G_DEFINE_QUARK (reflector - client, client_error)

int
client_usage (const ClientCommand *command, const char *format, ...)
{
  va_list args;
  g_autofree char *text = NULL;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  fprintf (stderr, "reflector-client %s: %s (see --help)\n", command->name, text);
  return CLIENT_USAGE;
}

void
client_settings_clear (ClientSettings *settings)
{
  g_free (settings->room);
  g_free (settings->server);
  g_free (settings->mode);
  g_free (settings->pin);
  g_free (settings->user);
  g_free (settings->password_file);
  g_free (settings->local);
  memset (settings, 0, sizeof *settings);
}

/* ---- where to ---- */

static gboolean
wrong (GError **error, const char *what, const char *text)
{
  g_set_error (error, CLIENT_ERROR, CLIENT_USAGE, "%s: %s", text, what);
  return FALSE;
}

/* HOST, HOST:PORT, 1.2.3.4:PORT, [::1]:PORT, or a bare ::1 */
static gboolean
set_server (ClientSettings *s, const char *text, GError **error)
{
  const char *end = text[0] == '[' ? strchr (text, ']') : NULL;
  const char *colon = strrchr (text, ':');
  guint64 port = 5060;

  if (text[0] == '[' && end == NULL)
    return wrong (error, "a bracket is missing", text);
  if (end == NULL && colon != NULL && strchr (text, ':') != colon)
    colon = NULL; /* IPv6 without brackets has no port */
  if (end != NULL && colon < end)
    colon = NULL;
  if (end != NULL && end[1] != '\0' && end + 1 != colon)
    return wrong (error, "this is no address", text);
  if (colon != NULL && !g_ascii_string_to_unsigned (colon + 1, 10, 1, 65535, &port, NULL))
    return wrong (error, "this is no port", text);
  g_free (s->server);
  s->server = end != NULL     ? g_strndup (text + 1, end - text - 1)
              : colon != NULL ? g_strndup (text, colon - text)
                              : g_strdup (text);
  s->port = (guint16) port;
  if (*s->server == '\0' || strpbrk (s->server, " \t<>@;?/\"\\") != NULL)
    return wrong (error, "this is no host name or address", text);
  return TRUE;
}

static gboolean
set_mode (ClientSettings *s, const char *mode, GError **error)
{
  const char *const modes[] = { "all", "mix", "one", NULL };

  if (!g_strv_contains (modes, mode))
    return wrong (error, "the mode is all, mix or one", mode);
  g_free (s->mode);
  s->mode = g_strdup (mode);
  return TRUE;
}

static gboolean
set_pin (ClientSettings *s, const char *pin, GError **error)
{
  for (const char *p = pin; *p; p++)
    if (!g_ascii_isalnum (*p))
      return wrong (error, "a PIN has letters and digits only", "pin=…");
  g_free (s->pin);
  s->pin = *pin ? g_strdup (pin) : NULL;
  return TRUE;
}

static gboolean
set_transport (ClientSettings *s, const char *transport, GError **error)
{
  if (g_ascii_strcasecmp (transport, "tcp") != 0 && g_ascii_strcasecmp (transport, "udp") != 0)
    return wrong (error, "the transport is udp or tcp", transport);
  s->tcp = g_ascii_strcasecmp (transport, "tcp") == 0;
  return TRUE;
}

static gboolean
set_parameters (ClientSettings *s, const char *text, GError **error)
{
  g_auto (GStrv) parameters = g_strsplit (text, ";", -1);

  for (guint i = 0; parameters[i] != NULL; i++)
    {
      if (g_str_has_prefix (parameters[i], "transport="))
        {
          if (!set_transport (s, parameters[i] + 10, error))
            return FALSE;
        }
      else if (g_str_has_prefix (parameters[i], "mode="))
        {
          if (!set_mode (s, parameters[i] + 5, error))
            return FALSE;
        }
      else if (g_str_has_prefix (parameters[i], "pin="))
        {
          if (!set_pin (s, parameters[i] + 4, error))
            return FALSE;
        }
      else if (*parameters[i] != '\0')
        return wrong (error, "of parameters of a URI only transport, mode and pin are known",
                      parameters[i]);
    }
  return TRUE;
}

/* sip:ROOM@HOST[:PORT][;transport=…][;mode=…][;pin=…], or ROOM@HOST…, or ROOM alone */
static gboolean
set_room (ClientSettings *s, const char *text, GError **error)
{
  gboolean is_uri = g_ascii_strncasecmp (text, "sip:", 4) == 0;
  const char *start = is_uri ? text + 4 : text, *at = strrchr (start, '@');
  g_autofree char *user = at != NULL ? g_strndup (start, at - start) : g_strdup (start);
  g_auto (GStrv) rest = at != NULL ? g_strsplit (at + 1, ";", 2) : NULL;

  if (g_ascii_strncasecmp (text, "sips:", 5) == 0)
    return wrong (error, "sips is not spoken here", text);
  if (is_uri && at == NULL)
    return wrong (error, "the URI has no room: sip:ROOM@SERVER", text);
  s->room = is_uri ? g_uri_unescape_string (user, NULL) : g_strdup (user);
  if (s->room == NULL || *s->room == '\0' || strlen (s->room) > MAX_ROOM
      || !g_utf8_validate (s->room, -1, NULL))
    return wrong (error, "this is no name of a room", text);
  if (rest == NULL)
    return TRUE;
  return set_server (s, rest[0], error) && (!rest[1] || set_parameters (s, rest[1], error));
}

/* ---- the command line ---- */

typedef struct {
  char *server, *transport, *mode, *ports, *user;
} Raw;

static void
raw_clear (Raw *raw)
{
  g_free (raw->server);
  g_free (raw->transport);
  g_free (raw->mode);
  g_free (raw->ports);
  g_free (raw->user);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Raw, raw_clear)

static gboolean
set_ports (ClientSettings *s, const char *text, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, "-", 2);
  guint64 first = 0, last = 0;

  if (g_strv_length (parts) != 2
      || !g_ascii_string_to_unsigned (parts[0], 10, 1, 65534, &first, NULL)
      || !g_ascii_string_to_unsigned (parts[1], 10, first, 65535, &last, NULL))
    return wrong (error, "ports are FIRST-LAST", text);
  s->first_port = (guint16) first;
  s->last_port = (guint16) last;
  return TRUE;
}

/* What is in a From without quoting or escaping (RFC 3261 §25.1, unreserved and a few). */
static gboolean
set_user (ClientSettings *s, const char *user, GError **error)
{
  for (const char *p = user; *p != '\0'; p++)
    if (!g_ascii_isalnum (*p) && !strchr ("-_.!~*'()&=+$,", *p))
      return wrong (error, "a user name has letters, digits and -_.!~*'()&=+$, only", user);
  if (*user == '\0' || strlen (user) > 64)
    return wrong (error, "a user name has 1 to 64 characters", user);
  s->user = g_strdup (user);
  return TRUE;
}

static char *
guess_user (void)
{
  const char *name = g_get_user_name ();
  char *user = g_strdup (name != NULL && *name != '\0' ? name : "guest");

  return g_strcanon (user, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.",
                     '_');
}

static gboolean
check (ClientSettings *s, const Raw *raw, const char *room, GError **error)
{
  g_autofree char *guess = raw->user == NULL ? guess_user () : NULL;
  RflAddress local;

  if (!set_room (s, room, error) || (raw->server && !set_server (s, raw->server, error))
      || (raw->transport && !set_transport (s, raw->transport, error))
      || (raw->mode && !set_mode (s, raw->mode, error))
      || (raw->ports && !set_ports (s, raw->ports, error))
      || !set_user (s, raw->user ? raw->user : guess, error))
    return FALSE;
  if (s->server == NULL)
    return wrong (error, "say where it is: sip:ROOM@SERVER, or --server", room);
  if (s->local && !rfl_address_parse (&local, s->local, 0))
    return wrong (error, "this is no numeric address", s->local);
  if (s->duration < 0 || s->timeout < 1 || s->timeout > 300 || s->keep_alive < 1
      || s->keep_alive > 3600)
    return wrong (error, "out of range", "--duration, --timeout or --keep-alive");
  return TRUE;
}

static GOptionContext *
make_context (const ClientCommand *command, const GOptionEntry *entries, const GOptionEntry *common)
{
  GOptionContext *context = g_option_context_new (command->arguments);

  g_option_context_set_summary (context, command->summary);
  g_option_context_set_description (
      context,
      "ROOM is sip:ROOM@SERVER[:PORT][;transport=tcp][;mode=MODE][;pin=PIN], ROOM@SERVER,\n"
      "or a name with --server.\nThe password comes from --password-file, else from the "
      "environment "
      "(REFLECTOR_PASSWORD), else\nis asked for on the terminal. reflector-client(1) tells "
      "more.");
  if (entries != NULL)
    g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_main_entries (context, common, NULL);
  return context;
}

gboolean
client_settings_parse (ClientSettings *s, const ClientCommand *command, const GOptionEntry *entries,
                       int *argc, char ***argv, int n_args)
{
  g_auto (Raw) raw = { 0 };
  const GOptionEntry common[] = {
    { "server", 's', 0, G_OPTION_ARG_STRING, &raw.server, "Where the room is", "HOST[:PORT]" },
    { "transport", 't', 0, G_OPTION_ARG_STRING, &raw.transport, "SIP over udp (default) or tcp",
      "WHICH" },
    { "mode", 'm', 0, G_OPTION_ARG_STRING, &raw.mode,
      "What is received: all sources, their mix, or one at a time", "all|mix|one" },
    { "user", 'u', 0, G_OPTION_ARG_STRING, &raw.user, "Who we are (default: the login name)",
      "NAME" },
    { "password-file", 0, 0, G_OPTION_ARG_FILENAME, &s->password_file,
      "File whose first line is the password", "FILE" },
    { "local", 0, 0, G_OPTION_ARG_STRING, &s->local, "Local address (default: as routed)",
      "ADDRESS" },
    { "media-ports", 0, 0, G_OPTION_ARG_STRING, &raw.ports, "Local ports of media (default: any)",
      "FIRST-LAST" },
    { "duration", 'd', 0, G_OPTION_ARG_DOUBLE, &s->duration,
      "Leave after so many seconds in the room", "SECONDS" },
    { "timeout", 0, 0, G_OPTION_ARG_INT, &s->timeout,
      "How long the server may take to answer (default: 10)", "SECONDS" },
    { "keep-alive", 0, 0, G_OPTION_ARG_INT, &s->keep_alive,
      "How often to see that the server is there (default: 25)", "SECONDS" },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &s->json, "Tell everything in lines of JSON", NULL },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &s->verbose, "Tell what happens in SIP", NULL },
    { NULL }
  };
  g_autoptr (GOptionContext) context = make_context (command, entries, common);
  g_autoptr (GError) error = NULL;

  s->timeout = 10;
  s->keep_alive = 25;
  if (!g_option_context_parse (context, argc, argv, &error))
    client_usage (command, "%s", error->message);
  else if (*argc - 1 != n_args + 1)
    client_usage (command,
                  *argc - 1 < n_args + 1 ? "an argument is missing" : "too many arguments");
  else if (!check (s, &raw, (*argv)[*argc - 1], &error))
    client_usage (command, "%s", error->message);
  else
    {
      (*argc)--;
      return TRUE;
    }
  return FALSE;
}
