/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages, names and digests of files that are wrong are refused; what is right comes out as it went in. The
 * document's examples are in test-file-document.c.
 */
#include <reflector/file.h>
#include <reflector/links.h>
#include <string.h>

static const guint types[] = { RFL_FILE_KEY, RFL_FILE_OFFERED, RFL_FILE_GONE,
                               RFL_FILE_LINK_OFFERED };

static RflFileMessage
example (guint type)
{
  RflFileMessage m = { .type = (guint16) type,
                       .flags = 1,
                       .port = 5565,
                       .size = 1,
                       .file = "0123456789abcde",
                       .passkey = "0123456789abcde",
                       .name = g_strdup ("Übersicht.pdf"),
                       .owner = g_strdup ("sip:a@b"),
                       .media_type = g_strdup ("text/plain"),
                       .url = g_strdup ("http://[2001:db8::1]:5565/files/x"),
                       .reason = g_strdup ("why"),
                       .base = g_strdup ("http://[2001:db8::1]:5565"),
                       .room = g_strdup ("4711"),
                       .page = g_strdup ("http://[2001:db8::1]:5565/page/x"),
                       .address = g_strdup ("2001:db8::1"),
                       .n_path = 1 };

  rfl_file_tag ("r1", m.path[0]);
  return m;
}

static void
refuse (guint type, const GByteArray *body)
{
  g_auto (RflFileMessage) m = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_false (rfl_file_message_read (&m, type, body->data, body->len, &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_MALFORMED);
}

static GByteArray *
body_of (const RflFileMessage *m)
{
  return g_bytes_unref_to_array (rfl_file_message_write (m));
}

/* Cut anywhere, a message is not the same message. */
static void
cut (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_auto (RflFileMessage) m = example (types[i]);
      g_autoptr (GByteArray) body = body_of (&m);
      guint whole = body->len, good = 0;

      for (body->len = 0; body->len < whole; body->len++)
        {
          g_auto (RflFileMessage) found = { 0 };
          if (rfl_file_message_read (&found, types[i], body->data, body->len, NULL))
            good++;
        }
      /* where only fields are missing that need not be there */
      g_assert_cmpuint (good, <=, 2);
      refuse (0, body);
      refuse (4, body);
      refuse (0x101, body);
    }
}

/* @good with its field of @type replaced */
static GByteArray *
with (const GByteArray *good, guint16 type, const char *value, gsize len)
{
  GByteArray *body = g_byte_array_new ();
  const guint8 *at = good->data;
  gsize left = good->len;
  guint16 found;
  RflTlv field;

  while (rfl_tlv_next (&at, &left, &found, &field))
    if (found != type)
      rfl_tlv_put (body, found, field.value, field.len);
  rfl_tlv_put (body, type, value, len);
  return body;
}

