/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Several workers, stepped by hand: large rooms cut into shards, state that arrives late, and what
 * is freed when.
 */
#include "core/path/path-private.h"
#include "tests/unit/path-fixture.h"

#define N_LEGS 600

static void
leg_address (guint i, char out[32])
{
  g_snprintf (out, 32, "198.51.%u.%u:4000", 100 + i / 200, 1 + i % 200);
}

/* Sources on every worker; each leg gets each packet once and in order, in mode one too. */
static void
check_shards (guint n_workers)
{
  Fixture *f = fixture_new (n_workers);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "audio");
  RflMedium *b = fixture_join (f, "room", "b", NULL, "audio");
  g_autoptr (GPtrArray) sent = NULL;
  g_autoptr (GHashTable) next = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  RflLegSpec one;
  RflLegStats stats;
  char name[32];

  for (guint i = 0; i < N_LEGS; i++)
    {
      leg_address (i, name);
      fixture_add_leg (f, b, name);
    }
  one = fixture_leg_spec (f, b, "192.0.2.200:1");
  one.mode = RFL_LEG_ONE;
  fixture_add_leg_spec (f, &one);
  for (guint s = 0; s < 4; s++)
    {
      g_snprintf (name, sizeof name, "192.0.2.1:%u", 4000 + s);
      fixture_add_source (f, a, fixture_add_flow (f, name), s + 1, s + 1);
    }
  for (guint seq = 0; seq < 5; seq++)
    for (guint s = 0; s < 4; s++)
      {
        TestRtp rtp = test_rtp (0, seq, seq, s + 1, 160 - seq);
        g_snprintf (name, sizeof name, "192.0.2.1:%u", 4000 + s);
        fixture_inject (f, name, &rtp);
      }
  fixture_step (f);
  sent = test_network_take_sent (f->net);
  g_assert_cmpuint (sent->len, ==, N_LEGS * 20 + 5);
  for (guint i = 0; i < sent->len; i++)
    {
      TestDatagram *d = sent->pdata[i];
      RflRtp rtp;
      gint64 key;
      g_assert_true (rfl_rtp_parse (&rtp, d->data, d->len));
      if (d->to.port == 1)
        continue;
      key = (gint64) rfl_address_hash (&d->to) << 8 | rtp.ssrc;
      g_assert_cmpuint (rtp.seq, ==, GPOINTER_TO_UINT (g_hash_table_lookup (next, &key)));
      g_hash_table_insert (next, g_memdup2 (&key, sizeof key), GUINT_TO_POINTER (rtp.seq + 1));
    }
  g_assert_cmpuint (g_hash_table_size (next), ==, N_LEGS * 4);
  for (guint i = 0; i < N_LEGS; i++)
    {
      rfl_leg_get_stats (f->legs->pdata[i], &stats);
      g_assert_cmpuint (stats.packets, ==, 20);
    }
  if (n_workers > 1)
    {
      PathRoute *route = (PathRoute *) fixture_route (a);
      g_assert_cmpuint (route->n_common, ==, PATH_SHARD_LEGS);
      for (guint w = 0; w < n_workers; w++)
        g_assert_cmpuint (route->n_owned[w], >=, (N_LEGS - PATH_SHARD_LEGS) / n_workers);
    }
  fixture_free (f);
}

static void
test_shards (void)
{
  for (guint n = 1; n <= 3; n++)
    check_shards (n);
}

/* Nothing is freed before the last worker has let go of it. */
static void
test_acknowledged (void)
{
  Fixture *f = fixture_new (2);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "audio");
  RflLeg *leg = fixture_add_leg (f, a, "192.0.2.1:4000");

  fixture_step (f);
  g_assert_cmpuint (f->path->limbo.length, ==, 0);
  fixture_drop_leg (f, leg);
  g_assert_cmpuint (f->path->limbo.length, ==, 1);
  path_dispatch (f->path);
  g_assert_cmpuint (f->path->limbo.length, ==, 1);
  worker_turn (f->path->workers[1], FALSE);
  path_dispatch (f->path);
  g_assert_cmpuint (f->path->limbo.length, ==, 1);
  worker_turn (f->path->workers[0], FALSE);
  path_dispatch (f->path);
  g_assert_cmpuint (f->path->limbo.length, ==, 0);
  fixture_free (f);
}

/* A packet handed over overtakes the message that says whose it is: it waits. */
static void
test_late_state (void)
{
  Fixture *f = fixture_new (2);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "audio");
  RflMedium *b = fixture_join (f, "room", "b", NULL, "audio");
  RflLegSpec spec = fixture_leg_spec (f, b, "192.0.2.2:4000");
  TestRtp rtp = test_rtp (0, 1, 1, 1, 160);
  RflWorker **w = f->path->workers;
  RflLeg *legs[2];
  g_autoptr (GPtrArray) before = NULL, after = NULL;

  spec.mode = RFL_LEG_ONE;
  legs[0] = fixture_add_leg_spec (f, &spec);
  legs[1] = fixture_add_leg_spec (f, &spec);
  g_assert_cmpint (legs[0]->owner_worker + legs[1]->owner_worker, ==, 1);
  fixture_step (f);
  fixture_add_source (f, a, fixture_add_flow (f, "192.0.2.1:4000"), 1, 1);
  fixture_inject (f, "192.0.2.1:4000", &rtp); /* comes to worker 0 */
  worker_turn (w[0], TRUE);
  worker_take_relayed (w[1]);
  before = test_network_take_sent (f->net);
  g_assert_cmpuint (before->len, ==, 1);
  worker_turn (w[1], TRUE);
  after = test_network_take_sent (f->net);
  g_assert_cmpuint (after->len, ==, 1);
  g_assert_cmpuint (fixture_count (f, "path.relay_dropped"), ==, 0);
  fixture_free (f);
}

