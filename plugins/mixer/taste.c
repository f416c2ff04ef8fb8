/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a listener has agreed to and how the mixer uses it. Pure. Not for negotiating it.
 */
#include "config.h"

#include "plugins/mixer/codec/codec.h"
#include "plugins/mixer/engine/output.h"
#include "plugins/mixer/mixer.h"
#include <string.h>

#define BITRATE "maxaveragebitrate" /* RFC 7587 §6.1 */

static gboolean
is (const RflFormat *format, const char *encoding)
{
  return g_ascii_strcasecmp (format->encoding, encoding) == 0;
}

static const RflFormat *
find (const GPtrArray *formats, const char *encoding, guint clock_rate)
{
  for (guint i = 0; i < formats->len; i++)
    {
      const RflFormat *format = formats->pdata[i];
      if (is (format, encoding) && format->clock_rate == clock_rate)
        return format;
    }
  return NULL;
}

static const RflFormat *
find_codec (const GPtrArray *formats)
{
  for (guint i = 0; i < formats->len; i++)
    if (!rfl_format_is_auxiliary (formats->pdata[i]) && mix_output_rate_of (formats->pdata[i]))
      return formats->pdata[i];
  return NULL;
}

/* RFC 7587 §6.1: usedtx=1 says that the receiver likes it. */
static gboolean
likes_dtx (const RflFormat *format)
{
  return is (format, "opus") && format->fmtp && strstr (format->fmtp, "usedtx=1");
}

static void
read_events (const GPtrArray *formats, guint clock_rate, MixTaste *taste, guint8 *pt)
{
  const RflFormat *event = find (formats, "telephone-event", clock_rate);

  taste->event = MIX_FORMAT_EVENT;
  if (!event)
    {
      event = find (formats, "telephone-event", 8000);
      taste->event = MIX_FORMAT_EVENT_8000;
    }
  if (!event)
    taste->event = MIX_N_FORMATS;
  else
    pt[taste->event] = event->pt;
}

const RflFormat *
mixer_taste_read (const GPtrArray *formats, MixTaste *taste, guint8 pt[RFL_ROUTE_MAX_FORMATS])
{
  const RflFormat *codec = find_codec (formats), *noise;

  memset (pt, RFL_PT_NONE, RFL_ROUTE_MAX_FORMATS);
  if (!codec)
    return NULL;
  pt[MIX_FORMAT_AUDIO] = codec->pt;
  noise = find (formats, "CN", codec->clock_rate);
  if (noise)
    taste->silence = MIX_FORMAT_NOISE;
  else
    taste->silence = likes_dtx (codec) ? MIX_FORMAT_REFRESH : MIX_FORMAT_SILENCE;
  pt[taste->silence] = noise ? noise->pt : codec->pt;
  read_events (formats, codec->clock_rate, taste, pt);
  return codec;
}

/* Of a packet that RflFrame takes. */
static gboolean
fits (const RflFormat *format, guint ptime)
{
  guint sample = is (format, "L16") ? 2 : 1;

  if (!is (format, "L16") && !is (format, "L8"))
    return TRUE;
  return format->clock_rate / 1000 * ptime * format->channels * sample <= RFL_FRAME_MAX_PAYLOAD;
}

static guint
round_ptime (const RflFormat *format, guint ptime)
{
  gboolean twenties = is (format, "GSM"); /* RFC 3551 §4.5.8 */

  if (ptime == 0)
    return 20;
  if (is (format, "opus") && ptime >= 30 && ptime < 40)
    return 20; /* it has no frames of 30 */
  if (ptime < 20)
    return twenties ? 20 : 10;
  if (ptime < 30)
    return 20;
  if (ptime < 40)
    return twenties ? 20 : 30;
  return ptime < 60 ? 40 : 60;
}

guint
mixer_ptime_for (const RflFormat *format, guint ptime)
{
  guint rounded = round_ptime (format, ptime);

  while (rounded > MIX_GRID && !fits (format, rounded))
    rounded -= MIX_GRID;
  return rounded == 50 ? 40 : rounded;
}

/* Parameters of a receiver that an encoder heeds; the others are no reason for one more encoder.
 * usedtx is none: what is sent while nobody is heard is the group's business. */
static gboolean
matters (const char *parameter)
{
  static const char *const names[] = { "cbr=", "maxplaybackrate=", "useinbandfec=" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_ascii_strncasecmp (parameter, names[i], strlen (names[i])) == 0)
      return TRUE;
  return FALSE;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* One value for all who will get the same. */
static char *
write_bitrate (const RflFormat *format, guint most)
{
  guint wanted = mix_fmtp_get_uint (format, BITRATE, most);

  return g_strdup_printf (BITRATE "=%u", CLAMP (wanted, MIX_OPUS_MIN_BITRATE, most));
}

RflFormat *
mixer_format_to_encode (const RflFormat *format, guint opus_bitrate)
{
  g_auto (GStrv) parameters = g_strsplit (format->fmtp ? format->fmtp : "", ";", 32);
  g_autoptr (GPtrArray) chosen = g_ptr_array_new ();
  g_autofree char *bitrate = is (format, "opus") ? write_bitrate (format, opus_bitrate) : NULL;
  g_autofree char *joined = NULL;

  for (char **p = parameters; *p; p++)
    if (matters (g_strstrip (*p)))
      g_ptr_array_add (chosen, *p);
  if (bitrate)
    g_ptr_array_add (chosen, bitrate);
  g_ptr_array_sort (chosen, compare);
  g_ptr_array_add (chosen, NULL);
  joined = g_strjoinv (";", (char **) chosen->pdata);
  return rfl_format_new (format->pt, format->encoding, format->clock_rate, format->channels,
                         *joined ? joined : NULL);
}

gboolean
mixer_format_shares (const RflFormat *a, const RflFormat *b)
{
  return is (a, b->encoding) && a->clock_rate == b->clock_rate && a->channels == b->channels
         && g_strcmp0 (a->fmtp, b->fmtp) == 0;
}
