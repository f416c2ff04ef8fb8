/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys out of telephone-event packets: what is no key first, then one press in many packets, several
 * senders, and the ring with two threads. Not for what keys do.
 */
#include "plugins/rooms/keys.h"
#include "plugins/rooms/press.h"
#include "plugins/rooms/ring.h"
#include "plugins/rooms/tone.h"
#include "tests/unit/path-fixture.h"

#define A "192.0.2.1:4000"
#define B "192.0.2.2:4000"

static void
test_garbage (void)
{
  static const guint8 payload[] = { 16, 0, 0, 160, 255, 0, 0, 0 };
  RoomsTone tone = { .key = 'x' };

  g_assert_false (rooms_tone_read (&tone, NULL, 0));
  for (gsize len = 0; len < 4; len++)
    g_assert_false (rooms_tone_read (&tone, (const guint8 *) "\1\0\0\0", len));
  g_assert_false (rooms_tone_read (&tone, payload, 4));
  g_assert_false (rooms_tone_read (&tone, payload + 4, 4));
  g_assert_true (tone.key == 'x');
}

static void
test_read (void)
{
  for (guint8 i = 0; i < 16; i++)
    {
      const guint8 payload[] = { i, 0x80 | 0x40 | 10, 1, 2, 99 };
      RoomsTone tone;
      g_assert_true (rooms_tone_read (&tone, payload, sizeof payload));
      g_assert_true (tone.key == "0123456789*#ABCD"[i]);
      g_assert_true (tone.end);
      g_assert_cmpuint (tone.volume, ==, 10);
      g_assert_cmpuint (tone.duration, ==, 258);
    }
}

static void
test_press (void)
{
  RoomsPress press = { 0 };

  g_assert_true (rooms_press_begins (&press, '1', 0xfffffff0));
  g_assert_false (rooms_press_begins (&press, '1', 0xfffffff0));
  g_assert_true (rooms_press_begins (&press, '1', 800));
  g_assert_false (rooms_press_begins (&press, '1', 0xfffffff0)); /* late */
  g_assert_false (rooms_press_begins (&press, '2', 800));
  g_assert_false (rooms_press_begins (&press, '1', 800 + 0xffff)); /* a long one goes on */
  g_assert_true (rooms_press_begins (&press, '2', 800 + 2 * 0xffff));
  g_assert_true (rooms_press_begins (&press, '2', 0x80000000)); /* begun anew */
}

#define NOTES 100000

static gpointer
write_notes (gpointer data)
{
  for (guint i = 0; i < NOTES;)
    {
      RoomsNote note = { .source_id = i, .timestamp = ~i, .key = (char) i };
      if (rooms_ring_push (data, &note))
        i++;
      else
        g_thread_yield ();
    }
  return NULL;
}

static void
test_ring (void)
{
  g_autofree RoomsRing *ring = g_new0 (RoomsRing, 1);
  RoomsNote note = { 0 };
  GThread *thread;

  g_assert_false (rooms_ring_pop (ring, &note));
  for (guint i = 0; i < ROOMS_RING_SIZE; i++)
    g_assert_true (rooms_ring_push (ring, &note));
  g_assert_false (rooms_ring_push (ring, &note));
  while (rooms_ring_pop (ring, &note))
    ;
  thread = g_thread_new ("writer", write_notes, ring);
  for (guint i = 0; i < NOTES;)
    {
      if (!rooms_ring_pop (ring, &note))
        {
          g_thread_yield ();
          continue;
        }
      g_assert_cmpuint (note.source_id, ==, i);
      g_assert_cmpuint (note.timestamp, ==, ~i);
      i++;
    }
  g_thread_join (thread);
}

/* ---- on a path ---- */

static RflHookResult
on_digit (RflEvent *event, gpointer data, GError **error)
{
  g_string_append_printf (data, "%s%s", event->participant->identity, event->name);
  return RFL_HOOK_CONTINUE;
}

static void
press (Fixture *f, const char *from, guint32 ssrc, guint8 event, guint32 timestamp, guint16 seq)
{
  TestRtp rtp = test_rtp (101, seq, timestamp, ssrc, 4);

  rtp.data[12] = event;
  rtp.data[13] = 10;
  rtp.data[14] = 0;
  rtp.data[15] = 160;
  fixture_inject (f, from, &rtp);
  fixture_step (f);
}

static void
assert_keys (Fixture *f, GString *keys, const char *want)
{
  rfl_clock_advance (f->clock, 100 * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpstr (keys->str, ==, want);
  g_string_truncate (keys, 0);
}

static void
test_path (gconstpointer data)
{
  Fixture *f = fixture_new (GPOINTER_TO_UINT (data));
  g_autoptr (GString) keys = g_string_new (NULL);
  const RflHook hook = {
    "test/digit", RFL_EVENT_DIGIT, RFL_HOOK_NORMAL, NULL, NULL, on_digit, keys
  };
  guint id = rfl_bus_add_hook (rfl_core_get_bus (f->core), &hook, NULL);
  RoomsKeys *rooms = rooms_keys_new (f->core);
  RflMedium *a, *b, *c;

  g_assert_true (rooms_keys_start (rooms, NULL));
  a = fixture_join (f, "room", "a", NULL, "audio");
  b = fixture_join (f, "room", "b", NULL, "audio");
  c = fixture_join (f, "room", "c", "elsewhere", "audio");
  fixture_add_source (f, a, fixture_add_flow (f, A), 1, 1);
  fixture_add_source (f, b, fixture_add_flow (f, B), 2, 2);
  fixture_add_source (f, c, fixture_add_flow (f, "192.0.2.3:4000"), 3, 3);
  press (f, A, 1, 99, 800, 1);
  press (f, "192.0.2.3:4000", 3, 1, 800, 1);
  fixture_send (f, A, 0, 2, 900, 1);
  assert_keys (f, keys, "");
  for (guint16 i = 0; i < 6; i++) /* between those of the other */
    {
      press (f, A, 1, 10, 1000, 3 + i);
      press (f, B, 2, 6, 1000, 3 + i);
    }
  assert_keys (f, keys, "a*b6");
  rfl_medium_set_blocked (a, RFL_DIRECTION_SEND);
  press (f, A, 1, 6, 3000, 20);
  assert_keys (f, keys, "a6");
  for (guint16 i = 0; i < 100; i++)
    press (f, A, 1, 6, 5000 + i, 21 + i);
  rfl_clock_advance (f->clock, 100 * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpuint (keys->len, >=, 2 * 18);
  g_assert_cmpuint (keys->len, <=, 2 * 22);
  g_assert_cmpuint (fixture_count (f, "rooms.digits_limited"), >, 70);
  rooms_keys_stop (rooms);
  g_string_truncate (keys, 0);
  press (f, B, 2, 6, 9000, 30);
  assert_keys (f, keys, "");
  rooms_keys_free (rooms);
  rfl_bus_remove_hook (rfl_core_get_bus (f->core), id);
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rooms/keys/garbage", test_garbage);
  g_test_add_func ("/rooms/keys/read", test_read);
  g_test_add_func ("/rooms/keys/press", test_press);
  g_test_add_func ("/rooms/keys/ring", test_ring);
  g_test_add_data_func ("/rooms/keys/path", GUINT_TO_POINTER (1), test_path);
  g_test_add_data_func ("/rooms/keys/workers", GUINT_TO_POINTER (3), test_path);
  return g_test_run ();
}
