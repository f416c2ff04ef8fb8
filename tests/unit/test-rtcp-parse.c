/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading RTCP: malformed packets, what real clients send, every getter. */
#include <reflector/rtcp.h>
#include <string.h>

typedef struct {
  const char *what;
  gsize len;
  guint8 data[64];
} Row;

#define RR0(ssrc) 0x80, 201, 0, 1, 0, 0, 0, ssrc
#define SSRC(n) 0, 0, 0, n

static const Row malformed[] = {
  { "empty", 0, { 0 } },
  { "three octets", 3, { 0x80, 201, 0 } },
  { "version 0", 8, { 0x00, 201, 0, 1, SSRC (1) } },
  { "version 1", 8, { 0x40, 201, 0, 1, SSRC (1) } },
  { "version 3", 8, { 0xc0, 201, 0, 1, SSRC (1) } },
  { "RTP's payload type", 8, { 0x80, 96, 0, 1, SSRC (1) } },
  { "packet type 191", 8, { 0x80, 191, 0, 1, SSRC (1) } },
  { "packet type 224", 8, { 0x80, 224, 0, 1, SSRC (1) } },
  { "length beyond the end", 8, { 0x80, 201, 0, 2, SSRC (1) } },
  { "length 65535", 8, { 0x80, 201, 0xff, 0xff, SSRC (1) } },
  { "trailing octet", 9, { RR0 (1), 0 } },
  { "trailing three octets", 11, { RR0 (1), 0x80, 201, 0 } },
  { "second packet wrong", 16, { RR0 (1), 0x40, 201, 0, 1, SSRC (1) } },
  { "RR without SSRC", 4, { 0x80, 201, 0, 0 } },
  { "RR with a block promised", 8, { 0x81, 201, 0, 1, SSRC (1) } },
  { "RR with a block cut", 28, { 0x81, 201, 0, 6, SSRC (1) } },
  { "SR without sender info", 8, { 0x80, 200, 0, 1, SSRC (1) } },
  { "SR with sender info cut", 24, { 0x80, 200, 0, 5, SSRC (1) } },
  { "SR with a block promised", 28, { 0x81, 200, 0, 6, SSRC (1) } },
  { "SDES with a chunk promised", 4, { 0x81, 202, 0, 0 } },
  { "SDES item without length", 12, { 0x81, 202, 0, 2, SSRC (1), 1, 1, 'a', 1 } },
  { "SDES item beyond the end", 12, { 0x81, 202, 0, 2, SSRC (1), 1, 3, 'a', 'b' } },
  { "SDES with a second chunk promised", 12, { 0x82, 202, 0, 2, SSRC (1), 1, 1, 'a', 0 } },
  { "BYE with an SSRC promised", 4, { 0x81, 203, 0, 0 } },
  { "BYE with two promised", 8, { 0x82, 203, 0, 1, SSRC (1) } },
  { "BYE reason beyond the end", 12, { 0x81, 203, 0, 2, SSRC (1), 4, 'a', 'b', 'c' } },
  { "APP without name", 8, { 0x80, 204, 0, 1, SSRC (1) } },
  { "PLI without media", 8, { 0x81, 206, 0, 1, SSRC (1) } },
  { "NACK without media", 8, { 0x81, 205, 0, 1, SSRC (1) } },
  { "XR without SSRC", 4, { 0x80, 207, 0, 0 } },
  { "padding 0", 12, { 0xa0, 201, 0, 2, SSRC (1), 0, 0, 0, 0 } },
  { "padding 3", 12, { 0xa0, 201, 0, 2, SSRC (1), 0, 0, 0, 3 } },
  { "padding into the SSRC", 12, { 0xa0, 201, 0, 2, SSRC (1), 0, 0, 0, 8 } },
  { "padding beyond the packet", 12, { 0xa0, 201, 0, 2, SSRC (1), 0, 0, 0, 252 } },
  { "padding in a header alone", 4, { 0xa0, 210, 0, 0 } },
  { "padding not in the last packet", 20, { 0xa0, 201, 0, 2, SSRC (1), 0, 0, 0, 4, RR0 (2) } },
};

