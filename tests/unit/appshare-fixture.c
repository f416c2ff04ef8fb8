/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fixture of appshare's tests. Tests nothing itself. */
#include "tests/unit/appshare-fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/wire/bytes.h"

#define DEADLINE (20 * G_TIME_SPAN_SECOND)

/* ---- service "control" ---- */

static guint
control_add (gpointer self, const char service[4], RflControlFunc func, gpointer user_data)
{
  House *house = self;

  g_assert_cmpmem (service, 4, "SHAR", 4);
  house->control_func = func;
  house->control_data = user_data;
  return 1;
}

static void
control_remove (gpointer self, guint id)
{
  ((House *) self)->control_func = NULL;
}

static gboolean
control_send (gpointer self, RflParticipant *participant, const char service[4], guint8 type,
              GBytes *body, GError **error)
{
  House *house = self;
  Told *told;
  gsize len;
  const guint8 *data = g_bytes_get_data (body, &len);

  if (house->full)
    return FALSE;
  told = g_new0 (Told, 1);
  told->to = participant;
  g_assert_cmpuint (len, <=, RFL_CONTROL_MAX_BODY);
  g_assert_true (rfl_share_message_read (&told->message, type, data, len, NULL));
  g_ptr_array_add (house->told, told);
  return TRUE;
}

static gboolean
control_speaks (gpointer self, RflParticipant *participant)
{
  return rfl_participant_get_data (participant, "test/speaks") != NULL;
}

static const RflControl control = { control_add, control_remove, control_send, control_speaks };

/* ---- service "links" ---- */

static guint
links_add (gpointer self, const char service[4], RflLinksFunc func, gpointer user_data)
{
  House *house = self;

  house->links_func = func;
  house->links_data = user_data;
  return 1;
}

static void
links_remove (gpointer self, guint id)
{
  ((House *) self)->links_func = NULL;
}

static House *
find_peer (House *house, const char *id)
{
  for (guint i = 0; i < house->peers->len; i++)
    if (g_str_equal (((House *) house->peers->pdata[i])->id, id))
      return house->peers->pdata[i];
  return NULL;
}

static gboolean
links_send (gpointer self, const char *peer, const char service[4], const char *session,
            guint8 type, GBytes *body, GError **error)
{
  House *house = self, *to = find_peer (house, peer);
  gsize len;
  const guint8 *data = g_bytes_get_data (body, &len);

  if (!to || house->cut)
    return FALSE;
  g_assert_cmpuint (len, <=, RFL_LINKS_MAX_BODY);
  to->links_func (house->id, session, type, data, len, to->links_data);
  return TRUE;
}

static GPtrArray *
links_list (gpointer self)
{
  House *house = self;
  GPtrArray *list = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < house->peers->len; i++)
    g_ptr_array_add (list, g_strdup (((House *) house->peers->pdata[i])->id));
  return list;
}

static gboolean
links_get_address (gpointer self, const char *peer, RflAddress *remote, RflAddress *local)
{
  rfl_address_parse (remote, "127.0.0.1", 0);
  rfl_address_parse (local, "127.0.0.1", 0);
  return find_peer (self, peer) != NULL;
}

static const RflLinks links = { links_add, links_remove, links_send, links_list,
                                links_get_address };

/* ---- houses ---- */

static void
told_free (gpointer data)
{
  rfl_share_message_clear (&((Told *) data)->message);
  g_free (data);
}

static void
reconfigure (House *house, guint16 port, const char *options)
{
  g_autofree char *text =
      g_strdup_printf ("bind = \"127.0.0.1\"; client_port = %u; sharer_port = %u; %s", port,
                       port + 100, options);
  g_autoptr (GError) error = NULL;
  g_autoptr (RflSettings) settings =
      rfl_settings_new_from_text ("appshare", appshare_options, text, &error);

  g_assert_no_error (error);
  appshare_configure (house->app, settings, &error);
  g_assert_no_error (error);
}

House *
house_new (const char *id, guint16 port, const char *options)
{
  RflCoreOptions core_options = { .n_workers = 1, .manual_workers = TRUE };
  House *house = g_new0 (House, 1);
  g_autoptr (GError) error = NULL;

  house->core = rfl_core_new (&core_options);
  g_free (house->core->id);
  house->core->id = g_strdup (id);
  house->id = id;
  house->told = g_ptr_array_new_with_free_func (told_free);
  house->peers = g_ptr_array_new ();
  house->people = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_participant_unref);
  rfl_core_offer_service (house->core, RFL_CONTROL_SERVICE, RFL_CONTROL_VERSION, &control, house,
                          &error);
  g_assert_no_error (error);
  rfl_core_offer_service (house->core, RFL_LINKS_SERVICE, RFL_LINKS_VERSION, &links, house, &error);
  g_assert_no_error (error);
  house->app = appshare_new (house->core);
  reconfigure (house, port, options);
  appshare_start (house->app, &error);
  g_assert_no_error (error);
  return house;
}

