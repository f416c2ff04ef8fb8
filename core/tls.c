/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks at what a TLS client has sent (RFC 8446 §5.1), and leaves it in the socket. Not for the handshake.
 */
#include <reflector/tls.h>

#include <errno.h>
#include <sys/socket.h>

#define HEAD 5
#define HANDSHAKE 22
#define MOST (16384 + 256)

struct _RflTlsHello {
  GSocket *socket;
  GSource *readable, *late;
  gsize want; /* octets before it is looked at again */
  RflTlsHelloFunc func;
  gpointer user_data;
};

static void
clear_source (GSource **source)
{
  if (!*source)
    return;
  g_source_destroy (*source);
  g_source_unref (*source);
  *source = NULL;
}

/* The kernel wakes us when so much is there, or the client has ended. */
static void
want (RflTlsHello *hello, gsize octets)
{
  hello->want = octets;
  g_socket_set_option (hello->socket, SOL_SOCKET, SO_RCVLOWAT, (gint) octets, NULL);
}

void
rfl_tls_hello_free (RflTlsHello *hello)
{
  if (!hello)
    return;
  clear_source (&hello->readable);
  clear_source (&hello->late);
  want (hello, 1);
  g_object_unref (hello->socket);
  g_free (hello);
}

/* Returns: whether to wait on; else @whole */
static gboolean
look (RflTlsHello *hello, gboolean *whole)
{
  guint8 octets[HEAD + MOST];
  ssize_t n = recv (g_socket_get_fd (hello->socket), octets, hello->want, MSG_PEEK | MSG_DONTWAIT);
  gsize len;

  *whole = FALSE;
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return TRUE;
  if (n < (ssize_t) hello->want)
    return FALSE;
  len = octets[3] << 8 | octets[4];
  if (octets[0] != HANDSHAKE || len == 0 || len > MOST)
    return FALSE;
  *whole = hello->want == HEAD + len;
  want (hello, HEAD + len);
  return !*whole;
}

static gboolean
on_readable (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  RflTlsHello *hello = user_data;
  gboolean whole;

  if (look (hello, &whole))
    return G_SOURCE_CONTINUE;
  clear_source (&hello->readable);
  hello->func (whole, hello->user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
on_late (gpointer user_data)
{
  RflTlsHello *hello = user_data;

  clear_source (&hello->readable);
  hello->func (FALSE, hello->user_data);
  return G_SOURCE_REMOVE;
}

RflTlsHello *
rfl_tls_hello_new (GSocket *socket, GMainContext *context, guint seconds, RflTlsHelloFunc func,
                   gpointer user_data)
{
  RflTlsHello *hello = g_new0 (RflTlsHello, 1);

  hello->socket = g_object_ref (socket);
  hello->func = func;
  hello->user_data = user_data;
  want (hello, HEAD);
  hello->late = g_timeout_source_new_seconds (seconds);
  g_source_set_callback (hello->late, on_late, hello, NULL);
  g_source_attach (hello->late, context);
  hello->readable = g_socket_create_source (socket, G_IO_IN, NULL);
  g_source_set_callback (hello->readable, G_SOURCE_FUNC (on_readable), hello, NULL);
  g_source_attach (hello->readable, context);
  return hello;
}

GIOStream *
rfl_tls_server_new (GIOStream *io, GTlsCertificate *certificate)
{
  GType type = g_tls_backend_get_server_connection_type (g_tls_backend_get_default ());

  return g_initable_new (type, NULL, NULL, "base-io-stream", io, "certificate", certificate,
                         "database", NULL, NULL);
}
