/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two and three linked reflectors: who hears whom, exactly once, from the first packet on, and
 * not one packet on the relay where it is not needed.
 */
#include "tests/unit/link-fixture.h"

static void
gate (void)
{
  World *world = world_new (2);
  Person *u1 = person_join (&world->sites[0], "room", "audio");

  person_talk (u1, 11, 20);
  person_join (&world->sites[1], "another", "audio");
  person_talk (u1, 11, 20);
  g_assert_cmpuint (world->n_relayed, ==, 0);

  Person *u2 = person_join (&world->sites[1], "room", "audio");
  world_settle (world);
  person_talk (u1, 11, 10);
  g_assert_cmpuint (world->n_relayed, ==, 10);
  g_assert_cmpuint (person_heard_once (u2, 11), ==, 10);

  person_leave (u2);
  world_settle (world);
  person_talk (u1, 11, 10);
  g_assert_cmpuint (world->n_relayed, ==, 10);

  u2 = person_join (&world->sites[1], "room", "audio");
  world_settle (world);
  person_talk (u1, 11, 10);
  g_assert_cmpuint (world->n_relayed, ==, 20);
  g_assert_cmpuint (person_heard_once (u2, 11), ==, 10);
  world_free (world);
}

/* The last one here leaves while the peer's still talk: our side is silent at once, theirs as
 * soon as they can know. */
static void
gate_here (void)
{
  Person *u[2];
  World *world = world_new_with (2, u, 2);

  person_talk (u[0], 11, 5);
  person_talk (u[1], 22, 5);
  g_assert_cmpuint (world->n_relayed, ==, 10);
  LinkPeer *peer = site_peer (&world->sites[0], 1);
  const LinkRoom *room = g_hash_table_lookup (peer->rooms, "room");
  g_assert_cmpuint (room->legs->len, ==, 1);
  person_leave (u[0]);
  g_assert_cmpuint (room->legs->len, ==, 0);
  g_assert_cmpuint (g_hash_table_size (peer->out), ==, 0);
  person_talk (u[1], 22, 1);
  g_assert_cmpuint (world->n_relayed, <=, 11);
  guint before = world->n_relayed;
  person_talk (u[1], 22, 20);
  g_assert_cmpuint (world->n_relayed, ==, before);
  world_free (world);
}

static void
kinds_apart (void)
{
  World *world = world_new (2);
  Person *u1 = person_join (&world->sites[0], "room", "audio video");
  Person *u2 = person_join (&world->sites[1], "room", "audio");

  world_settle (world);
  person_talk (u1, 11, 3);
  g_assert_cmpuint (world->n_relayed, ==, 3);
  for (guint i = 0; i < 5; i++)
    person_send (u1, 1, 12);
  world_settle (world);
  g_assert_cmpuint (world->n_relayed, ==, 3);
  Person *u3 = person_join (&world->sites[1], "room", "audio video");
  world_settle (world);
  person_send (u1, 1, 12);
  world_settle (world);
  g_assert_cmpuint (person_heard_once (u3, 12), ==, 1);
  g_assert_cmpuint (person_heard (u2, 12), ==, 0);
  world_free (world);
}

static void
triangle (void)
{
  Person *people[6];
  World *world = world_new_with (3, people, 6);

  for (guint round = 0; round < 10; round++)
    for (guint i = 0; i < 6; i++)
      {
        person_send (people[i], 0, 100 + i);
        world_run (world, 3 * MS);
      }
  world_settle (world);
  for (guint i = 0; i < 6; i++)
    for (guint k = 0; k < 6; k++)
      g_assert_cmpuint (person_heard_once (people[i], 100 + k), ==, i == k ? 0 : 10);
  g_assert_cmpuint (world->n_relayed, ==, 6 * 10 * 2);
  world_free (world);
}

