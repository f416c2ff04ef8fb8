/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reflector-client view: a share of the room at a local port, for a program of its own, or on standard output. Shows
 * nothing itself.
 */
#include "config.h"

#include <gio/gunixinputstream.h>
#include <gio/gunixoutputstream.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "tools/client/commands.h"
#include "tools/client/share/offer.h"
#include "tools/client/share/viewer.h"

#define PATIENCE 5 /* seconds for what came last to be delivered */

typedef struct {
  Client *client;
  OfferOptions options;
  char *wanted, *address, *exec;
  guint16 port;
  gboolean to_stdout;
  char *share; /* that is viewed */
  guint16 share_port, local_port;
  Viewer *viewer;
  GSubprocess *program;
  GCancellable *waiting; /* for its end */
  gboolean ended;
  gboolean cut; /* the last connection was closed from there */
  guint timer;
} View;

/* ---- the end ---- */

static gboolean
on_patience (gpointer user_data)
{
  View *view = user_data;

  view->timer = 0;
  client_leave (view->client, CLIENT_ENDED);
  return G_SOURCE_REMOVE;
}

static void
maybe_leave (View *view)
{
  if (view->ended && viewer_count (view->viewer) == 0)
    client_leave (view->client, view->to_stdout ? CLIENT_OK : CLIENT_ENDED);
}

static void
wait_for_reason (View *view)
{
  if (view->timer == 0)
    view->timer = g_timeout_add_seconds (PATIENCE, on_patience, view);
  maybe_leave (view);
}

static void
take_end (View *view, const RflShareMessage *message)
{
  ClientLine *line = client_line_new ("ended");
  const char *why = message->reason != NULL ? message->reason : "no reason given";

  client_line_text (line, "share", message->share);
  client_line_text (line, "reason", why);
  client_tell (view->client, line, view->to_stdout ? NULL : "%s has ended: %s", message->share,
               why);
  if (view->viewer == NULL || g_strcmp0 (message->share, view->share) != 0)
    return;
  view->ended = TRUE;
  wait_for_reason (view);
}

/* ---- connections ---- */

static void
on_opened (guint id, gpointer user_data)
{
  View *view = user_data;

  client_tell (view->client, client_line_int (client_line_new ("opened"), "connection", id), NULL);
}

static void
on_closed (guint id, guint64 received, guint64 sent, gboolean by_share, const GError *error,
           gpointer user_data)
{
  View *view = user_data;
  ClientLine *line = client_line_new ("closed");

  view->cut = by_share;
  client_line_int (line, "connection", id);
  client_line_int (line, "received", (gint64) received);
  client_line_int (line, "sent", (gint64) sent);
  client_line_text (line, "error", error != NULL ? error->message : NULL);
  if (error != NULL)
    client_tell (view->client, line, view->to_stdout ? NULL : "connection %u: %s", id,
                 error->message);
  else
    client_tell (view->client, line, NULL);
  if (view->to_stdout && error != NULL)
    client_fail (view->client, error);
  else if (view->to_stdout)
    client_leave (view->client, CLIENT_OK);
  else
    maybe_leave (view);
}

static void
join_stdout (View *view)
{
  g_autoptr (GInputStream) in = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  g_autoptr (GOutputStream) out = g_unix_output_stream_new (STDOUT_FILENO, FALSE);

  viewer_join_output (view->viewer, g_simple_io_stream_new (in, out));
}

/* ---- the program ---- */

