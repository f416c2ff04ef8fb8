/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NAL units of H.264 (RFC 6184 §5): single ones, STAP-A and FU-A. The interleaved mode's packets
 * are none of ours. Not for slice headers beyond their first bit.
 */
#include "core/wire/bytes.h"
#include "core/wire/video.h"

#define IDR 5
#define SPS 7
#define STAP_A 24
#define FU_A 28
#define FU_START 0x80
#define TYPE 0x1f

/* @len octets of a NAL unit behind its header, from its beginning if @first. A slice begins with
 * first_mb_in_slice, of which 0 is one bit that is set (ITU-T H.264 §7.3.3). */
static void
note_unit (guint8 header, const guint8 *p, gsize len, gboolean first, WireVideo *out)
{
  guint type = header & TYPE;

  if (type == SPS)
    out->begins = TRUE;
  if (type < 1 || type > IDR)
    return;
  if (!out->slice)
    out->discardable = TRUE;
  out->slice = TRUE;
  if (header & 0x60)
    out->discardable = FALSE;
  if (type == IDR && first && len > 0 && (p[0] & 0x80))
    out->key = TRUE;
}

static gboolean
read_aggregate (const guint8 *p, gsize len, WireVideo *out)
{
  if (len == 0)
    return FALSE;
  while (len > 0)
    {
      gsize size = len < 2 ? 0 : wire_get16 (p);

      if (size == 0 || size > len - 2)
        return FALSE;
      note_unit (p[2], p + 3, size - 1, TRUE, out);
      p += 2 + size;
      len -= 2 + size;
    }
  return TRUE;
}

gboolean
wire_h264_read (const guint8 *payload, gsize len, WireVideo *out)
{
  guint type;

  if (len < 2)
    return FALSE;
  type = payload[0] & TYPE;
  if (type == STAP_A)
    return read_aggregate (payload + 1, len - 1, out);
  if (type == FU_A && len > 2)
    {
      guint8 header = (payload[0] & 0xe0) | (payload[1] & TYPE);
      note_unit (header, payload + 2, len - 2, (payload[1] & FU_START) != 0, out);
      return TRUE;
    }
  if (type == 0 || type >= STAP_A)
    return FALSE;
  note_unit (payload[0], payload + 1, len - 1, TRUE, out);
  return TRUE;
}
