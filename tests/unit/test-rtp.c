/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RTP headers: what is none, every optional part, what the first octets say. */
#include <reflector/rtp.h>
#include <string.h>

#include "core/wire/bytes.h"

/* Version 2, PT 0, sequence 1, timestamp 160, SSRC 0x01020304; the tables change the front */
#define FIXED(first) first, 0x00, 0x00, 0x01, 0, 0, 0, 160, 1, 2, 3, 4

typedef struct {
  const char *what;
  guint8 data[32];
  gsize len;
} Row;

static const Row malformed[] = {
  { "empty", { 0 }, 0 },
  { "one octet", { 0x80 }, 1 },
  { "eleven octets", { FIXED (0x80) }, 11 },
  { "version 0", { FIXED (0x00) }, 12 },
  { "version 1", { FIXED (0x40) }, 12 },
  { "version 3", { FIXED (0xc0) }, 12 },
  { "CSRC missing", { FIXED (0x81) }, 12 },
  { "CSRC cut", { FIXED (0x81), 1, 2, 3 }, 15 },
  { "15 CSRCs promised, 4 there", { FIXED (0x8f) }, 28 },
  { "extension header missing", { FIXED (0x90) }, 12 },
  { "extension header cut", { FIXED (0x90), 0xbe, 0xde, 0 }, 15 },
  { "extension longer than packet", { FIXED (0x90), 0xbe, 0xde, 0, 2, 0, 0, 0, 0 }, 20 },
  { "extension of 65535 words", { FIXED (0x90), 0xbe, 0xde, 0xff, 0xff, 0 }, 20 },
  { "CSRC, extension header missing", { FIXED (0x91), 1, 2, 3, 4 }, 16 },
  { "padding without payload", { FIXED (0xa0) }, 12 },
  { "padding 0", { FIXED (0xa0), 9, 0 }, 14 },
  { "padding reaches into the header", { FIXED (0xa0), 9, 3 }, 14 },
  { "padding 255", { FIXED (0xa0), 9, 255 }, 14 },
  { "padding reaches into the extension", { FIXED (0xb0), 0xbe, 0xde, 0, 1, 0, 0, 0, 0, 2 }, 21 },
};

static void
bad (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (malformed); i++)
    {
      RflRtp rtp, untouched;
      /* on the heap and of the exact size, so that reading on is seen */
      g_autofree guint8 *data = g_memdup2 (malformed[i].data, malformed[i].len);

      memset (&rtp, 0x5a, sizeof rtp);
      untouched = rtp;
      g_test_message ("%s", malformed[i].what);
      g_assert_false (rfl_rtp_parse (&rtp, data, malformed[i].len));
      g_assert_cmpmem (&rtp, sizeof rtp, &untouched, sizeof untouched);
    }
}

static void
minimal (void)
{
  static const guint8 data[] = { 0x80, 0xe5, 0xff, 0xfe, 0x89, 1, 2, 3, 0xde, 0xad, 0xbe, 0xef };
  RflRtp rtp;

  g_assert_true (rfl_rtp_parse (&rtp, data, sizeof data));
  g_assert_true (rtp.marker);
  g_assert_cmpuint (rtp.pt, ==, 101);
  g_assert_cmpuint (rtp.seq, ==, 0xfffe);
  g_assert_cmphex (rtp.timestamp, ==, 0x89010203);
  g_assert_cmphex (rtp.ssrc, ==, 0xdeadbeef);
  g_assert_null (rtp.csrc);
  g_assert_null (rtp.extension);
  g_assert_cmpuint (rtp.header_len, ==, 12);
  g_assert_cmpuint (rtp.payload_len, ==, 0);
}

static void
everything (void)
{
  static const guint8 data[] = { 0xb2, 0x60, 0,   7, 0,    0,    0, 1, 0, 0, 0, 2, /* P, X, CC 2 */
                                 0,    0,    0,   3, 0,    0,    0, 4,             /* CSRCs */
                                 0xbe, 0xde, 0,   1, 0x10, 0xaa, 0, 0,             /* extension */
                                 'p',  'a',  'y', 0, 0,    3 };
  RflRtp rtp;

  g_assert_true (rfl_rtp_parse (&rtp, data, sizeof data));
  g_assert_false (rtp.marker);
  g_assert_cmpuint (rtp.pt, ==, 96);
  g_assert_cmpuint (rtp.n_csrc, ==, 2);
  g_assert_true (rtp.csrc == data + 12);
  g_assert_cmphex (rtp.extension_profile, ==, 0xbede);
  g_assert_cmpmem (rtp.extension, rtp.extension_len, data + 24, 4);
  g_assert_cmpuint (rtp.header_len, ==, 28);
  g_assert_cmpmem (rtp.payload, rtp.payload_len, "pay", 3);
}

