/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mixer's jitter buffer behind simulated networks, ten minutes of media at a time: how long the way
 * is at the beginning and at the end, and how much is lost. Not for single packets: test-mixer-jitter.c.
 */
#include "plugins/mixer/jitter/jitter.h"

#include <math.h>
#include <string.h>

#define TICK_MS 20
#define MINUTES 10
/* Each second begins with a burst, by which it is found again. */
#define BURST_MS 100
#define LOUD 12000
#define SOFT 300
#define MAX_UNDER_WAY 64

#define HZ 200

/**
 * Network:
 * @loss: of 1000 packets
 * @jitter: packets take up to so many ms longer than others
 * @ppm: by which the sender's clock is too fast
 * @way: ms that a burst may take at most, in the mean of a minute: with the packet's own length, and
 *   up to a pull's until it is looked for
 */
typedef struct {
  const char *name, *encoding;
  guint clock_rate, channels, ptime;
  guint loss, jitter;
  gint ppm;
  double way;
} Network;

typedef struct {
  double due; /* ms */
  guint16 seq;
  guint32 timestamp;
  gsize len;
  guint8 data[1500];
} Packet;

typedef struct {
  const Network *net;
  GRand *rand;
  MixEncoder *encoder;
  MixJitter *jitter;
  guint rate, out_rate;
  guint64 said;
  double next_send; /* ms */
  guint16 seq;
  guint32 timestamp;
  Packet under_way[MAX_UNDER_WAY];
  guint n_under_way;
  double sum[MINUTES];
  guint n[MINUTES], n_sent[MINUTES];
  guint n_silent[MINUTES];
  guint64 concealed[MINUTES + 1];
  guint soft;
  gint16 last;
  gint step; /* the largest from one sample to the next, after a second */
} Sim;

static void
say (Sim *s)
{
  guint per_packet = s->rate * s->net->ptime / 1000;
  gint16 pcm[60 * 48];
  Packet *packet = &s->under_way[s->n_under_way];

  for (guint i = 0; i < per_packet; i++, s->said++)
    {
      gboolean burst = s->said % s->rate < s->rate * BURST_MS / 1000;
      pcm[i] = (gint16) ((burst ? LOUD : SOFT)
                         * sin (2 * G_PI * HZ * (double) (s->said % s->rate) / s->rate));
    }
  packet->len = mix_encoder_encode (s->encoder, pcm, per_packet, packet->data, sizeof packet->data);
  packet->seq = s->seq++;
  packet->timestamp = s->timestamp;
  s->timestamp += s->net->clock_rate * s->net->ptime / 1000;
  /* a packet leaves when its last sample has been said; the network's shortest way is no time */
  packet->due = s->next_send + s->net->ptime
                + (s->net->jitter ? g_rand_double_range (s->rand, 0, s->net->jitter) : 0);
  s->next_send += s->net->ptime * (1 - s->net->ppm / 1e6);
  if ((guint) g_rand_int_range (s->rand, 0, 1000) >= s->net->loss)
    s->n_under_way++;
}

static void
deliver (Sim *s, double now)
{
  for (;;)
    {
      Packet *first = NULL;
      RflRtp rtp = { 0 };
      for (guint i = 0; i < s->n_under_way; i++)
        if (s->under_way[i].due <= now && (!first || s->under_way[i].due < first->due))
          first = &s->under_way[i];
      if (!first)
        return;
      rtp.seq = first->seq;
      rtp.timestamp = first->timestamp;
      rtp.payload = first->data;
      rtp.payload_len = first->len;
      mix_jitter_put (s->jitter, &rtp, FALSE);
      *first = s->under_way[--s->n_under_way];
    }
}

/* In stretches of 5 ms: where a burst begins. @now: of the first sample's being heard, ms. */
static void
listen (Sim *s, const gint16 *pcm, double now)
{
  guint n = s->out_rate / 200;

  for (guint k = 0; k < TICK_MS / 5; k++)
    {
      double sum = 0, at = now + 5 * k, way;
      guint minute = (guint) (at / 60000);
      for (guint i = 0; i < n; i++)
        sum += (double) pcm[k * n + i] * pcm[k * n + i];
      if (sum / n < LOUD / 4.0 * LOUD / 4.0)
        {
          s->soft++;
          continue;
        }
      if (s->soft > 150 && minute < MINUTES)
        {
          double second = 1000 * (1 - s->net->ppm / 1e6);
          way = fmod (at, second);
          s->sum[minute] += way;
          s->n[minute]++;
        }
      s->soft = 0;
    }
}