static void
bad (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (malformed); i++)
    {
      g_autofree guint8 *data = g_memdup2 (malformed[i].data, malformed[i].len);
      gsize len = malformed[i].len;
      RflRtcpIter iter;
      RflRtcp rtcp;

      g_test_message ("%s", malformed[i].what);
      g_assert_false (rfl_rtcp_validate (data, len));
      rfl_rtcp_iter_init (&iter, data, len);
      while (rfl_rtcp_iter_next (&iter, &rtcp))
        g_assert_true (rtcp.data + rtcp.len <= data + len);
      g_assert_false (rfl_rtcp_iter_next (&iter, &rtcp));
    }
}

/* Every prefix of a long compound is either whole packets or refused. */
static void
truncated (void)
{
  static const guint8 data[] = {
    0x81, 200, 0,   12, SSRC (1), 1,   2, 3,  4,        5,   6,    7,    8,    0,   0, 0, 9,
    0,    0,   0,   10, 0,        0,   0, 11, SSRC (2), 128, 0xff, 0xff, 0xfe, 0,   1, 2, 3,
    0,    0,   0,   4,  0,        0,   0, 5,  0,        0,   0,    6,    0x81, 202, 0, 2, SSRC (1),
    1,    1,   'a', 0,  0x81,     203, 0, 2,  SSRC (1), 3,   'e',  'n',  'd',
  };

  for (gsize len = 0; len <= sizeof data; len++)
    {
      g_autofree guint8 *copy = g_memdup2 (data, len);
      gboolean whole = len == 52 || len == 64 || len == sizeof data;

      g_assert_cmpint (rfl_rtcp_validate (copy, len), ==, whole);
    }
}

static const Row accepted[] = {
  { "lone RR", 8, { RR0 (1) } },
  { "lone APP, as baresip starts", 12, { 0x80, 204, 0, 2, SSRC (1), 'P', 'I', 'N', 'G' } },
  { "lone PLI", 12, { 0x81, 206, 0, 2, SSRC (1), SSRC (2) } },
  { "packet type 192", 8, { 0x80, 192, 0, 1, SSRC (1) } },
  { "only an unknown header", 4, { 0x80, 210, 0, 0 } },
  { "SDES without chunk", 4, { 0x80, 202, 0, 0 } },
  { "SDES without null at the end", 12, { 0x81, 202, 0, 2, SSRC (1), 1, 2, 'a', 'b' } },
  { "SDES chunk without item", 12, { 0x81, 202, 0, 2, SSRC (1), 0, 0, 0, 0 } },
  { "BYE without SSRC", 4, { 0x80, 203, 0, 0 } },
  { "RR with padding", 12, { 0xa0, 201, 0, 2, SSRC (1), 0, 0, 0, 4 } },
  { "RR with profile's extension", 12, { 0x80, 201, 0, 2, SSRC (1), 1, 2, 3, 4 } },
};

static void
odd_but_real (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (accepted); i++)
    {
      g_autofree guint8 *data = g_memdup2 (accepted[i].data, accepted[i].len);

      g_test_message ("%s", accepted[i].what);
      g_assert_true (rfl_rtcp_validate (data, accepted[i].len));
    }
}

static void
unknown_is_skipped (void)
{
  static const guint8 data[] = { 0x80, 192, 0, 1, SSRC (1), RR0 (2), 0x80, 223, 0, 0, RR0 (3) };
  RflRtcpIter iter;
  RflRtcp rtcp;

  rfl_rtcp_iter_init (&iter, data, sizeof data);
  g_assert_true (rfl_rtcp_iter_next (&iter, &rtcp));
  g_assert_cmpuint (rtcp.ssrc, ==, 2);
  g_assert_true (rfl_rtcp_iter_next (&iter, &rtcp));
  g_assert_cmpuint (rtcp.ssrc, ==, 3);
  g_assert_false (rfl_rtcp_iter_next (&iter, &rtcp));
}

static RflRtcp
first_of (const guint8 *data, gsize len)
{
  RflRtcpIter iter;
  RflRtcp rtcp;

  rfl_rtcp_iter_init (&iter, data, len);
  g_assert_true (rfl_rtcp_iter_next (&iter, &rtcp));
  return rtcp;
}

