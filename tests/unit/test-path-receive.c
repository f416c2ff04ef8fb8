/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What comes in: malformed, oversized, nobody's; what is parked, asked for, released, refused or
 * forgotten; and what a stranger can cost.
 */
#include "tests/unit/path-fixture.h"
#include <string.h>

#define A "192.0.2.1:4000"
#define B "192.0.2.2:4000"

/* a sends from A to b at B */
static RflMedium *
make_pair (Fixture *f)
{
  RflMedium *a = fixture_join (f, "room", "a", NULL, "audio");
  RflMedium *b = fixture_join (f, "room", "b", NULL, "audio");

  fixture_add_leg (f, b, B);
  return a;
}

static guint
take_count (Fixture *f)
{
  g_autoptr (GPtrArray) sent = test_network_take_sent (f->net);
  return sent->len;
}

static void
test_malformed (void)
{
  static const struct {
    const char *bytes;
    gsize len;
  } bad[] = {
    { "\x80\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00", 11 },             /* short */
    { "\x81\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01", 12 },         /* CSRC missing */
    { "\x90\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\xbe\xde", 14 }, /* extension cut */
    { "\xa0\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x09", 13 },     /* padding too long */
    { "\xa0\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00", 13 },     /* no padding */
  };
  Fixture *f = fixture_new (1);
  RflMedium *a = make_pair (f);

  fixture_add_source (f, a, fixture_add_flow (f, A), 1, 1);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      test_network_inject (f->net, PORT, A, bad[i].bytes, bad[i].len);
      fixture_step (f);
      g_assert_cmpuint (fixture_count (f, "path.malformed"), ==, i + 1);
    }
  g_assert_cmpuint (take_count (f), ==, 0);
  g_assert_cmpuint (f->n_unknown + f->n_rtcp + f->n_other, ==, 0);
  fixture_free (f);
}

static void
test_oversized (void)
{
  Fixture *f = fixture_new (1);
  RflMedium *a = make_pair (f);
  TestRtp rtp = test_rtp (0, 1, 1, 1, 3000);

  fixture_add_source (f, a, fixture_add_flow (f, A), 1, 1);
  fixture_inject (f, A, &rtp);
  fixture_step (f);
  g_assert_cmpuint (take_count (f), ==, 0);
  g_assert_cmpuint (fixture_count (f, "path.truncated"), ==, 1);
  fixture_free (f);
}

static void
test_payload_type_refused (void)
{
  Fixture *f = fixture_new (1);
  RflMedium *a = make_pair (f);
  RflSource *source = fixture_add_source (f, a, fixture_add_flow (f, A), 1, 1);
  RflPtMap map;

  fixture_send (f, A, 18, 1, 1, 1);
  g_assert_cmpuint (take_count (f), ==, 0);
  g_assert_cmpuint (fixture_count (f, "path.pt_refused"), ==, 1);
  memset (&map, RFL_PT_NONE, sizeof map);
  map.index[18] = 0;
  rfl_source_set_map (source, &map);
  fixture_send (f, A, 18, 2, 2, 1);
  g_assert_cmpuint (take_count (f), ==, 1);
  fixture_free (f);
}

static void
learn (gpointer fixture, const RflArrival *arrival)
{
  Fixture *f = fixture;
  RflSource *source = f->sources->pdata[0];
  RflPtMap map;

  g_assert_true (rfl_flow_find_source (arrival->flow, arrival->ssrc) == source);
  memset (&map, RFL_PT_NONE, sizeof map);
  map.index[0] = 0;
  map.index[8] = 1;
  rfl_source_set_map (source, &map);
}

/* A number that a source has not used before is asked for, once for each map, and what comes meanwhile waits. */
static void
test_payload_type_learnt (void)
{
  Fixture *f = fixture_new (1);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "audio");
  RflMedium *b = fixture_join (f, "room", "b", NULL, "audio");
  g_autoptr (GPtrArray) sent = NULL;
  RflRtp rtp[4];

  fixture_add_source (f, a, fixture_add_flow (f, A), 1, 1);
  fixture_add_leg (f, b, B);
  f->on_unmapped = learn;
  for (guint i = 0; i < 4; i++)
    {
      TestRtp packet = test_rtp (i % 2 ? 8 : 0, i, 160 * i, 1, 160);
      fixture_inject (f, A, &packet);
    }
  fixture_step (f);
  fixture_step (f);
  sent = test_network_take_sent (f->net);
  g_assert_cmpuint (sent_to (sent, B, rtp, 4), ==, 4);
  for (guint i = 0; i < 4; i++)
    g_assert_cmpuint (rtp[i].seq, ==, i);
  g_assert_cmpuint (f->n_unmapped, ==, 1);
  g_assert_cmpuint (f->n_unknown, ==, 0);
  fixture_free (f);
}

