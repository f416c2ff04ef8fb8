/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The path as it runs: threads, real sockets on loopback, and legs and sources that come and go
 * while packets flow. Those that stay get every packet exactly once and in order. Meant for
 * ThreadSanitizer as well.
 */
#include "core/core-private.h"
#include <errno.h>
#include <poll.h>
#include <reflector/rtp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST "127.86.7.1"
#define PORT 45660
#define N_SENDERS 4
#define N_BEFORE 3 /* receivers among the legs that everybody serves */
#define N_FILLERS 256
#define N_BEHIND 4                            /* receivers in the shards */
#define N_RECEIVERS (N_BEFORE + N_BEHIND + 1) /* the last one in mode one */
#define N_ROUNDS 100
#define BURST 5

typedef struct {
  RflCore *core;
  RflPath *path;
  RflPort *port;
  RflParticipant *participant[2];
  RflRoute *route;
  int sender[N_SENDERS], receiver[N_RECEIVERS], sink;
  RflFlow *flow[N_SENDERS];
  RflSource *source[N_SENDERS];
  GPtrArray *legs;
  guint next[N_RECEIVERS][N_SENDERS + 1];
  guint sent;
} World;

static int
open_socket (RflAddress *address)
{
  struct sockaddr_storage sa;
  socklen_t len;
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

  rfl_address_parse (address, "127.86.7.2", 0);
  len = rfl_address_to_sockaddr (address, &sa);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &sa, len), ==, 0);
  g_assert_cmpint (getsockname (fd, (struct sockaddr *) &sa, &len), ==, 0);
  rfl_address_from_sockaddr (address, (struct sockaddr *) &sa, len);
  return fd;
}

/* SSRC 1 to N_SENDERS are senders 0 to N_SENDERS - 1; the answer comes at once. */
static void
on_unknown (const RflArrival *arrival, gpointer user_data)
{
  World *w = user_data;
  guint i = arrival->ssrc - 1;
  RflPtMap map;
  RflSourceSpec spec = { .route = w->route,
                         .owner = w->participant[0]->media->pdata[0],
                         .wire_ssrc = arrival->ssrc,
                         .ssrc = arrival->ssrc,
                         .map = &map };

  if (arrival->ssrc > N_SENDERS)
    {
      rfl_port_discard (arrival->port, arrival->ticket);
      return;
    }
  g_assert_null (w->flow[i]);
  w->flow[i] = rfl_flow_new (arrival->port, &arrival->remote, NULL);
  memset (&map, RFL_PT_NONE, sizeof map);
  map.index[0] = 0;
  spec.flow = w->flow[i];
  w->source[i] = rfl_source_new (&spec);
  rfl_port_release (arrival->port, arrival->ticket);
}

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

static RflLeg *
make_leg (World *w, const RflAddress *remote, guint8 pt, RflLegMode mode)
{
  RflLegSpec spec = { .route = w->route,
                      .owner = w->participant[1]->media->pdata[0],
                      .port = w->port,
                      .remote = *remote,
                      .mode = mode };

  memset (spec.pt, RFL_PT_NONE, sizeof spec.pt);
  spec.pt[0] = pt;
  return rfl_leg_new (&spec);
}

static void
make_legs (World *w)
{
  RflAddress address;

  for (guint i = 0; i < N_BEFORE; i++)
    {
      w->receiver[i] = open_socket (&address);
      g_ptr_array_add (w->legs, make_leg (w, &address, i, RFL_LEG_ALL));
    }
  w->sink = open_socket (&address);
  for (guint i = 0; i < N_FILLERS; i++)
    g_ptr_array_add (w->legs, make_leg (w, &address, i % 5, RFL_LEG_ALL));
  for (guint i = N_BEFORE; i < N_RECEIVERS; i++)
    {
      w->receiver[i] = open_socket (&address);
      g_ptr_array_add (w->legs,
                       make_leg (w, &address, i, i == N_RECEIVERS - 1 ? RFL_LEG_ONE : RFL_LEG_ALL));
    }
}

