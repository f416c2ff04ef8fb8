/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One source in the engine: what comes of its packets, whether it speaks, what it adds to the
 * sum. Not for choosing among speakers.
 */
#include "plugins/mixer/dsp/sum.h"
#include "plugins/mixer/engine/private.h"
#include <string.h>

MixSource *
mix_source_new (guint64 id, guint32 ssrc, const RflMedium *owner, MixMeter *meter)
{
  MixSource *source = g_new0 (MixSource, 1);

  source->id = id;
  source->ssrc = ssrc;
  source->owner = owner;
  source->meter = g_atomic_rc_box_acquire (meter);
  source->input_format = RFL_PT_NONE;
  source->auto_gain = (AutoGain) AUTO_GAIN_INIT;
  return source;
}

void
source_free (MixSource *source)
{
  METER_SET (source->meter->dbov, LEVEL_SILENCE);
  METER_SET (source->meter->heard, FALSE);
  g_atomic_rc_box_release (source->meter);
  mix_input_free (source->input);
  g_free (source);
}

/* A source may change its codec from one packet to the next. */
static MixInput *
get_input (MixSource *source, guint8 index, const RflFormat *format)
{
  if (source->input_format == index)
    return source->input;
  g_clear_pointer (&source->input, mix_input_free);
  source->input = mix_input_new (format);
  source->input_format = index;
  room_adapt (source->room);
  return source->input;
}

static void
take_audio (MixSource *source, guint8 index, const RflRtp *rtp, const RflFormat *format)
{
  MixInput *input = get_input (source, index, format);

  if (!input)
    METER_ADD (source->room->engine->stats.undecodable, 1);
  else
    mix_input_put (input, rtp, FALSE);
}

static gboolean
is (const RflFormat *format, const char *encoding)
{
  return g_ascii_strcasecmp (format->encoding, encoding) == 0;
}

static void
take_companion (MixSource *source, const RflRtp *rtp, const RflFormat *format)
{
  if (is (format, "CN") && source->input)
    mix_input_put (source->input, rtp, TRUE);
  else if (is (format, "telephone-event") && source->room->engine->rules.pass_events)
    event_pass (source, rtp, format->clock_rate);
}

void
source_receive (MixSource *source, const MixPacket *packet)
{
  const GPtrArray *formats = source->room->formats;
  const RflFormat *format;
  RflRtp rtp;

  METER_ADD (source->meter->packets, 1);
  if (packet->muted)
    {
      if (source->input)
        mix_input_reset (source->input);
      return;
    }
  if (!formats || packet->format >= formats->len
      || !rfl_rtp_parse (&rtp, packet->data, packet->len))
    return;
  format = formats->pdata[packet->format];
  if (rfl_format_is_auxiliary (format))
    take_companion (source, &rtp, format);
  else
    take_audio (source, packet->format, &rtp, format);
}

void
source_pull (MixSource *source)
{
  const MixRoom *room = source->room;
  guint n = room->rate / 1000 * room->step;
  double mean = 0;

  source->has_pcm =
      source->input && mix_input_pull (source->input, room->step, room->rate, source->pcm);
  if (source->has_pcm)
    mean = level_mean_square (source->pcm, n);
  source->dbov = level_to_dbov (mean);
  level_meter_add (&source->level, mean, room->step);
  METER_SET (source->meter->dbov, level_meter_dbov (&source->level));
  if (voice_decide (&source->voice, &room->engine->rules.voice, source->dbov, room->step)
      && room->engine->rules.automatic_level && source->has_pcm && source->voice.left > 0
      && source->dbov >= room->engine->rules.voice.threshold)
    auto_gain_learn (&source->auto_gain, mean, room->step);
  if (source->input)
    mix_input_tell (source->input, source->meter);
}

/* Into the sum within 2.5 ms, so that no word's beginning is lost; out of it within the step. */
static void
scale_part (MixSource *source, float to)
{
  const MixRoom *room = source->room;
  guint n = room->rate / 1000 * room->step, rise = source->gain == 0 ? room->rate / 400 : 0;

  sum_scale (source->part, source->pcm, rise, 0, to);
  sum_scale (source->part + rise, source->pcm + rise, n - rise, rise ? to : source->gain, to);
}

void
source_contribute (MixSource *source)
{
  float to = source->heard ? 1.0f : 0.0f;

  if (source->heard && source->room->engine->rules.automatic_level)
    to = source->auto_gain.gain;
  source->has_part = source->has_pcm && (to > 0 || source->gain > 0);
  if (source->has_part)
    scale_part (source, to);
  source->gain = source->has_pcm ? to : 0;
  METER_SET (source->meter->heard, source->heard);
}
