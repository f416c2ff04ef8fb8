/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Elements of header extensions (RFC 8285). */
#include <reflector/rtp.h>

typedef struct {
  const char *name;
  guint8 number;
  guint8 data[32];
  gsize len;
  gint first; /* octet, -1: there is none */
} Case;

#define RTP(first) first, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1

static const Case cases[] = {
  { "empty", 1, { 0 }, 0, -1 },
  { "no-extension", 1, { RTP (0x80), 1, 2 }, 14, -1 },
  { "other-profile", 1, { RTP (0x90), 0xab, 0xcd, 0, 1, 0x10, 5, 0, 0 }, 20, -1 },
  { "other-number", 1, { RTP (0x90), 0xbe, 0xde, 0, 1, 0x20, 5, 0, 0 }, 20, -1 },
  { "number-0", 0, { RTP (0x90), 0xbe, 0xde, 0, 1, 0, 0, 0, 0 }, 20, -1 },
  { "cut", 1, { RTP (0x90), 0xbe, 0xde, 0, 1, 0, 0, 0, 0x10 }, 20, -1 },
  { "behind-0-with-length", 1, { RTP (0x90), 0xbe, 0xde, 0, 1, 0x01, 0, 0x10, 5 }, 20, -1 },
  { "number-15", 15, { RTP (0x90), 0xbe, 0xde, 0, 1, 0xf0, 7, 0, 0 }, 20, -1 },
  { "behind-stop", 1, { RTP (0x90), 0xbe, 0xde, 0, 1, 0xf0, 0, 0x10, 5 }, 20, -1 },
  { "long-empty", 1, { RTP (0x90), 0x10, 0, 0, 1, 1, 0, 0, 0 }, 20, -1 },
  { "long-other", 1, { RTP (0x90), 0x10, 0, 0, 1, 2, 1, 9, 0 }, 20, -1 },
  { "long-cut", 1, { RTP (0x90), 0x10, 0, 0, 1, 0, 0, 1, 9 }, 20, -1 },
  { "behind-padding", 1, { RTP (0x90), 0xbe, 0xde, 0, 1, 0, 0, 0x10, 5 }, 20, 5 },
  { "short", 1, { RTP (0x90), 0xbe, 0xde, 0, 1, 0x10, 0x85, 0, 0 }, 20, 0x85 },
  { "short-behind", 3, { RTP (0x90), 0xbe, 0xde, 0, 2, 0, 0x21, 1, 2, 0x30, 42, 0, 0 }, 24, 42 },
  { "long", 1, { RTP (0x90), 0x10, 0x03, 0, 2, 9, 1, 7, 0, 1, 1, 0xff, 0 }, 24, 255 },
};

static void
test_case (gconstpointer data)
{
  const Case *c = data;
  g_autofree guint8 *packet = g_memdup2 (c->data, c->len);
  const guint8 *found = NULL;
  gsize len = 0;
  RflRtp rtp;

  if (rfl_rtp_parse (&rtp, packet, c->len))
    found = rfl_rtp_find_extension (&rtp, c->number, &len);
  g_assert_cmpint (found && len > 0 ? found[0] : -1, ==, c->first);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/rtp/extension/%s", cases[i].name);
      g_test_add_data_func (path, &cases[i], test_case);
    }
  return g_test_run ();
}
