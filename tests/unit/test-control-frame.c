/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Octets of control messages and of their fields: what is wrong is refused as a whole, what is right
 * comes out as it went in.
 */
#include <reflector/control.h>
#include <reflector/rtcp.h>
#include <string.h>

static GByteArray *
frame_new (void)
{
  GByteArray *data = g_byte_array_new ();
  RflControlFrame frame = { .flags = 1, .epoch = 7, .peer_epoch = 9, .ack = 3 };

  rfl_control_begin (data, &frame);
  return data;
}

static gboolean
append (GByteArray *data, const char *service, gsize len)
{
  guint8 body[RFL_CONTROL_MAX_BODY + 1] = { 0xaa };
  RflControlMessage message = { .seq = 4, .type = 2, .body = body, .len = len };

  memcpy (message.service, service, 4);
  return rfl_control_append (data, &message);
}

static void
refuse (const guint8 *data, gsize len)
{
  RflControlFrame frame;
  g_autoptr (GError) error = NULL;

  g_assert_false (rfl_control_read (&frame, data, len, &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_MALFORMED);
}

static void
malformed (void)
{
  g_autoptr (GByteArray) data = frame_new ();
  guint8 long_one[RFL_CONTROL_MAX_DATA + 4] = { 1 };
  guint8 *p;

  long_one[4] = 1;
  refuse (long_one, sizeof long_one);
  append (data, "SHAR", 5);
  p = data->data;
  for (gsize len = 0; len < data->len; len++)
    if (len != 16) /* the head alone is a datagram, too */
      refuse (p, len);
  p[0] = 2;
  refuse (p, data->len);
  p[0] = 1;
  p[7] = 0; /* epoch 0 */
  refuse (p, data->len);
  p[7] = 1;
  p[16 + 11] = 9; /* longer than there is */
  refuse (p, data->len);
  p[16 + 10] = 0x10;
  refuse (p, data->len);
  p[16 + 10] = 0;
  p[16 + 11] = 5;
  for (const char *c = " \x7f\x1f\n\xc3"; *c; c++)
    {
      p[16 + 6] = (guint8) *c;
      refuse (p, data->len);
    }
}

static void
limits (void)
{
  g_autoptr (GByteArray) data = frame_new ();

  g_assert_false (append (data, "FILE", RFL_CONTROL_MAX_BODY + 1));
  g_assert_cmpuint (data->len, ==, 16);
  g_assert_true (append (data, "FILE", RFL_CONTROL_MAX_BODY));
  g_assert_cmpuint (data->len, ==, RFL_CONTROL_MAX_DATA);
  g_assert_false (append (data, "FILE", 0));
  g_assert_cmpuint (data->len, ==, RFL_CONTROL_MAX_DATA);
}

static void
there_and_back (void)
{
  g_autoptr (GByteArray) data = frame_new ();
  RflControlFrame frame;
  RflControlMessage message;

  append (data, "SHAR", 5);
  append (data, "FILE", 0);
  g_assert_true (rfl_control_read (&frame, data->data, data->len, NULL));
  g_assert_cmpuint (frame.flags, ==, 1);
  g_assert_cmpuint (frame.epoch, ==, 7);
  g_assert_cmpuint (frame.peer_epoch, ==, 9);
  g_assert_cmpuint (frame.ack, ==, 3);
  g_assert_true (rfl_control_next (&frame, &message));
  g_assert_cmpstr (message.service, ==, "SHAR");
  g_assert_cmpuint (message.seq, ==, 4);
  g_assert_cmpuint (message.type, ==, 2);
  g_assert_cmpmem (message.body, message.len, "\xaa\0\0\0", 5);
  g_assert_true (rfl_control_next (&frame, &message));
  g_assert_cmpstr (message.service, ==, "FILE");
  g_assert_cmpuint (message.len, ==, 0);
  g_assert_false (rfl_control_next (&frame, &message));
}

/* The compound is one that RTCP readers take, and its APP is found again. */
static void
wrapped (void)
{
  g_autoptr (GByteArray) data = frame_new ();
  g_autofree char *cname = g_strnfill (255, 'x');
  g_autoptr (GByteArray) compound = rfl_control_wrap (5, "me@host", data->data, data->len);
  g_autoptr (GByteArray) longest = rfl_control_wrap (5, cname, data->data, data->len);
  RflRtcpIter iter;
  RflRtcp rtcp;
  gsize len = 0;

  g_assert_true (rfl_rtcp_validate (longest->data, longest->len));
  g_assert_true (rfl_rtcp_validate (compound->data, compound->len));
  rfl_rtcp_iter_init (&iter, compound->data, compound->len);
  g_assert_true (rfl_rtcp_iter_next (&iter, &rtcp));
  g_assert_cmpint (rtcp.type, ==, RFL_RTCP_RR);
  g_assert_null (rfl_control_get_data (rtcp.data, rtcp.len, &len));
  g_assert_true (rfl_rtcp_iter_next (&iter, &rtcp));
  g_assert_cmpint (rtcp.type, ==, RFL_RTCP_SDES);
  g_assert_true (rfl_rtcp_iter_next (&iter, &rtcp));
  const guint8 *found = rfl_control_get_data (rtcp.data, rtcp.len, &len);
  g_assert_cmpmem (found, len, data->data, data->len);
  ((guint8 *) rtcp.data)[11] = 'K';
  g_assert_null (rfl_control_get_data (rtcp.data, rtcp.len, &len));
}

/* ---- fields ---- */

static void
bad_fields (void)
{
  static const guint8 twice[] = { 0, 1, 0, 1, 5, 0, 0, 0, 0, 1, 0, 1, 6, 0, 0, 0 };
  static const guint8 empty[] = { 0, 1, 0, 0 }, unpadded[] = { 0, 1, 0, 1, 5 };
  RflTlv fields[3];
  guint8 u8 = 99;
  guint32 u32 = 99;

  g_assert_false (rfl_tlv_read (twice, sizeof twice, fields, 3));
  g_assert_false (rfl_tlv_read (empty, sizeof empty, fields, 3));
  g_assert_false (rfl_tlv_read (unpadded, sizeof unpadded, fields, 3));
  for (gsize len = 1; len < 8; len++)
    g_assert_false (rfl_tlv_read (twice, len, fields, 3));
  g_assert_true (rfl_tlv_read (twice, 8, fields, 3));
  g_assert_false (rfl_tlv_get_u32 (&fields[1], &u32));
  g_assert_false (rfl_tlv_get_u8 (&fields[2], &u8));
  g_assert_cmpuint (u8, ==, 99);
  g_assert_cmpuint (u32, ==, 99);
  g_assert_null (rfl_tlv_dup_text (&fields[2], 10));
  g_assert_null (rfl_tlv_dup_text (&fields[1], 10)); /* a control character */
  g_assert_true (rfl_tlv_read (NULL, 0, fields, 3));
  g_assert_null (fields[1].value);
}

static void
bad_text (void)
{
  static const char *const bad[] = { "a\xc3", "a\xff", "a\nb", "\x7f", "\xc2\x85", "12345678901" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      RflTlv field = { (const guint8 *) bad[i], strlen (bad[i]) };
      g_assert_null (rfl_tlv_dup_text (&field, 10));
    }
  RflTlv nul = { (const guint8 *) "a\0b", 3 };
  g_assert_null (rfl_tlv_dup_text (&nul, 10));
}

static void
fields (void)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();
  RflTlv out[8];
  guint8 u8, key[3];
  guint16 u16;
  guint32 u32;
  guint64 u64;

  rfl_tlv_put_u8 (body, 1, 200);
  rfl_tlv_put_u16 (body, 2, 0x1234);
  rfl_tlv_put_u32 (body, 900, 1); /* unknown */
  rfl_tlv_put_u32 (body, 3, 0x12345678);
  rfl_tlv_put_u64 (body, 4, G_GUINT64_CONSTANT (0x123456789abcdef0));
  rfl_tlv_put_text (body, 5, "caf\xc3\xa9s", 4); /* cut before the é */
  rfl_tlv_put_text (body, 6, "", 10);
  rfl_tlv_put_text (body, 6, NULL, 10);
  rfl_tlv_put (body, 7, "key", 3);
  g_assert_cmpuint (body->len % 4, ==, 0);
  g_assert_true (rfl_tlv_read (body->data, body->len, out, G_N_ELEMENTS (out)));
  g_assert_true (rfl_tlv_get_u8 (&out[1], &u8) && u8 == 200);
  g_assert_true (rfl_tlv_get_u16 (&out[2], &u16) && u16 == 0x1234);
  g_assert_true (rfl_tlv_get_u32 (&out[3], &u32) && u32 == 0x12345678);
  g_assert_true (rfl_tlv_get_u64 (&out[4], &u64) && u64 == G_GUINT64_CONSTANT (0x123456789abcdef0));
  g_autofree char *text = rfl_tlv_dup_text (&out[5], 10);
  g_assert_cmpstr (text, ==, "caf");
  g_assert_null (out[6].value);
  g_assert_false (rfl_tlv_get_octets (&out[7], key, 2));
  g_assert_true (rfl_tlv_get_octets (&out[7], key, 3));
  g_assert_cmpmem (key, 3, "key", 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/control-frame/malformed", malformed);
  g_test_add_func ("/control-frame/limits", limits);
  g_test_add_func ("/control-frame/there-and-back", there_and_back);
  g_test_add_func ("/control-frame/wrapped", wrapped);
  g_test_add_func ("/tlv/bad", bad_fields);
  g_test_add_func ("/tlv/bad-text", bad_text);
  g_test_add_func ("/tlv/fields", fields);
  return g_test_run ();
}
