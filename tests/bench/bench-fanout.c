/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPU nanoseconds per forwarded copy: the packet path as the daemon runs it (one worker thread,
 * kernel sockets) beside a bare recvmmsg/sendmmsg loop, A B A B in one run, medians. Not a test:
 * it fails only when packets get lost.
 *
 * The load waits for each burst to be forwarded before it sends the next one, so both work
 * without queues; the time is that of the forwarding thread alone.
 */
#include "config.h"
#include "core/path/path-private.h"
#include "tests/bench/bare.h"
#include "tests/bench/meter.h"
#include <netinet/udp.h>
#include <reflector/rtp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#define PORT 45760
#define ROUNDS 5

/* @one: video in mode `one`: each burst is a keyframe of VP8 */
typedef struct {
  const char *name;
  guint receivers, size, burst;
  gboolean one;
} Scenario;

static const Scenario scenarios[] = {
  { "1 -> 99, 172 octets", 99, 172, 1 },
  { "1 -> 999, 172 octets", 999, 172, 1 },
  { "1 -> 99, bursts of 10 x 1200", 99, 1200, 10 },
  { "1 -> 999, bursts of 10 x 1200", 999, 1200, 10 },
  { "1 -> 99 one, bursts of 10 x 1200", 99, 1200, 10, TRUE },
  { "1 -> 999 one, bursts of 10 x 1200", 999, 1200, 10, TRUE },
};

static char *arg_to = NULL;
static double arg_seconds = 1.0;
static const GOptionEntry options[] = {
  { "to", 0, 0, G_OPTION_ARG_STRING, &arg_to, "first receiver's address", "IP" },
  { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &arg_seconds, "of each measurement", "S" },
  { NULL }
};

/* ---- the packet path ---- */

typedef struct {
  RflCore *core;
  RflPort *port;
  RflParticipant *talks, *listens;
  RflFlow *flow;
  RflSource *source;
  GPtrArray *legs;
  RflCounter *sent;
} Ours;

static void
on_joined (RflParticipant *participant, const GError *error, gpointer user_data)
{
  if (error)
    g_error ("%s", error->message);
}

static RflParticipant *
join (RflCore *core, const char *name, gboolean video)
{
  RflParticipantSpec spec = { .identity = name };
  GPtrArray *offers = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_medium_desc_free);
  RflParticipant *participant = rfl_participant_new (core, &spec);

  g_ptr_array_add (offers, rfl_medium_desc_new (video ? "video" : "audio"));
  ((RflMediumDesc *) offers->pdata[0])->accepted = TRUE;
  rfl_participant_join (participant, "bench", offers, on_joined, NULL);
  return participant;
}

static void
make_legs (Ours *o, RflRoute *route, const RflAddress *first, const Scenario *s)
{
  guint32 ip;

  memcpy (&ip, first->ip, 4);
  ip = g_ntohl (ip);
  for (guint i = 0; i < s->receivers; i++)
    {
      RflLegSpec spec = { .route = route,
                          .owner = o->listens->media->pdata[0],
                          .port = o->port,
                          .remote = *first,
                          .mode = s->one ? RFL_LEG_ONE : RFL_LEG_ALL };
      guint32 next = ip + i, be = g_htonl (next);
      memcpy (spec.remote.ip, &be, 4);
      memset (spec.pt, RFL_PT_NONE, sizeof spec.pt);
      spec.pt[0] = 0;
      g_ptr_array_add (o->legs, rfl_leg_new (&spec));
    }
}

