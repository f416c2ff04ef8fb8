/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mixer's codecs: what is no payload, and that a tone comes out as it went in. */
#include "plugins/mixer/codec/codec.h"

#include <math.h>
#include <string.h>

static RflFormat *
make (const char *encoding, guint clock_rate, guint channels, const char *fmtp)
{
  return rfl_format_new (96, encoding, clock_rate, channels, fmtp);
}

static void
assert_unknown (const char *encoding, guint clock_rate, guint channels)
{
  g_autoptr (RflFormat) format = make (encoding, clock_rate, channels, NULL);

  g_assert_null (mix_codec_find (format));
}

static void
test_unknown (void)
{
  assert_unknown ("telephone-event", 8000, 1);
  assert_unknown ("speex", 8000, 1);
  assert_unknown ("PCMU", 16000, 1);
  assert_unknown ("PCMU", 8000, 2);
  assert_unknown ("G722", 16000, 1);
  assert_unknown ("L16", 11025, 1);
  assert_unknown ("L16", 48000, 3);
}

static MixDecoder *
open_decoder (const char *encoding, guint clock_rate, guint channels)
{
  g_autoptr (RflFormat) format = make (encoding, clock_rate, channels, NULL);

  return mix_decoder_new (mix_codec_find (format), format);
}

static void
assert_refused (const char *encoding, guint clock_rate, const char *payload, gsize len)
{
  g_autoptr (MixDecoder) decoder = open_decoder (encoding, clock_rate, 1);
  gint16 out[MIX_MAX_DECODED];

  g_assert_cmpuint (mix_decoder_count (decoder, (const guint8 *) payload, len), ==, 0);
  g_assert_cmpint (mix_decoder_decode (decoder, (const guint8 *) payload, len, out,
                                       MIX_MAX_DECODED),
                   ==, -1);
}

/* Beyond what one packet may hold, or of a length that cannot be. */
static void
test_refused (void)
{
  g_autofree char *big = g_malloc0 (2 * MIX_MAX_DECODED + 2);

  assert_refused ("PCMU", 8000, "", 0);
  assert_refused ("PCMU", 8000, big, MIX_MAX_DECODED + 1);
  assert_refused ("G722", 8000, big, MIX_MAX_DECODED / 2 + 1);
  assert_refused ("L16", 8000, "abc", 3);
  assert_refused ("GSM", 8000, big, 32);
  assert_refused ("GSM", 8000, big, 33); /* without its signature */
  assert_refused ("DVI4", 8000, "\0\0\0\0", 4);
  assert_refused ("DVI4", 8000, "\0\0\131\0\1", 5); /* index 89 */
  assert_refused ("opus", 48000, "", 0);
  assert_refused ("opus", 48000, "\377", 1); /* code 3 without its count */
}

static void
test_too_small (void)
{
  g_autoptr (RflFormat) format = make ("L16", 8000, 1, NULL);
  g_autoptr (MixEncoder) encoder = mix_encoder_new (mix_codec_find (format), format);
  g_autoptr (MixDecoder) decoder = open_decoder ("PCMU", 8000, 1);
  gint16 pcm[160] = { 0 };
  guint8 out[319];

  g_assert_cmpuint (mix_encoder_encode (encoder, pcm, 160, out, sizeof out), ==, 0);
  g_assert_cmpuint (mix_encoder_encode (encoder, pcm, 0, out, sizeof out), ==, 0);
  g_assert_cmpint (mix_decoder_decode (decoder, (guint8[160]){ 0 }, 160, pcm, 159), ==, -1);
}

/* ---- a tone through each */

#define TONE 440
#define SECONDS 2

static double
tone_power (const gint16 *pcm, guint n, guint rate, double hz)
{
  double re = 0, im = 0;

  for (guint i = 0; i < n; i++)
    {
      re += pcm[i] * cos (2 * G_PI * hz * i / rate);
      im += pcm[i] * sin (2 * G_PI * hz * i / rate);
    }
  return (re * re + im * im) * 4 / n / n / 2;
}

static double
power (const gint16 *pcm, guint n)
{
  double sum = 0;

  for (guint i = 0; i < n; i++)
    sum += (double) pcm[i] * pcm[i];
  return sum / n;
}

typedef struct {
  const char *encoding;
  guint clock_rate, channels;
  const char *fmtp;
  guint ms;
  double snr; /* dB at least */
} Case;