static void
bad_values (void)
{
  static const struct {
    guint type;
    guint16 field;
    const char *value;
    gsize len;
  } cases[] = {
    { RFL_FILE_LINK_OFFERED, RFL_FILE_FIELD_FILE, "short", 5 },
    { RFL_FILE_LINK_OFFERED, RFL_FILE_FIELD_NAME, "a/b", 3 },
    { RFL_FILE_LINK_OFFERED, RFL_FILE_FIELD_NAME, "..", 2 },
    { RFL_FILE_LINK_OFFERED, RFL_FILE_FIELD_NAME, "a\0b", 3 },
    { RFL_FILE_LINK_OFFERED, RFL_FILE_FIELD_NAME, "a\nb", 3 },
    { RFL_FILE_LINK_OFFERED, RFL_FILE_FIELD_NAME, "\xff", 1 },
    { RFL_FILE_LINK_OFFERED, RFL_FILE_FIELD_SIZE, "\0\0\0\1", 4 },
    { RFL_FILE_LINK_OFFERED, RFL_FILE_FIELD_SHA256, "0123456789abcdef", 16 },
    { RFL_FILE_LINK_OFFERED, RFL_FILE_FIELD_OWNER, "a\tb", 3 },
    { RFL_FILE_LINK_OFFERED, RFL_FILE_FIELD_TYPE, "text", 4 },
    { RFL_FILE_LINK_OFFERED, RFL_FILE_FIELD_ADDRESS, "a\177", 2 },
    { RFL_FILE_LINK_OFFERED, RFL_FILE_FIELD_PORT, "\0\0", 2 },
    { RFL_FILE_LINK_OFFERED, RFL_FILE_FIELD_KEY, "short", 5 },
    { RFL_FILE_LINK_OFFERED, RFL_FILE_FIELD_FLAGS, "\0\0", 2 },
    { RFL_FILE_LINK_OFFERED, RFL_FILE_FIELD_PATH, "seven o", 7 },
    { RFL_FILE_OFFERED, RFL_FILE_FIELD_URL, "http://\x1b[2J", 11 },
    { RFL_FILE_GONE, RFL_FILE_FIELD_REASON, "\x9b", 1 },
    { RFL_FILE_KEY, RFL_FILE_FIELD_PASSKEY, "0123456789abcdefg", 17 },
    { RFL_FILE_KEY, RFL_FILE_FIELD_ROOM, "\0", 1 },
    { RFL_FILE_KEY, RFL_FILE_FIELD_PAGE, "\n", 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (RflFileMessage) m = example (cases[i].type);
      g_autoptr (GByteArray) good = body_of (&m);
      g_autoptr (GByteArray) body = with (good, cases[i].field, cases[i].value, cases[i].len);

      refuse (cases[i].type, body);
    }
}

static void
too_long (void)
{
  g_auto (RflFileMessage) m = example (RFL_FILE_LINK_OFFERED);
  g_autofree char *text = g_strnfill (RFL_FILE_MAX_NAME + 1, 'x');
  g_auto (RflFileMessage) found = { 0 };

  g_autoptr (GByteArray) good = body_of (&m);
  g_autoptr (GByteArray) name = with (good, RFL_FILE_FIELD_NAME, text, RFL_FILE_MAX_NAME + 1);
  refuse (RFL_FILE_LINK_OFFERED, name);
  g_autoptr (GByteArray) path =
      with (good, RFL_FILE_FIELD_PATH, text, (RFL_FILE_MAX_PATH + 1) * RFL_FILE_TAG);
  refuse (RFL_FILE_LINK_OFFERED, path);
  /* the writer cuts, or leaves out what is of no use when it is cut */
  g_free (m.owner);
  m.owner = g_strdup (text);
  g_free (m.media_type);
  m.media_type = g_strconcat ("x/", text, NULL);
  g_autoptr (GByteArray) shorter = body_of (&m);
  g_assert_true (
      rfl_file_message_read (&found, RFL_FILE_LINK_OFFERED, shorter->data, shorter->len, NULL));
  g_assert_cmpuint (strlen (found.owner), ==, RFL_FILE_MAX_OWNER);
  g_assert_null (found.media_type);
}

/* The longest there can be fits a message of a link beside a session's name, and one of the control channel. */
static void
longest (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_auto (RflFileMessage)
          m = { .type = (guint16) types[i], .flags = 1, .port = 5565, .n_path = RFL_FILE_MAX_PATH };
      g_auto (RflFileMessage) found = { 0 };
      gboolean link = types[i] == RFL_FILE_LINK_OFFERED;

      m.name = g_strnfill (RFL_FILE_MAX_NAME, 'x');
      m.owner = g_strnfill (300, 'x');
      m.media_type = g_strdup ("application/vnd.openxmlformats-officedocument.presentationml.bin");
      m.url = g_strnfill (RFL_FILE_MAX_URL, 'x');
      m.page = g_strnfill (RFL_FILE_MAX_URL, 'x');
      m.base = g_strnfill (RFL_FILE_MAX_BASE, 'x');
      m.room = g_strnfill (300, 'x');
      m.reason = g_strnfill (300, 'x');
      m.address = g_strnfill (300, 'x');
      g_assert_cmpuint (strlen (m.media_type), ==, RFL_FILE_MAX_TYPE);
      g_autoptr (GByteArray) body = body_of (&m);
      g_assert_cmpuint (body->len, <=, link ? RFL_LINKS_MAX_BODY - 156 : 1000);
      g_assert_true (rfl_file_message_read (&found, types[i], body->data, body->len, NULL));
    }
}