/* Everybody is told apart by origin: each reflector counts five others in its session. */
static void
triangle_presence (void)
{
  Person *people[6];
  World *world = world_new_with (3, people, 6);

  for (guint s = 0; s < 3; s++)
    {
      RflSession *session = rfl_core_find_session (world->sites[s].core, "room");
      g_assert_cmpuint (session->participants->len, ==, 6);
      g_assert_cmpuint (session->n_local, ==, 2);
      for (guint i = 0; i < 6; i++)
        g_assert_true (site_knows (&world->sites[s], person_id (people[i])));
      g_assert_cmpuint (site_count (&world->sites[s], "interconnect.duplicate_participants"), ==,
                        0);
    }
  person_leave (people[0]);
  person_leave (people[3]);
  world_settle (world);
  g_assert_false (site_knows (&world->sites[1], person_id (people[0])));
  g_assert_cmpuint (rfl_core_find_session (world->sites[2].core, "room")->participants->len, ==, 4);
  world_free (world);
}

/* Loses the first datagram on the RTCP relay that carries a SOURCE. */
static gboolean
lose_first_source (World *world, const TestDatagram *d)
{
  g_auto (LinkFrame) frame = { 0 };
  LinkItem item;

  if (world->data || d->to.port != 5565 || !link_frame_decode (&frame, d->data, d->len, NULL))
    return TRUE;
  while (link_item_next (&frame.items, &frame.items_len, &item))
    if (item.type == LINK_SOURCE)
      {
        world->data = world;
        return FALSE;
      }
  return TRUE;
}

static void
first_packet (void)
{
  Person *u[2];
  World *world = world_new_with (2, u, 2);

  person_send (u[0], 0, 11);
  world_run (world, 6 * MS);
  g_assert_cmpuint (person_heard_once (u[1], 11), ==, 1);
  world_free (world);
}

static void
first_packet_without_source (void)
{
  Person *u[2];
  World *world = world_new_with (2, u, 2);

  world->filter = lose_first_source;
  person_talk (u[0], 11, 1);
  g_assert_nonnull (world->data);
  g_assert_cmpuint (person_heard (u[1], 11), ==, 0);
  person_talk (u[0], 11, 1);
  world_run (world, 20 * MS);
  g_assert_cmpuint (person_heard_once (u[1], 11), ==, 2);
  g_assert_cmpuint (site_count (&world->sites[1], "interconnect.unknown_labels"), >=, 1);
  /* in order */
  RflRtp first;
  gsize len;
  const guint8 *data = g_bytes_get_data (u[1]->heard->pdata[0], &len);
  g_assert_true (rfl_rtp_parse (&first, data, len));
  g_assert_cmpuint (first.seq, ==, 1);
  world_free (world);
}

static void
lossy (void)
{
  World *world = world_new (2);

  world->loss = 0.2;
  Person *u1 = person_join (&world->sites[0], "room", "audio");
  Person *u2 = person_join (&world->sites[1], "room", "audio");
  world_run (world, 2000 * MS);
  person_talk (u1, 11, 100);
  person_talk (u2, 22, 100);
  world_run (world, 500 * MS);
  g_assert_cmpuint (person_heard_once (u2, 11), >, 60);
  g_assert_cmpuint (person_heard_once (u1, 22), >, 60);
  g_assert_cmpuint (person_heard (u1, 11), ==, 0);
  world_free (world);
}

/* Two sessions whose callers chose the same SSRC: one link, two labels. */
static void
same_ssrc_in_two_sessions (void)
{
  World *world = world_new (2);
  Person *a1 = person_join (&world->sites[0], "a", "audio");
  Person *b1 = person_join (&world->sites[0], "b", "audio");
  Person *a2 = person_join (&world->sites[1], "a", "audio");
  Person *b2 = person_join (&world->sites[1], "b", "audio");

  world_settle (world);
  for (guint i = 0; i < 10; i++)
    {
      person_talk (a1, 77, 1);
      if (i % 2)
        person_talk (b1, 77, 1);
    }
  world_settle (world);
  g_assert_cmpuint (person_heard_once (a2, 77), ==, 10);
  g_assert_cmpuint (person_heard_once (b2, 77), ==, 5);
  g_assert_cmpuint (a2->heard->len + b2->heard->len, ==, 15);
  world_free (world);
}

