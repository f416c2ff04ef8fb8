/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What goes wrong with a link: strangers, nonsense, limits, peers that die and come back. */
#include "tests/unit/link-fixture.h"
#include "core/status.h"
#include <string.h>

static void
inject (World *world, const char *to, const char *from, gconstpointer data, gsize len)
{
  g_assert_true (test_network_inject (world->net, to, from, data, len));
  world_run (world, 0);
}

static TestDatagram *captured;

static gboolean
capture_message (World *world, const TestDatagram *d)
{
  if (d->to.port != 5565 || captured)
    return TRUE;
  captured = g_memdup2 (d, sizeof *d);
  captured->data = g_memdup2 (d->data, d->len);
  return TRUE;
}

static void
drop_captured (void)
{
  g_free (captured->data);
  g_clear_pointer (&captured, g_free);
}

/* The label, the address and the very packet of a participant do not help a stranger: only
 * the peer's relay port counts. */
static void
strangers (void)
{
  static const char *const froms[] = { "10.0.0.9:5564", "10.0.0.2:5566", "10.0.0.2:5565",
                                       "192.0.2.77:5564" };
  Person *u[2];
  World *world = world_new_with (2, u, 2);
  const RflRtp rtp = { .pt = 0, .seq = 2, .ssrc = 22 };
  guint8 data[172] = { 0 };

  person_talk (u[1], 22, 1);
  g_assert_cmpuint (person_heard (u[0], 22), ==, 1);
  rfl_rtp_write (&rtp, data, sizeof data);
  for (guint i = 0; i < G_N_ELEMENTS (froms); i++)
    inject (world, "10.0.0.1:5564", froms[i], data, sizeof data);
  world_settle (world);
  g_assert_cmpuint (person_heard (u[0], 22), ==, 1);
  g_assert_cmpuint (site_count (&world->sites[0], "interconnect.strangers"), ==, 4);

  /* a real link message from the wrong address */
  world->filter = capture_message;
  person_join (&world->sites[1], "room", "audio");
  world_settle (world);
  guint64 received = link_channel_get_stats (site_peer (&world->sites[0], 1)->channel)->frames_in;
  inject (world, "10.0.0.1:5565", "10.0.0.9:5565", captured->data, captured->len);
  inject (world, "10.0.0.1:5565", "10.0.0.2:5564", captured->data, captured->len);
  g_assert_cmpuint (link_channel_get_stats (site_peer (&world->sites[0], 1)->channel)->frames_in,
                    ==, received);
  g_assert_cmpuint (site_count (&world->sites[0], "interconnect.strangers"), ==, 6);
  drop_captured ();
  world_free (world);
}

/* From the peer itself: noise, real messages with every octet changed once, RTP on the RTCP
 * relay and the reverse. Nothing but counters may come of it, and the link goes on. */
static void
garbage (void)
{
  Person *u[2];
  World *world = world_new_with (2, u, 2);
  guint8 noise[64];

  world->filter = capture_message;
  person_join (&world->sites[1], "elsewhere", "audio video");
  world_settle (world);
  for (guint i = 0; i < 200; i++)
    {
      for (guint k = 0; k < sizeof noise; k++)
        noise[k] = g_rand_int (world->random);
      inject (world, "10.0.0.1:5565", "10.0.0.2:5565", noise, i % sizeof noise);
      inject (world, "10.0.0.1:5564", "10.0.0.2:5564", noise, i % sizeof noise);
    }
  for (guint i = 0; i < captured->len; i++)
    {
      captured->data[i] ^= 1 << g_rand_int_range (world->random, 0, 8);
      inject (world, "10.0.0.1:5565", "10.0.0.2:5565", captured->data, captured->len);
    }
  inject (world, "10.0.0.1:5564", "10.0.0.2:5564", captured->data, captured->len);
  drop_captured ();
  world_run (world, 15 * G_TIME_SPAN_SECOND);
  person_talk (u[0], 11, 3);
  person_talk (u[1], 22, 3);
  g_assert_cmpuint (person_heard (u[1], 11), ==, 3);
  g_assert_cmpuint (person_heard (u[0], 22), ==, 3);
  g_assert_cmpuint (site_count (&world->sites[0], "interconnect.malformed"), >, 50);
  world_free (world);
}

