/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Codecs of spandsp that predict: G.722, GSM 06.10 and DVI4 (RFC 3551 §4.5). Not for opus.
 */
#include "config.h"

#include "plugins/mixer/codec/codec-private.h"

/* ---- G.722: two samples in each octet, 64 kbit/s */

static gsize
g722_size (void)
{
  return sizeof (g722_encode_state_t);
}

static gboolean
g722_open (gpointer state, const RflFormat *format)
{
  return g722_encode_init (state, 64000, 0) != NULL;
}

static gsize
g722_write (gpointer state, const RflFormat *format, const gint16 *pcm, guint n, guint8 *out,
            gsize size)
{
  if (n % 2 != 0 || n / 2 > size)
    return 0;
  return (gsize) g722_encode (state, out, pcm, (int) n);
}

static gpointer
g722_open_decoder (void)
{
  return g722_decode_init (NULL, 64000, 0);
}

static void
g722_close_decoder (gpointer state)
{
  g722_decode_free (state);
}

static void
g722_reset (gpointer state)
{
  g722_decode_init (state, 64000, 0);
}

static guint
g722_count (const RflFormat *format, const guint8 *payload, gsize len)
{
  return (guint) MIN (len, G_MAXINT / 2) * 2;
}

static gint
g722_read (gpointer state, const RflFormat *format, const guint8 *payload, gsize len, gint16 *out)
{
  return g722_decode (state, out, payload, (int) len);
}

const MixCodec mix_codec_g722 = { .encoding = "G722",
                                  .clock_rate = 8000,
                                  .channels = 1,
                                  .rate = 16000,
                                  .state_size = g722_size,
                                  .open_encoder = g722_open,
                                  .encode = g722_write,
                                  .open_decoder = g722_open_decoder,
                                  .close_decoder = g722_close_decoder,
                                  .reset_decoder = g722_reset,
                                  .count = g722_count,
                                  .decode = g722_read };

/* ---- GSM: frames of 33 octets, 160 samples */

#define GSM_OCTETS 33
#define GSM_SAMPLES 160
/* The first four bits of every frame (RFC 3551 §4.5.8). */
#define GSM_SIGNATURE 0xd

static gsize
gsm_size (void)
{
  return sizeof (gsm0610_state_t);
}

static gboolean
gsm_open (gpointer state, const RflFormat *format)
{
  return gsm0610_init (state, GSM0610_PACKING_VOIP) != NULL;
}

static gsize
gsm_write (gpointer state, const RflFormat *format, const gint16 *pcm, guint n, guint8 *out,
           gsize size)
{
  if (n % GSM_SAMPLES != 0 || n / GSM_SAMPLES * GSM_OCTETS > size)
    return 0;
  return (gsize) gsm0610_encode (state, out, pcm, (int) n);
}

static gpointer
gsm_open_decoder (void)
{
  return gsm0610_init (NULL, GSM0610_PACKING_VOIP);
}

static void
gsm_close_decoder (gpointer state)
{
  gsm0610_free (state);
}

static void
gsm_reset (gpointer state)
{
  gsm0610_init (state, GSM0610_PACKING_VOIP);
}

static guint
gsm_count (const RflFormat *format, const guint8 *payload, gsize len)
{
  if (len % GSM_OCTETS != 0)
    return 0;
  for (gsize i = 0; i < len; i += GSM_OCTETS)
    if (payload[i] >> 4 != GSM_SIGNATURE)
      return 0;
  return (guint) MIN (len / GSM_OCTETS, G_MAXINT / GSM_SAMPLES) * GSM_SAMPLES;
}

static gint
gsm_read (gpointer state, const RflFormat *format, const guint8 *payload, gsize len, gint16 *out)
{
  return gsm0610_decode (state, out, payload, (int) len);
}

const MixCodec mix_codec_gsm = { .encoding = "GSM",
                                 .clock_rate = 8000,
                                 .channels = 1,
                                 .state_size = gsm_size,
                                 .open_encoder = gsm_open,
                                 .encode = gsm_write,
                                 .open_decoder = gsm_open_decoder,
                                 .close_decoder = gsm_close_decoder,
                                 .reset_decoder = gsm_reset,
                                 .count = gsm_count,
                                 .decode = gsm_read };

/* ---- DVI4: a head of four octets in each packet, then two samples in each octet (RFC 3551 §4.5.1) */

#define DVI4_HEAD 4
#define DVI4_LAST_STEP 88

static gsize
dvi4_size (void)
{
  return sizeof (ima_adpcm_state_t);
}

static gboolean
dvi4_open (gpointer state, const RflFormat *format)
{
  return ima_adpcm_init (state, IMA_ADPCM_DVI4, 0) != NULL;
}

static gsize
dvi4_write (gpointer state, const RflFormat *format, const gint16 *pcm, guint n, guint8 *out,
            gsize size)
{
  if (n % 2 != 0 || DVI4_HEAD + n / 2 > size)
    return 0;
  return (gsize) ima_adpcm_encode (state, out, pcm, (int) n);
}

static gpointer
dvi4_open_decoder (void)
{
  return ima_adpcm_init (NULL, IMA_ADPCM_DVI4, 0);
}

static void
dvi4_close_decoder (gpointer state)
{
  ima_adpcm_free (state);
}

/* The library takes the head's index for granted. */
static guint
dvi4_count (const RflFormat *format, const guint8 *payload, gsize len)
{
  if (len <= DVI4_HEAD || payload[2] > DVI4_LAST_STEP)
    return 0;
  return (guint) MIN (len - DVI4_HEAD, G_MAXINT / 2) * 2;
}

static gint
dvi4_read (gpointer state, const RflFormat *format, const guint8 *payload, gsize len, gint16 *out)
{
  return ima_adpcm_decode (state, out, payload, (int) len);
}

const MixCodec mix_codec_dvi4 = { .encoding = "DVI4",
                                  .channels = 1,
                                  .state_size = dvi4_size,
                                  .open_encoder = dvi4_open,
                                  .encode = dvi4_write,
                                  .open_decoder = dvi4_open_decoder,
                                  .close_decoder = dvi4_close_decoder,
                                  .count = dvi4_count,
                                  .decode = dvi4_read };
