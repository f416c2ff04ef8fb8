/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The byte examples of doc/share-protocol.md: what the document says is in the octets is what the readers find
 * there, and writing that gives the same octets. A block begins with "```example", then comes what is in it, a line
 * "---", and the octets in hex. SHARE_SHOW in the environment prints what the writers would put there.
 */
#include <reflector/share.h>

#include <stdio.h>
#include <string.h>

static const char *const message_names[] = { NULL,       "REQUEST", "GRANT", "REFUSE",
                                             "ANNOUNCE", "ENDED",   "END" };
static const char *const frame_names[] = { NULL,     "OPEN", "CLOSE", "DATA",
                                           "CREDIT", "PING", "PONG",  "HEADER" };

static GByteArray *
from_hex (const char *hex)
{
  GByteArray *bytes = g_byte_array_new ();

  for (; *hex && *hex != '`'; hex++)
    if (g_ascii_isxdigit (hex[0]))
      {
        g_assert_true (g_ascii_isxdigit (hex[1]));
        guint8 octet =
            (guint8) (g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]));
        g_byte_array_append (bytes, &octet, 1);
        hex++;
      }
  return bytes;
}

static void
show (const GByteArray *bytes)
{
  if (!g_getenv ("SHARE_SHOW"))
    return;
  for (guint i = 0; i < bytes->len; i++)
    printf ("%02x%s", bytes->data[i],
            i + 1 == bytes->len ? "\n" : (i % 16 == 15 ? "\n" : (i % 4 == 3 ? "  " : " ")));
  printf ("====\n");
}

/* ---- what the document says ---- */

static void
take_field (RflShareMessage *m, const char *name, const char *value)
{
  if (g_str_equal (name, "request"))
    m->request = (guint32) atoi (value);
  else if (g_str_equal (name, "kind"))
    m->kind = (guint8) atoi (value);
  else if (g_str_equal (name, "port"))
    m->port = (guint16) atoi (value);
  else if (g_str_equal (name, "flags"))
    m->flags = (guint8) atoi (value);
  else if (g_str_equal (name, "code"))
    m->code = (guint16) atoi (value);
  else if (g_str_equal (name, "title"))
    m->title = g_strdup (value);
  else if (g_str_equal (name, "owner"))
    m->owner = g_strdup (value);
  else if (g_str_equal (name, "share"))
    m->share = g_strdup (value);
  else if (g_str_equal (name, "address"))
    m->address = g_strdup (value);
  else if (g_str_equal (name, "reason"))
    m->reason = g_strdup (value);
  else if (g_str_equal (name, "path"))
    {
      if (!m->path)
        m->path = g_ptr_array_new_with_free_func (g_free);
      g_ptr_array_add (m->path, g_strdup (value));
    }
  else if (g_str_equal (name, "passkey"))
    {
      g_autoptr (GByteArray) key = from_hex (value);
      g_assert_cmpuint (key->len, ==, RFL_SHARE_PASSKEY);
      memcpy (m->passkey, key->data, RFL_SHARE_PASSKEY);
    }
  else
    g_error ("unknown field %s", name);
}

static void
parse_fields (RflShareMessage *m, char **lines)
{
  for (guint i = 0; lines[i] && lines[i][0]; i++)
    {
      char *colon = strchr (lines[i], ':');
      g_assert_nonnull (colon);
      *colon = '\0';
      take_field (m, g_strstrip (lines[i]), g_strstrip (colon + 1));
    }
}

static char *
render (const RflShareMessage *m)
{
  GString *out = g_string_new (NULL);
  guint8 none[RFL_SHARE_PASSKEY] = { 0 };

  g_string_append_printf (out, "%u %u %u %u %u %u", m->type, m->kind, m->flags, m->port, m->code,
                          m->request);
  g_string_append_printf (out, "|%s|%s|%s|%s|%s|%d", m->share, m->title, m->owner, m->address,
                          m->reason, memcmp (m->passkey, none, sizeof none));
  for (guint i = 0; m->path && i < m->path->len; i++)
    g_string_append_printf (out, "|%s", (char *) m->path->pdata[i]);
  return g_string_free (out, FALSE);
}

