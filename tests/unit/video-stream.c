/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes and plays synthetic video. Tests nothing itself. */
#include "tests/unit/video-stream.h"
#include <string.h>

#define TAG 8
#define BODY 100

/* name, frame, index, packets; what it depends on: nothing (key), the frame just before it (2), and the
 * frame of the lowest layer with this number (upper bits); tid, 0xa5 */
static void
put_tag (const Stream *s, guint8 *p, guint index, guint n, gboolean key, guint8 tid)
{
  guint8 needs = (guint8) ((s->base & 0x3f) << 2 | (s->chained ? 2 : 0) | key);
  const guint8 tag[TAG] = {
    s->name, (guint8) (s->frame >> 8), (guint8) s->frame, (guint8) index, (guint8) n, needs, tid,
    0xa5
  };
  memcpy (p, tag, TAG);
}

static gsize
put (guint8 *p, const guint8 *data, gsize len)
{
  memcpy (p, data, len);
  return len;
}

static gsize
head_vp8 (const Stream *s, guint8 *p, gboolean first, gboolean key, guint8 tid)
{
  static const guint8 keyframe[] = { 0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 1, 0xf0, 0 };
  static const guint8 other[] = { 0x11, 0, 0 };
  gsize n = 0;

  p[n++] = (guint8) (0x80 | (first ? 0x10 : 0) | (tid == 2 ? 0x20 : 0));
  p[n++] = 0xf0;
  if (s->short_id)
    p[n++] = s->picture & 0x7f;
  else
    {
      p[n++] = (guint8) (0x80 | (s->picture >> 8 & 0x7f));
      p[n++] = (guint8) s->picture;
    }
  p[n++] = s->tl0;
  p[n++] = (guint8) (tid << 6 | (tid && !s->chained ? 0x20 : 0) | (s->key_index & 0x1f));
  if (first)
    n += key ? put (p + n, keyframe, sizeof keyframe) : put (p + n, other, sizeof other);
  return n;
}

static gsize
head_vp9 (const Stream *s, guint8 *p, gboolean first, gboolean key, guint8 tid)
{
  gsize n = 0;

  p[n++] = (guint8) (0xa0 | (key ? 0 : 0x40) | (first ? 0x08 : 0));
  p[n++] = (guint8) (0x80 | (s->picture >> 8 & 0x7f));
  p[n++] = (guint8) s->picture;
  p[n++] = (guint8) (tid << 5 | (tid && !s->chained ? 0x10 : 0));
  p[n++] = s->tl0;
  return n;
}

static gsize
head_h264 (const Stream *s, guint8 *p, guint i, gboolean key, guint8 tid)
{
  guint8 type = key ? 5 : 1, nri = tid ? 0 : 0x60;

  (void) i;
  if (s->slices == 1)
    {
      p[0] = nri | type;
      p[1] = 0x88;
      return 2;
    }
  p[0] = nri | 28;
  p[1] = (guint8) ((i == 0 ? 0x80 : i == s->slices - 1 ? 0x40 : 0) | type);
  p[2] = i == 0 ? 0x88 : 0x11;
  return 3;
}

static gsize
head_h265 (const Stream *s, guint8 *p, guint i, gboolean key, guint8 tid)
{
  guint8 type = key ? 19 : tid ? 2 : 1;

  p[1] = tid + 1;
  if (s->slices == 1)
    {
      p[0] = (guint8) (type << 1);
      p[2] = 0x80;
      return 3;
    }
  p[0] = 49 << 1;
  p[2] = (guint8) ((i == 0 ? 0x80 : i == s->slices - 1 ? 0x40 : 0) | type);
  p[3] = i == 0 ? 0x80 : 0x11;
  return 4;
}

