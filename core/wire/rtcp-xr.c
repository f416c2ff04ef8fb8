/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whom the blocks of an extended report are about (RFC 3611 §4). Not what they say.
 */
#include <reflector/rtcp.h>

#include "core/wire/bytes.h"

#define FIRST_BLOCK 8 /* after header and sender */
#define HEADER 4
#define DLRR_ENTRY 12

enum {
  XR_FIRST = 1,
  XR_RRTR = 4,
  XR_DLRR = 5,
  XR_VOIP = 7,
  XR_ECN = 13, /* RFC 6679; those after it (RFC 6776 and others) name their source first, too */
  XR_LAST = 34
};

/* Octets from one SSRC of the block to the next, 0: there is but one, at its beginning. */
static gboolean
has_ssrcs (guint8 type, gsize *stride)
{
  *stride = type == XR_DLRR ? DLRR_ENTRY : 0;
  return (type >= XR_FIRST && type <= XR_VOIP && type != XR_RRTR)
         || (type >= XR_ECN && type <= XR_LAST);
}

/* The first SSRC behind @after in the block at @at, whose contents are @len octets, or 0. */
static gsize
find_in_block (guint8 type, gsize at, gsize len, gsize after)
{
  gsize first = at + HEADER, stride, skipped;

  if (!has_ssrcs (type, &stride))
    return 0;
  if (first > after)
    return len >= (stride ? stride : 4) ? first : 0;
  if (stride == 0)
    return 0;
  skipped = (after - first) / stride + 1;
  return (skipped + 1) * stride <= len ? first + skipped * stride : 0;
}

gboolean
rfl_rtcp_next_xr_ssrc (const RflRtcp *rtcp, gsize *offset)
{
  gsize end = (gsize) (rtcp->body - rtcp->data) + rtcp->body_len, len;

  if (rtcp->type != RFL_RTCP_XR)
    return FALSE;
  for (gsize at = FIRST_BLOCK; at + HEADER <= end; at += HEADER + len)
    {
      gsize found;

      len = 4 * (gsize) wire_get16 (rtcp->data + at + 2);
      if (len > end - at - HEADER)
        return FALSE;
      if (at + HEADER + len <= *offset)
        continue;
      found = find_in_block (rtcp->data[at], at, len, *offset);
      if (found == 0)
        continue;
      *offset = found;
      return TRUE;
    }
  return FALSE;
}
