/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files among several reflectors: what is wrong is refused; ways come and go, in a triangle too, and nothing goes round in it;
 * octets come through two of them.
 */
#include "tests/unit/files-fixture.h"

#include <string.h>

#define PORT 26080
#define CONTENT "what is in the file"

static RflFileMessage
example (const char *from)
{
  RflFileMessage m = { .type = RFL_FILE_LINK_OFFERED,
                       .port = 9,
                       .size = 5,
                       .file = "0123456789abcde",
                       .passkey = "0123456789abcde",
                       .name = (char *) "name",
                       .owner = (char *) "sip:a@b",
                       .address = (char *) "127.0.0.1",
                       .n_path = 1 };

  rfl_file_tag (from, m.path[0]);
  return m;
}

static void
say (House *house, const char *from, const RflFileMessage *message)
{
  g_autoptr (GBytes) body = rfl_file_message_write (message);

  house_say (house, from, "room", message->type & 0xff, body);
}

/* One that is there only by its name: what it says is said by the test. */
static void
link_ghost (House *house, House *ghost)
{
  *ghost = (House){ .id = "ghost" };
  ghost->peers = g_ptr_array_new ();
  g_ptr_array_add (house->peers, ghost);
}

static void
unlink_ghost (House *house, House *ghost)
{
  g_ptr_array_remove (house->peers, ghost);
  g_ptr_array_unref (ghost->peers);
}

static void
ignore (const char *peer, const char *session, guint8 type, const guint8 *body, gsize len,
        gpointer data)
{
}

/* ---- what is refused ---- */

static void
malformed (void)
{
  House *house = house_new ("r1", PORT, ""), ghost;
  RflFileMessage good = example ("ghost");
  g_autoptr (GBytes) body = rfl_file_message_write (&good);
  g_autoptr (GBytes) nothing = g_bytes_new ("", 0);

  link_ghost (house, &ghost);
  ghost.links_func = ignore;
  house_say (house, "ghost", NULL, RFL_FILE_OFFERED, body);
  house_say (house, "ghost", "room", RFL_FILE_OFFERED, nothing);
  house_say (house, "ghost", "room", RFL_FILE_KEY, body);
  house_say (house, "ghost", "room", 77, body);
  g_assert_cmpuint (house_count (house, "files.messages_malformed"), ==, 4);
  run_for (20);
  g_assert_null (house_get_file (house));
  unlink_ghost (house, &ghost);
  house_free (house);
}

static void
objections (void)
{
  House *house = house_new ("r1", PORT, "max_remote = 1;"), ghost;
  RflFileMessage m = example ("ghost");

  link_ghost (house, &ghost);
  ghost.links_func = ignore;
  /* has passed ourselves */
  rfl_file_tag ("r1", m.path[0]);
  say (house, "ghost", &m);
  g_assert_cmpuint (g_hash_table_size (house->files->remotes), ==, 0);
  m = example ("ghost");
  say (house, "ghost", &m);
  wait_file (house, TRUE);
  /* is another one now */
  m.size = 6;
  say (house, "ghost", &m);
  g_assert_cmpuint (house_count (house, "files.links_refused"), ==, 1);
  g_assert_cmpuint (house_get_file (house)->info->size, ==, 5);
  /* one too many */
  m.file[0]++;
  say (house, "ghost", &m);
  g_assert_cmpuint (house_count (house, "files.links_refused"), ==, 2);
  /* the end of one that it has not offered */
  m.type = RFL_FILE_GONE;
  say (house, "ghost", &m);
  m.file[0]--;
  say (house, "another", &m);
  run_for (20);
  g_assert_nonnull (house_get_file (house));
  say (house, "ghost", &m);
  wait_file (house, FALSE);
  g_assert_cmpuint (g_hash_table_size (house->files->remotes), ==, 0);
  unlink_ghost (house, &ghost);
  house_free (house);
}

static RflHookResult
on_offered (RflEvent *event, gpointer data, GError **error)
{
  const RflFileOffer *offer = g_bytes_get_data (event->data, NULL);

  g_assert_cmpstr (event->name, ==, "name");
  g_assert_cmpuint (offer->size, ==, *(guint64 *) data);
  g_set_error (error, RFL_ERROR, RFL_ERROR_FORBIDDEN, "not here");
  return RFL_HOOK_REFUSE;
}