/* What nobody gives a meaning to is not asked for again. */
static void
test_payload_type_asked_once (void)
{
  Fixture *f = fixture_new (1);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "audio");

  fixture_add_source (f, a, fixture_add_flow (f, A), 1, 1);
  for (guint i = 0; i < 300; i++)
    {
      fixture_send (f, A, 64 + i % 3, i, 2000, 1);
      fixture_step (f);
    }
  g_assert_cmpuint (f->n_unmapped, ==, 3);
  g_assert_cmpuint (fixture_count (f, "path.pt_refused"), ==, 300);
  fixture_free (f);
}

static void
test_classes (void)
{
  static const guint8 rtcp[] = { 0x80, 201, 0, 1, 0, 0, 0, 9 };
  static const guint8 stun[20] = { 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42 };
  Fixture *f = fixture_new (1);
  RflFlow *flow = fixture_add_flow (f, A);

  test_network_inject (f->net, PORT, A, rtcp, sizeof rtcp);
  rfl_path_step (f->path);
  g_assert_cmpuint (f->n_rtcp, ==, 1);
  g_assert_true (f->last.flow == flow);
  g_assert_cmpuint (f->last.len, ==, sizeof rtcp);
  g_assert_cmpuint (f->last.ticket, ==, 0);
  g_assert_cmpuint (f->last.local.port, ==, 5566);
  test_network_inject (f->net, PORT, B, rtcp, sizeof rtcp);
  rfl_path_step (f->path);
  g_assert_cmpuint (f->n_rtcp, ==, 2);
  g_assert_null (f->last.flow);
  test_network_inject (f->net, PORT, B, stun, sizeof stun);
  rfl_path_step (f->path);
  g_assert_cmpuint (f->n_other, ==, 1);
  test_network_inject (f->net, PORT, B, "", 0);
  rfl_path_step (f->path);
  g_assert_cmpuint (f->n_other, ==, 2);
  fixture_free (f);
}

/* The first packets wait, and come out in order before newer ones. */
static void
test_released_in_order (void)
{
  Fixture *f = fixture_new (2);
  RflMedium *a = make_pair (f);
  g_autoptr (GPtrArray) sent = NULL;
  RflRtp rtp[5];

  for (guint i = 0; i < 3; i++)
    fixture_send (f, A, 0, i, i, 1);
  g_assert_cmpuint (f->n_unknown, ==, 1);
  g_assert_cmpuint (f->last.ssrc, ==, 1);
  g_assert_null (f->last.flow);
  fixture_add_source (f, a, fixture_add_flow (f, A), 1, 1);
  fixture_send (f, A, 0, 3, 3, 1); /* known, but not released */
  g_assert_cmpuint (take_count (f), ==, 0);
  g_assert_cmpuint (f->n_unknown, ==, 1);
  rfl_port_release (f->port, g_array_index (f->tickets, guint64, 0));
  fixture_send (f, A, 0, 4, 4, 1);
  sent = test_network_take_sent (f->net);
  g_assert_cmpuint (sent_to (sent, B, rtp, 5), ==, 5);
  for (guint i = 0; i < 5; i++)
    g_assert_cmpuint (rtp[i].seq, ==, i);
  rfl_port_release (f->port, g_array_index (f->tickets, guint64, 0));
  fixture_step (f);
  fixture_free (f);
}

