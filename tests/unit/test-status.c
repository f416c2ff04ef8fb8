/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The JSON writer: what plugins get wrong stays theirs, and every text is valid JSON. */
#include "core/core-private.h"
#include "core/status.h"
#include <math.h>
#include <string.h>
#include <unistd.h>

static void
text (void)
{
  static const char *const rows[][2] = {
    { "a\"b\\c", "\"a\\\"b\\\\c\"" },
    { "\n\r\t\b\f", "\"\\n\\r\\t\\b\\f\"" },
    { "\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\"" },
    { "gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"" },
    { "x\xff\xc3", "\"x\xef\xbf\xbd\xef\xbf\xbd\"" },
    { "\xc2\x85", "\"\\u0085\"" },
    { "", "\"\"" },
    { NULL, "null" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      RflStatus *status = rfl_status_new ();
      rfl_status_add_string (status, "k", rows[i][0]);
      g_autofree char *got = rfl_status_finish (status);
      g_autofree char *want = g_strdup_printf ("{\"k\":%s}\n", rows[i][1]);
      g_assert_cmpstr (got, ==, want);
    }
}

static void
numbers (void)
{
  RflStatus *status = rfl_status_new ();
  g_autofree char *got = NULL;

  rfl_status_begin_array (status, "n");
  rfl_status_add_int (status, NULL, G_MININT64);
  rfl_status_add_double (status, NULL, 0.5);
  rfl_status_add_double (status, NULL, NAN);
  rfl_status_add_double (status, NULL, -INFINITY);
  rfl_status_add_bool (status, NULL, TRUE);
  rfl_status_end (status);
  rfl_status_begin_object (status, "o");
  rfl_status_end (status);
  got = rfl_status_finish (status);
  g_assert_cmpstr (got, ==, "{\"n\":[-9223372036854775808,0.5,null,null,true],\"o\":{}}\n");
}

static void
leave_open (gpointer self, RflStatus *status)
{
  rfl_status_begin_array (status, "list");
  rfl_status_begin_object (status, NULL);
  rfl_status_add_int (status, "x", *(int *) self);
}

static void
open_ends (void)
{
  RflStatus *status = rfl_status_new ();
  g_autofree char *got = NULL;
  int x = 3;

  rfl_status_call (status, "plugin", leave_open, &x);
  rfl_status_add_int (status, "after", 1);
  got = rfl_status_finish (status);
  g_assert_cmpstr (got, ==, "{\"plugin\":{\"list\":[{\"x\":3}]},\"after\":1}\n");
}

static void
end_too_often (gpointer self, RflStatus *status)
{
  rfl_status_end (status);
}

/* Programmer errors are told, and do not spoil what others wrote. */
static void
misuse (void)
{
  RflStatus *status;
  g_autofree char *got = NULL;

  g_log_set_always_fatal (G_LOG_FATAL_MASK);
  status = rfl_status_new ();
  g_test_expect_message (NULL, G_LOG_LEVEL_CRITICAL, "*depth > status->floor*");
  rfl_status_call (status, "a", end_too_often, NULL);
  g_test_expect_message (NULL, G_LOG_LEVEL_CRITICAL, "*key != NULL*");
  rfl_status_add_int (status, NULL, 1);
  g_test_assert_expected_messages ();
  got = rfl_status_finish (status);
  g_assert_cmpstr (got, ==, "{\"a\":{}}\n");
}

static gint64
process_tells (const char *key)
{
  RflStatus *status = rfl_status_new ();
  g_autofree char *got = NULL, *quoted = g_strdup_printf ("\"%s\":", key);
  const char *found;

  rfl_process_status (status);
  got = rfl_status_finish (status);
  found = strstr (got, quoted);
  return found ? g_ascii_strtoll (found + strlen (quoted), NULL, 10) : -1;
}

static void
process (void)
{
  gint64 descriptors = process_tells ("descriptors"), heap = process_tells ("heap");
  int more = dup (STDERR_FILENO);
  g_autofree char *block = g_malloc (100000);

  block[0] = 1; /* so that the allocation stays */
  g_assert_cmpint (descriptors, >, 2);
  g_assert_cmpint (process_tells ("descriptors"), ==, descriptors + 1);
  close (more);
  g_assert_cmpint (process_tells ("descriptors"), ==, descriptors);
  if (heap > 0) /* sanitizers keep a heap of their own and tell nothing of it */
    g_assert_cmpint (process_tells ("heap"), >=, heap + 90000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/status/misuse", misuse);
  g_test_add_func ("/status/text", text);
  g_test_add_func ("/status/numbers", numbers);
  g_test_add_func ("/status/open-ends", open_ends);
  g_test_add_func ("/status/process", process);
  return g_test_run ();
}