/* Labels that no SOURCE ever explains: bounded, and forgotten. */
static void
unknown_labels (void)
{
  World *world = world_new (2);
  guint8 data[172] = { 0 };

  for (guint i = 0; i < 5000; i++)
    {
      const RflRtp rtp = { .pt = 0, .seq = i, .ssrc = 1000 + i };
      rfl_rtp_write (&rtp, data, sizeof data);
      inject (world, "10.0.0.1:5564", "10.0.0.2:5564", data, sizeof data);
    }
  g_assert_cmpuint (g_hash_table_size (site_peer (&world->sites[0], 1)->waiting), <=, 256);
  world_run (world, 1000 * MS);
  const RflRtp rtp = { .pt = 0, .seq = 1, .ssrc = 1 };
  rfl_rtp_write (&rtp, data, sizeof data);
  inject (world, "10.0.0.1:5564", "10.0.0.2:5564", data, sizeof data);
  g_assert_cmpuint (g_hash_table_size (site_peer (&world->sites[0], 1)->waiting), <=, 256);
  world_free (world);
}

static void
flood (void)
{
  World *world = world_new (2);
  guint8 data[64] = { 0x80, 201, 0, 1 };

  for (guint i = 0; i < 6000; i++)
    inject (world, "10.0.0.1:5565", "10.0.0.2:5565", data, 8);
  g_assert_cmpuint (site_count (&world->sites[0], "interconnect.over_rate"), >=, 900);
  world_run (world, 2000 * MS);
  g_assert_cmpuint (world->sites[0].downs, ==, 0);
  world_free (world);
}

/* Killed without a word; nobody else is hurt. */
static void
killed (void)
{
  World *world = world_new (3);
  Person *u1 = person_join (&world->sites[0], "room", "audio");
  Person *u2 = person_join (&world->sites[1], "room", "audio");
  Person *u3 = person_join (&world->sites[2], "room", "audio");
  g_autofree char *id = NULL;

  world_settle (world);
  person_talk (u1, 11, 3);
  person_talk (u2, 22, 3);
  id = g_strdup (person_id (u2));
  site_kill (&world->sites[1]);
  world_run (world, 3000 * MS);
  g_assert_true (site_knows (&world->sites[0], id));
  world_run (world, 3000 * MS);
  g_assert_false (site_knows (&world->sites[0], id));
  g_assert_false (site_knows (&world->sites[2], id));
  g_assert_cmpuint (world->sites[0].downs, ==, 1);
  g_assert_cmpuint (world->sites[0].left, ==, 1);
  guint before = world->n_relayed;
  person_talk (u1, 11, 3);
  g_assert_cmpuint (world->n_relayed, ==, before + 3);
  g_assert_cmpuint (person_heard_once (u3, 11), ==, 6);

  site_start (&world->sites[1]);
  world_run (world, 1100 * MS);
  g_assert_cmpuint (world->sites[1].ups, ==, 4);
  u2 = person_join (&world->sites[1], "room", "audio");
  world_settle (world);
  person_talk (u1, 11, 3);
  person_talk (u2, 22, 3);
  g_assert_cmpuint (person_heard_once (u2, 11), ==, 3);
  g_assert_cmpuint (person_heard (u1, 22), ==, 6);
  g_assert_cmpuint (person_heard (u3, 22), ==, 6);
  world_free (world);
}

/* Back before anybody could notice its absence: the old participants are gone at once. */
static void
killed_and_back (void)
{
  Person *u[2];
  World *world = world_new_with (2, u, 2);
  g_autofree char *id = NULL;

  person_talk (u[0], 11, 3);
  person_talk (u[1], 22, 3);
  id = g_strdup (person_id (u[1]));
  site_kill (&world->sites[1]);
  world_run (world, 300 * MS);
  site_start (&world->sites[1]);
  world_run (world, 40 * MS);
  g_assert_false (site_knows (&world->sites[0], id));
  g_assert_true (site_knows (&world->sites[1], person_id (u[0])));
  g_assert_cmpuint (world->sites[0].downs, ==, 1);
  g_assert_cmpuint (world->sites[0].ups, ==, 2);
  u[1] = person_join (&world->sites[1], "room", "audio");
  world_settle (world);
  person_talk (u[0], 11, 3);
  g_assert_cmpuint (person_heard_once (u[1], 11), ==, 3);
  world_free (world);
}

