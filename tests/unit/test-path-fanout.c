/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who gets a packet, and under which payload type, SSRC and message. */
#include "tests/unit/path-fixture.h"
#include <errno.h>
#include <string.h>

#define A "192.0.2.1:4000"
#define B "192.0.2.2:4000"
#define C "192.0.2.3:4000"

static void
test_not_echoed (void)
{
  Fixture *f = fixture_new (1);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "audio");
  RflMedium *b = fixture_join (f, "room", "b", NULL, "audio");
  RflFlow *flow = fixture_add_flow (f, A);
  RflSource *source = fixture_add_source (f, a, flow, 1, 1);
  RflLeg *leg;
  g_autoptr (GPtrArray) sent = NULL;
  RflSourceStats source_stats;
  RflLegStats leg_stats;
  RflRtp rtp;

  fixture_add_leg (f, a, A);
  leg = fixture_add_leg (f, b, B);
  fixture_send (f, A, 0, 7, 1000, 1);
  sent = test_network_take_sent (f->net);
  g_assert_cmpuint (sent->len, ==, 1);
  g_assert_cmpuint (sent_to (sent, B, &rtp, 1), ==, 1);
  g_assert_cmpuint (rtp.seq, ==, 7);
  g_assert_cmpuint (rtp.ssrc, ==, 1);
  g_assert_cmpuint (rtp.timestamp, ==, 1000);
  g_assert_cmpuint (rtp.payload_len, ==, 160);
  g_assert_cmpuint (rtp.payload[0], ==, 7);
  rfl_source_get_stats (source, &source_stats);
  g_assert_cmpuint (source_stats.packets, ==, 1);
  g_assert_cmpuint (source_stats.octets, ==, 160);
  g_assert_cmpuint (source_stats.last_seq, ==, 7);
  g_assert_cmpuint (source_stats.last_timestamp, ==, 1000);
  g_assert_cmpint (source_stats.last_seen, ==, rfl_clock_now (f->clock));
  rfl_leg_get_stats (leg, &leg_stats);
  g_assert_cmpuint (leg_stats.packets, ==, 1);
  g_assert_cmpuint (leg_stats.octets, ==, 160);
  g_assert_cmpuint (leg_stats.ssrc, ==, 0);
  g_assert_cmpint (rfl_flow_last_seen (flow), ==, rfl_clock_now (f->clock));
  fixture_free (f);
}

static void
test_rooms_apart (void)
{
  Fixture *f = fixture_new (2);
  RflMedium *a = fixture_join (f, "one", "a", NULL, "audio");
  RflMedium *b = fixture_join (f, "other", "b", NULL, "audio");
  RflMedium *c = fixture_join (f, "one", "c", NULL, "video");
  g_autoptr (GPtrArray) sent = NULL;

  fixture_add_source (f, a, fixture_add_flow (f, A), 1, 1);
  fixture_add_leg (f, b, B);
  fixture_add_leg (f, c, C);
  fixture_send (f, A, 0, 1, 1, 1);
  sent = test_network_take_sent (f->net);
  g_assert_cmpuint (sent->len, ==, 0);
  fixture_free (f);
}

static void
test_alias (void)
{
  Fixture *f = fixture_new (1);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "audio");
  RflMedium *b = fixture_join (f, "room", "b", NULL, "audio");
  RflMedium *c = fixture_join (f, "room", "c", NULL, "audio");
  RflFlow *fa = fixture_add_flow (f, A), *fb = fixture_add_flow (f, B);
  RflSource *first = fixture_add_source (f, a, fa, 77, 77),
            *second = fixture_add_source (f, b, fb, 77, 77);
  g_autoptr (GPtrArray) sent = NULL;
  RflRtp rtp[2];

  g_assert_cmpuint (first->ssrc, ==, 77);
  g_assert_cmpuint (second->ssrc, !=, 77);
  g_assert_cmpuint (second->wire_ssrc, ==, 77);
  g_assert_null (fixture_add_source (f, a, fa, 77, 78));
  g_assert_true (rfl_route_find_source (first->route, second->ssrc) == second);
  g_assert_true (rfl_flow_find_source (fb, 77) == second);
  fixture_add_leg (f, c, C);
  fixture_send (f, A, 0, 1, 1, 77);
  fixture_send (f, B, 0, 2, 2, 77);
  sent = test_network_take_sent (f->net);
  g_assert_cmpuint (sent_to (sent, C, rtp, 2), ==, 2);
  g_assert_cmpuint (rtp[0].ssrc, ==, 77);
  g_assert_cmpuint (rtp[1].ssrc, ==, second->ssrc);
  g_assert_cmpuint (rtp[1].seq, ==, 2);
  fixture_free (f);
}

