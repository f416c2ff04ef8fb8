/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mixing thread: its grid by hand, then for real with two workers that feed it. */
#include "plugins/mixer/engine/thread.h"
#include "core/core-private.h"
#include "tests/helpers/memory-transport.h"
#include <reflector/rtp.h>
#include <string.h>

#define MS G_TIME_SPAN_MILLISECOND
#define N_SOURCES 6

typedef struct {
  TestNetwork *net;
  RflCore *core;
  RflCounter *dropped;
  MixThread *thread;
  MixRoom *room;
  guint64 frames; /* atomic */
  gint stop;      /* atomic */
} Fixture;

static gboolean
count_frame (gpointer user_data, const RflFrame *frame)
{
  Fixture *f = user_data;

  __atomic_fetch_add (&f->frames, 1, __ATOMIC_RELAXED);
  return TRUE;
}

static void
set_up (Fixture *f, gconstpointer manual)
{
  RflCoreOptions options = { .n_workers = 2, .manual_workers = TRUE };
  MixThreadSpec spec = { .emit = count_frame, .user_data = f };
  g_autoptr (GError) error = NULL;

  memset (f, 0, sizeof *f);
  f->net = test_network_new ();
  options.transport = test_network_add_host (f->net, "10.0.0.1");
  options.clock = manual ? rfl_clock_new_manual (G_USEC_PER_SEC) : NULL;
  f->core = rfl_core_new (&options);
  rfl_core_start (f->core, &error);
  g_assert_no_error (error);
  f->dropped = rfl_counter_get (f->core, "mixer.packets_dropped", "");
  spec.core = f->core;
  spec.dropped = f->dropped;
  spec.rules = (MixRules){ .voice = { -50, 400 }, .max_speakers = 4 };
  f->thread = mix_thread_new (&spec);
}

static void
tear_down (Fixture *f, gconstpointer manual)
{
  mix_thread_free (f->thread);
  rfl_core_free (f->core);
  test_network_free (f->net);
}

static void
add_room (Fixture *f)
{
  MixMessage message = { .type = MIX_ADD_ROOM, .room = f->room = mix_room_new () };
  GPtrArray *formats = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_format_free);

  mix_thread_post (f->thread, &message);
  g_ptr_array_add (formats, rfl_format_new (0, "PCMU", 8000, 1, NULL));
  message.type = MIX_SET_FORMATS;
  message.formats = formats;
  mix_thread_post (f->thread, &message);
}

static void
remove_room (Fixture *f)
{
  MixMessage message = { .type = MIX_REMOVE_ROOM, .room = f->room };

  mix_thread_post (f->thread, &message);
}

static MixGroup *
add_group (Fixture *f)
{
  g_autoptr (RflFormat) format = rfl_format_new (0, "PCMU", 8000, 1, NULL);
  MixMessage message = { .type = MIX_ADD_GROUP,
                         .room = f->room,
                         .group = mix_group_new ((gpointer) f, format, 20) };

  mix_thread_post (f->thread, &message);
  return message.group;
}

static MixListener *
add_listener (Fixture *f, MixGroup *group, gconstpointer medium)
{
  MixMessage message = { .type = MIX_PLACE_LISTENER,
                         .room = f->room,
                         .group = group,
                         .listener = mix_listener_new (medium),
                         .taste = { MIX_FORMAT_SILENCE, MIX_N_FORMATS } };

  mix_thread_post (f->thread, &message);
  return message.listener;
}

static MixSource *
add_source (Fixture *f, guint64 id)
{
  MixMeter *meter = g_atomic_rc_box_new0 (MixMeter);
  MixMessage message = { .type = MIX_ADD_SOURCE,
                         .room = f->room,
                         .source = mix_source_new (id, (guint32) id, NULL, meter) };

  mix_thread_post (f->thread, &message);
  g_atomic_rc_box_release (meter);
  return message.source;
}

static guint64
ticks (const Fixture *f)
{
  return __atomic_load_n (&mix_thread_get_stats (f->thread)->ticks, __ATOMIC_RELAXED);
}

static void
test_grid (Fixture *f, gconstpointer manual)
{
  const MixStats *stats = mix_thread_get_stats (f->thread);
  gint64 now = G_USEC_PER_SEC;

  g_assert_cmpint (mix_thread_turn (f->thread, now), ==, G_MAXINT64); /* nothing to mix */
  add_room (f);
  add_listener (f, add_group (f), f);
  g_assert_cmpint (mix_thread_turn (f->thread, now), ==, now + 10 * MS);
  g_assert_cmpuint (ticks (f), ==, 1);
  g_assert_cmpint (mix_thread_turn (f->thread, now + 9 * MS), ==, now + 10 * MS); /* too early */
  g_assert_cmpuint (ticks (f), ==, 1);
  /* 34 ms late: made up for one by one, half a step apart */
  now += 44 * MS;
  for (guint i = 0; i < 4; i++)
    {
      g_assert_cmpint (mix_thread_turn (f->thread, now), ==, now + 5 * MS);
      mix_thread_turn (f->thread, now + 4 * MS);
      g_assert_cmpuint (ticks (f), ==, 2 + i);
      now += 5 * MS;
    }
  g_assert_cmpuint (stats->late_ticks, ==, 4);
  g_assert_cmpuint (stats->skipped_ticks, ==, 0);
  /* a second late: left out */
  now += G_USEC_PER_SEC;
  mix_thread_turn (f->thread, now);
  g_assert_cmpuint (stats->skipped_ticks, >=, 98);
  g_assert_cmpuint (ticks (f), ==, 6);
  remove_room (f);
  g_assert_cmpint (mix_thread_turn (f->thread, now), ==, G_MAXINT64);
}

