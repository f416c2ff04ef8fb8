/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stages: their order, what they see, and that their verdicts are obeyed. */
#include "tests/unit/path-fixture.h"
#include <string.h>

#define A "192.0.2.1:4000"
#define B "192.0.2.2:4000"

typedef struct {
  GString *trace;
  char name;
  RflVerdict verdict;
  RflPacket seen;
} Probe;

static void
probe (RflPacket *packets, guint n, guint worker, gpointer context)
{
  Probe *p = context;

  for (guint i = 0; i < n; i++)
    {
      if (packets[i].verdict != RFL_VERDICT_PASS)
        continue;
      g_string_append_c (p->trace, p->name);
      p->seen = packets[i];
      packets[i].verdict = p->verdict;
    }
}

static Fixture *
make_room (void)
{
  Fixture *f = fixture_new (1);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "audio");
  RflMedium *b = fixture_join (f, "room", "b", NULL, "audio");

  fixture_add_source (f, a, fixture_add_flow (f, A), 1, 1);
  fixture_add_leg (f, b, B);
  return f;
}

static guint
take_count (Fixture *f)
{
  g_autoptr (GPtrArray) sent = test_network_take_sent (f->net);
  return sent->len;
}

static void
test_verdicts (void)
{
  static const RflStage stages[] = { RFL_STAGE_VALIDATE, RFL_STAGE_REWRITE, RFL_STAGE_TAP };
  Fixture *f = make_room ();
  g_autoptr (GString) trace = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (stages); i++)
    for (RflVerdict verdict = RFL_VERDICT_DROP; verdict <= RFL_VERDICT_CONSUMED; verdict++)
      {
        Probe p = { .trace = trace, .name = 'x', .verdict = verdict };
        guint id = rfl_port_add_stage (f->port, stages[i], probe, &p);
        fixture_send (f, A, 0, 1, 1, 1);
        g_assert_cmpuint (take_count (f), ==, 0);
        rfl_port_remove_stage (f->port, id);
      }
  g_assert_cmpuint (trace->len, ==, 6);
  g_assert_cmpuint (fixture_count (f, "path.stage_dropped"), ==, 3);
  fixture_send (f, A, 0, 1, 1, 1);
  g_assert_cmpuint (take_count (f), ==, 1);
  g_assert_cmpuint (trace->len, ==, 6);
  fixture_free (f);
}

static void
test_order (void)
{
  static const struct {
    RflStage stage;
    char name;
  } list[] = { { RFL_STAGE_TAP, 't' },   { RFL_STAGE_REWRITE, 'r' },
               { RFL_STAGE_METER, 'm' }, { RFL_STAGE_VALIDATE, 'v' },
               { RFL_STAGE_METER, 'n' }, { RFL_STAGE_AUTHENTICATE, 'a' } };
  Fixture *f = make_room ();
  g_autoptr (GString) trace = g_string_new (NULL);
  Probe probes[G_N_ELEMENTS (list)];
  guint ids[G_N_ELEMENTS (list)];
  RflSource *source = f->sources->pdata[0];

  for (guint i = 0; i < G_N_ELEMENTS (list); i++)
    {
      probes[i] = (Probe){ .trace = trace, .name = list[i].name };
      ids[i] = rfl_port_add_stage (f->port, list[i].stage, probe, &probes[i]);
    }
  fixture_send (f, A, 101, 1, 1, 1);
  g_assert_cmpstr (trace->str, ==, "vamnrt");
  g_assert_cmpuint (probes[0].seen.ssrc, ==, source->ssrc);
  g_assert_cmpuint (probes[0].seen.format, ==, 1);
  g_assert_cmpuint (probes[0].seen.source_id, >, 0);
  g_assert_cmpint (probes[0].seen.arrival, ==, rfl_clock_now (f->clock));
  g_assert_cmpuint (probes[3].seen.len, ==, 172);
  g_assert_cmpuint (probes[3].seen.source_id, ==, 0);
  rfl_port_remove_stage (f->port, ids[2]);
  fixture_send (f, A, 0, 2, 1, 1);
  g_assert_cmpstr (trace->str, ==, "vamnrtvanrt");
  for (guint i = 0; i < G_N_ELEMENTS (list); i++)
    rfl_port_remove_stage (f->port, ids[i]);
  fixture_free (f);
}

/* Shortens the packet to its header and four octets, under another SSRC. */
static void
rewrite (RflPacket *packets, guint n, guint worker, gpointer context)
{
  for (guint i = 0; i < n; i++)
    {
      packets[i].len = 16;
      packets[i].data[11] = 1;
    }
}

