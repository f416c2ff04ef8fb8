/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What participants of this reflector are told of files: by messages of the control channel who speaks it, by a line of text who
 * does not. Not for other reflectors: links.c.
 */
#include "plugins/files/files.h"

#include <string.h>

/* Microseconds in which somebody who has just come may begin to speak control, before he is taken for a phone. */
#define PATIENCE (5 * G_TIME_SPAN_SECOND)
/* What is more than so many files at once is one line with the room's page. */
#define MAX_TEXTS 3

static gboolean
speaks (const Files *files, RflParticipant *participant)
{
  return files->control && files->control->speaks (files->control_self, participant);
}

static gboolean
pass (Files *files, RflParticipant *participant, const RflFileMessage *message)
{
  g_autoptr (GBytes) body = rfl_file_message_write (message);

  if (files->control->send (files->control_self, participant, RFL_FILE_CONTROL,
                            (guint8) message->type, body, NULL))
    return TRUE;
  rfl_counter_add (files->counters.untold, 1);
  return FALSE;
}

/* (transfer full): in a URL that would be too long the name is left out, which changes nothing */
static char *
get_url (const FileInfo *info, const char *base)
{
  g_autofree char *path = file_info_get_path (info);
  char *url = g_strconcat (base, path, NULL);

  if (strlen (url) > RFL_FILE_MAX_URL)
    strrchr (url, '/')[1] = '\0';
  return url;
}

static char *
base_of (const Files *files, const RflParticipant *participant)
{
  return files_get_base (files, &participant->signalling, &participant->local);
}

/* (transfer full) (nullable): %NULL: there are no pages */
static char *
get_page (const Files *files, const FilesGuest *guest, const char *base)
{
  g_autofree char *path = NULL;

  if (!files->limits.page)
    return NULL;
  path = files_get_page (files, guest->participant->session->name);
  return g_strconcat (base, path, NULL);
}

/* ---- one who speaks control ---- */

static gboolean
tell_key (Files *files, FilesGuest *guest, const char *base)
{
  g_autofree char *page = get_page (files, guest, base);
  RflFileMessage message = { .type = RFL_FILE_KEY,
                             .base = (char *) base,
                             .room = (char *) guest->participant->session->name,
                             .page = page };
  gboolean told;

  memcpy (message.passkey, guest->passkey, RFL_FILE_PASSKEY);
  told = pass (files, guest->participant, &message);
  explicit_bzero (message.passkey, sizeof message.passkey);
  return told;
}

static gboolean
tell_file (const FilesItem *item, RflParticipant *participant, const char *base)
{
  const FileInfo *info = item->info;
  g_autofree char *url = get_url (info, base);
  RflFileMessage message = { .type = RFL_FILE_OFFERED,
                             .name = info->name,
                             .size = info->size,
                             .owner = info->owner,
                             .media_type = info->type,
                             .url = url };

  memcpy (message.file, info->id, RFL_FILE_ID);
  memcpy (message.sha256, info->hash, RFL_FILE_SHA256);
  return pass (item->files, participant, &message);
}

/* ---- phones ---- */

/* (transfer full) */
static char *
format_size (guint64 size)
{
  static const char *const units[] = { "kB", "MB", "GB", "TB" };
  double value = (double) size / 1000;
  guint i = 0;

  if (size < 1000)
    return g_strdup_printf ("%" G_GUINT64_FORMAT " octets", size);
  for (; value >= 999.95 && i + 1 < G_N_ELEMENTS (units); i++)
    value /= 1000;
  return g_strdup_printf ("%.1f %s", value, units[i]);
}

static gboolean
say_file (const FilesItem *item, RflParticipant *participant, const char *base)
{
  const FileInfo *info = item->info;
  g_autofree char *url = get_url (info, base);
  g_autofree char *size = format_size (info->size);
  g_autofree char *text =
      g_strdup_printf ("%.128s offers %s (%s): %s", info->owner, info->name, size, url);
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  return rfl_participant_send_text (participant, valid, NULL);
}

static gboolean
is_phone (const Files *files, const FilesGuest *guest)
{
  return !speaks (files, guest->participant)
         && rfl_clock_now (files->clock) - guest->since >= PATIENCE;
}

