/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fixture of files' tests. Tests nothing itself. */
#include "tests/unit/files-fixture.h"

#include <glib/gstdio.h>
#include <libsoup/soup.h>
#include <string.h>

#define DEADLINE (20 * G_TIME_SPAN_SECOND)

/* ---- service "control" ---- */

static guint
control_add (gpointer self, const char service[4], RflControlFunc func, gpointer user_data)
{
  return 1;
}

static void
control_remove (gpointer self, guint id)
{
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
  g_assert_cmpmem (service, 4, RFL_FILE_CONTROL, 4);
  g_assert_cmpuint (len, <=, RFL_CONTROL_MAX_BODY);
  told = g_new0 (Told, 1);
  told->to = participant;
  g_assert_true (rfl_file_message_read (&told->message, type, data, len, NULL));
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
find_peer (House *house, const char *peer)
{
  for (guint i = 0; i < house->peers->len; i++)
    if (g_str_equal (((House *) house->peers->pdata[i])->id, peer))
      return house->peers->pdata[i];
  return NULL;
}

typedef struct {
  House *to;
  const char *from;
  char *session;
  guint8 type;
  GBytes *body;
} Letter;

/* Later, as over a network: nobody is called back from within. */
static gboolean
deliver (gpointer data)
{
  Letter *letter = data;
  gsize len;
  const guint8 *body = g_bytes_get_data (letter->body, &len);
  House *to = letter->to;

  if (find_peer (to, letter->from))
    to->links_func (letter->from, letter->session, letter->type, body, len, to->links_data);
  g_bytes_unref (letter->body);
  g_free (letter->session);
  g_free (letter);
  return G_SOURCE_REMOVE;
}

static gboolean
links_send (gpointer self, const char *peer, const char service[4], const char *session,
            guint8 type, GBytes *body, GError **error)
{
  House *house = self;
  Letter *letter;

  if (house->full || !find_peer (house, peer))
    return FALSE;
  g_assert_cmpuint (g_bytes_get_size (body), <=, RFL_LINKS_MAX_BODY);
  letter = g_new0 (Letter, 1);
  letter->to = find_peer (house, peer);
  letter->from = house->id;
  letter->session = g_strdup (session);
  letter->type = type;
  letter->body = g_bytes_ref (body);
  g_idle_add (deliver, letter);
  /* cppcheck-suppress memleak */
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
  Told *told = data;

  rfl_file_message_clear (&told->message);
  g_free (told->text);
  g_free (told);
}

static RflHookResult
on_text (RflEvent *event, gpointer data, GError **error)
{
  Told *told = g_new0 (Told, 1);
  gsize len;
  const char *text = g_bytes_get_data (event->data, &len);

  told->to = event->participant;
  told->text = g_strndup (text, len);
  g_ptr_array_add (((House *) data)->told, told);
  return RFL_HOOK_CONTINUE;
}

static void
configure (House *house, guint16 port, const char *options)
{
  g_autofree char *text = g_strdup_printf ("bind = \"127.0.0.1\"; port = %u; spool = \"%s\"; spare "
                                           "= 0; stall = 2; %s",
                                           port, house->spool, options);
  g_autoptr (GError) error = NULL;
  g_autoptr (RflSettings) settings =
      rfl_settings_new_from_text ("files", files_options, text, &error);

  g_assert_no_error (error);
  files_configure (house->files, settings, &error);
  g_assert_no_error (error);
}

House *
house_new (const char *id, guint16 port, const char *options)
{
  RflCoreOptions core_options = { .n_workers = 1, .manual_workers = TRUE };
  House *house = g_new0 (House, 1);
  RflHook hook = { .name = "test/text",
                   .event = RFL_EVENT_PARTICIPANT_TEXT,
                   .stage = RFL_HOOK_NORMAL,
                   .func = on_text,
                   .user_data = house };
  g_autoptr (GError) error = NULL;

  house->clock = core_options.clock = rfl_clock_new_manual (G_TIME_SPAN_HOUR);
  house->core = rfl_core_new (&core_options);
  g_free (house->core->id);
  house->core->id = g_strdup (id);
  house->id = id;
  house->spool = g_dir_make_tmp ("reflectord-files-XXXXXX", NULL);
  house->told = g_ptr_array_new_with_free_func (told_free);
  house->people = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_participant_unref);
  house->peers = g_ptr_array_new ();
  house->hook = rfl_bus_add_hook (rfl_core_get_bus (house->core), &hook, NULL);
  rfl_core_offer_service (house->core, RFL_CONTROL_SERVICE, RFL_CONTROL_VERSION, &control, house,
                          &error);
  g_assert_no_error (error);
  rfl_core_offer_service (house->core, RFL_LINKS_SERVICE, RFL_LINKS_VERSION, &links, house, &error);
  g_assert_no_error (error);
  house->files = files_new (house->core);
  configure (house, port, options);
  files_start (house->files, &error);
  g_assert_no_error (error);
  return house;
}

static void
remove_folder (const char *path)
{
  GDir *dir = g_dir_open (path, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)))
    {
      g_autofree char *file = g_build_filename (path, name, NULL);
      g_unlink (file);
    }
  g_dir_close (dir);
  g_assert_cmpint (g_rmdir (path), ==, 0);
}

