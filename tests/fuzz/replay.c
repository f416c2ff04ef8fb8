/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The main of a fuzz target that is not built with libFuzzer: a TAP test for each seed of
 * tests/fuzz/corpus/NAME/ where the program is fuzz-NAME. Each seed is also fed cut short
 * after every octet, unless its name ends in .whole. Not a fuzzer: it finds nothing new.
 */
#include "tests/fuzz/fuzz.h"

#include <glib.h>

#define MAX_CUT 4096 /* longer seeds are not cut: quadratic work */

/* In a block of exactly @len octets, so that the address sanitizer sees reading behind it */
static void
feed (const guint8 *data, gsize len)
{
  g_autofree guint8 *copy = g_malloc (MAX (len, 1));

  if (len > 0)
    memcpy (copy, data, len);
  LLVMFuzzerTestOneInput (len > 0 ? copy : copy + 1, len);
}

static void
replay (gconstpointer path)
{
  g_autofree char *data = NULL;
  g_autoptr (GError) error = NULL;
  gsize len;

  g_file_get_contents (path, &data, &len, &error);
  g_assert_no_error (error);
  feed ((const guint8 *) data, len);
  for (gsize cut = 0; cut < len && len <= MAX_CUT && !g_str_has_suffix (path, ".whole"); cut++)
    feed ((const guint8 *) data, cut);
}

static char *
corpus_of (const char *program)
{
  const char *name = strstr (program, "fuzz-");

  for (const char *next = name; next != NULL; next = strstr (next + 1, "fuzz-"))
    name = next;
  g_assert_nonnull (name);
  return g_test_build_filename (G_TEST_DIST, "fuzz", "corpus", name + strlen ("fuzz-"), NULL);
}

int
main (int argc, char **argv)
{
  g_autofree char *corpus = NULL;
  g_autoptr (GDir) dir = NULL;
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  const char *name;

  g_test_init (&argc, &argv, NULL);
  corpus = corpus_of (argv[0]);
  dir = g_dir_open (corpus, 0, &error);
  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *test = g_strconcat ("/replay/", name, NULL);

      g_ptr_array_add (paths, g_build_filename (corpus, name, NULL));
      g_test_add_data_func (test, g_ptr_array_index (paths, paths->len - 1), replay);
    }
  g_assert_cmpuint (paths->len, >, 0); /* a corpus without seeds proves nothing */
  return g_test_run ();
}
