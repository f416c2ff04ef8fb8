/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Marks in transport streams: what is none, tables that lie, streams cut anywhere, late joiners' tables. */
#include <string.h>

#include "tools/client/share/ts.h"

#define VIDEO 0x100
#define AUDIO 0x101
#define PMT 0x1000

typedef struct {
  GByteArray *all;
  GArray *marks; /* offsets */
} Seen;

static void
seen (const guint8 *data, gsize len, gboolean mark, gpointer user_data)
{
  Seen *seen = user_data;

  g_assert_cmpuint (len, >, 0);
  if (mark)
    g_array_append_val (seen->marks, seen->all->len);
  g_byte_array_append (seen->all, data, (guint) len);
}

static void
seen_clear (Seen *seen)
{
  g_byte_array_unref (seen->all);
  g_array_unref (seen->marks);
}

static void
add (GByteArray *stream, guint16 pid, gboolean begins, const guint8 *data, gsize len)
{
  guint8 packet[TS_PACKET];

  memset (packet, 0xff, sizeof packet);
  packet[0] = 0x47;
  packet[1] = (guint8) ((begins ? 0x40 : 0) | pid >> 8);
  packet[2] = (guint8) pid;
  packet[3] = 0x10;
  memcpy (packet + 4, data, len);
  g_byte_array_append (stream, packet, sizeof packet);
}

static void
add_pat (GByteArray *stream)
{
  static const guint8 pat[] = { 0, 0, 0xb0, 0x11, 0,    1, 0xc1, 0,
                                0, 0, 0,    0xe0, 0x10, 0, 1,    0xe0 | PMT >> 8,
                                0, 0, 0,    0,    0 };

  add (stream, 0, TRUE, pat, sizeof pat);
}

static void
add_pmt (GByteArray *stream, guint8 type)
{
  guint8 pmt[] = { 0,    2, 0xb0, 0x17, 0, 1,    0xc1, 0,    0, 0xe1, 0, 0xf0, 0, 0x0f,
                   0xe1, 1, 0xf0, 0,    0, 0xe1, 0,    0xf0, 0, 0,    0, 0,    0 };

  pmt[18] = type;
  add (stream, PMT, TRUE, pmt, sizeof pmt);
}

/* @random: with the indicator */
static void
add_picture (GByteArray *stream, guint16 pid, gboolean random)
{
  const guint8 body[] = { 7, (guint8) (random ? 0x50 : 0x10), 0, 0, 0, 0, 0, 0, 1, 2, 3 };

  add (stream, pid, TRUE, body, sizeof body);
  stream->data[stream->len - TS_PACKET + 3] = 0x30;
}

/* Feeds @stream in pieces of @step octets. */
static Seen
scan (const GByteArray *stream, gsize step)
{
  g_autoptr (TsScanner) scanner = ts_scanner_new ();
  Seen result = { g_byte_array_new (), g_array_new (FALSE, FALSE, sizeof (guint)) };

  for (gsize at = 0; at < stream->len; at += step)
    ts_scanner_feed (scanner, stream->data + at, MIN (step, stream->len - at), seen, &result);
  ts_scanner_finish (scanner, seen, &result);
  g_assert_cmpmem (result.all->data, result.all->len, stream->data, stream->len);
  return result;
}

static void
no_stream (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (7);

  for (guint round = 0; round < 200; round++)
    {
      g_autoptr (GByteArray) noise = g_byte_array_new ();
      Seen result;

      for (guint i = 0; i < 1500; i++)
        {
          guint8 octet = (guint8) (i % TS_PACKET == 0 ? 0x47 : g_rand_int_range (random, 0, 256));
          g_byte_array_append (noise, &octet, 1);
        }
      result = scan (noise, (gsize) g_rand_int_range (random, 1, 400));
      seen_clear (&result);
    }
}

static void
looks (void)
{
  guint8 data[TS_PROOF] = { 0x47 };

  g_assert_false (ts_looks_right (data, sizeof data));
  data[TS_PACKET] = 0x47;
  g_assert_false (ts_looks_right (data, sizeof data));
  data[2 * TS_PACKET] = 0x47;
  g_assert_true (ts_looks_right (data, sizeof data));
}

/* Sections whose lengths point out of their packets. */
static void
lying_tables (void)
{
  for (guint at = 4; at < 24; at++)
    for (guint value = 0; value < 256; value += 5)
      {
        g_autoptr (GByteArray) stream = g_byte_array_new ();
        Seen result;

        add_pat (stream);
        stream->data[at] = (guint8) value;
        add_pmt (stream, 0x1b);
        stream->data[TS_PACKET + at] = (guint8) value;
        stream->data[TS_PACKET + 3] = (guint8) (value % 2 ? 0x30 : 0x10);
        add_picture (stream, VIDEO, TRUE);
        result = scan (stream, stream->len);
        seen_clear (&result);
      }
}