static void
refused_by_a_plugin (void)
{
  House *house = house_new ("r1", PORT, ""), ghost;
  RflFileMessage m = example ("ghost");
  guint64 size = 5;
  RflHook hook = { .name = "test/refuse",
                   .event = RFL_EVENT_FILE_OFFERED,
                   .stage = RFL_HOOK_EARLY,
                   .func = on_offered,
                   .user_data = &size };
  guint id = rfl_bus_add_hook (rfl_core_get_bus (house->core), &hook, NULL);
  RflParticipant *one = house_join (house, "room", "sip:one@x", TRUE);
  const RflFileMessage *key = &house_await (house, one, RFL_FILE_KEY)->message;

  link_ghost (house, &ghost);
  ghost.links_func = ignore;
  say (house, "ghost", &m);
  g_assert_cmpuint (house_count (house, "files.links_refused"), ==, 1);
  size = 3;
  g_assert_cmpuint (client_put (key, "name", "abc", 3), ==, 403);
  g_assert_cmpuint (house_count (house, "files.refused"), ==, 1);
  run_for (20);
  g_assert_null (house_get_file (house));
  rfl_bus_remove_hook (rfl_core_get_bus (house->core), id);
  unlink_ghost (house, &ghost);
  house_free (house);
}

/* ---- participants ---- */

static void
told (void)
{
  House *house = house_new ("r1", PORT, "");
  RflParticipant *one = house_join (house, "room", "sip:one@x", TRUE);
  RflParticipant *phone = house_join (house, "room", "sip:phone@x", FALSE);
  RflParticipant *other = house_join (house, "other", "sip:other@x", TRUE);
  const RflFileMessage *key = &house_await (house, one, RFL_FILE_KEY)->message;
  const RflFileMessage *offered;

  g_assert_cmpstr (key->room, ==, "room");
  g_assert_true (g_str_has_prefix (key->page, key->base));
  g_assert_cmpuint (client_put (key, "a%20b", CONTENT, strlen (CONTENT)), ==, 201);
  offered = &house_await (house, one, RFL_FILE_OFFERED)->message;
  g_assert_cmpstr (offered->name, ==, "a b");
  g_assert_cmpstr (offered->owner, ==, "sip:one@x");
  g_assert_true (g_str_has_prefix (offered->url, key->base));
  /* a phone that has just come may still become a client */
  g_assert_false (house_was_told (house, phone, 0));
  rfl_clock_advance (house->clock, 6 * G_TIME_SPAN_SECOND);
  Told *text = house_await (house, phone, 0);
  g_autofree char *wanted = g_strdup_printf ("sip:one@x offers a b (19 octets): %s", offered->url);
  g_assert_cmpstr (text->text, ==, wanted);
  RflParticipant *late = house_join (house, "room", "sip:late@x", TRUE);
  house_await (house, late, RFL_FILE_OFFERED);
  rfl_clock_advance (house->clock, 6 * G_TIME_SPAN_SECOND);
  g_assert_false (house_was_told (house, phone, 0));
  g_assert_false (house_was_told (house, one, RFL_FILE_OFFERED));
  g_assert_false (house_was_told (house, other, RFL_FILE_OFFERED));
  http_remove (house->files->http, offered->file, "away with it");
  g_assert_cmpstr (house_await (house, late, RFL_FILE_GONE)->message.reason, ==, "away with it");
  g_assert_false (house_was_told (house, phone, 0));
  house_free (house);
}

static void
told_later (void)
{
  House *house = house_new ("r1", PORT, ""), *peer = house_new ("r2", PORT + 1, "");
  RflParticipant *one = house_join (house, "room", "sip:one@x", TRUE);
  RflFileMessage key = house_await (house, one, RFL_FILE_KEY)->message;

  house_link (house, peer);
  house->full = TRUE;
  g_assert_cmpuint (client_put (&key, "name", CONTENT, strlen (CONTENT)), ==, 201);
  wait_file (house, TRUE);
  run_for (20);
  g_assert_null (house_get_file (peer));
  g_assert_cmpuint (house_count (house, "files.untold"), >=, 2);
  house->full = FALSE;
  rfl_clock_advance (house->clock, 2 * G_TIME_SPAN_SECOND);
  house_await (house, one, RFL_FILE_OFFERED);
  wait_file (peer, TRUE);
  house_free (house);
  house_free (peer);
}

/* ---- ways ---- */

typedef struct {
  House *a, *b, *c;
  RflParticipant *one;
  const RflFileMessage *key;
} Triangle;

static Triangle
triangle (const char *options)
{
  Triangle t = { 0 };

  t.a = house_new ("a", PORT, options);
  t.b = house_new ("b", PORT + 1, options);
  t.c = house_new ("c", PORT + 2, options);
  t.one = house_join (t.a, "room", "sip:one@x", TRUE);
  t.key = &house_await (t.a, t.one, RFL_FILE_KEY)->message;
  house_link (t.a, t.b);
  house_link (t.b, t.c);
  g_assert_cmpuint (client_put (t.key, "name", CONTENT, strlen (CONTENT)), ==, 201);
  wait_file (t.a, TRUE);
  wait_file (t.b, TRUE);
  wait_file (t.c, TRUE);
  return t;
}