static void
break_it (RflPacket *packets, guint n, guint worker, gpointer context)
{
  for (guint i = 0; i < n; i++)
    packets[i].len = 5;
}

static void
test_rewrite (void)
{
  Fixture *f = make_room ();
  guint id = rfl_port_add_stage (f->port, RFL_STAGE_REWRITE, rewrite, NULL);
  g_autoptr (GPtrArray) sent = NULL;
  RflRtp rtp;

  fixture_send (f, A, 0, 1, 1, 99);
  sent = test_network_take_sent (f->net);
  g_assert_cmpuint (sent_to (sent, B, &rtp, 1), ==, 1);
  g_assert_cmpuint (rtp.ssrc, ==, 1);
  g_assert_cmpuint (rtp.payload_len, ==, 4);
  rfl_port_remove_stage (f->port, id);
  id = rfl_port_add_stage (f->port, RFL_STAGE_AUTHENTICATE, break_it, NULL);
  fixture_send (f, A, 0, 1, 1, 1);
  g_assert_cmpuint (take_count (f), ==, 0);
  g_assert_cmpuint (fixture_count (f, "path.malformed"), ==, 1);
  rfl_port_remove_stage (f->port, id);
  fixture_free (f);
}

/* Takes something off the front, as much as a header before the RTP packet. */
static void
unwrap (RflPacket *packets, guint n, guint worker, gpointer context)
{
  for (guint i = 0; i < n; i++)
    {
      packets[i].data += 100;
      packets[i].len -= 100;
    }
}

/* What is left of the room is what the next stages are told. */
static void
test_unwrap (void)
{
  Fixture *f = make_room ();
  g_autoptr (GString) trace = g_string_new (NULL);
  Probe p = { .trace = trace, .name = 'x' };
  guint ids[] = { rfl_port_add_stage (f->port, RFL_STAGE_REWRITE, unwrap, NULL),
                  rfl_port_add_stage (f->port, RFL_STAGE_TAP, probe, &p) };
  TestRtp inner = test_rtp (0, 1, 1, 1, 20), outer = test_rtp (0, 1, 1, 1, 100 - 12 + 20 + 12);

  memcpy (outer.data + 100, inner.data, inner.len);
  fixture_inject (f, A, &outer);
  fixture_step (f);
  g_assert_cmpstr (trace->str, ==, "x");
  g_assert_cmpuint (p.seen.len, ==, inner.len);
  g_assert_cmpuint (p.seen.size, ==, 2048 - 100);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    rfl_port_remove_stage (f->port, ids[i]);
  fixture_free (f);
}

/* Appends as many octets as it may; drops odd sequence numbers if told to. */
static void
seal (RflPacket *packets, guint n, guint worker, gpointer context)
{
  gboolean *drop_odd = context;

  for (guint i = 0; i < n; i++)
    {
      g_assert_cmpuint (packets[i].size - packets[i].len, >=, 64);
      memset (packets[i].data + packets[i].len, 0xee, 64);
      packets[i].len += 64;
      if (*drop_odd && packets[i].data[3] & 1)
        packets[i].verdict = RFL_VERDICT_DROP;
    }
}

static void
test_egress (void)
{
  for (guint mode = RFL_LEG_ALL; mode <= RFL_LEG_ONE; mode++)
    {
      Fixture *f = make_room ();
      RflParticipant *b = f->participants->pdata[1];
      RflLegSpec spec = fixture_leg_spec (f, b->media->pdata[0], "192.0.2.9:9");
      g_autoptr (GPtrArray) sent = NULL;
      gboolean drop_odd = mode == RFL_LEG_ALL;
      RflRtp rtp[4];
      RflLeg *leg;
      guint id;

      spec.mode = mode;
      spec.pt[0] = 8;
      leg = fixture_add_leg_spec (f, &spec);
      id = rfl_leg_add_stage (leg, seal, &drop_odd);
      for (guint i = 0; i < 4; i++)
        {
          TestRtp packet = test_rtp (0, i, i, 1, i == 0 ? 2048 - 12 : 160);
          fixture_inject (f, A, &packet);
        }
      fixture_step (f);
      sent = test_network_take_sent (f->net);
      g_assert_cmpuint (sent_to (sent, "192.0.2.9:9", rtp, 4), ==, drop_odd ? 2 : 4);
      g_assert_cmpuint (rtp[0].pt, ==, 8);
      g_assert_cmpuint (rtp[0].payload_len, ==, 2048 - 12 + 64);
      g_assert_cmpuint (rtp[1].payload_len, ==, 160 + 64);
      g_assert_cmpuint (rtp[1].payload[160], ==, 0xee);
      g_assert_cmpuint (sent_to (sent, B, rtp, 4), ==, 4);
      g_assert_cmpuint (rtp[1].payload_len, ==, 160);
      g_assert_cmpuint (rtp[1].pt, ==, 0);
      rfl_leg_remove_stage (leg, id);
      fixture_send (f, A, 0, 9, 9, 1);
      fixture_free (f);
    }
}

