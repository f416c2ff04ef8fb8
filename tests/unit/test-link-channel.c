/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reliable channel over a path that loses, doubles and reorders, with a clock moved by
 * hand: in step after every disturbance, each message once and in order.
 */
#include "plugins/interconnect/channel.h"
#include <string.h>

#define MS G_TIME_SPAN_MILLISECOND

typedef struct {
  gint64 due;
  guint64 order;
  guint to;
  GByteArray *bytes;
} Datagram;

typedef struct _World World;

/* @told: numbers of LEAVE messages (as session names) the peer has told since its last UP */
typedef struct {
  World *world;
  guint index;
  LinkChannel *channel;
  gint64 wake;
  guint64 epoch;
  guint next;
  GPtrArray *told, *state;
  guint ups, downs;
  char *why;
} End;

struct _World {
  GRand *random;
  gint64 now;
  guint64 order;
  double loss, twice;
  gint64 delay, jitter;
  gboolean cut[2]; /* from end i */
  guint drop_next; /* so many datagrams, whoever sends */
  guint n_sent;
  GQueue pipe;
  End end[2];
};

static void
datagram_free (Datagram *d)
{
  g_byte_array_unref (d->bytes);
  g_free (d);
}

static void
push (World *world, guint to, const guint8 *data, gsize len)
{
  Datagram *d = g_new0 (Datagram, 1);
  gint64 jitter = world->jitter ? g_rand_int_range (world->random, 0, world->jitter) : 0;

  d->due = world->now + world->delay + jitter;
  d->order = world->order++;
  d->to = to;
  d->bytes = g_byte_array_append (g_byte_array_new (), data, len);
  g_queue_push_tail (&world->pipe, d);
}

static void
transmit (const guint8 *data, gsize len, gpointer user_data)
{
  End *end = user_data;
  World *world = end->world;

  g_assert_cmpuint (len, <=, LINK_MAX_DATAGRAM);
  world->n_sent++;
  if (world->cut[end->index] || g_rand_double (world->random) < world->loss)
    return;
  if (world->drop_next > 0)
    {
      world->drop_next--;
      return;
    }
  push (world, !end->index, data, len);
  if (g_rand_double (world->random) < world->twice)
    push (world, !end->index, data, len);
}

static void
say (End *end, const char *text)
{
  g_autoptr (LinkMessage) leave = link_message_new (LINK_LEAVE);

  leave->session = g_strdup (text);
  leave->participant = g_strdup ("p");
  link_channel_send (end->channel, leave);
}

/* The state of an end is the list of all it ever said; a new peer is told all of it. */
static void
announce (End *end)
{
  g_autofree char *text = g_strdup_printf ("%u.%u", end->index, end->next++);

  g_ptr_array_add (end->state, g_strdup (text));
  say (end, text);
  link_channel_flush (end->channel, end->world->now);
  end->wake = end->world->now;
}

static void
deliver (const LinkMessage *message, gpointer user_data)
{
  End *end = user_data;
  g_assert_true (link_channel_is_up (end->channel));
  g_ptr_array_add (end->told, g_strdup (message->session));
}

static void
changed (gboolean up, const char *why, gpointer user_data)
{
  End *end = user_data;

  g_free (end->why);
  end->why = g_strdup (why);
  g_ptr_array_set_size (end->told, 0);
  end->ups += up;
  end->downs += !up;
  for (guint i = 0; up && i < end->state->len; i++)
    say (end, end->state->pdata[i]);
}

static const LinkChannelOps ops = { transmit, deliver, changed };

static void
start_end (World *world, guint i)
{
  End *end = &world->end[i];
  const LinkChannelConfig config = {
    .epoch = (guint64) g_rand_int (world->random) << 32 | (g_rand_int (world->random) | 1),
    .sender = { 100 + i, i == 0 ? "reflector-a" : "reflector-b" },
    .hello_interval = G_TIME_SPAN_SECOND,
    .dead_after = 5 * G_TIME_SPAN_SECOND,
  };

  end->world = world;
  end->index = i;
  end->epoch = config.epoch;
  end->told = g_ptr_array_new_with_free_func (g_free);
  end->state = g_ptr_array_new_with_free_func (g_free);
  end->channel = link_channel_new (&config, &ops, end);
  end->wake = world->now;
}

/* As after kill -9: no word to the peer, everything forgotten but the numbers of the test. */
static void
stop_end (World *world, guint i)
{
  End *end = &world->end[i];

  g_clear_pointer (&end->channel, link_channel_free);
  g_clear_pointer (&end->told, g_ptr_array_unref);
  g_clear_pointer (&end->state, g_ptr_array_unref);
  g_clear_pointer (&end->why, g_free);
}