static void
on_program_end (GObject *program, GAsyncResult *result, gpointer user_data)
{
  View *view = user_data;
  g_autoptr (GError) error = NULL;

  g_subprocess_wait_check_finish (G_SUBPROCESS (program), result, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  /* a viewer whose server has gone ends, in one way or another, before the reflector has told why */
  if (view->ended || view->cut)
    wait_for_reason (view);
  else if (error != NULL)
    client_fail (view->client, error);
  else
    client_leave (view->client, CLIENT_OK);
}

/* Every PORT in the words of the command becomes the number. */
static gboolean
start_program (View *view, GError **error)
{
  g_autofree char *number = g_strdup_printf ("%u", view->local_port);
  g_auto (GStrv) words = NULL;

  if (!g_shell_parse_argv (view->exec, NULL, &words, error))
    return FALSE;
  for (guint i = 0; words[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (words[i], "PORT", -1);

      g_free (words[i]);
      words[i] = g_strjoinv (number, parts);
    }
  view->program = g_subprocess_newv ((const char *const *) words, G_SUBPROCESS_FLAGS_NONE, error);
  if (view->program != NULL)
    g_subprocess_wait_check_async (view->program, view->waiting, on_program_end, view);
  return view->program != NULL;
}

/* ---- announcements ---- */

static void
tell_view (View *view, const RflShareMessage *message)
{
  ClientLine *line = client_line_new ("viewing");

  client_line_text (line, "share", message->share);
  client_line_int (line, "port", view->local_port);
  client_tell (view->client, line, "%s is at %s port %u", message->share,
               view->address != NULL ? view->address : "127.0.0.1", view->local_port);
}

static gboolean
begin (View *view, const ShareDoor *door, const RflShareMessage *message, GError **error)
{
  static const ViewerFuncs funcs = { on_opened, on_closed };

  view->share = g_strdup (message->share);
  view->viewer = viewer_new (door, &funcs, view);
  if (view->to_stdout)
    {
      join_stdout (view);
      return TRUE;
    }
  view->local_port = viewer_listen (view->viewer, view->address, view->port, error);
  if (view->local_port == 0)
    return FALSE;
  tell_view (view, message);
  return view->exec == NULL || start_program (view, error);
}

static void
tell_announcement (View *view, const RflShareMessage *message)
{
  const char *kind = message->kind == RFL_SHARE_BROADCAST ? "broadcast" : "channel";
  ClientLine *line = client_line_new ("announced");

  client_line_text (line, "share", message->share);
  client_line_text (line, "kind", kind);
  client_line_text (line, "title", message->title);
  client_line_text (line, "owner", message->owner);
  client_tell (view->client, line, view->to_stdout ? NULL : "%s (%s) of %s%s%s", message->share,
               kind, message->owner != NULL ? message->owner : "somebody",
               message->title != NULL ? ": " : "", message->title != NULL ? message->title : "");
}

static gboolean
is_wanted (const View *view, const RflShareMessage *message)
{
  if (view->viewer != NULL)
    return g_str_equal (message->share, view->share);
  return view->wanted == NULL || g_str_equal (message->share, view->wanted)
         || g_strcmp0 (message->title, view->wanted) == 0;
}

static void
take_announcement (View *view, const RflShareMessage *message)
{
  g_autoptr (ShareDoor) door = g_new0 (ShareDoor, 1);
  g_autoptr (GError) error = NULL;

  tell_announcement (view, message);
  if (!is_wanted (view, message))
    return;
  share_door_fill (door, message);
  if (!offer_options_apply (&view->options, door, &error))
    client_fail (view->client, error);
  else if (view->viewer != NULL)
    viewer_set_door (view->viewer, door);
  else if (!begin (view, door, message, &error))
    client_fail (view->client, error);
}

/* ---- the room ---- */

static gboolean
on_no_control (gpointer user_data)
{
  View *view = user_data;
  g_autoptr (GError) error = NULL;

  view->timer = 0;
  g_set_error (&error, CLIENT_ERROR, CLIENT_REFUSED,
               "the reflector knows nothing of control messages, so nothing of shares");
  client_fail (view->client, error);
  return G_SOURCE_REMOVE;
}

static void
stop_timer (View *view)
{
  if (view->timer != 0)
    g_source_remove (view->timer);
  view->timer = 0;
}

static void
joined (Client *client, gpointer user_data)
{
  View *view = user_data;

  view->timer =
      g_timeout_add_seconds ((guint) client_get_settings (client)->timeout, on_no_control, view);
}

static void
control_up (Client *client, gpointer user_data)
{
  View *view = user_data;

  if (!view->ended)
    stop_timer (view);
  client_progress (client, "waiting for a share");
}

static void
control (Client *client, const char *service, guint8 type, const guint8 *body, gsize len,
         gpointer user_data)
{
  g_auto (RflShareMessage) message = { 0 };

  if (!g_str_equal (service, RFL_SHARE_CONTROL)
      || !rfl_share_message_read (&message, type, body, len, NULL))
    return;
  if (type == RFL_SHARE_ANNOUNCE)
    take_announcement (user_data, &message);
  else if (type == RFL_SHARE_ENDED)
    take_end (user_data, &message);
}

static void
leaving (Client *client, gpointer user_data)
{
  View *view = user_data;

  stop_timer (view);
  if (view->program != NULL)
    g_subprocess_send_signal (view->program, SIGTERM);
}

static int
run (const ClientSettings *settings, View *view)
{
  static const ClientFuncs funcs = {
    .joined = joined, .control_up = control_up, .control = control, .leaving = leaving
  };
  g_autoptr (Client) client = client_new (settings, &funcs, view);
  int status;

  client_add_medium (client, &client_quiet);
  view->client = client;
  view->waiting = g_cancellable_new ();
  status = client_run (client);
  g_cancellable_cancel (view->waiting);
  g_object_unref (view->waiting);
  stop_timer (view);
  viewer_free (view->viewer);
  g_clear_object (&view->program);
  return status;
}

/* "PORT" or "ADDRESS:PORT", an IPv6 address in brackets. */
static gboolean
parse_listen (const char *text, View *view)
{
  const char *colon = strrchr (text, ':');
  const char *digits = colon != NULL ? colon + 1 : text;
  guint64 port;

  if (!g_ascii_string_to_unsigned (digits, 10, 0, 65535, &port, NULL))
    return FALSE;
  view->port = (guint16) port;
  if (colon == NULL)
    return TRUE;
  if (*text == '[' && colon[-1] == ']')
    view->address = g_strndup (text + 1, (gsize) (colon - text) - 2);
  else
    view->address = g_strndup (text, (gsize) (colon - text));
  return g_hostname_is_ip_address (view->address);
}

static void
view_clear (View *view)
{
  offer_options_clear (&view->options);
  g_free (view->wanted);
  g_free (view->address);
  g_free (view->exec);
  g_free (view->share);
}

static int
parse_and_run (int argc, char **argv, View *view)
{
  g_auto (ClientSettings) settings = { 0 };
  g_autofree char *listen = NULL;
  const GOptionEntry entries[] = {
    { "share", 0, 0, G_OPTION_ARG_STRING, &view->wanted,
      "Which one, by its id or title (default: the first that is announced)", "SHARE" },
    { "listen", 0, 0, G_OPTION_ARG_STRING, &listen,
      "Local port for viewers (default: any free one of 127.0.0.1)", "[ADDRESS:]PORT" },
    { "exec", 0, 0, G_OPTION_ARG_STRING, &view->exec,
      "Run this, with the local port in the place of PORT, and leave when it ends", "COMMAND" },
    { "stdout", 0, 0, G_OPTION_ARG_NONE, &view->to_stdout,
      "Write what is shown to standard output, and leave at its end", NULL },
    OFFER_TLS_ENTRIES (&view->options),
    G_OPTION_ENTRY_NULL,
  };

  if (!client_settings_parse (&settings, &client_command_view, entries, &argc, &argv, 0))
    return CLIENT_USAGE;
  if (listen != NULL && !parse_listen (listen, view))
    return client_usage (&client_command_view, "--listen %s: not a port", listen);
  if (view->to_stdout && (listen != NULL || view->exec != NULL || settings.json))
    return client_usage (&client_command_view,
                         "--stdout goes neither with --listen nor --exec nor --json");
  return run (&settings, view);
}

static int
run_view (int argc, char **argv)
{
  View view = { 0 };
  int status = parse_and_run (argc, argv, &view);
  view_clear (&view);
  return status;
}

const ClientCommand client_command_view = { "view", "ROOM",
                                            "View a share with any program, at a local port",
                                            run_view };
