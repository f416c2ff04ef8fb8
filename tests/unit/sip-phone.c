/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The phone of sip-phone.h over real loopback sockets. Not a SIP stack: no timers. */
#include "tests/unit/sip-phone.h"
#include <arpa/inet.h>
#include <errno.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE (30 * G_TIME_SPAN_SECOND)

static gboolean
wake (int fd, GIOCondition condition, gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static gboolean
tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static struct sockaddr_in
loopback (guint16 port)
{
  return (struct sockaddr_in){ .sin_family = AF_INET,
                               .sin_port = htons (port),
                               .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
}

Phone *
phone_new (GMainContext *context, guint16 server_port, gboolean tcp)
{
  Phone *phone = g_new0 (Phone, 1);
  struct sockaddr_in here = loopback (0), there = loopback (server_port);
  socklen_t len = sizeof here;

  phone->context = context;
  phone->tcp = tcp;
  phone->server_port = server_port;
  phone->fd = socket (AF_INET, tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
  g_assert_cmpint (phone->fd, >=, 0);
  g_assert_cmpint (bind (phone->fd, (struct sockaddr *) &here, sizeof here), ==, 0);
  g_assert_cmpint (connect (phone->fd, (struct sockaddr *) &there, sizeof there), ==, 0);
  g_assert_cmpint (getsockname (phone->fd, (struct sockaddr *) &here, &len), ==, 0);
  phone->port = ntohs (here.sin_port);
  phone->host = g_strdup_printf ("127.0.0.1:%u", phone->port);
  phone->call_id = g_strdup_printf ("%08x%08x", g_random_int (), g_random_int ());
  phone->input = g_string_new (NULL);
  return phone;
}

void
phone_free (Phone *phone)
{
  if (phone == NULL)
    return;
  close (phone->fd);
  g_free (phone->host);
  g_free (phone->call_id);
  g_free (phone->tag);
  g_free (phone->contact);
  g_string_free (phone->input, TRUE);
  g_free (phone);
}

void
phone_send_raw (Phone *phone, const char *data, gssize len)
{
  gsize size = len < 0 ? strlen (data) : (gsize) len;

  gssize sent = send (phone->fd, data, size, MSG_NOSIGNAL);

  if (sent < 0 && phone->tcp)
    phone->closed = TRUE;
  else
    g_assert_cmpint (sent, ==, (gssize) size);
}

void
phone_send (Phone *phone, const char *method, const char *uri, const char *headers,
            const char *body)
{
  gboolean same = strcmp (method, "ACK") == 0 || strcmp (method, "CANCEL") == 0;
  guint cseq = same ? phone->cseq : ++phone->cseq;
  /* An ACK to a 2xx is a transaction of its own; CANCEL names the INVITE's. */
  const char *kind = strcmp (method, "ACK") == 0 ? "a" : "";
  g_autofree char *text =
      g_strdup_printf ("%s %s SIP/2.0\r\n"
                       "Via: SIP/2.0/%s %s;branch=z9hG4bK%s%s%u;rport\r\n"
                       "From: \"Alice\" <sip:alice@127.0.0.1>;tag=f1\r\n"
                       "To: <sip:room@127.0.0.1>%s%s\r\n"
                       "Call-ID: %s\r\nCSeq: %u %s\r\nMax-Forwards: 70\r\n"
                       "%sContent-Length: %zu\r\n\r\n%s",
                       method, uri, phone->tcp ? "TCP" : "UDP", phone->host, phone->call_id, kind,
                       cseq, phone->tag ? ";tag=" : "", phone->tag ? phone->tag : "",
                       phone->call_id, cseq, method, headers ? headers : "",
                       body ? strlen (body) : 0, body ? body : "");

  phone_send_raw (phone, text, -1);
}

char *
phone_offer (const Phone *phone, const char *direction)
{
  return g_strdup_printf ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"
                          "t=0 0\r\nm=audio %u RTP/AVP 0 101\r\n"
                          "a=rtpmap:101 telephone-event/8000\r\na=%s\r\n",
                          40000, direction);
}

void
phone_invite (Phone *phone, const char *room)
{
  g_autofree char *offer = phone_offer (phone, "sendrecv");
  g_autofree char *uri = g_strdup_printf ("sip:%s@127.0.0.1:%u", room, phone->server_port);
  g_autofree char *headers =
      g_strdup_printf ("Contact: <sip:alice@%s%s>\r\nContent-Type: application/sdp\r\n",
                       phone->host, phone->tcp ? ";transport=tcp" : "");

  phone_send (phone, "INVITE", uri, headers, offer);
}

void
phone_ack (Phone *phone)
{
  phone_send (phone, "ACK", phone->contact, NULL, NULL);
}

/* The values of all lines of header @name, as full lines. */
static void
copy_lines (GString *out, const char *message, const char *name)
{
  g_auto (GStrv) lines = g_strsplit (message, "\r\n", -1);

  for (char **line = lines; *line && **line; line++)
    if (g_str_has_prefix (*line, name))
      g_string_append_printf (out, "%s\r\n", *line);
}

void
phone_answer (Phone *phone, const char *request, const char *status)
{
  phone_answer_with (phone, request, status, "", "");
}

void
phone_answer_with (Phone *phone, const char *request, const char *status, const char *headers,
                   const char *body)
{
  static const char *const names[] = { "Via:", "From:", "To:", "Call-ID:", "CSeq:" };
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "SIP/2.0 %s\r\n", status);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    copy_lines (text, request, names[i]);
  g_string_append_printf (text, "%sContent-Length: %zu\r\n\r\n%s", headers, strlen (body), body);
  phone_send_raw (phone, text->str, text->len);
  g_string_free (text, TRUE);
}

/* One message out of what has come, or %NULL. */
static char *
cut_message (Phone *phone)
{
  const char *end = strstr (phone->input->str, "\r\n\r\n"), *length;
  gsize size;
  char *message;

  if (end == NULL)
    return NULL;
  length = strstr (phone->input->str, "\r\nContent-Length: ");
  size = end + 4 - phone->input->str;
  if (length && length < end)
    size += g_ascii_strtoull (length + 18, NULL, 10);
  if (phone->input->len < size)
    return NULL;
  message = g_strndup (phone->input->str, size);
  g_string_erase (phone->input, 0, size);
  return message;
}

static void
read_input (Phone *phone)
{
  char buffer[65536];
  gssize n = recv (phone->fd, buffer, sizeof buffer, MSG_DONTWAIT);

  if (n > 0)
    g_string_append_len (phone->input, buffer, n);
  else if (n == 0 || (errno != EAGAIN && errno != ECONNREFUSED))
    phone->closed = phone->tcp;
}

/* "NAME=" or "<" up to one of @stops, behind @where in @message; replaces *@out. */
static void
take_between (char **out, const char *message, const char *where, const char *start,
              const char *stops)
{
  const char *line = strstr (message, where), *value = line ? strstr (line, start) : NULL;

  if (value == NULL || value > strstr (line + 2, "\r\n"))
    return;
  value += strlen (start);
  g_free (*out);
  *out = g_strndup (value, strcspn (value, stops));
}

static void
learn (Phone *phone, const char *message)
{
  if (!g_str_has_prefix (message, "SIP/2.0 2"))
    return;
  take_between (&phone->tag, message, "\r\nTo:", "tag=", ";\r");
  take_between (&phone->contact, message, "\r\nContact:", "<", ">");
}

static char *
receive_for (Phone *phone, gint64 time)
{
  gint64 end = g_get_monotonic_time () + time;
  g_autoptr (GSource) input = g_unix_fd_source_new (phone->fd, G_IO_IN);
  g_autoptr (GSource) timer = g_timeout_source_new (20);
  char *message;

  g_source_set_callback (input, G_SOURCE_FUNC (wake), NULL, NULL);
  g_source_set_callback (timer, tick, NULL, NULL);
  g_source_attach (input, phone->context);
  g_source_attach (timer, phone->context);
  for (;;)
    {
      read_input (phone);
      message = cut_message (phone);
      if (message || phone->closed || g_get_monotonic_time () >= end)
        break;
      g_main_context_iteration (phone->context, TRUE);
    }
  g_source_destroy (input);
  g_source_destroy (timer);
  if (message)
    learn (phone, message);
  return message;
}

char *
phone_receive_for (Phone *phone, guint ms)
{
  return receive_for (phone, ms * G_TIME_SPAN_MILLISECOND);
}

char *
phone_receive (Phone *phone)
{
  return receive_for (phone, PATIENCE);
}

char *
phone_expect (Phone *phone, const char *start)
{
  g_autofree char *last = NULL;

  for (guint i = 0; i < 20; i++)
    {
      char *message = phone_receive (phone);
      if (message == NULL)
        break;
      if (g_str_has_prefix (message, start))
        return message;
      g_free (last);
      last = message;
    }
  g_error ("waited for %s, last came: %s", start, last ? last : "nothing");
}

void
phone_run_until (GMainContext *context, gboolean (*done) (gpointer), gpointer data)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  g_autoptr (GSource) timer = g_timeout_source_new (20);

  g_source_set_callback (timer, tick, NULL, NULL);
  g_source_attach (timer, context);
  while (!done (data))
    {
      if (g_get_monotonic_time () > end)
        g_error ("what was waited for did not come");
      g_main_context_iteration (context, TRUE);
    }
  g_source_destroy (timer);
}