static void
world_init (World *world, guint32 seed)
{
  memset (world, 0, sizeof *world);
  world->random = g_rand_new_with_seed (seed);
  world->now = 1000000;
  world->delay = 5 * MS;
  g_queue_init (&world->pipe);
}

static void
world_clear (World *world)
{
  for (guint i = 0; i < 2; i++)
    if (world->end[i].channel)
      stop_end (world, i);
  g_queue_clear_full (&world->pipe, (GDestroyNotify) datagram_free);
  g_rand_free (world->random);
}

static void
arrive (World *world, Datagram *d)
{
  End *end = &world->end[d->to];
  g_auto (LinkFrame) frame = { 0 };

  if (end->channel)
    {
      g_assert_true (link_frame_decode (&frame, d->bytes->data, d->bytes->len, NULL));
      link_channel_receive (end->channel, &frame, world->now);
      end->wake = world->now;
    }
  datagram_free (d);
}

static gint
by_time (gconstpointer a, gconstpointer b, gpointer unused)
{
  const Datagram *x = a, *y = b;
  if (x->due != y->due)
    return x->due < y->due ? -1 : 1;
  return x->order < y->order ? -1 : 1;
}

/* Timers have the resolution of the real wheel: 10 ms, never early. */
static void
run (World *world, gint64 time)
{
  gint64 end = world->now + time;

  while (world->now < end)
    {
      g_queue_sort (&world->pipe, by_time, NULL);
      while (world->pipe.head && ((Datagram *) world->pipe.head->data)->due <= world->now)
        {
          arrive (world, g_queue_pop_head (&world->pipe));
          g_queue_sort (&world->pipe, by_time, NULL);
        }
      for (guint i = 0; i < 2 && world->now % (10 * MS) == 0; i++)
        if (world->end[i].channel && world->end[i].wake <= world->now)
          world->end[i].wake = link_channel_poll (world->end[i].channel, world->now);
      world->now += MS;
    }
}

static gboolean
knows_all (const End *end, const End *peer)
{
  if (end->told->len != peer->state->len)
    return FALSE;
  for (guint i = 0; i < end->told->len; i++)
    if (!g_str_equal (end->told->pdata[i], peer->state->pdata[i]))
      return FALSE;
  return TRUE;
}

static void
assert_in_step (World *world)
{
  g_assert_true (link_channel_is_up (world->end[0].channel));
  g_assert_true (link_channel_is_up (world->end[1].channel));
  g_assert_true (knows_all (&world->end[0], &world->end[1]));
  g_assert_true (knows_all (&world->end[1], &world->end[0]));
}

static void
either_first (void)
{
  for (guint first = 0; first < 2; first++)
    {
      World world;
      world_init (&world, first);
      start_end (&world, first);
      run (&world, 3300 * MS);
      g_assert_false (link_channel_is_up (world.end[first].channel));
      start_end (&world, !first);
      announce (&world.end[first]);
      run (&world, 60 * MS);
      assert_in_step (&world);
      g_assert_cmpstr (link_channel_get_peer_id (world.end[0].channel), ==, "reflector-b");
      world_clear (&world);
    }
}

static void
both_at_once (void)
{
  World world;

  world_init (&world, 3);
  start_end (&world, 0);
  start_end (&world, 1);
  announce (&world.end[0]);
  announce (&world.end[1]);
  run (&world, 60 * MS);
  assert_in_step (&world);
  g_assert_cmpuint (world.end[0].ups, ==, 1);
  g_assert_cmpuint (world.end[1].ups, ==, 1);
  world_clear (&world);
}

static void
restart (void)
{
  World world;

  world_init (&world, 4);
  start_end (&world, 0);
  start_end (&world, 1);
  for (guint i = 0; i < 200; i++)
    announce (&world.end[i % 2]);
  run (&world, 1000 * MS);
  assert_in_step (&world);
  stop_end (&world, 1);
  start_end (&world, 1);
  run (&world, 60 * MS);
  assert_in_step (&world);
  g_assert_cmpuint (world.end[0].downs, ==, 1);
  g_assert_cmpuint (world.end[0].ups, ==, 2);
  g_assert_cmpuint (world.end[0].told->len, ==, 0);
  g_assert_cmpuint (world.end[1].told->len, ==, 100);
  world_clear (&world);
}

