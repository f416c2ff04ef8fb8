/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Digests: whatever a peer was told wrongly, in its partner's name or by a defect, is right again
 * after one of them. What strangers send is in test-link-faults.c.
 */
#include "tests/unit/link-fixture.h"
#include <string.h>

#define DIGEST (5 * G_TIME_SPAN_SECOND + 200 * MS)

static void
assert_same (World *world)
{
  for (guint a = 0; a < world->n_sites; a++)
    for (guint b = 0; b < world->n_sites; b++)
      if (a != b)
        g_assert_cmpuint (world_compare (world, a, b), ==, 0);
}

/* Two reflectors with a conference: audio and video, all talk, and another session. */
static World *
conference (Person **p)
{
  World *world = world_new (2);

  p[0] = person_join (&world->sites[0], "room", "audio video");
  p[1] = person_join (&world->sites[1], "room", "audio video");
  p[2] = person_join (&world->sites[0], "other", "audio");
  p[3] = person_join (&world->sites[1], "other", "audio");
  world_settle (world);
  for (guint i = 0; i < 4; i++)
    person_talk (p[i], 100 + i, 2);
  for (guint i = 0; i < 2; i++)
    person_send (p[i], 1, 200 + i);
  world_settle (world);
  assert_same (world);
  return world;
}

static void
assert_talk (World *world, Person **p)
{
  for (guint i = 0; i < 4; i++)
    {
      person_forget (p[i ^ 1]);
      person_talk (p[i], 100 + i, 3);
      g_assert_cmpuint (person_heard_once (p[i ^ 1], 100 + i), ==, 3);
    }
}

/* In step is quiet: nobody asks. */
static void
nothing_wrong (void)
{
  Person *p[4];
  World *world = conference (p);

  world_run (world, 4 * DIGEST);
  for (guint i = 0; i < 2; i++)
    {
      const LinkPeer *peer = site_peer (&world->sites[i], !i);
      g_assert_cmpuint (peer->digest.sent, >=, 24);
      g_assert_cmpuint (peer->digest.received, >=, 24);
      g_assert_cmpuint (peer->digest.asked, ==, 0);
      g_assert_cmpuint (site_count (&world->sites[i], "interconnect.out_of_step"), ==, 0);
    }
  world_free (world);
}

/* ---- in the peer's name, within its stream ---- */

static LinkMessage *
about (guint8 type, const Person *person)
{
  LinkMessage *message = link_message_new (type);

  message->session = g_strdup (person->participant->session->name);
  message->participant = g_strdup (person_id (person));
  return message;
}

/* As site 1 would say it of @person. */
static LinkMessage *
sample (World *world, guint8 type, const Person *person)
{
  LinkPeer *peer = site_peer (&world->sites[1], 0);
  const RflRoute *route = ((RflMedium *) person->participant->media->pdata[0])->route;
  const RflSource *source = route->sources->pdata[0];
  LinkMessage *message;

  for (guint i = 0; source->owner->participant != person->participant; i++)
    source = route->sources->pdata[i];
  const LinkOut *out = g_hash_table_lookup (peer->out, source);
  switch (type)
    {
    case LINK_JOIN:
      return link_presence_describe (person->participant);
    case LINK_SOURCE:
      return link_media_describe (peer, source, out->label);
    case LINK_LEAVE:
      return about (LINK_LEAVE, person);
    case LINK_TEXT:
      message = about (LINK_TEXT, person);
      message->text = g_strdup ("hello");
      return message;
    default:
      message = link_message_new (type);
      message->label = out->label;
      message->buckets = G_MAXUINT64;
      g_array_set_size (message->sums, 8);
      return message;
    }
}

/* Says at site 1 whatever still is a message after one bit of @body was turned. */
static void
say_flipped (World *world, guint8 type, const GByteArray *body, guint bit)
{
  LinkPeer *peer = site_peer (&world->sites[1], 0);
  g_autofree guint8 *copy = g_memdup2 (body->data, body->len);

  copy[bit / 8] ^= 1 << bit % 8;
  g_autoptr (LinkMessage) message = link_message_decode (type, copy, body->len, NULL);
  if (!message)
    return;
  link_channel_send (peer->channel, message);
  link_peer_kick (peer);
}

