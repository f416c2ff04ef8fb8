/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Smoothing and hysteresis of one voice. Keeps no list of them: room.c. */
#include "plugins/switcher/voice.h"

#define GAP (300 * G_TIME_SPAN_MILLISECOND)
#define SMOOTHING 0.3

gboolean
voice_is_heard (const Voice *voice, gint64 now)
{
  return voice->heard != 0 && now - voice->heard <= GAP;
}

void
voice_feed (Voice *voice, const VoiceRules *rules, gint dbov, gint64 now)
{
  if (dbov < rules->threshold)
    return;
  if (!voice_is_heard (voice, now))
    {
      voice->since = now;
      voice->loudness = dbov;
    }
  voice->loudness += SMOOTHING * (dbov - voice->loudness);
  voice->heard = now;
}

gboolean
voice_is_speaking (const Voice *voice, const VoiceRules *rules, gint64 now)
{
  return voice_is_heard (voice, now) && voice->heard - voice->since >= rules->speech_time;
}

gboolean
voice_takes_over (const Voice *voice, const Voice *speaker, const VoiceRules *rules, gint64 now)
{
  if (!voice_is_speaking (voice, rules, now))
    return FALSE;
  if (speaker == NULL || !voice_is_heard (speaker, now))
    return TRUE;
  return now - speaker->elected >= rules->hold_time
         && voice->loudness >= speaker->loudness + rules->margin;
}
