/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feeds the mixer's jitter buffer with scripts: the first octet chooses the codec, then follow packets with
 * any numbers and timestamps, noise, resets and pulls. What it promises is held against each.
 */
#include "plugins/mixer/jitter/jitter.h"

#include "tests/fuzz/fuzz.h"

#define MARK 0x55aa
/* Pulls of one input, so that none takes long. */
#define MAX_PULLS 400

typedef struct {
  const guint8 *data;
  gsize size, at;
  MixJitter *jitter;
  RflRtp rtp;
  guint pulls;
  guint64 put;
} Script;

static guint
next (Script *s)
{
  return s->at < s->size ? s->data[s->at++] : 0;
}

static RflFormat *
choose (guint which)
{
  static const struct {
    const char *encoding;
    guint clock_rate, channels;
  } formats[] = { { "opus", 48000, 2 }, { "G722", 8000, 1 },  { "PCMU", 8000, 1 },
                  { "GSM", 8000, 1 },   { "DVI4", 16000, 1 }, { "L16", 44100, 2 } };
  guint i = which % G_N_ELEMENTS (formats);

  return rfl_format_new (96, formats[i].encoding, formats[i].clock_rate, formats[i].channels, NULL);
}

static void
put (Script *s, gboolean noise)
{
  guint wanted = next (s);
  gsize len = MIN (wanted, s->size - s->at);
  g_autofree guint8 *payload = g_memdup2 (s->data + s->at, len);

  s->at += len;
  s->rtp.payload = payload;
  s->rtp.payload_len = len;
  mix_jitter_put (s->jitter, &s->rtp, noise);
  s->put++;
}

static void
pull (Script *s, guint ms)
{
  guint n = mix_jitter_get_rate (s->jitter) * ms / 1000;
  g_autofree gint16 *out = g_new (gint16, n);

  if (s->pulls++ >= MAX_PULLS)
    return;
  for (guint i = 0; i < n; i++)
    out[i] = MARK;
  if (!mix_jitter_pull (s->jitter, ms, out))
    for (guint i = 0; i < n; i++)
      g_assert_cmpint (out[i], ==, MARK);
}

static void
take_step (Script *s)
{
  guint op = next (s);

  switch (op & 7)
    {
    case 0: /* as senders do */
      s->rtp.seq++;
      s->rtp.timestamp += 8 * (op & 0xf8);
      put (s, FALSE);
      break;
    case 1:
      s->rtp.seq += (guint16) (next (s) - 128);
      s->rtp.timestamp += 80 * (next (s) - 128);
      put (s, op & 8);
      break;
    case 2:
      s->rtp.seq = (guint16) (next (s) << 8 | next (s));
      s->rtp.timestamp = next (s) << 24 | next (s) << 16 | next (s);
      put (s, op & 8);
      break;
    case 3:
      mix_jitter_reset (s->jitter);
      break;
    default:
      pull (s, 1 + op % MIX_MAX_PULL);
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  Script s = { .data = data, .size = size };
  g_autoptr (RflFormat) format = choose (next (&s));
  MixJitterStats stats;

  s.jitter = mix_jitter_new (mix_codec_find (format), format);
  while (s.at < s.size)
    take_step (&s);
  mix_jitter_get_stats (s.jitter, &stats);
  g_assert_cmpuint (stats.packets, <=, s.put);
  g_assert_cmpuint (stats.late, <=, stats.packets);
  mix_jitter_free (s.jitter);
  return 0;
}