static void
triangle_free (Triangle *t)
{
  house_free (t->a);
  house_free (t->b);
  house_free (t->c);
}

static const char *
via (House *house)
{
  return files_find_remote (house->files, house_get_file (house)->info->id)->via;
}

static void
chain (void)
{
  Triangle t = triangle ("");
  RflParticipant *three = house_join (t.c, "room", "sip:three@x", TRUE);
  g_autofree char *url = g_strdup (house_await (t.c, three, RFL_FILE_OFFERED)->message.url);
  g_autoptr (GBytes) body = NULL;

  g_assert_cmpstr (via (t.c), ==, "b");
  g_assert_cmpuint (client_get (url, &body), ==, 200);
  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), CONTENT,
                   strlen (CONTENT));
  g_assert_cmpuint (house_count (t.b, "files.fetches"), ==, 1);
  g_assert_cmpuint (house_count (t.c, "files.fetches"), ==, 1);
  http_remove (t.a->files->http, house_get_file (t.a)->info->id, "enough");
  house_await (t.c, three, RFL_FILE_GONE);
  wait_file (t.c, FALSE);
  g_assert_cmpuint (client_get (url, NULL), ==, 404);
  triangle_free (&t);
}

static void
another_way (void)
{
  Triangle t = triangle ("");

  house_link (t.a, t.c);
  run_for (50);
  g_assert_cmpstr (via (t.b), ==, "a");
  g_assert_cmpstr (via (t.c), ==, "a");
  house_unlink (t.a, t.b);
  run_for (50);
  g_assert_cmpstr (via (t.b), ==, "c");
  g_assert_cmpstr (via (t.c), ==, "a");
  house_link (t.a, t.b);
  run_for (50);
  g_assert_cmpstr (via (t.b), ==, "a");
  triangle_free (&t);
}

/* Without the one who has it the others do not offer it to each other for ever. */
static void
holder_lost (void)
{
  Triangle t = triangle ("orphan_time = 60;");
  RflParticipant *three = house_join (t.c, "room", "sip:three@x", TRUE);
  g_autofree char *url = g_strdup (house_await (t.c, three, RFL_FILE_OFFERED)->message.url);
  g_autoptr (GBytes) body = NULL;

  house_link (t.a, t.c);
  run_for (50);
  house_unlink (t.a, t.b);
  house_unlink (t.a, t.c);
  run_for (50);
  g_assert_null (via (t.b));
  g_assert_null (via (t.c));
  g_assert_cmpuint (client_get (url, NULL), ==, 503);
  /* and it is the same again when it comes back */
  house_link (t.a, t.c);
  run_for (50);
  g_assert_cmpuint (client_get (url, &body), ==, 200);
  g_assert_cmpstr (via (t.b), ==, "c");
  house_unlink (t.a, t.c);
  run_for (50);
  g_assert_false (house_was_told (t.c, three, RFL_FILE_GONE));
  /* what is in the cache as a whole can be had meanwhile */
  g_assert_cmpuint (client_get (url, NULL), ==, 200);
  rfl_clock_advance (t.c->clock, 62 * G_TIME_SPAN_SECOND);
  wait_file (t.c, FALSE);
  house_await (t.c, three, RFL_FILE_GONE);
  triangle_free (&t);
}

/* Nobody listens where it is said to be: a clear answer, when patience is over. */
static void
unreachable (void)
{
  House *house = house_new ("r1", PORT, ""), ghost;
  RflFileMessage m = example ("ghost");
  RflParticipant *one = house_join (house, "room", "sip:one@x", TRUE);
  g_autofree char *url = NULL;
  g_autoptr (GBytes) body = NULL;

  link_ghost (house, &ghost);
  ghost.links_func = ignore;
  say (house, "ghost", &m);
  url = g_strdup (house_await (house, one, RFL_FILE_OFFERED)->message.url);
  g_assert_cmpuint (client_get (url, &body), ==, 503);
  g_assert_nonnull (body);
  g_assert_nonnull (
      g_strstr_len (g_bytes_get_data (body, NULL), (gssize) g_bytes_get_size (body), "reached"));
  g_assert_cmpuint (house_count (house, "files.fetch_failed"), ==, 1);
  unlink_ghost (house, &ghost);
  house_free (house);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/files/links/malformed", malformed);
  g_test_add_func ("/files/links/objections", objections);
  g_test_add_func ("/files/links/refused-by-a-plugin", refused_by_a_plugin);
  g_test_add_func ("/files/links/told", told);
  g_test_add_func ("/files/links/told-later", told_later);
  g_test_add_func ("/files/links/chain", chain);
  g_test_add_func ("/files/links/another-way", another_way);
  g_test_add_func ("/files/links/holder-lost", holder_lost);
  g_test_add_func ("/files/links/unreachable", unreachable);
  return g_test_run ();
}
