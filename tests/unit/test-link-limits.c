/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the link does not carry, and what it never forgets: media beyond a message, labels of
 * sources that live.
 */
#include "tests/unit/link-fixture.h"

#include "core/status.h"
#include <string.h>

static void
joined (RflParticipant *participant, const GError *error, gpointer user_data)
{
  g_assert_no_error (error);
}

static RflParticipant *
join_with (Site *site, guint n_media)
{
  const RflParticipantSpec spec = { .identity = "sip:many@example.org" };
  RflParticipant *participant = rfl_participant_new (site->core, &spec);
  GPtrArray *offers = g_ptr_array_new ();

  for (guint i = 0; i < n_media; i++)
    g_ptr_array_add (offers, rfl_medium_desc_new (i % 2 ? "video" : "audio"));
  rfl_participant_join (participant, "room", offers, joined, NULL);
  world_settle (site->world);
  return participant;
}

/* Eight m-lines cross; the others are left out, counted, and in nobody's way. */
static void
media (void)
{
  static const struct {
    guint n, crossed, left_out;
  } rows[] = { { 9, 8, 1 }, { 20, 8, 1 }, { 8, 8, 0 }, { 1, 1, 0 } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      World *world = world_new (2);
      Person *there = person_join (&world->sites[1], "room", "audio");
      g_autoptr (RflParticipant) many = join_with (&world->sites[0], rows[i].n);
      RflParticipant *known = rfl_core_find_participant (world->sites[1].core, many->id);

      g_assert_nonnull (known);
      g_assert_cmpuint (known->media->len, ==, rows[i].crossed);
      g_assert_cmpuint (site_count (&world->sites[0], "interconnect.left_out"), ==,
                        rows[i].left_out);
      Person *here = person_join (&world->sites[0], "room", "audio");
      world_settle (world);
      person_talk (there, 1, 2);
      g_assert_cmpuint (person_heard_once (here, 1), ==, 2);
      world_run (world, 6 * G_TIME_SPAN_SECOND);
      g_assert_cmpuint (site_count (&world->sites[1], "interconnect.out_of_step"), ==, 0);
      rfl_participant_leave (many, "test");
      world_free (world);
    }
}

/* Labels are forgotten oldest first, but never one whose source lives. */
static void
labels (void)
{
  Person *p[2];
  World *world = world_new_with (2, p, 2);
  LinkPeer *peer = site_peer (&world->sites[0], 1);

  person_talk (p[0], 11, 1);
  g_assert_true (g_hash_table_contains (peer->used, GUINT_TO_POINTER (11)));
  for (guint i = 0; i < LINK_MAX_USED; i++)
    {
      g_hash_table_add (peer->used, GUINT_TO_POINTER (1000 + i));
      g_queue_push_tail (&peer->used_order, GUINT_TO_POINTER (1000 + i));
    }
  for (guint i = 0; i < 5; i++)
    {
      Person *brief = person_join (&world->sites[0], "room", "audio");
      person_talk (brief, 20 + i, 1);
      g_assert_true (g_hash_table_contains (peer->used, GUINT_TO_POINTER (20 + i)));
      person_leave (brief);
      world_settle (world);
      g_assert_true (g_hash_table_contains (peer->used, GUINT_TO_POINTER (20 + i)));
      g_assert_false (g_hash_table_contains (peer->used, GUINT_TO_POINTER (1000 + i)));
      g_assert_true (g_hash_table_contains (peer->used, GUINT_TO_POINTER (1005)));
    }
  g_assert_cmpuint (peer->used_order.length, ==, LINK_MAX_USED);
  g_assert_true (g_hash_table_contains (peer->used, GUINT_TO_POINTER (11)));
  /* the same SSRC once more has to have another label */
  Person *again = person_join (&world->sites[0], "other", "audio");
  person_join (&world->sites[1], "other", "audio");
  world_settle (world);
  person_talk (again, 11, 1);
  g_assert_cmpuint (g_hash_table_size (peer->out), ==, 2);
  g_assert_cmpuint (g_hash_table_size (site_peer (&world->sites[1], 0)->in), ==, 2);
  world_free (world);
}

static void
status (void)
{
  static const char *const members[] = { "messages_limited", "acknowledgements_astray",
                                         "datagrams_stale",  "digests_sent",
                                         "digests_received", "told_again" };
  World *world = world_new (2);
  RflStatus *s = rfl_status_new ();

  world_run (world, 6 * G_TIME_SPAN_SECOND);
  link_plugin_status (world->sites[0].link, s);
  g_autofree char *json = rfl_status_finish (s);
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    {
      g_autofree char *member = g_strdup_printf ("\"%s\":", members[i]);
      g_assert_nonnull (strstr (json, member));
    }
  g_assert_null (strstr (json, "\"digests_received\":0"));
  world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  world_set_log_writer ();
  g_test_add_func ("/link-limits/media", media);
  g_test_add_func ("/link-limits/labels", labels);
  g_test_add_func ("/link-limits/status", status);
  return g_test_run ();
}
