/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feeds the readers of video payloads, and the writer of picture numbers with what they read. The first
 * octet chooses the codec. */
#include "core/path/worker.h"

#include "tests/fuzz/fuzz.h"

static void
check_offsets (const WireVideo *video, gsize len)
{
  g_assert_cmpuint (video->picture_at + (video->picture_bits == 15), <, len);
  g_assert_cmpuint (video->tl0_at, <, len);
  g_assert_cmpuint (video->key_at, <, len);
  g_assert_true ((video->picture_at == 0) == (video->picture_bits == 0));
  g_assert_true (video->slice || !video->key);
  g_assert_cmpuint (video->tid, <, 8);
}

/* What was written is read as the same frame with numbers of its own. */
static void
check_written (WireVideoCodec codec, const WireVideo *video, const guint8 *payload, gsize len)
{
  OnePictures pictures = { .id_out = 0x7ffe, .tl0_out = 255, .key_out = 31 };
  guint8 patch[ONE_PATCH_MAX];
  g_autofree guint8 *out = NULL;
  gsize replaced, size;
  WireVideo again;

  size = one_pictures_write (&pictures, codec, video, payload, patch, &replaced);
  g_assert_cmpuint (size, <=, sizeof patch);
  if (size == 0)
    return;
  g_assert_cmpuint (replaced, <=, len);
  g_assert_cmpuint (size - replaced, <=, 1);
  out = g_malloc (len - replaced + size);
  memcpy (out, patch, size);
  memcpy (out + size, payload + replaced, len - replaced);
  g_assert_true (wire_video_read (codec, out, len - replaced + size, &again));
  g_assert_true (again.key == video->key && again.begins == video->begins && again.tid == video->tid
                 && again.sync == video->sync && again.discardable == video->discardable);
  if (codec == WIRE_VIDEO_VP8 && video->picture_at)
    g_assert_cmpuint (again.picture_bits, ==, 15);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  WireVideo video;
  WireVideoCodec codec;

  if (size == 0)
    return 0;
  codec = data[0] % 6;
  if (wire_video_read (codec, data + 1, size - 1, &video))
    {
      check_offsets (&video, size - 1);
      check_written (codec, &video, data + 1, size - 1);
    }
  else
    g_assert_true (!video.begins && !video.key && !video.slice && video.picture_at == 0);
  return 0;
}
