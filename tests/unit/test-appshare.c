/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Application sharing in one reflector and over a link: who is refused, who is told what, what crosses, and what
 * closes with what. With sockets on loopback. Not for the octets: test-share-wire.c.
 */
#include "tests/unit/appshare-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "core/wire/bytes.h"

static guint8 big[RFL_SHARE_MAX_PAYLOAD + 1];

static void
give_credit (int fd, guint32 channel, guint32 n)
{
  guint8 octets[4];

  wire_put32 (octets, n);
  client_frame (fd, RFL_SHARE_FRAME_CREDIT, 0, channel, octets, 4);
}

/* A share with its sharer connected. Returns: its socket */
static int
open_share (House *house, RflParticipant *owner, guint32 request, RflShareKind kind)
{
  house_request (house, owner, request, kind);
  return client_enter (house_await (house, owner, RFL_SHARE_GRANT));
}

static guint32
await_open (int sharer)
{
  RflShareFrame frame = client_read_frame (sharer, big);

  g_assert_cmpuint (frame.type, ==, RFL_SHARE_FRAME_OPEN);
  g_assert_cmpuint (frame.len, ==, 4);
  return frame.channel;
}

static void
await_text (int sharer, guint32 channel, const char *text)
{
  RflShareFrame frame = client_read_frame (sharer, big);

  g_assert_cmpuint (frame.type, ==, RFL_SHARE_FRAME_DATA);
  g_assert_cmpuint (frame.channel, ==, channel);
  g_assert_cmpmem (big, frame.len, text, strlen (text));
}

/* ---- what is refused ---- */

static RflShareMessage *
refused (House *house, RflParticipant *from, guint32 request, guint code)
{
  RflShareMessage *refusal;

  house_request (house, from, request, RFL_SHARE_CHANNEL);
  refusal = house_await (house, from, RFL_SHARE_REFUSE);
  g_assert_cmpuint (refusal->request, ==, request);
  g_assert_cmpuint (refusal->code, ==, code);
  return refusal;
}

static gboolean
is_free (gpointer slot)
{
  return !*(gboolean *) slot;
}

static void
limits (void)
{
  House *house = house_new ("r1", 26000,
                            "shares = 3; shares_per_participant = 1; "
                            "shares_per_session = 2;");
  RflParticipant *a = house_join (house, "room", "a"), *b = house_join (house, "room", "b");
  RflParticipant *c = house_join (house, "room", "c"), *d = house_join (house, "other", "d");
  RflParticipant *e = house_join (house, "third", "e");

  house_request (house, a, 1, RFL_SHARE_CHANNEL);
  house_await (house, a, RFL_SHARE_GRANT);
  refused (house, a, 2, RFL_ERROR_LIMIT);
  house_request (house, a, 1, RFL_SHARE_CHANNEL); /* again: the same grant */
  house_await (house, a, RFL_SHARE_GRANT);
  house_request (house, b, 1, RFL_SHARE_CHANNEL);
  house_await (house, b, RFL_SHARE_GRANT);
  refused (house, c, 1, RFL_ERROR_LIMIT);
  house_request (house, d, 1, RFL_SHARE_CHANNEL);
  RflShareMessage *grant = house_await (house, d, RFL_SHARE_GRANT);
  g_assert_cmpuint (grant->port, ==, 26102);
  refused (house, e, 1, RFL_ERROR_LIMIT); /* of ports */
  /* one that ends makes room */
  rfl_participant_leave (d, "gone");
  wait_until (is_free, &house->app->slots[2]);
  house_request (house, e, 2, RFL_SHARE_CHANNEL);
  house_await (house, e, RFL_SHARE_GRANT);
  house_free (house);
}

static RflHookResult
veto (RflEvent *event, gpointer data, GError **error)
{
  g_assert_nonnull (event->participant);
  g_assert_nonnull (event->name);
  g_set_error_literal (error, RFL_ERROR, RFL_ERROR_FORBIDDEN, "not today");
  return RFL_HOOK_REFUSE;
}

