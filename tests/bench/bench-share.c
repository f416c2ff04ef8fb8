/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a gigabyte to viewers costs: the relay with 1, 10 and 100 viewers of a broadcast, beside
 * `socat` (and `nginx`, where it is installed) that joins one connection to one. Runs take turns (A B A B). CPU is that of the relay's
 * thread, or of the other program's process; both have the same clients. Not for many shares at once.
 */
#include "tests/unit/appshare-fixture.h"

#include <glib-unix.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PORT 26200
#define BLOCK 65000
#define MAX_VIEWERS 100
/* On the way at most, so that no viewer misses anything. */
#define WINDOW (1024 * 1024)

static guint8 block[RFL_SHARE_FRAME_HEAD + BLOCK], sink[1 << 20];

typedef struct {
  double seconds, cpu;
  guint64 octets;
} Result;

/* Seconds of CPU of the thread (of this process) or process of that number. */
static double
cpu_of (const char *path)
{
  g_autofree char *text = NULL;
  char *at;
  double user = 0, kernel = 0;

  if (!g_file_get_contents (path, &text, NULL, NULL) || !(at = strrchr (text, ')')))
    return 0;
  sscanf (at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lf %lf", &user, &kernel);
  return (user + kernel) / (double) sysconf (_SC_CLK_TCK);
}

/* (transfer full): stat of the thread "appshare" */
static char *
find_thread (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)))
    {
      g_autofree char *path = g_strdup_printf ("/proc/self/task/%s/comm", name);
      g_autofree char *comm = NULL;
      if (g_file_get_contents (path, &comm, NULL, NULL) && g_str_has_prefix (comm, "appshare"))
        return g_strdup_printf ("/proc/self/task/%s/stat", name);
    }
  return NULL;
}