static void
feel (Sim *s, const gint16 *pcm, double now)
{
  for (guint i = 0; i < s->out_rate * TICK_MS / 1000; i++)
    {
      if (now > 1000)
        s->step = MAX (s->step, ABS (pcm[i] - s->last));
      s->last = pcm[i];
    }
}

static void
run (Sim *s)
{
  for (guint now = 0; now < MINUTES * 60000; now += TICK_MS)
    {
      gint16 pcm[TICK_MS * 48] = { 0 };
      MixJitterStats stats;
      guint minute = now / 60000;
      while (s->next_send + s->net->ptime <= now)
        say (s);
      deliver (s, now);
      if (!mix_jitter_pull (s->jitter, TICK_MS, pcm))
        s->n_silent[minute]++;
      listen (s, pcm, now);
      feel (s, pcm, now);
      mix_jitter_get_stats (s->jitter, &stats);
      s->concealed[minute + 1] = stats.lost;
    }
}

static Sim *
sim_new (const Network *net)
{
  g_autoptr (RflFormat) format =
      rfl_format_new (96, net->encoding, net->clock_rate, net->channels, NULL);
  const MixCodec *codec = mix_codec_find (format);
  Sim *s = g_new0 (Sim, 1);

  s->net = net;
  s->rand = g_rand_new_with_seed (1);
  s->encoder = mix_encoder_new (codec, format);
  s->jitter = mix_jitter_new (codec, format);
  s->rate = mix_codec_get_rate (codec, format);
  s->out_rate = mix_jitter_get_rate (s->jitter);
  s->seq = 65000;
  s->timestamp = G_MAXUINT32 - 48000 * 30;
  s->next_send = 7;
  return s;
}

static void
sim_free (Sim *s)
{
  mix_encoder_free (s->encoder);
  mix_jitter_free (s->jitter);
  g_rand_free (s->rand);
  g_free (s);
}

static void
check_minute (const Sim *s, guint i)
{
  const Network *net = s->net;
  guint64 concealed = s->concealed[i + 1] - s->concealed[i];
  guint64 lost = 60 * net->loss / net->ptime; /* in the mean */

  g_test_message ("%u: %u bursts, %.0f ms, concealed %" G_GUINT64_FORMAT, i, s->n[i],
                  s->sum[i] / s->n[i], concealed);
  g_assert_cmpuint (s->n[i], >=, 57);
  g_assert_cmpuint (s->n[i], <=, 62);
  g_assert_cmpfloat (s->sum[i] / s->n[i], <=, net->way);
  /* a lost packet may be in two pulls; and a slow sender is waited for now and then */
  g_assert_cmpuint (concealed, <=, lost * 8 / 5 + (net->ppm || i == 0 ? 5 : 0));
}

static void
test_network (gconstpointer data)
{
  const Network *net = data;
  Sim *s = sim_new (net);
  MixJitterStats stats;

  run (s);
  for (guint i = 0; i < MINUTES; i++)
    check_minute (s, i);
  for (guint i = 1; i < MINUTES; i++)
    g_assert_cmpuint (s->n_silent[i], ==, 0);
  mix_jitter_get_stats (s->jitter, &stats);
  g_test_message ("late %" G_GUINT64_FORMAT ", step %d", stats.late, s->step);
  g_assert_cmpuint (stats.late, <=, 20);
  g_assert_cmpuint (stats.resets, ==, 0);
  if (net->loss == 0)
    g_assert_cmpint (s->step, <, 3 * 2 * G_PI * HZ * LOUD / s->out_rate);
  sim_free (s);
}

static const Network networks[] = {
  { "calm", "PCMU", 8000, 1, 20, 0, 0, 0, 45 },
  { "calm-30", "PCMU", 8000, 1, 30, 0, 0, 0, 55 },
  { "calm-60", "PCMU", 8000, 1, 60, 0, 0, 0, 85 },
  { "fast", "PCMU", 8000, 1, 20, 0, 0, 200, 60 },
  { "slow", "PCMU", 8000, 1, 20, 0, 0, -200, 60 },
  { "storm-fast", "PCMU", 8000, 1, 20, 50, 40, 200, 95 },
  { "storm-slow", "PCMU", 8000, 1, 20, 50, 40, -200, 95 },
  { "g722-storm-slow", "G722", 8000, 1, 20, 50, 40, -200, 95 },
  { "opus-storm-fast", "opus", 48000, 2, 20, 50, 40, 200, 100 },
  { "opus-storm-slow", "opus", 48000, 2, 20, 50, 40, -200, 100 },
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (networks); i++)
    {
      g_autofree char *path = g_strdup_printf ("/mixer/jitter/network/%s", networks[i].name);
      g_test_add_data_func (path, &networks[i], test_network);
    }
  return g_test_run ();
}
