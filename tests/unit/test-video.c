/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What packets of video say of their frames: core/wire/video*.c. */
#include "core/wire/video.h"

typedef struct {
  const char *name;
  WireVideoCodec codec;
  guint8 data[32];
  gsize len;
  const char *expected; /* begins, Key, slice, Discardable, sYnc; tid; none at all: refused */
} Case;

#define KEY8 0x10, 0, 0, 0x9d, 1, 0x2a, 0x40, 1, 0xf0, 0

static const Case cases[] = {
  /* refused first */
  { "vp8-empty", WIRE_VIDEO_VP8, { 0 }, 0, NULL },
  { "vp8-descriptor-only", WIRE_VIDEO_VP8, { 0x10 }, 1, NULL },
  { "vp8-no-extension", WIRE_VIDEO_VP8, { 0x80 }, 1, NULL },
  { "vp8-no-id", WIRE_VIDEO_VP8, { 0x80, 0x80 }, 2, NULL },
  { "vp8-half-id", WIRE_VIDEO_VP8, { 0x80, 0x80, 0x81 }, 3, NULL },
  { "vp8-no-tl0", WIRE_VIDEO_VP8, { 0x80, 0x40 }, 2, NULL },
  { "vp8-no-tid", WIRE_VIDEO_VP8, { 0x80, 0x60, 3 }, 3, NULL },
  { "vp9-empty", WIRE_VIDEO_VP9, { 0 }, 0, NULL },
  { "vp9-half-id", WIRE_VIDEO_VP9, { 0x88, 0x81 }, 2, NULL },
  { "vp9-no-layers", WIRE_VIDEO_VP9, { 0x28 }, 1, NULL },
  { "vp9-endless-references", WIRE_VIDEO_VP9, { 0x50, 1, 1, 1, 1 }, 5, NULL },
  { "vp9-structure-cut", WIRE_VIDEO_VP9, { 0x0a, 0x18, 1, 2 }, 4, NULL },
  { "h264-empty", WIRE_VIDEO_H264, { 0 }, 0, NULL },
  { "h264-header-only", WIRE_VIDEO_H264, { 0x65 }, 1, NULL },
  { "h264-type-0", WIRE_VIDEO_H264, { 0x60, 1, 2 }, 3, NULL },
  { "h264-interleaved", WIRE_VIDEO_H264, { 0x7d, 1, 2, 3 }, 4, NULL },
  { "h264-fu-cut", WIRE_VIDEO_H264, { 0x7c, 0x85 }, 2, NULL },
  { "h264-stap-cut", WIRE_VIDEO_H264, { 0x78, 0, 4, 0x67 }, 4, NULL },
  { "h264-stap-of-nothing", WIRE_VIDEO_H264, { 0x78, 0, 0, 0x67 }, 4, NULL },
  { "h265-empty", WIRE_VIDEO_H265, { 0 }, 0, NULL },
  { "h265-no-tid", WIRE_VIDEO_H265, { 0x26, 0, 0x80 }, 3, NULL },
  { "h265-paci", WIRE_VIDEO_H265, { 50 << 1, 1, 0, 0 }, 4, NULL },
  { "h265-ap-cut", WIRE_VIDEO_H265, { 0x60, 1, 0, 9, 0x40, 1 }, 6, NULL },
  { "h265-fu-cut", WIRE_VIDEO_H265, { 0x62, 1, 0x93 }, 3, NULL },
  { "unknown", WIRE_VIDEO_NONE, { 1, 2, 3 }, 3, NULL },
  /* VP8 */
  { "vp8-key", WIRE_VIDEO_VP8, { 0x10, KEY8 }, 11, "BKS 0" },
  { "vp8-key-no-start-code", WIRE_VIDEO_VP8, { 0x10, 0x10, 0, 0, 1, 2, 3, 4, 5, 6, 7 }, 11, "S 0" },
  { "vp8-key-short", WIRE_VIDEO_VP8, { 0x10, 0x10, 0, 0, 0x9d, 1, 0x2a }, 7, "S 0" },
  { "vp8-key-second-packet", WIRE_VIDEO_VP8, { 0x00, KEY8 }, 11, "S 0" },
  { "vp8-key-second-partition", WIRE_VIDEO_VP8, { 0x11, KEY8 }, 11, "S 0" },
  { "vp8-delta", WIRE_VIDEO_VP8, { 0x10, 0x11, 0, 0, 5 }, 5, "S 0" },
  { "vp8-not-referred-to", WIRE_VIDEO_VP8, { 0x30, 0x11, 0, 0 }, 4, "SD 0" },
  { "vp8-all", WIRE_VIDEO_VP8, { 0x90, 0xf0, 0x81, 2, 3, 0x20, KEY8 }, 16, "BKSY 0 p2/15 t4 k5" },
  { "vp8-7-bits", WIRE_VIDEO_VP8, { 0x90, 0xe0, 0x12, 3, 0x40, 0x11 }, 6, "S 1 p2/7 t3" },
  { "vp8-keyidx-alone", WIRE_VIDEO_VP8, { 0x90, 0x10, 0xc5, 0x11 }, 4, "S 0 k2" },
  /* VP9 */
  { "vp9-key", WIRE_VIDEO_VP9, { 0x88, 0x81, 2, 9 }, 4, "BKS 0 p1/15" },
  { "vp9-key-continued", WIRE_VIDEO_VP9, { 0x80, 0x81, 2, 9 }, 4, "S 0 p1/15" },
  { "vp9-key-upper-layer", WIRE_VIDEO_VP9, { 0xa8, 0x11, 0x02, 4, 9 }, 5, "S 0 p1/7 t3" },
  { "vp9-delta", WIRE_VIDEO_VP9, { 0xe8, 0x11, 0x50, 4, 9 }, 5, "SY 2 p1/7 t3" },
  { "vp9-flexible", WIRE_VIDEO_VP9, { 0xf8, 0x11, 0x20, 3, 4, 9 }, 6, "S 1 p1/7" },
  { "vp9-structure",
    WIRE_VIDEO_VP9,
    { 0x0a, 0x18, 1, 64, 0, 48, 2, 0x04, 9, 0x00, 7 },
    11,
    "BKS 0" },
  /* H.264 */
  { "h264-sps", WIRE_VIDEO_H264, { 0x67, 0x42, 0, 0x1f }, 4, "B 0" },
  { "h264-pps", WIRE_VIDEO_H264, { 0x68, 0xce }, 2, " 0" },
  { "h264-sei", WIRE_VIDEO_H264, { 0x06, 5, 1 }, 3, " 0" },
  { "h264-idr", WIRE_VIDEO_H264, { 0x65, 0x88 }, 2, "KS 0" },
  { "h264-idr-second-slice", WIRE_VIDEO_H264, { 0x65, 0x08 }, 2, "S 0" },
  { "h264-slice", WIRE_VIDEO_H264, { 0x41, 0x9a }, 2, "S 0" },
  { "h264-not-referred-to", WIRE_VIDEO_H264, { 0x01, 0x9a }, 2, "SD 0" },
  { "h264-fu-begin", WIRE_VIDEO_H264, { 0x7c, 0x85, 0x88 }, 3, "KS 0" },
  { "h264-fu-middle", WIRE_VIDEO_H264, { 0x7c, 0x05, 0x88 }, 3, "S 0" },
  { "h264-fu-not-referred-to", WIRE_VIDEO_H264, { 0x1c, 0x81, 0x9a }, 3, "SD 0" },
  { "h264-stap-sets", WIRE_VIDEO_H264, { 0x78, 0, 2, 0x67, 0x42, 0, 2, 0x68, 0xce }, 9, "B 0" },
  { "h264-stap-all",
    WIRE_VIDEO_H264,
    { 0x78, 0, 2, 0x67, 0x42, 0, 2, 0x68, 0xce, 0, 2, 0x65, 0x88 },
    13,
    "BKS 0" },
  { "h264-stap-sei-slice", WIRE_VIDEO_H264, { 0x18, 0, 2, 0x06, 5, 0, 2, 0x01, 0x9a }, 9, "SD 0" },
  { "h264-stap-mixed", WIRE_VIDEO_H264, { 0x78, 0, 2, 0x01, 0x9a, 0, 2, 0x41, 0x1a }, 9, "S 0" },
  /* H.265 */
  { "h265-vps", WIRE_VIDEO_H265, { 0x40, 1, 0x0c }, 3, "B 0" },
  { "h265-pps", WIRE_VIDEO_H265, { 0x44, 1, 0x0c }, 3, " 0" },
  { "h265-idr", WIRE_VIDEO_H265, { 0x26, 1, 0x80 }, 3, "KS 0" },
  { "h265-cra", WIRE_VIDEO_H265, { 0x2a, 1, 0x80 }, 3, "KS 0" },
  { "h265-idr-second-slice", WIRE_VIDEO_H265, { 0x26, 1, 0x20 }, 3, "S 0" },
  { "h265-trail", WIRE_VIDEO_H265, { 0x02, 1, 0x80 }, 3, "S 0" },
  { "h265-not-referred-to", WIRE_VIDEO_H265, { 0x00, 1, 0x80 }, 3, "SD 0" },
  { "h265-tsa", WIRE_VIDEO_H265, { 0x06, 3, 0x80 }, 3, "SY 2" },
  { "h265-fu-begin", WIRE_VIDEO_H265, { 0x62, 1, 0x93, 0x80 }, 4, "KS 0" },
  { "h265-fu-end", WIRE_VIDEO_H265, { 0x62, 1, 0x53, 0x80 }, 4, "S 0" },
  { "h265-ap",
    WIRE_VIDEO_H265,
    { 0x60, 1, 0, 3, 0x40, 1, 1, 0, 3, 0x42, 1, 1, 0, 3, 0x26, 1, 0x80 },
    17,
    "BKS 0" },
};