/* A second SSRC on a flow asks as well. */
static void
test_unknown_ssrc (void)
{
  Fixture *f = fixture_new (1);
  RflMedium *a = make_pair (f);
  RflFlow *flow = fixture_add_flow (f, A);

  fixture_add_source (f, a, flow, 1, 1);
  fixture_send (f, A, 0, 1, 1, 2);
  g_assert_cmpuint (f->n_unknown, ==, 1);
  g_assert_true (f->last.flow == flow);
  g_assert_cmpuint (f->last.ssrc, ==, 2);
  fixture_add_source (f, a, flow, 2, 2);
  rfl_port_release (f->port, f->last.ticket);
  fixture_step (f);
  g_assert_cmpuint (take_count (f), ==, 1);
  fixture_free (f);
}

static void
test_overflow (void)
{
  Fixture *f = fixture_new (1);
  RflMedium *a = make_pair (f);
  g_autoptr (GPtrArray) sent = NULL;
  RflRtp rtp[RFL_PARK_PACKETS];

  for (guint i = 0; i < RFL_PARK_PACKETS + 10; i++)
    fixture_send (f, A, 0, i, i, 1);
  g_assert_cmpuint (f->n_unknown, ==, 1);
  g_assert_cmpuint (fixture_count (f, "path.park_overflow"), ==, 10);
  fixture_add_source (f, a, fixture_add_flow (f, A), 1, 1);
  rfl_port_release (f->port, f->last.ticket);
  fixture_step (f);
  sent = test_network_take_sent (f->net);
  g_assert_cmpuint (sent_to (sent, B, rtp, RFL_PARK_PACKETS), ==, RFL_PARK_PACKETS);
  g_assert_cmpuint (rtp[RFL_PARK_PACKETS - 1].seq, ==, RFL_PARK_PACKETS - 1);
  fixture_free (f);
}

static void
test_expired (void)
{
  Fixture *f = fixture_new (1);
  RflMedium *a = make_pair (f);
  guint64 ticket;

  fixture_send (f, A, 0, 1, 1, 1);
  ticket = f->last.ticket;
  rfl_clock_advance (f->clock, RFL_PARK_TIME - 1);
  fixture_step (f);
  g_assert_cmpuint (fixture_count (f, "path.park_expired"), ==, 0);
  rfl_clock_advance (f->clock, 1);
  fixture_step (f);
  g_assert_cmpuint (fixture_count (f, "path.park_expired"), ==, 1);
  fixture_add_source (f, a, fixture_add_flow (f, A), 1, 1);
  rfl_port_release (f->port, ticket);
  fixture_step (f);
  g_assert_cmpuint (take_count (f), ==, 0);
  fixture_free (f);
}

/* Known in time, but nobody released it: not lost. */
static void
test_expired_but_known (void)
{
  Fixture *f = fixture_new (1);
  RflMedium *a = make_pair (f);

  fixture_send (f, A, 0, 1, 1, 1);
  fixture_add_source (f, a, fixture_add_flow (f, A), 1, 1);
  rfl_clock_advance (f->clock, RFL_PARK_TIME);
  fixture_step (f);
  g_assert_cmpuint (take_count (f), ==, 1);
  fixture_free (f);
}

static void
test_discarded (void)
{
  Fixture *f = fixture_new (1);
  RflMedium *a = make_pair (f);

  fixture_send (f, A, 0, 1, 1, 1);
  rfl_port_discard (f->port, f->last.ticket);
  fixture_step (f);
  rfl_clock_advance (f->clock, 99 * G_TIME_SPAN_MILLISECOND);
  fixture_send (f, A, 0, 2, 2, 1);
  g_assert_cmpuint (f->n_unknown, ==, 1);
  g_assert_cmpuint (fixture_count (f, "path.park_refused"), ==, 1);
  rfl_clock_advance (f->clock, G_TIME_SPAN_MILLISECOND);
  fixture_send (f, A, 0, 3, 3, 1);
  g_assert_cmpuint (f->n_unknown, ==, 2);
  rfl_port_discard (f->port, f->last.ticket);
  fixture_add_source (f, a, fixture_add_flow (f, A), 1,
                      1); /* a refusal does not outlive its reason */
  fixture_send (f, A, 0, 4, 4, 1);
  g_assert_cmpuint (take_count (f), ==, 1);
  fixture_free (f);
}

