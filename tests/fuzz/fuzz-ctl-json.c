/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A path on the first line, a JSON text behind it. */
#include "tests/fuzz/fuzz.h"
#include "tools/ctl.h"

G_DEFINE_QUARK (reflectorctl, ctl_error)

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *input = g_strndup ((const char *) data, size);
  g_auto (GStrv) parts = g_strsplit (input, "\n", 2);
  g_autoptr (GError) error = NULL;
  g_autofree char *value = NULL;

  if (parts[0] == NULL || parts[1] == NULL)
    return 0;
  value = json_find (parts[1], parts[0], &error);
  g_assert_true ((value == NULL) == (error != NULL));
  return 0;
}
