/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feeds as they run: a thread that makes frames, workers that send them over loopback, and a main thread that
 * meanwhile changes legs, blocks media, taps the route and takes other feeds away. Legs that stay get every frame
 * exactly once and in order. Meant for ThreadSanitizer as well.
 */
#include "core/core-private.h"
#include <poll.h>
#include <reflector/rtp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST "127.86.9.1"
#define PORT 45670
#define N_STAY 4
#define N_FILLERS 40
#define N_ROUNDS 60
#define BURST 5 /* frames in a round */

typedef struct {
  RflCore *core;
  RflPort *port;
  RflParticipant *stays, *changes;
  RflRoute *route;
  RflFeed *feed;
  RflFeeder *feeder;
  int receiver[N_STAY];
  guint got[N_STAY];
  guint16 seq[N_STAY];
  GPtrArray *legs, *fillers;
  gint wanted, pushed; /* atomic: frames */
  gint stop;           /* atomic */
  RflFlow *flow;
  RflSource *source;
  int sender;
  gint tapped; /* atomic */
} World;

static void
on_joined (RflParticipant *participant, const GError *error, gpointer user_data)
{
  g_assert_no_error (error);
}

static RflParticipant *
join (World *w, const char *name)
{
  RflParticipantSpec spec = { .identity = name };
  GPtrArray *offers = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_medium_desc_free);
  RflParticipant *participant = rfl_participant_new (w->core, &spec);

  g_ptr_array_add (offers, rfl_medium_desc_new ("audio"));
  ((RflMediumDesc *) offers->pdata[0])->accepted = TRUE;
  rfl_participant_join (participant, "room", offers, on_joined, NULL);
  return participant;
}

static int
open_socket (RflAddress *address)
{
  struct sockaddr_storage sa;
  socklen_t len;
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

  rfl_address_parse (address, "127.86.9.2", 0);
  len = rfl_address_to_sockaddr (address, &sa);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &sa, len), ==, 0);
  g_assert_cmpint (getsockname (fd, (struct sockaddr *) &sa, &len), ==, 0);
  rfl_address_from_sockaddr (address, (struct sockaddr *) &sa, len);
  return fd;
}

static RflLeg *
make_leg (World *w, RflFeed *feed, RflMedium *owner, const RflAddress *remote)
{
  RflLegSpec spec = { .route = w->route,
                      .owner = owner,
                      .port = w->port,
                      .remote = *remote,
                      .mode = RFL_LEG_MIX,
                      .feed = feed };

  memset (spec.pt, RFL_PT_NONE, sizeof spec.pt);
  spec.pt[0] = 0;
  return rfl_leg_new (&spec);
}

/* ---- the mixer's thread ---- */

static gpointer
make_frames (gpointer data)
{
  World *w = data;
  guint8 payload[160] = { 0 };
  const RflMedium *only = w->changes->media->pdata[0];
  RflFrame frame = { .feed = w->feed, .payload = payload, .len = sizeof payload };
  RflFrame own = frame;

  own.only = only;
  own.past_block = TRUE;
  while (!g_atomic_int_get (&w->stop))
    {
      if (g_atomic_int_get (&w->pushed) == g_atomic_int_get (&w->wanted))
        {
          g_usleep (100);
          continue;
        }
      frame.timestamp = own.timestamp = frame.timestamp + 160;
      memcpy (payload, &frame.timestamp, 4);
      g_assert_true (rfl_feeder_push (w->feeder, &frame));
      rfl_feeder_push (w->feeder, &own);
      rfl_feeder_flush (w->feeder);
      g_atomic_int_inc (&w->pushed);
    }
  return NULL;
}

/* ---- the main thread ---- */

static void
tap (RflPacket *packets, guint n, guint worker, gpointer context)
{
  g_atomic_int_add ((gint *) context, n);
}

static void
egress (RflPacket *packets, guint n, guint worker, gpointer context)
{
}

