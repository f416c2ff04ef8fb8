/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The payload descriptor of VP9 (RFC 9628 §4.2). Not for spatial layers: a frame is all of them. */
#include "core/wire/video.h"

#define I 0x80
#define P 0x40
#define L 0x20
#define F 0x10
#define B 0x08
#define V 0x02
#define M 0x80
#define MAX_REFERENCES 3

/* Each reads one part at *@at and moves it. Returns: %FALSE if it is cut off. */
static gboolean
read_picture_id (const guint8 *p, gsize len, gsize *at, WireVideo *out)
{
  if (*at >= len)
    return FALSE;
  out->picture_at = (guint8) *at;
  out->picture_bits = p[*at] & M ? 15 : 7;
  *at += p[*at] & M ? 2 : 1;
  return TRUE;
}

static gboolean
read_layers (const guint8 *p, gsize len, gsize *at, WireVideo *out, guint8 *spatial)
{
  if (*at >= len)
    return FALSE;
  out->tid = p[*at] >> 5;
  out->sync = (p[*at] & 0x10) != 0;
  *spatial = p[*at] >> 1 & 7;
  (*at)++;
  if (!(p[0] & F))
    out->tl0_at = (guint8) (*at)++;
  return *at <= len;
}

static gboolean
skip_references (const guint8 *p, gsize len, gsize *at)
{
  for (guint i = 0; i < MAX_REFERENCES; i++)
    {
      if (*at >= len)
        return FALSE;
      if ((p[(*at)++] & 1) == 0)
        return TRUE;
    }
  return FALSE;
}

static gboolean
skip_structure (const guint8 *p, gsize len, gsize *at)
{
  guint8 head, n_pictures;

  if (*at >= len)
    return FALSE;
  head = p[(*at)++];
  if (head & 0x10)
    *at += 4 * ((gsize) (head >> 5) + 1);
  if (!(head & 0x08))
    return *at <= len;
  if (*at >= len)
    return FALSE;
  n_pictures = p[(*at)++];
  for (guint i = 0; i < n_pictures; i++)
    {
      if (*at >= len)
        return FALSE;
      *at += 1 + (gsize) (p[*at] >> 2 & 3);
    }
  return *at <= len;
}

gboolean
wire_vp9_read (const guint8 *payload, gsize len, WireVideo *out)
{
  guint8 bits, spatial = 0;
  gsize at = 1;

  if (len == 0)
    return FALSE;
  bits = payload[0];
  if (((bits & I) && !read_picture_id (payload, len, &at, out))
      || ((bits & L) && !read_layers (payload, len, &at, out, &spatial))
      || ((bits & F) && (bits & P) && !skip_references (payload, len, &at))
      || ((bits & V) && !skip_structure (payload, len, &at)) || at >= len)
    return FALSE;
  out->slice = TRUE;
  out->begins = out->key = !(bits & P) && (bits & B) && spatial == 0;
  return TRUE;
}
