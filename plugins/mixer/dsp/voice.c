/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The speaking decision. Not for what is done with those who do.
 */
#include "plugins/mixer/dsp/voice.h"
#include <stdlib.h>

gboolean
voice_decide (Voice *voice, const VoiceRules *rules, gint dbov, guint ms)
{
  gint needed = rules->threshold - (voice->speaking ? VOICE_HYSTERESIS : 0);

  if (dbov >= needed)
    voice->left = rules->hangover;
  else
    voice->left -= MIN (voice->left, ms);
  voice->speaking = dbov >= needed || voice->left > 0;
  return voice->speaking;
}

static gint
weight (const VoiceCandidate *c)
{
  return c->level + (c->heard ? VOICE_INCUMBENT : 0);
}

static int
compare (const void *a, const void *b)
{
  return weight (b) - weight (a);
}

guint
voice_choose (VoiceCandidate *candidates, guint n, guint max)
{
  if (n <= max)
    return n;
  qsort (candidates, n, sizeof *candidates, compare);
  return max;
}
