/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPU nanoseconds per copy of a mixer's frame: a feed of the packet path as the daemon runs it (one worker
 * thread, kernel sockets) beside a bare sendmmsg loop that sends packets of the same size to as many
 * receivers, A B A B in one run, medians. What a listener costs who does not speak, without the mixing. Not a
 * test: it fails only when packets get lost.
 *
 * Each frame is sent to everybody before the next one is handed over; the time is that of the sending
 * thread alone, which for the bare loop includes one recvmmsg, for ours taking the frame from its ring.
 */
#include "config.h"
#include "core/path/path-private.h"
#include "tests/bench/bare.h"
#include "tests/bench/meter.h"
#include <reflector/rtp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 45764
#define ROUNDS 5

typedef struct {
  const char *name;
  guint receivers, payload, n_own;
} Scenario;

/* @n_own: receivers who get a frame of their own, as those do who speak */
static const Scenario scenarios[] = {
  { "200 listeners, 160 octets", 200, 160, 0 }, { "200, of whom 3 get their own", 200, 160, 3 },
  { "200 listeners, 80 octets", 200, 80, 0 },   { "10 listeners, 160 octets", 10, 160, 0 },
  { "2 listeners, 160 octets", 2, 160, 0 },
};

static char *arg_to = NULL;
static double arg_seconds = 1.0;
static const GOptionEntry options[] = {
  { "to", 0, 0, G_OPTION_ARG_STRING, &arg_to, "first receiver's address", "IP" },
  { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &arg_seconds, "of each measurement", "S" },
  { NULL }
};

typedef struct {
  RflCore *core;
  RflPort *port;
  GPtrArray *listeners; /* RflParticipant */
  GPtrArray *legs;
  RflFeed *feed;
  RflFeeder *feeder;
  RflCounter *sent;
  guint32 timestamp;
} Ours;

static void
on_joined (RflParticipant *participant, const GError *error, gpointer user_data)
{
  if (error)
    g_error ("%s", error->message);
}

static RflMedium *
join (Ours *o)
{
  RflParticipantSpec spec = { .identity = "listener" };
  GPtrArray *offers = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_medium_desc_free);
  RflParticipant *participant = rfl_participant_new (o->core, &spec);

  g_ptr_array_add (offers, rfl_medium_desc_new ("audio"));
  ((RflMediumDesc *) offers->pdata[0])->accepted = TRUE;
  rfl_participant_join (participant, "bench", offers, on_joined, NULL);
  g_ptr_array_add (o->listeners, participant);
  return participant->media->pdata[0];
}

static void
add_leg (Ours *o, const RflAddress *first, guint i)
{
  RflMedium *medium = join (o);
  RflRoute *route = rfl_session_get_route (medium->participant->session, "audio");
  RflLegSpec spec = {
    .route = route, .owner = medium, .port = o->port, .remote = *first, .mode = RFL_LEG_MIX
  };
  guint32 ip;

  if (o->feed == NULL)
    o->feed = rfl_feed_new (route, 8000);
  spec.feed = o->feed;
  memcpy (&ip, first->ip, 4);
  ip = g_ntohl (ip) + i;
  ip = g_htonl (ip);
  memcpy (spec.remote.ip, &ip, 4);
  memset (spec.pt, RFL_PT_NONE, sizeof spec.pt);
  spec.pt[0] = 0;
  g_ptr_array_add (o->legs, rfl_leg_new (&spec));
}

static Ours *
ours_start (const RflAddress *first, guint n)
{
  static const char *const addresses[] = { "127.0.0.1", NULL };
  Ours *o = g_new0 (Ours, 1);
  RflCoreOptions core_options = { .n_workers = 1 };
  RflPortSpec port = { .name = "bench", .port = PORT };
  g_autoptr (GError) error = NULL;

  port.addresses = arg_to ? NULL : addresses;
  o->core = rfl_core_new (&core_options);
  if (!rfl_core_start (o->core, &error)
      || !(o->port = rfl_port_open (rfl_core_get_path (o->core), &port, &error)))
    g_error ("%s", error->message);
  o->listeners = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_participant_unref);
  o->legs = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_leg_free);
  for (guint i = 0; i < n; i++)
    add_leg (o, first, i);
  o->feeder = rfl_feeder_new (rfl_core_get_path (o->core), 64);
  o->sent = rfl_counter_get (o->core, "path.sent", "");
  path_sync (rfl_core_get_path (o->core));
  return o;
}

static void
ours_stop (Ours *o)
{
  g_ptr_array_unref (o->legs);
  rfl_feed_free (o->feed);
  rfl_feeder_free (o->feeder);
  rfl_port_close (o->port);
  g_ptr_array_unref (o->listeners);
  rfl_core_free (o->core);
  g_free (o);
}