static const Case cases[] = {
  { "PCMU", 8000, 1, NULL, 20, 34 },
  { "PCMA", 8000, 1, NULL, 30, 34 },
  { "G722", 8000, 1, NULL, 20, 20 },
  { "opus", 48000, 2, NULL, 20, 10 },
  { "GSM", 8000, 1, NULL, 20, 10 },
  { "opus", 48000, 2, "maxplaybackrate=8000; useinbandfec=1", 60, 10 },
  { "DVI4", 8000, 1, NULL, 20, 20 },
  { "DVI4", 16000, 1, NULL, 10, 20 },
  { "L16", 44100, 2, NULL, 10, 60 },
  { "L8", 8000, 1, NULL, 20, 30 },
};

/* Encodes with one that is copied half-way, so that a copy is shown to continue. */
static guint
pass (const Case *c, const gint16 *in, guint per_packet, guint n_packets, gint16 *out)
{
  g_autoptr (RflFormat) format = make (c->encoding, c->clock_rate, c->channels, c->fmtp);
  g_autoptr (MixEncoder) encoder = mix_encoder_new (mix_codec_find (format), format);
  g_autoptr (MixDecoder) decoder = mix_decoder_new (mix_codec_find (format), format);
  guint n = 0;

  for (guint i = 0; i < n_packets; i++)
    {
      guint8 payload[4096];
      gsize len =
          mix_encoder_encode (encoder, in + i * per_packet, per_packet, payload, sizeof payload);
      gint got = mix_decoder_decode (decoder, payload, len, out + n, MIX_MAX_DECODED);

      g_assert_cmpuint (len, >, 0);
      g_assert_cmpint (got, ==, mix_decoder_count (decoder, payload, len));
      n += (guint) got;
      if (i == n_packets / 2)
        {
          MixEncoder *copy = mix_encoder_copy (encoder);
          mix_encoder_free (encoder);
          encoder = copy;
        }
    }
  return n;
}

static void
test_tone (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (RflFormat) format = make (c->encoding, c->clock_rate, c->channels, c->fmtp);
  g_autoptr (MixDecoder) decoder = mix_decoder_new (mix_codec_find (format), format);
  guint in_rate = mix_codec_get_rate (mix_codec_find (format), format);
  guint per_packet = in_rate * c->ms / 1000, n_packets = SECONDS * 1000 / c->ms;
  g_autofree gint16 *in = g_new (gint16, per_packet * n_packets);
  g_autofree gint16 *out = g_new (gint16, SECONDS * 48000 + MIX_MAX_DECODED);
  guint n, out_rate;
  double tone, all, sent;

  for (guint i = 0; i < per_packet * n_packets; i++)
    in[i] = (gint16) (8000 * sin (2 * G_PI * TONE * i / in_rate));
  n = pass (c, in, per_packet, n_packets, out);
  out_rate = mix_decoder_get_rate (decoder);
  g_assert_cmpuint (n, ==, per_packet * n_packets * (out_rate / in_rate));
  /* the second half: whole periods, after every codec has settled */
  n = out_rate;
  tone = tone_power (out + n / 2, n, out_rate, TONE);
  all = power (out + n / 2, n);
  sent = 8000.0 * 8000 / 2;
  g_test_message ("%s: %.2f dB, signal to noise %.1f dB", c->encoding, 10 * log10 (tone / sent),
                  10 * log10 (tone / MAX (all - tone, 1)));
  g_assert_cmpfloat (fabs (10 * log10 (tone / sent)), <, 0.5);
  g_assert_cmpfloat (10 * log10 (tone / MAX (all - tone, 1)), >, c->snr);
}

