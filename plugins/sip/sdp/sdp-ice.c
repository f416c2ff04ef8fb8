/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ICE in offers and answers (RFC 8839). Does not decide whether it is used, nor makes credentials: the answers
 * have them.
 */
#include "plugins/sip/sdp/sdp-lines.h"
#include "plugins/sip/sdp/sdp-read.h"

#include <reflector/ice.h>
#include <string.h>

#define DISCARD_PORT 9
/* foundation, component, transport, priority, address, port, "typ", type */
#define CANDIDATE_WORDS 8

/* 1 to 256 of ice-char (RFC 8839 §5.4) */
static gboolean
is_secret (const char *value, gsize min)
{
  gsize len = strlen (value);

  for (const char *p = value; *p; p++)
    if (!g_ascii_isalnum (*p) && *p != '+' && *p != '/')
      return FALSE;
  return len >= min && len <= RFL_ICE_MAX_SECRET;
}

static const char *
find (const SipSdp *sdp, const SipSdpMedia *media, const char *name, gsize min)
{
  const GPtrArray *lists[] = { media->attributes, sdp->attributes };

  for (guint k = 0; k < G_N_ELEMENTS (lists); k++)
    for (guint i = 0; i < lists[k]->len; i++)
      {
        const char *value = sip_sdp_get_value (lists[k]->pdata[i], name);
        if (value)
          return is_secret (value, min) ? value : NULL;
      }
  return NULL;
}

static gboolean
has (const GPtrArray *attributes, const char *name)
{
  for (guint i = 0; i < attributes->len; i++)
    if (strcmp (attributes->pdata[i], name) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
has_option (const GPtrArray *attributes, const char *option)
{
  for (guint i = 0; i < attributes->len; i++)
    {
      const char *value = sip_sdp_get_value (attributes->pdata[i], "ice-options");
      g_auto (GStrv) words = value ? g_strsplit (value, " ", 16) : NULL;
      if (words && g_strv_contains ((const char *const *) words, option))
        return TRUE;
    }
  return FALSE;
}

/* Names (mDNS and others) and TCP are nothing that this side could look at. */
static gboolean
read_candidate (const char *value, RflIceCandidate *out)
{
  g_auto (GStrv) words = g_strsplit (value, " ", CANDIDATE_WORDS + 1);
  guint64 component, priority, port;
  const char *rest;

  if (g_strv_length (words) < CANDIDATE_WORDS || g_ascii_strcasecmp (words[2], "udp") != 0
      || !sip_sdp_take_number (words[1], 255, "", &component, &rest) || component == 0
      || !sip_sdp_take_number (words[3], G_MAXUINT32, "", &priority, &rest)
      || !sip_sdp_take_number (words[5], G_MAXUINT16, "", &port, &rest) || port == 0
      || strcmp (words[6], "typ") != 0 || strchr (words[4], '%')
      || !rfl_address_parse (&out->address, words[4], (guint16) port))
    return FALSE;
  out->component = (guint8) component;
  out->priority = (guint32) priority;
  return TRUE;
}

static void
read_candidates (const SipSdpMedia *media, RflIceDesc *desc)
{
  for (guint i = 0; i < media->attributes->len; i++)
    {
      const char *value = sip_sdp_get_value (media->attributes->pdata[i], "candidate");
      RflIceCandidate candidate;

      if (value && desc->candidates->len < RFL_ICE_MAX_CANDIDATES
          && read_candidate (value, &candidate))
        g_array_append_val (desc->candidates, candidate);
    }
}

RflIceDesc *
sip_sdp_read_ice (const SipSdp *sdp, const SipSdpMedia *media)
{
  const char *ufrag = find (sdp, media, "ice-ufrag", RFL_ICE_MIN_UFRAG);
  const char *pwd = find (sdp, media, "ice-pwd", RFL_ICE_MIN_PWD);
  RflIceDesc *desc;

  if (ufrag == NULL || pwd == NULL || has (media->attributes, "ice-mismatch"))
    return NULL;
  desc = rfl_ice_desc_new ();
  desc->ufrag = g_strdup (ufrag);
  desc->pwd = g_strdup (pwd);
  desc->lite = has (sdp->attributes, "ice-lite");
  desc->complete =
      has (media->attributes, "end-of-candidates") || has (sdp->attributes, "end-of-candidates")
      || !(has_option (media->attributes, "trickle") || has_option (sdp->attributes, "trickle"));
  read_candidates (media, desc);
  return desc;
}

gboolean
sip_sdp_ice_names_none (const SipSdpMedia *media)
{
  return media->held && media->port == DISCARD_PORT;
}

/* ---- writing ---- */

void
sip_sdp_write_ice (GString *out, const RflMediumDesc *desc)
{
  const RflIceDesc *ice = desc->answer_ice;
  char ip[RFL_ADDRESS_STRLEN];

  if (ice == NULL)
    return;
  if (ice->mismatch)
    {
      g_string_append (out, "a=ice-mismatch\r\n");
      return;
    }
  g_string_append_printf (out, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", ice->ufrag, ice->pwd);
  for (guint i = 0; i < ice->candidates->len; i++)
    {
      const RflIceCandidate *c = &g_array_index (ice->candidates, RflIceCandidate, i);
      g_string_append_printf (out, "a=candidate:1 %u UDP %u %s %u typ host\r\n", c->component,
                              c->priority, rfl_address_format_ip (&c->address, ip),
                              c->address.port);
    }
  g_string_append (out, "a=end-of-candidates\r\n");
}

void
sip_sdp_write_ice_session (GString *out, const GPtrArray *descs)
{
  for (guint i = 0; i < descs->len; i++)
    {
      const RflMediumDesc *desc = descs->pdata[i];

      if (!desc->accepted || !desc->answer_ice || desc->answer_ice->mismatch)
        continue;
      g_string_append (out, "a=ice-lite\r\na=ice-options:ice2\r\n");
      return;
    }
}
