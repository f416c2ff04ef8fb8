/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's UDP sockets behind the transport seam: recvmmsg and sendmmsg, destination
 * addresses by IP_PKTINFO, UDP_SEGMENT, and a lock file per port. Keeps no packet and no
 * state between calls but the socket.
 */
#include "config.h"
#include "core/path/transport.h"
#include <reflector/error.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

#define CHUNK 64
#define BUFFER_BYTES (8 * 1024 * 1024)

struct _RflTransportSocket {
  int fd;
  RflAddress bound;
};

static gboolean
set_option (int fd, int level, int name, int value)
{
  return setsockopt (fd, level, name, &value, sizeof value) == 0;
}

/* As large as the system lets us, best effort. */
static void
set_buffers (int fd)
{
  if (!set_option (fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES))
    set_option (fd, SOL_SOCKET, SO_RCVBUF, BUFFER_BYTES);
  if (!set_option (fd, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER_BYTES))
    set_option (fd, SOL_SOCKET, SO_SNDBUF, BUFFER_BYTES);
}

static gboolean
set_options (int fd, int family, gboolean shared)
{
  set_buffers (fd);
  if (shared && !set_option (fd, SOL_SOCKET, SO_REUSEPORT, 1))
    return FALSE;
  if (family == AF_INET)
    return set_option (fd, IPPROTO_IP, IP_PKTINFO, 1)
           && set_option (fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
  return set_option (fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)
         && set_option (fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
         && set_option (fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
}

static RflTransportSocket *
kernel_open (RflTransport *t, const RflAddress *local, gboolean shared, GError **error)
{
  struct sockaddr_storage sa;
  socklen_t len = rfl_address_to_sockaddr (local, &sa);
  int fd = socket (sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  char name[RFL_ADDRESS_STRLEN];
  RflTransportSocket *s;

  if (fd < 0 || !set_options (fd, sa.ss_family, shared)
      || bind (fd, (struct sockaddr *) &sa, len) < 0)
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_IO, "UDP %s: %s", rfl_address_format (local, name),
                   g_strerror (errno));
      if (fd >= 0)
        close (fd);
      return NULL;
    }
  s = g_new0 (RflTransportSocket, 1);
  s->fd = fd;
  s->bound = *local;
  return s;
}

static void
kernel_close (RflTransport *t, RflTransportSocket *s)
{
  close (s->fd);
  g_free (s);
}

static int
kernel_get_fd (RflTransportSocket *s)
{
  return s->fd;
}

/* ---- in ---- */

typedef union {
  struct cmsghdr align;
  char room[CMSG_SPACE (sizeof (struct in6_pktinfo)) + CMSG_SPACE (sizeof (guint16))];
} Control;

static void
read_local (const RflTransportSocket *s, struct msghdr *msg, RflAddress *local)
{
  *local = s->bound;
  for (struct cmsghdr *c = CMSG_FIRSTHDR (msg); c; c = CMSG_NXTHDR (msg, c))
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
      {
        struct in_pktinfo info;
        memcpy (&info, CMSG_DATA (c), sizeof info);
        memcpy (local->ip, &info.ipi_addr, 4);
      }
    else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
      {
        struct in6_pktinfo info;
        memcpy (&info, CMSG_DATA (c), sizeof info);
        memcpy (local->ip, &info.ipi6_addr, 16);
        if (IN6_IS_ADDR_LINKLOCAL (&info.ipi6_addr))
          local->scope = info.ipi6_ifindex;
      }
}

static guint
kernel_receive (RflTransportSocket *s, RflReceived *packets, guint n)
{
  struct mmsghdr messages[CHUNK];
  struct sockaddr_in6 names[CHUNK];
  struct iovec iov[CHUNK];
  Control control[CHUNK];
  int got;

  n = MIN (n, CHUNK);
  for (guint i = 0; i < n; i++)
    {
      iov[i] = (struct iovec){ packets[i].data, packets[i].size };
      messages[i].msg_hdr = (struct msghdr){ .msg_name = &names[i],
                                             .msg_namelen = sizeof names[i],
                                             .msg_iov = &iov[i],
                                             .msg_iovlen = 1,
                                             .msg_control = &control[i],
                                             .msg_controllen = sizeof control[i] };
    }
  do
    got = recvmmsg (s->fd, messages, n, MSG_DONTWAIT, NULL);
  while (got < 0 && errno == EINTR);
  for (int i = 0; i < got; i++)
    {
      struct msghdr *msg = &messages[i].msg_hdr;
      packets[i].len = messages[i].msg_len;
      packets[i].truncated = (msg->msg_flags & MSG_TRUNC) != 0;
      rfl_address_from_sockaddr (&packets[i].remote, msg->msg_name, msg->msg_namelen);
      read_local (s, msg, &packets[i].local);
    }
  return got > 0 ? got : 0;
}

/* ---- out ---- */

static socklen_t
write_name (const RflAddress *a, struct sockaddr_in6 *out)
{
  struct sockaddr_in *in = (struct sockaddr_in *) out;

  if (a->family == AF_INET)
    {
      *in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = g_htons (a->port) };
      memcpy (&in->sin_addr, a->ip, 4);
      return sizeof *in;
    }
  *out = (struct sockaddr_in6){ .sin6_family = AF_INET6,
                                .sin6_port = g_htons (a->port),
                                .sin6_scope_id = a->scope };
  memcpy (&out->sin6_addr, a->ip, 16);
  return sizeof *out;
}

static gsize
put (char *at, int level, int type, const void *value, gsize len)
{
  struct cmsghdr *c = (struct cmsghdr *) at;

  c->cmsg_level = level;
  c->cmsg_type = type;
  c->cmsg_len = CMSG_LEN (len);
  /* the kernel copies the padding, too; what stood on our stack is not for it */
  memset (at + CMSG_SPACE (len) - sizeof (guint64), 0, sizeof (guint64));
  memcpy (CMSG_DATA (c), value, len);
  return CMSG_SPACE (len);
}

static gsize
write_control (const RflToSend *p, Control *control)
{
  gsize len = 0;

  if (p->local && p->local->family == AF_INET)
    {
      struct in_pktinfo info = { 0 };
      memcpy (&info.ipi_spec_dst, p->local->ip, 4);
      len += put (control->room, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    }
  else if (p->local && p->local->family == AF_INET6)
    {
      struct in6_pktinfo info = { .ipi6_ifindex = p->local->scope };
      memcpy (&info.ipi6_addr, p->local->ip, 16);
      len += put (control->room, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    }
  if (p->segment)
    len += put (control->room + len, SOL_UDP, UDP_SEGMENT, &p->segment, sizeof p->segment);
  return len;
}

static guint
send_chunk (RflTransportSocket *s, const RflToSend *packets, guint n)
{
  struct mmsghdr messages[CHUNK];
  struct sockaddr_in6 names[CHUNK];
  Control control[CHUNK];
  guint sent = 0;

  for (guint i = 0; i < n; i++)
    {
      const RflToSend *p = &packets[i];
      struct msghdr *msg = &messages[i].msg_hdr;
      *msg = (struct msghdr){ .msg_name = &names[i],
                              .msg_iov = (struct iovec *) p->iov,
                              .msg_iovlen = p->n_iov };
      msg->msg_namelen = write_name (p->remote, &names[i]);
      msg->msg_controllen = write_control (p, &control[i]);
      msg->msg_control = msg->msg_controllen ? &control[i] : NULL;
    }
  while (sent < n)
    {
      int got = sendmmsg (s->fd, messages + sent, n - sent, MSG_DONTWAIT);
      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        break;
      sent += got;
    }
  return sent;
}

static guint
kernel_send (RflTransportSocket *s, const RflToSend *packets, guint n)
{
  guint sent = 0;

  while (sent < n)
    {
      guint chunk = MIN (n - sent, CHUNK);
      guint taken = send_chunk (s, packets + sent, chunk);
      sent += taken;
      if (taken < chunk)
        break;
    }
  return sent;
}

/* ---- one daemon per port ---- */

static const char *
lock_folder (void)
{
  static const char *const system[] = { "/run/reflectord", "/run" };
  const char *dir = g_getenv ("XDG_RUNTIME_DIR");

  if (dir && *dir && access (dir, W_OK) == 0)
    return dir;
  for (guint i = 0; i < G_N_ELEMENTS (system); i++)
    if (access (system[i], W_OK) == 0)
      return system[i];
  return "/tmp";
}

/* Network namespaces have ports of their own. */
static char *
lock_path (const RflAddress *local)
{
  char ip[RFL_ADDRESS_STRLEN];
  struct stat netns = { 0 };

  if (stat ("/proc/self/ns/net", &netns) < 0)
    netns.st_ino = 0;
  return g_strdup_printf ("%s/reflectord-%lu-%s-%u.lock", lock_folder (), (gulong) netns.st_ino,
                          rfl_address_format_ip (local, ip), local->port);
}

/* Whether @path still leads to what @fd has open: the one before us may have removed it. */
static gboolean
is_same_file (int fd, const char *path)
{
  struct stat a, b;
  return fstat (fd, &a) == 0 && stat (path, &b) == 0 && a.st_ino == b.st_ino
         && a.st_dev == b.st_dev;
}

/* SO_REUSEPORT would let a second daemon of the same user take half of the packets. */
static int
kernel_lock (RflTransport *t, const RflAddress *local, GError **error)
{
  g_autofree char *path = lock_path (local);

  while (TRUE)
    {
      int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
      if (fd < 0)
        {
          g_set_error (error, RFL_ERROR, RFL_ERROR_IO, "%s: %s", path, g_strerror (errno));
          return -1;
        }
      if (flock (fd, LOCK_EX | LOCK_NB) < 0)
        {
          g_set_error (error, RFL_ERROR, RFL_ERROR_IO,
                       "UDP port %u is in use by another reflectord (%s is locked)", local->port,
                       path);
          close (fd);
          return -1;
        }
      if (is_same_file (fd, path))
        return fd;
      close (fd);
    }
}

static void
kernel_unlock (RflTransport *t, const RflAddress *local, int lock)
{
  g_autofree char *path = lock_path (local);

  unlink (path); /* while it is locked, so it is ours */
  close (lock);
}

static void
kernel_free (RflTransport *t)
{
  g_free (t);
}

RflTransport *
rfl_transport_new_kernel (void)
{
  RflTransport *t = g_new0 (RflTransport, 1);

  *t = (RflTransport){ .open = kernel_open,
                       .close = kernel_close,
                       .get_fd = kernel_get_fd,
                       .receive = kernel_receive,
                       .send = kernel_send,
                       .lock = kernel_lock,
                       .unlock = kernel_unlock,
                       .free = kernel_free };
  return t;
}