/* Two legs that share numbers, one with others, one without the second format. */
static void
test_payload_types (void)
{
  static const struct {
    const char *remote;
    guint8 pt[2];
  } legs[] = { { "192.0.2.11:1", { 0, 101 } },
               { "192.0.2.12:1", { 8, 96 } },
               { "192.0.2.13:1", { 8, 96 } },
               { "192.0.2.14:1", { 0, RFL_PT_NONE } } };
  Fixture *f = fixture_new (1);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "audio");
  RflMedium *b = fixture_join (f, "room", "b", NULL, "audio");
  g_autoptr (GPtrArray) sent = NULL;
  RflRtp rtp[2];

  fixture_add_source (f, a, fixture_add_flow (f, A), 1, 1);
  for (guint i = 0; i < G_N_ELEMENTS (legs); i++)
    {
      RflLegSpec spec = fixture_leg_spec (f, b, legs[i].remote);
      memcpy (spec.pt, legs[i].pt, 2);
      fixture_add_leg_spec (f, &spec);
    }
  fixture_send (f, A, 0, 1, 1, 1);
  fixture_send (f, A, 101, 2, 1, 1);
  sent = test_network_take_sent (f->net);
  g_assert_cmpuint (sent->len, ==, 7);
  for (guint i = 0; i < G_N_ELEMENTS (legs); i++)
    {
      guint n = sent_to (sent, legs[i].remote, rtp, 2);
      g_assert_cmpuint (n, ==, legs[i].pt[1] == RFL_PT_NONE ? 1 : 2);
      for (guint k = 0; k < n; k++)
        {
          g_assert_cmpuint (rtp[k].pt, ==, legs[i].pt[k]);
          g_assert_cmpuint (rtp[k].seq, ==, k + 1);
          g_assert_cmpuint (rtp[k].payload[0], ==, k + 1);
        }
    }
  g_assert_cmpuint (fixture_count (f, "path.leg_format_missing"), ==, 1);
  fixture_free (f);
}

static void
test_set_pt (void)
{
  Fixture *f = fixture_new (1);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "audio");
  RflMedium *b = fixture_join (f, "room", "b", NULL, "audio");
  guint8 pt[RFL_ROUTE_MAX_FORMATS] = { 9, 10 };
  g_autoptr (GPtrArray) sent = NULL;
  RflLeg *leg;
  RflRtp rtp;
  TestRtp marked = test_rtp (0, 1, 1, 1, 20);

  marked.data[1] |= 0x80;
  fixture_add_source (f, a, fixture_add_flow (f, A), 1, 1);
  fixture_add_leg (f, b, C);
  leg = fixture_add_leg (f, b, B);
  rfl_leg_set_pt (leg, pt);
  fixture_inject (f, A, &marked);
  fixture_step (f);
  sent = test_network_take_sent (f->net);
  g_assert_cmpuint (sent_to (sent, B, &rtp, 1), ==, 1);
  g_assert_cmpuint (rtp.pt, ==, 9);
  g_assert_true (rtp.marker);
  g_assert_cmpuint (sent_to (sent, C, &rtp, 1), ==, 1);
  g_assert_cmpuint (rtp.pt, ==, 0);
  fixture_free (f);
}

static void
test_local_only (void)
{
  Fixture *f = fixture_new (1);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "audio");
  RflMedium *far = fixture_join (f, "room", "far", "other-reflector", "audio");
  RflMedium *b = fixture_join (f, "room", "b", NULL, "audio");
  RflLegSpec spec = fixture_leg_spec (f, a, C);
  g_autoptr (GPtrArray) sent = NULL;
  RflRtp rtp;

  fixture_add_source (f, a, fixture_add_flow (f, A), 1, 1);
  fixture_add_source (f, far, fixture_add_flow (f, "198.51.100.1:5564"), 2, 2);
  fixture_add_leg (f, b, B);
  spec.owner = NULL;
  spec.flags = RFL_LEG_LOCAL_ONLY;
  fixture_add_leg_spec (f, &spec);
  fixture_send (f, A, 0, 1, 1, 1);
  fixture_send (f, "198.51.100.1:5564", 0, 1, 1, 2);
  sent = test_network_take_sent (f->net);
  g_assert_cmpuint (sent_to (sent, B, NULL, 0), ==, 2);
  g_assert_cmpuint (sent_to (sent, C, &rtp, 1), ==, 1);
  g_assert_cmpuint (rtp.ssrc, ==, 1);
  fixture_free (f);
}

