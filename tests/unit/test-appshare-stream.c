/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What crosses one reflector between a sharer and its viewers, and what closes with what: channels, broadcast. With sockets
 * on loopback. Not for who may share: test-appshare.c; nor for the octets of frames: test-share-wire.c.
 */
#include "tests/unit/appshare-fixture.h"

#include <string.h>
#include <unistd.h>

#include "core/wire/bytes.h"

static guint8 big[RFL_SHARE_MAX_PAYLOAD + 1];

/* ---- channels ---- */

static void
two_viewers (void)
{
  House *house = house_new ("r1", 26460, "");
  RflParticipant *a = house_join (house, "room", "a"), *b = house_join (house, "room", "b");
  RflParticipant *c, *x = house_join (house, "elsewhere", "x");
  int sharer = house_share (house, a, 1, RFL_SHARE_CHANNEL), v1, v2;
  RflShareMessage *first = house_await (house, b, RFL_SHARE_ANNOUNCE), *late;
  guint32 c1, c2;
  char text[16];

  c = house_join (house, "room", "c");
  late = house_await (house, c, RFL_SHARE_ANNOUNCE);
  g_assert_cmpstr (late->owner, ==, "a");
  g_assert_cmpstr (late->title, ==, "a window");
  g_assert_cmpint (memcmp (first->passkey, late->passkey, RFL_SHARE_PASSKEY), !=, 0);
  g_assert_false (house_was_told (house, a, RFL_SHARE_ANNOUNCE));
  g_assert_false (house_was_told (house, x, RFL_SHARE_ANNOUNCE));
  v1 = client_enter (first);
  c1 = client_await_open (sharer);
  v2 = client_enter (late);
  c2 = client_await_open (sharer);
  g_assert_cmpuint (c1, !=, c2);
  client_write (v1, "one", 3);
  client_await_text (sharer, c1, "one");
  client_write (v2, "two", 3);
  client_await_text (sharer, c2, "two");
  client_frame (sharer, RFL_SHARE_FRAME_DATA, 0, c2, "for two", 7);
  client_frame (sharer, RFL_SHARE_FRAME_DATA, 0, c1, "for one", 7);
  client_read (v1, text, 7);
  g_assert_cmpmem (text, 7, "for one", 7);
  client_read (v2, text, 7);
  g_assert_cmpmem (text, 7, "for two", 7);
  /* one goes, the other one stays */
  close (v1);
  g_assert_cmpuint (client_read_frame (sharer, big).type, ==, RFL_SHARE_FRAME_CLOSE);
  client_frame (sharer, RFL_SHARE_FRAME_DATA, 0, c1, "late", 4);
  client_frame (sharer, RFL_SHARE_FRAME_DATA, 0, c2, "more", 4);
  client_frame (sharer, RFL_SHARE_FRAME_CLOSE, 0, c2, NULL, 0);
  client_read (v2, text, 4);
  client_assert_closed (v2);
  close (sharer);
  house_await (house, b, RFL_SHARE_ENDED);
  house_await (house, c, RFL_SHARE_ENDED);
  house_await (house, a, RFL_SHARE_ENDED);
  g_assert_cmpint (client_connect (26460), ==, -1);
  house_free (house);
}