void
house_free (House *house)
{
  appshare_free (house->app);
  rfl_core_withdraw_service (house->core, RFL_CONTROL_SERVICE);
  rfl_core_withdraw_service (house->core, RFL_LINKS_SERVICE);
  g_ptr_array_unref (house->peers);
  g_ptr_array_unref (house->people);
  g_ptr_array_unref (house->told);
  rfl_core_free (house->core);
  g_free (house);
}

static void
emit_link (House *house, RflEventType type, const char *peer)
{
  RflEvent *event = rfl_event_new (type);

  rfl_event_set_name (event, peer);
  rfl_bus_emit (rfl_core_get_bus (house->core), event, NULL, NULL);
}

void
house_link (House *a, House *b)
{
  g_ptr_array_add (a->peers, b);
  g_ptr_array_add (b->peers, a);
  emit_link (a, RFL_EVENT_LINK_UP, b->id);
  emit_link (b, RFL_EVENT_LINK_UP, a->id);
}

void
house_unlink (House *a, House *b)
{
  g_ptr_array_remove (a->peers, b);
  g_ptr_array_remove (b->peers, a);
  emit_link (a, RFL_EVENT_LINK_DOWN, b->id);
  emit_link (b, RFL_EVENT_LINK_DOWN, a->id);
}

static void
on_joined (RflParticipant *participant, const GError *error, gpointer user_data)
{
  g_assert_no_error (error);
}

RflParticipant *
house_join (House *house, const char *session, const char *name)
{
  RflParticipantSpec spec = { .identity = name };
  RflParticipant *participant;
  RflEvent *event;

  rfl_address_parse (&spec.signalling, "127.0.0.1", 5060);
  participant = rfl_participant_new (house->core, &spec);
  rfl_participant_set_local (participant, &spec.signalling);
  g_ptr_array_add (house->people, participant);
  rfl_participant_join (participant, session,
                        g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_medium_desc_free),
                        on_joined, NULL);
  rfl_participant_set_data (participant, "test/speaks", house, NULL);
  event = rfl_event_new (RFL_EVENT_CONTROL_READY);
  rfl_event_set_participant (event, participant);
  rfl_bus_emit (rfl_core_get_bus (house->core), event, NULL, NULL);
  return participant;
}

void
house_say (House *house, RflParticipant *from, const RflShareMessage *message)
{
  g_autoptr (GBytes) body = rfl_share_message_write (message);
  gsize len;
  const guint8 *data = g_bytes_get_data (body, &len);

  house->control_func (from, message->type, data, len, house->control_data);
}

void
house_request (House *house, RflParticipant *from, guint32 request, RflShareKind kind)
{
  RflShareMessage message = { .type = RFL_SHARE_REQUEST,
                              .request = request,
                              .kind = (guint8) kind,
                              .title = (char *) "a window" };

  house_say (house, from, &message);
}

static gboolean
on_time (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_REMOVE;
}

void
wait_until (Until until, gpointer data)
{
  gboolean late = FALSE;
  guint id = g_timeout_add (DEADLINE / 1000, on_time, &late);

  while (!until (data))
    {
      g_assert_false (late);
      g_main_context_iteration (NULL, TRUE);
    }
  g_source_remove (id);
}

void
run_for (guint milliseconds)
{
  gboolean done = FALSE;

  g_timeout_add (milliseconds, on_time, &done);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
}

static Told *
find_told (House *house, RflParticipant *to, guint8 type)
{
  for (guint i = 0; i < house->told->len; i++)
    {
      Told *told = house->told->pdata[i];
      if (told->to == to && told->message.type == type)
        return told;
    }
  return NULL;
}

gboolean
house_was_told (House *house, RflParticipant *to, guint8 type)
{
  return find_told (house, to, type) != NULL;
}

typedef struct {
  House *house;
  RflParticipant *to;
  guint8 type;
} Awaited;

static gboolean
has_come (gpointer data)
{
  Awaited *a = data;

  return find_told (a->house, a->to, a->type) != NULL;
}

RflShareMessage *
house_await (House *house, RflParticipant *to, guint8 type)
{
  Awaited awaited = { house, to, type };
  Told *told;

  wait_until (has_come, &awaited);
  told = find_told (house, to, type);
  told->to = NULL;
  return &told->message;
}

guint64
house_count (House *house, const char *counter)
{
  app_count_relay (house->app);
  return rfl_counter_read (rfl_counter_get (house->core, counter, ""));
}

void
wait_count (House *house, const char *counter, guint64 at_least)
{
  gint64 deadline = g_get_monotonic_time () + DEADLINE;

  while (house_count (house, counter) < at_least)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      run_for (5);
    }
}