static void
test_labels (void)
{
  Fixture *f = fixture_new (1);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "audio");
  RflSource *one, *two;
  RflLegSpec spec = fixture_leg_spec (f, a, B);
  RflLeg *first, *second;
  g_autoptr (GPtrArray) sent = NULL, later = NULL;
  RflRtp rtp;

  one = fixture_add_source (f, a, fixture_add_flow (f, A), 1, 1);
  two = fixture_add_source (f, a, f->flows->pdata[0], 2, 2);
  spec.owner = NULL;
  spec.flags = RFL_LEG_LABELLED;
  first = fixture_add_leg_spec (f, &spec);
  spec.remote = test_address (C);
  second = fixture_add_leg_spec (f, &spec);
  rfl_source_set_label (one, first, 1001);
  rfl_source_set_label (two, second, 1002);
  rfl_source_set_label (two, second, 1003);
  fixture_send (f, A, 0, 1, 1, 1);
  fixture_send (f, A, 0, 1, 1, 2);
  sent = test_network_take_sent (f->net);
  g_assert_cmpuint (sent->len, ==, 2);
  g_assert_cmpuint (sent_to (sent, B, &rtp, 1), ==, 1);
  g_assert_cmpuint (rtp.ssrc, ==, 1001);
  g_assert_cmpuint (sent_to (sent, C, &rtp, 1), ==, 1);
  g_assert_cmpuint (rtp.ssrc, ==, 1003);
  fixture_drop_leg (f, second);
  fixture_send (f, A, 0, 2, 2, 1);
  fixture_send (f, A, 0, 2, 2, 2);
  later = test_network_take_sent (f->net);
  g_assert_cmpuint (later->len, ==, 1);
  fixture_free (f);
}

static void
test_remote_and_hold (void)
{
  Fixture *f = fixture_new (1);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "audio");
  RflMedium *b = fixture_join (f, "room", "b", NULL, "audio");
  RflAddress moved = test_address (C), local = test_address ("10.0.0.1:1");
  RflLeg *leg;

  fixture_add_source (f, a, fixture_add_flow (f, A), 1, 1);
  leg = fixture_add_leg (f, b, B);
  for (guint round = 0; round < 3; round++)
    {
      g_autoptr (GPtrArray) sent = NULL;
      if (round == 0)
        rfl_leg_set_remote (leg, &local, &moved);
      else
        rfl_leg_set_active (leg, round == 2);
      fixture_send (f, A, 0, round, round, 1);
      sent = test_network_take_sent (f->net);
      g_assert_cmpuint (sent->len, ==, round == 1 ? 0 : 1);
      g_assert_cmpuint (sent_to (sent, C, NULL, 0), ==, sent->len);
    }
  fixture_free (f);
}

/* To an address of the family that the other end has, from the address it knows. */
static void
test_families (void)
{
  Fixture *f = fixture_new (1);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "audio");
  RflMedium *b = fixture_join (f, "room", "b", NULL, "audio");
  RflLegSpec spec = fixture_leg_spec (f, b, B);
  g_autoptr (GPtrArray) sent = NULL;
  RflAddress v6 = test_address ("[2001:db8::2]:4000");

  fixture_add_source (f, a, fixture_add_flow (f, "[2001:db8::2]:4000"), 1, 1);
  spec.local = test_address ("10.9.9.9:1");
  fixture_add_leg_spec (f, &spec);
  fixture_add_leg (f, b, "[2001:db8::3]:4000");
  fixture_send (f, "[2001:db8::2]:4000", 0, 1, 1, 1);
  sent = test_network_take_sent (f->net);
  g_assert_cmpuint (sent->len, ==, 2);
  for (guint i = 0; i < 2; i++)
    {
      TestDatagram *d = sent->pdata[i];
      char from[RFL_ADDRESS_STRLEN];
      g_assert_cmpstr (rfl_address_format (&d->from, from), ==,
                       d->to.family == AF_INET ? "10.9.9.9:5566" : "[2001:db8::1]:5566");
    }
  g_assert_true (rfl_port_find_flow (f->port, &v6) == f->flows->pdata[0]);
  fixture_free (f);
}