static void
only_padding (void)
{
  static const guint8 data[] = { FIXED (0xa0), 0, 0, 0, 4 };
  RflRtp rtp;

  g_assert_true (rfl_rtp_parse (&rtp, data, sizeof data));
  g_assert_cmpuint (rtp.payload_len, ==, 0);
}

static void
write_and_read (void)
{
  RflRtp in = {
    .marker = TRUE, .pt = 127, .seq = 0xabcd, .timestamp = 0xfedcba98, .ssrc = 0x80000001
  };
  RflRtp out;
  guint8 data[RFL_RTP_MIN_HEADER];

  g_assert_cmpuint (rfl_rtp_write (&in, data, sizeof data - 1), ==, 0);
  g_assert_cmpuint (rfl_rtp_write (&in, data, sizeof data), ==, 12);
  g_assert_true (rfl_rtp_parse (&out, data, sizeof data));
  g_assert_true (out.marker);
  g_assert_cmpuint (out.pt, ==, 127);
  g_assert_cmphex (out.seq, ==, 0xabcd);
  g_assert_cmphex (out.timestamp, ==, 0xfedcba98);
  g_assert_cmphex (out.ssrc, ==, 0x80000001);
}

static void
classify (void)
{
  static const struct {
    guint8 first, second;
    RflPacketClass class;
  } rows[] = {
    { 0, 1, RFL_CLASS_STUN },      { 3, 0, RFL_CLASS_STUN },      { 4, 0, RFL_CLASS_OTHER },
    { 19, 0, RFL_CLASS_OTHER },    { 20, 0, RFL_CLASS_DTLS },     { 63, 0, RFL_CLASS_DTLS },
    { 64, 0, RFL_CLASS_OTHER },    { 127, 200, RFL_CLASS_OTHER }, { 128, 0, RFL_CLASS_RTP },
    { 128, 127, RFL_CLASS_RTP },   { 128, 191, RFL_CLASS_RTP },   { 128, 192, RFL_CLASS_RTCP },
    { 191, 207, RFL_CLASS_RTCP },  { 129, 223, RFL_CLASS_RTCP },  { 129, 224, RFL_CLASS_RTP },
    { 192, 200, RFL_CLASS_OTHER }, { 255, 255, RFL_CLASS_OTHER },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      guint8 data[] = { rows[i].first, rows[i].second };

      g_test_message ("%u %u", data[0], data[1]);
      g_assert_cmpint (rfl_packet_classify (data, 2), ==, rows[i].class);
      g_assert_cmpint (rfl_packet_classify (data, 1), ==, RFL_CLASS_OTHER);
      g_assert_cmpint (rfl_packet_classify (data, 0), ==, RFL_CLASS_OTHER);
    }
}

static void
sequence (void)
{
  g_assert_cmpint (rfl_seq_diff (1, 0), ==, 1);
  g_assert_cmpint (rfl_seq_diff (0, 0xffff), ==, 1);
  g_assert_cmpint (rfl_seq_diff (0xffff, 0), ==, -1);
  g_assert_cmpint (rfl_seq_diff (0x7fff, 0), ==, 0x7fff);
  g_assert_cmpint (rfl_seq_diff (0x8000, 0), ==, -0x8000);
}

static void
bytes (void)
{
  guint8 data[5] = { 0 };

  wire_put32 (data + 1, 0x81828384);
  g_assert_cmphex (wire_get32 (data + 1), ==, 0x81828384);
  g_assert_cmphex (wire_get24 (data + 1), ==, 0x818283);
  g_assert_cmphex (wire_get16 (data + 1), ==, 0x8182);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rtp/bad", bad);
  g_test_add_func ("/rtp/minimal", minimal);
  g_test_add_func ("/rtp/everything", everything);
  g_test_add_func ("/rtp/only-padding", only_padding);
  g_test_add_func ("/rtp/write-and-read", write_and_read);
  g_test_add_func ("/rtp/classify", classify);
  g_test_add_func ("/rtp/sequence", sequence);
  g_test_add_func ("/rtp/bytes", bytes);
  return g_test_run ();
}
