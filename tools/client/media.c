/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One medium's socket: RTP and RTCP on the same port (RFC 5761), so that the reports of who only listens keep
 * the way through a NAT open for both. Not for what the payloads are. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/client/private.h"

#define MAX_DATAGRAM 2048
#define RECEIVE_BUFFER (1 << 20)
/* Datagrams taken before others of the main loop have their turn. */
#define BATCH 64
/* The first reports tell who we are (§5 of doc/architecture.md): soon, and again should one get lost. */
static const guint first_reports[] = { 200, 500, 1500 };
#define REPORT_INTERVAL 5000 /* ms */

ClientMedium *
client_medium_new (Client *client, const ClientMediumSpec *spec)
{
  ClientMedium *medium = g_new0 (ClientMedium, 1);

  medium->client = client;
  medium->spec = spec;
  medium->fd = -1;
  medium->ssrc = g_random_int ();
  medium->timestamp = g_random_int ();
  medium->seq = (guint16) (g_random_int () & 0x7fff);
  medium->sources = client_sources_new ();
  return medium;
}

void
client_medium_free (ClientMedium *medium)
{
  g_clear_handle_id (&medium->watch, g_source_remove);
  g_clear_handle_id (&medium->report_timer, g_source_remove);
  if (medium->fd >= 0)
    close (medium->fd);
  client_sources_free (medium->sources);
  g_free (medium);
}

/* ---- opening ---- */

static gboolean
try_port (ClientMedium *medium, guint16 port)
{
  struct sockaddr_storage sa;
  RflAddress address = medium->client->local;
  socklen_t len;

  address.port = port;
  len = rfl_address_to_sockaddr (&address, &sa);
  if (bind (medium->fd, (struct sockaddr *) &sa, len) != 0)
    return FALSE;
  len = sizeof sa;
  return getsockname (medium->fd, (struct sockaddr *) &sa, &len) == 0
         && rfl_address_from_sockaddr (&medium->local, (struct sockaddr *) &sa, len);
}

