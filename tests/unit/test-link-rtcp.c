/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What core makes of RTCP, over a link: summaries, extended reports, messages. Not the wrapping
 * (test-link-relay.c).
 */
#include "tests/unit/link-fixture.h"
#include <reflector/rtcp.h>
#include <string.h>

#define SECOND G_TIME_SPAN_SECOND

typedef struct {
  RflRtcpType type;
  guint32 ssrc, about;
  guint8 lost;
} Seen;

/* Every packet that @person was handed, with the first that it is about. */
static GArray *
see (Person *person)
{
  GArray *all = g_array_new (FALSE, TRUE, sizeof (Seen));

  for (guint i = 0; i < person->rtcp->len; i++)
    {
      gsize len, at = 0;
      guint32 be;
      const guint8 *data = g_bytes_get_data (person->rtcp->pdata[i], &len);
      RflRtcpIter iter;
      RflRtcp rtcp;

      rfl_rtcp_iter_init (&iter, data, len);
      while (rfl_rtcp_iter_next (&iter, &rtcp))
        {
          Seen seen = { .type = rtcp.type, .ssrc = rtcp.ssrc };
          RflRtcpReportBlock block;

          if (rfl_rtcp_get_report (&rtcp, 0, &block))
            {
              seen.about = block.ssrc;
              seen.lost = block.fraction_lost;
            }
          else if (rfl_rtcp_next_xr_ssrc (&rtcp, &at))
            {
              memcpy (&be, rtcp.data + at, sizeof be);
              seen.about = GUINT32_FROM_BE (be);
            }
          g_array_append_val (all, seen);
        }
    }
  return all;
}

static guint
count_about (Person *person, RflRtcpType type, guint32 about, guint8 lost)
{
  g_autoptr (GArray) all = see (person);
  guint n = 0;

  for (guint i = 0; i < all->len; i++)
    {
      const Seen *seen = &g_array_index (all, Seen, i);
      n += seen->type == type && seen->about == about && seen->lost == lost;
    }
  return n;
}

static void
report (Person *person, guint32 ssrc, guint32 about, guint8 lost)
{
  const RflRtcpReportBlock block = { .ssrc = about, .fraction_lost = lost };
  guint8 data[256];
  RflRtcpWriter w;

  rfl_rtcp_writer_init (&w, data, sizeof data);
  rfl_rtcp_write_rr (&w, ssrc, &block, 1);
  rfl_rtcp_write_sdes (&w, ssrc, "somebody@example.org");
  person_send_rtcp (person, &w);
}

static void
send_raw (Person *person, const guint8 *packet, gsize len)
{
  guint8 data[256];
  RflRtcpWriter w;

  rfl_rtcp_writer_init (&w, data, sizeof data);
  rfl_rtcp_write_rr (&w, 9, NULL, 0);
  rfl_rtcp_write_raw (&w, packet, len);
  person_send_rtcp (person, &w);
  world_settle (person->site->world);
}

static void
summarise (World *world, guint above)
{
  for (guint i = 0; i < world->n_sites; i++)
    world->sites[i].core->rtcp.summary_above = above;
}

/* Three listen here, four there: of the latter nothing crosses but one report for all of them,
 * which then outweighs the three. */
static void
summaries (void)
{
  Person *u[8];
  World *world = world_new_with (2, u, G_N_ELEMENTS (u));
  guint crossed;

  summarise (world, 4);
  person_talk (u[0], 11, 3);
  world_settle (world);
  for (guint round = 0; round < 4; round++)
    {
      crossed = site_peer (&world->sites[1], 0)->rtcp_out;
      for (guint i = 1; i < G_N_ELEMENTS (u); i++)
        report (u[i], 100 + i, 11, i % 2 ? 80 : 0);
      world_run (world, 7 * SECOND);
      g_assert_cmpuint (site_peer (&world->sites[1], 0)->rtcp_out, >=, crossed + 1);
      g_assert_cmpuint (site_peer (&world->sites[1], 0)->rtcp_out, <=, crossed + 4);
    }
  g_assert_cmpuint (count_about (u[0], RFL_RTCP_RR, 11, 80), >=, 2);
  for (guint i = 1; i < G_N_ELEMENTS (u); i++)
    g_assert_cmpuint (u[i]->rtcp->len, ==, 0);
  world_free (world);
}

