/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Participants of this reflector, and the passkeys by which they show over HTTP that they are. Not for what they may: judge.c. */
#include "plugins/files/files.h"

#include <string.h>

gboolean
files_is_in (const RflParticipant *participant)
{
  return !participant->origin && participant->state == RFL_PARTICIPANT_JOINED
         && participant->session && !participant->waiting;
}

void
files_guest_free (gpointer data)
{
  FilesGuest *guest = data;

  explicit_bzero (guest, sizeof *guest);
  g_free (guest);
}

FilesGuest *
files_get_guest (Files *files, RflParticipant *participant)
{
  FilesGuest *guest = g_hash_table_lookup (files->guests, participant->id);

  if (!files_is_in (participant))
    return NULL;
  if (guest)
    return guest;
  guest = g_new0 (FilesGuest, 1);
  guest->participant = participant;
  guest->since = rfl_clock_now (files->clock);
  files_random (guest->passkey, sizeof guest->passkey);
  g_hash_table_insert (files->guests, g_strdup (participant->id), guest);
  return guest;
}

void
files_forget_guest (Files *files, RflParticipant *participant)
{
  g_hash_table_remove (files->guests, participant->id);
  files_forget_told (files, participant);
}

/* Takes the same time for all. */
FilesGuest *
files_find_passkey (Files *files, const char *room, const char *hex)
{
  FilesGuest *found = NULL;
  guint8 key[FILE_KEY];
  GHashTableIter iter;
  gpointer value;

  if (!rfl_file_hex_read (key, sizeof key, hex))
    return NULL;
  g_hash_table_iter_init (&iter, files->guests);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      FilesGuest *guest = value;
      guint different = 0;
      for (guint i = 0; i < FILE_KEY; i++)
        different |= key[i] ^ guest->passkey[i];
      if (different == 0)
        found = guest;
    }
  return found && files_is_in (found->participant)
                 && g_str_equal (found->participant->session->name, room)
             ? found
             : NULL;
}

/* sip:USER@HOST, sips:USER@HOST; parameters and a password behind the user part are none of it */
static gboolean
is_user (const char *identity, const char *user)
{
  const char *colon = strchr (identity, ':');
  const char *start = colon ? colon + 1 : identity;
  gsize len = strcspn (start, "@:;");
  g_autofree char *escaped = g_strndup (start, len);
  g_autofree char *plain = g_uri_unescape_string (escaped, NULL);

  return start[len] == '@' && plain && g_str_equal (plain, user);
}

RflParticipant *
files_find_user (Files *files, const char *room, const char *user)
{
  const RflSession *session = rfl_core_find_session (files->core, room);

  for (guint i = 0; session && i < session->participants->len; i++)
    {
      RflParticipant *participant = session->participants->pdata[i];
      if (files_is_in (participant) && is_user (participant->identity, user))
        return participant;
    }
  return NULL;
}