static void
may_be_refused (void)
{
  House *house = house_new ("r1", 26000, "");
  RflParticipant *a = house_join (house, "room", "a");
  RflHook hook = { "test/veto", RFL_EVENT_SHARE_OPENING, RFL_HOOK_EARLY, NULL, NULL, veto, NULL };
  guint id = rfl_bus_add_hook (rfl_core_get_bus (house->core), &hook, NULL);

  g_assert_cmpstr (refused (house, a, 5, RFL_ERROR_FORBIDDEN)->reason, ==, "not today");
  g_assert_cmpint (client_connect (26100), ==, -1);
  rfl_bus_remove_hook (rfl_core_get_bus (house->core), id);
  house_free (house);
}

static void
wrong_keys (void)
{
  House *house = house_new ("r1", 26000, "unproved_per_address = 8; unproved = 16;");
  RflParticipant *a = house_join (house, "room", "a"), *b = house_join (house, "room", "b");
  int sharer = open_share (house, a, 1, RFL_SHARE_CHANNEL);
  RflShareMessage *told = house_await (house, b, RFL_SHARE_ANNOUNCE);
  RflShareMessage wrong = *told;
  gint64 before = g_get_monotonic_time ();
  int fds[200];

  wrong.passkey[15] ^= 1;
  int slow = client_connect (told->port);
  client_hello (slow, &wrong);
  g_autofree char *answer = client_line (slow);
  g_assert_cmpstr (answer, ==, "RFL/1 NO wrong passkey\r\n");
  g_assert_cmpint (g_get_monotonic_time () - before, >=, G_TIME_SPAN_SECOND);
  client_assert_closed (slow);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      fds[i] = client_connect (told->port);
      g_assert_cmpint (fds[i], >=, 0);
      if (i % 2)
        client_hello (fds[i], &wrong);
    }
  /* the right one of the same address is let in at once */
  int viewer = client_enter (told);
  await_open (sharer);
  wait_count (house, "appshare.evicted", G_N_ELEMENTS (fds) - 8);
  g_assert_cmpuint (relay_get_unproved (house->app->relay), <=, 8);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    close (fds[i]);
  close (viewer);
  close (sharer);
  house_free (house);
}

static void
garbage (void)
{
  static const char *const lines[] = { "\n", "\r\n", "GET / HTTP/1.1\r\n\r\n", "RFL/1 SHARE \n" };
  House *house = house_new ("r1", 26000, "");
  RflParticipant *a = house_join (house, "room", "a");
  int sharer = open_share (house, a, 1, RFL_SHARE_CHANNEL), fds[5];

  for (guint i = 0; i < 5; i++)
    {
      fds[i] = client_connect (26000);
      client_write (fds[i], i < 4 ? lines[i] : (char *) big, i < 4 ? strlen (lines[i]) : 500);
    }
  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *answer = client_line (fds[i]);
      if (i < 2) /* nothing unread is left behind, which would reset the connection */
        g_assert_cmpstr (answer, ==, "RFL/1 NO wrong passkey\r\n");
      client_assert_closed (fds[i]);
    }
  wait_count (house, "appshare.wrong_key", 5);
  close (sharer);
  house_free (house);
}

/* ---- channels ---- */

static void
two_viewers (void)
{
  House *house = house_new ("r1", 26000, "");
  RflParticipant *a = house_join (house, "room", "a"), *b = house_join (house, "room", "b");
  RflParticipant *c, *x = house_join (house, "elsewhere", "x");
  int sharer = open_share (house, a, 1, RFL_SHARE_CHANNEL), v1, v2;
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
  c1 = await_open (sharer);
  v2 = client_enter (late);
  c2 = await_open (sharer);
  g_assert_cmpuint (c1, !=, c2);
  client_write (v1, "one", 3);
  await_text (sharer, c1, "one");
  client_write (v2, "two", 3);
  await_text (sharer, c2, "two");
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
  g_assert_cmpint (client_connect (26000), ==, -1);
  house_free (house);
}