/* One side summarises already, the other does not yet: nothing is lost, nothing goes round. */
static void
one_side (void)
{
  Person *u[4];
  World *world = world_new_with (2, u, G_N_ELEMENTS (u));

  world->sites[1].core->rtcp.summary_above = 2;
  person_talk (u[0], 11, 3);
  world_settle (world);
  report (u[1], 101, 11, 30);
  report (u[2], 102, 11, 40);
  world_settle (world);
  g_assert_cmpuint (count_about (u[0], RFL_RTCP_RR, 11, 40), ==, 1); /* from here, as it is */
  g_assert_cmpuint (u[2]->rtcp->len, ==, 0);
  world_run (world, 14 * SECOND);
  g_assert_cmpuint (count_about (u[0], RFL_RTCP_RR, 11, 30), >=, 1);
  g_assert_cmpuint (u[3]->rtcp->len, ==, 0);
  world_free (world);
}

/* DLRR names its receiver as that one knows itself, though it is called otherwise here. */
static void
dlrr (void)
{
  static const guint8 about_11[] = { 0x80, 207, 0, 5, 0, 0, 0, 9, 5, 0, 0, 3,
                                     0,    0,   0, 0, 0, 0, 0, 1, 0, 0, 0, 2 };
  Person *u[4];
  World *world = world_new_with (2, u, G_N_ELEMENTS (u));
  guint8 packet[sizeof about_11];
  const RflRoute *route;
  guint32 alias = 0, be;

  person_talk (u[0], 11, 3);
  world_settle (world);
  person_talk (u[1], 11, 3); /* another one there, who has the same SSRC */
  world_settle (world);
  route = ((RflMedium *) u[0]->participant->media->pdata[0])->route;
  for (guint i = 0; i < route->sources->len; i++)
    {
      const RflSource *source = route->sources->pdata[i];
      if (source->owner->participant->origin)
        alias = source->ssrc;
    }
  g_assert_cmpuint (alias, !=, 0);
  g_assert_cmpuint (alias, !=, 11);
  be = GUINT32_TO_BE (alias);
  memcpy (packet, about_11, sizeof packet);
  memcpy (packet + 12, &be, sizeof be);
  person_forget (u[1]);
  send_raw (u[2], packet, sizeof packet);
  g_assert_cmpuint (count_about (u[1], RFL_RTCP_XR, 11, 0), ==, 1);
  g_assert_cmpuint (count_about (u[0], RFL_RTCP_XR, alias, 0), ==, 1);
  world_free (world);
}

/* To those on the other side who sent such ones themselves. */
static void
messages (void)
{
  static const guint8 chat[] = { 0x80, 204, 0, 2, 0, 0, 0, 9, 'C', 'H', 'A', 'T' };
  static const guint8 ours[] = { 0x80, 204, 0, 2, 0, 0, 0, 9, 'R', 'F', 'L', 'X' };
  Person *u[4];
  World *world = world_new_with (2, u, G_N_ELEMENTS (u));

  send_raw (u[1], chat, sizeof chat);
  send_raw (u[1], ours, sizeof ours);
  for (guint i = 0; i < G_N_ELEMENTS (u); i++)
    person_forget (u[i]);
  send_raw (u[0], chat, sizeof chat);
  send_raw (u[0], ours, sizeof ours);
  g_assert_cmpuint (count_about (u[1], RFL_RTCP_APP, 0, 0), ==, 1);
  g_assert_cmpuint (count_about (u[3], RFL_RTCP_APP, 0, 0), ==, 0);
  g_assert_cmpuint (site_count (&world->sites[1], "rtcp.messages"), ==, 2);
  world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  world_set_log_writer ();
  g_test_add_func ("/link-rtcp/summaries", summaries);
  g_test_add_func ("/link-rtcp/one-side", one_side);
  g_test_add_func ("/link-rtcp/dlrr", dlrr);
  g_test_add_func ("/link-rtcp/messages", messages);
  return g_test_run ();
}