/* Stopped in order: the others know at once. */
static void
stopped (void)
{
  Person *u[2];
  World *world = world_new_with (2, u, 2);

  person_talk (u[0], 11, 3);
  g_assert_cmpuint (person_heard (u[1], 11), ==, 3);
  link_plugin_stop (world->sites[1].link);
  g_assert_false (site_knows (&world->sites[1], person_id (u[0])));
  world_run (world, 10 * MS);
  g_assert_cmpuint (world->sites[0].downs, ==, 1);
  g_assert_false (site_knows (&world->sites[0], person_id (u[1])));
  guint before = world->n_relayed;
  person_talk (u[0], 11, 3);
  g_assert_cmpuint (world->n_relayed, ==, before);
  world_free (world);
}

static gboolean
cut (World *world, const TestDatagram *d)
{
  return FALSE;
}

/* The path breaks and heals; calls that went on on both sides find each other again. */
static void
healed (void)
{
  Person *u[2];
  World *world = world_new_with (2, u, 2);

  person_talk (u[0], 11, 3);
  world->filter = cut;
  world_run (world, 6500 * MS);
  g_assert_cmpuint (world->sites[0].downs, ==, 1);
  Person *u3 = person_join (&world->sites[1], "room", "audio");
  world->filter = NULL;
  world_run (world, 1200 * MS);
  person_forget (u[1]);
  person_talk (u[0], 11, 3);
  person_talk (u3, 33, 3);
  g_assert_cmpuint (person_heard_once (u[1], 11), ==, 3);
  g_assert_cmpuint (person_heard_once (u3, 11), ==, 3);
  g_assert_cmpuint (person_heard_once (u[0], 33), ==, 3);
  world_free (world);
}

/* Somebody whom another peer, or this reflector, has already: the first one holds. */
static void
same_id_twice (void)
{
  World *world = world_new (3);
  Person *u1 = person_join (&world->sites[0], "room", "audio");

  world_settle (world);
  g_autoptr (LinkMessage) join = link_message_new (LINK_JOIN);
  join->session = g_strdup ("room");
  join->participant = g_strdup (person_id (u1));
  join->identity = g_strdup ("sip:thief@example.org");
  g_ptr_array_add (join->media, link_medium_new (0, "audio"));
  for (guint i = 0; i < 3; i++)
    if (i != 2)
      link_channel_send (site_peer (&world->sites[2], i)->channel, join);
  link_plugin_kick (world->sites[2].link);
  world_settle (world);
  for (guint i = 0; i < 2; i++)
    {
      RflParticipant *known = rfl_core_find_participant (world->sites[i].core, person_id (u1));
      g_assert_cmpstr (known->identity, ==, "sip:somebody@example.org");
      g_assert_cmpuint (site_count (&world->sites[i], "interconnect.duplicate_participants"), ==,
                        1);
    }
  /* nor may it take away or speak for whom it has not announced */
  g_autoptr (LinkMessage) leave = link_message_new (LINK_LEAVE);
  leave->session = g_strdup ("room");
  leave->participant = g_strdup (person_id (u1));
  link_channel_send (site_peer (&world->sites[2], 1)->channel, leave);
  g_autoptr (LinkMessage) source = link_message_new (LINK_SOURCE);
  source->session = g_strdup ("room");
  source->participant = g_strdup (person_id (u1));
  g_ptr_array_add (source->media, link_medium_new (0, "audio"));
  link_channel_send (site_peer (&world->sites[2], 1)->channel, source);
  link_plugin_kick (world->sites[2].link);
  world_settle (world);
  g_assert_true (site_knows (&world->sites[1], person_id (u1)));
  g_assert_cmpuint (g_hash_table_size (site_peer (&world->sites[1], 2)->in), ==, 0);
  g_assert_cmpuint (site_count (&world->sites[1], "interconnect.unknown_participants"), ==, 1);
  world_free (world);
}