/* Who does not read is held at his credit; the other one gets all of it. */
static void
slow_viewer (void)
{
  House *house = house_new ("r1", 26000, "credit = 64;");
  RflParticipant *a = house_join (house, "room", "a"), *b = house_join (house, "room", "b");
  RflParticipant *c = house_join (house, "room", "c");
  int sharer = open_share (house, a, 1, RFL_SHARE_CHANNEL);
  int slow = client_enter (house_await (house, b, RFL_SHARE_ANNOUNCE)), quick;
  guint32 c1 = await_open (sharer), c2;
  gsize credit = 0, sent = 0;

  g_assert_cmpuint (wire_get32 (big), ==, 65536);
  quick = client_enter (house_await (house, c, RFL_SHARE_ANNOUNCE));
  c2 = await_open (sharer);
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
  House *house = house_new ("r1", 26000, "credit = 16;");
  RflParticipant *a = house_join (house, "room", "a"), *b = house_join (house, "room", "b");
  int sharer = open_share (house, a, 1, RFL_SHARE_CHANNEL);
  int viewer = client_enter (house_await (house, b, RFL_SHARE_ANNOUNCE));
  guint32 channel = await_open (sharer);

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
  House *house = house_new ("r1", 26000, "credit = 16;");
  RflParticipant *a = house_join (house, "room", "a"), *b = house_join (house, "room", "b");
  int sharer = open_share (house, a, 1, RFL_SHARE_CHANNEL);
  int viewer = client_enter (house_await (house, b, RFL_SHARE_ANNOUNCE));
  guint32 channel = await_open (sharer);
  gsize got = 0;

  client_write (viewer, big, 40000);
  while (got < 16384)
    got += client_read_frame (sharer, big).len;
  g_assert_cmpuint (got, ==, 16384);
  client_frame (sharer, RFL_SHARE_FRAME_PING, 0, 0, "still", 5);
  g_assert_cmpuint (client_read_frame (sharer, big).type, ==, RFL_SHARE_FRAME_PONG);
  give_credit (sharer, channel, 40000 - 16384);
  while (got < 40000)
    got += client_read_frame (sharer, big).len;
  g_assert_cmpuint (got, ==, 40000);
  close (viewer);
  close (sharer);
  house_free (house);
}

static void
owner_ends (void)
{
  House *house = house_new ("r1", 26000, "");
  RflParticipant *a = house_join (house, "room", "a"), *b = house_join (house, "room", "b");
  int sharer = open_share (house, a, 1, RFL_SHARE_CHANNEL);
  RflShareMessage *told = house_await (house, b, RFL_SHARE_ANNOUNCE);
  RflShareMessage end = { .type = RFL_SHARE_END, .share = told->share };
  int viewer = client_enter (told);

  await_open (sharer);
  house_say (house, b, &end); /* not his */
  g_assert_false (house_was_told (house, b, RFL_SHARE_ENDED));
  house_say (house, a, &end);
  house_await (house, b, RFL_SHARE_ENDED);
  client_assert_closed (viewer);
  client_assert_closed (sharer);
  /* and with his leaving */
  sharer = open_share (house, a, 2, RFL_SHARE_CHANNEL);
  house_await (house, b, RFL_SHARE_ANNOUNCE);
  rfl_participant_leave (a, "gone");
  house_await (house, b, RFL_SHARE_ENDED);
  client_assert_closed (sharer);
  house_free (house);
}

static void
viewer_leaves (void)
{
  House *house = house_new ("r1", 26000, "connections_per_viewer = 1;");
  RflParticipant *a = house_join (house, "room", "a"), *b = house_join (house, "room", "b");
  int sharer = open_share (house, a, 1, RFL_SHARE_CHANNEL);
  RflShareMessage *told = house_await (house, b, RFL_SHARE_ANNOUNCE);
  int viewer = client_enter (told), second = client_connect (told->port);
  g_autofree char *answer = NULL;

  await_open (sharer);
  client_hello (second, told);
  answer = client_line (second);
  g_assert_cmpstr (answer, ==, "RFL/1 NO too many connections of one viewer\r\n");
  close (second);
  rfl_participant_leave (b, "gone");
  client_assert_closed (viewer);
  second = client_connect (told->port);
  client_hello (second, told);
  g_free (answer);
  answer = client_line (second);
  g_assert_cmpstr (answer, ==, "RFL/1 NO wrong passkey\r\n");
  close (second);
  close (sharer);
  house_free (house);
}