static GByteArray *
film (void)
{
  GByteArray *stream = g_byte_array_new ();

  add_picture (stream, VIDEO, TRUE); /* nobody knows yet what it is */
  add_pat (stream);
  add_pmt (stream, 0x1b);
  add_picture (stream, AUDIO, TRUE); /* sound is no place to begin a film */
  add_picture (stream, VIDEO, TRUE);
  for (guint i = 0; i < 5; i++)
    add_picture (stream, VIDEO, FALSE);
  add_picture (stream, VIDEO, TRUE);
  add_picture (stream, VIDEO, FALSE);
  return stream;
}

static void
marks (void)
{
  static const gsize steps[] = { 1, 3, 100, TS_PACKET - 1, TS_PACKET, TS_PACKET + 1, 1000, 65536 };
  g_autoptr (GByteArray) stream = film ();

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      Seen result = scan (stream, steps[i]);

      g_assert_cmpuint (result.marks->len, ==, 2);
      g_assert_cmpuint (g_array_index (result.marks, guint, 0), ==, 4 * TS_PACKET);
      g_assert_cmpuint (g_array_index (result.marks, guint, 1), ==, 10 * TS_PACKET);
      seen_clear (&result);
    }
}

/* After lost octets the marks are found again. */
static void
out_of_step (void)
{
  g_autoptr (GByteArray) stream = film ();
  Seen result;

  g_byte_array_remove_range (stream, 5 * TS_PACKET + 20, 100);
  result = scan (stream, 1000);
  g_assert_cmpuint (g_array_index (result.marks, guint, result.marks->len - 1), ==,
                    10 * TS_PACKET - 100);
  seen_clear (&result);
}

static void
sound_alone (void)
{
  g_autoptr (GByteArray) stream = g_byte_array_new ();
  Seen result;

  add_pat (stream);
  add_pmt (stream, 0x0f);
  for (guint i = 0; i < 3; i++)
    add_picture (stream, AUDIO, FALSE);
  result = scan (stream, stream->len);
  g_assert_cmpuint (result.marks->len, ==, 3);
  seen_clear (&result);
}

static void
no_indicator (void)
{
  g_autoptr (GByteArray) stream = g_byte_array_new ();
  Seen result;

  add_pat (stream);
  add_pmt (stream, 0x1b);
  for (guint i = 0; i < 5 * 1024 * 1024 / TS_PACKET; i++)
    add_picture (stream, VIDEO, FALSE);
  add_pat (stream);
  result = scan (stream, 65536);
  g_assert_cmpuint (result.marks->len, ==, 1);
  g_assert_cmpuint (g_array_index (result.marks, guint, 0), ==, stream->len - TS_PACKET);
  seen_clear (&result);
}

static void
header (void)
{
  g_autoptr (TsScanner) scanner = ts_scanner_new ();
  g_autoptr (GByteArray) stream = g_byte_array_new ();
  Seen result = { g_byte_array_new (), g_array_new (FALSE, FALSE, sizeof (guint)) };
  guint8 header[2 * TS_PACKET];

  g_assert_false (ts_scanner_get_header (scanner, header));
  add_pat (stream);
  ts_scanner_feed (scanner, stream->data, stream->len, seen, &result);
  g_assert_false (ts_scanner_get_header (scanner, header));
  add_pmt (stream, 0x1b);
  ts_scanner_feed (scanner, stream->data + TS_PACKET, TS_PACKET, seen, &result);
  g_assert_true (ts_scanner_get_header (scanner, header));
  g_assert_cmpmem (header, sizeof header, stream->data, stream->len);
  ts_scanner_feed (scanner, stream->data, stream->len, seen, &result);
  g_assert_false (ts_scanner_get_header (scanner, header));
  g_byte_array_set_size (stream, 0);
  add_pmt (stream, 0x24);
  ts_scanner_feed (scanner, stream->data, stream->len, seen, &result);
  g_assert_true (ts_scanner_get_header (scanner, header));
  seen_clear (&result);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/client/ts/no-stream", no_stream);
  g_test_add_func ("/client/ts/looks", looks);
  g_test_add_func ("/client/ts/lying-tables", lying_tables);
  g_test_add_func ("/client/ts/marks", marks);
  g_test_add_func ("/client/ts/out-of-step", out_of_step);
  g_test_add_func ("/client/ts/sound-alone", sound_alone);
  g_test_add_func ("/client/ts/no-indicator", no_indicator);
  g_test_add_func ("/client/ts/header", header);
  return g_test_run ();
}