/* The same SSRC on both sides of one session: the one that enters second gets another. */
static void
same_ssrc_in_one_session (void)
{
  Person *u[2];
  World *world = world_new_with (2, u, 2);
  Person *u3 = person_join (&world->sites[1], "room", "audio");

  person_talk (u[1], 77, 5);
  person_talk (u[0], 77, 5);
  world_settle (world);
  g_assert_cmpuint (person_heard_once (u3, 77), ==, 5);
  g_assert_cmpuint (u3->heard->len, ==, 10);
  g_assert_cmpuint (u[1]->heard->len, ==, 5);
  g_assert_cmpuint (u[0]->heard->len, ==, 5);
  world_free (world);
}

/* A label is not given to a second source while the link is up. */
static void
labels_are_not_reused (void)
{
  World *world = world_new (2);
  Person *u1 = person_join (&world->sites[0], "a", "audio");
  Person *u2 = person_join (&world->sites[1], "a", "audio");

  world_settle (world);
  person_talk (u1, 77, 1);
  person_leave (u1);
  Person *u3 = person_join (&world->sites[0], "a", "audio");
  world_settle (world);
  person_talk (u3, 77, 1);
  g_assert_cmpuint (person_heard (u2, 77), ==, 2);
  LinkPeer *peer = site_peer (&world->sites[0], 1);
  g_assert_cmpuint (g_hash_table_size (peer->used), ==, 2);
  g_assert_cmpuint (g_hash_table_size (site_peer (&world->sites[1], 0)->in), ==, 1);
  g_assert_false (
      g_hash_table_contains (site_peer (&world->sites[1], 0)->in, GUINT_TO_POINTER (77)));
  world_free (world);
}

/* A session that has begun elsewhere: the first caller here has to match it, and the numbers
 * of the two sides are theirs. */
static void
codec_from_the_other_side (void)
{
  World *world = world_new (2);
  Person *u1;

  world->sites[0].codec = "L16";
  world->sites[0].pt = 97;
  world->sites[1].also = "L16";
  u1 = person_join (&world->sites[0], "room", "audio");
  world_settle (world);
  const RflSession *session = rfl_core_find_session (world->sites[1].core, "room");
  const RflRoute *route = session->routes->pdata[0];
  g_assert_cmpuint (route->formats->len, ==, 1);
  g_assert_cmpstr (((RflFormat *) route->formats->pdata[0])->encoding, ==, "L16");
  Person *u2 = person_join (&world->sites[1], "room", "audio");
  world_settle (world);
  person_talk (u1, 11, 3);
  g_assert_cmpuint (person_heard_once (u2, 11), ==, 3);
  world_free (world);
}

/* The same codec under other numbers on each side: rewritten twice, heard. */
static void
numbers_differ (void)
{
  World *world = world_new_down (2);

  for (guint i = 0; i < 2; i++)
    {
      world->sites[i].codec = "L16";
      world->sites[i].pt = 97 + i;
      site_start (&world->sites[i]);
    }
  Person *u1 = person_join (&world->sites[0], "room", "audio");
  Person *u2 = person_join (&world->sites[1], "room", "audio");
  world_run (world, 200 * MS);
  person_talk (u1, 11, 3);
  g_assert_cmpuint (person_heard_once (u2, 11), ==, 3);
  RflRtp rtp;
  gsize len;
  const guint8 *data = g_bytes_get_data (u2->heard->pdata[0], &len);
  g_assert_true (rfl_rtp_parse (&rtp, data, len));
  g_assert_cmpuint (rtp.pt, ==, 98);
  world_free (world);
}

