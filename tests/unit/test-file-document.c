/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The byte examples of doc/file-protocol.md: what the document says is in the octets is what the reader finds there, and
 * writing that gives the same octets. A block begins with "```example", then comes what is in it, a line "---", and
 * the octets in hex. FILE_SHOW in the environment prints what the writer would put there.
 */
#include <reflector/file.h>

#include <stdio.h>
#include <string.h>

static const char *const names[] = { NULL, "KEY", "OFFERED", "GONE" };

static GByteArray *
from_hex (const char *hex)
{
  GByteArray *bytes = g_byte_array_new ();

  for (; *hex && *hex != '`'; hex++)
    if (g_ascii_isxdigit (hex[0]))
      {
        guint8 octet =
            (guint8) (g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]));

        g_assert_true (g_ascii_isxdigit (hex[1]));
        g_byte_array_append (bytes, &octet, 1);
        hex++;
      }
  return bytes;
}

static void
show (const guint8 *data, gsize len)
{
  if (!g_getenv ("FILE_SHOW"))
    return;
  for (gsize i = 0; i < len; i++)
    printf ("%02x%s", data[i],
            i + 1 == len ? "\n" : (i % 16 == 15 ? "\n" : (i % 4 == 3 ? "  " : " ")));
  printf ("====\n");
}

/* ---- what the document says ---- */

static gboolean
take_text (RflFileMessage *m, const char *name, const char *value)
{
  const struct {
    const char *name;
    char **member;
  } texts[] = { { "name", &m->name },       { "owner", &m->owner }, { "url", &m->url },
                { "type", &m->media_type }, { "base", &m->base },   { "reason", &m->reason },
                { "room", &m->room },       { "page", &m->page },   { "address", &m->address } };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (g_str_equal (texts[i].name, name))
      {
        *texts[i].member = g_strdup (value);
        return TRUE;
      }
  return FALSE;
}

static gboolean
take_octets (RflFileMessage *m, const char *name, const char *value)
{
  if (g_str_equal (name, "file"))
    return rfl_file_hex_read (m->file, RFL_FILE_ID, value);
  if (g_str_equal (name, "sha256"))
    return rfl_file_hex_read (m->sha256, RFL_FILE_SHA256, value);
  if (g_str_equal (name, "passkey") || g_str_equal (name, "key"))
    return rfl_file_hex_read (m->passkey, RFL_FILE_PASSKEY, value);
  if (!g_str_equal (name, "path"))
    return FALSE;
  rfl_file_tag (value, m->path[m->n_path++]);
  return TRUE;
}

static void
take_field (RflFileMessage *m, const char *name, const char *value)
{
  if (take_text (m, name, value) || take_octets (m, name, value))
    return;
  if (g_str_equal (name, "size"))
    m->size = g_ascii_strtoull (value, NULL, 10);
  else if (g_str_equal (name, "port"))
    m->port = (guint16) atoi (value);
  else if (g_str_equal (name, "flags"))
    m->flags = (guint8) atoi (value);
  else
    g_error ("unknown field %s", name);
}

static void
parse_fields (RflFileMessage *m, char **lines)
{
  for (guint i = 0; lines[i] && lines[i][0]; i++)
    {
      char *colon = strchr (lines[i], ':');

      g_assert_nonnull (colon);
      *colon = '\0';
      take_field (m, g_strstrip (lines[i]), g_strstrip (colon + 1));
    }
}

static void
assert_same (const RflFileMessage *a, const RflFileMessage *b)
{
  g_assert_cmpuint (a->type, ==, b->type);
  g_assert_cmpuint (a->flags, ==, b->flags);
  g_assert_cmpuint (a->port, ==, b->port);
  g_assert_cmpuint (a->size, ==, b->size);
  g_assert_cmpmem (a->file, RFL_FILE_ID, b->file, RFL_FILE_ID);
  g_assert_cmpmem (a->sha256, RFL_FILE_SHA256, b->sha256, RFL_FILE_SHA256);
  g_assert_cmpmem (a->passkey, RFL_FILE_PASSKEY, b->passkey, RFL_FILE_PASSKEY);
  g_assert_cmpmem (a->path, a->n_path * RFL_FILE_TAG, b->path, b->n_path * RFL_FILE_TAG);
  g_assert_cmpstr (a->name, ==, b->name);
  g_assert_cmpstr (a->owner, ==, b->owner);
  g_assert_cmpstr (a->media_type, ==, b->media_type);
  g_assert_cmpstr (a->url, ==, b->url);
  g_assert_cmpstr (a->reason, ==, b->reason);
  g_assert_cmpstr (a->base, ==, b->base);
  g_assert_cmpstr (a->room, ==, b->room);
  g_assert_cmpstr (a->page, ==, b->page);
  g_assert_cmpstr (a->address, ==, b->address);
}

static void
check (char **lines, const GByteArray *octets)
{
  g_auto (RflFileMessage) said = { 0 };
  g_auto (RflFileMessage) found = { 0 };
  g_autoptr (GError) error = NULL;
  const char *number = strchr (lines[0], ' ') + 1;
  gsize len;

  said.type = (guint16) atoi (number);
  g_assert_cmpstr (strrchr (lines[0], ' ') + 1, ==, names[said.type]);
  if (g_str_has_prefix (lines[0], "link ") && said.type == RFL_FILE_OFFERED)
    said.type = RFL_FILE_LINK_OFFERED;
  parse_fields (&said, lines + 1);
  g_autoptr (GBytes) body = rfl_file_message_write (&said);
  const guint8 *data = g_bytes_get_data (body, &len);
  show (data, len);
  if (g_getenv ("FILE_SHOW"))
    return;
  g_assert_cmpmem (octets->data, octets->len, data, len);
  rfl_file_message_read (&found, said.type, octets->data, octets->len, &error);
  g_assert_no_error (error);
  assert_same (&said, &found);
}

static void
document (void)
{
  g_autofree char *path =
      g_build_filename (g_getenv ("RFL_TOP_SRCDIR"), "doc", "file-protocol.md", NULL);
  g_autofree char *text = NULL;
  guint n = 0;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_auto (GStrv) blocks = g_strsplit (text, "```example\n", -1);
  for (guint i = 1; blocks[i]; i++, n++)
    {
      char *middle = strstr (blocks[i], "---\n");

      g_assert_nonnull (middle);
      g_autoptr (GByteArray) octets = from_hex (middle + 4);
      *middle = '\0';
      g_auto (GStrv) lines = g_strsplit (blocks[i], "\n", -1);
      check (lines, octets);
    }
  g_assert_cmpuint (n, ==, 5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/file/document", document);
  return g_test_run ();
}
