/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chooses a session's codec and matches offers against it (design: one audio and one video
 * codec per session). Does not encode or decode anything, and knows no session.
 */
#include "plugins/rtp/codecs.h"

#include <reflector/route.h>
#include <string.h>

#define LAST_STATIC 34

static RflFormat *
parse_entry (const char *entry)
{
  g_auto (GStrv) halves = g_strsplit (entry, ";", 2);
  g_auto (GStrv) parts = g_strsplit (halves[0] ? halves[0] : "", "/", 3);
  guint n = g_strv_length (parts);
  const char *fmtp = halves[0] ? halves[1] : NULL;
  guint64 rate, channels = 1;

  if (n < 2 || *parts[0] == '\0' || strchr (parts[0], ' ')
      || !g_ascii_string_to_unsigned (parts[1], 10, 1000, 384000, &rate, NULL))
    return NULL;
  if (n == 3 && !g_ascii_string_to_unsigned (parts[2], 10, 1, 16, &channels, NULL))
    return NULL;
  while (fmtp && *fmtp == ' ')
    fmtp++;
  return rfl_format_new (RFL_PT_NONE, parts[0], rate, channels, fmtp && *fmtp ? fmtp : NULL);
}

static GPtrArray *
format_array (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_format_free);
}

GPtrArray *
rtp_codecs_parse (const char *const *entries, const char **bad)
{
  g_autoptr (GPtrArray) list = format_array ();

  for (; *entries; entries++)
    {
      RflFormat *format = parse_entry (*entries);
      if (format == NULL || rfl_format_is_auxiliary (format))
        {
          g_clear_pointer (&format, rfl_format_free);
          *bad = *entries;
          return NULL;
        }
      g_ptr_array_add (list, format);
    }
  return g_steal_pointer (&list);
}

static gboolean
is_same_codec (const RflFormat *a, const RflFormat *b)
{
  return g_ascii_strcasecmp (a->encoding, b->encoding) == 0 && a->clock_rate == b->clock_rate
         && a->channels == b->channels;
}

/* An entry without parameters means the codec whatever its parameters: the creator's become
 * the session's. */
static gboolean
fits_preference (const RflFormat *wanted, const RflFormat *offered)
{
  if (wanted->fmtp)
    return rfl_format_matches (wanted, offered);
  return is_same_codec (wanted, offered);
}

/* Of the auxiliary formats only those whose payload names no other payload type: red and
 * rtx would break when numbers are rewritten. */
static gboolean
is_companion (const RflFormat *format, const RflFormat *codec)
{
  return format->clock_rate == codec->clock_rate
         && (g_ascii_strcasecmp (format->encoding, "telephone-event") == 0
             || g_ascii_strcasecmp (format->encoding, "CN") == 0);
}

const RflFormat *
rtp_codecs_find (const GPtrArray *formats, const RflFormat *format)
{
  for (guint i = 0; i < formats->len; i++)
    if (rfl_format_matches (formats->pdata[i], format))
      return formats->pdata[i];
  return NULL;
}

guint8
rtp_codecs_static_number (const RflFormat *format)
{
  for (guint8 pt = 0; pt <= LAST_STATIC; pt++)
    {
      g_autoptr (RflFormat) fixed = rfl_format_from_static (pt);
      if (fixed && is_same_codec (fixed, format))
        return pt;
    }
  return RFL_PT_NONE;
}

static void
add_companions (GPtrArray *answer, const GPtrArray *offer, const RflFormat *codec)
{
  for (guint i = 0; i < offer->len; i++)
    if (answer->len < RFL_ROUTE_MAX_FORMATS && is_companion (offer->pdata[i], codec)
        && rtp_codecs_find (answer, offer->pdata[i]) == NULL)
      g_ptr_array_add (answer, rfl_format_copy (offer->pdata[i]));
}

GPtrArray *
rtp_codecs_with_companions (const RflFormat *codec, const GPtrArray *offer)
{
  GPtrArray *formats = format_array ();

  g_ptr_array_add (formats, rfl_format_copy (codec));
  add_companions (formats, offer, codec);
  return formats;
}

void
rtp_codecs_extend (GPtrArray *answer, const GPtrArray *offer, RtpCodecFunc wanted, gpointer data)
{
  for (guint i = 0; i < offer->len; i++)
    {
      const RflFormat *format = offer->pdata[i];
      if (rfl_format_is_auxiliary (format) || rtp_codecs_find (answer, format)
          || !wanted (format, data))
        continue;
      g_ptr_array_add (answer, rfl_format_copy (format));
      add_companions (answer, offer, format);
    }
}

GPtrArray *
rtp_codecs_choose (const GPtrArray *preferences, const GPtrArray *offer)
{
  for (guint i = 0; i < preferences->len; i++)
    for (guint k = 0; k < offer->len; k++)
      if (fits_preference (preferences->pdata[i], offer->pdata[k]))
        return rtp_codecs_with_companions (offer->pdata[k], offer);
  return NULL;
}

/* Its own parameters come back: symmetric ones (H264, RFC 6184 §8.2.2) must be equal, and of
 * declarative ones a reflector has none of its own. */
static gboolean
add_match (GPtrArray *answer, const GPtrArray *offer, const RflFormat *format)
{
  const RflFormat *match = rtp_codecs_find (offer, format);

  if (match)
    g_ptr_array_add (answer, rfl_format_copy (match));
  return match != NULL;
}

GPtrArray *
rtp_codecs_answer (const GPtrArray *formats, guint codec, const GPtrArray *offer,
                   gboolean need_codec)
{
  g_autoptr (GPtrArray) answer = format_array ();
  gboolean speaks = codec < formats->len && add_match (answer, offer, formats->pdata[codec]);

  for (guint i = 0; i < formats->len; i++)
    if (i != codec && add_match (answer, offer, formats->pdata[i]))
      speaks |= !need_codec && !rfl_format_is_auxiliary (formats->pdata[i]);
  return speaks ? g_steal_pointer (&answer) : NULL;
}

char *
rtp_codecs_to_string (const GPtrArray *formats)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < formats->len; i++)
    {
      const RflFormat *format = formats->pdata[i];
      g_string_append_printf (text, "%s%s/%u", i ? ", " : "", format->encoding, format->clock_rate);
      if (format->channels > 1)
        g_string_append_printf (text, "/%u", format->channels);
    }
  return g_string_free (text, FALSE);
}
