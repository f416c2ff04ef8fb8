/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What m-lines offer, in core's terms: formats, addresses, direction, SSRCs. Decides
 * nothing about what is accepted beyond the transport: that is for the media's plugin.
 */
#include "plugins/sip/sdp/sdp-read.h"
#include <string.h>

#define MAX_ENCODING 32
#define MAX_FMTP 1024
#define MAX_CNAME 255

/* The attributes of one m-line that belong to a payload type. */
typedef struct {
  const char *rtpmap[128];
  const char *fmtp[128];
} PtTable;

const char *
sip_sdp_get_value (const char *attribute, const char *name)
{
  gsize len = strlen (name);

  return strncmp (attribute, name, len) == 0 && attribute[len] == ':' ? attribute + len + 1 : NULL;
}

gboolean
sip_sdp_take_number (const char *text, guint64 max, const char *stops, guint64 *out,
                     const char **rest)
{
  char *end;

  if (!g_ascii_isdigit (*text))
    return FALSE;
  *out = g_ascii_strtoull (text, &end, 10);
  if (*out > max || (*end && strchr (stops, *end) == NULL))
    return FALSE;
  *rest = *end ? end + 1 : end;
  return TRUE;
}

static void
note_pt (const char **table, const char *value)
{
  guint64 pt;
  const char *rest;

  if (value && sip_sdp_take_number (value, 127, " ", &pt, &rest) && table[pt] == NULL)
    table[pt] = rest + strspn (rest, " ");
}

/* ENCODING/RATE[/CHANNELS] */
static RflFormat *
format_from_rtpmap (guint8 pt, const char *rtpmap, const char *fmtp)
{
  gsize len = strcspn (rtpmap, "/ ");
  g_autofree char *encoding = NULL;
  guint64 rate, channels = 1;
  const char *rest;

  if (len == 0 || len > MAX_ENCODING || rtpmap[len] != '/'
      || !sip_sdp_take_number (rtpmap + len + 1, 10000000, "/ ", &rate, &rest) || rate == 0)
    return NULL;
  if (rest[-1] == '/' && (!sip_sdp_take_number (rest, 255, " ", &channels, &rest) || channels == 0))
    return NULL;
  encoding = g_strndup (rtpmap, len);
  return rfl_format_new (pt, encoding, rate, channels, fmtp);
}

static RflFormat *
make_format (guint8 pt, const PtTable *table)
{
  const char *fmtp = table->fmtp[pt];
  g_autoptr (RflFormat) fixed = NULL;

  /* Others are told of it, over links too, which speak UTF-8. */
  if (fmtp && (*fmtp == '\0' || strlen (fmtp) > MAX_FMTP || !g_utf8_validate (fmtp, -1, NULL)))
    fmtp = NULL;
  if (table->rtpmap[pt])
    return format_from_rtpmap (pt, table->rtpmap[pt], fmtp);
  fixed = rfl_format_from_static (pt);
  if (fixed == NULL || fmtp == NULL)
    return g_steal_pointer (&fixed);
  return rfl_format_new (pt, fixed->encoding, fixed->clock_rate, fixed->channels, fmtp);
}

static void
add_formats (RflMediumDesc *desc, const SipSdpMedia *media, const PtTable *table)
{
  gboolean seen[128] = { FALSE };

  for (guint i = 0; i < media->formats->len; i++)
    {
      guint64 pt;
      const char *rest;
      RflFormat *format;

      if (!sip_sdp_take_number (media->formats->pdata[i], 127, "", &pt, &rest) || seen[pt])
        continue;
      seen[pt] = TRUE;
      format = make_format (pt, table);
      if (format)
        g_ptr_array_add (desc->formats, format);
    }
}

/* a=rtcp:PORT [IN IP4 ADDRESS] (RFC 3605) */
static void
set_rtcp (RflMediumDesc *desc, const char *value)
{
  guint64 port;
  const char *rest;
  g_auto (GStrv) words = NULL;
  RflAddress address;

  if (!sip_sdp_take_number (value, G_MAXUINT16, " ", &port, &rest) || port == 0)
    return;
  words = g_strsplit (rest, " ", 4);
  if (words[0] && words[1] && words[2] && !strchr (words[2], '%')
      && rfl_address_parse (&address, words[2], 0) && !rfl_address_is_any (&address))
    desc->rtcp = address;
  if (desc->rtcp.family != 0)
    desc->rtcp.port = port;
}

