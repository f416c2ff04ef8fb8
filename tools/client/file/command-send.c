/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reflector-client send-file: a file for everybody in the room. */
#include "config.h"

#include <string.h>

#include "tools/client/commands.h"
#include "tools/client/file/guest.h"
#include "tools/client/file/transfer.h"

/* The answer comes when the reflector has it on its disk. */
#define SILENCE 45
#define PATIENCE 180

typedef struct {
  Guest *guest;
  Transfer *transfer;
  TransferSpec spec;
  char *url;
  char passkey[2 * RFL_FILE_PASSKEY + 1];
  gboolean stay;
} Send;

static void
on_progress (guint64 octets, guint64 size, gpointer user_data)
{
  Send *send = user_data;

  client_progress (guest_get_client (send->guest),
                   "%s: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " octets", send->spec.name,
                   octets, size);
}

static void
on_done (const GError *error, gpointer user_data)
{
  Send *send = user_data;
  Client *client = guest_get_client (send->guest);
  const char *answer = transfer_get_answer (send->transfer);
  g_autofree char *json = NULL;

  if (error)
    {
      g_autoptr (GError) why =
          g_error_new_literal (CLIENT_ERROR, guest_get_exit (error), error->message);
      client_fail (client, why);
      return;
    }
  json = g_strchomp (g_strdup (answer));
  client_tell (client, client_line_raw (client_line_new ("sent"), "file", json),
               "everybody in the room can fetch %s now", send->spec.name);
  if (!send->stay)
    client_leave (client, CLIENT_OK);
}

static void
ready (Guest *guest, gpointer user_data)
{
  static const TransferFuncs funcs = { on_progress, on_done };
  Send *send = user_data;
  const RflFileMessage *key = guest_get_key (guest);
  g_autofree char *room = rfl_file_escape_name (key->room);

  send->guest = guest;
  send->url = g_strconcat (key->base, "/rooms/", room, "/files", NULL);
  rfl_file_hex_write (key->passkey, RFL_FILE_PASSKEY, send->passkey);
  send->spec.url = send->url;
  send->spec.passkey = send->passkey;
  send->spec.silence = SILENCE;
  send->spec.patience = PATIENCE;
  send->transfer = transfer_put (&send->spec, &funcs, send);
}

static void
leaving (Guest *guest, gpointer user_data)
{
  Send *send = user_data;

  g_clear_pointer (&send->transfer, transfer_free);
}

static int
run_send (int argc, char **argv)
{
  g_auto (ClientSettings) settings = { 0 };
  g_auto (GuestOptions) options = { 0 };
  g_autofree char *name = NULL, *type = NULL;
  g_autoptr (GTlsDatabase) authorities = NULL;
  g_autoptr (GError) error = NULL;
  Send send = { 0 };
  const GOptionEntry entries[] = {
    { "name", 0, 0, G_OPTION_ARG_STRING, &name, "What the room is told that it is called", "NAME" },
    { "type", 0, 0, G_OPTION_ARG_STRING, &type, "Its media type (default: by its name)", "TYPE" },
    { "stay", 0, 0, G_OPTION_ARG_NONE, &send.stay,
      "Stay in the room: its files are there as long as somebody is", NULL },
    GUEST_TLS_ENTRIES (&options),
    G_OPTION_ENTRY_NULL,
  };
  static const GuestFuncs funcs = { .ready = ready, .leaving = leaving };
  int status;

  if (!client_settings_parse (&settings, &client_command_send_file, entries, &argc, &argv, 1))
    return CLIENT_USAGE;
  if (!name)
    name = g_path_get_basename (argv[1]);
  if (!rfl_file_is_name (name))
    return client_usage (&client_command_send_file, "%s is no name of a file: see --name", name);
  if (options.authorities && !(authorities = g_tls_file_database_new (options.authorities, &error)))
    return client_usage (&client_command_send_file, "--tls-ca: %s", error->message);
  if (!type)
    {
      g_autofree char *content = g_content_type_guess (name, NULL, 0, NULL);
      type = g_content_type_get_mime_type (content);
    }
  send.spec.path = argv[1];
  send.spec.name = name;
  send.spec.type = type && rfl_file_is_type (type) ? type : "application/octet-stream";
  send.spec.authorities = authorities;
  send.spec.any_certificate = options.any_certificate;
  status = guest_run (&settings, &funcs, &send);
  transfer_free (send.transfer);
  explicit_bzero (send.passkey, sizeof send.passkey);
  g_free (send.url);
  return status;
}

const ClientCommand client_command_send_file = { "send-file", "FILE ROOM",
                                                 "Give a file to everybody in the room", run_send };