/* Those of @list that he has not been told of. */
static guint
count_news (const GPtrArray *list, const RflParticipant *participant)
{
  guint n = 0;

  for (guint i = 0; i < list->len; i++)
    if (!g_hash_table_contains (((FilesItem *) list->pdata[i])->told, participant->id))
      n++;
  return n;
}

static void
say_page (Files *files, FilesGuest *guest, GPtrArray *list, const char *base)
{
  g_autofree char *page = get_page (files, guest, base);
  g_autofree char *text = NULL;

  if (!page)
    return;
  text = g_strdup_printf ("There are %u files in this room: %s", list->len, page);
  if (!rfl_participant_send_text (guest->participant, text, NULL))
    return;
  for (guint i = 0; i < list->len; i++)
    g_hash_table_add (((FilesItem *) list->pdata[i])->told, g_strdup (guest->participant->id));
}

/* ---- who is told what ---- */

static void
tell (FilesItem *item, FilesGuest *guest, const char *base)
{
  Files *files = item->files;
  RflParticipant *participant = guest->participant;
  gboolean told = FALSE;

  if (g_hash_table_contains (item->told, participant->id))
    return;
  if (speaks (files, participant))
    told = tell_file (item, participant, base);
  else if (is_phone (files, guest))
    told = !files->options.by_message || say_file (item, participant, base);
  if (told)
    g_hash_table_add (item->told, g_strdup (participant->id));
  else
    guest->due = TRUE;
}

/* Keys first: a client must know what it may do with what is offered. */
static void
tell_all (Files *files, FilesGuest *guest)
{
  g_autofree char *base = base_of (files, guest->participant);
  g_autoptr (GPtrArray) list = NULL;

  guest->due = !base;
  if (!base)
    return;
  if (speaks (files, guest->participant) && !guest->told)
    guest->told = tell_key (files, guest, base);
  guest->due = speaks (files, guest->participant) && !guest->told;
  list = files_list (files, guest->participant->session->name);
  if (is_phone (files, guest) && files->options.by_message
      && count_news (list, guest->participant) > MAX_TEXTS)
    say_page (files, guest, list, base);
  for (guint i = 0; i < list->len; i++)
    tell (list->pdata[i], guest, base);
}

void
files_tell_newcomer (Files *files, RflParticipant *participant)
{
  FilesGuest *guest = files_get_guest (files, participant);

  if (guest)
    tell_all (files, guest);
}

/* Its end of the channel is new, and knows nothing. */
void
files_tell_again (Files *files, RflParticipant *participant)
{
  FilesGuest *guest = files_get_guest (files, participant);
  g_autoptr (GPtrArray) list = NULL;

  if (!guest)
    return;
  guest->told = FALSE;
  list = files_list (files, participant->session->name);
  for (guint i = 0; i < list->len; i++)
    g_hash_table_remove (((FilesItem *) list->pdata[i])->told, participant->id);
  tell_all (files, guest);
}

void
files_tell_late (Files *files)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, files->guests);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((FilesGuest *) value)->due && files_is_in (((FilesGuest *) value)->participant))
      tell_all (files, value);
}

void
files_announce (FilesItem *item)
{
  Files *files = item->files;
  RflSession *session = rfl_core_find_session (files->core, item->info->room);

  for (guint i = 0; session && i < session->participants->len; i++)
    {
      FilesGuest *guest = files_get_guest (files, session->participants->pdata[i]);
      g_autofree char *base = guest ? base_of (files, guest->participant) : NULL;
      if (base)
        tell (item, guest, base);
    }
}

void
files_say_gone (FilesItem *item, const char *reason)
{
  RflFileMessage message = { .type = RFL_FILE_GONE, .reason = (char *) reason };
  GHashTableIter iter;
  gpointer id;

  memcpy (message.file, item->info->id, RFL_FILE_ID);
  g_hash_table_iter_init (&iter, item->told);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    {
      RflParticipant *participant = rfl_core_find_participant (item->files->core, id);
      if (participant && speaks (item->files, participant))
        pass (item->files, participant, &message);
    }
}

void
files_forget_told (Files *files, RflParticipant *participant)
{
  GHashTableIter iter;
  gpointer item;

  g_hash_table_iter_init (&iter, files->items);
  while (g_hash_table_iter_next (&iter, NULL, &item))
    g_hash_table_remove (((FilesItem *) item)->told, participant->id);
}
