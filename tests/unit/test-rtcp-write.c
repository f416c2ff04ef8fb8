/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing RTCP: what does not fit, exact octets, and that the parser reads it back. */
#include <reflector/rtcp.h>
#include <string.h>

static void
write_kind (RflRtcpWriter *w, guint kind)
{
  static const RflRtcpSenderInfo info = { .ntp = 1 };
  static const RflRtcpReportBlock block = { .ssrc = 2 };
  static const guint8 raw[] = { 0x80, 201, 0, 1, 0, 0, 0, 1 };

  switch (kind)
    {
    case 0:
      rfl_rtcp_write_sr (w, 1, &info, &block, 1);
      break;
    case 1:
      rfl_rtcp_write_rr (w, 1, &block, 1);
      break;
    case 2:
      rfl_rtcp_write_sdes (w, 1, "cname");
      break;
    case 3:
      rfl_rtcp_write_bye (w, 1, "reason");
      break;
    case 4:
      rfl_rtcp_write_pli (w, 1, 2);
      break;
    case 5:
      rfl_rtcp_write_fir (w, 1, 2, 3);
      break;
    case 6:
      rfl_rtcp_write_app (w, 1, 1, "NAME", raw, sizeof raw);
      break;
    case 7:
      rfl_rtcp_write_raw (w, raw, sizeof raw);
      break;
    default:
      rfl_rtcp_write_bye (w, 1, NULL);
      break;
    }
}

static const gsize sizes[] = { 52, 32, 16, 16, 12, 20, 20, 8, 8 };

/* At every size that is too small: overflow, and not an octet touched. */
static void
too_small (void)
{
  for (guint kind = 0; kind < G_N_ELEMENTS (sizes); kind++)
    for (gsize size = 0; size < sizes[kind]; size++)
      {
        g_autofree guint8 *data = g_malloc (size + 1);
        g_autofree guint8 *before = NULL;
        RflRtcpWriter w;

        memset (data, 0x5a, size + 1);
        before = g_memdup2 (data, size + 1);
        rfl_rtcp_writer_init (&w, data, size);
        write_kind (&w, kind);
        g_assert_true (w.overflow);
        g_assert_cmpuint (w.len, ==, 0);
        g_assert_cmpmem (data, size + 1, before, size + 1);
      }
}

static void
exact_size (void)
{
  for (guint kind = 0; kind < G_N_ELEMENTS (sizes); kind++)
    {
      g_autofree guint8 *data = g_malloc (sizes[kind]);
      RflRtcpWriter w;

      memset (data, 0xff, sizes[kind]);
      rfl_rtcp_writer_init (&w, data, sizes[kind]);
      write_kind (&w, kind);
      g_assert_false (w.overflow);
      g_assert_cmpuint (w.len, ==, sizes[kind]);
      g_assert_true (rfl_rtcp_validate (data, w.len));
    }
}

/* After a packet that did not fit a smaller one may still go in; overflow stays. */
static void
goes_on (void)
{
  guint8 data[20];
  RflRtcpWriter w;

  rfl_rtcp_writer_init (&w, data, sizeof data);
  rfl_rtcp_write_rr (&w, 1, NULL, 0);
  rfl_rtcp_write_sdes (&w, 1, "a name that is too long");
  rfl_rtcp_write_pli (&w, 1, 2);
  g_assert_true (w.overflow);
  g_assert_cmpuint (w.len, ==, 20);
  g_assert_true (rfl_rtcp_validate (data, w.len));
}

