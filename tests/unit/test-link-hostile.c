/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Somebody speaks with the peer's address: datagrams forged or changed on their way. The link, its
 * sessions and their packets have to be right again soon. What is told wrongly in proper
 * messages is in test-link-digest.c.
 */
#include "tests/unit/link-fixture.h"
#include <string.h>

#define SECONDS G_TIME_SPAN_SECOND

static World *
conference (Person **p)
{
  World *world = world_new (2);

  for (guint i = 0; i < 4; i++)
    p[i] = person_join (&world->sites[i % 2], i < 2 ? "room" : "other", "audio");
  world_settle (world);
  for (guint i = 0; i < 4; i++)
    person_talk (p[i], 100 + i, 2);
  world_settle (world);
  return world;
}

static void
assert_same (World *world)
{
  g_assert_cmpuint (world_compare (world, 0, 1), ==, 0);
  g_assert_cmpuint (world_compare (world, 1, 0), ==, 0);
}

static void
assert_well (World *world, Person **p)
{
  assert_same (world);
  for (guint i = 0; i < 4; i++)
    {
      person_forget (p[i ^ 1]);
      person_talk (p[i], 100 + i, 5);
      g_assert_cmpuint (person_heard_once (p[i ^ 1], 100 + i), ==, 5);
    }
}

/* ---- forged from nothing ---- */

static void
inject (World *world, guint16 port, gconstpointer data, gsize len)
{
  const RflAddress to = site_relay (0, port), from = site_relay (1, port);

  g_assert_true (test_network_inject_from (world->net, &to, &from, data, len));
  world_run (world, 0);
}

/* What site 1 would write on a frame to site 0. */
static LinkFrame
envelope (World *world)
{
  return (LinkFrame){
    .kind = LINK_FRAME_MESSAGES,
    .epoch = link_channel_get_peer_epoch (site_peer (&world->sites[0], 1)->channel),
    .peer_epoch = link_channel_get_peer_epoch (site_peer (&world->sites[1], 0)->channel),
    .stamp = (guint32) world->now,
  };
}

static void
forge (World *world, LinkFrame *frame, const GByteArray *items)
{
  const LinkSender sender = { 7, "forger" };

  frame->items = items ? items->data : NULL;
  frame->items_len = items ? items->len : 0;
  g_autoptr (GByteArray) datagram = link_frame_encode (frame, &sender);
  inject (world, 5565, datagram->data, datagram->len);
}

static void
add_item (GByteArray *items, guint32 seq, guint8 type, const char *text)
{
  g_autoptr (LinkMessage) message = link_message_new (type);

  message->reflector = type == LINK_HELLO ? g_strdup (text) : NULL;
  message->session = type >= LINK_FIRST_SEQUENCED ? g_strdup ("room") : NULL;
  message->participant = type >= LINK_FIRST_SEQUENCED ? g_strdup (text) : NULL;
  message->identity = type == LINK_JOIN ? g_strdup ("sip:forged@example.org") : NULL;
  g_autoptr (GByteArray) body = link_message_encode (message);
  link_item_write (items, &(LinkItem){ seq, type, body->data, body->len });
}

static guint32
last_received (World *world)
{
  return link_channel_get_stats (site_peer (&world->sites[0], 1)->channel)->received;
}

/* Messages that the peer has never sent, in order, so that its own ones look like doubles: a few, and
 * more than it may have on their way. */
static void
sequence_ahead (void)
{
  static const guint counts[] = { 1, 10, 64, 200, 2000 };

  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      Person *p[4];
      World *world = conference (p);
      guint32 seq = last_received (world);

      for (guint k = 0; k < counts[i]; k++)
        {
          g_autoptr (GByteArray) items = g_byte_array_new ();
          g_autofree char *name = g_strdup_printf ("ghost-%u", k);
          LinkFrame frame = envelope (world);
          frame.ack = link_channel_get_stats (site_peer (&world->sites[0], 1)->channel)->sent;
          add_item (items, ++seq, LINK_JOIN, name);
          forge (world, &frame, items);
        }
      g_assert_true (site_knows (&world->sites[0], "ghost-0"));
      world_run (world, 10 * SECONDS);
      g_assert_false (site_knows (&world->sites[0], "ghost-0"));
      assert_well (world, p);
      world_free (world);
    }
}

static gboolean
lose_messages (World *world, const TestDatagram *d)
{
  return d->to.port != 5565;
}

