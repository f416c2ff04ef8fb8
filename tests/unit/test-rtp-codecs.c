/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The session codec: what is chosen, what is answered. */
#include "plugins/rtp/codecs.h"

static const char *const audio[] = { "PCMU/8000", "PCMA/8000", "opus/48000/2", NULL };
static const char *const video[] = { "VP8/90000", "H264/90000", NULL };

static GPtrArray *
offer_of (const char *const *lines)
{
  GPtrArray *offer = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_format_free);

  for (; *lines; lines++)
    {
      g_auto (GStrv) words = g_strsplit (*lines, " ", 3);
      g_auto (GStrv) parts = g_strsplit (words[1], "/", 3);
      guint channels = parts[2] ? (guint) g_ascii_strtoull (parts[2], NULL, 10) : 1;
      g_ptr_array_add (offer,
                       rfl_format_new ((guint) g_ascii_strtoull (words[0], NULL, 10), parts[0],
                                       (guint) g_ascii_strtoull (parts[1], NULL, 10), channels,
                                       words[2]));
    }
  return offer;
}

#define OFFER(...) offer_of ((const char *const[]){ __VA_ARGS__, NULL })

static char *
describe (const GPtrArray *formats)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; formats && i < formats->len; i++)
    {
      const RflFormat *f = formats->pdata[i];
      g_string_append_printf (out, "%s%u %s", i ? ", " : "", f->pt, f->encoding);
      if (f->fmtp)
        g_string_append_printf (out, " %s", f->fmtp);
    }
  return g_string_free (out, FALSE);
}

static void
assert_formats (GPtrArray *formats, const char *expected)
{
  g_autofree char *text = describe (formats);
  g_assert_cmpstr (text, ==, expected);
}

static GPtrArray *
preferences (const char *const *entries)
{
  const char *bad = NULL;
  GPtrArray *list = rtp_codecs_parse (entries, &bad);
  g_assert_nonnull (list);
  return list;
}

static void
test_bad_entries (void)
{
  static const char *const bad[] = { "",
                                     "PCMU",
                                     "PCMU/",
                                     "/8000",
                                     "PCMU/x",
                                     "PCMU/0",
                                     "PCMU/-8000",
                                     "PCMU/8000/0",
                                     "PCMU/8000/x",
                                     "opus/48000/99",
                                     "PCMU /8000",
                                     "PC MU/8000",
                                     ";x=1",
                                     "PCMU;x=1",
                                     "PCMU/99999999999",
                                     "telephone-event/8000",
                                     "CN/8000" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      const char *const entries[] = { "PCMA/8000", bad[i], NULL };
      const char *culprit = NULL;
      GPtrArray *list = rtp_codecs_parse (entries, &culprit);
      if (list)
        g_test_message ("accepted: \"%s\"", bad[i]);
      g_assert_null (list);
      g_assert_true (culprit == bad[i]);
    }
}

static void
test_nothing_fits (void)
{
  g_autoptr (GPtrArray) prefs = preferences (audio);
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  g_autoptr (GPtrArray) offer =
      OFFER ("96 opus/48000", "97 PCMU/16000", "101 telephone-event/8000");

  g_assert_null (rtp_codecs_choose (prefs, none));
  g_assert_null (rtp_codecs_choose (prefs, offer));
}

static void
test_configured_order_wins (void)
{
  g_autoptr (GPtrArray) prefs = preferences (audio);
  g_autoptr (GPtrArray) offer =
      OFFER ("96 opus/48000/2 useinbandfec=1", "8 PCMA/8000", "99 telephone-event/48000",
             "101 telephone-event/8000 0-15", "102 telephone-event/8000", "13 CN/8000");
  g_autoptr (GPtrArray) chosen = rtp_codecs_choose (prefs, offer);

  assert_formats (chosen, "8 PCMA, 101 telephone-event 0-15, 13 CN");
}