/* Sends frames (or bare blocks) while all viewers keep up. */
static Result
pump (int from, gsize head, const int *to, guint n, guint64 total, const char *stat)
{
  guint64 sent = 0, slowest = 0, got[MAX_VIEWERS] = { 0 };
  int poll = epoll_create1 (EPOLL_CLOEXEC);
  struct epoll_event events[MAX_VIEWERS];
  double before = cpu_of (stat);
  gint64 start = g_get_monotonic_time ();
  Result result = { 0 };

  for (guint i = 0; i < n; i++)
    {
      struct epoll_event event = { .events = EPOLLIN, .data.u32 = i };
      epoll_ctl (poll, EPOLL_CTL_ADD, to[i], &event);
    }
  while (slowest < total)
    {
      while (sent < total && sent - slowest < WINDOW)
        {
          client_write (from, block + RFL_SHARE_FRAME_HEAD - head, head + BLOCK);
          sent += BLOCK;
        }
      int ready = epoll_wait (poll, events, MAX_VIEWERS, 10000);
      if (ready <= 0)
        g_error ("nothing comes any more");
      for (int i = 0; i < ready; i++)
        {
          gssize len = recv (to[events[i].data.u32], sink, sizeof sink, 0);
          if (len <= 0)
            g_error ("a viewer is closed");
          got[events[i].data.u32] += (guint64) len;
          result.octets += (guint64) len;
        }
      slowest = got[0];
      for (guint i = 1; i < n; i++)
        slowest = MIN (slowest, got[i]);
    }
  result.seconds = (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
  result.cpu = cpu_of (stat) - before;
  close (poll);
  return result;
}

static void
tell (const char *name, guint n, const Result *r)
{
  double gigabytes = (double) r->octets / 1e9;

  printf ("%-10s %4u viewers  %7.1f MB/s  %6.3f s of CPU per GB\n", name, n,
          gigabytes * 1000 / r->seconds, r->cpu / gigabytes);
  fflush (stdout);
}

static void
bench_relay (guint n, guint64 total)
{
  House *house = house_new ("r1", PORT, "queue = 16384; connections_per_viewer = 200;");
  RflParticipant *a = house_join (house, "room", "a"), *b = house_join (house, "room", "b");
  RflShareFrame frame = { RFL_SHARE_FRAME_DATA, RFL_SHARE_FRAME_MARK, BLOCK, 0 };
  g_autofree char *stat = NULL;
  int sharer, viewers[MAX_VIEWERS];
  RflShareMessage *told;
  Result result;

  house_request (house, a, 1, RFL_SHARE_BROADCAST);
  sharer = client_enter (house_await (house, a, RFL_SHARE_GRANT));
  told = house_await (house, b, RFL_SHARE_ANNOUNCE);
  for (guint i = 0; i < n; i++)
    viewers[i] = client_enter (told);
  stat = find_thread ();
  g_assert_nonnull (stat);
  rfl_share_frame_write (&frame, block);
  total = total / n / BLOCK * BLOCK;
  result = pump (sharer, RFL_SHARE_FRAME_HEAD, viewers, n, total, stat);
  if (house_count (house, "appshare.skips") > 0)
    printf ("(viewers have missed something)\n");
  tell ("relay", n, &result);
  for (guint i = 0; i < n; i++)
    close (viewers[i]);
  close (sharer);
  house_free (house);
}

/* ---- others ---- */

static int
accept_one (int listener)
{
  int fd = accept (listener, NULL, NULL);

  g_assert_cmpint (fd, >=, 0);
  return fd;
}

static int
connect_soon (guint16 port)
{
  int fd;

  for (guint i = 0; (fd = client_connect (port)) < 0 && i < 200; i++)
    g_usleep (20000);
  return fd;
}

static void
bench_other (const char *name, char **argv, guint64 total)
{
  g_autoptr (GError) error = NULL;
  int listener = app_listen ("127.0.0.1", PORT + 1, &error), from, to;
  g_autofree char *stat = NULL;
  GPid pid;
  Result result;

  g_assert_no_error (error);
  g_assert_cmpint (g_unix_set_fd_nonblocking (listener, FALSE, NULL), ==, TRUE);
  if (g_spawn_async (NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                     &pid, &error))
    {
      from = connect_soon (PORT + 2);
      to = accept_one (listener);
      stat = g_strdup_printf ("/proc/%d/stat", pid);
      result = pump (from, 0, &to, 1, total / BLOCK * BLOCK, stat);
      tell (name, 1, &result);
      close (from);
      close (to);
      kill (pid, SIGTERM);
      waitpid (pid, NULL, 0);
    }
  close (listener);
}

static void
bench_socat (guint64 total)
{
  char *argv[] = { (char *) "socat", (char *) "-b131072",
                   (char *) "TCP-LISTEN:26202,bind=127.0.0.1,reuseaddr,nodelay",
                   (char *) "TCP:127.0.0.1:26201,nodelay", NULL };

  bench_other ("socat", argv, total);
}

/* Without its module "stream" it does not. */
static gboolean
nginx_understands (const char *file)
{
  char *argv[] = { (char *) "nginx", (char *) "-t", (char *) "-c", (char *) file, NULL };
  g_autofree char *complaint = NULL;
  int status = 0;

  if (g_spawn_sync (NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, &complaint, &status,
                    NULL)
      && status == 0)
    return TRUE;
  g_print ("nginx: skipped (is libnginx-mod-stream installed?): %s", complaint ? complaint : "\n");
  return FALSE;
}

static void
bench_nginx (guint64 total)
{
  g_autofree char *dir = g_dir_make_tmp ("bench-share-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (dir, "nginx.conf", NULL);
  g_autofree char *text = g_strdup_printf (
      "daemon off; master_process off; pid %s/pid; error_log %s/log; "
      "include /etc/nginx/modules-enabled/*stream*.conf; events {} stream { server { listen "
      "127.0.0.1:26202; proxy_pass 127.0.0.1:26201; proxy_buffer_size 128k; } }",
      dir, dir);
  char *argv[] = { (char *) "nginx", (char *) "-c", file, NULL };
  char *rm[] = { (char *) "rm", (char *) "-rf", dir, NULL };

  if (g_file_set_contents (file, text, -1, NULL) && nginx_understands (file))
    bench_other ("nginx", argv, total);
  g_spawn_sync (NULL, rm, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
}

int
main (int argc, char **argv)
{
  guint64 total = (guint64) ((argc > 1 ? atof (argv[1]) : 2) * 1e9);
  g_autofree char *nginx = g_find_program_in_path ("nginx");
  g_autofree char *socat = g_find_program_in_path ("socat");

  fixture_be_quiet ();
  if (!socat)
    g_print ("socat: skipped, it is not installed\n");
  if (!nginx)
    g_print ("nginx: skipped, it is not installed\n");
  for (guint i = 0; i < 2; i++)
    {
      bench_relay (1, total);
      if (socat)
        bench_socat (total);
      if (nginx)
        bench_nginx (total);
      bench_relay (10, total);
      bench_relay (100, total);
    }
  return 0;
}
