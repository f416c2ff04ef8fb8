/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shares over links: what is told and what crosses, which of them are not passed on, other ways when a link is gone. Not for
 * what one reflector does: test-appshare.c, test-appshare-stream.c.
 */
#include "tests/unit/appshare-fixture.h"

#include <string.h>
#include <unistd.h>

static guint8 big[RFL_SHARE_MAX_PAYLOAD + 1];

/* ---- over a link ---- */

static void
channel_over_link (void)
{
  House *r1 = house_new ("r1", 26400, ""), *r2 = house_new ("r2", 26410, "");
  RflParticipant *a = house_join (r1, "room", "a"), *b = house_join (r2, "room", "b"), *c;
  int sharer, viewer, second;
  RflShareMessage *told;
  guint32 channel;

  house_link (r1, r2);
  sharer = house_share (r1, a, 1, RFL_SHARE_CHANNEL);
  told = house_await (r2, b, RFL_SHARE_ANNOUNCE);
  g_assert_cmpuint (told->port, ==, 26410);
  g_assert_cmpstr (told->owner, ==, "a");
  viewer = client_connect (told->port);
  client_hello (viewer, told);
  client_write (viewer, "early", 5);
  channel = client_await_open (sharer);
  client_await_text (sharer, channel, "early");
  client_frame (sharer, RFL_SHARE_FRAME_DATA, 0, channel, "welcome", 7);
  client_read (viewer, big, strlen (RFL_SHARE_OK) + 7);
  g_assert_cmpmem (big, strlen (RFL_SHARE_OK) + 7, RFL_SHARE_OK "welcome",
                   strlen (RFL_SHARE_OK) + 7);
  c = house_join (r2, "room", "c");
  second = client_enter (house_await (r2, c, RFL_SHARE_ANNOUNCE));
  g_assert_cmpuint (client_await_open (sharer), !=, channel);
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
  House *r1 = house_new ("r1", 26400, ""), *r2 = house_new ("r2", 26410, "");
  RflParticipant *a = house_join (r1, "room", "a"), *b = house_join (r2, "room", "b");
  int sharer, v1, v2;
  RflShareMessage *told;

  house_link (r1, r2);
  sharer = house_share (r1, a, 1, RFL_SHARE_BROADCAST);
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
  House *r1 = house_new ("r1", 26400, ""), *r2 = house_new ("r2", 26410, "");
  RflShareMessage message = { .type = RFL_SHARE_ANNOUNCE,
                              .kind = 1,
                              .share = (char *) "x",
                              .port = 26410,
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

/* ---- other ways ---- */

/* r1, r2 and r3 on a ring, and b at r2 who looks at a's at r1. */
typedef struct {
  House *houses[3];
  RflParticipant *a, *b;
  int sharer;
  RflShareMessage *told;
} Ring;

static void
ring_up (Ring *ring, const char *options)
{
  static const char *const ids[] = { "r1", "r2", "r3" };

  for (guint i = 0; i < 3; i++)
    ring->houses[i] = house_new (ids[i], (guint16) (26400 + 10 * i), options);
  ring->a = house_join (ring->houses[0], "room", "a");
  ring->b = house_join (ring->houses[1], "room", "b");
  for (guint i = 0; i < 3; i++)
    house_link (ring->houses[i], ring->houses[(i + 1) % 3]);
  ring->sharer = house_share (ring->houses[0], ring->a, 1, RFL_SHARE_CHANNEL);
  ring->told = house_await (ring->houses[1], ring->b, RFL_SHARE_ANNOUNCE);
}

static void
ring_down (Ring *ring)
{
  close (ring->sharer);
  for (guint i = 0; i < 3; i++)
    house_free (ring->houses[i]);
}

static guint
count_shares (const Ring *ring)
{
  guint n = 0;

  for (guint i = 0; i < 3; i++)
    n += g_hash_table_size (ring->houses[i]->app->items);
  return n;
}

/* The link that b's way leads over goes: it is announced anew over the third, even where there is one port alone. */
static void
another_way (void)
{
  Ring ring;
  int viewer;
  guint32 channel;
  guint8 former[RFL_SHARE_PASSKEY];

  ring_up (&ring, "shares = 1;");
  memcpy (former, ring.told->passkey, sizeof former);
  viewer = client_enter (ring.told);
  client_await_open (ring.sharer);
  house_unlink (ring.houses[0], ring.houses[1]);
  house_await (ring.houses[1], ring.b, RFL_SHARE_ENDED);
  client_assert_closed (viewer);
  g_assert_cmpuint (client_read_frame (ring.sharer, big).type, ==, RFL_SHARE_FRAME_CLOSE);
  ring.told = house_await (ring.houses[1], ring.b, RFL_SHARE_ANNOUNCE);
  g_assert_cmpint (memcmp (former, ring.told->passkey, sizeof former), !=, 0);
  viewer = client_enter (ring.told);
  channel = client_await_open (ring.sharer);
  client_write (viewer, "here", 4);
  client_await_text (ring.sharer, channel, "here");
  g_assert_cmpuint (house_count (ring.houses[1], "appshare.rerouted")
                        + house_count (ring.houses[2], "appshare.rerouted"),
                    ==, 1);
  ring_down (&ring);
  client_assert_closed (viewer);
}

/* The end of a share is no loss of a way. */
static void
no_way_back (void)
{
  Ring ring;

  ring_up (&ring, "");
  g_assert_cmpuint (count_shares (&ring), ==, 3);
  rfl_participant_leave (ring.a, "gone");
  house_await (ring.houses[1], ring.b, RFL_SHARE_ENDED);
  g_assert_cmpuint (count_shares (&ring), ==, 0);
  run_for (2500);
  g_assert_cmpuint (count_shares (&ring), ==, 0);
  g_assert_false (house_was_told (ring.houses[1], ring.b, RFL_SHARE_ANNOUNCE));
  ring_down (&ring);
}

/* The two that have lost it hold out hope to each other, and neither has it. */
static void
no_way_left (void)
{
  Ring ring;

  ring_up (&ring, "");
  house_unlink (ring.houses[0], ring.houses[1]);
  house_unlink (ring.houses[2], ring.houses[0]);
  house_await (ring.houses[1], ring.b, RFL_SHARE_ENDED);
  run_for (2500);
  g_assert_cmpuint (count_shares (&ring), ==, 1);
  for (guint i = 1; i < 3; i++)
    g_assert_cmpuint (g_hash_table_size (ring.houses[i]->app->lost), ==, 0);
  house_link (ring.houses[0], ring.houses[1]);
  ring.told = house_await (ring.houses[1], ring.b, RFL_SHARE_ANNOUNCE);
  close (client_enter (ring.told));
  g_assert_cmpuint (count_shares (&ring), ==, 3);
  ring_down (&ring);
}

/* A way that is withdrawn, or whose link goes, is none; nor is one that leads back here. */
static void
ways_go (void)
{
  Ring ring;
  AppItem *item;

  ring_up (&ring, "");
  item = app_find (ring.houses[2]->app, ring.told->share);
  g_assert_cmpstr (item->via, ==, "r2");
  g_assert_cmpuint (item->ways->len, ==, 1);
  house_unlink (ring.houses[2], ring.houses[0]);
  g_assert_cmpuint (item->ways->len, ==, 0);
  house_link (ring.houses[2], ring.houses[0]);
  g_assert_cmpuint (item->ways->len, ==, 1);
  app_way_lost (app_find (ring.houses[1]->app, ring.told->share), "test", FALSE);
  item = app_find (ring.houses[2]->app, ring.told->share);
  g_assert_null (item);
  wait_count (ring.houses[2], "appshare.rerouted", 1);
  item = app_find (ring.houses[2]->app, ring.told->share);
  g_assert_cmpstr (item->via, ==, "r1");
  ring_down (&ring);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  fixture_be_quiet ();
  g_test_add_func ("/appshare/link/channel", channel_over_link);
  g_test_add_func ("/appshare/link/broadcast", broadcast_over_link);
  g_test_add_func ("/appshare/link/loops", loops);
  g_test_add_func ("/appshare/link/another-way", another_way);
  g_test_add_func ("/appshare/link/no-way-back", no_way_back);
  g_test_add_func ("/appshare/link/no-way-left", no_way_left);
  g_test_add_func ("/appshare/link/ways-go", ways_go);
  return g_test_run ();
}