static void
reports (void)
{
  static const guint8 data[] = { 0x82, 200,  0,    18,   0xde, 0xad, 0xbe, 0xef, 0x83,     1,
                                 2,    3,    4,    5,    6,    7,    0,    0,    0,        9,
                                 0,    0,    0,    10,   0,    0,    0,    11,   SSRC (2), 128,
                                 0xff, 0xff, 0xfe, 0,    1,    2,    3,    0,    0,        0,
                                 4,    0,    0,    0,    5,    0,    0,    0,    6,        SSRC (3),
                                 0,    0x7f, 0xff, 0xff, 0,    0,    0,    0,    0,        0,
                                 0,    0,    0,    0,    0,    0,    0,    0,    0,        7 };
  RflRtcp rtcp = first_of (data, sizeof data);
  RflRtcpSenderInfo info;
  RflRtcpReportBlock block;

  g_assert_cmpint (rtcp.type, ==, RFL_RTCP_SR);
  g_assert_cmphex (rtcp.ssrc, ==, 0xdeadbeef);
  g_assert_true (rfl_rtcp_get_sender_info (&rtcp, &info));
  g_assert_cmphex (info.ntp, ==, G_GUINT64_CONSTANT (0x8301020304050607));
  g_assert_cmpuint (info.rtp_timestamp, ==, 9);
  g_assert_cmpuint (info.packets, ==, 10);
  g_assert_cmpuint (info.octets, ==, 11);
  g_assert_true (rfl_rtcp_get_report (&rtcp, 0, &block));
  g_assert_cmpuint (block.ssrc, ==, 2);
  g_assert_cmpuint (block.fraction_lost, ==, 128);
  g_assert_cmpint (block.cumulative_lost, ==, -2);
  g_assert_cmphex (block.highest_seq, ==, 0x00010203);
  g_assert_cmpuint (block.jitter, ==, 4);
  g_assert_cmpuint (block.lsr, ==, 5);
  g_assert_cmpuint (block.dlsr, ==, 6);
  g_assert_true (rfl_rtcp_get_report (&rtcp, 1, &block));
  g_assert_cmpint (block.cumulative_lost, ==, 0x7fffff);
  g_assert_cmpuint (block.dlsr, ==, 7);
  g_assert_false (rfl_rtcp_get_report (&rtcp, 2, &block));
}

static void
cname (void)
{
  static const guint8 data[] = {
    0x83,     202, 0,   10,  SSRC (1), 2,        2, 'm', 'e',
    1,        3,   'a', '@', 'b',      0,        0, 0, /* NAME before CNAME, three nulls */
    SSRC (2), 1,   1,   'c', 0,        SSRC (3), 8, 5,   1,
    'p',      'x', 'y', 'z', 0,        0,        0, 0,   0, /* PRIV alone */
  };
  RflRtcp rtcp = first_of (data, sizeof data);
  gsize len;
  const char *text;

  g_assert_cmpuint (rtcp.ssrc, ==, 1);
  g_assert_true (rtcp.body == data + 4);
  text = rfl_rtcp_get_cname (&rtcp, 0, &len);
  g_assert_cmpmem (text, len, "a@b", 3);
  text = rfl_rtcp_get_cname (&rtcp, 2, &len);
  g_assert_cmpmem (text, len, "c", 1);
  g_assert_null (rfl_rtcp_get_cname (&rtcp, 3, &len));
  g_assert_cmpuint (len, ==, 0);
  g_assert_null (rfl_rtcp_get_cname (&rtcp, 4, &len));
}

static void
bye_and_app (void)
{
  static const guint8 bye[] = { 0x82, 203, 0, 2, SSRC (7), SSRC (8) };
  static const guint8 app[] = { 0xa5, 204, 0, 4, SSRC (9), 'R', 'F', 'L', 'X',
                                1,    2,   3, 4, 0,        0,   0,   4 };
  RflRtcp rtcp = first_of (bye, sizeof bye);
  guint32 ssrc = 0;
  char name[5];
  const guint8 *data;
  gsize len;

  g_assert_cmpuint (rtcp.ssrc, ==, 7);
  g_assert_true (rfl_rtcp_get_bye (&rtcp, 1, &ssrc));
  g_assert_cmpuint (ssrc, ==, 8);
  g_assert_false (rfl_rtcp_get_bye (&rtcp, 2, &ssrc));
  g_assert_false (rfl_rtcp_get_app (&rtcp, name, &data, &len));

  rtcp = first_of (app, sizeof app);
  g_assert_cmpuint (rtcp.count, ==, 5);
  g_assert_true (rfl_rtcp_get_app (&rtcp, name, &data, &len));
  g_assert_cmpstr (name, ==, "RFLX");
  g_assert_cmpmem (data, len, app + 12, 4);
  g_assert_cmpuint (rtcp.len, ==, sizeof app);
}

