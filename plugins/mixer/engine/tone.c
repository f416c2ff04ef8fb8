/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tones are and how they become samples. Not for when they are played.
 */
#include "plugins/mixer/engine/tone.h"
#include <math.h>
#include <string.h>

#define MAX_NOTES 6
/* Each sine's amplitude: about -20 dBov. */
#define AMPLITUDE 4600.0
/* A note's beginning and end, microseconds. */
#define RAMP 5000u

/* @hz: 0: not there; both 0: a pause */
typedef struct {
  guint16 hz[2];
  guint16 ms; /* 0: the end */
} Note;

struct _MixTone {
  const char *name;
  Note notes[MAX_NOTES + 1];
};

static const MixTone tones[] = {
  { "join", { { { 523 }, 90 }, { { 784 }, 140 } } },
  { "leave", { { { 784 }, 90 }, { { 523 }, 140 } } },
  { "alone", { { { 440 }, 150 }, { { 0 }, 100 }, { { 440 }, 150 } } },
  { "pin", { { { 880 }, 120 }, { { 0 }, 80 }, { { 880 }, 120 }, { { 0 }, 80 }, { { 880 }, 120 } } },
  { "muted", { { { 400 }, 100 }, { { 0 }, 60 }, { { 400 }, 100 } } },
  { "unmuted", { { { 800 }, 100 }, { { 0 }, 60 }, { { 800 }, 100 } } },
  { "refused", { { { 480, 620 }, 250 }, { { 0 }, 250 }, { { 480, 620 }, 250 } } },
};

const MixTone *
mix_tone_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (tones); i++)
    if (strcmp (tones[i].name, name) == 0)
      return &tones[i];
  return NULL;
}

guint
mix_tone_length (const MixTone *tone)
{
  guint ms = 0;

  for (const Note *note = tone->notes; note->ms; note++)
    ms += note->ms;
  return ms;
}

void
mix_tone_start (MixTonePlayer *player, const MixTone *tone)
{
  *player = (MixTonePlayer){ .tone = tone };
}

/* @at: microseconds since its beginning */
static gint16
sample (const Note *note, guint at)
{
  guint left = note->ms * 1000u - at, edge = MIN (MIN (at, left), RAMP);
  double value = 0;

  for (guint i = 0; i < G_N_ELEMENTS (note->hz); i++)
    if (note->hz[i])
      value += sin (2 * G_PI * note->hz[i] * at / G_USEC_PER_SEC);
  return (gint16) lround (value * AMPLITUDE * edge / RAMP);
}

/* Returns: how many samples of the present note went to @out, at most @n */
static guint
render_note (MixTonePlayer *player, const Note *note, gint16 *out, guint n, guint rate)
{
  guint length = note->ms * 1000u, i;

  for (i = 0; i < n; i++)
    {
      guint at = player->done + (guint) ((guint64) i * G_USEC_PER_SEC / rate);
      if (at >= length)
        break;
      out[i] = sample (note, at);
    }
  player->done += (guint) ((guint64) i * G_USEC_PER_SEC / rate);
  return i;
}

gboolean
mix_tone_render (MixTonePlayer *player, gint16 *out, guint n, guint rate)
{
  guint filled = 0;

  if (!player->tone)
    return FALSE;
  while (filled < n && player->tone)
    {
      const Note *note = &player->tone->notes[player->note];
      filled += render_note (player, note, out + filled, n - filled, rate);
      if (filled == n)
        break;
      player->done = 0;
      player->note++;
      if (player->tone->notes[player->note].ms == 0)
        player->tone = NULL;
    }
  memset (out + filled, 0, (n - filled) * sizeof *out);
  return TRUE;
}
