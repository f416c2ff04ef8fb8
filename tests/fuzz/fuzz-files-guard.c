/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feeds the guard's reader of heads, whole and in pieces: both must come to the same, and what is
 * let through must be a request that nobody can read in two ways.
 */
#include "plugins/files/http/guard-head.h"

#include "tests/fuzz/fuzz.h"

static const GuardLimits limits = { .head = 2048, .fields = 16, .target = 512 };

static gsize
feed (const guint8 *data, gsize size, gsize piece, GuardHead *head, GuardFault *fault)
{
  gsize len, end = 0;

  for (len = MIN (piece, size); end == 0 && !fault->status; len = MIN (len + piece, size))
    {
      end = guard_head_feed (head, data, len, &limits, fault);
      if (len == size)
        break;
    }
  return end;
}

/* Of a head that was let through. */
static void
check (const guint8 *data, gsize end, const GuardHead *head)
{
  gsize i;

  g_assert_cmpuint (end, <=, limits.head);
  g_assert_cmpuint (head->fields, <=, limits.fields);
  g_assert_cmpuint (head->method, !=, GUARD_METHOD_NONE);
  g_assert_true (head->body == 0 || (head->sized && head->method == GUARD_METHOD_PUT));
  g_assert_cmpint (memcmp (data + end - 4, "\r\n\r\n", 4), ==, 0);
  for (i = 0; i < end; i++)
    {
      g_assert_true (data[i] >= ' ' || (data[i] && strchr ("\t\r\n", data[i])));
      g_assert_true ((data[i] == '\r') == (i + 1 < end && data[i + 1] == '\n'));
      g_assert_true (data[i] != '\n' || i + 2 >= end || i < 2
                     || (data[i + 1] != ' ' && data[i + 1] != '\t'));
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const gsize pieces[] = { 1, 7 };
  GuardHead whole = { 0 };
  GuardFault fault = { 0, NULL };
  gsize end = feed (data, size, size + 1, &whole, &fault), i;

  g_assert_true (end == 0 || !fault.status);
  g_assert_true (!fault.status == !fault.why);
  if (end > 0)
    check (data, end, &whole);
  else if (!fault.status)
    g_assert_cmpuint (size, <=, limits.head);
  for (i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      GuardHead head = { 0 };
      GuardFault again = { 0, NULL };

      g_assert_cmpuint (feed (data, size, pieces[i], &head, &again), ==, end);
      g_assert_cmpuint (again.status, ==, fault.status);
      g_assert_cmpuint (head.body, ==, whole.body);
    }
  return 0;
}
