/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts to a session across links: to everybody once, whole, and nowhere else; and the limits of
 * what a peer may say.
 */
#include "tests/unit/link-fixture.h"
#include <string.h>

/* What the makers of participants at each reflector are asked to pass on. */
typedef struct {
  GPtrArray *texts; /* "ID: text" */
} Ear;

static RflHookResult
hear (RflEvent *event, gpointer user_data, GError **error)
{
  Ear *ear = user_data;
  g_autofree char *text =
      g_strndup (g_bytes_get_data (event->data, NULL), g_bytes_get_size (event->data));

  g_ptr_array_add (ear->texts,
                   g_strdup_printf ("%s: %s", event->participant ? event->participant->id : "-",
                                    text));
  return RFL_HOOK_CONTINUE;
}

static void
listen_at (World *world, Ear *ears)
{
  for (guint i = 0; i < world->n_sites; i++)
    {
      const RflHook hook = { .name = "test/hear",
                             .event = RFL_EVENT_TEXT_MESSAGE,
                             .stage = RFL_HOOK_LATE,
                             .func = hear,
                             .user_data = &ears[i] };
      ears[i].texts = g_ptr_array_new_with_free_func (g_free);
      rfl_bus_add_hook (rfl_core_get_bus (world->sites[i].core), &hook, NULL);
    }
}

static void
unlisten (World *world, Ear *ears)
{
  for (guint i = 0; i < world->n_sites; i++)
    g_ptr_array_unref (ears[i].texts);
}

static void
say (Person *person, const char *text)
{
  g_autoptr (GError) error = NULL;

  rfl_session_send_text (person->participant->session, person->participant, text, &error);
  g_assert_no_error (error);
  world_settle (person->site->world);
}

static void
assert_heard (const Ear *ear, guint n, const Person *from, const char *text)
{
  g_autofree char *line = g_strdup_printf ("%s: %s", person_id (from), text);

  g_assert_cmpuint (ear->texts->len, ==, n);
  g_assert_cmpstr (ear->texts->pdata[n - 1], ==, line);
}

static void
put_text (World *world, const char *session, const char *participant, const char *text,
          gboolean more)
{
  LinkPeer *peer = site_peer (&world->sites[1], 0);
  g_autoptr (LinkMessage) message = link_message_new (LINK_TEXT);

  message->session = g_strdup (session);
  message->participant = g_strdup (participant);
  message->text = g_strdup (text);
  message->more = more;
  g_assert_true (link_channel_send (peer->channel, message));
  link_peer_kick (peer);
  world_settle (world);
}

/* Of nobody, of somebody here, of somebody of another session, or too much of it. */
static void
refused (void)
{
  Person *p[2];
  World *world = world_new_with (2, p, 2);
  Person *elsewhere = person_join (&world->sites[1], "elsewhere", "audio");
  g_autofree char *part = g_strnfill (LINK_MAX_TEXT, 'x');
  Ear ears[MAX_SITES];

  listen_at (world, ears);
  world_settle (world);
  put_text (world, "room", "nobody", "boo", FALSE);
  put_text (world, "room", person_id (p[0]), "boo", FALSE);
  put_text (world, "room", person_id (elsewhere), "boo", FALSE);
  g_assert_cmpuint (site_count (&world->sites[0], "interconnect.unknown_participants"), ==, 3);
  for (guint i = 0; i < 5; i++)
    put_text (world, "room", person_id (p[1]), part, i < 4);
  g_assert_cmpuint (site_count (&world->sites[0], "interconnect.texts_refused"), ==, 4);
  g_assert_cmpuint (ears[0].texts->len, ==, 0);
  /* and the next one is heard */
  say (p[1], "hello");
  assert_heard (&ears[0], 1, p[1], "hello");
  unlisten (world, ears);
  world_free (world);
}

/* What this reflector itself says stays here, as does what nobody elsewhere could read. */
static void
kept_here (void)
{
  World *world = world_new (3);
  Person *p1 = person_join (&world->sites[0], "room", "audio");
  Person *p2 = person_join (&world->sites[1], "room", "audio");
  Ear ears[MAX_SITES];

  listen_at (world, ears);
  world_settle (world);
  say (p1, "hello");
  rfl_session_send_text (p2->participant->session, NULL, "note", NULL);
  world_settle (world);
  g_assert_cmpuint (ears[0].texts->len, ==, 1);
  g_assert_cmpuint (ears[1].texts->len, ==, 2);
  g_assert_cmpuint (ears[2].texts->len, ==, 0);
  g_assert_cmpuint (site_count (&world->sites[0], "interconnect.texts_out"), ==, 1);
  g_assert_cmpuint (site_count (&world->sites[1], "interconnect.texts_out"), ==, 0);
  unlisten (world, ears);
  world_free (world);
}

/* Each reflector of a triangle hears it once, also on a path that loses and of any length. */
static void
triangle (void)
{
  World *world = world_new (3);
  Person *p[3];
  Ear ears[MAX_SITES];

  for (guint i = 0; i < 3; i++)
    p[i] = person_join (&world->sites[i], "room", "audio");
  listen_at (world, ears);
  world_settle (world);
  world->loss = 0.2;
  for (guint i = 0; i < 30; i++)
    {
      /* two and three octets to a character, so that cuts fall between them */
      GString *text = g_string_new (i % 2 ? "x" : NULL);
      while (text->len + 5 <= (i % 3 == 2 ? RFL_TEXT_MAX : i * 30 + 5))
        g_string_append (text, "\xc3\xa4\xe2\x82\xac");
      say (p[i % 3], text->str);
      world_run (world, 1000 * MS);
      for (guint k = 0; k < 3; k++)
        assert_heard (&ears[k], i + 1, p[i % 3], text->str);
      g_string_free (text, TRUE);
    }
  unlisten (world, ears);
  world_free (world);
}

/* More messages than allowed are not lost, only late; the link stays. */
static void
too_many_messages (void)
{
  World *world = world_new_down (2);
  Person *p[2];
  Ear ears[MAX_SITES];

  world->options = "max_messages = 100;";
  site_start (&world->sites[0]);
  site_start (&world->sites[1]);
  world_run (world, 100 * MS);
  listen_at (world, ears);
  for (guint i = 0; i < 2; i++)
    p[i] = person_join (&world->sites[i], "room", "audio");
  world_settle (world);
  for (guint i = 0; i < 300; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);
      rfl_session_send_text (p[1]->participant->session, p[1]->participant, text, NULL);
    }
  world_run (world, 500 * MS);
  g_assert_cmpuint (ears[0].texts->len, >=, 90);
  g_assert_cmpuint (ears[0].texts->len, <=, 160);
  g_assert_cmpuint (site_count (&world->sites[0], "interconnect.over_messages"), >, 0);
  world_run (world, 6000 * MS);
  g_assert_cmpuint (ears[0].texts->len, ==, 300);
  assert_heard (&ears[0], 300, p[1], "299");
  g_assert_cmpuint (world->sites[0].downs, ==, 0);
  unlisten (world, ears);
  world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  world_set_log_writer ();
  g_test_add_func ("/link-text/refused", refused);
  g_test_add_func ("/link-text/kept-here", kept_here);
  g_test_add_func ("/link-text/too-many-messages", too_many_messages);
  g_test_add_func ("/link-text/triangle", triangle);
  return g_test_run ();
}