static void
check_message (char **lines, const GByteArray *octets)
{
  g_auto (RflShareMessage) said = { 0 };
  g_auto (RflShareMessage) found = { 0 };
  g_autoptr (GError) error = NULL;

  said.type = (guint8) atoi (lines[0] + strlen ("message "));
  g_assert_cmpstr (strrchr (lines[0], ' ') + 1, ==, message_names[said.type]);
  parse_fields (&said, lines + 1);
  g_autoptr (GBytes) body = rfl_share_message_write (&said);
  g_autoptr (GByteArray) written = g_bytes_unref_to_array (g_bytes_ref (body));
  show (written);
  g_assert_cmpmem (octets->data, octets->len, written->data, written->len);
  rfl_share_message_read (&found, said.type, octets->data, octets->len, &error);
  g_assert_no_error (error);
  g_autofree char *a = render (&said), *b = render (&found);
  g_assert_cmpstr (a, ==, b);
  g_assert_cmpmem (said.passkey, RFL_SHARE_PASSKEY, found.passkey, RFL_SHARE_PASSKEY);
}

static void
check_hello (char **lines, const GByteArray *octets)
{
  g_auto (RflShareMessage) said = { 0 };
  RflShareHello hello = { 0 }, found;
  char line[RFL_SHARE_MAX_LINE + 1];
  gsize len;

  parse_fields (&said, lines + 1);
  g_strlcpy (hello.share, said.share, sizeof hello.share);
  memcpy (hello.passkey, said.passkey, RFL_SHARE_PASSKEY);
  len = rfl_share_hello_write (&hello, line);
  g_autoptr (GByteArray) written = g_byte_array_new ();
  g_byte_array_append (written, (guint8 *) line, (guint) len);
  show (written);
  g_assert_cmpmem (octets->data, octets->len, line, len);
  g_assert_true (rfl_share_hello_parse (&found, (char *) octets->data, octets->len - 2));
  g_assert_cmpstr (found.share, ==, hello.share);
  g_assert_cmpmem (found.passkey, RFL_SHARE_PASSKEY, hello.passkey, RFL_SHARE_PASSKEY);
}

static void
render_piece (GString *out, GByteArray *written, const RflSharePiece *piece)
{
  const RflShareFrame *frame = &piece->frame;
  guint8 head[RFL_SHARE_FRAME_HEAD];

  g_assert_true (piece->first && piece->last);
  g_string_append_printf (out, "frame %s%s, channel %u", frame_names[frame->type],
                          frame->flags == 0                      ? ""
                          : frame->flags == RFL_SHARE_FRAME_MARK ? " MARK"
                                                                 : " MORE",
                          frame->channel);
  if (frame->type == RFL_SHARE_FRAME_OPEN || frame->type == RFL_SHARE_FRAME_CREDIT)
    g_string_append_printf (out, ", number %u", piece->number);
  else if (frame->len > 0)
    g_string_append_printf (out, ", \"%.*s\"", (int) piece->len, piece->payload);
  g_string_append_c (out, '\n');
  rfl_share_frame_write (frame, head);
  g_byte_array_append (written, head, sizeof head);
  g_byte_array_append (written, piece->payload, (guint) piece->len);
}

static void
check_frames (const char *text, const GByteArray *octets)
{
  g_autoptr (GString) found = g_string_new (NULL);
  g_autoptr (GByteArray) written = g_byte_array_new ();
  RflShareReader reader = { 0 };
  RflSharePiece piece;
  const guint8 *at = octets->data;
  gsize left = octets->len;

  while (rfl_share_reader_next (&reader, &at, &left, &piece, NULL) == RFL_SHARE_READ_PIECE)
    render_piece (found, written, &piece);
  g_assert_cmpuint (left, ==, 0);
  g_assert_cmpstr (found->str, ==, text);
  g_assert_cmpmem (written->data, written->len, octets->data, octets->len);
}

static void
document (void)
{
  g_autofree char *path =
      g_build_filename (g_getenv ("RFL_TOP_SRCDIR"), "doc", "share-protocol.md", NULL);
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
      if (g_str_has_prefix (blocks[i], "message "))
        check_message (lines, octets);
      else if (g_str_has_prefix (blocks[i], "hello"))
        check_hello (lines, octets);
      else
        check_frames (blocks[i], octets);
    }
  g_assert_cmpuint (n, ==, 14);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/share/document", document);
  return g_test_run ();
}
