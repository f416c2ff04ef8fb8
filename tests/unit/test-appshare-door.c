/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who connects to a share while the process has no descriptors left. A program of its own, for the limit is one
 * of the whole process. Not for those without a passkey: test-appshare.c.
 */
#include "tests/unit/appshare-fixture.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* From now on no descriptor can be opened. */
static struct rlimit
exhaust (void)
{
  struct rlimit before, now;
  int next = open ("/dev/null", O_RDONLY | O_CLOEXEC);

  g_assert_cmpint (next, >=, 0);
  close (next);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  now = before;
  now.rlim_cur = (rlim_t) next;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &now), ==, 0);
  return before;
}

static void
connect_to (int fd, guint16 port)
{
  struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons (port) };

  sa.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  g_assert_cmpint (connect (fd, (struct sockaddr *) &sa, sizeof sa), ==, 0);
}

/* Looked at once a second, and let in when there is room again. */
static void
exhausted (void)
{
  House *house = house_new ("r1", 26040, "");
  RflParticipant *a = house_join (house, "room", "a");
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_autofree char *answer = NULL;
  const RflShareMessage *grant;
  struct rlimit before;

  house_request (house, a, 1, RFL_SHARE_CHANNEL);
  grant = house_await (house, a, RFL_SHARE_GRANT);
  before = exhaust ();
  connect_to (fd, grant->port);
  wait_count (house, "appshare.paused", 2);
  g_assert_cmpuint (house_count (house, "appshare.paused"), <, 10); /* not again at once */
  g_assert_cmpuint (house_count (house, "appshare.accepted"), ==, 0);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);
  client_hello (fd, grant);
  answer = client_line (fd);
  g_assert_cmpstr (answer, ==, RFL_SHARE_OK);
  close (fd);
  house_free (house);
}

/* The share ends meanwhile. */
static void
ends (void)
{
  House *house = house_new ("r1", 26050, "");
  RflParticipant *a = house_join (house, "room", "a");
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const RflShareMessage *grant;
  struct rlimit before;

  house_request (house, a, 1, RFL_SHARE_CHANNEL);
  grant = house_await (house, a, RFL_SHARE_GRANT);
  before = exhaust ();
  connect_to (fd, grant->port);
  wait_count (house, "appshare.paused", 1);
  rfl_participant_leave (a, "gone");
  client_assert_closed (fd);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);
  house_free (house);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/appshare/door/exhausted", exhausted);
  g_test_add_func ("/appshare/door/ends", ends);
  return g_test_run ();
}