static RflHookResult
let_wait (RflEvent *event, gpointer user_data, GError **error)
{
  rfl_participant_set_waiting (event->participant, TRUE);
  return RFL_HOOK_CONTINUE;
}

static void
in_the_lobby (void)
{
  House *house = house_new ("r1", 26000, "");
  RflHook hook = {
    "test/joining", RFL_EVENT_PARTICIPANT_JOINING, RFL_HOOK_NORMAL, NULL, NULL, let_wait, NULL
  };
  RflParticipant *a = house_join (house, "room", "a"), *b;
  RflBus *bus = rfl_core_get_bus (house->core);
  guint id = rfl_bus_add_hook (bus, &hook, NULL);
  int sharer;

  b = house_join (house, "room", "b");
  rfl_bus_remove_hook (bus, id);
  refused (house, b, 1, RFL_ERROR_FORBIDDEN);
  sharer = open_share (house, a, 1, RFL_SHARE_CHANNEL);
  wait_count (house, "appshare.opened", 1);
  g_assert_false (house_was_told (house, b, RFL_SHARE_ANNOUNCE));
  rfl_participant_set_waiting (b, FALSE);
  house_await (house, b, RFL_SHARE_ANNOUNCE);
  close (sharer);
  house_free (house);
}

static void
told_later (void)
{
  House *house = house_new ("r1", 26000, "");
  RflParticipant *a = house_join (house, "room", "a"), *b = house_join (house, "room", "b");
  int sharer;

  house_request (house, a, 1, RFL_SHARE_CHANNEL);
  RflShareMessage *grant = house_await (house, a, RFL_SHARE_GRANT);
  house->full = TRUE;
  sharer = client_enter (grant);
  wait_count (house, "appshare.untold", 1);
  house->full = FALSE;
  close (client_enter (house_await (house, b, RFL_SHARE_ANNOUNCE)));
  close (sharer);
  house_free (house);
}

static void
nobody_connects (void)
{
  House *house = house_new ("r1", 26000, "connect_time = 1;");
  RflParticipant *a = house_join (house, "room", "a");

  house_request (house, a, 1, RFL_SHARE_CHANNEL);
  house_await (house, a, RFL_SHARE_GRANT);
  house_await (house, a, RFL_SHARE_ENDED);
  g_assert_cmpint (client_connect (26100), ==, -1);
  house_free (house);
}

static void
silent_sharer (void)
{
  House *house = house_new ("r1", 26000, "ping = 1; silence = 3;");
  RflParticipant *a = house_join (house, "room", "a");
  int sharer = open_share (house, a, 1, RFL_SHARE_CHANNEL);
  guint8 ping[12];

  client_read (sharer, ping, 12);
  g_assert_cmpuint (ping[0], ==, RFL_SHARE_FRAME_PING);
  house_await (house, a, RFL_SHARE_ENDED);
  close (sharer);
  house_free (house);
}

/* ---- broadcast ---- */

static void
broadcast (void)
{
  House *house = house_new ("r1", 26000, "");
  RflParticipant *a = house_join (house, "room", "a"), *b = house_join (house, "room", "b");
  int sharer = open_share (house, a, 1, RFL_SHARE_BROADCAST), viewer, late;
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
  House *house = house_new ("r1", 26000, "queue = 512; stall = 2;");
  RflParticipant *a = house_join (house, "room", "a"), *b = house_join (house, "room", "b");
  int sharer = open_share (house, a, 1, RFL_SHARE_BROADCAST), quick, slow;
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
  House *house = house_new ("r1", 26000, "");
  RflParticipant *a = house_join (house, "room", "a");
  int sharer = open_share (house, a, 1, RFL_SHARE_BROADCAST);

  client_frame (sharer, RFL_SHARE_FRAME_HEADER, RFL_SHARE_FRAME_MORE, 0, big, 65535);
  client_frame (sharer, RFL_SHARE_FRAME_HEADER, 0, 0, big, 2);
  house_await (house, a, RFL_SHARE_ENDED);
  close (sharer);
  house_free (house);
}

