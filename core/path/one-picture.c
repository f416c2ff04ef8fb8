/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The numbers that VP8 and VP9 count in their payload descriptors (RFC 7741 §4.2, RFC 9628 §4.2): picture
 * id, TL0PICIDX and KEYIDX go on over switches. Of VP8 picture ids of 7 bits become 15, so that one stream
 * never has both. Those of VP9 keep their distances, by which its frames name what they refer to. Not for
 * RTP's own numbers: one.c.
 */
#include "core/path/worker.h"
#include "core/wire/bytes.h"
#include <string.h>

#define LONG_ID 0x80
#define KEYIDX 0x1f

static guint16
read_id (const WireVideo *video, const guint8 *payload)
{
  const guint8 *p = payload + video->picture_at;
  return video->picture_bits == 15 ? wire_get16 (p) & 0x7fff : p[0] & 0x7f;
}

static void
begin (OnePictures *pictures, const WireVideo *video, const guint8 *payload)
{
  pictures->begun = TRUE;
  if (video->picture_at)
    numbers_begin (&pictures->id, video->picture_bits, read_id (video, payload),
                   (guint16) (pictures->id_out + 1));
  if (video->tl0_at)
    pictures->tl0_delta = (guint8) (pictures->tl0_out + 1 - payload[video->tl0_at]);
  if (video->key_at)
    pictures->key_delta = (guint8) (pictures->key_out + 1 - payload[video->key_at]);
}

/* A source of 7 bits counts on in 15: @out is what it has become in its own width. */
static guint16
widen (const OnePictures *pictures, guint8 bits, guint16 out)
{
  const Numbers width = { .bits = bits };

  return (guint16) ((pictures->id_out + numbers_diff (&width, out, pictures->id_out)) & 0x7fff);
}

static guint16
map_id (OnePictures *pictures, const WireVideo *video, const guint8 *payload)
{
  guint16 in = read_id (video, payload), out;

  if (pictures->id.bits != video->picture_bits)
    numbers_begin (&pictures->id, video->picture_bits, in, (guint16) (pictures->id_out + 1));
  if (!numbers_map (&pictures->id, in, &out))
    out = numbers_wrap (&pictures->id, (guint) in + pictures->id.delta);
  out = widen (pictures, video->picture_bits, out);
  if (in == pictures->id.high)
    pictures->id_out = out;
  return out;
}

/* Returns: the size of @patch, which may be one more than what it replaces */
static gsize
put_id (WireVideoCodec codec, const WireVideo *video, guint8 *patch, gsize size, guint16 id)
{
  guint8 *p = patch + video->picture_at;
  gsize behind = size - video->picture_at - (video->picture_bits == 15 ? 2 : 1);

  if (video->picture_bits == 7 && codec != WIRE_VIDEO_VP8)
    {
      p[0] = id & 0x7f;
      return size;
    }
  if (video->picture_bits == 7)
    {
      memmove (p + 2, p + 1, behind);
      size++;
    }
  wire_put16 (p, id | LONG_ID << 8);
  return size;
}

static void
put_layers (OnePictures *pictures, const WireVideo *video, guint8 *patch)
{
  if (video->tl0_at)
    {
      guint8 *p = &patch[video->tl0_at];
      *p = (guint8) (*p + pictures->tl0_delta);
      if ((gint8) (guint8) (*p - pictures->tl0_out) > 0)
        pictures->tl0_out = *p;
    }
  if (video->key_at)
    {
      guint8 *p = &patch[video->key_at];
      guint8 key = (*p + pictures->key_delta) & KEYIDX;
      *p = (*p & ~KEYIDX) | key;
      pictures->key_out = key;
    }
}

gsize
one_pictures_write (OnePictures *pictures, WireVideoCodec codec, const WireVideo *video,
                    const guint8 *payload, guint8 *patch, gsize *len)
{
  gsize picture_end = video->picture_at + (video->picture_bits == 15 ? 2 : 1);
  gsize size = video->picture_at ? picture_end : 0;

  if (video->tl0_at)
    size = MAX (size, video->tl0_at + 1u);
  if (video->key_at)
    size = MAX (size, video->key_at + 1u);
  *len = size;
  if (size == 0 || size >= ONE_PATCH_MAX)
    return 0;
  memcpy (patch, payload, size);
  if (!pictures->begun)
    begin (pictures, video, payload);
  put_layers (pictures, video, patch);
  if (video->picture_at)
    size = put_id (codec, video, patch, size, map_id (pictures, video, payload));
  return size;
}

void
one_pictures_leave_out (OnePictures *pictures, WireVideoCodec codec, const WireVideo *video,
                        const guint8 *payload)
{
  if (codec != WIRE_VIDEO_VP8 || !pictures->begun)
    return;
  if (video->picture_at && pictures->id.bits == video->picture_bits)
    numbers_leave_out (&pictures->id, read_id (video, payload));
  if (video->tl0_at && video->tid == 0)
    pictures->tl0_delta--;
  if (video->key_at && video->key)
    pictures->key_delta--;
}
