/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Service "links": other plugins' messages between reflectors, refused where there is no way, in order and each once
 * over a path that loses, and never farther than the peer.
 */
#include "tests/unit/link-fixture.h"
#include <string.h>

/* @got: "PEER SESSION TYPE BODY" */
typedef struct {
  Site *site;
  const RflLinks *links;
  gpointer self;
  guint id;
  GPtrArray *got;
} User;

static void
hear (const char *peer, const char *session, guint8 type, const guint8 *body, gsize len,
      gpointer user_data)
{
  User *user = user_data;
  g_autofree char *text = g_strndup ((const char *) body, len);

  g_ptr_array_add (user->got, g_strdup_printf ("%s %s %u %s", peer, session ? session : "-", type,
                                               body ? text : "-"));
}

static void
user_init (User *user, Site *site)
{
  user->site = site;
  user->links =
      rfl_core_find_service (site->core, RFL_LINKS_SERVICE, RFL_LINKS_VERSION, &user->self);
  g_assert_nonnull (user->links);
  user->id = user->links->add (user->self, "TEST", hear, user);
  g_assert_cmpuint (user->id, !=, 0);
  if (!user->got)
    user->got = g_ptr_array_new_with_free_func (g_free);
}

static const char *
id_of (const User *user)
{
  return rfl_core_get_id (user->site->core);
}

static gboolean
tell (User *from, const User *to, const char *session, const char *text, GError **error)
{
  g_autoptr (GBytes) body = text ? g_bytes_new (text, strlen (text)) : NULL;

  return from->links->send (from->self, id_of (to), "TEST", session, 7, body, error);
}

static void
assert_refused (User *from, const char *peer, const char *session, gsize len, int code)
{
  g_autofree char *text = g_strnfill (len, 'x');
  g_autoptr (GBytes) body = g_bytes_new (text, len);
  g_autoptr (GError) error = NULL;

  g_assert_false (from->links->send (from->self, peer, "TEST", session, 7, body, &error));
  g_assert_error (error, RFL_ERROR, code);
}

static void
assert_got (const User *user, guint n, const char *last)
{
  g_assert_cmpuint (user->got->len, ==, n);
  if (n > 0)
    g_assert_cmpstr (user->got->pdata[n - 1], ==, last);
}

static void
refused (void)
{
  World *world = world_new (2);
  g_autofree char *name = g_strnfill (255, 's');
  User a = { 0 }, b = { 0 };

  user_init (&a, &world->sites[0]);
  user_init (&b, &world->sites[1]);
  assert_refused (&a, "nobody", NULL, 1, RFL_ERROR_UNAVAILABLE);
  assert_refused (&a, id_of (&a), NULL, 1, RFL_ERROR_UNAVAILABLE);
  assert_refused (&a, id_of (&b), NULL, RFL_LINKS_MAX_BODY + 1, RFL_ERROR_MALFORMED);
  assert_refused (&a, id_of (&b), name, RFL_LINKS_MAX_BODY, RFL_ERROR_MALFORMED);
  g_assert_cmpuint (a.links->add (a.self, "TEST", hear, &a), ==, 0);
  world_settle (world);
  assert_got (&b, 0, NULL);
  g_assert_true (tell (&a, &b, name, "fits", NULL));
  world_settle (world);
  g_assert_cmpuint (b.got->len, ==, 1);
  g_ptr_array_unref (a.got);
  g_ptr_array_unref (b.got);
  world_free (world);
}

/* Nobody listens: dropped, counted, and the link goes on. */
static void
nobody (void)
{
  World *world = world_new (2);
  User a = { 0 }, b = { 0 };

  user_init (&a, &world->sites[0]);
  user_init (&b, &world->sites[1]);
  b.links->remove (b.self, b.id);
  g_assert_true (tell (&a, &b, "room", "x", NULL));
  world_settle (world);
  assert_got (&b, 0, NULL);
  g_assert_cmpuint (site_count (b.site, "interconnect.service_unknown"), ==, 1);
  user_init (&b, &world->sites[1]);
  g_assert_true (tell (&a, &b, NULL, NULL, NULL));
  world_settle (world);
  g_autofree char *expected = g_strdup_printf ("%s - 7 -", id_of (&a));
  assert_got (&b, 1, expected);
  g_ptr_array_unref (a.got);
  g_ptr_array_unref (b.got);
  world_free (world);
}

