/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The header extension for audio levels in offers and answers (RFC 6464, RFC 8285). Does not choose its
 * number: the offer has it, and the media's plugin takes it or not.
 */
#include "plugins/sip/sdp/sdp-read.h"
#include <string.h>

/* Numbers of extensions with headers of one octet; who needs those of two goes without. */
#define MAX_NUMBER 14

/* a=extmap:NUMBER[/DIRECTION] URI [ATTRIBUTES] */
typedef struct {
  guint8 number;
  char direction[sizeof "sendrecv"]; /* empty: none given */
  const char *attributes;
} Extension;

static gboolean
parse_extension (const char *attribute, Extension *out)
{
  const char *value = sip_sdp_get_value (attribute, "extmap"), *rest;
  gsize len = strlen (SIP_SDP_AUDIO_LEVEL);
  guint64 number;

  memset (out, 0, sizeof *out);
  if (value == NULL || !sip_sdp_take_number (value, MAX_NUMBER, "/ ", &number, &rest)
      || number == 0)
    return FALSE;
  if (rest[-1] == '/')
    {
      gsize n = strcspn (rest, " ");
      if (n >= sizeof out->direction)
        return FALSE;
      memcpy (out->direction, rest, n);
      rest += n;
    }
  rest += strspn (rest, " ");
  if (g_ascii_strncasecmp (rest, SIP_SDP_AUDIO_LEVEL, len) != 0
      || (rest[len] != '\0' && rest[len] != ' '))
    return FALSE;
  out->number = number;
  out->attributes = rest + len + strspn (rest + len, " ");
  return TRUE;
}

static gboolean
has_number (const char *attribute, guint8 number)
{
  const char *value = sip_sdp_get_value (attribute, "extmap"), *rest;
  guint64 found;

  return value && sip_sdp_take_number (value, G_MAXUINT16, "/ ", &found, &rest) && found == number;
}

/* A number that stands for two things stands for none. */
static gboolean
is_unique (const GPtrArray *attributes, guint8 number)
{
  guint n = 0;

  for (guint i = 0; i < attributes->len; i++)
    n += has_number (attributes->pdata[i], number);
  return n == 1;
}

/* What we do where the other side does @theirs; %NULL if that is nothing that it can say. */
static const char *
reverse (const char *theirs)
{
  static const char *const pairs[][2] = {
    { "", "" }, { "sendrecv", "sendrecv" }, { "sendonly", "recvonly" }, { "recvonly", "sendonly" }
  };

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    if (strcmp (theirs, pairs[i][0]) == 0)
      return pairs[i][1];
  return NULL;
}

static gboolean
find_in (const GPtrArray *attributes, Extension *out)
{
  for (guint i = 0; i < attributes->len; i++)
    if (parse_extension (attributes->pdata[i], out) && reverse (out->direction)
        && is_unique (attributes, out->number))
      return TRUE;
  return FALSE;
}

/* The m-line's own line, else the session's. */
static gboolean
find (const SipSdp *sdp, const SipSdpMedia *media, Extension *out)
{
  return strcmp (media->kind, "audio") == 0
         && (find_in (media->attributes, out) || find_in (sdp->attributes, out));
}

void
sip_sdp_read_audio_level (RflMediumDesc *desc, const SipSdp *sdp, const SipSdpMedia *media)
{
  Extension extension;

  if (!find (sdp, media, &extension))
    return;
  desc->audio_level = extension.number;
  desc->audio_level_direction = RFL_DIRECTION_BOTH;
  if (strcmp (extension.direction, "sendonly") == 0)
    desc->audio_level_direction = RFL_DIRECTION_SEND;
  else if (strcmp (extension.direction, "recvonly") == 0)
    desc->audio_level_direction = RFL_DIRECTION_RECEIVE;
}

void
sip_sdp_write_audio_level (GString *out, const SipSdp *offer, const SipSdpMedia *media,
                           const RflMediumDesc *desc)
{
  Extension extension;
  const char *direction;

  if (desc->answer_audio_level == 0 || !find (offer, media, &extension)
      || extension.number != desc->answer_audio_level)
    return;
  direction = reverse (extension.direction);
  g_string_append_printf (out, "a=extmap:%u%s%s %s", extension.number, *direction ? "/" : "",
                          direction, SIP_SDP_AUDIO_LEVEL);
  /* RFC 6464 §4: an offer without the voice bit is answered without. */
  if (g_ascii_strcasecmp (extension.attributes, "vad=off") == 0)
    g_string_append (out, " vad=off");
  g_string_append (out, "\r\n");
}
