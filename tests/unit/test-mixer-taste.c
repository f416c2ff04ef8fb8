/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the mixer makes of that which a listener has agreed to. */
#include "plugins/mixer/mixer.h"

static GPtrArray *
formats (const char *const *lines)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_format_free);

  for (; *lines; lines++)
    {
      g_auto (GStrv) words = g_strsplit (*lines, " ", 5);
      guint n = g_strv_length (words);
      g_assert_cmpuint (n, >=, 4);
      g_ptr_array_add (list,
                       rfl_format_new ((guint8) g_ascii_strtoull (words[0], NULL, 10), words[1],
                                       (guint) g_ascii_strtoull (words[2], NULL, 10),
                                       (guint) g_ascii_strtoull (words[3], NULL, 10),
                                       n > 4 ? words[4] : NULL));
    }
  return list;
}

#define FORMATS(...) formats ((const char *const[]){ __VA_ARGS__, NULL })

static void
test_nothing_known (void)
{
  g_autoptr (GPtrArray) list = FORMATS ("101 telephone-event 8000 1", "98 speex 16000 1");
  guint8 pt[RFL_ROUTE_MAX_FORMATS];
  MixTaste taste;

  g_assert_null (mixer_taste_read (list, &taste, pt));
  g_assert_cmpuint (pt[MIX_FORMAT_AUDIO], ==, RFL_PT_NONE);
}

static void
test_numbers (void)
{
  g_autoptr (GPtrArray) list =
      FORMATS ("98 speex 16000 1", "8 PCMA 8000 1", "13 CN 8000 1", "97 telephone-event 8000 1");
  guint8 pt[RFL_ROUTE_MAX_FORMATS];
  MixTaste taste;

  g_assert_cmpstr (mixer_taste_read (list, &taste, pt)->encoding, ==, "PCMA");
  g_assert_cmpuint (pt[MIX_FORMAT_AUDIO], ==, 8);
  g_assert_cmpuint (pt[MIX_FORMAT_NOISE], ==, 13);
  g_assert_cmpuint (pt[MIX_FORMAT_SILENCE], ==, RFL_PT_NONE);
  g_assert_cmpuint (pt[MIX_FORMAT_EVENT], ==, 97);
  g_assert_cmpuint (pt[MIX_FORMAT_EVENT_8000], ==, RFL_PT_NONE);
  g_assert_cmpuint (taste.silence, ==, MIX_FORMAT_NOISE);
}

static void
test_opus (void)
{
  g_autoptr (GPtrArray) dtx = FORMATS ("111 opus 48000 2 useinbandfec=1;usedtx=1", "13 CN 8000 1",
                                       "101 telephone-event 8000 1");
  g_autoptr (GPtrArray) steady =
      FORMATS ("96 OPUS 48000 2", "100 telephone-event 48000 1", "101 telephone-event 8000 1");
  guint8 pt[RFL_ROUTE_MAX_FORMATS];
  MixTaste taste;

  g_assert_nonnull (mixer_taste_read (dtx, &taste, pt));
  g_assert_cmpuint (taste.silence, ==, MIX_FORMAT_REFRESH);
  g_assert_cmpuint (taste.event, ==, MIX_FORMAT_EVENT_8000);
  g_assert_cmpuint (pt[MIX_FORMAT_REFRESH], ==, 111);
  g_assert_nonnull (mixer_taste_read (steady, &taste, pt));
  g_assert_cmpuint (taste.silence, ==, MIX_FORMAT_SILENCE);
  g_assert_cmpuint (pt[MIX_FORMAT_SILENCE], ==, 96);
  g_assert_cmpuint (pt[MIX_FORMAT_EVENT], ==, 100);
}

static void
test_packet_times (void)
{
  g_autoptr (GPtrArray) list =
      FORMATS ("0 PCMU 8000 1", "111 opus 48000 2", "3 GSM 8000 1", "96 L16 48000 1");

  g_assert_cmpuint (mixer_ptime_for (list->pdata[0], 0), ==, 20);
  g_assert_cmpuint (mixer_ptime_for (list->pdata[0], 1), ==, 10);
  g_assert_cmpuint (mixer_ptime_for (list->pdata[0], 30), ==, 30);
  g_assert_cmpuint (mixer_ptime_for (list->pdata[0], 50), ==, 40);
  g_assert_cmpuint (mixer_ptime_for (list->pdata[0], 1000), ==, 60);
  g_assert_cmpuint (mixer_ptime_for (list->pdata[1], 30), ==, 20);
  g_assert_cmpuint (mixer_ptime_for (list->pdata[2], 10), ==, 20);
  g_assert_cmpuint (mixer_ptime_for (list->pdata[2], 30), ==, 20);
  g_assert_cmpuint (mixer_ptime_for (list->pdata[3], 20), ==, 10); /* else beyond a frame */
}

static void
test_sharing (void)
{
  g_autoptr (GPtrArray) list =
      FORMATS ("111 opus 48000 2 useinbandfec=1; maxplaybackrate=16000; usedtx=1",
               "96 OPUS 48000 2 maxplaybackrate=16000;useinbandfec=1;sprop-stereo=1",
               "97 opus 48000 2 useinbandfec=1", "98 opus 48000 2");
  g_autoptr (GPtrArray) made = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_format_free);

  for (guint i = 0; i < list->len; i++)
    g_ptr_array_add (made, mixer_format_to_encode (list->pdata[i], 32000));
  g_assert_true (mixer_format_shares (made->pdata[0], made->pdata[1]));
  g_assert_false (mixer_format_shares (made->pdata[0], made->pdata[2]));
  g_assert_false (mixer_format_shares (made->pdata[2], made->pdata[3]));
}

/* What is asked for above the limit, below what Opus has, or not at all is one and the same encoder's. */
static void
test_bitrate (void)
{
  static const struct {
    const char *fmtp, *wanted;
  } cases[] = {
    { NULL, "maxaveragebitrate=48000" },
    { "maxaveragebitrate=510000", "maxaveragebitrate=48000" },
    { "maxaveragebitrate=99999999999", "maxaveragebitrate=48000" },
    { "maxaveragebitrate=-1", "maxaveragebitrate=48000" },
    { "maxaveragebitrate=", "maxaveragebitrate=48000" },
    { "maxaveragebitrate=0", "maxaveragebitrate=6000" },
    { "MaxAverageBitRate = 20000 ;stereo=1", "maxaveragebitrate=20000" },
    { "useinbandfec=1;maxaveragebitrate=20000;cbr=1",
      "cbr=1;maxaveragebitrate=20000;useinbandfec=1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (RflFormat) format = rfl_format_new (96, "opus", 48000, 2, cases[i].fmtp);
      g_autoptr (RflFormat) made = mixer_format_to_encode (format, 48000);
      g_assert_cmpstr (made->fmtp, ==, cases[i].wanted);
    }
  g_autoptr (RflFormat) other = rfl_format_new (9, "G722", 8000, 1, "maxaveragebitrate=20000");
  g_autoptr (RflFormat) made = mixer_format_to_encode (other, 48000);
  g_assert_null (made->fmtp);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mixer/taste/nothing-known", test_nothing_known);
  g_test_add_func ("/mixer/taste/numbers", test_numbers);
  g_test_add_func ("/mixer/taste/opus", test_opus);
  g_test_add_func ("/mixer/taste/packet-times", test_packet_times);
  g_test_add_func ("/mixer/taste/bitrate", test_bitrate);
  g_test_add_func ("/mixer/taste/sharing", test_sharing);
  return g_test_run ();
}