/* ---- clients ---- */

int
client_connect (guint16 port)
{
  struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons (port) };
  struct timeval limit = { .tv_sec = 10 };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

  sa.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  g_assert_cmpint (fd, >=, 0);
  setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect (fd, (struct sockaddr *) &sa, sizeof sa) == 0)
    return fd;
  close (fd);
  return -1;
}

void
client_write (int fd, gconstpointer data, gsize len)
{
  const guint8 *at = data;

  for (gssize n; len > 0; at += n, len -= (gsize) n)
    {
      n = send (fd, at, len, MSG_NOSIGNAL);
      g_assert_cmpint (n, >, 0);
    }
}

void
client_read (int fd, gpointer data, gsize len)
{
  guint8 *at = data;

  for (gssize n; len > 0; at += n, len -= (gsize) n)
    {
      n = recv (fd, at, len, 0);
      g_assert_cmpint (n, >, 0);
    }
}

char *
client_line (int fd)
{
  GString *line = g_string_new (NULL);
  char c;

  while (recv (fd, &c, 1, 0) == 1)
    {
      g_string_append_c (line, c);
      if (c == '\n')
        break;
    }
  return g_string_free (line, FALSE);
}

void
client_hello (int fd, const RflShareMessage *message)
{
  RflShareHello hello = { 0 };
  char line[RFL_SHARE_MAX_LINE + 1];

  g_strlcpy (hello.share, message->share, sizeof hello.share);
  memcpy (hello.passkey, message->passkey, RFL_SHARE_PASSKEY);
  client_write (fd, line, rfl_share_hello_write (&hello, line));
}

int
client_enter (const RflShareMessage *message)
{
  int fd = client_connect (message->port);
  g_autofree char *answer = NULL;

  g_assert_cmpint (fd, >=, 0);
  client_hello (fd, message);
  answer = client_line (fd);
  g_assert_cmpstr (answer, ==, RFL_SHARE_OK);
  return fd;
}

void
client_assert_closed (int fd)
{
  char c;
  gssize n = recv (fd, &c, 1, 0);

  if (n < 0)
    g_assert_cmpint (errno, ==, ECONNRESET);
  else
    g_assert_cmpint (n, ==, 0);
  close (fd);
}

void
client_frame (int fd, guint8 type, guint8 flags, guint32 channel, gconstpointer data, gsize len)
{
  RflShareFrame frame = { type, flags, (guint16) len, channel };
  g_autofree guint8 *octets = g_malloc (RFL_SHARE_FRAME_HEAD + len);

  rfl_share_frame_write (&frame, octets);
  if (len > 0)
    memcpy (octets + RFL_SHARE_FRAME_HEAD, data, len);
  client_write (fd, octets, RFL_SHARE_FRAME_HEAD + len);
}

RflShareFrame
client_read_frame (int fd, guint8 *payload)
{
  RflShareFrame frame;
  guint8 head[RFL_SHARE_FRAME_HEAD];

  do
    {
      client_read (fd, head, sizeof head);
      rfl_share_frame_read (&frame, head);
      client_read (fd, payload, frame.len);
    }
  while (frame.type == RFL_SHARE_FRAME_PING);
  return frame;
}

guint32
client_await_open (int sharer)
{
  guint8 payload[RFL_SHARE_MAX_PAYLOAD + 1];
  RflShareFrame frame = client_read_frame (sharer, payload);

  g_assert_cmpuint (frame.type, ==, RFL_SHARE_FRAME_OPEN);
  g_assert_cmpuint (frame.len, ==, 4);
  return frame.channel;
}

void
client_await_text (int sharer, guint32 channel, const char *text)
{
  guint8 payload[RFL_SHARE_MAX_PAYLOAD + 1];
  RflShareFrame frame = client_read_frame (sharer, payload);

  g_assert_cmpuint (frame.type, ==, RFL_SHARE_FRAME_DATA);
  g_assert_cmpuint (frame.channel, ==, channel);
  g_assert_cmpmem (payload, frame.len, text, strlen (text));
}

void
client_credit (int fd, guint32 channel, guint32 n)
{
  guint8 octets[4];

  wire_put32 (octets, n);
  client_frame (fd, RFL_SHARE_FRAME_CREDIT, 0, channel, octets, 4);
}

int
house_share (House *house, RflParticipant *owner, guint32 request, RflShareKind kind)
{
  house_request (house, owner, request, kind);
  return client_enter (house_await (house, owner, RFL_SHARE_GRANT));
}

static GLogWriterOutput
no_log (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
  return level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)
             ? g_log_writer_default (level, fields, n, data)
             : G_LOG_WRITER_HANDLED;
}

void
fixture_be_quiet (void)
{
  g_log_set_writer_func (no_log, NULL, NULL);
}