static void
feedback (void)
{
  static const guint8 pli[] = { 0x81, 206, 0, 2, SSRC (1), SSRC (2) };
  static const guint8 fir[] = { 0x84, 206, 0, 6,        SSRC (1), SSRC (0), SSRC (3), 9,
                                0,    0,   0, SSRC (4), 10,       0,        0,        0 };
  static const guint8 bare_fir[] = { 0x84, 206, 0, 2, SSRC (1), SSRC (5) };
  static const guint8 tmmbr[] = { 0x83, 205, 0, 4, SSRC (1), SSRC (0), SSRC (6), 0, 0, 0, 0 };
  RflRtcp rtcp = first_of (pli, sizeof pli);
  guint32 ssrc = 0;
  guint8 seq;

  g_assert_false (rfl_rtcp_get_fir_seq (&rtcp, 0, &seq));
  g_assert_true (rfl_rtcp_get_feedback_ssrc (&rtcp, 0, &ssrc));
  g_assert_cmpuint (ssrc, ==, 2);
  g_assert_false (rfl_rtcp_get_feedback_ssrc (&rtcp, 1, &ssrc));
  rtcp = first_of (fir, sizeof fir);
  g_assert_true (rfl_rtcp_get_feedback_ssrc (&rtcp, 1, &ssrc));
  g_assert_cmpuint (ssrc, ==, 4);
  g_assert_true (rfl_rtcp_get_fir_seq (&rtcp, 1, &seq));
  g_assert_cmpuint (seq, ==, 10);
  g_assert_false (rfl_rtcp_get_fir_seq (&rtcp, 2, &seq));
  g_assert_false (rfl_rtcp_get_feedback_ssrc (&rtcp, 2, &ssrc));
  rtcp = first_of (bare_fir, sizeof bare_fir);
  g_assert_false (rfl_rtcp_get_fir_seq (&rtcp, 0, &seq));
  g_assert_true (rfl_rtcp_get_feedback_ssrc (&rtcp, 0, &ssrc));
  g_assert_cmpuint (ssrc, ==, 5);
  rtcp = first_of (tmmbr, sizeof tmmbr);
  g_assert_true (rfl_rtcp_get_feedback_ssrc (&rtcp, 0, &ssrc));
  g_assert_cmpuint (ssrc, ==, 6);
}

/* A getter asked of another type says no. */
static void
wrong_type (void)
{
  static const guint8 data[] = { RR0 (1) };
  RflRtcp rtcp = first_of (data, sizeof data);
  RflRtcpSenderInfo info;
  guint32 ssrc;
  gsize len;

  g_assert_false (rfl_rtcp_get_sender_info (&rtcp, &info));
  g_assert_false (rfl_rtcp_get_bye (&rtcp, 0, &ssrc));
  g_assert_false (rfl_rtcp_get_feedback_ssrc (&rtcp, 0, &ssrc));
  g_assert_null (rfl_rtcp_get_cname (&rtcp, 0, &len));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rtcp-parse/bad", bad);
  g_test_add_func ("/rtcp-parse/truncated", truncated);
  g_test_add_func ("/rtcp-parse/odd-but-real", odd_but_real);
  g_test_add_func ("/rtcp-parse/unknown-is-skipped", unknown_is_skipped);
  g_test_add_func ("/rtcp-parse/reports", reports);
  g_test_add_func ("/rtcp-parse/cname", cname);
  g_test_add_func ("/rtcp-parse/bye-and-app", bye_and_app);
  g_test_add_func ("/rtcp-parse/feedback", feedback);
  g_test_add_func ("/rtcp-parse/wrong-type", wrong_type);
  return g_test_run ();
}