static void
answer_at_once (gpointer fixture, const RflArrival *arrival)
{
  Fixture *f = fixture;
  RflParticipant *participant = f->participants->pdata[0];

  fixture_add_source (f, participant->media->pdata[0],
                      rfl_flow_new (f->port, &arrival->remote, NULL), arrival->ssrc, arrival->ssrc);
  g_ptr_array_add (f->flows, rfl_port_find_flow (f->port, &arrival->remote));
  rfl_port_release (f->port, arrival->ticket);
}

static void
test_answered_at_once (void)
{
  Fixture *f = fixture_new (2);

  make_pair (f);
  f->on_unknown = answer_at_once;
  fixture_send (f, A, 0, 1, 1, 1);
  g_assert_cmpuint (take_count (f), ==, 1);
  fixture_send (f, A, 0, 2, 2, 1);
  g_assert_cmpuint (take_count (f), ==, 1);
  g_assert_cmpuint (f->n_unknown, ==, 1);
  fixture_free (f);
}

/* One address may ask a hundred times at once, then fifty times a second; and holds few entries. */
static void
test_strangers (void)
{
  static const guint8 rtcp[] = { 0x80, 201, 0, 1, 0, 0, 0, 9 };
  Fixture *f = fixture_new (1);

  for (guint i = 0; i < 300; i++)
    {
      test_network_inject (f->net, PORT, A, rtcp, sizeof rtcp);
      rfl_path_step (f->path);
    }
  g_assert_cmpuint (f->n_rtcp, ==, 100);
  g_assert_cmpuint (fixture_count (f, "path.strangers_limited"), ==, 200);
  test_network_inject (f->net, PORT, B, rtcp, sizeof rtcp); /* another one is not hurt */
  rfl_path_step (f->path);
  g_assert_cmpuint (f->n_rtcp, ==, 101);
  rfl_clock_advance (f->clock, 3 * G_USEC_PER_SEC);
  for (guint i = 0; i < 150; i++)
    fixture_send (f, A, 0, 1, 1, i);
  g_assert_cmpuint (f->n_unknown, ==, 64);
  g_assert_cmpuint (fixture_count (f, "path.strangers_limited"), ==, 250);
  fixture_add_flow (f, A); /* known now */
  test_network_inject (f->net, PORT, A, rtcp, sizeof rtcp);
  rfl_path_step (f->path);
  g_assert_cmpuint (f->n_rtcp, ==, 102);
  fixture_free (f);
}

/* What the operator allows, and says when it is above that. */
static void
test_stranger_rates (void)
{
  static const guint8 rtcp[] = { 0x80, 201, 0, 1, 0, 0, 0, 9 };
  Fixture *f = fixture_new (1);

  rfl_path_set_stranger_rates (f->path, 5, 40);
  for (guint i = 0; i < 30; i++)
    test_network_inject (f->net, PORT, i < 20 ? A : B, rtcp, sizeof rtcp);
  rfl_path_step (f->path);
  g_assert_cmpuint (f->n_rtcp, ==, 10); /* ten of one at once; ten of all at once */
  g_assert_cmpuint (fixture_count (f, "path.strangers_limited"), ==, 20);
  rfl_clock_advance (f->clock, G_USEC_PER_SEC);
  for (guint i = 0; i < 10; i++)
    test_network_inject (f->net, PORT, A, rtcp, sizeof rtcp);
  rfl_path_step (f->path);
  g_assert_cmpuint (f->n_rtcp, ==, 15);
  fixture_free (f);
}

/* Nor may somebody known make up SSRCs without end. */
static void
test_made_up_sources (void)
{
  Fixture *f = fixture_new (1);
  guint limited;

  fixture_add_flow (f, A);
  for (guint i = 0; i < 3000; i++)
    {
      fixture_send (f, A, 0, 1, 1, i);
      rfl_port_discard (f->port, f->last.ticket);
      rfl_clock_advance (f->clock, G_TIME_SPAN_MILLISECOND);
    }
  limited = fixture_count (f, "path.unknown_limited");
  g_assert_cmpuint (f->n_unknown, ==, 3000 - limited);
  g_assert_cmpuint (limited, >, 400);
  g_assert_cmpuint (limited, <, 600);
  fixture_free (f);
}