static World *
world_new (void)
{
  static const char *const addresses[] = { HOST, NULL };
  World *w = g_new0 (World, 1);
  RflCoreOptions options = { .n_workers = 3 };
  RflPortSpec spec = {
    .name = "test", .port = PORT, .addresses = addresses, .unknown = on_unknown, .user_data = w
  };
  GPtrArray *formats = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  RflAddress address;

  w->core = rfl_core_new (&options);
  rfl_core_start (w->core, &error);
  g_assert_no_error (error);
  w->path = rfl_core_get_path (w->core);
  w->port = rfl_port_open (w->path, &spec, &error);
  g_assert_no_error (error);
  w->participant[0] = join (w, "talks");
  w->participant[1] = join (w, "listens");
  w->route = rfl_session_get_route (w->participant[0]->session, "audio");
  g_ptr_array_add (formats, rfl_format_new (0, "PCMU", 8000, 1, NULL));
  rfl_route_set_formats (w->route, formats);
  w->legs = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_leg_free);
  make_legs (w);
  for (guint i = 0; i < N_SENDERS; i++)
    w->sender[i] = open_socket (&address);
  return w;
}

static void
world_free (World *w)
{
  g_ptr_array_unref (w->legs);
  for (guint i = 0; i < N_SENDERS; i++)
    {
      rfl_source_free (w->source[i]);
      rfl_flow_free (w->flow[i]);
      close (w->sender[i]);
    }
  for (guint i = 0; i < N_RECEIVERS; i++)
    close (w->receiver[i]);
  close (w->sink);
  rfl_port_close (w->port);
  rfl_participant_unref (w->participant[0]);
  rfl_participant_unref (w->participant[1]);
  rfl_core_free (w->core);
  g_free (w);
}

static void
send_rtp (World *w, guint sender, guint32 ssrc, guint16 seq)
{
  RflRtp rtp = { .seq = seq, .ssrc = ssrc, .timestamp = seq * 160u };
  guint8 data[172] = { 0 };
  RflAddress to;
  struct sockaddr_storage sa;
  socklen_t len;

  rfl_address_parse (&to, HOST, PORT);
  len = rfl_address_to_sockaddr (&to, &sa);
  rfl_rtp_write (&rtp, data, sizeof data);
  g_assert_cmpint (sendto (w->sender[sender], data, sizeof data, 0, (struct sockaddr *) &sa, len),
                   ==, sizeof data);
}

/* Reads what a receiver got: each source's next packet, nothing else. */
static void
read_receiver (World *w, guint i)
{
  gboolean one = i == N_RECEIVERS - 1;
  guint8 data[2000];
  ssize_t len;

  while ((len = recv (w->receiver[i], data, sizeof data, 0)) > 0)
    {
      RflRtp rtp;
      guint *next;
      g_assert_true (rfl_rtp_parse (&rtp, data, len));
      g_assert_cmpuint (rtp.pt, ==, i);
      g_assert_cmpint (len, ==, 172);
      if (one)
        {
          next = &w->next[i][N_SENDERS];
          if (*next) /* its numbers start anywhere and go on */
            g_assert_cmpuint (rtp.seq, ==, (guint16) (w->next[i][0] + *next));
          else
            w->next[i][0] = rtp.seq;
          (*next)++;
          continue;
        }
      g_assert_cmpuint (rtp.ssrc - 1, <, N_SENDERS);
      next = &w->next[i][rtp.ssrc - 1];
      g_assert_cmpuint (rtp.seq, ==, *next);
      (*next)++;
    }
}

static gboolean
all_there (World *w)
{
  for (guint i = 0; i < N_RECEIVERS - 1; i++)
    for (guint s = 0; s < N_SENDERS; s++)
      if (w->next[i][s] < w->sent)
        return FALSE;
  return w->next[N_RECEIVERS - 1][N_SENDERS] > 0; /* whom it follows is a matter of time */
}