static void
make_source (World *w)
{
  RflAddress address;
  RflPtMap map = { { 0 } };
  RflSourceSpec spec = {
    .route = w->route, .owner = w->stays->media->pdata[0], .wire_ssrc = 1, .ssrc = 1, .map = &map
  };

  w->sender = open_socket (&address);
  w->flow = rfl_flow_new (w->port, &address, NULL);
  spec.flow = w->flow;
  w->source = rfl_source_new (&spec);
}

static World *
world_new (void)
{
  static const char *const addresses[] = { HOST, NULL };
  World *w = g_new0 (World, 1);
  RflCoreOptions options = { .n_workers = 3 };
  RflPortSpec spec = { .name = "test", .port = PORT, .addresses = addresses };
  g_autoptr (GError) error = NULL;
  GPtrArray *formats = g_ptr_array_new ();
  RflAddress address;

  w->core = rfl_core_new (&options);
  g_assert_true (rfl_core_start (w->core, NULL));
  w->port = rfl_port_open (rfl_core_get_path (w->core), &spec, &error);
  g_assert_no_error (error);
  w->stays = join (w, "stays");
  w->changes = join (w, "changes");
  w->route = rfl_session_get_route (w->stays->session, "audio");
  g_ptr_array_add (formats, rfl_format_new (0, "PCMU", 8000, 1, NULL));
  rfl_route_set_formats (w->route, formats);
  w->feed = rfl_feed_new (w->route, 8000);
  w->feeder = rfl_feeder_new (rfl_core_get_path (w->core), 4 * BURST);
  w->legs = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_leg_free);
  w->fillers = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_leg_free);
  for (guint i = 0; i < N_STAY; i++)
    {
      w->receiver[i] = open_socket (&address);
      g_ptr_array_add (w->legs, make_leg (w, w->feed, w->stays->media->pdata[0], &address));
    }
  make_source (w);
  return w;
}

static void
world_free (World *w)
{
  g_ptr_array_unref (w->legs);
  g_ptr_array_unref (w->fillers);
  rfl_source_free (w->source);
  rfl_flow_free (w->flow);
  rfl_feed_free (w->feed);
  rfl_feeder_free (w->feeder);
  rfl_port_close (w->port);
  rfl_participant_unref (w->stays);
  rfl_participant_unref (w->changes);
  rfl_core_free (w->core);
  for (guint i = 0; i < N_STAY; i++)
    close (w->receiver[i]);
  close (w->sender);
  g_free (w);
}

static void
change_filler (World *w, guint at, guint how)
{
  RflLeg **leg = (RflLeg **) &w->fillers->pdata[at];
  RflMedium *owner = w->changes->media->pdata[0];
  guint8 pt[RFL_ROUTE_MAX_FORMATS] = { 8 };
  RflAddress address = { 0 };

  rfl_address_parse (&address, "127.86.9.3", 9);
  switch (how % 5)
    {
    case 0:
      rfl_leg_free (*leg);
      *leg = make_leg (w, w->feed, owner, &address);
      break;
    case 1:
      rfl_leg_set_pt (*leg, pt);
      break;
    case 2:
      rfl_leg_set_active (*leg, how % 2);
      break;
    case 3:
      rfl_leg_set_remote (*leg, NULL, &address);
      break;
    default:
      rfl_leg_add_stage (*leg, egress, NULL);
    }
}

