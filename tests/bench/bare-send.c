/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The least that a mixer's listener can cost: every 20 ms one packet, the same for all, by sendmmsg
 * to each address and port that its standard input names. Makes no sound. "address": from a socket as the packet path
 * has them, each message with its source address (IP_PKTINFO), as whoever has several addresses must send.
 *
 * bare-send OCTETS SECONDS [address] < "ADDRESS PORT" lines */
#include "config.h"
#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define CHUNK 64

static GArray *
read_receivers (void)
{
  GArray *receivers = g_array_new (FALSE, TRUE, sizeof (struct sockaddr_in));
  char ip[64];
  guint port;

  while (scanf ("%63s %u", ip, &port) == 2)
    {
      struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons ((guint16) port) };
      if (inet_pton (AF_INET, ip, &to.sin_addr) == 1)
        g_array_append_val (receivers, to);
    }
  return receivers;
}

/* 127.0.0.1 as the source of a message. */
typedef union {
  struct cmsghdr header;
  char room[CMSG_SPACE (sizeof (struct in_pktinfo))];
} Control;

static void
set_source (Control *control)
{
  struct in_pktinfo info = { .ipi_spec_dst.s_addr = htonl (INADDR_LOOPBACK) };

  memset (control, 0, sizeof *control);
  control->header = (struct cmsghdr){ .cmsg_len = CMSG_LEN (sizeof info),
                                      .cmsg_level = IPPROTO_IP,
                                      .cmsg_type = IP_PKTINFO };
  memcpy (CMSG_DATA (&control->header), &info, sizeof info);
}

/* @control: (nullable) */
static void
send_all (int fd, GArray *receivers, struct iovec *iov, Control *control)
{
  struct mmsghdr out[CHUNK];

  for (guint at = 0; at < receivers->len;)
    {
      guint n = MIN (CHUNK, receivers->len - at);
      memset (out, 0, sizeof out);
      for (guint i = 0; i < n; i++)
        out[i].msg_hdr =
            (struct msghdr){ .msg_name = &g_array_index (receivers, struct sockaddr_in, at + i),
                             .msg_namelen = sizeof (struct sockaddr_in),
                             .msg_iov = iov,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = control ? sizeof *control : 0 };
      int done = sendmmsg (fd, out, n, 0);
      at += done > 0 ? (guint) done : 1;
    }
}

int
main (int argc, char **argv)
{
  char data[1500] = { 0 };
  gsize octets = argc > 1 ? g_ascii_strtoull (argv[1], NULL, 10) : 172;
  guint64 frames = 50 * (argc > 2 ? g_ascii_strtoull (argv[2], NULL, 10) : 5);
  struct iovec iov = { data, MIN (octets, sizeof data) };
  g_autoptr (GArray) receivers = read_receivers ();
  gboolean address = argc > 3 && strcmp (argv[3], "address") == 0;
  int fd = socket (AF_INET, SOCK_DGRAM, 0), dont = IP_PMTUDISC_DONT;
  struct timespec next;
  Control control;

  set_source (&control);
  if (address)
    setsockopt (fd, IPPROTO_IP, IP_MTU_DISCOVER, &dont, sizeof dont);

  clock_gettime (CLOCK_MONOTONIC, &next);
  for (guint64 i = 0; i < frames; i++)
    {
      send_all (fd, receivers, &iov, address ? &control : NULL);
      next.tv_nsec += 20000000;
      next.tv_sec += next.tv_nsec / 1000000000;
      next.tv_nsec %= 1000000000;
      clock_nanosleep (CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &next);
  printf ("%.6f\n", (double) next.tv_sec + 1e-9 * (double) next.tv_nsec);
  return 0;
}
