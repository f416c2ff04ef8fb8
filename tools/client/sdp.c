/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Offers and answers of a participant. Decides nothing about what is wanted. */
#include "config.h"

#include <string.h>

#include "tools/client/sdp.h"

const ClientFormat client_g711[] = { { 0, "PCMU/8000", NULL }, { 8, "PCMA/8000", NULL }, { 0 } };
const ClientMediumSpec client_quiet = { .kind = "audio", .formats = client_g711 };

/* ---- writing ---- */

static void
write_formats (GString *out, const ClientSdpLine *line)
{
  for (const ClientFormat *f = line->spec->formats; f->rtpmap != NULL; f++)
    if (line->only == NULL || line->only == f)
      {
        g_string_append_printf (out, "a=rtpmap:%u %s\r\n", f->pt, f->rtpmap);
        if (f->fmtp != NULL)
          g_string_append_printf (out, "a=fmtp:%u %s\r\n", f->pt, f->fmtp);
      }
}

static void
write_line (GString *out, const ClientSdpLine *line, const char *cname)
{
  const ClientMediumSpec *spec = line->spec;
  gboolean video = strcmp (spec->kind, "video") == 0;

  g_string_append_printf (out, "m=%s %u RTP/%s", spec->kind, line->port, video ? "AVPF" : "AVP");
  for (const ClientFormat *f = spec->formats; f->rtpmap != NULL; f++)
    if (line->only == NULL || line->only == f)
      g_string_append_printf (out, " %u", f->pt);
  g_string_append (out, "\r\n");
  if (line->port == 0)
    return;
  write_formats (out, line);
  g_string_append_printf (out, "a=%s\r\na=rtcp-mux\r\n",
                          spec->send ? (spec->receive ? "sendrecv" : "sendonly")
                                     : (spec->receive ? "recvonly" : "inactive"));
  if (video)
    g_string_append (out, "a=rtcp-fb:* nack pli\r\na=rtcp-fb:* ccm fir\r\n");
  if (!spec->foreign)
    g_string_append_printf (out, "a=ssrc:%u cname:%s\r\n", line->ssrc, cname);
}

char *
client_sdp_write (const RflAddress *local, const char *cname, guint version,
                  const ClientSdpLine *lines, guint n_lines)
{
  GString *out = g_string_new ("v=0\r\n");
  char ip[RFL_ADDRESS_STRLEN];
  int family = local->family == AF_INET6 ? 6 : 4;

  rfl_address_format_ip (local, ip);
  g_string_append_printf (out,
                          "o=- 1 %u IN IP%d %s\r\ns=reflector-client\r\nc=IN IP%d %s\r\nt=0 0\r\n",
                          version, family, ip, family, ip);
  for (guint i = 0; i < n_lines; i++)
    write_line (out, &lines[i], cname);
  return g_string_free (out, FALSE);
}

/* ---- reading ---- */

static gboolean
read_address (const char *value, RflAddress *out)
{
  g_auto (GStrv) words = g_strsplit (value, " ", 3);
  guint16 port = out->port;

  return g_strv_length (words) == 3 && strcmp (words[0], "IN") == 0
         && rfl_address_parse (out, words[2], 0) && (out->port = port, TRUE);
}

static gboolean
read_medium (const char *value, ClientSdpMedium *out)
{
  g_auto (GStrv) words = g_strsplit (value, " ", CLIENT_SDP_MAX_FORMATS + 3);
  guint64 port, pt;

  if (g_strv_length (words) < 4
      || g_strlcpy (out->kind, words[0], sizeof out->kind) >= sizeof out->kind
      || !g_ascii_string_to_unsigned (words[1], 10, 0, 65535, &port, NULL))
    return FALSE;
  out->address.port = (guint16) port;
  for (guint i = 3; words[i] != NULL; i++)
    if (out->n_pts < CLIENT_SDP_MAX_FORMATS
        && g_ascii_string_to_unsigned (words[i], 10, 0, 127, &pt, NULL))
      out->pts[out->n_pts++] = (guint8) pt;
  return TRUE;
}

/* @medium: %NULL before the first m-line */
static gboolean
read_line (const char *line, RflAddress *session, ClientSdpMedium *medium)
{
  if (g_str_has_prefix (line, "c="))
    return read_address (line + 2, medium ? &medium->address : session);
  if (medium != NULL && strcmp (line, "a=rtcp-mux") == 0)
    medium->mux = TRUE;
  return TRUE;
}

int
client_sdp_read (const char *sdp, ClientSdpMedium *out)
{
  g_auto (GStrv) lines = g_strsplit (sdp, "\n", -1);
  RflAddress session = { 0 };
  int n = 0;

  memset (out, 0, CLIENT_SDP_MAX_LINES * sizeof *out);
  if (lines[0] == NULL || strcmp (g_strchomp (lines[0]), "v=0") != 0)
    return -1;
  for (guint i = 1; lines[i] != NULL; i++)
    {
      g_strchomp (lines[i]);
      if (g_str_has_prefix (lines[i], "m="))
        {
          if (n == CLIENT_SDP_MAX_LINES)
            return n;
          if (!read_medium (lines[i] + 2, &out[n]))
            return -1;
          session.port = out[n].address.port;
          out[n++].address = session;
        }
      else if (!read_line (lines[i], &session, n > 0 ? &out[n - 1] : NULL))
        return -1;
    }
  return n;
}