static char *
describe (const WireVideo *v)
{
  GString *s = g_string_new (NULL);

  g_string_append_printf (s, "%s%s%s%s%s %u", v->begins ? "B" : "", v->key ? "K" : "",
                          v->slice ? "S" : "", v->discardable ? "D" : "", v->sync ? "Y" : "",
                          v->tid);
  if (v->picture_at)
    g_string_append_printf (s, " p%u/%u", v->picture_at, v->picture_bits);
  if (v->tl0_at)
    g_string_append_printf (s, " t%u", v->tl0_at);
  if (v->key_at)
    g_string_append_printf (s, " k%u", v->key_at);
  return g_string_free (s, FALSE);
}

/* From a heap block of its very size, for the address sanitizer. */
static void
test_case (gconstpointer data)
{
  const Case *c = data;
  g_autofree guint8 *payload = g_memdup2 (c->data, c->len);
  g_autofree char *found = NULL;
  WireVideo video;
  gboolean read = wire_video_read (c->codec, payload, c->len, &video);

  found = describe (&video);
  g_assert_cmpstr (found, ==, c->expected ? c->expected : " 0");
  g_assert_cmpint (read, ==, c->expected != NULL);
}

static void
test_find (void)
{
  g_assert_cmpint (wire_video_find (NULL), ==, WIRE_VIDEO_NONE);
  g_assert_cmpint (wire_video_find (""), ==, WIRE_VIDEO_NONE);
  g_assert_cmpint (wire_video_find ("H263"), ==, WIRE_VIDEO_NONE);
  g_assert_cmpint (wire_video_find ("vp8"), ==, WIRE_VIDEO_VP8);
  g_assert_cmpint (wire_video_find ("H264"), ==, WIRE_VIDEO_H264);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/wire/video/%s", cases[i].name);
      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/wire/video/find", test_find);
  return g_test_run ();
}
