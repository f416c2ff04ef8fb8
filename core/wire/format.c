/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Codecs as SDP names them: static payload types and which formats agree. Not an SDP
 * parser.
 */
#include <reflector/format.h>
#include <string.h>

/* RFC 3551 §6 */
static const struct {
  guint8 pt, channels;
  guint clock_rate;
  const char *encoding;
} assignments[] = {
  { 0, 1, 8000, "PCMU" },   { 3, 1, 8000, "GSM" },    { 4, 1, 8000, "G723" },
  { 5, 1, 8000, "DVI4" },   { 6, 1, 16000, "DVI4" },  { 7, 1, 8000, "LPC" },
  { 8, 1, 8000, "PCMA" },   { 9, 1, 8000, "G722" },   { 10, 2, 44100, "L16" },
  { 11, 1, 44100, "L16" },  { 12, 1, 8000, "QCELP" }, { 13, 1, 8000, "CN" },
  { 14, 1, 90000, "MPA" },  { 15, 1, 8000, "G728" },  { 16, 1, 11025, "DVI4" },
  { 17, 1, 22050, "DVI4" }, { 18, 1, 8000, "G729" },  { 25, 1, 90000, "CelB" },
  { 26, 1, 90000, "JPEG" }, { 28, 1, 90000, "nv" },   { 31, 1, 90000, "H261" },
  { 32, 1, 90000, "MPV" },  { 33, 1, 90000, "MP2T" }, { 34, 1, 90000, "H263" },
};

RflFormat *
rfl_format_new (guint8 pt, const char *encoding, guint clock_rate, guint channels, const char *fmtp)
{
  RflFormat *format;

  g_return_val_if_fail (encoding != NULL, NULL);
  format = g_new0 (RflFormat, 1);
  format->pt = pt;
  format->encoding = g_strdup (encoding);
  format->clock_rate = clock_rate;
  format->channels = MAX (channels, 1);
  format->fmtp = g_strdup (fmtp);
  return format;
}

RflFormat *
rfl_format_copy (const RflFormat *format)
{
  return rfl_format_new (format->pt, format->encoding, format->clock_rate, format->channels,
                         format->fmtp);
}

void
rfl_format_free (RflFormat *format)
{
  if (format == NULL)
    return;
  g_free (format->encoding);
  g_free (format->fmtp);
  g_free (format);
}

RflFormat *
rfl_format_from_static (guint8 pt)
{
  for (guint i = 0; i < G_N_ELEMENTS (assignments); i++)
    if (assignments[i].pt == pt)
      return rfl_format_new (pt, assignments[i].encoding, assignments[i].clock_rate,
                             assignments[i].channels, NULL);
  return NULL;
}

/* Finds parameter @name (`a=1; b=2`, RFC 6838's form, names without case). Returns: its
 * value, up to @len octets, or %NULL. */
static const char *
get_parameter (const char *fmtp, const char *name, gsize *len)
{
  gsize name_len = strlen (name);

  while (fmtp != NULL)
    {
      fmtp += strspn (fmtp, "; \t");
      if (g_ascii_strncasecmp (fmtp, name, name_len) == 0)
        {
          const char *p = fmtp + name_len;

          p += strspn (p, " \t");
          if (*p == '=')
            {
              p += 1 + strspn (p + 1, " \t");
              *len = strcspn (p, "; \t");
              return p;
            }
        }
      fmtp = strchr (fmtp, ';');
    }
  return NULL;
}

/* Returns: 0, 1 or 2; -1 for nonsense, which agrees with nothing */
static int
get_packetization_mode (const RflFormat *format)
{
  gsize len;
  const char *value = get_parameter (format->fmtp, "packetization-mode", &len);

  if (value == NULL)
    return 0;
  return len == 1 && *value >= '0' && *value <= '2' ? *value - '0' : -1;
}

/* Returns: the first octet of profile-level-id, -1 if there is none that can be read */
static int
get_profile_idc (const RflFormat *format)
{
  gsize len;
  const char *value = get_parameter (format->fmtp, "profile-level-id", &len);

  if (value == NULL || len != 6)
    return -1;
  for (gsize i = 0; i < len; i++)
    if (!g_ascii_isxdigit (value[i]))
      return -1;
  return g_ascii_xdigit_value (value[0]) * 16 + g_ascii_xdigit_value (value[1]);
}

static gboolean
h264_matches (const RflFormat *a, const RflFormat *b)
{
  int mode = get_packetization_mode (a), idc_a = get_profile_idc (a), idc_b = get_profile_idc (b);

  return mode >= 0 && mode == get_packetization_mode (b)
         && (idc_a < 0 || idc_b < 0 || idc_a == idc_b);
}

gboolean
rfl_format_matches (const RflFormat *a, const RflFormat *b)
{
  if (g_ascii_strcasecmp (a->encoding, b->encoding) != 0 || a->clock_rate != b->clock_rate
      || a->channels != b->channels)
    return FALSE;
  return g_ascii_strcasecmp (a->encoding, "H264") != 0 || h264_matches (a, b);
}

gboolean
rfl_format_is_auxiliary (const RflFormat *format)
{
  static const char *const names[] = { "telephone-event", "tone",      "CN",      "red", "rtx",
                                       "ulpfec",          "parityfec", "flexfec", NULL };

  for (guint i = 0; names[i] != NULL; i++)
    if (g_ascii_strcasecmp (format->encoding, names[i]) == 0)
      return TRUE;
  return FALSE;
}