/* Another feed, another feeder, a tap and a mute, for one round. */
static void
come_and_go (World *w, guint round)
{
  RflAddress address = { 0 };
  RflMedium *medium = w->changes->media->pdata[0];
  RflFrame frame = { .payload = (const guint8 *) "x", .len = 1 };
  RflFeed *feed = rfl_feed_new (w->route, 48000);
  RflFeeder *feeder = rfl_feeder_new (rfl_core_get_path (w->core), 2);
  guint id = rfl_route_add_tap (w->route, tap, &w->tapped);
  RflRtp rtp = { .ssrc = 1, .seq = round };
  guint8 packet[20];
  struct sockaddr_storage sa;
  RflLeg *leg;

  rfl_address_parse (&address, "127.86.9.3", 9);
  leg = make_leg (w, feed, medium, &address);
  frame.feed = feed;
  for (guint i = 0; i < 3; i++)
    rfl_feeder_push (feeder, &frame);
  rfl_feeder_flush (feeder);
  rfl_medium_set_blocked (medium, round % 4);
  rfl_medium_set_blocked (w->stays->media->pdata[0],
                          round % 2 ? RFL_DIRECTION_SEND : RFL_DIRECTION_NONE);
  rfl_address_parse (&address, HOST, PORT);
  rfl_rtp_write (&rtp, packet, sizeof packet);
  sendto (w->sender, packet, 12, 0, (struct sockaddr *) &sa,
          rfl_address_to_sockaddr (&address, &sa));
  rfl_leg_free (leg);
  rfl_feed_free (feed);
  rfl_feeder_free (feeder);
  rfl_route_remove_tap (w->route, id);
}

static void
churn (World *w, guint round)
{
  while (w->fillers->len < N_FILLERS)
    {
      RflAddress address = { 0 };
      rfl_address_parse (&address, "127.86.9.3", 9);
      g_ptr_array_add (w->fillers, make_leg (w, w->feed, w->changes->media->pdata[0], &address));
    }
  for (guint i = 0; i < 10; i++)
    change_filler (w, (round * 10 + i) % N_FILLERS, round + i);
  come_and_go (w, round);
}

static void
read_receiver (World *w, guint i)
{
  guint8 data[2048];
  ssize_t len;

  while ((len = recv (w->receiver[i], data, sizeof data, 0)) > 0)
    {
      guint32 expected = ++w->got[i] * 160, said;
      RflRtp rtp;

      g_assert_true (rfl_rtp_parse (&rtp, data, len));
      memcpy (&said, rtp.payload, 4);
      g_assert_cmpuint (said, ==, expected);
      if (w->got[i] > 1)
        g_assert_cmpuint (rtp.seq, ==, (guint16) (w->seq[i] + 1));
      w->seq[i] = rtp.seq;
    }
}

static void
wait_for_all (World *w, guint n)
{
  gint64 deadline = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;
  guint done = 0;

  while (done < N_STAY)
    {
      struct pollfd fds[N_STAY];
      for (guint i = 0; i < N_STAY; i++)
        fds[i] = (struct pollfd){ .fd = w->receiver[i], .events = POLLIN };
      while (g_main_context_iteration (NULL, FALSE))
        ;
      poll (fds, N_STAY, 2);
      done = 0;
      for (guint i = 0; i < N_STAY; i++)
        {
          read_receiver (w, i);
          done += w->got[i] == n;
        }
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    }
}

/* The kernel may have delivered what a worker has not counted yet. */
static void
wait_for_stats (const RflLeg *leg)
{
  gint64 deadline = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;
  RflLegStats stats;

  do
    {
      rfl_leg_get_stats (leg, &stats);
      g_assert_cmpuint (stats.packets, <=, N_ROUNDS * BURST);
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_thread_yield ();
    }
  while (stats.packets < N_ROUNDS * BURST || stats.octets < N_ROUNDS * BURST * 160);
  g_assert_cmpuint (stats.octets, ==, N_ROUNDS * BURST * 160);
}

static void
test_churn (void)
{
  World *w = world_new ();
  GThread *thread = g_thread_new ("frames", make_frames, w);

  for (guint round = 1; round <= N_ROUNDS; round++)
    {
      g_atomic_int_set (&w->wanted, round * BURST);
      churn (w, round);
      wait_for_all (w, round * BURST);
    }
  g_atomic_int_set (&w->stop, TRUE);
  g_thread_join (thread);
  for (guint i = 0; i < N_STAY; i++)
    wait_for_stats (w->legs->pdata[i]);
  world_free (w);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/path/feed-threads/churn", test_churn);
  return g_test_run ();
}
