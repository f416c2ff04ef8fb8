/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The service "rooms". Does not ask who its caller is. */
#define RFL_LOG_DOMAIN "rooms"
#include "plugins/rooms/instance.h"

#include <string.h>

static gboolean
has_medium (const RflParticipant *participant, const char *kind)
{
  for (guint i = 0; i < participant->media->len; i++)
    {
      const RflMedium *medium = participant->media->pdata[i];
      if (medium->current && medium->current->accepted
          && (!kind || strcmp (medium->kind, kind) == 0))
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_here (const RflParticipant *participant, GError **error)
{
  if (participant->state != RFL_PARTICIPANT_JOINED || !participant->session)
    g_set_error (error, RFL_ERROR, RFL_ERROR_NOT_FOUND, "%s is in no session", participant->id);
  else if (participant->origin)
    g_set_error (error, RFL_ERROR, RFL_ERROR_NOT_FOUND, "%s called another reflector",
                 participant->id);
  else
    return TRUE;
  return FALSE;
}

static gboolean
mute (gpointer self, RflParticipant *participant, const char *kind, gboolean muted, GError **error)
{
  RoomsGuest *guest;

  if (!is_here (participant, error))
    return FALSE;
  if (!has_medium (participant, kind))
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_NOT_FOUND, "%s has no %s", participant->id,
                   kind ? kind : "media");
      return FALSE;
    }
  guest = rooms_guest_get (self, participant);
  rooms_guest_mute (guest, kind, muted);
  rooms_guest_apply (guest);
  rfl_info (&(RflLogFields){ participant->session->name, participant->id, NULL },
            "%s by a moderator: %s", muted ? "muted" : "unmuted", kind ? kind : "all");
  return TRUE;
}

static gboolean
is_muted (gpointer self, const RflParticipant *participant, const char *kind)
{
  const RoomsGuest *guest = rooms_guest_find (participant);

  if (!guest || !has_medium (participant, kind))
    return FALSE;
  if (kind)
    return rooms_guest_is_muted (guest, kind);
  for (guint i = 0; i < participant->media->len; i++)
    if (!rooms_guest_is_muted (guest, ((RflMedium *) participant->media->pdata[i])->kind))
      return FALSE;
  return TRUE;
}

static gboolean
kick (gpointer self, RflParticipant *participant, const char *reason, GError **error)
{
  if (!is_here (participant, error))
    return FALSE;
  rfl_participant_end (participant, reason);
  return TRUE;
}

const RflRooms rooms_moderator = { .mute = mute, .is_muted = is_muted, .kick = kick };
