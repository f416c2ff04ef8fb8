/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When tones are played: somebody comes, goes, is alone, or another plugin says so. Only those who
 * hear the mix get them. Not for what they sound like (engine/tone.c).
 */
#include "config.h"

#include "plugins/mixer/mixer.h"
#include <string.h>

/* The first "alone" comes when the newcomer's media have found their way. */
#define FIRST_ALONE (2 * G_TIME_SPAN_SECOND)

static void
play_in (MixerRoom *room, MixListener *listener, const MixTone *tone)
{
  MixMessage message = { .type = MIX_PLAY, .listener = listener, .tone = tone };

  mixer_room_post (room, &message);
  rfl_counter_add (room->mixer->tones, 1);
}

static gboolean
play_to (MixerRoom *room, const RflParticipant *participant, const MixTone *tone)
{
  for (guint i = 0; i < participant->media->len; i++)
    {
      MixerListener *listener = g_hash_table_lookup (room->listeners, participant->media->pdata[i]);
      if (!listener)
        continue;
      play_in (room, listener->handle, tone);
      return TRUE;
    }
  return FALSE;
}

static MixerRoom *
find_room (Mixer *mixer, const RflSession *session)
{
  for (guint i = 0; session && i < session->routes->len; i++)
    {
      MixerRoom *room = mixer_room_find (mixer, session->routes->pdata[i]);
      if (room)
        return room;
    }
  return NULL;
}

gboolean
mixer_play (Mixer *mixer, RflSession *session, RflParticipant *only, const char *name)
{
  MixerRoom *room = find_room (mixer, session);
  const MixTone *tone = mix_tone_find (name);

  if (!room || !tone)
    return FALSE;
  if (only)
    return play_to (room, only, tone);
  play_in (room, NULL, tone);
  return TRUE;
}

static gboolean
is_audible (const RflParticipant *participant)
{
  for (guint i = 0; i < participant->media->len; i++)
    {
      const RflMedium *medium = participant->media->pdata[i];
      if (medium->route && strcmp (medium->kind, "audio") == 0)
        return (medium->blocked & RFL_DIRECTION_RECEIVE) == 0;
    }
  return FALSE;
}

/* Who waits to be let in has not come yet. @others: those who are present beside @participant */
static void
announce (Mixer *mixer, const RflParticipant *participant, gboolean wanted, guint others,
          const char *tone)
{
  MixerRoom *room = find_room (mixer, participant->session);

  if (!room)
    return;
  if (wanted && !participant->waiting && others > 0 && others < mixer->settings.tone_participants
      && is_audible (participant))
    play_in (room, NULL, mix_tone_find (tone));
  mixer_tones_check_alone (room);
}

void
mixer_tones_joined (Mixer *mixer, RflParticipant *participant)
{
  announce (mixer, participant, mixer->settings.join_tone,
            rfl_session_count_present (participant->session) - 1, "join");
}

void
mixer_tones_left (Mixer *mixer, RflParticipant *participant)
{
  announce (mixer, participant, mixer->settings.leave_tone,
            rfl_session_count_present (participant->session), "leave");
}

static void
on_alone (gpointer data)
{
  MixerRoom *room = data;

  play_in (room, NULL, mix_tone_find ("alone"));
  rfl_timer_repeat (room->alone, room->mixer->settings.alone_interval * G_TIME_SPAN_SECOND);
}

void
mixer_tones_check_alone (MixerRoom *room)
{
  gboolean alone = room->mixer->settings.alone_interval > 0
                   && rfl_session_count_present (room->route->session) == 1;

  if (!alone)
    g_clear_pointer (&room->alone, rfl_timer_free);
  else if (!room->alone)
    {
      room->alone =
          rfl_timer_new (rfl_core_get_clock (room->mixer->core), "mixer alone", on_alone, room);
      rfl_timer_start (room->alone, FIRST_ALONE);
    }
}