static void
flipped (gconstpointer data)
{
  guint8 type = GPOINTER_TO_UINT (data);
  Person *p[4];
  World *world = conference (p);
  g_autoptr (LinkMessage) message = sample (world, type, p[1]);
  g_autoptr (GByteArray) body = link_message_encode (message);

  for (guint bit = 0; bit < body->len * 8; bit++)
    {
      say_flipped (world, type, body, bit);
      world_run (world, bit % 8 == 0 ? 10 * MS : 0);
      if (bit % 300 == 299)
        {
          world_run (world, DIGEST);
          assert_same (world);
        }
    }
  world_run (world, DIGEST);
  assert_same (world);
  assert_talk (world, p);
  g_assert_cmpuint (world->sites[0].downs, ==, 0);
  world_free (world);
}

/* The message itself, once too often or about somebody who is not there. */
static void
untimely (void)
{
  Person *p[4];
  World *world = conference (p);
  LinkPeer *peer = site_peer (&world->sites[1], 0);
  static const guint8 types[] = { LINK_LEAVE,  LINK_SOURCE_END, LINK_JOIN, LINK_SOURCE,
                                  LINK_RETELL, LINK_RETOLD,     LINK_SYNC };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    for (guint k = 1; k < 4; k += 2)
      {
        g_autoptr (LinkMessage) message = sample (world, types[i], p[k]);
        link_channel_send (peer->channel, message);
      }
  g_autoptr (LinkMessage) ghost = sample (world, LINK_JOIN, p[1]);
  g_free (ghost->participant);
  ghost->participant = g_strdup ("ghost");
  link_channel_send (peer->channel, ghost);
  link_peer_kick (peer);
  world_settle (world);
  g_assert_cmpuint (world_compare (world, 1, 0), >, 0);
  world_run (world, DIGEST);
  assert_same (world);
  assert_talk (world, p);
  world_free (world);
}

/* ---- by itself ---- */

/* A defect here forgets somebody, or somebody here ends whom others have: its own reflector
 * is right. */
static void
forgotten_here (void)
{
  Person *p[4];
  World *world = conference (p);
  Site *site = &world->sites[0];

  link_presence_drop (site_peer (site, 1), person_id (p[1]), "test");
  rfl_participant_end (rfl_core_find_participant (site->core, person_id (p[3])), "test");
  world_settle (world);
  g_assert_false (site_knows (site, person_id (p[1])));
  world_run (world, DIGEST);
  assert_same (world);
  assert_talk (world, p);
  world_free (world);
}

