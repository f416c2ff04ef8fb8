/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The payload descriptor and header of VP8 (RFC 7741 §4.2, §4.3). Not for what is behind them. */
#include "core/wire/video.h"
#include <string.h>

#define X 0x80
#define N 0x20
#define S 0x10
#define PARTITION 0x07
#define I 0x80
#define L 0x40
#define T 0x20
#define K 0x10
#define M 0x80
/* RFC 6386 §9.1: three octets of frame tag, then this in keyframes */
static const guint8 start_code[] = { 0x9d, 0x01, 0x2a };

/* Returns: the descriptor's size, 0 if it is cut off. */
static gsize
read_extension (const guint8 *p, gsize len, WireVideo *out)
{
  gsize at = 2;
  guint8 bits;

  if (len < 2)
    return 0;
  bits = p[1];
  if (bits & I)
    {
      if (at >= len)
        return 0;
      out->picture_at = (guint8) at;
      out->picture_bits = p[at] & M ? 15 : 7;
      at += p[at] & M ? 2 : 1;
    }
  if (bits & L)
    out->tl0_at = (guint8) at++;
  if (bits & (T | K))
    {
      if (at >= len)
        return 0;
      out->tid = bits & T ? p[at] >> 6 : 0;
      out->sync = (bits & T) && (p[at] & 0x20);
      out->key_at = bits & K ? (guint8) at : 0;
      at++;
    }
  return at;
}

static gboolean
is_keyframe (const guint8 *frame, gsize len)
{
  return len >= 10 && (frame[0] & 1) == 0 && memcmp (frame + 3, start_code, sizeof start_code) == 0;
}

gboolean
wire_vp8_read (const guint8 *payload, gsize len, WireVideo *out)
{
  gsize at = 1;

  if (len == 0)
    return FALSE;
  if (payload[0] & X)
    at = read_extension (payload, len, out);
  if (at == 0 || at >= len)
    return FALSE;
  out->slice = TRUE;
  out->discardable = (payload[0] & N) != 0;
  if ((payload[0] & S) && (payload[0] & PARTITION) == 0)
    out->begins = out->key = is_keyframe (payload + at, len - at);
  return TRUE;
}