/* Handed over when its source has vanished already: gone, and nothing else. */
static void
test_late_packet (void)
{
  Fixture *f = fixture_new (2);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "audio");
  RflMedium *b = fixture_join (f, "room", "b", NULL, "audio");
  RflLegSpec spec = fixture_leg_spec (f, b, "192.0.2.2:4000");
  TestRtp rtp = test_rtp (0, 1, 1, 1, 160);
  RflWorker **w = f->path->workers;
  g_autoptr (GPtrArray) sent = NULL;
  RflSource *source = fixture_add_source (f, a, fixture_add_flow (f, "192.0.2.1:4000"), 1, 1);

  spec.mode = RFL_LEG_ONE;
  fixture_add_leg_spec (f, &spec);
  fixture_add_leg_spec (f, &spec);
  fixture_step (f);
  fixture_inject (f, "192.0.2.1:4000", &rtp);
  worker_turn (w[0], TRUE);
  fixture_drop_source (f, source);
  worker_turn (w[1], TRUE);
  fixture_step (f);
  sent = test_network_take_sent (f->net);
  g_assert_cmpuint (sent->len, ==, 1);
  fixture_free (f);
}

static void
test_ring_full (void)
{
  Fixture *f = fixture_new (2);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "audio");
  RflMedium *b = fixture_join (f, "room", "b", NULL, "audio");
  RflLegSpec spec = fixture_leg_spec (f, b, "192.0.2.2:4000");

  fixture_add_source (f, a, fixture_add_flow (f, "192.0.2.1:4000"), 1, 1);
  spec.mode = RFL_LEG_ONE;
  fixture_add_leg_spec (f, &spec);
  fixture_add_leg_spec (f, &spec);
  fixture_step (f);
  for (guint i = 0; i < WORKER_RELAY_RING + 76; i++)
    {
      TestRtp rtp = test_rtp (0, i, i, 1, 160);
      fixture_inject (f, "192.0.2.1:4000", &rtp);
    }
  while (worker_turn (f->path->workers[0], TRUE) > 0)
    ;
  g_assert_cmpuint (fixture_count (f, "path.relay_dropped"), ==, 76);
  fixture_free (f);
}

/* More changes than the mailbox holds: none is lost, none overtakes another. */
static void
test_overflow (void)
{
  Fixture *f = fixture_new (2);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "audio");
  RflMedium *b = fixture_join (f, "room", "b", NULL, "audio");
  RflLeg *leg = fixture_add_leg (f, b, "192.0.2.2:4000");
  g_autoptr (GPtrArray) sent = NULL;

  fixture_add_source (f, a, fixture_add_flow (f, "192.0.2.1:4000"), 1, 1);
  for (guint i = 0; i < 5000; i++)
    rfl_leg_set_active (leg, i % 2);
  for (guint i = 1; i <= 3000; i++)
    {
      RflAddress remote = test_address ("192.0.2.2:1");
      remote.port = i;
      rfl_leg_set_remote (leg, NULL, &remote);
    }
  fixture_send (f, "192.0.2.1:4000", 0, 1, 1, 1);
  fixture_send (f, "192.0.2.1:4000", 0, 2, 2, 1);
  sent = test_network_take_sent (f->net);
  g_assert_cmpuint (sent->len, >=, 1);
  g_assert_cmpuint (((TestDatagram *) sent->pdata[sent->len - 1])->to.port, ==, 3000);
  fixture_free (f);
}

static void
test_status (void)
{
  Fixture *f = fixture_new (2);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "audio");
  g_autofree char *text = NULL;

  fixture_add_leg (f, a, "192.0.2.1:4000");
  text = rfl_core_status (f->core);
  g_assert_nonnull (strstr (text, "\"rtp.audio\""));
  g_assert_nonnull (strstr (text, "PCMU"));
  g_assert_nonnull (strstr (text, "\"path.received\""));
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/path/workers/ring-full", test_ring_full);
  g_test_add_func ("/path/workers/late-packet", test_late_packet);
  g_test_add_func ("/path/workers/late-state", test_late_state);
  g_test_add_func ("/path/workers/overflow", test_overflow);
  g_test_add_func ("/path/workers/acknowledged", test_acknowledged);
  g_test_add_func ("/path/workers/shards", test_shards);
  g_test_add_func ("/path/workers/status", test_status);
  return g_test_run ();
}
