/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Log lines: nobody forges one, fields read back, and floods are held back. */
#include "core/core-private.h"
#include "core/log-output.h"
#include "core/log.h"
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static RflLog *the_log; /* GLib takes one writer per process */

static void
collect (GLogLevelFlags level, const char *line, gpointer user_data)
{
  g_string_append_printf (user_data, "%s\n", line);
}

static GString *
begin (void)
{
  GString *text = g_string_new (NULL);

  rfl_log_set_sink (the_log, collect, text);
  return text;
}

static void
end (GString *text, const char *want)
{
  rfl_log_set_sink (the_log, NULL, NULL);
  g_assert_cmpstr (text->str, ==, want);
  g_string_free (text, TRUE);
}

static void
forged (void)
{
  static const char *const rows[][2] = {
    { "a\nERROR x: y", "a\\x0aERROR x: y" },
    { "\x1b[2J", "\\x1b[2J" },
    { "\xff\xfe", "\\xff\\xfe" },
    { "a\xe2\x80\xae"
      "b",
      "a\\u202e"
      "b" }, /* right-to-left override */
    { "\xe2\x80\xa8", "\\u2028" },
    { "\xc2\x9b", "\\x9b" },
    { "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      GString *text = begin ();
      g_autofree char *want = g_strdup_printf ("NOTICE reflectord: <%s>\n", rows[i][1]);
      rfl_notice (NULL, "<%s>", rows[i][0]);
      end (text, want);
    }
}

static void
fields (void)
{
  GString *text = begin ();

  rfl_warning ((&(RflLogFields){ .session = "big room", .participant = "p1", .peer = "" }), "one");
  rfl_info ((&(RflLogFields){ .session = "a\" session=b\\" }), "two");
  rfl_log_full ("sip", G_LOG_LEVEL_DEBUG, &(RflLogFields){ .peer = "[::1]:5060\n" }, "%d", 3);
  end (text, "WARNING reflectord: one session=\"big room\" participant=p1 peer=\"\"\n"
             "INFO reflectord: two session=\"a\\\" session=b\\\\\"\n"
             "DEBUG sip: 3 peer=[::1]:5060\\x0a\n");
}

/* What other libraries say comes out the same way. */
static void
old_api (void)
{
  GString *text = begin ();

  g_log ("Other", G_LOG_LEVEL_MESSAGE, "hello\n%s", "x");
  end (text, "NOTICE Other: hello\\x0ax\n");
}

static void
names (void)
{
  g_assert_cmpint (rfl_log_level_from_name (""), ==, 0);
  g_assert_cmpint (rfl_log_level_from_name ("fatal"), ==, 0);
  g_assert_cmpint (rfl_log_level_from_name ("Info"), ==, 0);
  g_assert_cmpint (rfl_log_level_from_name ("notice"), ==, G_LOG_LEVEL_MESSAGE);
  g_assert_cmpint (rfl_log_level_from_name ("debug"), ==, G_LOG_LEVEL_DEBUG);
}

static void
levels (void)
{
  if (g_test_subprocess ())
    {
      rfl_info (NULL, "hidden");
      rfl_notice (NULL, "shown");
      rfl_log_set_level (the_log, G_LOG_LEVEL_INFO);
      rfl_info (NULL, "shown too");
      rfl_debug (NULL, "hidden");
      g_assert_false (rfl_log_force_level (the_log, "loud"));
      g_assert_true (rfl_log_force_level (the_log, "debug"));
      rfl_log_set_level (the_log, G_LOG_LEVEL_WARNING);
      rfl_debug (NULL, "forced");
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stderr ("20*-*-*T*:*:*.*Z NOTICE reflectord: shown\n"
                             "20*-*-*T*:*:*.*Z INFO reflectord: shown too\n"
                             "20*-*-*T*:*:*.*Z DEBUG reflectord: forced\n");
  g_test_trap_assert_stderr_unmatched ("*hidden*");
}

static void
limit (void)
{
  RflClock *clock = rfl_clock_new_manual (0);
  RflLogLimit limit = { 0 };
  guint passed = 0, suppressed = 99;

  for (guint i = 0; i < 100; i++)
    passed += rfl_log_limit_pass (&limit, clock, &suppressed);
  g_assert_cmpuint (passed, ==, 10);
  g_assert_cmpuint (suppressed, ==, 0);
  rfl_clock_advance (clock, G_USEC_PER_SEC + 1);
  g_assert_true (rfl_log_limit_pass (&limit, clock, &suppressed));
  g_assert_cmpuint (suppressed, ==, 90);
  g_assert_false (rfl_log_limit_pass (&limit, clock, &suppressed));
  rfl_clock_advance (clock, G_USEC_PER_SEC);
  g_assert_true (rfl_log_limit_pass (&limit, clock, &suppressed));
  g_assert_cmpuint (suppressed, ==, 1);
  rfl_clock_advance (clock, 3600 * (gint64) G_USEC_PER_SEC);
  for (guint i = passed = 0; i < 100; i++)
    passed += rfl_log_limit_pass (&limit, clock, &suppressed);
  g_assert_cmpuint (passed, ==, 10);
  rfl_clock_free (clock);
}

/* A full disk, then a pipe that nobody reads, then one that somebody does. */
static void
full (void)
{
  LogOutput output = { .fd = open ("/dev/full", O_WRONLY) };
  char buffer[65536 + 4096];
  g_autofree char *filling = g_strnfill (4096, 'x');
  int ends[2], n = 0;
  gssize got;

  g_assert_cmpint (output.fd, >=, 0);
  log_output_write (&output, "lost");
  log_output_write (&output, "lost too");
  g_assert_cmpuint (output.lost, ==, 2);
  close (output.fd);

  g_assert_cmpint (pipe (ends), ==, 0);
  output.fd = ends[1];
  for (; output.lost == 2 && n < 100; n++)
    log_output_write (&output, filling);
  g_assert_cmpint (n, <, 100); /* and it did not wait */
  got = read (ends[0], buffer, sizeof buffer - 1);
  g_assert_cmpint (got, >, 4096);
  buffer[got] = '\0';
  g_assert_nonnull (strstr (buffer, "WARNING reflectord: 2 lines could not be written here\n"));
  log_output_write (&output, "again");
  got = read (ends[0], buffer, sizeof buffer - 1);
  buffer[MAX (got, 0)] = '\0';
  g_assert_nonnull (strstr (buffer, "WARNING reflectord: 1 lines could not be written here\n"));
  g_assert_true (g_str_has_suffix (buffer, " again\n"));
  g_assert_cmpuint (output.lost, ==, 3);
  close (ends[0]);
  close (ends[1]);
}

/* The disk is full in the middle of a line: the next one begins on a line of its own. */
static void
torn (void)
{
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;
  struct rlimit before, small = { 0 };
  LogOutput output = { .fd = g_file_open_tmp ("rfl-log-XXXXXX", &path, NULL) };

  signal (SIGXFSZ, SIG_IGN);
  getrlimit (RLIMIT_FSIZE, &before);
  small = (struct rlimit){ .rlim_cur = 30, .rlim_max = before.rlim_max };
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
  log_output_write (&output, "a line that is cut");
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &before), ==, 0);
  g_assert_true (output.torn);
  log_output_write (&output, "whole");
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "1 lines could not"));
  g_assert_true (text[30] == '\n');
  g_assert_true (g_str_has_suffix (text, " whole\n"));
  close (output.fd);
  g_assert_cmpint (unlink (path), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  the_log = rfl_log_new ();
  rfl_log_install (the_log);
  g_test_add_func ("/log/forged", forged);
  g_test_add_func ("/log/fields", fields);
  g_test_add_func ("/log/old-api", old_api);
  g_test_add_func ("/log/names", names);
  g_test_add_func ("/log/levels", levels);
  g_test_add_func ("/log/limit", limit);
  g_test_add_func ("/log/full", full);
  g_test_add_func ("/log/torn", torn);
  return g_test_run ();
}