static void
silence (void)
{
  World world;

  world_init (&world, 5);
  start_end (&world, 0);
  start_end (&world, 1);
  run (&world, 2000 * MS);
  stop_end (&world, 1);
  run (&world, 3900 * MS);
  g_assert_cmpuint (world.end[0].downs, ==, 0);
  run (&world, 1200 * MS);
  g_assert_cmpuint (world.end[0].downs, ==, 1);
  g_assert_cmpstr (world.end[0].why, ==, "the peer is silent");
  world_clear (&world);
}

/* One direction dies: the deaf side begins anew, the other one must notice, and when the
 * path heals neither may believe in the state of before. */
static void
half_cut (void)
{
  for (guint deaf = 0; deaf < 2; deaf++)
    {
      World world;
      world_init (&world, 6 + deaf);
      start_end (&world, 0);
      start_end (&world, 1);
      announce (&world.end[0]);
      announce (&world.end[1]);
      run (&world, 1000 * MS);
      world.cut[!deaf] = TRUE;
      announce (&world.end[0]);
      announce (&world.end[1]);
      run (&world, 11000 * MS);
      g_assert_false (link_channel_is_up (world.end[0].channel));
      g_assert_false (link_channel_is_up (world.end[1].channel));
      announce (&world.end[1]);
      world.cut[!deaf] = FALSE;
      run (&world, 2500 * MS);
      assert_in_step (&world);
      world_clear (&world);
    }
}

static void
goodbye (void)
{
  World world;

  world_init (&world, 8);
  start_end (&world, 0);
  start_end (&world, 1);
  announce (&world.end[1]);
  run (&world, 500 * MS);
  link_channel_goodbye (world.end[1].channel, world.now);
  stop_end (&world, 1);
  run (&world, 10 * MS);
  g_assert_cmpuint (world.end[0].downs, ==, 1);
  g_assert_cmpuint (world.end[0].told->len, ==, 0);
  world_clear (&world);
}

/* At a round trip of 10 ms the first repetition comes after 20 ms and a turn of the wheel, so
 * one lost message is there within 40 ms. */
static void
lost_once (void)
{
  World world;

  world_init (&world, 9);
  start_end (&world, 0);
  start_end (&world, 1);
  run (&world, 2507 * MS);
  world.drop_next = 1;
  announce (&world.end[0]);
  run (&world, 19 * MS);
  g_assert_cmpuint (world.end[1].told->len, ==, 0);
  run (&world, 21 * MS);
  g_assert_cmpuint (world.end[1].told->len, ==, 1);
  g_assert_cmpuint (link_channel_get_stats (world.end[0].channel)->repeated, ==, 1);
  world_clear (&world);
}

/* A path slower than the first repetition must not be flooded for ever. */
static void
slow_path (void)
{
  World world;

  world_init (&world, 10);
  world.delay = 150 * MS;
  start_end (&world, 0);
  start_end (&world, 1);
  run (&world, 4000 * MS);
  g_assert_cmpint (link_channel_get_rtt (world.end[0].channel), >=, 300 * MS);
  g_assert_cmpint (link_channel_get_rtt (world.end[0].channel), <, 320 * MS);
  for (guint i = 0; i < 10; i++)
    {
      announce (&world.end[0]);
      run (&world, 500 * MS);
    }
  g_assert_cmpuint (link_channel_get_stats (world.end[0].channel)->repeated, ==, 0);
  assert_in_step (&world);
  world_clear (&world);
}

/* Late datagrams of an incarnation that another one followed are ignored. */
static void
ghosts (void)
{
  World world;
  g_autoptr (GPtrArray) old = g_ptr_array_new_with_free_func ((GDestroyNotify) g_byte_array_unref);

  world_init (&world, 11);
  start_end (&world, 0);
  start_end (&world, 1);
  announce (&world.end[1]);
  for (guint i = 0; i < 100; i++)
    {
      for (GList *l = world.pipe.head; l; l = l->next)
        if (((Datagram *) l->data)->to == 0)
          g_ptr_array_add (old, g_byte_array_ref (((Datagram *) l->data)->bytes));
      run (&world, MS);
    }
  stop_end (&world, 1);
  start_end (&world, 1);
  run (&world, 500 * MS);
  assert_in_step (&world);
  g_assert_cmpuint (old->len, >, 2);
  for (guint i = 0; i < old->len; i++)
    {
      GByteArray *bytes = old->pdata[i];
      push (&world, 0, bytes->data, bytes->len);
    }
  run (&world, 500 * MS);
  assert_in_step (&world);
  g_assert_cmpuint (world.end[0].downs, ==, 1);
  g_assert_cmpuint (link_channel_get_stats (world.end[0].channel)->stale, >=, old->len);
  world_clear (&world);
}