/* The same at the same moment: each side keeps its own and gives the other one another. */
static void
same_ssrc_at_once (void)
{
  World *world = world_new (2);
  Person *people[4];

  for (guint i = 0; i < 4; i++)
    people[i] = person_join (&world->sites[i % 2], "room", "audio");
  world_settle (world);
  for (guint round = 0; round < 5; round++)
    {
      person_send (people[0], 0, 77);
      person_send (people[1], 0, 77);
      world_settle (world);
    }
  g_assert_cmpuint (people[0]->heard->len, ==, 5);
  g_assert_cmpuint (people[1]->heard->len, ==, 5);
  for (guint i = 2; i < 4; i++)
    {
      g_assert_cmpuint (people[i]->heard->len, ==, 10);
      g_assert_cmpuint (person_heard_once (people[i], 77), ==, 5);
    }
  world_free (world);
}

static void
long_one_joined (RflParticipant *participant, const GError *error, gpointer user_data)
{
  g_assert_no_error (error);
}

/* A message has 1,200 octets: what is only told for show gives way, the participant does not. */
static void
long_names (void)
{
  World *world = world_new (2);
  g_autofree char *room = g_strnfill (255, 'r'), *name = g_strnfill (300, 'n');
  g_autofree char *sprop = g_strnfill (600, 'A');
  g_autofree char *fmtp =
      g_strconcat ("sprop-parameter-sets=", sprop, "; packetization-mode=1", NULL);
  const RflParticipantSpec spec = { .identity = name, .display_name = name, .cname = name };
  g_autoptr (RflParticipant) long_one = NULL;
  GPtrArray *formats = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_format_free);
  Person *u1 = person_join (&world->sites[0], room, "audio"), *u2;
  GPtrArray *offers = g_ptr_array_new ();

  g_ptr_array_add (formats, rfl_format_new (96, "H264", 90000, 1, fmtp));
  rfl_route_set_formats (rfl_session_get_route (rfl_core_find_session (world->sites[0].core, room),
                                                "video"),
                         formats);
  long_one = rfl_participant_new (world->sites[0].core, &spec);
  g_ptr_array_add (offers, rfl_medium_desc_new ("audio"));
  g_ptr_array_add (offers, rfl_medium_desc_new ("video"));
  rfl_participant_join (long_one, room, offers, long_one_joined, NULL);
  world_settle (world);
  g_assert_true (site_knows (&world->sites[1], long_one->id));
  g_assert_cmpuint (site_count (&world->sites[0], "interconnect.unsendable"), ==, 0);
  u2 = person_join (&world->sites[1], room, "audio video");
  world_settle (world);
  const RflRoute *video =
      rfl_session_get_route (rfl_core_find_session (world->sites[1].core, room), "video");
  const RflFormat *format = video->formats->pdata[0];
  g_assert_cmpstr (format->fmtp, ==, "packetization-mode=1");
  person_talk (u1, 11, 3);
  g_assert_cmpuint (person_heard_once (u2, 11), ==, 3);
  rfl_participant_leave (long_one, "end");
  world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  world_set_log_writer ();
  g_test_add_func ("/link-flow/gate", gate);
  g_test_add_func ("/link-flow/gate-here", gate_here);
  g_test_add_func ("/link-flow/kinds-apart", kinds_apart);
  g_test_add_func ("/link-flow/triangle", triangle);
  g_test_add_func ("/link-flow/triangle-presence", triangle_presence);
  g_test_add_func ("/link-flow/first-packet", first_packet);
  g_test_add_func ("/link-flow/first-packet-without-source", first_packet_without_source);
  g_test_add_func ("/link-flow/lossy", lossy);
  g_test_add_func ("/link-flow/same-ssrc-in-two-sessions", same_ssrc_in_two_sessions);
  g_test_add_func ("/link-flow/same-ssrc-in-one-session", same_ssrc_in_one_session);
  g_test_add_func ("/link-flow/same-ssrc-at-once", same_ssrc_at_once);
  g_test_add_func ("/link-flow/labels-are-not-reused", labels_are_not_reused);
  g_test_add_func ("/link-flow/codec-from-the-other-side", codec_from_the_other_side);
  g_test_add_func ("/link-flow/numbers-differ", numbers_differ);
  g_test_add_func ("/link-flow/long-names", long_names);
  return g_test_run ();
}