static void
test_creators_parameters (void)
{
  g_autoptr (GPtrArray) prefs = preferences (video);
  g_autoptr (GPtrArray) offer =
      OFFER ("96 H264/90000 packetization-mode=0;profile-level-id=42e01f",
             "97 H264/90000 packetization-mode=1;profile-level-id=42e01f", "98 rtx/90000 apt=96");
  g_autoptr (GPtrArray) chosen = rtp_codecs_choose (prefs, offer);

  assert_formats (chosen, "96 H264 packetization-mode=0;profile-level-id=42e01f");
}

static void
test_entry_with_parameters (void)
{
  static const char *const wanted[] = { "H264/90000;packetization-mode=1", NULL };
  g_autoptr (GPtrArray) prefs = preferences (wanted);
  g_autoptr (GPtrArray) offer =
      OFFER ("96 H264/90000 packetization-mode=0", "97 H264/90000 packetization-mode=1");
  g_autoptr (GPtrArray) chosen = rtp_codecs_choose (prefs, offer);

  assert_formats (chosen, "97 H264 packetization-mode=1");
}

static void
test_answer_without_the_codec (void)
{
  g_autoptr (GPtrArray) formats = OFFER ("0 PCMU/8000", "101 telephone-event/8000");
  g_autoptr (GPtrArray) offer = OFFER ("8 PCMA/8000", "101 telephone-event/8000");
  g_autoptr (GPtrArray) empty = g_ptr_array_new ();

  g_assert_null (rtp_codecs_answer (formats, 0, offer, TRUE));
  g_assert_null (rtp_codecs_answer (formats, 0, empty, TRUE));
  g_assert_null (rtp_codecs_answer (empty, 0, offer, TRUE));
}

static void
test_answer_in_its_numbers (void)
{
  g_autoptr (GPtrArray) formats =
      OFFER ("96 H264/90000 packetization-mode=1;profile-level-id=42e01f");
  g_autoptr (GPtrArray) offer =
      OFFER ("96 VP8/90000", "97 H264/90000 profile-level-id=42801F",
             "99 H264/90000 packetization-mode=1;profile-level-id=42e00a");
  g_autoptr (GPtrArray) answer = rtp_codecs_answer (formats, 0, offer, TRUE);

  assert_formats (answer, "99 H264 packetization-mode=1;profile-level-id=42e00a");
}

static void
test_answer_without_companions (void)
{
  g_autoptr (GPtrArray) formats =
      OFFER ("0 PCMU/8000", "101 telephone-event/8000 0-15", "13 CN/8000");
  g_autoptr (GPtrArray) offer = OFFER ("13 CN/8000", "0 pcmu/8000");
  g_autoptr (GPtrArray) answer = rtp_codecs_answer (formats, 0, offer, TRUE);

  assert_formats (answer, "0 pcmu, 13 CN");
}

static void
test_names (void)
{
  g_autoptr (GPtrArray) formats = OFFER ("96 opus/48000/2", "0 PCMU/8000");
  g_autofree char *text = rtp_codecs_to_string (formats);

  g_assert_cmpstr (text, ==, "opus/48000/2, PCMU/8000");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rtp/codecs/bad-entries", test_bad_entries);
  g_test_add_func ("/rtp/codecs/nothing-fits", test_nothing_fits);
  g_test_add_func ("/rtp/codecs/configured-order-wins", test_configured_order_wins);
  g_test_add_func ("/rtp/codecs/creators-parameters", test_creators_parameters);
  g_test_add_func ("/rtp/codecs/entry-with-parameters", test_entry_with_parameters);
  g_test_add_func ("/rtp/codecs/answer-without-the-codec", test_answer_without_the_codec);
  g_test_add_func ("/rtp/codecs/answer-in-its-numbers", test_answer_in_its_numbers);
  g_test_add_func ("/rtp/codecs/answer-without-companions", test_answer_without_companions);
  g_test_add_func ("/rtp/codecs/names", test_names);
  return g_test_run ();
}
