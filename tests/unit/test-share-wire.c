/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Octets of application sharing that are wrong are refused; what is right comes out as it went in, however it is
 * cut. The document's examples are in test-share-document.c.
 */
#include <reflector/share.h>
#include <string.h>

/* ---- messages ---- */

static RflShareMessage
example (guint8 type)
{
  RflShareMessage m = { .type = type,
                        .kind = RFL_SHARE_CHANNEL,
                        .flags = 1,
                        .port = 6000,
                        .code = 6,
                        .request = 9,
                        .passkey = "0123456789abcde",
                        .share = g_strdup ("ab-C_9."),
                        .title = g_strdup ("Übersicht"),
                        .owner = g_strdup ("sip:a@b"),
                        .address = g_strdup ("2001:db8::1"),
                        .reason = g_strdup ("why") };

  m.path = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (m.path, g_strdup ("r1"));
  return m;
}

static void
refuse (guint8 type, const GByteArray *body)
{
  g_auto (RflShareMessage) m = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_false (rfl_share_message_read (&m, type, body->data, body->len, &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_MALFORMED);
}

static GByteArray *
body_of (const RflShareMessage *m)
{
  return g_bytes_unref_to_array (rfl_share_message_write (m));
}

/* Cut anywhere, a message is not the same message. */
static void
cut (void)
{
  for (guint type = RFL_SHARE_REQUEST; type <= RFL_SHARE_END; type++)
    {
      g_auto (RflShareMessage) m = example (type);
      g_autoptr (GByteArray) body = body_of (&m);
      guint whole = body->len, good = 0;

      for (body->len = 0; body->len < whole; body->len++)
        {
          g_auto (RflShareMessage) found = { 0 };
          if (rfl_share_message_read (&found, type, body->data, body->len, NULL))
            good++;
        }
      /* where only fields are missing that need not be there */
      g_assert_cmpuint (good, <=, 2);
      refuse (0, body);
      refuse (7, body);
    }
}

static void
bad_values (void)
{
  static const struct {
    guint16 type;
    const char *value;
    gsize len;
  } cases[] = {
    { RFL_SHARE_FIELD_KIND, "\0", 1 },       { RFL_SHARE_FIELD_KIND, "\3", 1 },
    { RFL_SHARE_FIELD_KIND, "\0\1", 2 },     { RFL_SHARE_FIELD_PORT, "\0\0", 2 },
    { RFL_SHARE_FIELD_PORT, "\1", 1 },       { RFL_SHARE_FIELD_SHARE, "a b", 3 },
    { RFL_SHARE_FIELD_SHARE, "a\0b", 3 },    { RFL_SHARE_FIELD_SHARE, "a/b", 3 },
    { RFL_SHARE_FIELD_PASSKEY, "short", 5 }, { RFL_SHARE_FIELD_TITLE, "a\nb", 3 },
    { RFL_SHARE_FIELD_OWNER, "\xff", 1 },    { RFL_SHARE_FIELD_FLAGS, "\0\0", 2 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (RflShareMessage) m = example (RFL_SHARE_ANNOUNCE);
      g_autoptr (GByteArray) good = body_of (&m);
      g_autoptr (GByteArray) body = g_byte_array_new ();
      const guint8 *at = good->data;
      gsize left = good->len;
      guint16 type;
      RflTlv field;

      while (rfl_tlv_next (&at, &left, &type, &field))
        if (type != cases[i].type)
          rfl_tlv_put (body, type, field.value, field.len);
      rfl_tlv_put (body, cases[i].type, cases[i].value, cases[i].len);
      refuse (RFL_SHARE_ANNOUNCE, body);
    }
}

static void
too_long (void)
{
  g_auto (RflShareMessage) m = example (RFL_SHARE_ANNOUNCE);
  g_autofree char *text = g_strnfill (RFL_SHARE_MAX_TITLE + 1, 'x');

  while (m.path->len <= RFL_SHARE_MAX_PATH)
    g_ptr_array_add (m.path, g_strdup ("r2"));
  g_autoptr (GByteArray) far = body_of (&m);
  refuse (RFL_SHARE_ANNOUNCE, far);
  /* the writer cuts */
  g_ptr_array_set_size (m.path, 1);
  g_free (m.title);
  m.title = g_strdup (text);
  g_autoptr (GByteArray) shorter = body_of (&m);
  g_auto (RflShareMessage) found = { 0 };
  g_assert_true (
      rfl_share_message_read (&found, RFL_SHARE_ANNOUNCE, shorter->data, shorter->len, NULL));
  g_assert_cmpuint (strlen (found.title), ==, RFL_SHARE_MAX_TITLE);
}

/* The longest there can be fits a link's message. */
static void
longest (void)
{
  g_auto (RflShareMessage) m = { .type = RFL_SHARE_ANNOUNCE, .kind = 2, .flags = 1, .port = 6000 };

  m.share = g_strnfill (RFL_SHARE_MAX_ID, 'x');
  m.title = g_strnfill (200, 'x');
  m.owner = g_strnfill (200, 'x');
  m.address = g_strnfill (200, 'x');
  m.path = g_ptr_array_new_with_free_func (g_free);
  while (m.path->len < RFL_SHARE_MAX_PATH)
    g_ptr_array_add (m.path, g_strnfill (64, 'x'));
  g_autoptr (GByteArray) body = body_of (&m);
  g_assert_cmpuint (body->len, <=, 900);
}

/* ---- lines ---- */

#define KEY "00112233445566778899aAbBccddeeff"

static void
lines (void)
{
  static const char *const bad[] = { "",
                                     "RFL/1 SHARE ",
                                     "RFL/1 SHARE  " KEY,
                                     "RFL/1 SHARE x " KEY " ",
                                     "RFL/1 SHARE x  " KEY,
                                     "RFL/1 SHARE x\t" KEY,
                                     "RFL/1 SHARE x y " KEY,
                                     "RFL/1 share x " KEY,
                                     "RFL/2 SHARE x " KEY,
                                     "RFL/1 SHARE x g0112233445566778899aabbccddeeff",
                                     "RFL/1 SHARE x 0112233445566778899aabbccddeeff",
                                     "RFL/1 SHARE 123456789012345678901234567890123 " KEY,
                                     "GET / HTTP/1.1" };
  const char *good = "RFL/1 SHARE 12345678901234567890123456789012 " KEY;
  char nul[] = "RFL/1 SHARE x.y " KEY;
  RflShareHello hello;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (rfl_share_hello_parse (&hello, bad[i], strlen (bad[i])));
  nul[13] = '\0';
  g_assert_false (rfl_share_hello_parse (&hello, nul, sizeof nul - 1));
  for (gsize len = 0; len < strlen (good); len++)
    g_assert_false (rfl_share_hello_parse (&hello, good, len));
  g_assert_true (rfl_share_hello_parse (&hello, good, strlen (good)));
  g_assert_cmpmem (hello.passkey, 16,
                   "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff", 16);
}

static void
answer (const char *line, int code, const char *why)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (rfl_share_answer_parse (line, strlen (line), &error));
  g_assert_error (error, RFL_ERROR, code);
  if (why)
    g_assert_cmpstr (error->message, ==, why);
}

static void
answers (void)
{
  g_assert_true (rfl_share_answer_parse ("RFL/1 OK", 8, NULL));
  answer ("RFL/1 OK ", RFL_ERROR_MALFORMED, NULL);
  answer ("RFL/1 O", RFL_ERROR_MALFORMED, NULL);
  answer ("RFL/1 NOPE", RFL_ERROR_MALFORMED, NULL);
  answer ("", RFL_ERROR_MALFORMED, NULL);
  answer ("RFL/1 NO", RFL_ERROR_FORBIDDEN, "refused");
  answer ("RFL/1 NO wrong\x1b[2J", RFL_ERROR_FORBIDDEN, "wrong?[2J");
}

/* ---- frames ---- */

static void
add_frame (GByteArray *to, guint8 type, guint32 channel, const char *payload, gsize len)
{
  RflShareFrame frame = { .type = type, .len = (guint16) len, .channel = channel };
  guint8 head[RFL_SHARE_FRAME_HEAD];

  rfl_share_frame_write (&frame, head);
  g_byte_array_append (to, head, sizeof head);
  if (len > 0)
    g_byte_array_append (to, (const guint8 *) payload, (guint) len);
}

static void
bad_frames (void)
{
  static const struct {
    guint8 type;
    guint len;
  } cases[] = { { RFL_SHARE_FRAME_OPEN, 3 },    { RFL_SHARE_FRAME_OPEN, 0 },
                { RFL_SHARE_FRAME_CREDIT, 3 },  { RFL_SHARE_FRAME_CREDIT, 17 },
                { RFL_SHARE_FRAME_PING, 17 },   { RFL_SHARE_FRAME_PONG, 65535 },
                { RFL_SHARE_FRAME_CLOSE, 1000 } };
  char payload[RFL_SHARE_MAX_PAYLOAD] = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GByteArray) stream = g_byte_array_new ();
      g_autoptr (GError) error = NULL;
      RflShareReader reader = { 0 };
      RflSharePiece piece;

      add_frame (stream, cases[i].type, 1, payload, cases[i].len);
      const guint8 *at = stream->data;
      gsize left = stream->len;
      g_assert_cmpint (rfl_share_reader_next (&reader, &at, &left, &piece, &error), ==,
                       RFL_SHARE_READ_BAD);
      g_assert_error (error, RFL_ERROR, RFL_ERROR_MALFORMED);
    }
}