/* More messages than the ring holds wait for their turn. */
static void
test_many_messages (Fixture *f, gconstpointer manual)
{
  MixMessage message = { .type = MIX_SET_RULES, .rules = { .max_speakers = 2 } };
  guint64 last = 0;

  for (guint i = 0; i < 20000; i++)
    last = mix_thread_post (f->thread, &message);
  g_assert_cmpuint (last, ==, 20000);
  for (guint i = 0; i < 100 && mix_thread_poll (f->thread) < last; i++)
    mix_thread_turn (f->thread, G_USEC_PER_SEC);
  g_assert_cmpuint (mix_thread_poll (f->thread), ==, last);
}

static void
tap (Fixture *f, guint worker, guint64 id, guint16 seq, gsize len)
{
  RflRtp rtp = { .seq = seq, .timestamp = seq * 160u, .ssrc = (guint32) id };
  guint8 data[2000];
  RflPacket packet = { .data = data,
                       .size = sizeof data,
                       .len = len,
                       .source_id = id,
                       .arrival = rfl_clock_now (rfl_core_get_clock (f->core)) };

  memset (data, 0x20, sizeof data);
  rfl_rtp_write (&rtp, data, sizeof data);
  mix_thread_tap (&packet, 1, worker, f->thread);
}

/* A thread that does not come drops what is too much, and counts it. */
static void
test_full_ring (Fixture *f, gconstpointer manual)
{
  for (guint i = 0; i < 10000; i++)
    tap (f, 1, 1, (guint16) i, 172);
  g_assert_cmpuint (rfl_counter_read (f->dropped), >, 1000);
  g_assert_cmpuint (rfl_counter_read (f->dropped), <, 9000);
  tap (f, 0, 1, 0, 1501); /* too long for it; not counted there */
  mix_thread_turn (f->thread, G_USEC_PER_SEC);
  g_assert_cmpuint (mix_thread_get_stats (f->thread)->stray, ==,
                    10000 - rfl_counter_read (f->dropped));
}

static gpointer
work (gpointer data)
{
  Fixture *f = data;

  for (guint16 seq = 0; !__atomic_load_n (&f->stop, __ATOMIC_RELAXED); seq++)
    {
      for (guint i = 0; i < N_SOURCES / 2; i++)
        tap (f, 1, 2 * i + 1, seq, 172);
      g_usleep (2 * MS);
    }
  return NULL;
}

static void
stir (Fixture *f, MixListener *listener, guint i)
{
  MixMessage message = { .room = f->room, .listener = listener };

  message.type = MIX_PLAY;
  message.tone = mix_tone_find ("join");
  mix_thread_post (f->thread, &message);
  message.type = MIX_SET_BLOCKED;
  message.blocked = i & 1;
  mix_thread_post (f->thread, &message);
}

static void
test_running (Fixture *f, gconstpointer manual)
{
  g_autoptr (GError) error = NULL;
  guint64 last;
  GThread *worker;
  MixListener *listener;
  MixSource *sources[N_SOURCES];

  g_assert_true (mix_thread_start (f->thread, &error));
  g_assert_no_error (error);
  add_room (f);
  listener = add_listener (f, add_group (f), f);
  for (guint i = 0; i < N_SOURCES; i++)
    sources[i] = add_source (f, i);
  worker = g_thread_new ("worker", work, f);
  for (guint i = 0; ticks (f) < 30; i++)
    {
      stir (f, listener, i);
      for (guint k = 0; k < N_SOURCES; k += 2)
        tap (f, 0, k, (guint16) i, 172);
      g_usleep (5 * MS);
    }
  for (guint i = 0; i < N_SOURCES / 2; i++)
    {
      MixMessage message = { .type = MIX_REMOVE_SOURCE, .source = sources[i] };
      mix_thread_post (f->thread, &message);
    }
  remove_room (f);
  last = mix_thread_get_posted (f->thread);
  while (mix_thread_poll (f->thread) < last)
    g_usleep (MS);
  __atomic_store_n (&f->stop, 1, __ATOMIC_RELAXED);
  g_thread_join (worker);
  mix_thread_stop (f->thread);
  g_assert_cmpuint (__atomic_load_n (&f->frames, __ATOMIC_RELAXED), >=, 10);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/mixer/threads/grid", Fixture, "manual", set_up, test_grid, tear_down);
  g_test_add ("/mixer/threads/many-messages", Fixture, "manual", set_up, test_many_messages,
              tear_down);
  g_test_add ("/mixer/threads/full-ring", Fixture, "manual", set_up, test_full_ring, tear_down);
  g_test_add ("/mixer/threads/running", Fixture, NULL, set_up, test_running, tear_down);
  return g_test_run ();
}
