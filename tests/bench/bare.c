/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bare loop. Checks nothing and knows no RTP, on purpose. */
#include "config.h"
#include "tests/bench/bare.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#define BATCH 32
#define CHUNK 64
#define SEGMENTS 16

typedef struct {
  char data[BATCH][2048];
  struct mmsghdr in[BATCH], out[CHUNK];
  struct iovec iov[BATCH], merged[SEGMENTS];
  union {
    struct cmsghdr align;
    char room[CMSG_SPACE (sizeof (guint16))];
  } control;
} Scratch;

/* How many packets from @at on may leave as one message. */
static guint
count_equal (const Bare *bare, const Scratch *s, guint at, guint n)
{
  guint same = 1;

  while (bare->merge && at + same < n && same < SEGMENTS
         && s->in[at + same].msg_len == s->in[at].msg_len)
    same++;
  return same;
}

static void
fan_out (Bare *bare, Scratch *s, guint at, guint n)
{
  guint16 segment = s->in[at].msg_len;
  struct cmsghdr *c = &s->control.align;

  for (guint i = 0; i < n; i++)
    s->merged[i] = (struct iovec){ s->data[at + i], s->in[at + i].msg_len };
  c->cmsg_level = SOL_UDP;
  c->cmsg_type = UDP_SEGMENT;
  c->cmsg_len = CMSG_LEN (sizeof segment);
  memcpy (CMSG_DATA (c), &segment, sizeof segment);
  for (guint r = 0; r < bare->n_receivers;)
    {
      guint k = MIN (CHUNK, bare->n_receivers - r), done = 0;
      for (guint i = 0; i < k; i++)
        s->out[i].msg_hdr = (struct msghdr){ .msg_name = &bare->receivers[r + i],
                                             .msg_namelen = sizeof bare->receivers[0],
                                             .msg_iov = s->merged,
                                             .msg_iovlen = n,
                                             .msg_control = n > 1 ? &s->control : NULL,
                                             .msg_controllen = n > 1 ? sizeof s->control : 0 };
      while (done < k)
        {
          int sent = sendmmsg (bare->fd, s->out + done, k - done, 0);
          if (sent <= 0)
            g_error ("bare loop: %s", g_strerror (errno));
          done += sent;
        }
      r += k;
      __atomic_add_fetch (&bare->sent, k * n, __ATOMIC_RELAXED);
    }
}

static gpointer
run (gpointer data)
{
  Bare *bare = data;
  Scratch *s = g_new0 (Scratch, 1);

  for (guint i = 0; i < BATCH; i++)
    {
      s->iov[i] = (struct iovec){ s->data[i], sizeof s->data[i] };
      s->in[i].msg_hdr = (struct msghdr){ .msg_iov = &s->iov[i], .msg_iovlen = 1 };
    }
  while (!__atomic_load_n (&bare->stop, __ATOMIC_RELAXED))
    {
      int n = recvmmsg (bare->fd, s->in, BATCH, MSG_WAITFORONE, NULL);
      for (int i = 0; i < n;)
        {
          guint same = count_equal (bare, s, i, n);
          fan_out (bare, s, i, same);
          i += same;
        }
    }
  g_free (s);
  return NULL;
}

Bare *
bare_start (const RflAddress *local, const RflAddress *first, guint n, gboolean merge)
{
  Bare *bare = g_new0 (Bare, 1);
  struct timeval wait = { .tv_usec = 50000 };
  struct sockaddr_storage sa;
  guint32 ip;
  socklen_t len = rfl_address_to_sockaddr (local, &sa);

  bare->fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (bind (bare->fd, (struct sockaddr *) &sa, len) < 0)
    g_error ("bare loop: cannot bind");
  setsockopt (bare->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  bare->merge = merge;
  bare->n_receivers = n;
  bare->receivers = g_new (struct sockaddr_in, n);
  for (guint i = 0; i < n; i++)
    {
      rfl_address_to_sockaddr (first, &sa);
      memcpy (&bare->receivers[i], &sa, sizeof bare->receivers[i]);
      ip = g_ntohl (bare->receivers[i].sin_addr.s_addr) + i;
      bare->receivers[i].sin_addr.s_addr = g_htonl (ip);
    }
  bare->thread = g_thread_new ("bare-loop", run, bare);
  return bare;
}

void
bare_stop (Bare *bare)
{
  __atomic_store_n (&bare->stop, 1, __ATOMIC_RELAXED);
  g_thread_join (bare->thread);
  close (bare->fd);
  g_free (bare->receivers);
  g_free (bare);
}