/* Refused for a limit, then there is room. */
static void
refused_for_a_limit (void)
{
  World *world = world_new_down (2);
  Person *p[6];

  world->options = "max_participants = 4; digest_interval = 1.0;";
  site_start (&world->sites[0]);
  site_start (&world->sites[1]);
  world_run (world, 100 * MS);
  for (guint i = 0; i < 6; i++)
    p[i] = person_join (&world->sites[1], "room", "audio");
  world_run (world, 60 * G_TIME_SPAN_SECOND);
  LinkPeer *peer = site_peer (&world->sites[0], 1);
  g_assert_cmpuint (g_hash_table_size (peer->remotes), ==, 4);
  guint64 asked = site_peer (&world->sites[1], 0)->digest.asked;
  g_assert_cmpuint (asked, >=, 2);
  g_assert_cmpuint (asked, <=, 30);
  person_leave (p[0]);
  person_leave (p[1]);
  world_run (world, 2 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (g_hash_table_size (peer->remotes), ==, 4);
  assert_same (world);
  world_free (world);
}

/* The id was somebody else's when it was told; later it is free. */
static void
refused_as_a_duplicate (void)
{
  World *world = world_new (3);
  Person *mine = person_join (&world->sites[0], "room", "audio");
  LinkPeer *thief = site_peer (&world->sites[2], 1);
  g_autoptr (LinkMessage) join = link_presence_describe (mine->participant);

  world->filter = NULL;
  world_settle (world);
  link_presence_drop (site_peer (&world->sites[1], 0), person_id (mine), "test");
  link_channel_send (thief->channel, join);
  link_peer_kick (thief);
  world_settle (world);
  g_assert_cmpstr (rfl_core_find_participant (world->sites[1].core, person_id (mine))->origin, ==,
                   rfl_core_get_id (world->sites[2].core));
  world_run (world, 2 * DIGEST);
  assert_same (world);
  world_free (world);
}

/* Whoever asks without end is answered at the pace of the digests. */
static void
asked_too_often (void)
{
  Person *p[4];
  World *world = conference (p);
  LinkPeer *peer = site_peer (&world->sites[1], 0);

  for (guint i = 0; i < 500; i++)
    {
      g_autoptr (LinkMessage) sync = link_message_new (LINK_SYNC);
      sync->buckets = G_MAXUINT64;
      link_channel_send (peer->channel, sync);
      link_peer_kick (peer);
      world_run (world, 20 * MS);
    }
  guint64 asked = site_peer (&world->sites[0], 1)->digest.asked;
  g_assert_cmpuint (asked, >=, 4);
  g_assert_cmpuint (asked, <=, 5);
  assert_same (world);
  assert_talk (world, p);
  world_free (world);
}

/* A source that had to go under another SSRC gets its own back when it is told again and that is
 * free. */
static void
own_ssrc_again (void)
{
  World *world = world_new (2);
  Person *here = person_join (&world->sites[0], "room", "audio");
  Person *listener = person_join (&world->sites[0], "room", "audio");
  Person *there = person_join (&world->sites[1], "room", "audio");
  LinkPeer *peer = site_peer (&world->sites[0], 1);
  g_autoptr (LinkMessage) sync = link_message_new (LINK_SYNC);

  world_settle (world);
  person_send (here, 0, 55);
  person_send (there, 0, 55);
  world_settle (world);
  g_assert_cmpuint (world_compare (world, 1, 0), >, 0);
  person_leave (here);
  sync->buckets = G_MAXUINT64;
  link_channel_send (peer->channel, sync);
  link_peer_kick (peer);
  world_settle (world);
  assert_same (world);
  person_forget (listener);
  person_talk (there, 55, 3);
  g_assert_cmpuint (person_heard_once (listener, 55), ==, 3);
  world_free (world);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *name;
    guint8 type;
  } types[] = {
    { "join", LINK_JOIN },      { "leave", LINK_LEAVE },   { "source", LINK_SOURCE },
    { "end", LINK_SOURCE_END }, { "digest", LINK_DIGEST }, { "sync", LINK_SYNC },
    { "retell", LINK_RETELL },  { "retold", LINK_RETOLD }, { "text", LINK_TEXT },
  };

  g_test_init (&argc, &argv, NULL);
  world_set_log_writer ();
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autofree char *path = g_strdup_printf ("/link-digest/flipped/%s", types[i].name);
      g_test_add_data_func (path, GUINT_TO_POINTER (types[i].type), flipped);
    }
  g_test_add_func ("/link-digest/untimely", untimely);
  g_test_add_func ("/link-digest/forgotten-here", forgotten_here);
  g_test_add_func ("/link-digest/refused-for-a-limit", refused_for_a_limit);
  g_test_add_func ("/link-digest/refused-as-a-duplicate", refused_as_a_duplicate);
  g_test_add_func ("/link-digest/own-ssrc-again", own_ssrc_again);
  g_test_add_func ("/link-digest/asked-too-often", asked_too_often);
  g_test_add_func ("/link-digest/nothing-wrong", nothing_wrong);
  return g_test_run ();
}