/* ---- load and measurement ---- */

static void
push (Ours *o, const Scenario *s)
{
  guint8 payload[RFL_FRAME_MAX_PAYLOAD] = { 0 };
  const RflMedium *own[RFL_FRAME_MAX_EXCEPT];
  RflFrame frame = {
    .feed = o->feed, .timestamp = o->timestamp += 160, .payload = payload, .len = s->payload
  };

  for (guint i = 0; i < s->n_own; i++)
    {
      const RflParticipant *participant = o->listeners->pdata[i * 7];
      frame.only = own[i] = participant->media->pdata[0];
      rfl_feeder_push (o->feeder, &frame);
    }
  frame.only = NULL;
  frame.except = own;
  frame.n_except = s->n_own;
  rfl_feeder_push (o->feeder, &frame);
  rfl_feeder_flush (o->feeder);
}

static void
send_one (int fd, const Scenario *s)
{
  static guint8 data[2048];
  struct sockaddr_storage sa;
  RflAddress to;

  rfl_address_parse (&to, "127.0.0.1", PORT);
  if (sendto (fd, data, RFL_RTP_MIN_HEADER + s->payload, 0, (struct sockaddr *) &sa,
              rfl_address_to_sockaddr (&to, &sa))
      < 0)
    g_error ("load: cannot send");
}

static guint64
read_sent (const Ours *ours, const Bare *bare)
{
  return ours ? rfl_counter_read (ours->sent) : __atomic_load_n (&bare->sent, __ATOMIC_RELAXED);
}

/* Returns: CPU nanoseconds per copy of the sending thread */
static double
measure (int fd, const Scenario *s, Ours *ours, const Bare *bare)
{
  guint64 expected = read_sent (ours, bare), start = 0, first = 0;
  gint64 end = g_get_monotonic_time () + arg_seconds * G_USEC_PER_SEC;
  int tid = 0;

  for (guint n = 0; g_get_monotonic_time () < end || n < 4; n++)
    {
      gint64 patience = g_get_monotonic_time () + 2 * G_USEC_PER_SEC;
      if (n == 3) /* warm by now */
        {
          tid = meter_find_thread (ours ? "rfl-worker-0" : "bare-loop");
          meter_pin (tid, 0);
          start = meter_cpu_time (tid);
          first = expected;
        }
      if (ours)
        push (ours, s);
      else
        send_one (fd, s);
      expected += s->receivers;
      while (read_sent (ours, bare) < expected)
        {
          if (g_get_monotonic_time () > patience)
            g_error ("%s: packets are missing", s->name);
          sched_yield ();
        }
    }
  return (double) (meter_cpu_time (tid) - start) / (expected - first);
}

static void
run_scenario (const Scenario *s, int fd, const RflAddress *first)
{
  double ours[ROUNDS], bare[ROUNDS];
  RflAddress bound;

  rfl_address_parse (&bound, arg_to ? "0.0.0.0" : "127.0.0.1", PORT);
  for (guint i = 0; i < ROUNDS; i++)
    {
      Ours *o = ours_start (first, s->receivers);
      Bare *b;
      ours[i] = measure (fd, s, o, NULL);
      ours_stop (o);
      b = bare_start (&bound, first, s->receivers, FALSE);
      bare[i] = measure (fd, s, NULL, b);
      bare_stop (b);
    }
  meter_sort (ours, ROUNDS);
  meter_sort (bare, ROUNDS);
  printf ("%-32s %10.0f %10.0f %8.2f   (%.0f to %.0f, %.0f to %.0f)\n", s->name, ours[ROUNDS / 2],
          bare[ROUNDS / 2], ours[ROUNDS / 2] / bare[ROUNDS / 2], ours[0], ours[ROUNDS - 1], bare[0],
          bare[ROUNDS - 1]);
  fflush (stdout);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  RflAddress first;
  int fd;

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    g_error ("%s", error->message);
  if (!rfl_address_parse (&first, arg_to ? arg_to : "127.10.0.1", 40000))
    g_error ("%s is not an address", arg_to);
  fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  meter_pin (0, 1);
  printf ("CPU ns per copy of a frame, %s, median of %d   (range)\n",
          arg_to ? "into a device that frees every packet" : "over loopback", ROUNDS);
  printf ("%-32s %10s %10s %8s\n", "", "reflectord", "bare loop", "ratio");
  for (guint i = 0; i < G_N_ELEMENTS (scenarios); i++)
    run_scenario (&scenarios[i], fd, &first);
  close (fd);
  return 0;
}
