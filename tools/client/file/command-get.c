/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reflector-client get-file: the list of a room's files, one of them, all, or whatever comes. */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "tools/client/commands.h"
#include "tools/client/file/guest.h"
#include "tools/client/file/transfer.h"

#define SILENCE 15
#define PATIENCE 120

typedef struct {
  Guest *guest;
  char *name, *folder;
  gboolean list, all, wait;
  GTlsDatabase *authorities;
  gboolean any_certificate;
  GQueue wanted; /* ids in hexadecimal digits */
  Transfer *transfer;
  TransferSpec spec;
  char *path, *url, *id;
  ClientExit status;
} Get;

static void next (Get *get);

/* ---- one file ---- */

static void
clear (Get *get)
{
  g_clear_pointer (&get->transfer, transfer_free);
  g_clear_pointer (&get->path, g_free);
  g_clear_pointer (&get->url, g_free);
  g_clear_pointer (&get->id, g_free);
}

static void
on_progress (guint64 octets, guint64 size, gpointer user_data)
{
  Get *get = user_data;

  client_progress (guest_get_client (get->guest),
                   "%s: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " octets", get->path, octets,
                   size);
}

static void
on_done (const GError *error, gpointer user_data)
{
  Get *get = user_data;
  Client *client = guest_get_client (get->guest);
  ClientLine *line = client_line_new (error ? "failed" : "got");

  client_line_text (line, "id", get->id);
  client_line_text (line, "path", get->path);
  client_line_int (line, "size", (gint64) get->spec.size);
  if (error)
    client_line_text (line, "error", error->message);
  client_tell (client, line, "%s: %s", get->path, error ? error->message : "is here, and right");
  if (error)
    get->status = guest_get_exit (error);
  clear (get);
  next (get);
}

/* (transfer full): the first name that nobody has: NAME, "NAME (2)"… What has begun under one is gone on with. */
static char *
choose_path (const Get *get, const char *name)
{
  g_autofree char *first = g_build_filename (get->folder, name, NULL);
  char *path = g_strdup (first);

  for (guint i = 2; g_file_test (path, G_FILE_TEST_EXISTS); i++)
    {
      g_free (path);
      path = g_strdup_printf ("%s (%u)", first, i);
    }
  return path;
}

static void
fetch (Get *get, const char *id, const RflFileMessage *file)
{
  static const TransferFuncs funcs = { on_progress, on_done };

  get->id = g_strdup (id);
  get->path = choose_path (get, file->name);
  get->url = g_strdup (file->url);
  get->spec = (TransferSpec){ .path = get->path,
                              .url = get->url,
                              .size = file->size,
                              .authorities = get->authorities,
                              .any_certificate = get->any_certificate,
                              .silence = SILENCE,
                              .patience = PATIENCE };
  memcpy (get->spec.sha256, file->sha256, RFL_FILE_SHA256);
  get->transfer = transfer_get (&get->spec, &funcs, get);
}

static void
next (Get *get)
{
  while (!get->transfer && !g_queue_is_empty (&get->wanted))
    {
      g_autofree char *id = g_queue_pop_head (&get->wanted);
      const RflFileMessage *file = g_hash_table_lookup (guest_get_files (get->guest), id);
      if (file)
        fetch (get, id, file);
    }
  if (!get->transfer && !get->wait)
    client_leave (guest_get_client (get->guest), get->status);
}

/* ---- what there is ---- */

static void
tell (Get *get, const char *id, const RflFileMessage *file)
{
  char hash[2 * RFL_FILE_SHA256 + 1];
  ClientLine *line = client_line_new ("offered");

  rfl_file_hex_write (file->sha256, RFL_FILE_SHA256, hash);
  client_line_text (line, "id", id);
  client_line_text (line, "name", file->name);
  client_line_int (line, "size", (gint64) file->size);
  client_line_text (line, "sha256", hash);
  client_line_text (line, "owner", file->owner);
  client_line_text (line, "type", file->media_type);
  client_line_text (line, "url", file->url);
  client_tell (guest_get_client (get->guest), line, "%12" G_GUINT64_FORMAT "  %s  (%s)", file->size,
               file->name, file->owner ? file->owner : "?");
}