gboolean
client_medium_open (ClientMedium *medium, GError **error)
{
  const ClientSettings *s = medium->client->settings;
  int size = RECEIVE_BUFFER;

  medium->fd = socket (medium->client->local.family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (medium->fd >= 0)
    {
      setsockopt (medium->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
      for (guint port = s->first_port; port <= s->last_port; port++)
        if (try_port (medium, (guint16) port))
          return TRUE;
    }
  g_set_error (error, CLIENT_ERROR, CLIENT_FAILED, "no port for %s: %s", medium->spec->kind,
               g_strerror (errno));
  return FALSE;
}

/* ---- receiving ---- */

static void
take_rtcp (ClientMedium *medium, const guint8 *data, gsize len)
{
  Client *client = medium->client;

  if (!rfl_rtcp_validate (data, len))
    return;
  client_sources_rtcp (medium->sources, data, len, g_get_monotonic_time ());
  client_control_receive (client, data, len);
  if (client->funcs->rtcp && !client->leaving)
    client->funcs->rtcp (client, medium, data, len, client->user_data);
}

static guint
get_rate (ClientMedium *medium, guint8 pt)
{
  const ClientFormat *format = client_medium_find_format (medium, pt);
  const char *slash = format != NULL ? strchr (format->rtpmap, '/') : NULL;

  return slash != NULL ? (guint) g_ascii_strtoull (slash + 1, NULL, 10) : 8000;
}

static void
take (ClientMedium *medium, const guint8 *data, gsize len)
{
  Client *client = medium->client;
  RflRtp rtp;

  switch (rfl_packet_classify (data, len))
    {
    case RFL_CLASS_RTCP:
      take_rtcp (medium, data, len);
      break;
    case RFL_CLASS_RTP:
      if (!rfl_rtp_parse (&rtp, data, len))
        break;
      client_sources_rtp (medium->sources, &rtp, get_rate (medium, rtp.pt),
                          g_get_monotonic_time ());
      if (client->funcs->rtp)
        client->funcs->rtp (client, medium, &rtp, data, len, client->user_data);
      break;
    default:
      break;
    }
}

static gboolean
on_readable (gint fd, GIOCondition condition, gpointer data)
{
  ClientMedium *medium = data;
  guint8 buffer[MAX_DATAGRAM];

  for (guint i = 0; i < BATCH && !medium->client->leaving; i++)
    {
      gssize n = recv (fd, buffer, sizeof buffer, 0);

      if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        break;
      if (n > 0)
        take (medium, buffer, (gsize) n);
    }
  return G_SOURCE_CONTINUE;
}

/* ---- sending ---- */

void
client_medium_send_raw (ClientMedium *medium, const guint8 *data, gsize len)
{
  /* what is lost here is lost as on the way */
  if (medium->remote.port != 0 && send (medium->fd, data, len, MSG_DONTWAIT) >= 0)
    return;
}

void
client_medium_send (ClientMedium *medium, const guint8 *payload, gsize len, gboolean marker,
                    guint32 duration)
{
  guint8 data[MAX_DATAGRAM];
  const RflRtp rtp = { .marker = marker,
                       .pt = medium->format ? medium->format->pt : 0,
                       .seq = medium->seq++,
                       .timestamp = medium->timestamp,
                       .ssrc = medium->ssrc };
  gsize header = rfl_rtp_write (&rtp, data, sizeof data);

  g_return_if_fail (len <= sizeof data - header);
  memcpy (data + header, payload, len);
  client_medium_send_raw (medium, data, header + len);
  medium->timestamp += duration;
  medium->packets++;
  medium->octets += len;
  medium->sent_lately = TRUE;
  medium->sent_at = g_get_monotonic_time ();
}

/* ---- reports ---- */

static gboolean
on_report (gpointer data)
{
  ClientMedium *medium = data;
  guint8 out[MAX_DATAGRAM];
  gsize len = client_report_write (medium, FALSE, out, sizeof out);
  guint pause;

  client_medium_send_raw (medium, out, len);
  /* RFC 3550 §6.3.5: spread, or all would report at the same time */
  pause = medium->reports < G_N_ELEMENTS (first_reports)
              ? first_reports[medium->reports]
              : (guint) g_random_int_range (REPORT_INTERVAL / 2, REPORT_INTERVAL * 3 / 2);
  medium->reports++;
  medium->report_timer = g_timeout_add (pause, on_report, medium);
  return G_SOURCE_REMOVE;
}

gboolean
client_medium_connect (ClientMedium *medium, const RflAddress *remote, GError **error)
{
  struct sockaddr_storage sa;
  socklen_t len = rfl_address_to_sockaddr (remote, &sa);

  if (rfl_address_equal (&medium->remote, remote))
    return TRUE;
  if (connect (medium->fd, (struct sockaddr *) &sa, len) != 0)
    {
      g_set_error (error, CLIENT_ERROR, CLIENT_FAILED, "cannot send %s to the server: %s",
                   medium->spec->kind, g_strerror (errno));
      return FALSE;
    }
  medium->remote = *remote;
  medium->reports = 0;
  if (medium->watch == 0)
    medium->watch = g_unix_fd_add (medium->fd, G_IO_IN, on_readable, medium);
  g_clear_handle_id (&medium->report_timer, g_source_remove);
  on_report (medium);
  return TRUE;
}

void
client_medium_close (ClientMedium *medium)
{
  guint8 out[MAX_DATAGRAM];

  g_clear_handle_id (&medium->report_timer, g_source_remove);
  if (medium->remote.port != 0)
    client_medium_send_raw (medium, out, client_report_write (medium, TRUE, out, sizeof out));
}

/* ---- what commands ask ---- */

const ClientMediumSpec *
client_medium_get_spec (const ClientMedium *medium)
{
  return medium->spec;
}

const ClientFormat *
client_medium_get_format (const ClientMedium *medium)
{
  return medium->format;
}

const ClientFormat *
client_medium_find_format (const ClientMedium *medium, guint8 pt)
{
  for (const ClientFormat *f = medium->spec->formats; f->rtpmap != NULL; f++)
    if (f->pt == pt)
      return f;
  return NULL;
}

guint32
client_medium_get_ssrc (const ClientMedium *medium)
{
  return medium->ssrc;
}

GPtrArray *
client_medium_get_sources (const ClientMedium *medium)
{
  return client_sources_list (medium->sources);
}
