/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Participants' RTCP over the RTCP relay: what arrives where, under which SSRC, and once. */
#include "tests/unit/link-fixture.h"
#include "plugins/interconnect/ssrc-map.h"
#include <string.h>

/* How many packets of @type with @ssrc as sender (and @target, if not 0, as target of
 * feedback or of the first report block) have reached @person. */
static guint
got (const Person *person, RflRtcpType type, guint32 ssrc, guint32 target)
{
  guint n = 0;

  for (guint i = 0; i < person->rtcp->len; i++)
    {
      gsize len;
      const guint8 *data = g_bytes_get_data (person->rtcp->pdata[i], &len);
      RflRtcpIter iter;
      RflRtcp rtcp;
      rfl_rtcp_iter_init (&iter, data, len);
      while (rfl_rtcp_iter_next (&iter, &rtcp))
        {
          RflRtcpReportBlock block = { 0 };
          guint32 about = 0;
          if (rfl_rtcp_get_report (&rtcp, 0, &block))
            about = block.ssrc;
          else
            rfl_rtcp_get_feedback_ssrc (&rtcp, 0, &about);
          n += rtcp.type == type && (ssrc == 0 || rtcp.ssrc == ssrc)
               && (target == 0 || about == target);
        }
    }
  return n;
}

static void
report (Person *person, guint32 ssrc, guint32 about)
{
  const RflRtcpSenderInfo info = { 1, 2, 3, 4 };
  const RflRtcpReportBlock block = { .ssrc = about };
  guint8 data[256];
  RflRtcpWriter w;

  rfl_rtcp_writer_init (&w, data, sizeof data);
  rfl_rtcp_write_sr (&w, ssrc, &info, &block, about != 0);
  rfl_rtcp_write_sdes (&w, ssrc, "somebody@example.org");
  person_send_rtcp (person, &w);
  world_settle (person->site->world);
}

static void
ask_picture (Person *person, guint32 ssrc, guint32 about)
{
  guint8 data[64];
  RflRtcpWriter w;

  rfl_rtcp_writer_init (&w, data, sizeof data);
  rfl_rtcp_write_rr (&w, ssrc, NULL, 0);
  rfl_rtcp_write_pli (&w, ssrc, about);
  person_send_rtcp (person, &w);
  world_settle (person->site->world);
}

/* Before the peer has anybody in the session, and after, nothing crosses. */
static void
gate (void)
{
  World *world = world_new (2);
  Person *u1 = person_join (&world->sites[0], "room", "audio");

  person_talk (u1, 11, 1);
  report (u1, 11, 0);
  g_assert_cmpuint (site_peer (&world->sites[0], 1)->rtcp_out, ==, 0);
  Person *u2 = person_join (&world->sites[1], "room", "audio");
  world_settle (world);
  report (u1, 11, 0);
  g_assert_cmpuint (got (u2, RFL_RTCP_SR, 11, 0), ==, 1);
  g_assert_cmpuint (got (u2, RFL_RTCP_SDES, 11, 0), ==, 1);
  g_assert_cmpuint (got (u1, RFL_RTCP_SR, 11, 0), ==, 0);
  guint64 before = site_peer (&world->sites[0], 1)->rtcp_out;
  person_leave (u2);
  world_settle (world);
  report (u1, 11, 0);
  g_assert_cmpuint (site_peer (&world->sites[0], 1)->rtcp_out, ==, before);
  world_free (world);
}

static void
triangle (void)
{
  Person *people[6];
  World *world = world_new_with (3, people, 6);

  for (guint i = 0; i < 6; i++)
    person_talk (people[i], 100 + i, 1);
  for (guint i = 0; i < 6; i++)
    report (people[i], 100 + i, 100 + (i + 1) % 6);
  for (guint i = 0; i < 6; i++)
    for (guint k = 0; k < 6; k++)
      g_assert_cmpuint (got (people[i], RFL_RTCP_SR, 100 + k, 100 + (k + 1) % 6), ==, i != k);
  world_free (world);
}

/* A request for a keyframe goes to the source it means, over the link, and nowhere else. */
static void
keyframe (void)
{
  World *world = world_new (3);
  Person *u1 = person_join (&world->sites[0], "room", "audio");
  Person *u2 = person_join (&world->sites[1], "room", "audio");
  Person *u3 = person_join (&world->sites[2], "room", "audio");
  Person *u4 = person_join (&world->sites[0], "room", "audio");

  world_settle (world);
  person_talk (u1, 11, 1);
  person_talk (u3, 33, 1);
  person_talk (u4, 44, 1);
  ask_picture (u2, 22, 11);
  g_assert_cmpuint (got (u1, RFL_RTCP_PSFB, 0, 11), ==, 1);
  g_assert_cmpuint (got (u3, RFL_RTCP_PSFB, 0, 0), ==, 0);
  g_assert_cmpuint (got (u4, RFL_RTCP_PSFB, 0, 0), ==, 0);
  /* the reflector itself asks, for a newcomer */
  RflRoute *route = rfl_core_find_session (world->sites[1].core, "room")->routes->pdata[0];
  rfl_source_request_keyframe (rfl_route_find_source (route, 33));
  world_settle (world);
  g_assert_cmpuint (got (u3, RFL_RTCP_PSFB, 0, 33), ==, 1);
  world_free (world);
}