static void
octets (void)
{
  static const guint8 expected[] = {
    0x80, 201,  0,    1,    0xde, 0xad, 0xbe, 0xef, 0x81, 202,  0,    3,    0xde, 0xad, 0xbe,
    0xef, 1,    2,    'a',  'b',  0,    0,    0,    0,    0x81, 206,  0,    2,    0xde, 0xad,
    0xbe, 0xef, 0,    0,    0,    2,    0x84, 206,  0,    4,    0xde, 0xad, 0xbe, 0xef, 0,
    0,    0,    0,    0,    0,    0,    2,    9,    0,    0,    0,    0x83, 204,  0,    3,
    0xde, 0xad, 0xbe, 0xef, 'R',  'F',  'L',  '1',  1,    2,    3,    4,    0x81, 203,  0,
    3,    0xde, 0xad, 0xbe, 0xef, 4,    'g',  'o',  'n',  'e',  0,    0,    0,
  };
  static const guint8 payload[] = { 1, 2, 3, 4 };
  guint8 data[sizeof expected];
  RflRtcpWriter w;

  rfl_rtcp_writer_init (&w, data, sizeof data);
  rfl_rtcp_write_rr (&w, 0xdeadbeef, NULL, 0);
  rfl_rtcp_write_sdes (&w, 0xdeadbeef, "ab");
  rfl_rtcp_write_pli (&w, 0xdeadbeef, 2);
  rfl_rtcp_write_fir (&w, 0xdeadbeef, 2, 9);
  rfl_rtcp_write_app (&w, 3, 0xdeadbeef, "RFL1", payload, sizeof payload);
  rfl_rtcp_write_bye (&w, 0xdeadbeef, "gone");
  g_assert_false (w.overflow);
  g_assert_cmpmem (data, w.len, expected, sizeof expected);
}

static void
report_and_back (void)
{
  static const gint32 lost[][2] = { { 0, 0 },
                                    { -1, -1 },
                                    { 0x7fffff, 0x7fffff },
                                    { 0x800000, 0x7fffff },
                                    { -0x800000, -0x800000 },
                                    { G_MININT32, -0x800000 } };
  RflRtcpSenderInfo info = { G_GUINT64_CONSTANT (0x8000000100000002), 3, 4, 5 }, got_info;
  RflRtcpReportBlock blocks[31], got;
  guint8 data[1024];
  RflRtcpWriter w;
  RflRtcpIter iter;
  RflRtcp rtcp;

  for (guint i = 0; i < 31; i++)
    blocks[i] =
        (RflRtcpReportBlock){ i,     (guint8) i,    lost[i % G_N_ELEMENTS (lost)][0], i + 1, i + 2,
                              i + 3, 0xffffffff - i };
  rfl_rtcp_writer_init (&w, data, sizeof data);
  rfl_rtcp_write_sr (&w, 6, &info, blocks, 31);
  g_assert_cmpuint (w.len, ==, 28 + 31 * 24);
  rfl_rtcp_iter_init (&iter, data, w.len);
  g_assert_true (rfl_rtcp_iter_next (&iter, &rtcp));
  g_assert_true (rfl_rtcp_get_sender_info (&rtcp, &got_info));
  g_assert_cmphex (got_info.ntp, ==, info.ntp);
  g_assert_cmpuint (got_info.octets, ==, 5);
  for (guint i = 0; i < 31; i++)
    {
      g_assert_true (rfl_rtcp_get_report (&rtcp, i, &got));
      g_assert_cmpint (got.cumulative_lost, ==, lost[i % G_N_ELEMENTS (lost)][1]);
      g_assert_cmpuint (got.fraction_lost, ==, i);
      g_assert_cmpuint (got.dlsr, ==, 0xffffffff - i);
    }
}

/* All lengths of text: whole words, at least one null, read back as written. */
static void
cnames (void)
{
  char text[256];
  guint8 data[300];

  for (gsize len = 0; len <= 255; len++)
    {
      RflRtcpWriter w;
      RflRtcpIter iter;
      RflRtcp rtcp;
      const char *got;
      gsize got_len;

      memset (text, 'x', len);
      text[len] = '\0';
      rfl_rtcp_writer_init (&w, data, sizeof data);
      rfl_rtcp_write_sdes (&w, 1, text);
      g_assert_cmpuint (w.len % 4, ==, 0);
      g_assert_cmpuint (data[w.len - 1], ==, 0);
      rfl_rtcp_iter_init (&iter, data, w.len);
      g_assert_true (rfl_rtcp_iter_next (&iter, &rtcp));
      got = rfl_rtcp_get_cname (&rtcp, 1, &got_len);
      g_assert_cmpmem (got, got_len, text, len);
      rfl_rtcp_write_bye (&w, 1, len % 2 ? text : "");
      g_assert_true (w.overflow || rfl_rtcp_validate (data, w.len));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rtcp-write/too-small", too_small);
  g_test_add_func ("/rtcp-write/exact-size", exact_size);
  g_test_add_func ("/rtcp-write/goes-on", goes_on);
  g_test_add_func ("/rtcp-write/octets", octets);
  g_test_add_func ("/rtcp-write/report-and-back", report_and_back);
  g_test_add_func ("/rtcp-write/cnames", cnames);
  return g_test_run ();
}
