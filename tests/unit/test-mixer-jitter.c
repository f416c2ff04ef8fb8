/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A source's jitter buffer in simulated networks. Each sample of the sender says when it was sent, so what comes
 * out tells its delay.
 */
#include "plugins/mixer/jitter/jitter.h"

#include <stdlib.h>
#include <string.h>

#define TICK 20
#define MAX_FLYING 64

typedef struct {
  gint64 due; /* microseconds */
  guint16 seq;
  guint32 timestamp;
  guint16 first; /* ms that its first sample says */
} Flying;

/**
 * Weather:
 * @ppm: by how much the sender's clock is fast
 * @jitter: ms, evenly spread
 * @spurts: ms of speech and of nothing, in turn; 0: always speech
 */
typedef struct {
  guint ptime, loss, jitter, seconds;
  gint ppm;
  guint spurts;
  guint twice; /* per cent that come twice */
} Weather;

typedef struct {
  MixJitter *jitter;
  Weather weather;
  Flying flying[MAX_FLYING];
  guint n_flying;
  gint64 sent; /* packets */
  guint16 seq;
  guint32 offset; /* of the timestamps */
  guint silent, heard;
  GArray *delays; /* of each second: median, ms */
} World;

static World *
world_new (const Weather *weather)
{
  g_autoptr (RflFormat) format = rfl_format_new (96, "L16", 8000, 1, NULL);
  World *w = g_new0 (World, 1);

  w->weather = *weather;
  w->jitter = mix_jitter_new (mix_codec_find (format), format);
  w->seq = 65000;
  w->offset = 0xffffff00u;
  w->delays = g_array_new (FALSE, FALSE, sizeof (gint));
  return w;
}

static void
world_free (World *w)
{
  mix_jitter_free (w->jitter);
  g_array_unref (w->delays);
  g_free (w);
}

static void
put (World *w, const Flying *packet)
{
  guint n = w->weather.ptime * 8;
  g_autofree guint8 *payload = g_malloc (2 * n);
  RflRtp rtp = {
    .seq = packet->seq, .timestamp = packet->timestamp, .payload = payload, .payload_len = 2 * n
  };

  for (guint i = 0; i < n; i++)
    {
      guint value = (packet->first + i / 8) % 30000;
      payload[2 * i] = (guint8) (value >> 8);
      payload[2 * i + 1] = (guint8) value;
    }
  mix_jitter_put (w->jitter, &rtp, FALSE);
}

static void
fly (World *w, gint64 now)
{
  const Weather *weather = &w->weather;
  Flying packet = { .due = now + g_test_rand_int_range (0, (gint32) weather->jitter + 1) * 1000,
                    .seq = w->seq++,
                    .timestamp = w->offset + (guint32) (w->sent * weather->ptime * 8),
                    .first = (guint16) (w->sent * weather->ptime % 30000) };
  guint copies = g_test_rand_int_range (0, 100) < (gint) weather->twice ? 2 : 1;

  if (g_test_rand_int_range (0, 1000) < (gint) weather->loss * 10)
    return;
  for (; copies > 0; copies--)
    {
      g_assert_cmpuint (w->n_flying, <, MAX_FLYING);
      w->flying[w->n_flying++] = packet;
    }
}

/* Packets leave by the sender's clock. */
static void
send_due (World *w, gint64 now)
{
  const Weather *weather = &w->weather;
  gint64 period = (gint64) weather->ptime * (1000000 - weather->ppm) / 1000;

  while (w->sent * period <= now)
    {
      gint64 ms = w->sent * weather->ptime;
      if (weather->spurts == 0 || ms / weather->spurts % 2 == 0)
        fly (w, w->sent * period);
      w->sent++;
    }
  for (guint i = 0; i < w->n_flying;)
    if (w->flying[i].due <= now)
      {
        put (w, &w->flying[i]);
        memmove (w->flying + i, w->flying + i + 1, (--w->n_flying - i) * sizeof *w->flying);
      }
    else
      i++;
}

static gint
by_value (gconstpointer a, gconstpointer b)
{
  return *(const gint *) a - *(const gint *) b;
}