/* More strangers than there is room for: those who are known do not notice. */
static void
test_flood (void)
{
  Fixture *f = fixture_new (1);
  RflMedium *a = make_pair (f);
  RflFlow *flow = fixture_add_flow (f, A);
  TestRtp rtp = test_rtp (0, 1, 1, 1, 100);

  fixture_add_source (f, a, flow, 1, 1);
  for (guint i = 0; i < 20000; i++)
    {
      RflAddress to = test_address (PORT), from = test_address ("203.0.113.1:1");
      from.ip[2] = i >> 8;
      from.ip[3] = i;
      test_network_inject_from (f->net, &to, &from, rtp.data, rtp.len);
    }
  fixture_step (f);
  g_assert_cmpuint (f->n_unknown, <=, 512);
  g_assert_cmpuint (f->n_unknown, >, 100);
  fixture_send (f, A, 0, 1, 1, 1);
  g_assert_cmpuint (take_count (f), ==, 1);
  fixture_send (f, A, 0, 1, 1, 5);
  g_assert_cmpuint (f->last.ssrc, ==, 5);
  fixture_free (f);
}

static void
test_port_closed (void)
{
  Fixture *f = fixture_new (1);
  RflPortSpec spec = { .name = "second", .port = 5568 };
  RflPort *port = rfl_port_open (f->path, &spec, NULL);
  TestRtp rtp = test_rtp (0, 1, 1, 1, 20);

  g_assert_true (rfl_path_find_port (f->path, "second") == port);
  fixture_step (f);
  test_network_inject (f->net, "10.0.0.1:5568", A, rtp.data, rtp.len);
  fixture_step (f); /* nobody to ask: refused */
  g_assert_cmpuint (fixture_count (f, "path.park_discarded"), ==, 1);
  rfl_port_close (port);
  g_assert_null (rfl_path_find_port (f->path, "second"));
  g_assert_false (test_network_inject (f->net, "10.0.0.1:5568", A, rtp.data, rtp.len));
  fixture_step (f);
  fixture_free (f);
}

/* A leg may outlive the port it sends from; it has nothing to say any more. */
static void
test_port_closed_before_leg (void)
{
  Fixture *f = fixture_new (1);
  RflPortSpec port_spec = { .name = "second", .port = 5568 };
  RflPort *port = rfl_port_open (f->path, &port_spec, NULL);
  RflMedium *a = make_pair (f);
  RflLegSpec spec = fixture_leg_spec (f, a, "192.0.2.9:9");
  RflAddress remote = test_address ("192.0.2.9:10");
  RflLeg *leg;

  fixture_add_source (f, a, fixture_add_flow (f, A), 1, 1);
  spec.owner = NULL;
  spec.port = port;
  leg = fixture_add_leg_spec (f, &spec);
  fixture_send (f, A, 0, 1, 1, 1);
  g_assert_cmpuint (take_count (f), ==, 2);
  rfl_port_close (port);
  fixture_step (f);
  rfl_leg_set_active (leg, TRUE);
  rfl_leg_set_remote (leg, NULL, &remote);
  fixture_send (f, A, 0, 2, 2, 1);
  g_assert_cmpuint (take_count (f), ==, 1);
  fixture_free (f);
}

/* A mistake of who opened the port: it is told so, and nothing freed is touched. */
static void
test_port_closed_before_flow (void)
{
  Fixture *f = fixture_new (2);
  RflPortSpec spec = { .name = "other", .port = 5568 };
  RflPort *port = rfl_port_open (f->path, &spec, NULL);
  RflAddress remote = test_address (A);
  RflFlow *flow = rfl_flow_new (port, &remote, NULL);

  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*flows*");
  rfl_port_close (port);
  g_test_assert_expected_messages ();
  fixture_step (f);
  rfl_flow_free (flow);
  fixture_free (f);
}

static void
test_send (void)
{
  Fixture *f = fixture_new (2);
  RflAddress local = test_address ("10.7.7.7:0"), v4 = test_address (A),
             v6 = test_address ("[2001:db8::9]:9");
  g_autoptr (GPtrArray) sent = NULL;

  g_assert_true (rfl_port_send (f->port, &local, &v4, (const guint8 *) "hi", 2));
  g_assert_true (rfl_port_send (f->port, NULL, &v6, (const guint8 *) "ho", 2));
  test_network_fail (f->net, 1, 11);
  g_assert_false (rfl_port_send (f->port, NULL, &v4, (const guint8 *) "hi", 2));
  sent = test_network_take_sent (f->net);
  g_assert_cmpuint (sent->len, ==, 2);
  g_assert_cmpuint (((TestDatagram *) sent->pdata[0])->from.ip[1], ==, 7);
  g_assert_cmpuint (((TestDatagram *) sent->pdata[1])->from.family, ==, AF_INET6);
  g_assert_cmpuint (fixture_count (f, "path.main_failed"), ==, 1);
  fixture_free (f);
}