/* Who does not read is held at his credit; the other one gets all of it. */
static void
slow_viewer (void)
{
  House *house = house_new ("r1", 26460, "credit = 64;");
  RflParticipant *a = house_join (house, "room", "a"), *b = house_join (house, "room", "b");
  RflParticipant *c = house_join (house, "room", "c");
  int sharer = house_share (house, a, 1, RFL_SHARE_CHANNEL);
  int slow = client_enter (house_await (house, b, RFL_SHARE_ANNOUNCE)), quick;
  guint32 c1 = client_read_frame (sharer, big).channel, c2;
  gsize credit = 0, sent = 0;

  g_assert_cmpuint (wire_get32 (big), ==, 65536);
  quick = client_enter (house_await (house, c, RFL_SHARE_ANNOUNCE));
  c2 = client_await_open (sharer);
  /* until no more credit comes for it */
  for (credit = 65536; credit >= 16384; credit -= 16384, sent += 16384)
    {
      client_frame (sharer, RFL_SHARE_FRAME_DATA, 0, c1, big, 16384);
      client_frame (sharer, RFL_SHARE_FRAME_DATA, 0, c2, big, 16384);
      client_read (quick, big, 16384);
      for (gboolean more = TRUE; more;)
        {
          RflShareFrame frame = client_read_frame (sharer, big);
          g_assert_cmpuint (frame.type, ==, RFL_SHARE_FRAME_CREDIT);
          more = frame.channel != c2;
          if (frame.channel == c1)
            credit += wire_get32 (big);
        }
      g_assert_cmpuint (sent, <, 64 << 20);
    }
  client_frame (sharer, RFL_SHARE_FRAME_DATA, 0, c2, "still", 5);
  client_read (quick, big, 5);
  g_assert_cmpmem (big, 5, "still", 5);
  close (slow);
  close (quick);
  close (sharer);
  house_free (house);
}

static void
sharer_floods (void)
{
  House *house = house_new ("r1", 26460, "credit = 16;");
  RflParticipant *a = house_join (house, "room", "a"), *b = house_join (house, "room", "b");
  int sharer = house_share (house, a, 1, RFL_SHARE_CHANNEL);
  int viewer = client_enter (house_await (house, b, RFL_SHARE_ANNOUNCE));
  guint32 channel = client_await_open (sharer);

  client_frame (sharer, RFL_SHARE_FRAME_DATA, 0, channel, big, 16384);
  client_frame (sharer, RFL_SHARE_FRAME_DATA, 0, channel, big, 65535);
  g_assert_cmpstr (house_await (house, b, RFL_SHARE_ENDED)->reason, ==,
                   "its sharer broke the protocol");
  g_assert_cmpuint (house_count (house, "appshare.broken"), ==, 1);
  close (viewer);
  close (sharer);
  house_free (house);
}

static void
viewer_may_send (void)
{
  House *house = house_new ("r1", 26460, "credit = 16;");
  RflParticipant *a = house_join (house, "room", "a"), *b = house_join (house, "room", "b");
  int sharer = house_share (house, a, 1, RFL_SHARE_CHANNEL);
  int viewer = client_enter (house_await (house, b, RFL_SHARE_ANNOUNCE));
  guint32 channel = client_await_open (sharer);
  gsize got = 0;

  client_write (viewer, big, 40000);
  while (got < 16384)
    got += client_read_frame (sharer, big).len;
  g_assert_cmpuint (got, ==, 16384);
  client_frame (sharer, RFL_SHARE_FRAME_PING, 0, 0, "still", 5);
  g_assert_cmpuint (client_read_frame (sharer, big).type, ==, RFL_SHARE_FRAME_PONG);
  client_credit (sharer, channel, 40000 - 16384);
  while (got < 40000)
    got += client_read_frame (sharer, big).len;
  g_assert_cmpuint (got, ==, 40000);
  close (viewer);
  close (sharer);
  house_free (house);
}

/* ---- broadcast ---- */

static void
broadcast (void)
{
  House *house = house_new ("r1", 26460, "");
  RflParticipant *a = house_join (house, "room", "a"), *b = house_join (house, "room", "b");
  int sharer = house_share (house, a, 1, RFL_SHARE_BROADCAST), viewer, late;
  RflShareMessage *told = house_await (house, b, RFL_SHARE_ANNOUNCE);
  char text[32];

  viewer = client_enter (told);
  client_frame (sharer, RFL_SHARE_FRAME_DATA, 0, 0, "before", 6);
  client_frame (sharer, RFL_SHARE_FRAME_HEADER, RFL_SHARE_FRAME_MORE, 0, "he", 2);
  client_frame (sharer, RFL_SHARE_FRAME_HEADER, 0, 0, "ad", 2);
  client_frame (sharer, RFL_SHARE_FRAME_DATA, RFL_SHARE_FRAME_MARK, 0, "key1", 4);
  client_frame (sharer, RFL_SHARE_FRAME_DATA, 0, 0, "delta", 5);
  client_read (viewer, text, 13);
  g_assert_cmpmem (text, 13, "headkey1delta", 13);
  late = client_enter (told);
  client_frame (sharer, RFL_SHARE_FRAME_DATA, 0, 0, "delta", 5);
  client_frame (sharer, RFL_SHARE_FRAME_DATA, RFL_SHARE_FRAME_MARK, 0, "key2", 4);
  client_read (viewer, text, 9);
  client_read (late, text, 8);
  g_assert_cmpmem (text, 8, "headkey2", 8);
  close (sharer);
  client_assert_closed (late);
  client_assert_closed (viewer);
  house_free (house);
}