static void
wait_for_all (World *w)
{
  gint64 deadline = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;

  while (!all_there (w))
    {
      struct pollfd fds[N_RECEIVERS];
      for (guint i = 0; i < N_RECEIVERS; i++)
        fds[i] = (struct pollfd){ .fd = w->receiver[i], .events = POLLIN };
      while (g_main_context_iteration (NULL, FALSE))
        ;
      poll (fds, N_RECEIVERS, 2);
      for (guint i = 0; i < N_RECEIVERS; i++)
        read_receiver (w, i);
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    }
}

/* Fillers go and come, change their numbers, pause; the sources' maps are replaced. */
static void
churn (World *w, guint round)
{
  guint8 pt[RFL_ROUTE_MAX_FORMATS];
  RflAddress address = { 0 };
  RflPtMap map;

  memset (pt, RFL_PT_NONE, sizeof pt);
  rfl_address_parse (&address, "127.86.7.3", 9);
  for (guint i = 0; i < 20; i++)
    {
      guint at = N_BEFORE + (round * 20 + i) % N_FILLERS;
      RflLeg **leg = (RflLeg **) &w->legs->pdata[at];
      pt[0] = (round + i) % 7;
      switch (i % 4)
        {
        case 0:
          rfl_leg_free (*leg);
          *leg = make_leg (w, &address, pt[0], i % 8 ? RFL_LEG_ALL : RFL_LEG_ONE);
          break;
        case 1:
          rfl_leg_set_pt (*leg, pt);
          break;
        case 2:
          rfl_leg_set_active (*leg, round % 2);
          break;
        default:
          rfl_leg_set_remote (*leg, NULL, &address);
        }
    }
  memset (&map, RFL_PT_NONE, sizeof map);
  map.index[0] = 0;
  for (guint i = 0; i < N_SENDERS; i++)
    if (w->source[i])
      rfl_source_set_map (w->source[i], &map);
}

/* A source that lives for one round; what it sends is nobody's business here. */
static void
come_and_go (World *w, guint round)
{
  RflSourceSpec spec = { .route = w->route,
                         .owner = w->participant[1]->media->pdata[0],
                         .flow = w->flow[0],
                         .wire_ssrc = 1000 + round,
                         .ssrc = 1000 + round };
  RflPtMap map;
  RflSource *source;

  if (w->flow[0] == NULL)
    return;
  memset (&map, 0, sizeof map);
  spec.map = &map;
  source = rfl_source_new (&spec); /* owned by the listener: no leg takes it */
  send_rtp (w, 0, 1000 + round, 1);
  g_main_context_iteration (NULL, FALSE);
  rfl_source_free (source);
}

static void
test_churn (void)
{
  World *w = world_new ();
  RflSourceStats stats;

  for (guint round = 0; round < N_ROUNDS; round++)
    {
      for (guint i = 0; i < BURST; i++)
        for (guint s = 0; s < N_SENDERS; s++)
          send_rtp (w, s, s + 1, round * BURST + i);
      w->sent += BURST;
      churn (w, round);
      come_and_go (w, round);
      wait_for_all (w);
    }
  for (guint s = 0; s < N_SENDERS; s++)
    {
      rfl_source_get_stats (w->source[s], &stats);
      g_assert_cmpuint (stats.packets, ==, w->sent);
    }
  world_free (w);
}