/* Parameter sets before a keyframe. Returns: how many packets; @p: of the @index-th, @len: (out) */
static guint
put_parameters (const Stream *s, guint index, guint8 *p, gsize *len)
{
  static const guint8 sps[] = { 0x67, 0x42, 0, 0x1f }, pps[] = { 0x68, 0xce, 0x3c };
  static const guint8 both[] = { 0x78, 0, 4, 0x67, 0x42, 0, 0x1f, 0, 3, 0x68, 0xce, 0x3c };
  static const guint8 vps5[] = { 0x40, 1, 0x0c }, sps5[] = { 0x42, 1, 1 }, pps5[] = { 0x44, 1, 9 };
  static const guint8 all5[] = { 0x60, 1, 0, 3, 0x40, 1, 0x0c, 0, 3, 0x42, 1, 1, 0, 3, 0x44, 1, 9 };
  gboolean new = s->codec == WIRE_VIDEO_H265;

  if (s->bare || (s->codec != WIRE_VIDEO_H264 && !new))
    return 0;
  if (s->aggregate)
    *len = new ? put (p, all5, sizeof all5) : put (p, both, sizeof both);
  else if (new)
    *len = put (p, index == 0 ? vps5 : index == 1 ? sps5 : pps5, sizeof vps5);
  else
    *len = index == 0 ? put (p, sps, sizeof sps) : put (p, pps, sizeof pps);
  return s->aggregate ? 1 : new ? 3 : 2;
}

static gsize
put_head (const Stream *s, guint8 *p, guint i, gboolean key, guint8 tid)
{
  switch (s->codec)
    {
    case WIRE_VIDEO_VP8:
      return head_vp8 (s, p, i == 0, key, tid);
    case WIRE_VIDEO_VP9:
      return head_vp9 (s, p, i == 0, key, tid);
    case WIRE_VIDEO_H264:
      return head_h264 (s, p, i, key, tid);
    default:
      return head_h265 (s, p, i, key, tid);
    }
}

/* What fills an aggregation packet up must be a NAL unit, too: so the tag is one. */
static void
finish (const Stream *s, TestRtp *out, gsize n, guint index, guint total, gboolean key, guint8 tid,
        gboolean aggregate)
{
  guint8 *p = out->data + 12;

  if (aggregate)
    {
      p[n++] = 0;
      p[n++] = TAG + 2;
      p[n++] = s->codec == WIRE_VIDEO_H264 ? 12 : 38 << 1;
      p[n++] = 1;
    }
  else
    for (guint i = 0; i < BODY; i++)
      p[n++] = (guint8) (s->frame + index + i);
  put_tag (s, p + n, index, total, key, tid);
  out->len = 12 + n + TAG;
}

static void
make_packet (Stream *s, TestRtp *out, guint index, guint n_sets, gboolean key, guint8 tid)
{
  RflRtp rtp = { .pt = 96, .seq = s->seq++, .timestamp = s->timestamp, .ssrc = s->ssrc };
  guint total = n_sets + s->slices;
  gsize n = 0;

  rtp.marker = index == total - 1;
  rfl_rtp_write (&rtp, out->data, sizeof out->data);
  if (index < n_sets)
    put_parameters (s, index, out->data + 12, &n);
  else
    n = put_head (s, out->data + 12, index - n_sets, key, tid);
  finish (s, out, n, index, total, key, tid, index < n_sets && s->aggregate);
}

void
stream_make (Stream *s, gboolean key, guint8 tid, StreamFrame *out)
{
  guint8 scratch[64];
  gsize len;
  guint n_sets = key ? put_parameters (s, 0, scratch, &len) : 0;

  s->frame++;
  s->picture++;
  s->timestamp += 3000;
  s->chained = tid == 2 && s->last_tid == 1 && s->codec != WIRE_VIDEO_H264;
  s->last_tid = tid;
  s->base += tid == 0;
  s->tl0 += tid == 0;
  s->key_index += key;
  out->n = n_sets + s->slices;
  for (guint i = 0; i < out->n; i++)
    make_packet (s, &out->packets[i], i, n_sets, key, tid);
}