/* Nothing is on its way to it then, nor will be. */
static void
leave_peers (House *house)
{
  for (guint i = 0; i < house->peers->len; i++)
    g_ptr_array_remove (((House *) house->peers->pdata[i])->peers, house);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

void
house_free (House *house)
{
  leave_peers (house);
  files_free (house->files);
  rfl_bus_remove_hook (rfl_core_get_bus (house->core), house->hook);
  rfl_core_withdraw_service (house->core, RFL_CONTROL_SERVICE);
  rfl_core_withdraw_service (house->core, RFL_LINKS_SERVICE);
  g_ptr_array_unref (house->people);
  g_ptr_array_unref (house->peers);
  g_ptr_array_unref (house->told);
  rfl_core_free (house->core);
  remove_folder (house->spool);
  g_free (house->spool);
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

void
house_say (House *house, const char *from, const char *session, guint8 type, GBytes *body)
{
  gsize len;
  const guint8 *data = g_bytes_get_data (body, &len);

  house->links_func (from, session, type, data, len, house->links_data);
}

static void
on_joined (RflParticipant *participant, const GError *error, gpointer user_data)
{
  g_assert_no_error (error);
}

RflParticipant *
house_join (House *house, const char *session, const char *name, gboolean speaks)
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
  if (!speaks)
    return participant;
  rfl_participant_set_data (participant, "test/speaks", house, NULL);
  event = rfl_event_new (RFL_EVENT_CONTROL_READY);
  rfl_event_set_participant (event, participant);
  rfl_bus_emit (rfl_core_get_bus (house->core), event, NULL, NULL);
  return participant;
}

/* ---- waiting ---- */

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

typedef struct {
  House *house;
  RflParticipant *to;
  guint type;
} Awaited;

static Told *
find_told (const Awaited *a)
{
  for (guint i = 0; i < a->house->told->len; i++)
    {
      Told *told = a->house->told->pdata[i];
      if (told->to == a->to && told->message.type == a->type)
        return told;
    }
  return NULL;
}

static gboolean
has_come (gpointer data)
{
  return find_told (data) != NULL;
}

Told *
house_await (House *house, RflParticipant *to, guint type)
{
  Awaited awaited = { house, to, type };
  Told *told;

  wait_until (has_come, &awaited);
  told = find_told (&awaited);
  told->to = NULL;
  return told;
}

gboolean
house_was_told (House *house, RflParticipant *to, guint type)
{
  Awaited awaited = { house, to, type };

  return find_told (&awaited) != NULL;
}

guint64
house_count (House *house, const char *counter)
{
  files_count_http (house->files);
  return rfl_counter_read (rfl_counter_get (house->core, counter, ""));
}

const FilesItem *
house_get_file (House *house)
{
  g_autoptr (GPtrArray) list = files_list (house->files, NULL);

  g_assert_cmpuint (list->len, <=, 1);
  return list->len > 0 ? list->pdata[0] : NULL;
}

static gboolean
has_file (gpointer house)
{
  return house_get_file (house) != NULL;
}

static gboolean
has_none (gpointer house)
{
  return house_get_file (house) == NULL;
}

void
wait_file (House *house, gboolean there)
{
  wait_until (there ? has_file : has_none, house);
}

/* ---- clients ---- */

typedef struct {
  GBytes *body;
  gboolean done;
} Answer;

static void
on_answer (GObject *session, GAsyncResult *result, gpointer data)
{
  Answer *answer = data;

  answer->body = soup_session_send_and_read_finish (SOUP_SESSION (session), result, NULL);
  answer->done = TRUE;
}

static gboolean
is_done (gpointer answer)
{
  return ((Answer *) answer)->done;
}

/* @msg: (transfer full) */
static guint
ask (SoupMessage *msg, GBytes **body)
{
  SoupSession *session = soup_session_new ();
  Answer answer = { NULL, FALSE };
  guint status;

  soup_session_send_and_read_async (session, msg, G_PRIORITY_DEFAULT, NULL, on_answer, &answer);
  wait_until (is_done, &answer);
  status = answer.body ? soup_message_get_status (msg) : 0;
  if (body)
    *body = g_steal_pointer (&answer.body);
  g_clear_pointer (&answer.body, g_bytes_unref);
  g_object_unref (msg);
  g_object_unref (session);
  return status;
}

guint
client_put (const RflFileMessage *key, const char *name, const char *content, gsize len)
{
  g_autofree char *url = g_strdup_printf ("%s/rooms/%s/files/%s", key->base, key->room, name);
  SoupMessage *msg = soup_message_new (SOUP_METHOD_PUT, url);
  g_autoptr (GBytes) body = g_bytes_new (content, len);
  char hex[2 * RFL_FILE_PASSKEY + 1];
  g_autofree char *field = NULL;

  rfl_file_hex_write (key->passkey, RFL_FILE_PASSKEY, hex);
  field = g_strconcat ("Bearer ", hex, NULL);
  soup_message_headers_replace (soup_message_get_request_headers (msg), "Authorization", field);
  soup_message_set_request_body_from_bytes (msg, "text/plain", body);
  return ask (msg, NULL);
}

guint
client_get (const char *url, GBytes **body)
{
  return ask (soup_message_new (SOUP_METHOD_GET, url), body);
}