/* The lock keeps a second daemon off; it goes with the port. */
static void
test_lock (void)
{
  static const char *const addresses[] = { HOST, NULL };
  RflPortSpec spec = { .name = "test", .port = PORT + 1, .addresses = addresses };
  RflCoreOptions options = { .n_workers = 2 };
  g_autoptr (RflCore) a = rfl_core_new (&options);
  g_autoptr (RflCore) b = rfl_core_new (&options);
  g_autoptr (GError) error = NULL;
  RflPort *port;

  g_assert_true (rfl_core_start (a, NULL) && rfl_core_start (b, NULL));
  port = rfl_port_open (rfl_core_get_path (a), &spec, NULL);
  g_assert_nonnull (port);
  g_assert_null (rfl_port_open (rfl_core_get_path (b), &spec, &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_IO);
  g_assert_nonnull (strstr (error->message, "another reflectord"));
  rfl_port_close (port);
  port = rfl_port_open (rfl_core_get_path (b), &spec, NULL);
  g_assert_nonnull (port);
  rfl_port_close (port);
}

/* In use by something else: an error with the address, and nothing is left open. */
static void
test_bind_fails (void)
{
  static const char *const addresses[] = { HOST, "192.0.2.77", NULL };
  RflPortSpec spec = { .name = "test", .port = PORT + 2, .addresses = addresses };
  RflCoreOptions options = { .n_workers = 2 };
  g_autoptr (RflCore) core = rfl_core_new (&options);
  g_autoptr (GError) error = NULL;

  g_assert_true (rfl_core_start (core, NULL));
  g_assert_null (rfl_port_open (rfl_core_get_path (core), &spec, &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_IO);
  g_assert_nonnull (strstr (error->message, "192.0.2.77:45662"));
}

typedef struct {
  GMutex mutex;
  GCond changed;
  gint entered, leave; /* atomic too: the thread sanitizer does not see GLib's locks */
} Gate;

static void
gate_set (Gate *gate, gint *what)
{
  g_mutex_lock (&gate->mutex);
  g_atomic_int_set (what, TRUE);
  g_cond_broadcast (&gate->changed);
  g_mutex_unlock (&gate->mutex);
}

static gboolean
gate_wait (Gate *gate, const gint *what, gint64 until)
{
  gboolean in_time = TRUE, open;

  g_mutex_lock (&gate->mutex);
  while (!(open = g_atomic_int_get (what)) && in_time)
    in_time = g_cond_wait_until (&gate->changed, &gate->mutex, until);
  g_mutex_unlock (&gate->mutex);
  return open;
}

static void
block (RflPacket *packets, guint n, guint worker, gpointer context)
{
  Gate *gate = context;

  gate_set (gate, &gate->entered);
  gate_wait (gate, &gate->leave, G_MAXINT64);
}

static GLogWriterOutput
swallow_warnings (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer user_data)
{
  if (level & G_LOG_LEVEL_WARNING)
    return G_LOG_WRITER_HANDLED;
  return g_log_writer_default (level, fields, n, user_data);
}

/* A stage that does not come back is noticed. */
static void
test_stall (void)
{
  static const char *const addresses[] = { HOST, NULL };
  RflPortSpec spec = { .name = "test", .port = PORT, .addresses = addresses };
  RflClock *clock = rfl_clock_new_manual (G_USEC_PER_SEC);
  RflCoreOptions options = { .n_workers = 1, .clock = clock };
  g_autoptr (RflCore) core = rfl_core_new (&options);
  World w = { .core = core };
  Gate gate = { 0 };
  RflAddress address;
  RflCounter *stalls = rfl_counter_get (core, "path.stalls", "");
  guint stage;

  g_assert_true (rfl_core_start (core, NULL));
  w.port = rfl_port_open (rfl_core_get_path (core), &spec, NULL);
  w.sender[0] = open_socket (&address);
  stage = rfl_port_add_stage (w.port, RFL_STAGE_METER, block, &gate);
  do /* the stage may not be there yet */
    send_rtp (&w, 0, 1, 1);
  while (!gate_wait (&gate, &gate.entered, g_get_monotonic_time () + G_TIME_SPAN_MILLISECOND));
  for (guint i = 0; i < 2; i++)
    {
      RflFlow *flow = rfl_flow_new (w.port, &address, NULL);
      rfl_clock_advance (clock, G_TIME_SPAN_SECOND + 20 * G_TIME_SPAN_MILLISECOND);
      rfl_flow_free (flow);
    }
  g_assert_cmpuint (rfl_counter_read (stalls), >=, 1);
  gate_set (&gate, &gate.leave);
  rfl_port_remove_stage (w.port, stage);
  rfl_port_close (w.port);
  close (w.sender[0]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/path/threads/lock", test_lock);
  g_test_add_func ("/path/threads/bind-fails", test_bind_fails);
  g_log_set_writer_func (swallow_warnings, NULL, NULL);
  g_test_add_func ("/path/threads/stall", test_stall);
  g_test_add_func ("/path/threads/churn", test_churn);
  return g_test_run ();
}