/* ---- viewer ---- */

static void
check_pictures (Viewer *v, const RflRtp *rtp, gboolean new_frame, guint8 tid)
{
  WireVideo video;
  const guint8 *p = rtp->payload;
  guint16 picture;

  if (v->codec != WIRE_VIDEO_VP8 && v->codec != WIRE_VIDEO_VP9)
    return;
  g_assert_true (wire_video_read (v->codec, p, rtp->payload_len, &video));
  g_assert_cmpuint (video.picture_bits, ==, 15);
  picture = (guint16) ((p[video.picture_at] << 8 | p[video.picture_at + 1]) & 0x7fff);
  if (v->has_picture && v->codec == WIRE_VIDEO_VP8)
    g_assert_cmpuint (picture, ==, (v->picture + (new_frame ? 1 : 0)) & 0x7fff);
  if (v->has_picture && (v->codec == WIRE_VIDEO_VP8 || !video.key))
    g_assert_cmpuint (p[video.tl0_at], ==, (guint8) (v->tl0 + (new_frame && tid == 0)));
  if (video.key_at && v->has_picture)
    g_assert_cmpuint (p[video.key_at] & 0x1f, ==, (v->key_index + (new_frame && video.key)) & 0x1f);
  v->key_index = video.key_at ? p[video.key_at] & 0x1f : 0;
  v->picture = picture;
  v->tl0 = p[video.tl0_at];
  v->has_picture = TRUE;
}

static void
begin_frame (Viewer *v, const guint8 *tag)
{
  gboolean key = tag[5] & 1;
  guint8 base = tag[5] >> 2, tid = tag[6];
  guint16 frame = (guint16) (tag[1] << 8 | tag[2]);

  if (v->open)
    v->broken++;
  if (v->n_frames && !key)
    {
      if (((base - v->base) & 0x3f) != (tid == 0) || (tag[5] & 2 && frame != v->frame + 1))
        v->broken++;
    }
  v->base = base;
  v->n_layer[tid]++;
  v->switches += v->n_frames > 0 && v->name != tag[0];
  v->decodable = key || (v->decodable && v->name == tag[0]);
  v->broken += !v->decodable || tag[3] != 0;
  v->name = tag[0];
  v->frame = frame;
  v->index = tag[3];
  v->n_frames++;
  v->n_keys += key;
}

static void
play (Viewer *v, const RflRtp *rtp)
{
  const guint8 *tag = rtp->payload + rtp->payload_len - TAG;
  gboolean new_frame;

  g_assert_cmpuint (tag[7], ==, 0xa5);
  if (v->started)
    {
      g_assert_cmpuint (rtp->ssrc, ==, v->ssrc);
      v->gaps += (guint16) (rtp->seq - v->seq - 1);
      g_assert_cmpint ((gint32) (rtp->timestamp - v->timestamp), >=, 0);
    }
  new_frame = !v->started || rtp->timestamp != v->timestamp;
  if (new_frame)
    begin_frame (v, tag);
  else
    v->broken += tag[0] != v->name || tag[3] != (guint8) (v->index + 1);
  check_pictures (v, rtp, new_frame, tag[6]);
  v->index = tag[3];
  v->started = TRUE;
  v->open = !rtp->marker;
  v->ssrc = rtp->ssrc;
  v->seq = rtp->seq;
  v->timestamp = rtp->timestamp;
  v->n_packets_seen++;
  v->octets += rtp->header_len + rtp->payload_len;
}

guint
viewer_take (Viewer *v, GPtrArray *sent, const char *to)
{
  RflRtp rtp[256];
  guint n = sent_to (sent, to, rtp, G_N_ELEMENTS (rtp));

  g_assert_cmpuint (n, <=, G_N_ELEMENTS (rtp));
  for (guint i = 0; i < n; i++)
    play (v, &rtp[i]);
  return n;
}
