/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPU time of one frame of 20 ms, encoded and decoded, by each codec of the mixer and by the bare calls of the
 * library that it stands on, with the same settings; rounds in turns, medians. What loss and jitter cost is not
 * measured. Not a test: it passes no judgement.
 */
#include "config.h"

#include "plugins/mixer/codec/codec-private.h"
#include "tests/bench/meter.h"
#include <math.h>
#include <opus/opus.h>
#include <stdio.h>
#include <time.h>

#define ROUNDS 9
#define FRAMES 100
#define MAX_SAMPLES 960
#define MAX_OCTETS 1400

static gint16 sound[FRAMES][MAX_SAMPLES];

typedef struct {
  gpointer encoder, decoder;
} Bare;

typedef struct {
  const char *name;
  guint clock_rate, channels, samples;
  void (*open) (Bare *bare);
  void (*close) (Bare *bare);
  gsize (*encode) (Bare *bare, const gint16 *pcm, guint n, guint8 *out);
  void (*decode) (Bare *bare, const guint8 *payload, gsize len, gint16 *out);
} Row;

/* ---- the libraries' own calls ---- */

static void
opus_open (Bare *bare)
{
  bare->encoder = opus_encoder_create (48000, 1, OPUS_APPLICATION_VOIP, NULL);
  bare->decoder = opus_decoder_create (48000, 1, NULL);
  opus_encoder_ctl ((OpusEncoder *) bare->encoder, OPUS_SET_COMPLEXITY (5));
  opus_encoder_ctl ((OpusEncoder *) bare->encoder, OPUS_SET_BITRATE (32000));
}

static void
opus_close (Bare *bare)
{
  opus_encoder_destroy (bare->encoder);
  opus_decoder_destroy (bare->decoder);
}

static gsize
opus_write (Bare *bare, const gint16 *pcm, guint n, guint8 *out)
{
  opus_int32 len = opus_encode (bare->encoder, pcm, (int) n, out, MAX_OCTETS);

  return len > 0 ? (gsize) len : 0;
}

static void
opus_read (Bare *bare, const guint8 *payload, gsize len, gint16 *out)
{
  if (opus_decode (bare->decoder, payload, (opus_int32) len, out, MAX_SAMPLES, 0) < 0)
    g_error ("libopus refuses what it has made");
}

static void
g722_open (Bare *bare)
{
  bare->encoder = g722_encode_init (NULL, 64000, 0);
  bare->decoder = g722_decode_init (NULL, 64000, 0);
}

static void
g722_close (Bare *bare)
{
  g722_encode_free (bare->encoder);
  g722_decode_free (bare->decoder);
}

static gsize
g722_write (Bare *bare, const gint16 *pcm, guint n, guint8 *out)
{
  return (gsize) g722_encode (bare->encoder, out, pcm, (int) n);
}

static void
g722_read (Bare *bare, const guint8 *payload, gsize len, gint16 *out)
{
  g722_decode (bare->decoder, out, payload, (int) len);
}

static void
gsm_open (Bare *bare)
{
  bare->encoder = gsm0610_init (NULL, GSM0610_PACKING_VOIP);
  bare->decoder = gsm0610_init (NULL, GSM0610_PACKING_VOIP);
}

static void
gsm_close (Bare *bare)
{
  gsm0610_free (bare->encoder);
  gsm0610_free (bare->decoder);
}

static gsize
gsm_write (Bare *bare, const gint16 *pcm, guint n, guint8 *out)
{
  return (gsize) gsm0610_encode (bare->encoder, out, pcm, (int) n);
}

static void
gsm_read (Bare *bare, const guint8 *payload, gsize len, gint16 *out)
{
  gsm0610_decode (bare->decoder, out, payload, (int) len);
}

static void
g711_open (Bare *bare)
{
  bare->encoder = g711_init (NULL, G711_ULAW);
  bare->decoder = g711_init (NULL, G711_ULAW);
}

static void
g711_close (Bare *bare)
{
  g711_free (bare->encoder);
  g711_free (bare->decoder);
}

static gsize
g711_write (Bare *bare, const gint16 *pcm, guint n, guint8 *out)
{
  return (gsize) g711_encode (bare->encoder, out, pcm, (int) n);
}

static void
g711_read (Bare *bare, const guint8 *payload, gsize len, gint16 *out)
{
  g711_decode (bare->decoder, out, payload, (int) len);
}