/* Somebody acknowledges what has been lost: it will not be repeated. */
static void
acknowledged_ahead (void)
{
  Person *p[4];
  World *world = conference (p);
  LinkPeer *peer = site_peer (&world->sites[0], 1);

  world->filter = lose_messages;
  Person *unheard = person_join (&world->sites[0], "room", "audio");
  world_run (world, 100 * MS);
  g_assert_cmpuint (link_channel_get_pending (peer->channel), >, 0);
  LinkFrame frame = envelope (world);
  frame.ack = link_channel_get_stats (peer->channel)->sent;
  forge (world, &frame, NULL);
  g_assert_cmpuint (link_channel_get_pending (peer->channel), ==, 0);
  world->filter = NULL;
  world_run (world, 10 * SECONDS);
  g_assert_true (site_knows (&world->sites[1], person_id (unheard)));
  assert_well (world, p);
  world_free (world);
}

static void
goodbye (void)
{
  Person *p[4];
  World *world = conference (p);
  g_autoptr (GByteArray) items = g_byte_array_new ();
  LinkFrame frame = envelope (world);

  add_item (items, 0, LINK_GOODBYE, NULL);
  forge (world, &frame, items);
  g_assert_cmpuint (world->sites[0].downs, ==, 1);
  world_run (world, 1 * SECONDS);
  assert_well (world, p);
  world_free (world);
}

/* Another incarnation says HELLO, and even knows what it was asked: it is believed, but the real
 * one is still there. */
static void
other_epoch (void)
{
  Person *p[4];
  World *world = conference (p);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GByteArray) items = g_byte_array_new ();
      LinkFrame frame = envelope (world);
      frame.epoch ^= 0xff00;
      frame.echo = i ? (guint32) world->now : 0;
      add_item (items, 0, LINK_HELLO, "forger");
      forge (world, &frame, items);
      world_run (world, 10 * MS);
    }
  g_assert_cmpuint (world->sites[0].downs, ==, 1);
  world_run (world, 5 * SECONDS);
  assert_well (world, p);
  world_free (world);
}

/* Whoever wrong a name was told at the start, the right one is learnt. */
static void
other_id (void)
{
  World *world = world_new_down (2);
  Person *p[2];

  site_start (&world->sites[0]);
  site_start (&world->sites[1]);
  while (world->sites[0].ups == 0)
    {
      g_autoptr (GByteArray) items = g_byte_array_new ();
      LinkFrame frame = envelope (world);
      const LinkChannel *there = site_peer (&world->sites[1], 0)->channel;
      frame.epoch = rfl_core_get_epoch (world->sites[1].core);
      frame.peer_epoch = rfl_core_get_epoch (world->sites[0].core);
      g_assert_false (link_channel_is_up (there));
      add_item (items, 0, LINK_HELLO, "forger");
      forge (world, &frame, items);
    }
  g_assert_cmpstr (link_channel_get_peer_id (site_peer (&world->sites[0], 1)->channel), ==,
                   "forger");
  for (guint i = 0; i < 2; i++)
    p[i] = person_join (&world->sites[i], "room", "audio");
  world_run (world, 6 * SECONDS);
  g_assert_cmpstr (link_channel_get_peer_id (site_peer (&world->sites[0], 1)->channel), ==,
                   rfl_core_get_id (world->sites[1].core));
  assert_same (world);
  person_talk (p[1], 9, 2);
  g_assert_cmpuint (person_heard_once (p[0], 9), ==, 2);
  world_free (world);
}

/* ---- real ones, changed ---- */

/* Keeps what site 1 sends to site 0. */
static gboolean
keep (World *world, const TestDatagram *d)
{
  const RflAddress from = site_relay (1, d->from.port);
  GPtrArray *kept = world->data;

  if (rfl_address_equal (&d->from, &from) && kept->len < 2000)
    g_ptr_array_add (kept, g_memdup2 (&(TestDatagram){ .from = d->from,
                                                       .data = g_memdup2 (d->data, d->len),
                                                       .len = d->len },
                                      sizeof *d));
  return TRUE;
}

static void
kept_free (gpointer data)
{
  g_free (((TestDatagram *) data)->data);
  g_free (data);
}