/* Of the drifting sender's clock only what it has become is known: its ms now. */
static gint
delay_of (const World *w, gint64 now, gint16 sample)
{
  gint64 sender_ms = now * 1000 / (1000000 - w->weather.ppm);

  return (gint) (((sender_ms - sample) % 30000 + 30000) % 30000);
}

static void
run (World *w)
{
  gint delays[1000 / TICK];
  guint n = 0, ticks = 0;

  for (gint64 now = 0; now < (gint64) w->weather.seconds * G_USEC_PER_SEC; now += TICK * 1000)
    {
      gint16 out[TICK * 8];
      send_due (w, now);
      if (mix_jitter_pull (w->jitter, TICK, out))
        {
          delays[n++] = delay_of (w, now, out[0]);
          w->heard++;
        }
      else
        w->silent++;
      if (++ticks % (1000 / TICK) != 0)
        continue;
      if (n > 500 / TICK)
        {
          qsort (delays, n, sizeof *delays, by_value);
          g_array_append_val (w->delays, delays[n / 2]);
        }
      n = 0;
    }
}

/* The highest of the medians of @n seconds from @first on. */
static gint
worst (const World *w, guint first, guint n)
{
  gint most = 0;

  for (guint i = first; i < first + n && i < w->delays->len; i++)
    most = MAX (most, g_array_index (w->delays, gint, i));
  return most;
}

static void
tell (const World *w, const char *what)
{
  MixJitterStats stats;

  mix_jitter_get_stats (w->jitter, &stats);
  g_test_message ("%s: delay %d ms early, %d ms at the end; %" G_GUINT64_FORMAT
                  " packets, late %" G_GUINT64_FORMAT ", lost %" G_GUINT64_FORMAT
                  ", resets %" G_GUINT64_FORMAT ", told %u; silent %u",
                  what, worst (w, 5, 20), worst (w, w->delays->len - 20, 20), stats.packets,
                  stats.late, stats.lost, stats.resets, stats.delay, w->silent);
}

typedef struct {
  const char *name;
  Weather weather;
  gint most;       /* ms of delay */
  guint concealed; /* per cent at most */
} Case;

static const Case cases[] = {
  { "calm", { .ptime = 20, .seconds = 60 }, 25, 0 },
  { "calm-10", { .ptime = 10, .seconds = 60 }, 25, 0 },
  { "calm-60", { .ptime = 60, .seconds = 60 }, 65, 0 },
  { "fast", { .ptime = 20, .seconds = 600, .ppm = 200 }, 45, 1 },
  { "slow", { .ptime = 20, .seconds = 600, .ppm = -200 }, 45, 1 },
  { "storm", { .ptime = 20, .seconds = 600, .loss = 5, .jitter = 40 }, 90, 9 },
  { "storm-fast",
    { .ptime = 20, .seconds = 600, .loss = 5, .jitter = 40, .ppm = 200, .twice = 2 },
    90,
    9 },
  { "storm-slow", { .ptime = 20, .seconds = 600, .loss = 5, .jitter = 40, .ppm = -200 }, 90, 9 },
  { "spurts", { .ptime = 20, .seconds = 120, .spurts = 3000 }, 45, 5 },
};

static void
test_weather (gconstpointer data)
{
  const Case *c = data;
  World *w = world_new (&c->weather);
  MixJitterStats stats;

  run (w);
  tell (w, c->name);
  mix_jitter_get_stats (w->jitter, &stats);
  g_assert_cmpint (worst (w, 5, G_MAXINT / 2), <=, c->most);
  g_assert_cmpint (worst (w, w->delays->len - 20, 20), <=, worst (w, 5, 20) + 25);
  g_assert_cmpuint (stats.lost, <=, 3 + w->heard * c->concealed / 100);
  g_assert_cmpuint (stats.resets, ==, 0);
  world_free (w);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/mixer/jitter/weather/%s", cases[i].name);
      g_test_add_data_func (path, &cases[i], test_weather);
    }
  return g_test_run ();
}
