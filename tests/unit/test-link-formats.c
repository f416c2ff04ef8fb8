/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sources in other codecs than the session's: they cross to who has a mixer, with what their numbers
 * mean, and to nobody else.
 */
#include "tests/unit/link-fixture.h"
#include "tests/unit/mixer-fake.h"
#include <string.h>

static const char *const codecs[] = { "PCMU", "G722", "opus" };
static const guint8 numbers[] = { 0, 9, 96 };

/* What the rtp plugin does before the answer, with a mixer: the codec becomes a format of the session. */
static RflHookResult
append (RflEvent *event, gpointer user_data, GError **error)
{
  const RflMedium *medium = event->participant->media->pdata[0];
  RflRoute *route = rfl_session_get_route (event->session, "audio");
  const RflFormat *wanted = medium->offered->formats->pdata[0];
  GPtrArray *formats;

  if (event->participant->origin || rfl_route_find_format (route, wanted) != RFL_PT_NONE)
    return RFL_HOOK_CONTINUE;
  formats = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_format_free);
  for (guint i = 0; i < route->formats->len; i++)
    g_ptr_array_add (formats, rfl_format_copy (route->formats->pdata[i]));
  g_ptr_array_add (formats, rfl_format_copy (wanted));
  g_assert_true (rfl_route_set_formats (route, formats));
  return RFL_HOOK_CONTINUE;
}

static void
add_hook (Site *site)
{
  const RflHook hook = {
    .name = "test/append", .event = RFL_EVENT_MEDIA_OFFERED, .stage = RFL_HOOK_EARLY, .func = append
  };

  g_assert_cmpuint (rfl_bus_add_hook (rfl_core_get_bus (site->core), &hook, NULL), >, 0);
}

static Person *
join (Site *site, guint codec)
{
  site->codec = codecs[codec];
  site->pt = numbers[codec];
  return person_join (site, "room", "audio");
}

static const RflRoute *
route_of (const Person *person)
{
  return ((const RflMedium *) person->participant->media->pdata[0])->route;
}

static guint8
last_pt (const Person *listener, guint32 ssrc)
{
  guint8 pt = RFL_PT_NONE;

  for (guint i = 0; i < listener->heard->len; i++)
    {
      gsize len;
      const guint8 *data = g_bytes_get_data (listener->heard->pdata[i], &len);
      RflRtp rtp;
      g_assert_true (rfl_rtp_parse (&rtp, data, len));
      if (rtp.ssrc == ssrc)
        pt = rtp.pt;
    }
  return pt;
}

/* 100 and the index of the format, so that it is seen which one a packet was taken for. */
static void
listen_to_all (Person *listener)
{
  guint8 pt[RFL_ROUTE_MAX_FORMATS];

  for (guint i = 0; i < G_N_ELEMENTS (pt); i++)
    pt[i] = 100 + i;
  rfl_leg_set_pt (listener->legs[0], pt);
}

static const char *
codec_heard (const Person *listener, guint32 ssrc)
{
  guint8 pt = last_pt (listener, ssrc);
  const GPtrArray *formats = route_of (listener)->formats;

  g_assert_cmpuint (pt, >=, 100);
  g_assert_cmpuint (pt - 100u, <, formats->len);
  return ((const RflFormat *) formats->pdata[pt - 100])->encoding;
}

/* Two with each codec, one at each side; everybody listens to all formats. */
static void
fill (World *world, Person *people[6])
{
  for (guint i = 0; i < 2; i++)
    add_hook (&world->sites[i]);
  for (guint i = 0; i < 6; i++)
    {
      people[i] = join (&world->sites[i % 2], i / 2);
      world_settle (world);
    }
  world_run (world, G_TIME_SPAN_SECOND);
}

static void
talk_all (Person *people[6])
{
  for (guint i = 0; i < 6; i++)
    person_talk (people[i], 100 + i, 3);
  for (guint i = 0; i < 6; i++)
    {
      listen_to_all (people[i]);
      person_forget (people[i]);
    }
  for (guint i = 0; i < 6; i++)
    person_talk (people[i], 100 + i, 3);
}