/* One that does not read misses something, the other one nothing; what waits stays below the queue. */
static void
broadcast_slow (void)
{
  House *house = house_new ("r1", 26460, "queue = 512; stall = 2;");
  RflParticipant *a = house_join (house, "room", "a"), *b = house_join (house, "room", "b");
  int sharer = house_share (house, a, 1, RFL_SHARE_BROADCAST), quick, slow;
  RflShareMessage *told = house_await (house, b, RFL_SHARE_ANNOUNCE);
  guint8 piece[32768];

  quick = client_enter (told);
  slow = client_enter (told);
  for (guint i = 0; i < 2000; i++)
    {
      memset (piece, (int) (i & 0xff), sizeof piece);
      client_frame (sharer, RFL_SHARE_FRAME_DATA, RFL_SHARE_FRAME_MARK, 0, piece, sizeof piece);
      client_read (quick, piece, sizeof piece);
      g_assert_cmpuint (piece[0], ==, i & 0xff);
      g_assert_cmpuint (piece[sizeof piece - 1], ==, i & 0xff);
    }
  g_assert_cmpuint (house_count (house, "appshare.skips"), >=, 1);
  for (gint64 end = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;
       house_count (house, "appshare.slow") == 0 && g_get_monotonic_time () < end;)
    {
      client_frame (sharer, RFL_SHARE_FRAME_DATA, RFL_SHARE_FRAME_MARK, 0, piece, 1000);
      client_read (quick, piece, 1000);
      run_for (20);
    }
  g_assert_cmpuint (house_count (house, "appshare.slow"), ==, 1);
  close (slow);
  close (quick);
  close (sharer);
  house_free (house);
}

static void
broadcast_header_too_long (void)
{
  House *house = house_new ("r1", 26460, "");
  RflParticipant *a = house_join (house, "room", "a");
  int sharer = house_share (house, a, 1, RFL_SHARE_BROADCAST);

  client_frame (sharer, RFL_SHARE_FRAME_HEADER, RFL_SHARE_FRAME_MORE, 0, big, 65535);
  client_frame (sharer, RFL_SHARE_FRAME_HEADER, 0, 0, big, 2);
  house_await (house, a, RFL_SHARE_ENDED);
  close (sharer);
  house_free (house);
}

static void
viewer_talks (void)
{
  House *house = house_new ("r1", 26460, "");
  RflParticipant *a = house_join (house, "room", "a"), *b = house_join (house, "room", "b");
  int sharer = house_share (house, a, 1, RFL_SHARE_BROADCAST);
  int viewer = client_enter (house_await (house, b, RFL_SHARE_ANNOUNCE));

  client_write (viewer, big, 65536);
  client_write (viewer, big, 1);
  wait_count (house, "appshare.broken", 1);
  close (viewer);
  close (sharer);
  house_free (house);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  fixture_be_quiet ();
  g_test_add_func ("/appshare/channel/two-viewers", two_viewers);
  g_test_add_func ("/appshare/channel/slow-viewer", slow_viewer);
  g_test_add_func ("/appshare/channel/sharer-floods", sharer_floods);
  g_test_add_func ("/appshare/channel/viewer-sends", viewer_may_send);
  g_test_add_func ("/appshare/broadcast/marks", broadcast);
  g_test_add_func ("/appshare/broadcast/slow", broadcast_slow);
  g_test_add_func ("/appshare/broadcast/header-too-long", broadcast_header_too_long);
  g_test_add_func ("/appshare/broadcast/viewer-talks", viewer_talks);
  return g_test_run ();
}
