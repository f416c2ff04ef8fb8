/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames on the sharer's connection (doc/share-protocol.md, "Frames"): heads, and a stream cut into them without
 * keeping what may be long. Not for credit: who counts it is at the ends.
 */
#include <reflector/share.h>

#include "core/wire/bytes.h"
#include <string.h>

void
rfl_share_frame_write (const RflShareFrame *frame, guint8 out[RFL_SHARE_FRAME_HEAD])
{
  out[0] = frame->type;
  out[1] = frame->flags;
  wire_put16 (out + 2, frame->len);
  wire_put32 (out + 4, frame->channel);
}

void
rfl_share_frame_read (RflShareFrame *out, const guint8 head[RFL_SHARE_FRAME_HEAD])
{
  out->type = head[0];
  out->flags = head[1];
  out->len = wire_get16 (head + 2);
  out->channel = wire_get32 (head + 4);
}

static gboolean
is_long (const RflShareFrame *frame)
{
  return frame->type == RFL_SHARE_FRAME_DATA || frame->type == RFL_SHARE_FRAME_HEADER;
}

static gboolean
is_known (const RflShareFrame *frame)
{
  return frame->type >= RFL_SHARE_FRAME_OPEN && frame->type <= RFL_SHARE_FRAME_HEADER;
}

static gboolean
has_number (const RflShareFrame *frame)
{
  return frame->type == RFL_SHARE_FRAME_OPEN || frame->type == RFL_SHARE_FRAME_CREDIT;
}

static RflShareRead
bad (GError **error, const RflShareFrame *frame)
{
  g_set_error (error, RFL_ERROR, RFL_ERROR_MALFORMED, "a frame of type %u with %u octets",
               frame->type, frame->len);
  return RFL_SHARE_READ_BAD;
}

static gsize
take (guint8 *to, guint *have, gsize want, const guint8 **data, gsize *len)
{
  gsize n = MIN (want - *have, *len);

  memcpy (to + *have, *data, n);
  *have += (guint) n;
  *data += n;
  *len -= n;
  return want - *have;
}

static gboolean
fits (const RflShareFrame *frame)
{
  if (is_long (frame) || !is_known (frame))
    return TRUE;
  if (has_number (frame))
    return frame->len >= 4 && frame->len <= RFL_SHARE_MAX_SMALL;
  return frame->len <= RFL_SHARE_MAX_SMALL;
}

/* The next frame begins. */
static void
reset (RflShareReader *reader)
{
  reader->have = 0;
  reader->done = 0;
}

static RflShareRead
read_long (RflShareReader *reader, const guint8 **data, gsize *len, RflSharePiece *out)
{
  gsize n = MIN ((gsize) reader->frame.len - reader->done, *len);

  if (n == 0 && reader->frame.len > 0)
    return RFL_SHARE_READ_MORE;
  *out = (RflSharePiece){ .frame = reader->frame,
                          .payload = *data,
                          .len = n,
                          .first = reader->done == 0,
                          .last = reader->done + n == reader->frame.len };
  reader->done += (guint) n;
  *data += n;
  *len -= n;
  if (out->last)
    reset (reader);
  return RFL_SHARE_READ_PIECE;
}

static RflShareRead
read_small (RflShareReader *reader, const guint8 **data, gsize *len, RflSharePiece *out)
{
  if (take (reader->small, &reader->done, reader->frame.len, data, len) > 0)
    return RFL_SHARE_READ_MORE;
  *out = (RflSharePiece){ .frame = reader->frame,
                          .payload = reader->small,
                          .len = reader->frame.len,
                          .first = TRUE,
                          .last = TRUE };
  if (has_number (&reader->frame))
    out->number = wire_get32 (reader->small);
  reset (reader);
  return RFL_SHARE_READ_PIECE;
}

RflShareRead
rfl_share_reader_next (RflShareReader *reader, const guint8 **data, gsize *len, RflSharePiece *out,
                       GError **error)
{
  for (;;)
    {
      if (reader->have < RFL_SHARE_FRAME_HEAD)
        {
          if (take (reader->head, &reader->have, RFL_SHARE_FRAME_HEAD, data, len) > 0)
            return RFL_SHARE_READ_MORE;
          rfl_share_frame_read (&reader->frame, reader->head);
        }
      if (!fits (&reader->frame))
        return bad (error, &reader->frame);
      if (is_long (&reader->frame))
        return read_long (reader, data, len, out);
      if (is_known (&reader->frame))
        return read_small (reader, data, len, out);
      if (read_long (reader, data, len, out) == RFL_SHARE_READ_MORE)
        return RFL_SHARE_READ_MORE;
    }
}