static void
viewer_talks (void)
{
  House *house = house_new ("r1", 26000, "");
  RflParticipant *a = house_join (house, "room", "a"), *b = house_join (house, "room", "b");
  int sharer = open_share (house, a, 1, RFL_SHARE_BROADCAST);
  int viewer = client_enter (house_await (house, b, RFL_SHARE_ANNOUNCE));

  client_write (viewer, big, 65536);
  client_write (viewer, big, 1);
  wait_count (house, "appshare.broken", 1);
  close (viewer);
  close (sharer);
  house_free (house);
}

/* ---- over a link ---- */

static void
channel_over_link (void)
{
  House *r1 = house_new ("r1", 26000, ""), *r2 = house_new ("r2", 26010, "");
  RflParticipant *a = house_join (r1, "room", "a"), *b = house_join (r2, "room", "b"), *c;
  int sharer, viewer, second;
  RflShareMessage *told;
  guint32 channel;

  house_link (r1, r2);
  sharer = open_share (r1, a, 1, RFL_SHARE_CHANNEL);
  told = house_await (r2, b, RFL_SHARE_ANNOUNCE);
  g_assert_cmpuint (told->port, ==, 26010);
  g_assert_cmpstr (told->owner, ==, "a");
  viewer = client_connect (told->port);
  client_hello (viewer, told);
  client_write (viewer, "early", 5);
  channel = await_open (sharer);
  await_text (sharer, channel, "early");
  client_frame (sharer, RFL_SHARE_FRAME_DATA, 0, channel, "welcome", 7);
  client_read (viewer, big, strlen (RFL_SHARE_OK) + 7);
  g_assert_cmpmem (big, strlen (RFL_SHARE_OK) + 7, RFL_SHARE_OK "welcome",
                   strlen (RFL_SHARE_OK) + 7);
  c = house_join (r2, "room", "c");
  second = client_enter (house_await (r2, c, RFL_SHARE_ANNOUNCE));
  g_assert_cmpuint (await_open (sharer), !=, channel);
  close (second);
  g_assert_cmpuint (client_read_frame (sharer, big).type, ==, RFL_SHARE_FRAME_CLOSE);
  /* the link's end is the end there, not here */
  house_unlink (r1, r2);
  house_await (r2, b, RFL_SHARE_ENDED);
  client_assert_closed (viewer);
  g_assert_false (house_was_told (r1, a, RFL_SHARE_ENDED));
  house_link (r1, r2);
  viewer = client_enter (house_await (r2, b, RFL_SHARE_ANNOUNCE));
  rfl_participant_leave (a, "gone");
  house_await (r2, b, RFL_SHARE_ENDED);
  client_assert_closed (viewer);
  close (sharer);
  house_free (r1);
  house_free (r2);
}

static void
broadcast_over_link (void)
{
  House *r1 = house_new ("r1", 26000, ""), *r2 = house_new ("r2", 26010, "");
  RflParticipant *a = house_join (r1, "room", "a"), *b = house_join (r2, "room", "b");
  int sharer, v1, v2;
  RflShareMessage *told;

  house_link (r1, r2);
  sharer = open_share (r1, a, 1, RFL_SHARE_BROADCAST);
  told = house_await (r2, b, RFL_SHARE_ANNOUNCE);
  client_frame (sharer, RFL_SHARE_FRAME_HEADER, 0, 0, "head", 4);
  client_frame (sharer, RFL_SHARE_FRAME_DATA, RFL_SHARE_FRAME_MARK, 0, "lost", 4);
  v1 = client_enter (told);
  v2 = client_enter (told);
  wait_count (r1, "appshare.accepted", 2);
  run_for (100);
  client_frame (sharer, RFL_SHARE_FRAME_DATA, 0, 0, "delta", 5);
  client_frame (sharer, RFL_SHARE_FRAME_DATA, RFL_SHARE_FRAME_MARK, 0, "key", 3);
  client_read (v1, big, 7);
  g_assert_cmpmem (big, 7, "headkey", 7);
  client_read (v2, big, 7);
  g_assert_cmpmem (big, 7, "headkey", 7);
  g_assert_cmpuint (house_count (r1, "appshare.accepted"), ==, 2); /* sharer and one link */
  close (sharer);
  house_await (r2, b, RFL_SHARE_ENDED);
  client_assert_closed (v1);
  client_assert_closed (v2);
  house_free (r1);
  house_free (r2);
}