/* a=ssrc:N cname:TEXT (RFC 5576); the same SSRC may have several lines. */
static void
add_ssrc (RflMediumDesc *desc, const char *value)
{
  guint64 number;
  guint32 ssrc;
  const char *rest, *cname;

  if (!sip_sdp_take_number (value, G_MAXUINT32, " ", &number, &rest) || number == 0)
    return;
  ssrc = number;
  cname = sip_sdp_get_value (rest, "cname");
  if (cname && *cname && desc->cname == NULL && strlen (cname) <= MAX_CNAME
      && g_utf8_validate (cname, -1, NULL))
    desc->cname = g_strdup (cname);
  for (guint i = 0; i < desc->ssrcs->len; i++)
    if (g_array_index (desc->ssrcs, guint32, i) == ssrc)
      return;
  if (desc->ssrcs->len < SIP_SDP_MAX_SSRCS)
    g_array_append_val (desc->ssrcs, ssrc);
}

static void
set_addresses (RflMediumDesc *desc, const SipSdpMedia *media)
{
  if (media->address.family == 0)
    return;
  desc->rtp = desc->rtcp = media->address;
  desc->rtp.port = media->port;
  desc->rtcp.port = media->port == G_MAXUINT16 ? 0 : media->port + 1;
}

static void
read_attributes (RflMediumDesc *desc, const SipSdpMedia *media, PtTable *table)
{
  for (guint i = 0; i < media->attributes->len; i++)
    {
      const char *attribute = media->attributes->pdata[i], *value;

      note_pt (table->rtpmap, sip_sdp_get_value (attribute, "rtpmap"));
      note_pt (table->fmtp, sip_sdp_get_value (attribute, "fmtp"));
      if ((value = sip_sdp_get_value (attribute, "rtcp")))
        set_rtcp (desc, value);
      if ((value = sip_sdp_get_value (attribute, "ssrc")))
        add_ssrc (desc, value);
      desc->rtcp_mux |= strcmp (attribute, "rtcp-mux") == 0;
      desc->rtcp_rsize |= strcmp (attribute, "rtcp-rsize") == 0;
    }
}

/* Kinds are interned, so a peer must not invent them. */
static const char *
known_kind (const char *kind)
{
  static const char *const kinds[] = {
    "audio", "video", "text", "application", "message", "image"
  };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (strcmp (kind, kinds[i]) == 0)
      return kinds[i];
  return "other";
}

/* An address with port 0 is how media plugins are told (RFC 3264 §5.1). */
static void
disable (RflMediumDesc *desc, const SipSdpMedia *media, const RflAddress *local)
{
  desc->direction = RFL_DIRECTION_NONE;
  desc->rtp = media->address.family != 0 ? media->address : *local;
  desc->rtp.port = 0;
  desc->rtcp = desc->rtp;
}

static RflLegMode
mode_of (const RflMediumDesc *desc, SipModes modes)
{
  if (strcmp (desc->kind, "audio") == 0)
    return modes.audio;
  return strcmp (desc->kind, "video") == 0 ? modes.video : RFL_LEG_ALL;
}

static RflMediumDesc *
to_offer (const SipSdp *sdp, const SipSdpMedia *media, SipModes modes, const RflAddress *local)
{
  RflMediumDesc *desc = rfl_medium_desc_new (known_kind (media->kind));
  PtTable table = { 0 };

  desc->mode = mode_of (desc, modes);
  desc->local = *local;
  if (!sip_sdp_media_is_usable (media))
    {
      disable (desc, media, local);
      return desc;
    }
  desc->ice = sip_sdp_read_ice (sdp, media);
  desc->direction = media->held && !(desc->ice && sip_sdp_ice_names_none (media))
                        ? media->direction & RFL_DIRECTION_SEND
                        : media->direction;
  set_addresses (desc, media);
  read_attributes (desc, media, &table);
  sip_sdp_read_limits (desc, sdp, media);
  sip_sdp_read_audio_level (desc, sdp, media);
  add_formats (desc, media, &table);
  return desc;
}

gboolean
sip_sdp_media_is_usable (const SipSdpMedia *media)
{
  return media->port != 0
         && (strcmp (media->proto, "RTP/AVP") == 0 || strcmp (media->proto, "RTP/AVPF") == 0);
}

gboolean
sip_sdp_is_usable (const SipSdp *sdp)
{
  for (guint i = 0; i < sdp->media->len; i++)
    if (sip_sdp_media_is_usable (sdp->media->pdata[i]))
      return TRUE;
  return FALSE;
}

static void
free_desc (gpointer desc)
{
  rfl_medium_desc_free (desc);
}

GPtrArray *
sip_sdp_to_offers (const SipSdp *sdp, SipModes modes, const RflAddress *local)
{
  GPtrArray *offers = g_ptr_array_new_with_free_func (free_desc);

  for (guint i = 0; i < sdp->media->len; i++)
    g_ptr_array_add (offers, to_offer (sdp, sdp->media->pdata[i], modes, local));
  return offers;
}