/* All kinds of datagrams that there are. */
static void
make_traffic (World *world, Person **p)
{
  guint8 data[200];
  RflRtcpWriter w;

  for (guint i = 0; i < 4; i++)
    {
      person_leave (person_join (&world->sites[1], "room", "audio video"));
      person_talk (p[i], 100 + i, 10);
      rfl_rtcp_writer_init (&w, data, sizeof data);
      rfl_rtcp_write_rr (&w, 100 + i, NULL, 0);
      rfl_rtcp_write_sdes (&w, 100 + i, "somebody@example.org");
      person_send_rtcp (p[i], &w);
      rfl_session_send_text (p[i]->participant->session, p[i]->participant, "hello", NULL);
    }
  world_run (world, 5 * SECONDS);
}

/* One to four octets changed, or the end cut off, or something behind it. */
static void
inject_changed (World *world)
{
  const GPtrArray *kept = world->data;
  const TestDatagram *d = kept->pdata[g_rand_int_range (world->random, 0, kept->len)];
  guint8 copy[1600] = { 0 };
  gsize len = d->len;

  memcpy (copy, d->data, d->len);
  for (guint n = g_rand_int_range (world->random, 1, 5); n > 0; n--)
    copy[g_rand_int_range (world->random, 0, len)] ^=
        g_rand_boolean (world->random) ? 1 << g_rand_int_range (world->random, 0, 8)
                                       : g_rand_int_range (world->random, 1, 256);
  if (g_rand_int_range (world->random, 0, 10) == 0)
    len = g_rand_int_range (world->random, 1, len + 40);
  inject (world, d->from.port, copy, len);
}

static void
attack (World *world, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      inject_changed (world);
      if (i % 8 == 7)
        world_run (world, 2 * MS);
    }
}

static void
changed (void)
{
  Person *p[4], *alone[2];
  World *world = conference (p);
  LinkPeer *peer = site_peer (&world->sites[0], 1);

  world->data = g_ptr_array_new_with_free_func (kept_free);
  for (guint i = 0; i < 2; i++)
    alone[i] = person_join (&world->sites[0], "here", "audio");
  world->filter = keep;
  make_traffic (world, p);
  world->filter = NULL;
  for (guint round = 0; round < 10; round++)
    {
      attack (world, 1000);
      person_forget (alone[1]);
      person_talk (alone[0], 77, 3);
      g_assert_cmpuint (person_heard_once (alone[1], 77), ==, 3);
      world_run (world, 9 * SECONDS);
      assert_well (world, p);
      g_assert_cmpuint (g_hash_table_size (peer->rooms), ==, 2);
      g_assert_cmpuint (g_hash_table_size (peer->remotes), ==, 2);
      g_assert_cmpuint (g_hash_table_size (peer->in), ==, 2);
      g_assert_cmpuint (g_hash_table_size (peer->waiting), <=, 256);
    }
  g_test_message ("the link went down %u times", world->sites[0].downs);
  g_assert_cmpuint (site_count (&world->sites[0], "interconnect.malformed"), >, 1000);
  g_ptr_array_unref (world->data);
  world_free (world);
}

/* ---- RTP ---- */

static gboolean
send_again (World *world, const TestDatagram *d)
{
  if (d->to.port == 5564)
    test_network_inject_from (world->net, &d->to, &d->from, d->data, d->len);
  return TRUE;
}

/* What the path doubles is heard once, and whatever number somebody else writes on a packet, those
 * that follow are heard. */
static void
doubled_packets (void)
{
  Person *p[4];
  World *world = conference (p);

  world->filter = send_again;
  assert_well (world, p);
  g_assert_cmpuint (site_count (&world->sites[0], "path.doubles"), >=, 10);
  world->filter = NULL;
  for (guint i = 0; i < 65536; i += 1311)
    {
      const RflRtp rtp = { .pt = 0, .seq = p[1]->seq + i, .ssrc = 101 };
      guint8 data[172] = { 0 };
      rfl_rtp_write (&rtp, data, sizeof data);
      inject (world, 5564, data, sizeof data);
      if (i % 3 == 0)
        person_talk (p[1], 101, 1);
    }
  world_run (world, 1 * SECONDS);
  assert_well (world, p);
  world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  world_set_log_writer ();
  g_test_add_func ("/link-hostile/sequence-ahead", sequence_ahead);
  g_test_add_func ("/link-hostile/acknowledged-ahead", acknowledged_ahead);
  g_test_add_func ("/link-hostile/goodbye", goodbye);
  g_test_add_func ("/link-hostile/other-epoch", other_epoch);
  g_test_add_func ("/link-hostile/other-id", other_id);
  g_test_add_func ("/link-hostile/changed", changed);
  g_test_add_func ("/link-hostile/doubled-packets", doubled_packets);
  return g_test_run ();
}
