/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Application sharing in one reflector: who is refused, who is told what and when, how shares end. With sockets on
 * loopback. Not for what crosses: test-appshare-stream.c; nor for links: test-appshare-link.c.
 */
#include "tests/unit/appshare-fixture.h"

#include <string.h>
#include <unistd.h>

static guint8 big[RFL_SHARE_MAX_PAYLOAD + 1];

/* ---- what is refused ---- */

static RflShareMessage *
refused (House *house, RflParticipant *from, guint32 request, guint code)
{
  RflShareMessage *refusal;

  house_request (house, from, request, RFL_SHARE_CHANNEL);
  refusal = house_await (house, from, RFL_SHARE_REFUSE);
  g_assert_cmpuint (refusal->request, ==, request);
  g_assert_cmpuint (refusal->code, ==, code);
  return refusal;
}

static gboolean
is_free (gpointer slot)
{
  return !*(gboolean *) slot;
}

static void
limits (void)
{
  House *house = house_new ("r1", 26000,
                            "shares = 3; shares_per_participant = 1; "
                            "shares_per_session = 2;");
  RflParticipant *a = house_join (house, "room", "a"), *b = house_join (house, "room", "b");
  RflParticipant *c = house_join (house, "room", "c"), *d = house_join (house, "other", "d");
  RflParticipant *e = house_join (house, "third", "e");

  house_request (house, a, 1, RFL_SHARE_CHANNEL);
  house_await (house, a, RFL_SHARE_GRANT);
  refused (house, a, 2, RFL_ERROR_LIMIT);
  house_request (house, a, 1, RFL_SHARE_CHANNEL); /* again: the same grant */
  house_await (house, a, RFL_SHARE_GRANT);
  house_request (house, b, 1, RFL_SHARE_CHANNEL);
  house_await (house, b, RFL_SHARE_GRANT);
  refused (house, c, 1, RFL_ERROR_LIMIT);
  house_request (house, d, 1, RFL_SHARE_CHANNEL);
  RflShareMessage *grant = house_await (house, d, RFL_SHARE_GRANT);
  g_assert_cmpuint (grant->port, ==, 26102);
  refused (house, e, 1, RFL_ERROR_LIMIT); /* of ports */
  /* one that ends makes room */
  rfl_participant_leave (d, "gone");
  wait_until (is_free, &house->app->slots[2]);
  house_request (house, e, 2, RFL_SHARE_CHANNEL);
  house_await (house, e, RFL_SHARE_GRANT);
  house_free (house);
}

static RflHookResult
veto (RflEvent *event, gpointer data, GError **error)
{
  g_assert_nonnull (event->participant);
  g_assert_nonnull (event->name);
  g_set_error_literal (error, RFL_ERROR, RFL_ERROR_FORBIDDEN, "not today");
  return RFL_HOOK_REFUSE;
}

static void
may_be_refused (void)
{
  House *house = house_new ("r1", 26000, "");
  RflParticipant *a = house_join (house, "room", "a");
  RflHook hook = { "test/veto", RFL_EVENT_SHARE_OPENING, RFL_HOOK_EARLY, NULL, NULL, veto, NULL };
  guint id = rfl_bus_add_hook (rfl_core_get_bus (house->core), &hook, NULL);

  g_assert_cmpstr (refused (house, a, 5, RFL_ERROR_FORBIDDEN)->reason, ==, "not today");
  g_assert_cmpint (client_connect (26100), ==, -1);
  rfl_bus_remove_hook (rfl_core_get_bus (house->core), id);
  house_free (house);
}