static void
test_flow_moves (void)
{
  Fixture *f = fixture_new (2);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "audio");
  RflMedium *b = fixture_join (f, "room", "b", NULL, "audio");
  RflFlow *before = fixture_add_flow (f, A), *after;
  RflSource *source = fixture_add_source (f, a, before, 1, 1);
  RflAddress address = test_address (A);
  g_autoptr (GPtrArray) sent = NULL;
  RflRtp rtp[3];

  g_assert_null (rfl_flow_new (f->port, &address, NULL));
  fixture_add_leg (f, b, B);
  fixture_send (f, A, 0, 1, 1, 1);
  after = fixture_add_flow (f, "192.0.2.1:4001");
  rfl_source_set_flow (source, after);
  fixture_drop_flow (f, before);
  fixture_send (f, "192.0.2.1:4001", 0, 2, 2, 1);
  g_assert_cmpuint (f->n_unknown, ==, 0);
  fixture_send (f, A, 0, 3, 3, 1);
  g_assert_cmpuint (f->n_unknown, ==, 1);
  sent = test_network_take_sent (f->net);
  g_assert_cmpuint (sent_to (sent, B, rtp, 3), ==, 2);
  g_assert_cmpuint (rtp[1].seq, ==, 2);
  fixture_free (f);
}

/* Twenty of one size, a shorter one, a longer one: 16 + 5 + 1. */
static void
test_merging (void)
{
  static const guint expected[] = { 16, 5, 1 };
  Fixture *f = fixture_new (1);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "video");
  RflMedium *b = fixture_join (f, "room", "b", NULL, "video");
  RflLegSpec spec = fixture_leg_spec (f, b, C);
  g_autoptr (GPtrArray) sent = NULL;
  guint seen[2][4] = { 0 };

  fixture_add_source (f, a, fixture_add_flow (f, A), 1, 1);
  fixture_add_leg (f, b, B);
  spec.pt[0] = 100;
  fixture_add_leg_spec (f, &spec);
  for (guint i = 0; i < 22; i++)
    {
      TestRtp rtp = test_rtp (96, i, 1, 1, i == 20 ? 100 : i == 21 ? 1190 : 1000);
      fixture_inject (f, A, &rtp);
    }
  fixture_step (f);
  sent = test_network_take_sent (f->net);
  g_assert_cmpuint (sent->len, ==, 44);
  for (guint i = 0; i < sent->len; i++)
    {
      TestDatagram *d = sent->pdata[i], *previous = i ? sent->pdata[i - 1] : NULL;
      guint *n = seen[d->to.ip[3] == 3];
      RflRtp rtp;
      g_assert_true (rfl_rtp_parse (&rtp, d->data, d->len));
      g_assert_cmpuint (rtp.pt, ==, d->to.ip[3] == 3 ? 100 : 96);
      g_assert_cmpuint (rtp.seq, ==, n[3]++);
      if (previous == NULL || previous->message != d->message)
        for (guint k = 0; k < 3; k++)
          if (n[k] == 0)
            {
              g_assert_cmpuint (d->n_merged, ==, expected[k]);
              n[k] = 1;
              break;
            }
    }
  g_assert_cmpuint (fixture_count (f, "path.gso_messages"), ==, 4);
  g_assert_cmpuint (fixture_count (f, "path.sent"), ==, 44);
  fixture_free (f);
}

static void
inject_burst (Fixture *f, guint16 first, guint n, gsize len)
{
  for (guint i = 0; i < n; i++)
    {
      TestRtp rtp = test_rtp (96, first + i, 1, 1, len);
      fixture_inject (f, A, &rtp);
    }
  fixture_step (f);
}