static void
limits (void)
{
  World *world = world_new_down (2);

  world->options = "max_participants = 3; max_sessions = 2; max_sources = 2;";
  site_start (&world->sites[0]);
  site_start (&world->sites[1]);
  world_run (world, 100 * MS);
  Person *here = person_join (&world->sites[0], "s0", "audio");
  Person *p[5];
  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *name = g_strdup_printf ("s%u", i % 4);
      p[i] = person_join (&world->sites[1], name, "audio");
    }
  world_settle (world);
  LinkPeer *peer = site_peer (&world->sites[0], 1);
  g_assert_cmpuint (g_hash_table_size (peer->rooms), ==, 2);
  g_assert_cmpuint (g_hash_table_size (peer->remotes), ==, 3);
  g_assert_cmpuint (site_count (&world->sites[0], "interconnect.limited"), ==, 2);
  for (guint ssrc = 100; ssrc < 105; ssrc++)
    person_talk (p[0], ssrc, 1);
  g_assert_cmpuint (here->heard->len, ==, 2);
  g_assert_cmpuint (g_hash_table_size (peer->in), ==, 2);
  world_free (world);
}

static void
no_peers (void)
{
  World *world = world_new_down (1);
  site_start (&world->sites[0]);
  Person *u1 = person_join (&world->sites[0], "room", "audio");
  Person *u2 = person_join (&world->sites[0], "room", "audio");

  person_talk (u1, 11, 2);
  g_assert_cmpuint (person_heard_once (u2, 11), ==, 2);
  g_assert_null (rfl_path_find_port (rfl_core_get_path (world->sites[0].core), "link.rtp"));
  world_free (world);
}

static void
status (void)
{
  World *world = world_new (2);
  RflStatus *s = rfl_status_new ();

  person_join (&world->sites[1], "room", "audio");
  world_settle (world);
  link_plugin_status (world->sites[0].link, s);
  g_autofree char *json = rfl_status_finish (s);
  g_assert_nonnull (strstr (json, "\"address\":\"10.0.0.2:5564\""));
  g_assert_nonnull (strstr (json, "\"up\":true"));
  g_assert_nonnull (strstr (json, "\"participants\":1"));
  world_free (world);
}

/* What a peer calls a medium must not stay in memory for ever: kinds are interned. */
static void
invented_kinds (void)
{
  Person *u[2];
  World *world = world_new_with (2, u, 2);
  LinkPeer *peer = site_peer (&world->sites[1], 0);
  g_autoptr (LinkMessage) join = link_message_new (LINK_JOIN);

  join->session = g_strdup ("room");
  join->participant = g_strdup ("inventor");
  join->identity = g_strdup ("sip:inventor@example.org");
  g_ptr_array_add (join->media, link_medium_new (0, "audio"));
  g_ptr_array_add (join->media, link_medium_new (1, "kind-that-nobody-knows"));
  g_assert_true (link_channel_send (peer->channel, join));
  link_peer_kick (peer);
  world_settle (world);
  RflParticipant *inventor = rfl_core_find_participant (world->sites[0].core, "inventor");
  g_assert_nonnull (inventor);
  g_assert_cmpuint (inventor->media->len, ==, 2);
  const RflMedium *medium = inventor->media->pdata[1];
  g_assert_false (medium->current->accepted);
  g_assert_cmpuint (g_quark_try_string ("kind-that-nobody-knows"), ==, 0);
  world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  world_set_log_writer ();
  g_test_add_func ("/link-faults/strangers", strangers);
  g_test_add_func ("/link-faults/garbage", garbage);
  g_test_add_func ("/link-faults/unknown-labels", unknown_labels);
  g_test_add_func ("/link-faults/flood", flood);
  g_test_add_func ("/link-faults/killed", killed);
  g_test_add_func ("/link-faults/killed-and-back", killed_and_back);
  g_test_add_func ("/link-faults/stopped", stopped);
  g_test_add_func ("/link-faults/healed", healed);
  g_test_add_func ("/link-faults/same-id-twice", same_id_twice);
  g_test_add_func ("/link-faults/limits", limits);
  g_test_add_func ("/link-faults/invented-kinds", invented_kinds);
  g_test_add_func ("/link-faults/no-peers", no_peers);
  g_test_add_func ("/link-faults/status", status);
  return g_test_run ();
}
