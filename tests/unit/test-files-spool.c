/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a daemon finds in its spool when it starts: after a crash, after somebody else, after itself. Not for what is asked
 * over HTTP.
 */
#include "plugins/files/http/http.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define PORT 26070
#define ID "00112233445566778899aabbccddeeff"
#define OTHER "ffeeddccbbaa99887766554433221100"

typedef struct {
  char *folder;
  Http *http;
  GPtrArray *offered; /* FileInfo */
} House;

static void
on_offered (FileInfo *info, gpointer data)
{
  g_ptr_array_add (((House *) data)->offered, file_info_ref (info));
}

static void
on_ask (HttpAsk *ask, gpointer data)
{
  g_assert_not_reached ();
}

static void
on_gone (const guint8 id[FILE_ID], const char *reason, gpointer data)
{
}

static void
on_note (HttpStat what, const RflAddress *peer, const char *text, gpointer data)
{
}

static const HttpFuncs funcs = { on_ask, on_offered, on_gone, on_note };
static const HttpLimits limits = {
  .file = 1000, .participant = 1000, .session = 1000, .spool = 1000, .keep_parts = 60, .stall = 60
};

static House *
house_new (void)
{
  House *house = g_new0 (House, 1);

  house->folder = g_dir_make_tmp ("reflectord-spool-XXXXXX", NULL);
  g_assert_nonnull (house->folder);
  house->offered = g_ptr_array_new_with_free_func ((GDestroyNotify) file_info_unref);
  return house;
}

static void
start (House *house, guint16 port)
{
  g_autoptr (GError) error = NULL;

  house->http = http_new (g_main_context_default (), &funcs, house);
  http_set_limits (house->http, &limits);
  http_start (house->http, house->folder, "127.0.0.1", port, &error);
  g_assert_no_error (error);
}

/* What it has told is taken here. */
static void
stop (House *house)
{
  http_stop (house->http);
  g_clear_pointer (&house->http, http_free);
}

static void
put (House *house, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (house->folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static gboolean
is_there (House *house, const char *name)
{
  g_autofree char *path = g_build_filename (house->folder, name, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static void
house_free (House *house)
{
  GDir *dir = g_dir_open (house->folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)))
    {
      g_autofree char *path = g_build_filename (house->folder, name, NULL);
      g_assert_cmpint (g_unlink (path), ==, 0);
    }
  g_dir_close (dir);
  g_assert_cmpint (g_rmdir (house->folder), ==, 0);
  g_ptr_array_unref (house->offered);
  g_free (house->folder);
  g_free (house);
}

static char *
describe (guint64 size, const char *more)
{
  return g_strdup_printf (
      "[file]\nroom=board\nname=a.txt\ntype=text/plain\nowner=sip:a@b\nwho=user:a\n"
      "size=%" G_GUINT64_FORMAT "\nadded=1\n"
      "hash=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n%s",
      size, more);
}

#define KEYS "key=" OTHER "\nowner_key=" ID "\n"

static void
leftovers (void)
{
  House *house = house_new ();
  g_autofree char *wrong = describe (5, KEYS);
  g_autofree char *lacks = describe (4, "");
  g_autofree char *part = describe (10, "");

  put (house, "README", "not ours");
  put (house, "page-key.old", "not ours");
  put (house, ID ".meta", wrong); /* of another size */
  put (house, ID ".file", "text");
  put (house, OTHER ".meta", "rubbish\n[file\n");
  put (house, OTHER ".part", "text");
  put (house, "0123456789abcdef0123456789abcdef.file", "no description");
  put (house, "0123456789abcdef0123456789abcdee.cache", "of another reflector");
  put (house, "0123456789abcdef0123456789abcded.meta", lacks);
  put (house, "0123456789abcdef0123456789abcded.file", "text");
  put (house, "0123456789abcdef0123456789abcdec.meta", part);
  put (house, "0123456789abcdef0123456789abcdec.part", "0123456");
  put (house, "0123456789abcdef0123456789abcdeb.meta", part);
  put (house, "0123456789abcdef0123456789abcdeb.part", "more than there is to be");
  start (house, PORT);
  g_assert_cmpuint (http_get_gauge (house->http, HTTP_GAUGE_FILES), ==, 0);
  g_assert_cmpuint (http_get_gauge (house->http, HTTP_GAUGE_OCTETS), ==, 10);
  stop (house);
  g_assert_cmpuint (house->offered->len, ==, 0);
  g_assert_true (is_there (house, "README") && is_there (house, "page-key.old"));
  g_assert_false (is_there (house, ID ".meta") || is_there (house, ID ".file"));
  g_assert_false (is_there (house, OTHER ".meta") || is_there (house, OTHER ".part"));
  g_assert_false (is_there (house, "0123456789abcdef0123456789abcdef.file"));
  g_assert_false (is_there (house, "0123456789abcdef0123456789abcdee.cache"));
  g_assert_false (is_there (house, "0123456789abcdef0123456789abcded.file"));
  g_assert_true (is_there (house, "0123456789abcdef0123456789abcdec.part")); /* can be resumed */
  g_assert_false (is_there (house, "0123456789abcdef0123456789abcdeb.part"));
  house_free (house);
}

static void
whole (void)
{
  House *house = house_new ();
  g_autofree char *meta = describe (4, KEYS);
  const FileInfo *info;
  guint8 key[32];

  put (house, ID ".meta", meta);
  put (house, ID ".file", "text");
  start (house, PORT);
  memcpy (key, http_get_page_key (house->http), sizeof key);
  stop (house);
  g_assert_cmpuint (house->offered->len, ==, 1);
  info = house->offered->pdata[0];
  g_assert_cmpstr (info->room, ==, "board");
  g_assert_cmpstr (info->name, ==, "a.txt");
  g_assert_cmpuint (info->key[0], ==, 0xff);
  g_assert_cmpuint (info->size, ==, 4);
  start (house, PORT);
  g_assert_cmpmem (key, sizeof key, http_get_page_key (house->http), 32);
  stop (house);
  g_assert_cmpuint (house->offered->len, ==, 2);
  house_free (house);
}

static void
refused (void)
{
  House *house = house_new ();
  g_autofree char *inside = NULL;
  g_autoptr (GError) error = NULL;
  Http *other = http_new (g_main_context_default (), &funcs, house);

  http_set_limits (other, &limits);
  put (house, "file", "");
  inside = g_build_filename (house->folder, "file", "spool", NULL);
  g_assert_false (http_start (other, inside, "127.0.0.1", PORT, &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_IO);
  g_clear_error (&error);
  start (house, PORT);
  g_assert_false (http_start (other, house->folder, "127.0.0.1", PORT, &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_IO);
  g_clear_error (&error);
  g_assert_false (http_start (other, house->folder, "127.0.0.1", PORT + 1, &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_IO);
  stop (house);
  http_free (other);
  house_free (house);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/files/spool/leftovers", leftovers);
  g_test_add_func ("/files/spool/whole", whole);
  g_test_add_func ("/files/spool/refused", refused);
  return g_test_run ();
}