/* A kernel without UDP_SEGMENT gets datagrams, and is not asked again at once. */
static void
test_merging_refused (void)
{
  static const int errors[] = { EIO, EINVAL, EOPNOTSUPP };

  for (guint e = 0; e < G_N_ELEMENTS (errors); e++)
    {
      Fixture *f = fixture_new (1);
      RflMedium *a = fixture_join (f, "room", "a", NULL, "video");
      RflMedium *b = fixture_join (f, "room", "b", NULL, "video");
      RflLegSpec spec = fixture_leg_spec (f, b, B);
      g_autoptr (GPtrArray) sent = NULL;
      RflLegStats stats;
      RflRtp rtp[8];

      fixture_add_source (f, a, fixture_add_flow (f, A), 1, 1);
      spec.pt[0] = 97;
      fixture_add_leg_spec (f, &spec);
      test_network_fail_segments (f->net, errors[e]);
      inject_burst (f, 0, 4, 1000);
      test_network_fail_segments (f->net, 0);
      inject_burst (f, 4, 4, 1000);
      sent = test_network_take_sent (f->net);
      g_assert_cmpuint (sent_to (sent, B, rtp, 8), ==, 8);
      for (guint i = 0; i < 8; i++)
        {
          g_assert_cmpuint (((TestDatagram *) sent->pdata[i])->n_merged, ==, 1);
          g_assert_cmpuint (rtp[i].seq, ==, i);
          g_assert_cmpuint (rtp[i].payload_len, ==, 1000);
        }
      rfl_leg_get_stats (f->legs->pdata[0], &stats);
      g_assert_cmpuint (stats.packets, ==, 8);
      g_assert_cmpuint (stats.octets, ==, 8000);
      g_assert_cmpuint (stats.failed, ==, 0);
      fixture_free (f);
    }
}

/* A path with a small MTU ends merging for a while only: the other legs need it. */
static void
test_merging_comes_back (void)
{
  Fixture *f = fixture_new (1);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "video");
  RflMedium *b = fixture_join (f, "room", "b", NULL, "video");
  g_autoptr (GPtrArray) sent = NULL;

  fixture_add_source (f, a, fixture_add_flow (f, A), 1, 1);
  fixture_add_leg (f, b, B);
  test_network_fail_segments (f->net, EINVAL);
  inject_burst (f, 0, 4, 1000);
  test_network_fail_segments (f->net, 0);
  rfl_clock_advance (f->clock, 10 * G_USEC_PER_SEC);
  inject_burst (f, 4, 1, 1000);
  inject_burst (f, 5, 4, 1000);
  sent = test_network_take_sent (f->net);
  g_assert_cmpuint (sent->len, ==, 9);
  g_assert_cmpuint (((TestDatagram *) sent->pdata[0])->n_merged, ==, 1);
  g_assert_cmpuint (((TestDatagram *) sent->pdata[5])->n_merged, ==, 4);
  fixture_free (f);
}

/* An address that nothing can be sent to does not spoil it for the others. */
static void
test_merging_kept (void)
{
  Fixture *f = fixture_new (1);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "video");
  RflMedium *b = fixture_join (f, "room", "b", NULL, "video");
  g_autoptr (GPtrArray) sent = NULL;

  fixture_add_source (f, a, fixture_add_flow (f, A), 1, 1);
  fixture_add_leg (f, b, B);
  test_network_fail (f->net, 1 + 4, EINVAL);
  inject_burst (f, 0, 4, 1000);
  inject_burst (f, 4, 4, 1000);
  sent = test_network_take_sent (f->net);
  g_assert_cmpuint (sent->len, ==, 4);
  g_assert_cmpuint (((TestDatagram *) sent->pdata[0])->n_merged, ==, 4);
  g_assert_cmpuint (fixture_count (f, "path.send_failed"), ==, 4);
  fixture_free (f);
}

/* A refused copy is dropped and counted; the others go on. */
static void
test_refused (void)
{
  static const struct {
    int error;
    const char *counter;
  } cases[] = { { EAGAIN, "path.would_block" }, { EPERM, "path.send_failed" } };

  for (guint c = 0; c < G_N_ELEMENTS (cases); c++)
    {
      Fixture *f = fixture_new (1);
      RflMedium *a = fixture_join (f, "room", "a", NULL, "audio");
      RflMedium *b = fixture_join (f, "room", "b", NULL, "audio");
      g_autoptr (GPtrArray) sent = NULL;
      guint64 failed = 0;

      fixture_add_source (f, a, fixture_add_flow (f, A), 1, 1);
      for (guint i = 0; i < 5; i++)
        fixture_add_leg (f, b, "192.0.2.9:9");
      test_network_fail (f->net, 2, cases[c].error);
      fixture_send (f, A, 0, 1, 1, 1);
      sent = test_network_take_sent (f->net);
      g_assert_cmpuint (sent->len, ==, 3);
      g_assert_cmpuint (fixture_count (f, cases[c].counter), ==, 2);
      for (guint i = 0; i < 5; i++)
        {
          RflLegStats stats;
          rfl_leg_get_stats (f->legs->pdata[i], &stats);
          failed += stats.failed;
        }
      g_assert_cmpuint (failed, ==, 2);
      fixture_free (f);
    }
}