/* Whatever it says, the packets go on; each tap sees them anew, and those of its route only. */
static void
test_tap (void)
{
  Fixture *f = make_room ();
  RflSource *source = f->sources->pdata[0];
  RflMedium *c = fixture_join (f, "other", "c", NULL, "audio");
  g_autoptr (GString) trace = g_string_new (NULL);
  Probe first = { .trace = trace, .name = '1', .verdict = RFL_VERDICT_DROP };
  Probe second = { .trace = trace, .name = '2', .verdict = RFL_VERDICT_CONSUMED };
  Probe port = { .trace = trace, .name = 'p' };
  guint ids[3];

  fixture_add_source (f, c, fixture_add_flow (f, "192.0.2.3:4000"), 9, 9);
  ids[0] = rfl_route_add_tap (source->route, probe, &first);
  ids[1] = rfl_route_add_tap (source->route, probe, &second);
  ids[2] = rfl_port_add_stage (f->port, RFL_STAGE_TAP, probe, &port);
  g_assert_cmpuint (ids[0], !=, 0);
  fixture_send (f, A, 101, 1, 1, 1);
  g_assert_cmpuint (take_count (f), ==, 1);
  g_assert_cmpstr (trace->str, ==, "p12");
  g_assert_cmpuint (first.seen.source_id, ==, rfl_source_get_id (source));
  g_assert_cmpuint (first.seen.ssrc, ==, 1);
  g_assert_cmpuint (first.seen.format, ==, 1);
  g_assert_false (first.seen.muted);
  fixture_send (f, "192.0.2.3:4000", 0, 1, 1, 9);
  g_assert_cmpstr (trace->str, ==, "p12p");
  rfl_route_remove_tap (source->route, 0);
  rfl_route_remove_tap (source->route, ids[0]);
  fixture_send (f, A, 0, 2, 1, 1);
  g_assert_cmpstr (trace->str, ==, "p12pp2");
  rfl_route_remove_tap (source->route, ids[1]);
  rfl_port_remove_stage (f->port, ids[2]);
  fixture_send (f, A, 0, 3, 1, 1);
  g_assert_cmpstr (trace->str, ==, "p12pp2");
  fixture_free (f);
}

/* Packets that waited for their source are seen too, and a tap that is left goes with its route. */
static void
test_tap_parked (void)
{
  Fixture *f = make_room ();
  RflMedium *a = ((RflSource *) f->sources->pdata[0])->owner;
  g_autoptr (GString) trace = g_string_new (NULL);
  Probe tap = { .trace = trace, .name = 't' };

  rfl_route_add_tap (a->route, probe, &tap);
  fixture_send (f, A, 0, 1, 1, 7);
  fixture_send (f, A, 0, 2, 1, 7);
  g_assert_cmpstr (trace->str, ==, "");
  fixture_add_source (f, a, f->flows->pdata[0], 7, 7);
  rfl_port_release (f->port, g_array_index (f->tickets, guint64, 0));
  fixture_step (f);
  g_assert_cmpstr (trace->str, ==, "tt");
  fixture_free (f);
}

/* What rfl_path_find_port() did not find is told, and nothing else happens. */
static void
test_no_port (void)
{
  if (g_test_subprocess ())
    {
      rfl_port_add_stage (NULL, RFL_STAGE_TAP, probe, NULL);
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*assertion*port*failed*");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/path/stage/verdicts", test_verdicts);
  g_test_add_func ("/path/stage/order", test_order);
  g_test_add_func ("/path/stage/rewrite", test_rewrite);
  g_test_add_func ("/path/stage/unwrap", test_unwrap);
  g_test_add_func ("/path/stage/egress", test_egress);
  g_test_add_func ("/path/stage/tap", test_tap);
  g_test_add_func ("/path/stage/tap-parked", test_tap_parked);
  g_test_add_func ("/path/stage/no-port", test_no_port);
  return g_test_run ();
}
