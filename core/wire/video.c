/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which reader of video payloads serves which codec. Reads nothing itself. */
#include "core/wire/video.h"

static const struct {
  const char *encoding;
  WireVideoCodec codec;
} names[] = {
  { "VP8", WIRE_VIDEO_VP8 },
  { "VP9", WIRE_VIDEO_VP9 },
  { "H264", WIRE_VIDEO_H264 },
  { "H265", WIRE_VIDEO_H265 },
};

static gboolean (*const readers[]) (const guint8 *payload, gsize len, WireVideo *out) = {
  [WIRE_VIDEO_NONE] = NULL,           [WIRE_VIDEO_VP8] = wire_vp8_read,
  [WIRE_VIDEO_VP9] = wire_vp9_read,   [WIRE_VIDEO_H264] = wire_h264_read,
  [WIRE_VIDEO_H265] = wire_h265_read,
};

WireVideoCodec
wire_video_find (const char *encoding)
{
  for (guint i = 0; encoding && i < G_N_ELEMENTS (names); i++)
    if (g_ascii_strcasecmp (names[i].encoding, encoding) == 0)
      return names[i].codec;
  return WIRE_VIDEO_NONE;
}

gboolean
wire_video_read (WireVideoCodec codec, const guint8 *payload, gsize len, WireVideo *out)
{
  *out = (WireVideo){ 0 };
  if (codec >= G_N_ELEMENTS (readers) || readers[codec] == NULL)
    return FALSE;
  if (readers[codec](payload, len, out))
    return TRUE;
  *out = (WireVideo){ 0 };
  return FALSE;
}