/* Those without calls: their library has none, or (PCMA, DVI4) none is compared. */
static const Row rows[] = {
  { "opus", 48000, 2, 960, opus_open, opus_close, opus_write, opus_read },
  { "G722", 8000, 1, 320, g722_open, g722_close, g722_write, g722_read },
  { "GSM", 8000, 1, 160, gsm_open, gsm_close, gsm_write, gsm_read },
  { "PCMU", 8000, 1, 160, g711_open, g711_close, g711_write, g711_read },
  { "PCMA", 8000, 1, 160, NULL, NULL, NULL, NULL },
  { "DVI4", 8000, 1, 160, NULL, NULL, NULL, NULL },
  { "L16", 8000, 1, 160, NULL, NULL, NULL, NULL },
  { "L8", 8000, 1, 160, NULL, NULL, NULL, NULL },
};

/* ---- measurement ---- */

typedef struct {
  double encode, decode;
} Cost;

typedef struct {
  guint8 data[FRAMES][MAX_OCTETS];
  gsize len[FRAMES];
} Coded;

static Coded coded;

static double
cpu_now (void)
{
  struct timespec used;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &used);
  return (double) used.tv_sec * 1e9 + (double) used.tv_nsec;
}

/* Three tones whose strength changes, as speech's does. */
static void
make_sound (guint samples)
{
  double rate = samples * 50.0;

  for (guint i = 0; i < FRAMES * samples; i++)
    {
      double t = i / rate, swell = 0.5 + 0.5 * sin (2 * G_PI * 4 * t);
      double sum = sin (2 * G_PI * 210 * t) + sin (2 * G_PI * 620 * t) + sin (2 * G_PI * 1750 * t);
      sound[i / samples][i % samples] = (gint16) lround (3000 * swell * sum);
    }
}

static Cost
run_ours (const Row *row, const RflFormat *format)
{
  const MixCodec *codec = mix_codec_find (format);
  g_autoptr (MixEncoder) encoder = mix_encoder_new (codec, format);
  g_autoptr (MixDecoder) decoder = mix_decoder_new (codec, format);
  static gint16 out[MIX_MAX_DECODED];
  double begin = cpu_now (), middle;

  for (guint i = 0; i < FRAMES; i++)
    coded.len[i] = mix_encoder_encode (encoder, sound[i], row->samples, coded.data[i], MAX_OCTETS);
  middle = cpu_now ();
  for (guint i = 0; i < FRAMES; i++)
    if (mix_decoder_decode (decoder, coded.data[i], coded.len[i], out, MIX_MAX_DECODED)
        != (gint) row->samples)
      g_error ("%s: a frame of another length comes back", row->name);
  return (Cost){ (middle - begin) / FRAMES, (cpu_now () - middle) / FRAMES };
}

static Cost
run_bare (const Row *row)
{
  static gint16 out[MAX_SAMPLES];
  Bare bare;
  double begin, middle, end;

  row->open (&bare);
  begin = cpu_now ();
  for (guint i = 0; i < FRAMES; i++)
    coded.len[i] = row->encode (&bare, sound[i], row->samples, coded.data[i]);
  middle = cpu_now ();
  for (guint i = 0; i < FRAMES; i++)
    row->decode (&bare, coded.data[i], coded.len[i], out);
  end = cpu_now ();
  row->close (&bare);
  return (Cost){ (middle - begin) / FRAMES, (end - middle) / FRAMES };
}

static double
median (double *values)
{
  meter_sort (values, ROUNDS);
  return values[ROUNDS / 2];
}

static void
tell (const char *what, double *ours, double *bare, gboolean has_bare)
{
  printf ("  %s %8.2f", what, median (ours) / 1000);
  if (has_bare)
    printf (" %8.2f %6.2f", median (bare) / 1000, median (ours) / median (bare));
  else
    printf (" %8s %6s", "-", "-");
}

static void
run (const Row *row)
{
  g_autoptr (RflFormat) format =
      rfl_format_new (96, row->name, row->clock_rate, row->channels, NULL);
  double ours[2][ROUNDS], bare[2][ROUNDS];

  make_sound (row->samples);
  run_ours (row, format); /* warm */
  for (guint i = 0; i < ROUNDS; i++)
    {
      Cost a = run_ours (row, format), b = row->open ? run_bare (row) : (Cost){ 0 };
      ours[0][i] = a.encode;
      ours[1][i] = a.decode;
      bare[0][i] = b.encode;
      bare[1][i] = b.decode;
    }
  printf ("%-6s", row->name);
  tell ("encode", ours[0], bare[0], row->open != NULL);
  tell ("decode", ours[1], bare[1], row->open != NULL);
  printf ("\n");
}

int
main (void)
{
  printf ("CPU us per frame of 20 ms: mixer's codec, bare library, ratio; median of %d\n", ROUNDS);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    run (&rows[i]);
  return 0;
}