/* Two of one session chose the same SSRC: what is said by and about the one that was given
 * another here still reaches the right one. */
static void
aliased (void)
{
  World *world = world_new (2);
  Person *u1 = person_join (&world->sites[0], "room", "audio");
  Person *u4 = person_join (&world->sites[0], "room", "audio");
  Person *u2 = person_join (&world->sites[1], "room", "audio");
  Person *u3 = person_join (&world->sites[1], "room", "audio");

  world_settle (world);
  /* neither side knows of the other's yet */
  person_send (u2, 0, 77);
  person_send (u1, 0, 77);
  world_settle (world);
  person_talk (u4, 44, 1);
  person_talk (u1, 12, 1);
  world_settle (world);
  RflRoute *route = rfl_core_find_session (world->sites[1].core, "room")->routes->pdata[0];
  guint32 alias = 0;
  for (guint i = 0; i < route->sources->len; i++)
    {
      const RflSource *source = route->sources->pdata[i];
      if (g_str_equal (source->owner->participant->id, person_id (u1)) && source->ssrc != 12)
        alias = source->ssrc;
    }
  g_assert_cmphex (alias, !=, 77);
  person_forget (u1);
  person_forget (u2);
  person_forget (u3);
  report (u1, 77, 0);
  g_assert_cmpuint (got (u3, RFL_RTCP_SR, alias, 0), ==, 1);
  g_assert_cmpuint (got (u3, RFL_RTCP_SDES, alias, 0), ==, 1);
  g_assert_cmpuint (got (u3, RFL_RTCP_SR, 77, 0), ==, 0);
  ask_picture (u3, 33, alias);
  g_assert_cmpuint (got (u1, RFL_RTCP_PSFB, 0, 77), ==, 1);
  g_assert_cmpuint (got (u2, RFL_RTCP_PSFB, 0, 0), ==, 0);
  g_assert_cmpuint (got (u4, RFL_RTCP_PSFB, 0, 0), ==, 0);
  world_free (world);
}

/* BYE of one source ends it on both sides; the participant stays. */
static void
bye (void)
{
  Person *u[2];
  World *world = world_new_with (2, u, 2);
  guint8 data[64];
  RflRtcpWriter w;

  person_talk (u[0], 11, 1);
  g_assert_cmpuint (g_hash_table_size (site_peer (&world->sites[1], 0)->in), ==, 1);
  rfl_rtcp_writer_init (&w, data, sizeof data);
  rfl_rtcp_write_rr (&w, 11, NULL, 0);
  rfl_rtcp_write_bye (&w, 11, NULL);
  person_send_rtcp (u[0], &w);
  world_settle (world);
  g_assert_cmpuint (got (u[1], RFL_RTCP_BYE, 11, 0), ==, 1);
  g_assert_cmpuint (g_hash_table_size (site_peer (&world->sites[1], 0)->in), ==, 0);
  g_assert_true (site_knows (&world->sites[1], person_id (u[0])));
  /* and begins again */
  person_talk (u[0], 11, 2);
  g_assert_cmpuint (person_heard_once (u[1], 11), ==, 3);
  world_free (world);
}

/* In the name of somebody whom the peer has not announced. */
static void
foreign (void)
{
  World *world = world_new (2);
  Person *u1 = person_join (&world->sites[0], "room", "audio");
  Person *u3 = person_join (&world->sites[0], "room", "audio");
  g_autoptr (LinkMessage) naming = link_message_new (LINK_RTCP);
  guint8 data[64];
  RflRtcpWriter w;

  world_settle (world);
  person_join (&world->sites[1], "room", "audio");
  world_settle (world);
  rfl_rtcp_writer_init (&w, data, sizeof data);
  rfl_rtcp_write_rr (&w, 11, NULL, 0);
  naming->session = g_strdup ("room");
  naming->participant = g_strdup (person_id (u1));
  g_ptr_array_add (naming->media, link_medium_new (0, "audio"));
  LinkFrame frame = {
    .kind = LINK_FRAME_RTCP, .naming = naming, .items = w.data, .items_len = w.len
  };
  LinkPeer *peer = site_peer (&world->sites[1], 0);
  g_autoptr (GByteArray) datagram = link_channel_wrap (peer->channel, &frame);
  g_assert_true (rfl_port_send (world->sites[1].link->rtcp_port, NULL, &peer->rtcp, datagram->data,
                                datagram->len));
  world_settle (world);
  g_assert_cmpuint (u3->rtcp->len, ==, 0);
  g_assert_cmpuint (site_count (&world->sites[0], "interconnect.unknown_participants"), ==, 1);
  world_free (world);
}

