/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts of a session that were begun with different codecs, and meet: one codec wins, those who can
 * follow hear everybody, nobody is thrown out.
 */
#include "tests/unit/link-fixture.h"

/* @n reflectors that do not hear of each other yet, with other codecs each. */
static World *
apart (guint n, const char *const codecs[], const char *also)
{
  World *world = world_new_down (n);

  for (guint i = 0; i < n; i++)
    {
      world->sites[i].codec = codecs[i];
      world->sites[i].also = also;
      site_start (&world->sites[i]);
    }
  return world;
}

static gint
by_id (gconstpointer a, gconstpointer b)
{
  const Site *const *x = a, *const *y = b;

  return g_strcmp0 (rfl_core_get_id ((*x)->core), rfl_core_get_id ((*y)->core));
}

/* Those who decide first. */
static void
sort (World *world, Site *sites[MAX_SITES])
{
  g_autoptr (GPtrArray) order = g_ptr_array_new ();

  for (guint i = 0; i < world->n_sites; i++)
    g_ptr_array_add (order, &world->sites[i]);
  g_ptr_array_sort (order, by_id);
  for (guint i = 0; i < world->n_sites; i++)
    sites[i] = order->pdata[i];
}

static const RflRoute *
audio_route (const Person *person)
{
  return ((const RflMedium *) person->participant->media->pdata[0])->route;
}

static const char *
spoken (const Person *person)
{
  const RflRoute *route = audio_route (person);

  return ((const RflFormat *) route->formats->pdata[route->codec])->encoding;
}

static void
assert_in_step (World *world)
{
  for (guint a = 0; a < world->n_sites; a++)
    for (guint b = 0; b < world->n_sites; b++)
      if (a != b)
        g_assert_cmpuint (world_compare (world, a, b), ==, 0);
}

/* Nobody can follow: each part goes on by itself, nothing crosses that nobody there could play, and
 * it is counted. */
static void
cannot_follow (void)
{
  static const char *const codecs[] = { "PCMU", "PCMA" };
  World *world = apart (2, codecs, NULL);
  Site *sites[MAX_SITES];
  Person *p[4];

  sort (world, sites);
  for (guint i = 0; i < 4; i++)
    p[i] = person_join (sites[i % 2], "room", "audio");
  world_run (world, 300 * MS);
  guint before = world->n_relayed;
  for (guint i = 0; i < 4; i++)
    person_talk (p[i], 100 + i, 3);
  for (guint i = 0; i < 4; i++)
    {
      g_assert_cmpuint (p[i]->heard->len, ==, 3);
      g_assert_cmpuint (person_heard_once (p[i], 100 + (i ^ 2)), ==, 3);
    }
  /* the part that decides has sent its own, which the others may learn to speak */
  g_assert_cmpuint (world->n_relayed, ==, before + 6);
  g_assert_cmpuint (site_count (sites[0], "interconnect.codecs_changed"), ==, 0);
  g_assert_cmpuint (site_count (sites[1], "interconnect.codecs_changed"), ==, 1);
  g_assert_cmpuint (site_count (sites[1], "interconnect.kept_local"), ==, 2);
  g_assert_cmpuint (sites[0]->left + sites[1]->left, ==, 0);
  assert_in_step (world);
  world_free (world);
}

/* Whoever speaks the winning codec, too, is asked again; then all hear all, and who comes later gets
 * the winning codec. */
static void
can_follow (void)
{
  static const char *const codecs[] = { "PCMU", "PCMA" };
  World *world = apart (2, codecs, NULL);
  Site *sites[MAX_SITES];
  Person *p[5];

  sort (world, sites);
  sites[1]->also = sites[0]->codec;
  for (guint i = 0; i < 4; i++)
    p[i] = person_join (sites[i % 2], "room", "audio");
  for (guint i = 0; i < 4; i++)
    person_send (p[i], 0, 100 + i);
  world_run (world, 300 * MS);
  for (guint i = 0; i < 4; i++)
    {
      g_assert_cmpuint (p[i]->n_asked, ==, i % 2);
      g_assert_cmpstr (spoken (p[i]), ==, sites[0]->codec);
    }
  p[4] = person_join (sites[1], "room", "audio");
  world_settle (world);
  assert_in_step (world);
  for (guint i = 0; i < 5; i++)
    person_forget (p[i]);
  for (guint i = 0; i < 5; i++)
    person_talk (p[i], 100 + i, 3);
  for (guint i = 0; i < 5; i++)
    for (guint k = 0; k < 5; k++)
      g_assert_cmpuint (person_heard_once (p[i], 100 + k), ==, i == k ? 0 : 3);
  g_assert_cmpuint (site_count (sites[1], "interconnect.asked_again"), ==, 2);
  g_assert_cmpuint (site_count (sites[1], "interconnect.kept_local"), ==, 0);
  world_free (world);
}

/* Three parts with three codecs: all agree on one, whoever hears of whom first. */
static void
three_parts (void)
{
  static const char *const codecs[] = { "PCMU", "PCMA", "G722" };

  for (guint round = 0; round < 12; round++)
    {
      World *world = apart (3, codecs, "telephone-event");
      Site *sites[MAX_SITES];
      Person *p[3];

      g_rand_set_seed (world->random, round);
      world->loss = 0.3;
      sort (world, sites);
      for (guint i = 0; i < 3; i++)
        p[i] = person_join (&world->sites[i], "room", "audio");
      world_run (world, 8 * G_TIME_SPAN_SECOND);
      for (guint i = 0; i < 3; i++)
        g_assert_cmpstr (spoken (p[i]), ==, sites[0]->codec);
      assert_in_step (world);
      world_free (world);
    }
}

/* A peer that names ever other codecs does not grow the session without bound. */
static void
too_many (void)
{
  static const char *const codecs[] = { "PCMU", "PCMU" };
  World *world = apart (2, codecs, NULL);
  Site *sites[MAX_SITES] = { NULL };

  sort (world, sites);
  g_assert_true (sites[0] && sites[1]);
  Person *here = person_join (sites[1], "room", "audio");
  Person *there = person_join (sites[0], "room", "audio");
  world_run (world, 300 * MS);
  LinkPeer *peer = site_peer (sites[0], sites[1]->index);
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (LinkMessage) join = link_presence_describe (there->participant);
      LinkMedium *medium = join->media->pdata[0];
      g_autofree char *name = g_strdup_printf ("codec-%u", i);
      g_ptr_array_set_size (medium->formats, 0);
      g_ptr_array_add (medium->formats, rfl_format_new (96, name, 8000, 1, NULL));
      link_channel_send (peer->channel, join);
      link_peer_kick (peer);
      world_settle (world);
    }
  g_assert_cmpuint (audio_route (here)->formats->len, ==, RFL_ROUTE_MAX_FORMATS);
  g_assert_cmpuint (site_count (sites[1], "interconnect.limited"), ==, 21 - RFL_ROUTE_MAX_FORMATS);
  world_run (world, 6 * G_TIME_SPAN_SECOND);
  g_assert_cmpstr (spoken (here), ==, "PCMU");
  assert_in_step (world);
  person_talk (there, 1, 3);
  g_assert_cmpuint (person_heard_once (here, 1), ==, 3);
  world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  world_set_log_writer ();
  g_test_add_func ("/link-codec/too-many", too_many);
  g_test_add_func ("/link-codec/cannot-follow", cannot_follow);
  g_test_add_func ("/link-codec/can-follow", can_follow);
  g_test_add_func ("/link-codec/three-parts", three_parts);
  return g_test_run ();
}