/* The queue's end is told to the plugin; the link stays up. */
static void
full (void)
{
  World *world = world_new (2);
  User a = { 0 }, b = { 0 };
  guint n = 0;

  user_init (&a, &world->sites[0]);
  user_init (&b, &world->sites[1]);
  a.site->link->config.limits.service_queue = 50;
  while (n < 100 && tell (&a, &b, "room", "x", NULL))
    n++;
  g_assert_cmpuint (n, ==, 50);
  assert_refused (&a, id_of (&b), "room", 1, RFL_ERROR_LIMIT);
  g_assert_cmpuint (site_count (a.site, "interconnect.service_refused"), ==, 2);
  world_settle (world);
  g_assert_cmpuint (b.got->len, ==, 50);
  g_assert_cmpuint (a.site->downs, ==, 0);
  g_assert_true (tell (&a, &b, "room", "x", NULL));
  g_ptr_array_unref (a.got);
  g_ptr_array_unref (b.got);
  world_free (world);
}

static void
with_loss (void)
{
  World *world = world_new (2);
  User a = { 0 }, b = { 0 };

  user_init (&a, &world->sites[0]);
  user_init (&b, &world->sites[1]);
  world->loss = 0.2;
  for (guint i = 0; i < 300; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);
      g_assert_true (tell (&a, &b, "room", text, NULL));
      g_assert_true (tell (&b, &a, "room", text, NULL));
      world_run (world, 5 * MS);
    }
  world->loss = 0;
  world_run (world, 5 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (a.got->len, ==, 300);
  g_assert_cmpuint (b.got->len, ==, 300);
  for (guint i = 0; i < 300; i++)
    {
      g_autofree char *text = g_strdup_printf ("%s room 7 %u", id_of (&a), i);
      g_assert_cmpstr (b.got->pdata[i], ==, text);
    }
  g_ptr_array_unref (a.got);
  g_ptr_array_unref (b.got);
  world_free (world);
}

/* Of three who are linked with each other only the one it is for gets it. */
static void
one_peer (void)
{
  World *world = world_new (3);
  User users[3] = { 0 };
  RflAddress remote, local;

  for (guint i = 0; i < 3; i++)
    user_init (&users[i], &world->sites[i]);
  g_autoptr (GPtrArray) peers = users[0].links->list (users[0].self);
  g_assert_cmpuint (peers->len, ==, 2);
  g_assert_true (tell (&users[0], &users[2], "room", "x", NULL));
  world_settle (world);
  g_assert_cmpuint (users[1].got->len, ==, 0);
  g_assert_cmpuint (users[2].got->len, ==, 1);
  g_assert_false (users[0].links->get_address (users[0].self, "nobody", &remote, &local));
  if (users[0].links->get_address (users[0].self, id_of (&users[2]), &remote, &local))
    {
      RflAddress relay = site_relay (2, 5564);
      g_assert_true (rfl_address_same_ip (&remote, &relay));
      g_assert_cmpuint (remote.port + local.port, ==, 0);
    }
  for (guint i = 0; i < 3; i++)
    g_ptr_array_unref (users[i].got);
  world_free (world);
}

/* What waited for a peer that died is not for its next incarnation. */
static void
restart (void)
{
  World *world = world_new (2);
  User a = { 0 }, b = { 0 };

  user_init (&a, &world->sites[0]);
  user_init (&b, &world->sites[1]);
  g_autofree char *gone = g_strdup (id_of (&b));
  site_kill (&world->sites[1]);
  g_assert_true (a.links->send (a.self, gone, "TEST", "room", 7, NULL, NULL));
  world_run (world, 10 * G_TIME_SPAN_SECOND);
  g_autoptr (GPtrArray) none = a.links->list (a.self);
  g_assert_cmpuint (none->len, ==, 0);
  site_start (&world->sites[1]);
  user_init (&b, &world->sites[1]);
  world_run (world, 5 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (b.got->len, ==, 0);
  g_assert_true (tell (&a, &b, "room", "again", NULL));
  world_settle (world);
  g_autofree char *expected = g_strdup_printf ("%s room 7 again", id_of (&a));
  assert_got (&b, 1, expected);
  g_ptr_array_unref (a.got);
  g_ptr_array_unref (b.got);
  world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  world_set_log_writer ();
  g_test_add_func ("/link-service/refused", refused);
  g_test_add_func ("/link-service/nobody", nobody);
  g_test_add_func ("/link-service/full", full);
  g_test_add_func ("/link-service/with-loss", with_loss);
  g_test_add_func ("/link-service/one-peer", one_peer);
  g_test_add_func ("/link-service/restart", restart);
  return g_test_run ();
}