static Ours *
ours_start (const RflAddress *local, const RflAddress *sender, const RflAddress *first,
            const Scenario *s)
{
  static const char *const addresses[] = { "127.0.0.1", NULL };
  Ours *o = g_new0 (Ours, 1);
  RflCoreOptions core_options = { .n_workers = 1 };
  RflPortSpec port = { .name = "bench", .port = local->port };
  GPtrArray *formats = g_ptr_array_new ();
  RflRoute *route;
  RflPtMap map = { { 0 } };
  RflSourceSpec spec = { .wire_ssrc = 1, .ssrc = 1, .map = &map };
  g_autoptr (GError) error = NULL;

  /* bound as the daemon does, but for the loopback run */
  port.addresses = arg_to ? NULL : addresses;
  o->core = rfl_core_new (&core_options);
  if (!rfl_core_start (o->core, &error)
      || !(o->port = rfl_port_open (rfl_core_get_path (o->core), &port, &error)))
    g_error ("%s", error->message);
  o->talks = join (o->core, "talks", s->one);
  o->listens = join (o->core, "listens", s->one);
  route = rfl_session_get_route (o->talks->session, s->one ? "video" : "audio");
  g_ptr_array_add (formats, s->one ? rfl_format_new (0, "VP8", 90000, 1, NULL)
                                   : rfl_format_new (0, "PCMU", 8000, 1, NULL));
  rfl_route_set_formats (route, formats);
  o->flow = rfl_flow_new (o->port, sender, NULL);
  spec.route = route;
  spec.owner = o->talks->media->pdata[0];
  spec.flow = o->flow;
  o->source = rfl_source_new (&spec);
  o->legs = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_leg_free);
  make_legs (o, route, first, s);
  o->sent = rfl_counter_get (o->core, "path.sent", "");
  path_sync (rfl_core_get_path (o->core));
  return o;
}

static void
ours_stop (Ours *o)
{
  g_ptr_array_unref (o->legs);
  rfl_source_free (o->source);
  rfl_flow_free (o->flow);
  rfl_port_close (o->port);
  rfl_participant_unref (o->talks);
  rfl_participant_unref (o->listens);
  rfl_core_free (o->core);
  g_free (o);
}

/* ---- load and measurement ---- */

/* RFC 7741: with picture id, TL0PICIDX and KEYIDX, all of which a leg of mode `one` rewrites */
static void
write_vp8 (guint8 *p, gboolean first, guint16 picture)
{
  const guint8 data[] = { first ? 0x90 : 0x80,
                          0xf0,
                          (guint8) (0x80 | picture >> 8),
                          (guint8) picture,
                          (guint8) picture,
                          picture & 0x1f,
                          first ? 0x10 : 0x11,
                          0,
                          0,
                          0x9d,
                          0x01,
                          0x2a,
                          0x40,
                          0x01,
                          0xf0,
                          0 };
  memcpy (p, data, sizeof data);
}

/* All packets of a burst in one message, so that they are received together. */
static void
send_burst (int fd, const RflAddress *to, const Scenario *s, guint16 *seq)
{
  static guint8 data[16 * 1500];
  struct sockaddr_storage sa;
  struct iovec iov = { data, s->size * s->burst };
  union {
    struct cmsghdr align;
    char room[CMSG_SPACE (sizeof (guint16))];
  } control = { 0 };
  struct msghdr msg = { .msg_name = &sa, .msg_iov = &iov, .msg_iovlen = 1 };
  guint16 segment = s->size;

  msg.msg_namelen = rfl_address_to_sockaddr (to, &sa);
  for (guint i = 0; i < s->burst; i++)
    {
      guint16 frame = *seq / s->burst;
      RflRtp rtp = { .ssrc = 1, .seq = (*seq)++, .timestamp = 3000u * frame };

      rtp.marker = s->one && i == s->burst - 1;
      rfl_rtp_write (&rtp, data + i * s->size, s->size);
      if (s->one)
        write_vp8 (data + i * s->size + RFL_RTP_MIN_HEADER, i == 0, frame & 0x7fff);
    }
  if (s->burst > 1)
    {
      msg.msg_control = &control;
      msg.msg_controllen = sizeof control;
      control.align.cmsg_level = SOL_UDP;
      control.align.cmsg_type = UDP_SEGMENT;
      control.align.cmsg_len = CMSG_LEN (sizeof segment);
      memcpy (CMSG_DATA (&control.align), &segment, sizeof segment);
    }
  if (sendmsg (fd, &msg, 0) < 0)
    g_error ("load: cannot send");
}