static void
wrong_keys (void)
{
  House *house = house_new ("r1", 26000, "unproved_per_address = 8; unproved = 16;");
  RflParticipant *a = house_join (house, "room", "a"), *b = house_join (house, "room", "b");
  int sharer = house_share (house, a, 1, RFL_SHARE_CHANNEL);
  RflShareMessage *told = house_await (house, b, RFL_SHARE_ANNOUNCE);
  RflShareMessage wrong = *told;
  gint64 before = g_get_monotonic_time ();
  int fds[200];

  wrong.passkey[15] ^= 1;
  int slow = client_connect (told->port);
  client_hello (slow, &wrong);
  g_autofree char *answer = client_line (slow);
  g_assert_cmpstr (answer, ==, "RFL/1 NO wrong passkey\r\n");
  g_assert_cmpint (g_get_monotonic_time () - before, >=, G_TIME_SPAN_SECOND);
  client_assert_closed (slow);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      fds[i] = client_connect (told->port);
      g_assert_cmpint (fds[i], >=, 0);
      if (i % 2)
        client_hello (fds[i], &wrong);
    }
  /* the right one of the same address is let in at once */
  int viewer = client_enter (told);
  client_await_open (sharer);
  wait_count (house, "appshare.evicted", G_N_ELEMENTS (fds) - 8);
  g_assert_cmpuint (relay_get_unproved (house->app->relay), <=, 8);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    close (fds[i]);
  close (viewer);
  close (sharer);
  house_free (house);
}

static void
garbage (void)
{
  static const char *const lines[] = { "\n", "\r\n", "GET / HTTP/1.1\r\n\r\n", "RFL/1 SHARE \n" };
  House *house = house_new ("r1", 26000, "");
  RflParticipant *a = house_join (house, "room", "a");
  int sharer = house_share (house, a, 1, RFL_SHARE_CHANNEL), fds[5];

  for (guint i = 0; i < 5; i++)
    {
      fds[i] = client_connect (26000);
      client_write (fds[i], i < 4 ? lines[i] : (char *) big, i < 4 ? strlen (lines[i]) : 500);
    }
  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *answer = client_line (fds[i]);
      if (i < 2) /* nothing unread is left behind, which would reset the connection */
        g_assert_cmpstr (answer, ==, "RFL/1 NO wrong passkey\r\n");
      client_assert_closed (fds[i]);
    }
  wait_count (house, "appshare.wrong_key", 5);
  close (sharer);
  house_free (house);
}

static void
owner_ends (void)
{
  House *house = house_new ("r1", 26000, "");
  RflParticipant *a = house_join (house, "room", "a"), *b = house_join (house, "room", "b");
  int sharer = house_share (house, a, 1, RFL_SHARE_CHANNEL);
  RflShareMessage *told = house_await (house, b, RFL_SHARE_ANNOUNCE);
  RflShareMessage end = { .type = RFL_SHARE_END, .share = told->share };
  int viewer = client_enter (told);

  client_await_open (sharer);
  house_say (house, b, &end); /* not his */
  g_assert_false (house_was_told (house, b, RFL_SHARE_ENDED));
  house_say (house, a, &end);
  house_await (house, b, RFL_SHARE_ENDED);
  client_assert_closed (viewer);
  client_assert_closed (sharer);
  /* and with his leaving */
  sharer = house_share (house, a, 2, RFL_SHARE_CHANNEL);
  house_await (house, b, RFL_SHARE_ANNOUNCE);
  rfl_participant_leave (a, "gone");
  house_await (house, b, RFL_SHARE_ENDED);
  client_assert_closed (sharer);
  house_free (house);
}

static void
viewer_leaves (void)
{
  House *house = house_new ("r1", 26000, "connections_per_viewer = 1;");
  RflParticipant *a = house_join (house, "room", "a"), *b = house_join (house, "room", "b");
  int sharer = house_share (house, a, 1, RFL_SHARE_CHANNEL);
  RflShareMessage *told = house_await (house, b, RFL_SHARE_ANNOUNCE);
  int viewer = client_enter (told), second = client_connect (told->port);
  g_autofree char *answer = NULL;

  client_await_open (sharer);
  client_hello (second, told);
  answer = client_line (second);
  g_assert_cmpstr (answer, ==, "RFL/1 NO too many connections of one viewer\r\n");
  close (second);
  rfl_participant_leave (b, "gone");
  client_assert_closed (viewer);
  g_assert_cmpuint (client_read_frame (sharer, big).type, ==, RFL_SHARE_FRAME_CLOSE);
  second = client_connect (told->port);
  client_hello (second, told);
  g_free (answer);
  answer = client_line (second);
  g_assert_cmpstr (answer, ==, "RFL/1 NO wrong passkey\r\n");
  close (second);
  close (sharer);
  house_free (house);
}