static void
tell_page (Get *get)
{
  const char *page = guest_get_key (get->guest)->page;

  if (page)
    client_tell (guest_get_client (get->guest),
                 client_line_text (client_line_new ("page"), "url", page), "The room's page: %s",
                 page);
}

static void
consider (Get *get, const char *id, const RflFileMessage *file)
{
  if (get->list)
    tell (get, id, file);
  else if (get->all || g_strcmp0 (get->name, file->name) == 0 || g_strcmp0 (get->name, id) == 0)
    g_queue_push_tail (&get->wanted, g_strdup (id));
}

static void
ready (Guest *guest, gpointer user_data)
{
  Get *get = user_data;
  GHashTableIter iter;
  gpointer id, file;
  g_autoptr (GError) error = NULL;

  get->guest = guest;
  if (get->list)
    tell_page (get);
  g_hash_table_iter_init (&iter, guest_get_files (guest));
  while (g_hash_table_iter_next (&iter, &id, &file))
    consider (get, id, file);
  if (get->name && g_queue_is_empty (&get->wanted) && !get->wait)
    {
      g_set_error (&error, CLIENT_ERROR, CLIENT_FAILED, "there is no file %s in the room",
                   get->name);
      client_fail (guest_get_client (guest), error);
      return;
    }
  next (get);
}

static void
offered (Guest *guest, const RflFileMessage *file, gpointer user_data)
{
  Get *get = user_data;
  char id[2 * RFL_FILE_ID + 1];

  if (!get->wait)
    return;
  rfl_file_hex_write (file->file, RFL_FILE_ID, id);
  consider (get, id, file);
  next (get);
}

static void
leaving (Guest *guest, gpointer user_data)
{
  clear (user_data);
}

static int
run_get (int argc, char **argv)
{
  g_auto (ClientSettings) settings = { 0 };
  g_auto (GuestOptions) options = { 0 };
  g_autofree char *name = NULL, *folder = NULL;
  g_autoptr (GTlsDatabase) authorities = NULL;
  g_autoptr (GError) error = NULL;
  Get get = { 0 };
  const GOptionEntry entries[] = {
    { "list", 0, 0, G_OPTION_ARG_NONE, &get.list, "Tell what there is, and fetch nothing", NULL },
    { "all", 0, 0, G_OPTION_ARG_NONE, &get.all, "Fetch every file", NULL },
    { "name", 0, 0, G_OPTION_ARG_STRING, &name, "Fetch those of this name, or that of this id",
      "NAME" },
    { "output", 0, 0, G_OPTION_ARG_FILENAME, &folder, "Folder that they go to (default: here)",
      "FOLDER" },
    { "wait", 0, 0, G_OPTION_ARG_NONE, &get.wait, "Stay in the room for those that come later",
      NULL },
    GUEST_TLS_ENTRIES (&options),
    G_OPTION_ENTRY_NULL,
  };
  static const GuestFuncs funcs = { .ready = ready, .offered = offered, .leaving = leaving };
  int status;

  if (!client_settings_parse (&settings, &client_command_get_file, entries, &argc, &argv, 0))
    return CLIENT_USAGE;
  if (get.list + get.all + (name != NULL) != 1)
    return client_usage (&client_command_get_file, "one of --list, --all and --name must be given");
  if (folder && !g_file_test (folder, G_FILE_TEST_IS_DIR))
    return client_usage (&client_command_get_file, "--output %s: it is no folder", folder);
  if (options.authorities && !(authorities = g_tls_file_database_new (options.authorities, &error)))
    return client_usage (&client_command_get_file, "--tls-ca: %s", error->message);
  g_queue_init (&get.wanted);
  get.name = name;
  get.folder = folder ? folder : (char *) ".";
  get.authorities = authorities;
  get.any_certificate = options.any_certificate;
  status = guest_run (&settings, &funcs, &get);
  g_queue_clear_full (&get.wanted, g_free);
  return status;
}

const ClientCommand client_command_get_file = { "get-file", "ROOM",
                                                "List or fetch the files of the room", run_get };
