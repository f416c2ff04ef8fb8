/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which payload types a medium may have: numbers that RFC 3551 fixes stand for their codec,
 * whatever number an offer gives it; all others for whatever is offered with them. Does not
 * choose among what is allowed.
 */
#include "plugins/rtp/classic.h"
#include "plugins/rtp/codecs.h"

#include <string.h>

#define FIRST_FREE 35

const RflOption rtp_traffic_members[] = {
  { .name = "media",
    .type = RFL_OPTION_STRING,
    .required = TRUE,
    .help = "audio or video, or all" },
  { .name = "payload_types",
    .type = RFL_OPTION_STRINGS,
    .help = "numbers and ranges (\"96-127\") that offers may use; all: any" },
  RFL_OPTION_END
};

guint
rtp_media_from_text (const char *text)
{
  static const struct {
    const char *name;
    guint media;
  } names[] = { { "audio", 1 << RTP_AUDIO },
                { "video", 1 << RTP_VIDEO },
                { "all", 1 << RTP_AUDIO | 1 << RTP_VIDEO },
                { "any", 1 << RTP_AUDIO | 1 << RTP_VIDEO } };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_ascii_strcasecmp (names[i].name, text) == 0)
      return names[i].media;
  return 0;
}

/* With the marker bit 64 to 95 look like RTCP (RFC 5761 §4). */
static gboolean
is_usable (guint64 pt)
{
  return pt < 64 || (pt > 95 && pt < 128);
}

static gboolean
parse_range (const char *text, guint64 *first, guint64 *last)
{
  g_auto (GStrv) ends = g_strsplit (text, "-", 2);

  if (g_ascii_strcasecmp (text, "all") == 0)
    {
      *first = 0;
      *last = 127;
      return TRUE;
    }
  if (!ends[0] || !g_ascii_string_to_unsigned (ends[0], 10, 0, 127, first, NULL))
    return FALSE;
  *last = *first;
  if (ends[1] && !g_ascii_string_to_unsigned (ends[1], 10, *first, 127, last, NULL))
    return FALSE;
  return is_usable (*first) && is_usable (*last);
}

static gboolean
add_word (const RflSettings *line, RtpTraffic *traffic, const char *word, GError **error)
{
  g_auto (GStrv) texts = g_strsplit (word, ",", -1);
  guint64 first, last;

  for (char **text = texts; *text; text++)
    {
      if (**text == '\0')
        continue;
      if (!parse_range (*text, &first, &last))
        return rfl_settings_set_error (line, "payload_types", error,
                                       "\"%s\" is no payload type (0 to 63, 96 to 127)", *text);
      for (guint64 pt = first; pt <= last; pt++)
        traffic->allowed[pt] = is_usable (pt);
      traffic->limited = TRUE;
    }
  return TRUE;
}

static gboolean
read_line (const RflSettings *line, RtpPortUse uses[RTP_N_KINDS], GError **error)
{
  const char *media = rfl_settings_get_string (line, "media");
  const char *const *words = rfl_settings_get_strings (line, "payload_types");
  guint bits = rtp_media_from_text (media);

  if (bits == 0)
    return rfl_settings_set_error (line, "media", error, "is \"%s\", must be audio, video or all",
                                   media);
  if (*words == NULL)
    return rfl_settings_set_error (line, "payload_types", error, "names no payload type");
  for (guint i = 0; i < RTP_N_KINDS; i++)
    for (guint k = 0; bits & 1u << i && words[k]; k++)
      if (!add_word (line, &uses[i].traffic, words[k], error))
        return FALSE;
  return TRUE;
}

gboolean
rtp_traffic_read (const RflSettings *settings, RtpPortUse uses[RTP_N_KINDS], GError **error)
{
  guint n = rfl_settings_get_n_groups (settings, "traffic");

  for (guint i = 0; i < n; i++)
    if (!read_line (rfl_settings_get_group (settings, "traffic", i), uses, error))
      return FALSE;
  return TRUE;
}

gboolean
rtp_traffic_allows (const RtpTraffic *traffic, const RflFormat *format)
{
  guint8 fixed;

  if (!traffic->limited)
    return TRUE;
  fixed = rtp_codecs_static_number (format);
  if (fixed != RFL_PT_NONE && traffic->allowed[fixed])
    return TRUE;
  return format->pt >= FIRST_FREE && format->pt < 128 && traffic->allowed[format->pt];
}

gboolean
rtp_traffic_allows_number (const RtpTraffic *traffic, guint8 pt)
{
  return !traffic->limited || (pt < 128 && traffic->allowed[pt]);
}