static RflHookResult
let_wait (RflEvent *event, gpointer user_data, GError **error)
{
  rfl_participant_set_waiting (event->participant, TRUE);
  return RFL_HOOK_CONTINUE;
}

static void
in_the_lobby (void)
{
  House *house = house_new ("r1", 26000, "");
  RflHook hook = {
    "test/joining", RFL_EVENT_PARTICIPANT_JOINING, RFL_HOOK_NORMAL, NULL, NULL, let_wait, NULL
  };
  RflParticipant *a = house_join (house, "room", "a"), *b;
  RflBus *bus = rfl_core_get_bus (house->core);
  guint id = rfl_bus_add_hook (bus, &hook, NULL);
  int sharer;

  b = house_join (house, "room", "b");
  rfl_bus_remove_hook (bus, id);
  refused (house, b, 1, RFL_ERROR_FORBIDDEN);
  sharer = house_share (house, a, 1, RFL_SHARE_CHANNEL);
  wait_count (house, "appshare.opened", 1);
  g_assert_false (house_was_told (house, b, RFL_SHARE_ANNOUNCE));
  rfl_participant_set_waiting (b, FALSE);
  house_await (house, b, RFL_SHARE_ANNOUNCE);
  close (sharer);
  house_free (house);
}

static void
told_later (void)
{
  House *house = house_new ("r1", 26000, "");
  RflParticipant *a = house_join (house, "room", "a"), *b = house_join (house, "room", "b");
  int sharer;

  house_request (house, a, 1, RFL_SHARE_CHANNEL);
  RflShareMessage *grant = house_await (house, a, RFL_SHARE_GRANT);
  house->full = TRUE;
  sharer = client_enter (grant);
  wait_count (house, "appshare.untold", 1);
  house->full = FALSE;
  close (client_enter (house_await (house, b, RFL_SHARE_ANNOUNCE)));
  close (sharer);
  house_free (house);
}

static void
nobody_connects (void)
{
  House *house = house_new ("r1", 26000, "connect_time = 1;");
  RflParticipant *a = house_join (house, "room", "a");

  house_request (house, a, 1, RFL_SHARE_CHANNEL);
  house_await (house, a, RFL_SHARE_GRANT);
  house_await (house, a, RFL_SHARE_ENDED);
  g_assert_cmpint (client_connect (26100), ==, -1);
  house_free (house);
}

static void
silent_sharer (void)
{
  House *house = house_new ("r1", 26000, "ping = 1; silence = 3;");
  RflParticipant *a = house_join (house, "room", "a");
  int sharer = house_share (house, a, 1, RFL_SHARE_CHANNEL);
  guint8 ping[12];

  client_read (sharer, ping, 12);
  g_assert_cmpuint (ping[0], ==, RFL_SHARE_FRAME_PING);
  house_await (house, a, RFL_SHARE_ENDED);
  close (sharer);
  house_free (house);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  fixture_be_quiet ();
  g_test_add_func ("/appshare/limits", limits);
  g_test_add_func ("/appshare/refused-by-hook", may_be_refused);
  g_test_add_func ("/appshare/garbage", garbage);
  g_test_add_func ("/appshare/wrong-keys", wrong_keys);
  g_test_add_func ("/appshare/owner-ends", owner_ends);
  g_test_add_func ("/appshare/viewer-leaves", viewer_leaves);
  g_test_add_func ("/appshare/lobby", in_the_lobby);
  g_test_add_func ("/appshare/told-later", told_later);
  g_test_add_func ("/appshare/nobody-connects", nobody_connects);
  g_test_add_func ("/appshare/silent-sharer", silent_sharer);
  return g_test_run ();
}