/* What is missing is filled for a while and fades, however odd its length. */
static void
test_conceal (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (RflFormat) format = make (c->encoding, c->clock_rate, c->channels, c->fmtp);
  guint in_rate = mix_codec_get_rate (mix_codec_find (format), format);
  g_autoptr (MixEncoder) encoder = mix_encoder_new (mix_codec_find (format), format);
  g_autoptr (MixDecoder) decoder = mix_decoder_new (mix_codec_find (format), format);
  gint16 in[60 * 48], out[MIX_MAX_DECODED];
  guint per_packet = in_rate * c->ms / 1000, rate = mix_decoder_get_rate (decoder);
  double first, last = 0;

  for (guint k = 0; k < 20; k++)
    {
      guint8 payload[4096];
      gsize len;
      for (guint i = 0; i < per_packet; i++)
        in[i] = (gint16) (8000 * sin (2 * G_PI * TONE * (k * per_packet + i) / in_rate));
      len = mix_encoder_encode (encoder, in, per_packet, payload, sizeof payload);
      mix_decoder_decode (decoder, payload, len, out, MIX_MAX_DECODED);
    }
  mix_decoder_conceal (decoder, NULL, 0, out, rate / 100);
  first = power (out, rate / 100);
  mix_decoder_conceal (decoder, NULL, 0, out, 7);
  for (guint k = 0; k < 50; k++)
    {
      mix_decoder_conceal (decoder, (const guint8 *) "\1", 1, out, rate / 50);
      last = power (out, rate / 50);
    }
  g_assert_cmpfloat (first, >, 1e6);
  g_assert_cmpfloat (last, <, first / 100);
  mix_decoder_reset (decoder);
}

/* Every payload is refused or decoded; what is right afterwards is decoded. */
static void
test_garbage (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (RflFormat) format = make (c->encoding, c->clock_rate, c->channels, c->fmtp);
  g_autoptr (MixDecoder) decoder = mix_decoder_new (mix_codec_find (format), format);
  gint16 out[MIX_MAX_DECODED];

  for (guint i = 0; i < 2000; i++)
    {
      guint8 payload[300];
      gsize len = (gsize) g_test_rand_int_range (0, sizeof payload);
      gint n;
      for (gsize k = 0; k < len; k++)
        payload[k] = (guint8) g_test_rand_int ();
      n = mix_decoder_decode (decoder, payload, len, out, MIX_MAX_DECODED);
      if (n < 0)
        mix_decoder_conceal (decoder, payload, len, out, 160);
    }
  test_tone (data);
}

static void
test_list (void)
{
  g_autoptr (GPtrArray) list = mix_codec_list ();

  g_assert_cmpstr (((RflFormat *) list->pdata[0])->encoding, ==, "opus");
  for (guint i = 0; i < list->len; i++)
    g_assert_nonnull (mix_codec_find (list->pdata[i]));
}

/* Returns: bits a second that five seconds of noise have become */
static double
measure_bitrate (const char *fmtp)
{
  g_autoptr (RflFormat) format = make ("opus", 48000, 2, fmtp);
  g_autoptr (MixEncoder) encoder = mix_encoder_new (mix_codec_find (format), format);
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  gint16 pcm[960];
  guint8 payload[1400];
  gsize octets = 0;

  for (guint i = 0; i < 250; i++)
    {
      for (guint k = 0; k < G_N_ELEMENTS (pcm); k++)
        pcm[k] = (gint16) g_rand_int_range (random, -8000, 8000);
      octets += mix_encoder_encode (encoder, pcm, G_N_ELEMENTS (pcm), payload, sizeof payload);
    }
  return 8.0 * (double) octets / 5;
}

static void
test_bitrate (void)
{
  static const struct {
    const char *fmtp;
    double wanted;
  } rates[] = { { "cbr=1;maxaveragebitrate=1", 6000 },
                { "cbr=1", 32000 },
                { "cbr=1;maxaveragebitrate=12000", 12000 },
                { "cbr=1;maxaveragebitrate=64000", 64000 },
                { "cbr=1;maxaveragebitrate=128000", 128000 } };

  for (guint i = 0; i < G_N_ELEMENTS (rates); i++)
    g_assert_cmpfloat_with_epsilon (measure_bitrate (rates[i].fmtp) / rates[i].wanted, 1, 0.05);
}

static void
add (const char *what, const Case *c, GTestDataFunc func)
{
  g_autofree char *path =
      g_strdup_printf ("/mixer/codec/%s/%s-%u-%u", what, c->encoding, c->clock_rate, c->ms);

  g_test_add_data_func (path, c, func);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mixer/codec/unknown", test_unknown);
  g_test_add_func ("/mixer/codec/refused", test_refused);
  g_test_add_func ("/mixer/codec/too-small", test_too_small);
  g_test_add_func ("/mixer/codec/list", test_list);
  g_test_add_func ("/mixer/codec/bitrate", test_bitrate);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      add ("garbage", &cases[i], test_garbage);
      add ("conceal", &cases[i], test_conceal);
      add ("tone", &cases[i], test_tone);
    }
  return g_test_run ();
}
