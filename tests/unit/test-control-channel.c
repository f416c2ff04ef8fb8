/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A control channel over a path that loses, doubles and reorders, with a clock moved by hand: each
 * message once and in order, in step again after every disturbance, and nothing without bounds.
 */
#include <reflector/control.h>
#include <string.h>

#define MS G_TIME_SPAN_MILLISECOND
#define SECOND G_TIME_SPAN_SECOND

typedef struct _World World;

/* @got: numbers, in the order they came; @undo: what to do in a callback */
typedef struct {
  World *world;
  guint index;
  RflControlChannel *channel;
  gint64 wake;
  GArray *got;
  guint ups, downs, next;
  enum {
    NOTHING,
    FREE_IN_DELIVER,
    CLOSE_IN_DELIVER,
    FREE_IN_CHANGED,
    ANSWER
  } undo;
} End;

typedef struct {
  gint64 due;
  guint to;
  GBytes *bytes;
} Datagram;

struct _World {
  GRand *random;
  gint64 now;
  double loss, twice;
  gint64 delay, jitter;
  gboolean cut;
  guint n_sent;
  GQueue pipe;
  End end[2];
};

static void
datagram_free (gpointer data)
{
  Datagram *d = data;

  g_bytes_unref (d->bytes);
  g_free (d);
}

static void
push (World *world, guint to, const guint8 *data, gsize len)
{
  Datagram *d = g_new0 (Datagram, 1);

  d->due = world->now + world->delay
           + (world->jitter ? g_rand_int_range (world->random, 0, (gint32) world->jitter) : 0);
  d->to = to;
  d->bytes = g_bytes_new (data, len);
  g_queue_push_tail (&world->pipe, d);
}

static void
transmit (const guint8 *data, gsize len, gpointer user_data)
{
  End *end = user_data;
  World *world = end->world;

  g_assert_cmpuint (len, <=, RFL_CONTROL_MAX_DATA);
  world->n_sent++;
  if (world->cut || g_rand_double (world->random) < world->loss)
    return;
  push (world, !end->index, data, len);
  if (g_rand_double (world->random) < world->twice)
    push (world, !end->index, data, len);
}

static gboolean
say_sized (End *end, gsize len)
{
  guint8 body[RFL_CONTROL_MAX_BODY] = { 0 };
  g_autoptr (GError) error = NULL;

  memcpy (body, &end->next, sizeof end->next);
  if (!rfl_control_channel_send (end->channel, "TEST", 1, body, len, &error))
    {
      g_assert_nonnull (error);
      return FALSE;
    }
  end->next++;
  end->wake = end->world->now;
  return TRUE;
}

static gboolean
say (End *end)
{
  return say_sized (end, sizeof (guint));
}

static void
deliver (const char *service, guint8 type, const guint8 *body, gsize len, gpointer user_data)
{
  End *end = user_data;
  guint number;

  g_assert_cmpstr (service, ==, "TEST");
  g_assert_cmpuint (type, ==, 1);
  g_assert_cmpuint (len, >=, sizeof number);
  memcpy (&number, body, sizeof number);
  g_array_append_val (end->got, number);
  if (end->undo == FREE_IN_DELIVER)
    g_clear_pointer (&end->channel, rfl_control_channel_free);
  else if (end->undo == CLOSE_IN_DELIVER)
    rfl_control_channel_close (end->channel);
  else if (end->undo == ANSWER)
    g_assert_true (say (end));
}

static void
changed (gboolean up, const char *why, gpointer user_data)
{
  End *end = user_data;

  g_assert_nonnull (why);
  if (up)
    end->ups++;
  else
    end->downs++;
  g_array_set_size (end->got, 0);
  if (end->undo == FREE_IN_CHANGED)
    g_clear_pointer (&end->channel, rfl_control_channel_free);
}

static const RflControlChannelOps ops = { transmit, deliver, changed };