/* Larger than what fits with its name: in pieces, all of them. */
static void
large (void)
{
  Person *u[2];
  World *world = world_new_with (2, u, 2);
  guint8 data[1480];
  RflRtcpReportBlock blocks[31] = { 0 };
  RflRtcpWriter w;

  person_talk (u[1], 1000, 1);
  world_settle (world);
  for (guint i = 0; i < 31; i++)
    blocks[i].ssrc = 1000;
  rfl_rtcp_writer_init (&w, data, sizeof data);
  rfl_rtcp_write_rr (&w, 11, blocks, 31);
  rfl_rtcp_write_rr (&w, 11, blocks, 24);
  rfl_rtcp_write_sdes (&w, 11, "somebody@example.org");
  person_send_rtcp (u[0], &w);
  world_settle (world);
  g_assert_cmpuint (got (u[1], RFL_RTCP_RR, 11, 1000), ==, 2);
  g_assert_cmpuint (got (u[1], RFL_RTCP_SDES, 11, 0), ==, 1);
  world_free (world);
}

/* ---- ssrc-map.c ---- */

static guint32
plus_one (guint32 ssrc, gpointer user_data)
{
  (*(guint *) user_data)++;
  return ssrc + 1;
}

static void
map (void)
{
  const RflRtcpSenderInfo info = { 0 };
  const RflRtcpReportBlock blocks[2] = { { .ssrc = 50 }, { .ssrc = 60 } };
  guint8 data[256], expected[256];
  RflRtcpWriter w;
  guint n = 0;

  for (guint pass = 0; pass < 3; pass++)
    {
      guint32 s = pass == 1, t = pass == 2;
      const RflRtcpReportBlock mapped[2] = { { .ssrc = 50 + t }, { .ssrc = 60 + t } };
      rfl_rtcp_writer_init (&w, pass ? expected : data, 256);
      rfl_rtcp_write_sr (&w, 10 + s, &info, pass ? mapped : blocks, 2);
      rfl_rtcp_write_rr (&w, 11 + s, pass ? mapped : blocks, 1);
      rfl_rtcp_write_sdes (&w, 12 + s, "abcdef");
      rfl_rtcp_write_pli (&w, 13 + s, 70 + t);
      rfl_rtcp_write_fir (&w, 14 + s, 80 + t, 1);
      rfl_rtcp_write_bye (&w, 15 + s, "why");
      const guint8 dlrr[] = { 0x80, 207, 0, 5,      0, 0, 0, 16 + s, 5, 0, 0, 3,
                              0,    0,   0, 90 + t, 0, 0, 0, 1,      0, 0, 0, 2 };
      rfl_rtcp_write_raw (&w, dlrr, sizeof dlrr);
      if (pass == 0)
        continue;
      g_autofree guint8 *copy = g_memdup2 (data, w.len);
      (pass == 1 ? link_map_senders : link_map_targets) (copy, w.len, plus_one, &n);
      g_assert_cmpmem (copy, w.len, expected, w.len);
    }
  g_assert_cmpuint (n, ==, 7 + 6);
  /* two SDES chunks, the second behind padding */
  guint8 sdes[] = { 0x82, 202, 0, 6, 0, 0, 0, 1, 1,   2, 'a', 'b', 0, 0,
                    0,    0,   0, 0, 0, 2, 1, 1, 'c', 0, 0,   0,   0, 0 };
  link_map_senders (sdes, sizeof sdes, plus_one, &n);
  g_assert_cmpuint (sdes[7], ==, 2);
  g_assert_cmpuint (sdes[19], ==, 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  world_set_log_writer ();
  g_test_add_func ("/link-relay/foreign", foreign);
  g_test_add_func ("/link-relay/gate", gate);
  g_test_add_func ("/link-relay/triangle", triangle);
  g_test_add_func ("/link-relay/keyframe", keyframe);
  g_test_add_func ("/link-relay/aliased", aliased);
  g_test_add_func ("/link-relay/bye", bye);
  g_test_add_func ("/link-relay/large", large);
  g_test_add_func ("/link-relay/map", map);
  return g_test_run ();
}
