/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Formats: what does not match, odd format parameters, the static assignments. */
#include <reflector/format.h>

typedef struct {
  const char *encoding;
  guint rate, channels;
  const char *fmtp;
} Side;

static gboolean
matches (const Side *a, const Side *b)
{
  g_autoptr (RflFormat) left = rfl_format_new (96, a->encoding, a->rate, a->channels, a->fmtp);
  g_autoptr (RflFormat) right = rfl_format_new (97, b->encoding, b->rate, b->channels, b->fmtp);
  gboolean result = rfl_format_matches (left, right);

  g_test_message ("%s %s | %s %s", a->encoding, a->fmtp, b->encoding, b->fmtp);
  g_assert_cmpint (rfl_format_matches (right, left), ==, result);
  return result;
}

#define H264(fmtp)                                                                                 \
  {                                                                                                \
    "H264", 90000, 1, fmtp                                                                         \
  }

static void
mismatches (void)
{
  static const Side rows[][2] = {
    { { "PCMU", 8000, 1, NULL }, { "PCMA", 8000, 1, NULL } },
    { { "PCMU", 8000, 1, NULL }, { "PCMU", 16000, 1, NULL } },
    { { "L16", 8000, 1, NULL }, { "L16", 8000, 2, NULL } },
    { { "opus", 48000, 2, NULL }, { "opus", 48000, 1, NULL } },
    { { "", 8000, 1, NULL }, { "PCMU", 8000, 1, NULL } },
    { H264 ("packetization-mode=1"), H264 (NULL) },
    { H264 ("packetization-mode=1"), H264 ("packetization-mode=0") },
    { H264 ("packetization-mode=x"), H264 ("packetization-mode=x") },
    { H264 ("packetization-mode=3"), H264 ("packetization-mode=0") },
    { H264 ("packetization-mode="), H264 (NULL) },
    { H264 ("packetization-mode=10"), H264 ("packetization-mode=1") },
    { H264 ("x-packetization-mode=1"), H264 ("packetization-mode=1") },
    { H264 ("profile-level-id=42e01f"), H264 ("profile-level-id=64001f") },
    { H264 ("profile-level-id=42e01f;packetization-mode=1"), H264 ("profile-level-id=42e01f") },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_false (matches (&rows[i][0], &rows[i][1]));
}

static void
agreements (void)
{
  static const Side rows[][2] = {
    { { "pcmu", 8000, 0, NULL }, { "PCMU", 8000, 1, NULL } },
    { { "opus", 48000, 2, "useinbandfec=1" }, { "OPUS", 48000, 2, "stereo=0; maxptime=20" } },
    { { "telephone-event", 8000, 1, "0-15" }, { "telephone-event", 8000, 1, "0-16" } },
    { { "VP8", 90000, 1, "max-fr=30" }, { "VP8", 90000, 1, NULL } },
    { H264 (NULL), H264 (NULL) },
    { H264 (NULL), H264 ("packetization-mode=0") },
    { H264 (""), H264 (";;; ;") },
    { H264 ("packetization-mode"), H264 (NULL) },
    { H264 ("PACKETIZATION-MODE = 1 ; a"), H264 ("profile-level-id=42e01f;packetization-mode=1") },
    { H264 ("profile-level-id=42e01f"), H264 ("profile-level-id=42001E") },
    { H264 ("profile-level-id=42e0"), H264 ("profile-level-id=64001f") },
    { H264 ("profile-level-id=zzzzzz"), H264 ("profile-level-id=64001f") },
    { H264 ("profile-level-id=42e01f"), H264 (NULL) },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_true (matches (&rows[i][0], &rows[i][1]));
}

static void
assignments (void)
{
  static const struct {
    guint8 pt;
    const char *encoding;
    guint rate, channels;
  } rows[] = {
    { 0, "PCMU", 8000, 1 },  { 8, "PCMA", 8000, 1 },  { 9, "G722", 8000, 1 },
    { 10, "L16", 44100, 2 }, { 18, "G729", 8000, 1 }, { 34, "H263", 90000, 1 },
  };
  static const guint8 none[] = { 1, 2, 19, 24, 35, 72, 95, 96, 127, RFL_PT_NONE };

  for (guint i = 0; i < G_N_ELEMENTS (none); i++)
    g_assert_null (rfl_format_from_static (none[i]));
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (RflFormat) format = rfl_format_from_static (rows[i].pt);

      g_assert_cmpuint (format->pt, ==, rows[i].pt);
      g_assert_cmpstr (format->encoding, ==, rows[i].encoding);
      g_assert_cmpuint (format->clock_rate, ==, rows[i].rate);
      g_assert_cmpuint (format->channels, ==, rows[i].channels);
      g_assert_null (format->fmtp);
    }
}

static void
auxiliary (void)
{
  static const struct {
    const char *encoding;
    gboolean is;
  } rows[] = {
    { "telephone-event", TRUE },
    { "Telephone-Event", TRUE },
    { "CN", TRUE },
    { "red", TRUE },
    { "rtx", TRUE },
    { "ulpfec", TRUE },
    { "PCMU", FALSE },
    { "", FALSE },
    { "telephone", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (RflFormat) format = rfl_format_new (101, rows[i].encoding, 8000, 1, NULL);
      g_assert_cmpint (rfl_format_is_auxiliary (format), ==, rows[i].is);
    }
}

static void
copy (void)
{
  RflFormat *format = rfl_format_new (96, "H264", 90000, 1, "packetization-mode=1");
  g_autoptr (RflFormat) other = rfl_format_copy (format);

  rfl_format_free (format);
  rfl_format_free (NULL);
  g_assert_cmpuint (other->pt, ==, 96);
  g_assert_cmpstr (other->encoding, ==, "H264");
  g_assert_cmpstr (other->fmtp, ==, "packetization-mode=1");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/format/mismatches", mismatches);
  g_test_add_func ("/format/agreements", agreements);
  g_test_add_func ("/format/assignments", assignments);
  g_test_add_func ("/format/auxiliary", auxiliary);
  g_test_add_func ("/format/copy", copy);
  return g_test_run ();
}