/* Nobody there: nothing piles up, and one HELLO a second goes out. */
static void
nobody (void)
{
  World world;

  world_init (&world, 12);
  start_end (&world, 0);
  for (guint i = 0; i < 1000; i++)
    announce (&world.end[0]);
  run (&world, 20000 * MS);
  g_assert_cmpuint (link_channel_get_pending (world.end[0].channel), ==, 0);
  g_assert_cmpuint (world.n_sent, <=, 21);
  world_clear (&world);
}

/* More messages than may wait: begin anew, and lose none of the state. */
static void
overflow (void)
{
  World world;

  world_init (&world, 13);
  start_end (&world, 0);
  start_end (&world, 1);
  run (&world, 500 * MS);
  for (guint i = 0; i <= LINK_MAX_QUEUE; i++)
    say (&world.end[0], "noise");
  announce (&world.end[0]);
  run (&world, 1500 * MS);
  g_assert_cmpuint (world.end[0].downs, ==, 1);
  assert_in_step (&world);
  world_clear (&world);
}

/* Frames from nobody we know, with acknowledgements of what was never sent. */
static void
lies (void)
{
  World world;

  world_init (&world, 14);
  start_end (&world, 0);
  start_end (&world, 1);
  run (&world, 500 * MS);
  world.cut[0] = TRUE;
  announce (&world.end[0]);
  const LinkFrame frame = { .epoch = world.end[1].epoch,
                            .peer_epoch = world.end[0].epoch,
                            .ack = 0x7fffffff,
                            .stamp = 1,
                            .echo = 0xdeadbeef,
                            .held = 5 };
  link_channel_receive (world.end[0].channel, &frame, world.now);
  g_assert_cmpuint (link_channel_get_pending (world.end[0].channel), ==, 1);
  world.cut[0] = FALSE;
  run (&world, 500 * MS);
  assert_in_step (&world);
  world_clear (&world);
}

static void
disturb (World *world)
{
  guint i = g_rand_int_range (world->random, 0, 2);

  switch (g_rand_int_range (world->random, 0, 8))
    {
    case 0:
      stop_end (world, i);
      run (world, g_rand_int_range (world->random, 1, 7000) * MS);
      start_end (world, i);
      break;
    case 1:
      stop_end (world, 0);
      stop_end (world, 1);
      start_end (world, i);
      run (world, g_rand_int_range (world->random, 1, 2000) * MS);
      start_end (world, !i);
      break;
    case 2:
      world->cut[i] = TRUE;
      run (world, g_rand_int_range (world->random, 1, 7000) * MS);
      world->cut[i] = FALSE;
      break;
    default:
      for (guint n = g_rand_int_range (world->random, 1, 60); n > 0; n--)
        announce (&world->end[i]);
      run (world, g_rand_int_range (world->random, 1, 300) * MS);
    }
}

static void
scenario (guint32 seed)
{
  World world;

  world_init (&world, seed);
  world.loss = 0.2;
  world.twice = 0.1;
  world.delay = g_rand_int_range (world.random, 0, 60) * MS;
  world.jitter = g_rand_int_range (world.random, 1, 80) * MS;
  start_end (&world, 0);
  run (&world, g_rand_int_range (world.random, 1, 1500) * MS);
  start_end (&world, 1);
  for (guint step = 0; step < 5; step++)
    disturb (&world);
  run (&world, 10000 * MS);
  if (!knows_all (&world.end[0], &world.end[1]) || !knows_all (&world.end[1], &world.end[0]))
    g_error ("not in step after 10 s with seed %u", seed);
  world_clear (&world);
}

static void
thousand_scenarios (void)
{
  for (guint32 seed = 1; seed <= 1000; seed++)
    scenario (seed);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/link-channel/lies", lies);
  g_test_add_func ("/link-channel/ghosts", ghosts);
  g_test_add_func ("/link-channel/nobody", nobody);
  g_test_add_func ("/link-channel/overflow", overflow);
  g_test_add_func ("/link-channel/either-first", either_first);
  g_test_add_func ("/link-channel/both-at-once", both_at_once);
  g_test_add_func ("/link-channel/restart", restart);
  g_test_add_func ("/link-channel/silence", silence);
  g_test_add_func ("/link-channel/half-cut", half_cut);
  g_test_add_func ("/link-channel/goodbye", goodbye);
  g_test_add_func ("/link-channel/lost-once", lost_once);
  g_test_add_func ("/link-channel/slow-path", slow_path);
  g_test_add_func ("/link-channel/thousand-scenarios", thousand_scenarios);
  return g_test_run ();
}
