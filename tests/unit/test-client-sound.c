/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reflector-client's sound: files that are none first, what is written and read again, both laws of G.711. */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/client/client.h"
#include "tools/client/g711.h"
#include "tools/client/wav.h"

static char *
make_path (void)
{
  char *path = NULL;
  int fd = g_file_open_tmp ("client-XXXXXX.wav", &path, NULL);

  g_assert_cmpint (fd, >=, 0);
  close (fd);
  return path;
}

static void
wav_refused (void)
{
#define FMT(format, channels, rate, bits)                                                          \
  "RIFF\0\0\0\0WAVEfmt \x10\0\0\0" format "\0" channels "\0" rate "\0\0\0\0\0\0\0\0" bits          \
  "\0data\x04\0\0\0\1\0\2\0"
  static const struct {
    const char *data;
    gsize len;
  } rows[] = {
    { "", 0 },
    { "RIFF\0\0\0\0WAVE", 12 },
    { "RIFF\0\0\0\0WAVEfmt \xff\xff\xff\xff", 20 },
    { "RIFF\0\0\0\0WAVEdata\4\0\0\0\1\0\2\0", 24 },
    { FMT ("\3", "\1", "\x40\x1f\0\0", "\x10"), 48 },
    { FMT ("\1", "\1", "\x80\xbb\0\0", "\x10"), 48 },
    { FMT ("\1", "\1", "\x40\x1f\0\0", "\x08"), 48 },
    { FMT ("\1", "\0", "\x40\x1f\0\0", "\x10"), 48 },
    { FMT ("\1", "\3", "\x40\x1f\0\0", "\x10"), 48 },
    { FMT ("\1", "\1", "\x40\x1f\0\0", "\x10"), 44 },
  };
  g_autofree char *path = make_path ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (g_file_set_contents (path, rows[i].data, (gssize) rows[i].len, NULL));
      g_assert_null (wav_read (path, &error));
      g_assert_error (error, CLIENT_ERROR, CLIENT_FAILED);
    }
  g_unlink (path);
}

static void
wav_back (void)
{
  g_autofree char *path = make_path ();
  g_autoptr (GArray) samples = NULL;
  const gint16 a[] = { 100, -200, 32767 }, b[] = { 1, 1, 1 };
  const gint16 expected[] = { 0, 0, 100, -199, 32767, 1 };
  WavWriter *writer = wav_writer_new (path, NULL);

  g_assert_true (wav_writer_add (writer, 2, a, 3));
  g_assert_true (wav_writer_add (writer, 3, b, 3));
  g_assert_false (wav_writer_add (writer, G_MAXUINT32, b, 3));
  g_assert_cmpuint (wav_writer_get_length (writer), ==, 6);
  g_assert_true (wav_writer_close (writer));
  samples = wav_read (path, NULL);
  g_assert_cmpmem (samples->data, samples->len * 2, expected, sizeof expected);
  g_unlink (path);
}

/* ITU-T G.711, tables 1 and 2: the ends of the scale, zero, and each octet there and back */
static void
g711 (void)
{
  g_assert_cmpint (g711_decode (G711_ULAW, 0x00), ==, -32124);
  g_assert_cmpint (g711_decode (G711_ULAW, 0x80), ==, 32124);
  g_assert_cmpint (g711_decode (G711_ULAW, 0xff), ==, 0);
  g_assert_cmpint (g711_decode (G711_ALAW, 0xaa), ==, 32256);
  g_assert_cmpint (g711_decode (G711_ALAW, 0x2a), ==, -32256);
  g_assert_cmpint (g711_decode (G711_ALAW, 0xd5), ==, 8);
  g_assert_cmpint (g711_encode (G711_ULAW, 0), ==, 0xff);
  g_assert_cmpint (g711_encode (G711_ULAW, G_MININT16), ==, 0x00);
  g_assert_cmpint (g711_encode (G711_ALAW, G_MININT16), ==, 0x2a);
  for (guint i = 0; i < 256; i++)
    {
      guint8 octet = (guint8) i;

      g_assert_cmpint (g711_encode (G711_ALAW, g711_decode (G711_ALAW, octet)), ==, octet);
      if (octet != 0x7f) /* the other zero */
        g_assert_cmpint (g711_encode (G711_ULAW, g711_decode (G711_ULAW, octet)), ==, octet);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/client/wav/refused", wav_refused);
  g_test_add_func ("/client/wav/back", wav_back);
  g_test_add_func ("/client/g711", g711);
  return g_test_run ();
}
