/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In a room for its files: waits for the passkey, keeps what is offered. Not for what a command does with it. */
#include "config.h"

#include "tools/client/file/guest.h"

/* Milliseconds without news, after which what there is has been told: it all comes at once. */
#define QUIET 700

struct _Guest {
  Client *client;
  const GuestFuncs *funcs;
  gpointer user_data;
  RflFileMessage key;
  GHashTable *files;
  gboolean has_key, ready;
  guint timer;
};

void
guest_options_clear (GuestOptions *options)
{
  g_clear_pointer (&options->authorities, g_free);
}

ClientExit
guest_get_exit (const GError *error)
{
  if (g_error_matches (error, RFL_ERROR, RFL_ERROR_FORBIDDEN))
    return CLIENT_REFUSED;
  if (g_error_matches (error, RFL_ERROR, RFL_ERROR_UNAVAILABLE))
    return CLIENT_UNREACHABLE;
  return CLIENT_FAILED;
}

Client *
guest_get_client (Guest *guest)
{
  return guest->client;
}

const RflFileMessage *
guest_get_key (const Guest *guest)
{
  return &guest->key;
}

GHashTable *
guest_get_files (Guest *guest)
{
  return guest->files;
}

static void
file_free (gpointer file)
{
  rfl_file_message_clear (file);
  g_free (file);
}

/* ---- waiting ---- */

static void
wait_for (Guest *guest, guint milliseconds, GSourceFunc func)
{
  if (guest->timer != 0)
    g_source_remove (guest->timer);
  guest->timer = func ? g_timeout_add (milliseconds, func, guest) : 0;
}

static gboolean
on_no_key (gpointer user_data)
{
  Guest *guest = user_data;
  g_autoptr (GError) error = NULL;

  guest->timer = 0;
  g_set_error_literal (
      &error, CLIENT_ERROR, CLIENT_REFUSED,
      client_control_is_up (guest->client)
          ? "the reflector has no files"
          : "the reflector knows nothing of control messages, so nothing of files");
  client_fail (guest->client, error);
  return G_SOURCE_REMOVE;
}

static gboolean
on_quiet (gpointer user_data)
{
  Guest *guest = user_data;

  guest->timer = 0;
  guest->ready = TRUE;
  guest->funcs->ready (guest, guest->user_data);
  return G_SOURCE_REMOVE;
}

/* ---- what the reflector says ---- */

static void
on_joined (Client *client, gpointer user_data)
{
  Guest *guest = user_data;

  wait_for (guest, (guint) client_get_settings (client)->timeout * 1000, on_no_key);
}

static void
take_key (Guest *guest, RflFileMessage *message)
{
  rfl_file_message_clear (&guest->key);
  guest->key = *message;
  *message = (RflFileMessage){ 0 };
  guest->has_key = TRUE;
}

static void
take_file (Guest *guest, RflFileMessage *message)
{
  RflFileMessage *file = g_new (RflFileMessage, 1);
  char *id = g_malloc (2 * RFL_FILE_ID + 1);
  gboolean known;

  rfl_file_hex_write (message->file, RFL_FILE_ID, id);
  known = g_hash_table_contains (guest->files, id);
  *file = *message;
  *message = (RflFileMessage){ 0 };
  g_hash_table_replace (guest->files, id, file);
  if (guest->ready && !known && guest->funcs->offered)
    guest->funcs->offered (guest, file, guest->user_data);
}

static void
drop_file (Guest *guest, const RflFileMessage *message)
{
  char id[2 * RFL_FILE_ID + 1];
  const RflFileMessage *file;

  rfl_file_hex_write (message->file, RFL_FILE_ID, id);
  file = g_hash_table_lookup (guest->files, id);
  if (file && guest->ready && guest->funcs->gone)
    guest->funcs->gone (guest, file, guest->user_data);
  g_hash_table_remove (guest->files, id);
}

static void
on_control (Client *client, const char *service, guint8 type, const guint8 *body, gsize len,
            gpointer user_data)
{
  Guest *guest = user_data;
  g_auto (RflFileMessage) message = { 0 };

  if (!g_str_equal (service, RFL_FILE_CONTROL)
      || !rfl_file_message_read (&message, type, body, len, NULL))
    return;
  if (type == RFL_FILE_KEY)
    take_key (guest, &message);
  else if (type == RFL_FILE_OFFERED)
    take_file (guest, &message);
  else
    drop_file (guest, &message);
  if (guest->has_key && !guest->ready)
    wait_for (guest, QUIET, on_quiet);
}

static void
on_leaving (Client *client, gpointer user_data)
{
  Guest *guest = user_data;

  wait_for (guest, 0, NULL);
  guest->funcs->leaving (guest, guest->user_data);
}

int
guest_run (const ClientSettings *settings, const GuestFuncs *funcs, gpointer user_data)
{
  static const ClientFuncs client_funcs = { .joined = on_joined,
                                            .control = on_control,
                                            .leaving = on_leaving };
  Guest guest = { .funcs = funcs, .user_data = user_data };
  g_autoptr (Client) client = client_new (settings, &client_funcs, &guest);
  int status;

  guest.client = client;
  guest.files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, file_free);
  client_add_medium (client, &client_quiet);
  status = client_run (client);
  wait_for (&guest, 0, NULL);
  rfl_file_message_clear (&guest.key);
  g_hash_table_unref (guest.files);
  return status;
}
