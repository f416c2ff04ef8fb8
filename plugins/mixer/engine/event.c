/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys (telephone-event, RFC 4733) on their way to the other listeners: each event keeps one
 * timestamp, durations are counted in the listener's clock. Not for acting on keys.
 */
#include "plugins/mixer/engine/private.h"
#include <string.h>

/* event, E/R/volume, duration (RFC 4733 §2.3) */
#define BLOCK 4
#define MAX_BLOCKS 4

/* Returns: length of what is written to @out */
static gsize
convert (const RflRtp *rtp, guint from, guint to, guint8 *out)
{
  gsize len = MIN (rtp->payload_len / BLOCK, MAX_BLOCKS) * BLOCK;

  memcpy (out, rtp->payload, len);
  for (gsize at = 0; at < len; at += BLOCK)
    {
      guint64 duration = (guint64) (out[at + 2] << 8 | out[at + 3]) * to / from;
      duration = MIN (duration, 0xffff);
      out[at + 2] = (guint8) (duration >> 8);
      out[at + 3] = (guint8) duration;
    }
  return len;
}

static void
send_as (const MixSource *source, MixGroup *group, const RflRtp *rtp, guint from, MixFormat format)
{
  const RflMedium *except[] = { source->owner };
  guint rate = group->format->clock_rate;
  guint8 payload[BLOCK * MAX_BLOCKS];
  RflFrame frame = { .feed = group->feed,
                     .format = (guint8) format,
                     .marker = rtp->marker,
                     .timestamp = (guint32) (source->event_ms * rate / 1000),
                     .csrc = &source->ssrc,
                     .n_csrc = 1,
                     .payload = payload,
                     .except = except,
                     .n_except = 1 };

  if (group->n_taste[format] == 0)
    return;
  frame.len = convert (rtp, from, format == MIX_FORMAT_EVENT_8000 ? 8000 : rate, payload);
  mix_emit (source->room->engine, &frame);
}

void
event_pass (MixSource *source, const RflRtp *rtp, guint clock_rate)
{
  MixRoom *room = source->room;

  if (rtp->payload_len < BLOCK || clock_rate == 0)
    {
      METER_ADD (source->meter->undecodable, 1);
      return;
    }
  if (!source->in_event || source->event_in != rtp->timestamp)
    {
      source->in_event = TRUE;
      source->event_in = rtp->timestamp;
      source->event_ms = room->ms;
      METER_ADD (room->engine->stats.events, 1);
    }
  for (guint i = 0; i < room->groups->len; i++)
    {
      send_as (source, room->groups->pdata[i], rtp, clock_rate, MIX_FORMAT_EVENT);
      send_as (source, room->groups->pdata[i], rtp, clock_rate, MIX_FORMAT_EVENT_8000);
    }
}
