/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NAL units of H.265 (RFC 7798 §4.4): single ones, aggregation packets and fragments, without
 * DONL fields. A CRA counts as a keyframe: encoders of calls have no leading pictures. Not for
 * slice headers beyond their first bit.
 */
#include "core/wire/bytes.h"
#include "core/wire/video.h"

#define LAST_SLICE 31
#define LAST_NON_IRAP 15
#define FIRST_IRAP 16
#define LAST_IRAP 21
#define VPS 32
#define SPS 33
#define AP 48
#define FU 49
#define FU_START 0x80

static inline guint
unit_type (const guint8 *p)
{
  return p[0] >> 1 & 0x3f;
}

static gboolean
read_tid (const guint8 *p, WireVideo *out)
{
  guint8 tid = p[1] & 7;

  if (tid == 0) /* ITU-T H.265 §7.4.2.2 */
    return FALSE;
  out->tid = tid - 1;
  return TRUE;
}

/* TSA and STSA pictures (types 2 to 5) begin a layer anew; even types up to 14 are not referred to
 * by their own layer (§7.4.2.2, table 7-1), but may be by upper ones. */
static void
note_unit (guint type, const guint8 *p, gsize len, gboolean first, WireVideo *out)
{
  if (type == VPS || type == SPS)
    out->begins = TRUE;
  if (type > LAST_SLICE)
    return;
  if (!out->slice)
    out->discardable = TRUE;
  out->slice = TRUE;
  out->sync |= type >= 2 && type <= 5;
  if (type > LAST_NON_IRAP || type % 2 == 1 || out->tid)
    out->discardable = FALSE;
  if (type >= FIRST_IRAP && type <= LAST_IRAP && first && len > 0 && (p[0] & 0x80))
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

      if (size < 2 || size > len - 2)
        return FALSE;
      note_unit (unit_type (p + 2), p + 4, size - 2, TRUE, out);
      p += 2 + size;
      len -= 2 + size;
    }
  return TRUE;
}

gboolean
wire_h265_read (const guint8 *payload, gsize len, WireVideo *out)
{
  guint type;

  if (len < 3 || !read_tid (payload, out))
    return FALSE;
  type = unit_type (payload);
  if (type == AP)
    return read_aggregate (payload + 2, len - 2, out);
  if (type == FU && len > 3)
    {
      note_unit (payload[2] & 0x3f, payload + 3, len - 3, (payload[2] & FU_START) != 0, out);
      return TRUE;
    }
  if (type >= AP)
    return FALSE;
  note_unit (type, payload + 2, len - 2, TRUE, out);
  return TRUE;
}
