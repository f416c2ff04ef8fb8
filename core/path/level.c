/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Audio levels in packets that leave (RFC 6464): each receiver has agreed to a number of its own for them, or to
 * none. Does not read them: that is for taps.
 */
#include "core/path/worker.h"
#include <reflector/rtp.h>
#include <string.h>

#define ONE_OCTET 0xbede
#define MAX_SHORT 14

/* Number and length, then the octet itself (RFC 8285 §4.2), filled up to a word. */
static gsize
write_block (guint8 *out, guint8 number, guint8 level)
{
  const guint8 block[LEVEL_BLOCK] = {
    ONE_OCTET >> 8, ONE_OCTET & 0xff, 0, 1, (guint8) (number << 4), level
  };

  memcpy (out, block, sizeof block);
  return sizeof block;
}

void
level_rewrite (const WorkerSource *source, guint8 number, const RflBuffer *b, guint8 *head,
               ParcelPatch *out)
{
  gsize at = RFL_RTP_MIN_HEADER + 4 * (b->data[0] & 0x0f), len = 0;
  const guint8 *level = NULL;
  RflRtp rtp;

  *out = (ParcelPatch){ at, b->payload_at - at, head + PARCELS_HEAD, 0 };
  if (number <= MAX_SHORT && rfl_rtp_parse (&rtp, b->data, b->len))
    level = rfl_rtp_find_extension (&rtp, source->level, &len);
  if (level && len > 0)
    out->size = write_block (head + PARCELS_HEAD, number, level[0]);
  else
    head[0] &= ~RTP_EXTENSION_BIT;
}