static void
start (End *end, guint32 epoch, guint max_queue, guint max_rate)
{
  RflControlChannelConfig config = {
    .epoch = epoch, .active = end->index == 0, .max_queue = max_queue, .max_rate = max_rate
  };

  rfl_control_channel_free (end->channel);
  end->channel = rfl_control_channel_new (&config, &ops, end);
  end->wake = end->index == 0 ? end->world->now : G_MAXINT64;
  g_array_set_size (end->got, 0);
  end->next = 0;
}

/* The world's end 0 is the active one. */
static World *
world_new (guint max_queue, guint max_rate)
{
  World *world = g_new0 (World, 1);

  world->random = g_rand_new_with_seed (7);
  world->now = 1000 * SECOND;
  world->delay = 20 * MS;
  g_queue_init (&world->pipe);
  for (guint i = 0; i < 2; i++)
    {
      world->end[i].world = world;
      world->end[i].index = i;
      world->end[i].got = g_array_new (FALSE, FALSE, sizeof (guint));
      start (&world->end[i], 100 + i, max_queue, max_rate);
    }
  return world;
}

static void
world_free (World *world)
{
  for (guint i = 0; i < 2; i++)
    {
      rfl_control_channel_free (world->end[i].channel);
      g_array_unref (world->end[i].got);
    }
  g_queue_clear_full (&world->pipe, datagram_free);
  g_rand_free (world->random);
  g_free (world);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (World, world_free)

static void
poll_end (End *end)
{
  if (end->channel)
    end->wake = rfl_control_channel_poll (end->channel, end->world->now);
  else
    end->wake = G_MAXINT64;
}

static void
arrive (World *world)
{
  for (GList *l = world->pipe.head, *next; l; l = next)
    {
      Datagram *d = l->data;
      End *end = &world->end[d->to];
      gsize len;
      const guint8 *data = g_bytes_get_data (d->bytes, &len);

      next = l->next;
      if (d->due > world->now)
        continue;
      g_queue_delete_link (&world->pipe, l);
      if (end->channel)
        rfl_control_channel_receive (end->channel, data, len, world->now);
      poll_end (end);
      datagram_free (d);
      next = world->pipe.head;
    }
}

static void
run (World *world, gint64 span)
{
  for (gint64 until = world->now + span; world->now < until; world->now += MS)
    {
      arrive (world);
      for (guint i = 0; i < 2; i++)
        if (world->end[i].wake <= world->now)
          poll_end (&world->end[i]);
    }
}

static gboolean
is_up (const End *end)
{
  return rfl_control_channel_is_up (end->channel);
}

static void
assert_got (const End *end, guint n)
{
  g_assert_cmpuint (end->got->len, ==, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpuint (g_array_index (end->got, guint, i), ==, i);
}

static void
assert_refused (End *end, gsize len, int code)
{
  guint8 body[RFL_CONTROL_MAX_BODY + 1] = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_false (rfl_control_channel_send (end->channel, "TEST", 1, body, len, &error));
  g_assert_error (error, RFL_ERROR, code);
}

/* ---- */

static void
refusals (void)
{
  g_autoptr (World) world = world_new (3, 0);
  End *a = &world->end[0];

  assert_refused (a, 0, RFL_ERROR_UNAVAILABLE);
  run (world, SECOND);
  g_assert_true (is_up (a) && is_up (&world->end[1]));
  assert_refused (a, RFL_CONTROL_MAX_BODY + 1, RFL_ERROR_MALFORMED);
  for (guint i = 0; i < 3; i++)
    g_assert_true (say (a));
  assert_refused (a, 0, RFL_ERROR_LIMIT);
  g_assert_cmpuint (rfl_control_channel_get_pending (a->channel), ==, 3);
  run (world, SECOND);
  g_assert_cmpuint (rfl_control_channel_get_pending (a->channel), ==, 0);
  assert_got (&world->end[1], 3);
}

/* Octets of anybody change nothing, and what is not for this incarnation is answered by one datagram at most. */
static void
garbage (void)
{
  g_autoptr (World) world = world_new (0, 0);
  End *b = &world->end[1];
  guint8 junk[64];

  run (world, SECOND);
  for (guint i = 0; i < 2000; i++)
    {
      for (guint k = 0; k < sizeof junk; k++)
        junk[k] = (guint8) g_rand_int (world->random);
      junk[0] = (guint8) (i % 2);
      rfl_control_channel_receive (b->channel, junk, i % sizeof junk, world->now);
      guint before = world->n_sent;
      poll_end (b);
      g_assert_cmpuint (world->n_sent, <=, before + 1);
    }
  g_assert_cmpuint (b->downs, ==, 0);
  g_assert_cmpuint (rfl_control_channel_get_stats (b->channel)->malformed, >, 1000);
  say (&world->end[0]);
  run (world, SECOND);
  assert_got (b, 1);
}

/* An acknowledgement of what was never sent takes nothing away. */
static void
false_acks (void)
{
  g_autoptr (World) world = world_new (0, 0);
  End *a = &world->end[0], *b = &world->end[1];
  RflControlFrame frame = { .epoch = 101, .peer_epoch = 100, .ack = 1000 };
  g_autoptr (GByteArray) data = g_byte_array_new ();

  run (world, SECOND);
  world->cut = TRUE;
  say (a);
  rfl_control_begin (data, &frame);
  rfl_control_channel_receive (a->channel, data->data, data->len, world->now);
  g_assert_cmpuint (rfl_control_channel_get_pending (a->channel), ==, 1);
  poll_end (a);
  data->data[15] = 0xff;
  rfl_control_channel_receive (a->channel, data->data, data->len, world->now);
  g_assert_cmpuint (rfl_control_channel_get_pending (a->channel), ==, 1);
  world->cut = FALSE;
  run (world, SECOND);
  assert_got (b, 1);
  g_assert_cmpuint (rfl_control_channel_get_pending (a->channel), ==, 0);
}

/* The passive end says nothing before it is spoken to. */
static void
silence (void)
{
  g_autoptr (World) world = world_new (0, 0);

  world->end[0].wake = G_MAXINT64;
  poll_end (&world->end[1]);
  g_assert_cmpint (world->end[1].wake, ==, G_MAXINT64);
  run (world, 60 * SECOND);
  g_assert_cmpuint (world->n_sent, ==, 0);
}

/* Nobody answers: it asks for ever, but ever more seldom. */
static void
unanswered (void)
{
  g_autoptr (World) world = world_new (0, 0);

  world->cut = TRUE;
  run (world, 100 * SECOND);
  g_assert_cmpuint (world->n_sent, >=, 20);
  g_assert_cmpuint (world->n_sent, <=, 40);
  world->cut = FALSE;
  run (world, 5 * SECOND);
  g_assert_true (is_up (&world->end[0]) && is_up (&world->end[1]));
}

static void
lossy (gconstpointer data)
{
  double loss = *(const double *) data;
  g_autoptr (World) world = world_new (0, 0);
  End *a = &world->end[0], *b = &world->end[1];

  world->loss = loss;
  world->twice = loss / 2;
  world->jitter = 60 * MS;
  run (world, 20 * SECOND);
  g_assert_true (is_up (a) && is_up (b));
  for (guint i = 0; i < 200; i++)
    {
      g_assert_true (say_sized (a, 40 + i));
      g_assert_true (say_sized (b, 800));
    }
  run (world, 120 * SECOND);
  assert_got (a, 200);
  assert_got (b, 200);
  g_assert_cmpuint (a->downs + b->downs, ==, 0);
  g_assert_cmpuint (rfl_control_channel_get_pending (a->channel), ==, 0);
}

/* One datagram is lost of many: what is behind it is not sent again. */
static void
sparing (void)
{
  g_autoptr (World) world = world_new (0, 0);
  End *a = &world->end[0];

  run (world, SECOND);
  world->cut = TRUE;
  say_sized (a, 900);
  poll_end (a);
  world->cut = FALSE;
  for (guint i = 1; i < 20; i++)
    say_sized (a, 900);
  run (world, 2 * SECOND);
  assert_got (&world->end[1], 20);
  g_assert_cmpuint (rfl_control_channel_get_stats (a->channel)->repeated, <=, 2);
}

/* Small messages share datagrams; when there is nothing to say an idle channel costs next to nothing. */
static void
frugal (void)
{
  g_autoptr (World) world = world_new (0, 0);

  run (world, SECOND);
  world->n_sent = 0;
  for (guint i = 0; i < 30; i++)
    say (&world->end[0]);
  run (world, SECOND);
  assert_got (&world->end[1], 30);
  g_assert_cmpuint (world->n_sent, <=, 2);
  world->n_sent = 0;
  run (world, 100 * SECOND);
  g_assert_cmpuint (world->n_sent, >=, 18);
  g_assert_cmpuint (world->n_sent, <=, 22);
}

static void
limited (void)
{
  g_autoptr (World) world = world_new (0, 10);
  End *a = &world->end[0], *b = &world->end[1];

  run (world, SECOND);
  for (guint i = 0; i < 60; i++)
    say (a);
  run (world, SECOND);
  g_assert_cmpuint (b->got->len, >=, 10);
  g_assert_cmpuint (b->got->len, <=, 21);
  g_assert_cmpuint (rfl_control_channel_get_stats (b->channel)->limited, >, 0);
  run (world, 30 * SECOND);
  assert_got (b, 60);
  g_assert_cmpuint (a->downs + b->downs, ==, 0);
}

/* ---- incarnations ---- */

static void
restart (gconstpointer data)
{
  guint who = GPOINTER_TO_UINT (data);
  g_autoptr (World) world = world_new (0, 0);
  End *gone = &world->end[who], *other = &world->end[!who];

  run (world, SECOND);
  for (guint i = 0; i < 5; i++)
    say (other);
  world->jitter = 500 * MS; /* some are still on their way afterwards */
  say (gone);
  poll_end (gone);
  start (gone, 500, 0, 0);
  run (world, 15 * SECOND);
  g_assert_true (is_up (gone) && is_up (other));
  g_assert_cmpuint (other->ups, ==, 2);
  g_assert_cmpuint (other->downs, ==, 1);
  g_array_set_size (gone->got, 0);
  g_array_set_size (other->got, 0);
  other->next = gone->next = 0;
  say (other);
  say (gone);
  run (world, 3 * SECOND);
  assert_got (gone, 1);
  assert_got (other, 1);
}

/* A datagram of a former incarnation that knew us does not bring it back. */
static void
late (void)
{
  g_autoptr (World) world = world_new (0, 0);
  End *b = &world->end[1];
  RflControlFrame frame = { .flags = RFL_CONTROL_FLAG_REPLY, .epoch = 100, .peer_epoch = 101 };
  g_autoptr (GByteArray) data = g_byte_array_new ();

  run (world, SECOND);
  start (&world->end[0], 500, 0, 0);
  run (world, SECOND);
  g_assert_cmpuint (b->ups, ==, 2);
  rfl_control_begin (data, &frame);
  rfl_control_channel_receive (b->channel, data->data, data->len, world->now);
  poll_end (b);
  g_assert_cmpuint (b->ups, ==, 2);
  say (b);
  run (world, SECOND);
  assert_got (&world->end[0], 1);
}

/* Who does not answer for long is given up, and both begin anew when it comes back. */
static void
cut_off (void)
{
  g_autoptr (World) world = world_new (0, 0);
  End *a = &world->end[0], *b = &world->end[1];

  run (world, SECOND);
  world->cut = TRUE;
  say (b);
  run (world, 29 * SECOND);
  g_assert_true (is_up (a) && is_up (b));
  run (world, 20 * SECOND);
  g_assert_false (is_up (b));
  g_assert_false (is_up (a));
  assert_refused (b, 0, RFL_ERROR_UNAVAILABLE);
  world->cut = FALSE;
  run (world, 10 * SECOND);
  g_assert_true (is_up (a) && is_up (b));
  a->next = b->next = 0;
  say (a);
  say (b);
  run (world, SECOND);
  assert_got (a, 1);
  assert_got (b, 1);
}

static void
closed (void)
{
  g_autoptr (World) world = world_new (0, 0);
  End *a = &world->end[0], *b = &world->end[1];

  run (world, SECOND);
  rfl_control_channel_close (b->channel);
  g_clear_pointer (&b->channel, rfl_control_channel_free);
  run (world, 5 * SECOND);
  g_assert_cmpuint (a->downs, ==, 1);
  g_assert_false (is_up (a));
  start (b, 600, 0, 0);
  run (world, 15 * SECOND);
  g_assert_true (is_up (a) && is_up (b));
}

/* Callbacks may end the channel. */
static void
in_callbacks (void)
{
  g_autoptr (World) world = world_new (0, 0);
  End *a = &world->end[0], *b = &world->end[1];

  b->undo = FREE_IN_CHANGED;
  run (world, SECOND);
  g_assert_null (b->channel);
  b->undo = FREE_IN_DELIVER;
  start (b, 601, 0, 0);
  run (world, 15 * SECOND);
  for (guint i = 0; i < 3; i++)
    say (a);
  run (world, SECOND);
  g_assert_null (b->channel);
  g_assert_cmpuint (b->got->len, ==, 1);
  b->undo = CLOSE_IN_DELIVER;
  start (b, 602, 0, 0);
  run (world, 60 * SECOND);
  for (guint i = 0; i < 3; i++)
    say (a);
  run (world, SECOND);
  g_assert_cmpuint (b->got->len, ==, 1);
  g_assert_false (is_up (a));
}

static void
answers (void)
{
  g_autoptr (World) world = world_new (0, 0);

  run (world, SECOND);
  world->end[1].undo = ANSWER;
  for (guint i = 0; i < 50; i++)
    say (&world->end[0]);
  run (world, SECOND);
  assert_got (&world->end[1], 50);
  assert_got (&world->end[0], 50);
}

int
main (int argc, char **argv)
{
  static const double loss[] = { 0, 0.05, 0.3 };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/control-channel/refusals", refusals);
  g_test_add_func ("/control-channel/garbage", garbage);
  g_test_add_func ("/control-channel/false-acks", false_acks);
  g_test_add_func ("/control-channel/silence", silence);
  g_test_add_func ("/control-channel/unanswered", unanswered);
  g_test_add_data_func ("/control-channel/path/clean", &loss[0], lossy);
  g_test_add_data_func ("/control-channel/path/lossy", &loss[1], lossy);
  g_test_add_data_func ("/control-channel/path/bad", &loss[2], lossy);
  g_test_add_func ("/control-channel/sparing", sparing);
  g_test_add_func ("/control-channel/frugal", frugal);
  g_test_add_func ("/control-channel/limited", limited);
  g_test_add_data_func ("/control-channel/restart/participant", GUINT_TO_POINTER (0), restart);
  g_test_add_data_func ("/control-channel/restart/reflector", GUINT_TO_POINTER (1), restart);
  g_test_add_func ("/control-channel/late", late);
  g_test_add_func ("/control-channel/cut-off", cut_off);
  g_test_add_func ("/control-channel/closed", closed);
  g_test_add_func ("/control-channel/in-callbacks", in_callbacks);
  g_test_add_func ("/control-channel/answers", answers);
  return g_test_run ();
}
