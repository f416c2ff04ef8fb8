/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Format parameters of two H264 formats, one per line: matching must not depend on the
 * order of the two.
 */
#include <reflector/format.h>

#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", 2);
  const char *first = lines[0], *second = first ? lines[1] : NULL;
  g_autoptr (RflFormat) a = rfl_format_new (96, "H264", 90000, 1, first);
  g_autoptr (RflFormat) b = rfl_format_new (97, "H264", 90000, 1, second);
  g_autoptr (RflFormat) c = rfl_format_new (98, first ? first : "", 8000, size % 3, NULL);

  g_assert_cmpint (rfl_format_matches (a, b), ==, rfl_format_matches (b, a));
  g_assert_true (rfl_format_matches (c, c));
  g_assert_false (rfl_format_matches (a, c));
  rfl_format_is_auxiliary (c);
  return 0;
}