/* ---- texts ---- */

static void
file_names (void)
{
  static const char *const bad[] = { "",      ".",        "..",   "/",           "a/b",
                                     "..\\a", "\\",       "a\nb", "\x7f",        "\xc2\x85",
                                     "\xff",  "\xc0\xaf", "\t.a", "\xed\xa0\x80" };
  static const char *const good[] = { "...", "..a", "a b", "Übersicht.pdf", " ", "%2e%2e", "a:b" };
  g_autofree char *longest = g_strnfill (RFL_FILE_MAX_NAME, 'x');
  g_autofree char *longer = g_strnfill (RFL_FILE_MAX_NAME + 1, 'x');

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (rfl_file_is_name (bad[i]));
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (rfl_file_is_name (good[i]));
  g_assert_true (rfl_file_is_name (longest));
  g_assert_false (rfl_file_is_name (longer));
  g_autofree char *escaped = rfl_file_escape_name ("a/ü'*;~.-_\"");
  g_assert_cmpstr (escaped, ==, "a%2F%C3%BC%27%2A%3B~.-_%22");
}

static void
media_types (void)
{
  static const char *const bad[] = { "",         "text",        "/",        "text/",
                                     "/plain",   "text/ plain", "text/a/b", "text/plain;charset=x",
                                     "te\nxt/a", "t\xc3\xbc/a" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (rfl_file_is_type (bad[i]));
  g_assert_true (rfl_file_is_type ("application/vnd.oasis.opendocument.text+x"));
}

#define EMPTY "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

static void
digests (void)
{
  static const char *const bad[] = {
    "",
    "sha-256",
    "sha-256=",
    "sha-256=" EMPTY,
    "sha-256=::",
    "sha-256=:" EMPTY,
    "sha-256=:" EMPTY ":x",
    "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU:",
    "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF==:",
    "sha-256=:47DEQpj8HBSa+ TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:",
    "sha-512=:" EMPTY ":",
    "sha-256=:" EMPTY ":, sha-256=:" EMPTY ":",
    "SHA-256=:" EMPTY ":",
    ",,,=,",
  };
  static const char *const good[] = {
    "sha-256=:" EMPTY ":",
    " sha-256=:" EMPTY ":\t",
    "md5=:abc:, sha-256=:" EMPTY ":,",
    "sha-256=:" EMPTY ":,unixsum=:1:",
  };
  guint8 hash[RFL_FILE_SHA256], empty[RFL_FILE_SHA256];
  char text[RFL_FILE_DIGEST_STRLEN];

  g_assert_true (
      rfl_file_hex_read (empty, sizeof empty,
                         "E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (rfl_file_digest_read (hash, bad[i]));
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      memset (hash, 0, sizeof hash);
      g_assert_true (rfl_file_digest_read (hash, good[i]));
      g_assert_cmpmem (hash, sizeof hash, empty, sizeof empty);
    }
  rfl_file_digest_write (empty, text);
  g_assert_cmpstr (text, ==, good[0]);
}

static void
digits (void)
{
  static const char *const bad[] = { "", "0", "000", "00112", "0g11", "00 1", "001122", "+011" };
  guint8 octets[2];
  char text[5];

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (rfl_file_hex_read (octets, 2, bad[i]));
  g_assert_true (rfl_file_hex_read (octets, 2, "fA09"));
  rfl_file_hex_write (octets, 2, text);
  g_assert_cmpstr (text, ==, "fa09");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/file/cut", cut);
  g_test_add_func ("/file/bad-values", bad_values);
  g_test_add_func ("/file/too-long", too_long);
  g_test_add_func ("/file/longest", longest);
  g_test_add_func ("/file/names", file_names);
  g_test_add_func ("/file/media-types", media_types);
  g_test_add_func ("/file/digests", digests);
  g_test_add_func ("/file/digits", digits);
  return g_test_run ();
}