/* A share that has been here already, or far too often elsewhere, is not taken. */
static void
loops (void)
{
  House *r1 = house_new ("r1", 26000, ""), *r2 = house_new ("r2", 26010, "");
  RflShareMessage message = { .type = RFL_SHARE_ANNOUNCE,
                              .kind = 1,
                              .share = (char *) "x",
                              .port = 26010,
                              .address = (char *) "127.0.0.1" };

  house_link (r1, r2);
  for (guint n = 0; n <= RFL_SHARE_MAX_PATH; n++)
    {
      message.path = g_ptr_array_new ();
      for (guint i = 0; i < n; i++)
        g_ptr_array_add (message.path, (char *) (n == 2 && i == 0 ? "r1" : "r9"));
      g_autoptr (GBytes) body = rfl_share_message_write (&message);
      gsize len;
      const guint8 *data = g_bytes_get_data (body, &len);
      r1->links_func ("r2", "room", message.type, data, len, r1->links_data);
      g_assert_cmpuint (g_hash_table_size (r1->app->items), ==,
                        n == 0 || n == 2 || n == RFL_SHARE_MAX_PATH ? 0 : 1);
      if (app_find (r1->app, "x"))
        app_item_end (app_find (r1->app, "x"), "test", FALSE);
      g_ptr_array_unref (message.path);
    }
  house_free (r1);
  house_free (r2);
}

/* ---- TLS ---- */

static gboolean
any_certificate (GTlsConnection *tls, GTlsCertificate *certificate, GTlsCertificateFlags wrong,
                 gpointer data)
{
  return TRUE;
}

/* A blocking client that has shown its passkey. (transfer full) */
static GIOStream *
tls_enter (const RflShareMessage *told)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (client_connect (told->port), NULL);
  g_autoptr (GIOStream) io = G_IO_STREAM (g_socket_connection_factory_create_connection (socket));
  g_autoptr (GError) error = NULL;
  GIOStream *tls = g_tls_client_connection_new (io, NULL, &error);
  RflShareHello hello = { 0 };
  char line[RFL_SHARE_MAX_LINE + 1], answer[10];

  g_assert_no_error (error);
  g_signal_connect (tls, "accept-certificate", G_CALLBACK (any_certificate), NULL);
  g_assert_cmpuint (told->flags, ==, RFL_SHARE_FLAG_TLS);
  g_strlcpy (hello.share, told->share, sizeof hello.share);
  memcpy (hello.passkey, told->passkey, RFL_SHARE_PASSKEY);
  g_output_stream_write_all (g_io_stream_get_output_stream (tls), line,
                             rfl_share_hello_write (&hello, line), NULL, NULL, &error);
  g_assert_no_error (error);
  g_input_stream_read_all (g_io_stream_get_input_stream (tls), answer, sizeof answer, NULL, NULL,
                           &error);
  g_assert_no_error (error);
  g_assert_cmpmem (answer, sizeof answer, RFL_SHARE_OK, sizeof answer);
  return tls;
}