/* Every second packet is 10 ms late. */
static guint32
jitter_of (Fixture *f, RflSource *source, guint8 pt, guint32 rate)
{
  RflReception reception;

  for (guint16 i = 0; i < 200; i++)
    {
      fixture_send (f, A, pt, i, i * rate / 50, 1);
      rfl_clock_advance (f->clock, (i % 2 ? 10 : 30) * G_TIME_SPAN_MILLISECOND);
    }
  rfl_source_get_reception (source, &reception);
  g_assert_cmpuint (reception.received, ==, 200);
  return reception.jitter;
}

/* Once only the session's first codec had jitter; of what goes with one it tells nothing. */
static void
test_jitter_of_any_codec (void)
{
  static const struct {
    guint8 pt, index;
    guint32 rate, least, most;
  } rows[] = { { 0, 0, 8000, 70, 90 }, { 96, 2, 48000, 420, 540 }, { 101, 1, 8000, 0, 0 } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      Fixture *f = fixture_new (1);
      RflMedium *a = make_pair (f);
      RflRoute *route = fixture_route (a);
      GPtrArray *formats = g_ptr_array_new ();
      RflSource *source = fixture_add_source (f, a, fixture_add_flow (f, A), 1, 1);
      RflPtMap map;
      guint32 jitter;

      for (guint k = 0; k < route->formats->len; k++)
        g_ptr_array_add (formats, rfl_format_copy (route->formats->pdata[k]));
      g_ptr_array_add (formats, rfl_format_new (96, "opus", 48000, 2, NULL));
      g_assert_true (rfl_route_set_formats (route, formats));
      memset (&map, RFL_PT_NONE, sizeof map);
      map.index[rows[i].pt] = rows[i].index;
      rfl_source_set_map (source, &map);
      jitter = jitter_of (f, source, rows[i].pt, rows[i].rate);
      g_assert_cmpuint (jitter, >=, rows[i].least);
      g_assert_cmpuint (jitter, <=, rows[i].most);
      fixture_free (f);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/path/receive/malformed", test_malformed);
  g_test_add_func ("/path/receive/oversized", test_oversized);
  g_test_add_func ("/path/receive/payload-type-refused", test_payload_type_refused);
  g_test_add_func ("/path/receive/payload-type-learnt", test_payload_type_learnt);
  g_test_add_func ("/path/receive/payload-type-asked-once", test_payload_type_asked_once);
  g_test_add_func ("/path/receive/strangers", test_strangers);
  g_test_add_func ("/path/receive/stranger-rates", test_stranger_rates);
  g_test_add_func ("/path/receive/flood", test_flood);
  g_test_add_func ("/path/receive/made-up-sources", test_made_up_sources);
  g_test_add_func ("/path/receive/classes", test_classes);
  g_test_add_func ("/path/receive/jitter-of-any-codec", test_jitter_of_any_codec);
  g_test_add_func ("/path/park/overflow", test_overflow);
  g_test_add_func ("/path/park/expired", test_expired);
  g_test_add_func ("/path/park/expired-but-known", test_expired_but_known);
  g_test_add_func ("/path/park/discarded", test_discarded);
  g_test_add_func ("/path/park/released-in-order", test_released_in_order);
  g_test_add_func ("/path/park/unknown-ssrc", test_unknown_ssrc);
  g_test_add_func ("/path/park/answered-at-once", test_answered_at_once);
  g_test_add_func ("/path/port/closed", test_port_closed);
  g_test_add_func ("/path/port/closed-before-flow", test_port_closed_before_flow);
  g_test_add_func ("/path/port/closed-before-leg", test_port_closed_before_leg);
  g_test_add_func ("/path/port/send", test_send);
  return g_test_run ();
}