/* Whether what @from says reaches @to once and as what it is. */
static gboolean
reaches (Person *people[6], guint from, guint to)
{
  guint n = person_heard_once (people[to], 100 + from);

  g_test_message ("%u to %u: %u", from, to, n);
  if (n == 0)
    return FALSE;
  g_assert_cmpuint (n, ==, 3);
  g_assert_cmpstr (codec_heard (people[to], 100 + from), ==, codecs[from / 2]);
  return TRUE;
}

static void
assert_in_step (World *world)
{
  g_assert_cmpuint (world_compare (world, 0, 1), ==, 0);
  g_assert_cmpuint (world_compare (world, 1, 0), ==, 0);
}

/* Only the first reflector mixes: it is sent everything, the other one as ever. */
static void
one_side (void)
{
  World *world = world_new (2);
  g_autoptr (Fake) fake = fake_new (world->sites[0].core);
  Person *people[6];

  world_run (world, 6 * G_TIME_SPAN_SECOND); /* HELLOs */
  fill (world, people);
  talk_all (people);
  for (guint from = 0; from < 6; from++)
    for (guint to = 0; to < 6; to++)
      if (from != to)
        g_assert_cmpint (reaches (people, from, to), ==,
                         from % 2 == to % 2 || to % 2 == 0 || from < 2);
  assert_in_step (world);
  g_clear_pointer (&fake, fake_free);
  world_free (world);
}

static void
both_sides (void)
{
  World *world = world_new (2);
  g_autoptr (Fake) first = fake_new (world->sites[0].core);
  g_autoptr (Fake) second = fake_new (world->sites[1].core);
  Person *people[6];

  world_run (world, 6 * G_TIME_SPAN_SECOND);
  fill (world, people);
  talk_all (people);
  for (guint from = 0; from < 6; from++)
    for (guint to = 0; to < 6; to++)
      if (from != to)
        g_assert_true (reaches (people, from, to));
  assert_in_step (world);
  g_assert_cmpuint (site_count (&world->sites[0], "interconnect.unknown_formats"), ==, 0);
  g_clear_pointer (&first, fake_free);
  g_clear_pointer (&second, fake_free);
  world_free (world);
}

/* A peer says that it mixes when sources have been announced already. */
static void
later (void)
{
  World *world = world_new (2);
  g_autoptr (Fake) first = NULL, second = NULL;
  Person *people[6];

  fill (world, people);
  talk_all (people);
  g_assert_false (reaches (people, 2, 1));
  first = fake_new (world->sites[0].core);
  second = fake_new (world->sites[1].core);
  world_run (world, 6 * G_TIME_SPAN_SECOND);
  for (guint i = 0; i < 6; i++)
    person_forget (people[i]);
  talk_all (people);
  g_assert_true (reaches (people, 2, 1));
  g_assert_true (reaches (people, 5, 0));
  assert_in_step (world);
  g_clear_pointer (&first, fake_free);
  g_clear_pointer (&second, fake_free);
  world_free (world);
}

/* Callers may use one number for different codecs; on a link each has its own. */
static void
numbers_clash (void)
{
  static const char *const names[] = { "PCMU", "opus", "G722", "L16" };
  static const guint8 pts[] = { 0, 96, 96, 127 };
  World *world = world_new (2);
  Person *person;
  gboolean used[128] = { FALSE };

  add_hook (&world->sites[0]);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      world->sites[0].codec = names[i];
      world->sites[0].pt = pts[i];
      person = person_join (&world->sites[0], "room", "audio");
    }
  g_assert_cmpuint (route_of (person)->formats->len, ==, 4);
  for (guint i = 0; i < 4; i++)
    {
      guint8 number = link_codec_number (route_of (person), i);
      g_assert_cmpuint (number, <, 128);
      g_assert_false (used[number]);
      used[number] = TRUE;
      if (i < 2)
        g_assert_cmpuint (number, ==, pts[i]);
    }
  world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  world_set_log_writer ();
  g_test_add_func ("/link-formats/one-side", one_side);
  g_test_add_func ("/link-formats/both-sides", both_sides);
  g_test_add_func ("/link-formats/later", later);
  g_test_add_func ("/link-formats/numbers-clash", numbers_clash);
  return g_test_run ();
}