static void
tls_pass (GIOStream *from, GIOStream *to, const guint8 *data, gsize len, gsize skip)
{
  g_autoptr (GError) error = NULL;
  guint8 got[256];

  g_output_stream_write_all (g_io_stream_get_output_stream (from), data, len, NULL, NULL, &error);
  g_assert_no_error (error);
  g_input_stream_read_all (g_io_stream_get_input_stream (to), got, len - skip, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (got, len - skip, data + skip, len - skip);
}

/* ThreadSanitizer takes what GnuTLS does under locks of its own for races. */
#ifdef __SANITIZE_THREAD__
#define CANNOT_SEE_TLS TRUE
#else
#define CANNOT_SEE_TLS FALSE
#endif

/* Both ranges, and from one reflector to the next. Who speaks no TLS is closed. */
static void
with_tls (void)
{
  g_autofree char *dir = g_dir_make_tmp ("test-appshare-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (dir, "cert.pem", NULL);
  g_autofree char *options = g_strdup_printf ("tls_certificate = \"%s\";", file);
  g_autofree char *command = g_strdup_printf (
      "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=r1 -days 2 -keyout %s -out %s.c", file,
      file);
  g_autofree char *noise = NULL;
  g_autofree char *join = g_strdup_printf ("sh -c 'cat %s.c >> %s; rm %s.c'", file, file, file);

  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ())
      || !g_spawn_command_line_sync (command, NULL, &noise, NULL, NULL)
      || !g_spawn_command_line_sync (join, NULL, NULL, NULL, NULL))
    {
      g_test_skip ("no TLS in GIO, or no openssl");
      g_rmdir (dir);
      return;
    }
  House *r1 = house_new ("r1", 26000, options), *r2 = house_new ("r2", 26010, options);
  RflParticipant *a = house_join (r1, "room", "a"), *b = house_join (r2, "room", "b");
  static const guint8 data[] = { 3, 1, 0, 5, 0, 0, 0, 0, 'h', 'e', 'l', 'l', 'o' };

  house_link (r1, r2);
  house_request (r1, a, 1, RFL_SHARE_BROADCAST);
  g_autoptr (GIOStream) sharer = tls_enter (house_await (r1, a, RFL_SHARE_GRANT));
  g_autoptr (GIOStream) viewer = tls_enter (house_await (r2, b, RFL_SHARE_ANNOUNCE));
  wait_count (r1, "appshare.accepted", 2);
  while (relay_get_unproved (r1->app->relay) > 0)
    run_for (5);
  run_for (100);
  tls_pass (sharer, viewer, data, sizeof data, RFL_SHARE_FRAME_HEAD);
  int plain = client_connect (26000);
  client_write (plain, "RFL/1 SHARE plain text\r\n", 24);
  wait_count (r1, "appshare.tls_failed", 1);
  close (plain);
  house_free (r1);
  house_free (r2);
  g_unlink (file);
  g_rmdir (dir);
}

static GLogWriterOutput
no_log (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
  return level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)
             ? g_log_writer_default (level, fields, n, data)
             : G_LOG_WRITER_HANDLED;
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (no_log, NULL, NULL);
  g_test_add_func ("/appshare/limits", limits);
  g_test_add_func ("/appshare/refused-by-hook", may_be_refused);
  g_test_add_func ("/appshare/garbage", garbage);
  g_test_add_func ("/appshare/wrong-keys", wrong_keys);
  g_test_add_func ("/appshare/channel/two-viewers", two_viewers);
  g_test_add_func ("/appshare/channel/slow-viewer", slow_viewer);
  g_test_add_func ("/appshare/channel/sharer-floods", sharer_floods);
  g_test_add_func ("/appshare/channel/viewer-sends", viewer_may_send);
  g_test_add_func ("/appshare/owner-ends", owner_ends);
  g_test_add_func ("/appshare/viewer-leaves", viewer_leaves);
  g_test_add_func ("/appshare/lobby", in_the_lobby);
  g_test_add_func ("/appshare/told-later", told_later);
  g_test_add_func ("/appshare/nobody-connects", nobody_connects);
  g_test_add_func ("/appshare/silent-sharer", silent_sharer);
  g_test_add_func ("/appshare/broadcast/marks", broadcast);
  g_test_add_func ("/appshare/broadcast/slow", broadcast_slow);
  g_test_add_func ("/appshare/broadcast/header-too-long", broadcast_header_too_long);
  g_test_add_func ("/appshare/broadcast/viewer-talks", viewer_talks);
  g_test_add_func ("/appshare/link/channel", channel_over_link);
  g_test_add_func ("/appshare/link/broadcast", broadcast_over_link);
  g_test_add_func ("/appshare/link/loops", loops);
  if (!CANNOT_SEE_TLS)
    g_test_add_func ("/appshare/tls", with_tls);
  return g_test_run ();
}