static guint64
read_sent (const Ours *ours, const Bare *bare)
{
  return ours ? rfl_counter_read (ours->sent) : __atomic_load_n (&bare->sent, __ATOMIC_RELAXED);
}

/* Returns: CPU nanoseconds per copy of the forwarding thread */
static double
measure (int fd, const RflAddress *to, const Scenario *s, const Ours *ours, const Bare *bare)
{
  guint64 expected = read_sent (ours, bare), start = 0, first = 0;
  gint64 begin = g_get_monotonic_time (), end = begin + arg_seconds * G_USEC_PER_SEC;
  guint16 seq = 0;
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
      send_burst (fd, to, s, &seq);
      expected += s->burst * s->receivers;
      while (read_sent (ours, bare) < expected)
        {
          if (g_get_monotonic_time () > patience)
            {
              g_autofree char *status = ours ? rfl_core_status (ours->core) : NULL;
              g_error ("%s: packets are missing: %s", s->name, status ? status : "bare loop");
            }
          sched_yield ();
        }
    }
  return (double) (meter_cpu_time (tid) - start) / (expected - first);
}

static void
run_scenario (const Scenario *s, int fd, const RflAddress *sender, const RflAddress *first)
{
  double ours[ROUNDS], bare[ROUNDS];
  RflAddress local, bound;

  rfl_address_parse (&local, "127.0.0.1", PORT);
  rfl_address_parse (&bound, arg_to ? "0.0.0.0" : "127.0.0.1", PORT);
  for (guint i = 0; i < ROUNDS; i++)
    {
      Ours *o = ours_start (&local, sender, first, s);
      Bare *b;
      ours[i] = measure (fd, &local, s, o, NULL);
      ours_stop (o);
      b = bare_start (&bound, first, s->receivers, s->burst > 1);
      bare[i] = measure (fd, &local, s, NULL, b);
      bare_stop (b);
    }
  meter_sort (ours, ROUNDS);
  meter_sort (bare, ROUNDS);
  printf ("%-34s %10.0f %10.0f %8.2f   (%.0f to %.0f, %.0f to %.0f)\n", s->name, ours[ROUNDS / 2],
          bare[ROUNDS / 2], ours[ROUNDS / 2] / bare[ROUNDS / 2], ours[0], ours[ROUNDS - 1], bare[0],
          bare[ROUNDS - 1]);
  fflush (stdout);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  RflAddress sender, first;
  struct sockaddr_storage sa;
  socklen_t len;
  int fd;

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    g_error ("%s", error->message);
  rfl_address_parse (&sender, "127.0.0.1", 0);
  if (!rfl_address_parse (&first, arg_to ? arg_to : "127.10.0.1", 40000))
    g_error ("%s is not an address", arg_to);
  len = rfl_address_to_sockaddr (&sender, &sa);
  fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (bind (fd, (struct sockaddr *) &sa, len) < 0
      || getsockname (fd, (struct sockaddr *) &sa, &len) < 0)
    g_error ("load: cannot bind");
  rfl_address_from_sockaddr (&sender, (struct sockaddr *) &sa, len);
  meter_pin (0, 1);
  printf ("CPU ns per copy, %s, median of %d   (range)\n",
          arg_to ? "into a device that frees every packet" : "over loopback", ROUNDS);
  printf ("%-34s %10s %10s %8s\n", "", "reflectord", "bare loop", "ratio");
  for (guint i = 0; i < G_N_ELEMENTS (scenarios); i++)
    run_scenario (&scenarios[i], fd, &sender, &first);
  close (fd);
  return 0;
}