static GByteArray *
conversation (void)
{
  GByteArray *stream = g_byte_array_new ();

  add_frame (stream, RFL_SHARE_FRAME_OPEN, 7, "\0\0\1\0", 4);
  add_frame (stream, RFL_SHARE_FRAME_DATA, 7, "abcdefghij", 10);
  add_frame (stream, 99, 7, "of a later version", 18);
  add_frame (stream, 100, 7, NULL, 0);
  add_frame (stream, RFL_SHARE_FRAME_DATA, 7, NULL, 0);
  add_frame (stream, RFL_SHARE_FRAME_CREDIT, 7, "\0\1\0\0more", 8);
  add_frame (stream, RFL_SHARE_FRAME_PING, 0, "0123456789abcdef", 16);
  add_frame (stream, RFL_SHARE_FRAME_CLOSE, 7, NULL, 0);
  return stream;
}

static void
feed (RflShareReader *reader, const guint8 *data, gsize len, GString *out)
{
  RflSharePiece piece;

  while (rfl_share_reader_next (reader, &data, &len, &piece, NULL) == RFL_SHARE_READ_PIECE)
    {
      if (piece.first)
        g_string_append_printf (out, "%u/%u:", piece.frame.type, piece.frame.channel);
      if (piece.number)
        g_string_append_printf (out, "%u", piece.number);
      else
        g_string_append_len (out, (const char *) piece.payload, (gssize) piece.len);
      if (piece.last)
        g_string_append_c (out, ' ');
    }
  g_assert_cmpuint (len, ==, 0);
}

/* However the stream is cut, the same comes out. */
static void
pieces (void)
{
  g_autoptr (GByteArray) stream = conversation ();

  for (gsize step = 1; step <= stream->len; step++)
    {
      g_autoptr (GString) out = g_string_new (NULL);
      RflShareReader reader = { 0 };

      for (gsize at = 0; at < stream->len; at += step)
        feed (&reader, stream->data + at, MIN (step, stream->len - at), out);
      g_assert_cmpstr (out->str, ==,
                       "1/7:256 3/7:abcdefghij 3/7: 4/7:65536 5/0:0123456789abcdef 2/7: ");
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/share/message/cut", cut);
  g_test_add_func ("/share/message/bad-values", bad_values);
  g_test_add_func ("/share/message/too-long", too_long);
  g_test_add_func ("/share/message/longest", longest);
  g_test_add_func ("/share/hello/lines", lines);
  g_test_add_func ("/share/hello/answers", answers);
  g_test_add_func ("/share/frame/bad", bad_frames);
  g_test_add_func ("/share/frame/pieces", pieces);
  return g_test_run ();
}