static void
test_formats_refused (void)
{
  Fixture *f = fixture_new (1);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "audio");
  RflRoute *route = fixture_route (a);
  GPtrArray *formats = g_ptr_array_new ();

  fixture_add_leg (f, a, A);
  g_ptr_array_add (formats, rfl_format_new (8, "PCMA", 8000, 1, NULL));
  g_ptr_array_add (formats, rfl_format_new (101, "telephone-event", 8000, 1, NULL));
  g_assert_false (rfl_route_set_formats (route, formats));
  formats = g_ptr_array_new ();
  g_ptr_array_add (formats, rfl_format_new (0, "PCMU", 8000, 1, NULL));
  g_ptr_array_add (formats, rfl_format_new (101, "telephone-event", 8000, 1, NULL));
  g_ptr_array_add (formats, rfl_format_new (13, "CN", 8000, 1, NULL));
  g_assert_true (rfl_route_set_formats (route, formats));
  g_assert_cmpuint (rfl_route_find_format (route, formats->pdata[2]), ==, 2);
  g_assert_cmpuint (route->formats->len, ==, 3);
  fixture_free (f);
}

static RflHookResult
change_vanished (RflEvent *event, gpointer user_data, GError **error)
{
  RflPtMap map = { { 0 } };

  rfl_source_set_flow (event->source, user_data);
  rfl_source_set_map (event->source, &map);
  return RFL_HOOK_CONTINUE;
}

/* A hook that still works on a source that vanishes does not bring it back. */
static void
test_changed_when_vanished (void)
{
  Fixture *f = fixture_new (1);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "audio");
  RflFlow *flow = fixture_add_flow (f, A), *other = fixture_add_flow (f, B);
  RflSource *source = fixture_source (a, flow, 7, 7);
  RflHook hook = { .name = "test/vanished",
                   .event = RFL_EVENT_SOURCE_VANISHED,
                   .func = change_vanished,
                   .user_data = other };

  g_assert_cmpuint (rfl_bus_add_hook (rfl_core_get_bus (f->core), &hook, NULL), >, 0);
  rfl_source_free (source);
  fixture_step (f);
  g_assert_null (rfl_flow_find_source (other, 7));
  fixture_send (f, B, 0, 1, 1, 7);
  g_assert_cmpuint (f->tickets->len, ==, 1);
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/path/fanout/refused", test_refused);
  g_test_add_func ("/path/fanout/merging-refused", test_merging_refused);
  g_test_add_func ("/path/fanout/merging-kept", test_merging_kept);
  g_test_add_func ("/path/fanout/merging-comes-back", test_merging_comes_back);
  g_test_add_func ("/path/fanout/formats-refused", test_formats_refused);
  g_test_add_func ("/path/fanout/not-echoed", test_not_echoed);
  g_test_add_func ("/path/fanout/rooms-apart", test_rooms_apart);
  g_test_add_func ("/path/fanout/alias", test_alias);
  g_test_add_func ("/path/fanout/payload-types", test_payload_types);
  g_test_add_func ("/path/fanout/set-pt", test_set_pt);
  g_test_add_func ("/path/fanout/local-only", test_local_only);
  g_test_add_func ("/path/fanout/labels", test_labels);
  g_test_add_func ("/path/fanout/remote-and-hold", test_remote_and_hold);
  g_test_add_func ("/path/fanout/families", test_families);
  g_test_add_func ("/path/fanout/flow-moves", test_flow_moves);
  g_test_add_func ("/path/fanout/changed-when-vanished", test_changed_when_vanished);
  g_test_add_func ("/path/fanout/merging", test_merging);
  return g_test_run ();
}
