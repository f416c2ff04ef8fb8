/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Audio levels over a link: each participant gets them under the number that was agreed with him, wherever he called. */
#include "tests/unit/link-fixture.h"
#include <string.h>

#define LEVEL 0x85

static RflMedium *
audio_of (const Person *person)
{
  return person->participant->media->pdata[0];
}

/* As if this had been negotiated. */
static void
agree (Person *person, guint8 number)
{
  audio_of (person)->current->answer_audio_level = number;
  rfl_leg_set_audio_level (person->legs[0], number ? number : RFL_LEVEL_NONE);
}

static void
renegotiate_done (RflParticipant *participant, const GError *error, gpointer user_data)
{
  g_assert_no_error (error);
}

static void
renegotiate (Person *person)
{
  GPtrArray *offers = g_ptr_array_new ();
  RflMediumDesc *desc = rfl_medium_desc_new ("audio");

  g_ptr_array_add (desc->formats, rfl_format_from_static (0));
  g_ptr_array_add (offers, desc);
  rfl_participant_offer (person->participant, offers, renegotiate_done, NULL);
}

static const RflSource *
source_at (Site *site, guint32 ssrc)
{
  RflSession *session = rfl_core_find_session (site->core, "room");
  return rfl_route_find_source (rfl_session_get_route (session, "audio"), ssrc);
}

static void
send_with (Person *person, guint8 number, guint32 ssrc)
{
  const RflRtp rtp = { .seq = ++person->seq, .timestamp = person->seq * 160, .ssrc = ssrc };
  const guint8 block[] = { 0xbe, 0xde, 0, 1, number << 4, LEVEL, 0, 0 };
  RflAddress to = site_relay (person->site->index, 5566);
  guint8 data[180] = { 0 };

  rfl_rtp_write (&rtp, data, sizeof data);
  data[0] |= 0x10;
  memcpy (data + 12, block, sizeof block);
  g_assert_true (test_network_inject_from (person->site->world->net, &to, &person->address, data,
                                           sizeof data));
  world_settle (person->site->world);
}

/* Under which number @person has got the level in his last packet, 0: without. */
static guint8
got (const Person *person)
{
  gsize len;
  const guint8 *data;
  RflRtp rtp;

  g_assert_cmpuint (person->heard->len, >, 0);
  data = g_bytes_get_data (person->heard->pdata[person->heard->len - 1], &len);
  g_assert_true (rfl_rtp_parse (&rtp, data, len));
  if (rtp.extension == NULL)
    return 0;
  g_assert_cmpuint (rtp.extension[1], ==, LEVEL);
  return rtp.extension[0] >> 4;
}

static void
announced (void)
{
  Person *u[4];
  World *world = world_new_with (2, u, 4);
  static const guint8 numbers[] = { 3, 7, 0, 1 };

  for (guint i = 0; i < 4; i++)
    agree (u[i], numbers[i]);
  person_send (u[0], 0, 11); /* creates the source, as the rtp plugin does */
  world_settle (world);
  g_assert_cmpuint (source_at (&world->sites[1], 11)->audio_level, ==, 3);
  send_with (u[0], 3, 11);
  g_assert_cmpuint (got (u[1]), ==, 7);
  g_assert_cmpuint (got (u[3]), ==, 1);
  g_assert_cmpuint (world_compare (world, 0, 1), ==, 0);
  world_free (world);
}

/* Of whom nothing is told, nothing is changed. */
static void
nothing_agreed (void)
{
  Person *u[2];
  World *world = world_new_with (2, u, 2);

  agree (u[1], 7);
  person_send (u[0], 0, 11);
  world_settle (world);
  g_assert_cmpuint (source_at (&world->sites[1], 11)->audio_level, ==, 0);
  send_with (u[0], 3, 11);
  g_assert_cmpuint (got (u[1]), ==, 3);
  world_free (world);
}

/* Who negotiates again, without levels: the other side hears of it, though formats are the same. */
static void
renegotiated (void)
{
  Person *u[2];
  World *world = world_new_with (2, u, 2);

  agree (u[0], 3);
  person_send (u[0], 0, 11);
  world_settle (world);
  g_assert_cmpuint (source_at (&world->sites[1], 11)->audio_level, ==, 3);
  renegotiate (u[0]);
  world_settle (world);
  g_assert_cmpuint (source_at (&world->sites[1], 11)->audio_level, ==, 0);
  g_assert_cmpuint (world_compare (world, 0, 1), ==, 0);
  world_run (world, 12 * G_USEC_PER_SEC); /* digests agree */
  g_assert_cmpuint (site_count (&world->sites[1], "interconnect.out_of_step"), ==, 0);
  world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  world_set_log_writer ();
  g_test_add_func ("/link-level/announced", announced);
  g_test_add_func ("/link-level/nothing-agreed", nothing_agreed);
  g_test_add_func ("/link-level/renegotiated", renegotiated);
  return g_test_run ();
}
