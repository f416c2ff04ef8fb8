/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SSRCs in extended reports: blocks that lie about their length first. */
#include <reflector/rtcp.h>
#include <string.h>

typedef struct {
  const char *what;
  gsize len;
  guint8 data[64];
  const char *found;
} Row;

#define SSRC(n) 0, 0, 0, n
#define XR(words) 0x80, 207, 0, words, SSRC (1)

static const Row rows[] = {
  { "no block", 8, { XR (1) }, "" },
  { "not an XR", 8, { 0x80, 201, 0, 1, SSRC (1) }, "" },
  { "block beyond the end", 12, { XR (2), 6, 0, 0, 1 }, "" },
  { "block of 65535 words", 16, { XR (3), 6, 0, 0xff, 0xff, SSRC (2) }, "" },
  { "statistics without a source", 12, { XR (2), 6, 0, 0, 0 }, "" },
  { "DLRR without an entry", 12, { XR (2), 5, 0, 0, 0 }, "" },
  { "DLRR of half an entry", 16, { XR (3), 5, 0, 0, 1, SSRC (2) }, "" },
  { "in the padding", 20, { 0xa0, 207, 0, 4, SSRC (1), 6, 0, 0, 1, SSRC (2), 0, 0, 0, 8 }, "" },
  { "RRTR names nobody", 20, { XR (4), 4, 0, 0, 2, SSRC (8), SSRC (9) }, "" },
  { "unknown names nobody", 16, { XR (3), 200, 0, 0, 1, SSRC (8) }, "" },
  { "good before bad", 20, { XR (4), 6, 0, 0, 1, SSRC (2), 6, 0, 0, 9 }, "12:2 " },
  { "DLRR of two",
    36,
    { XR (8), 5, 0, 0, 6, SSRC (2), SSRC (8), SSRC (9), SSRC (3), SSRC (8), SSRC (9) },
    "12:2 24:3 " },
  { "DLRR of one and a half",
    28,
    { XR (6), 5, 0, 0, 4, SSRC (2), SSRC (8), SSRC (9), SSRC (3) },
    "12:2 " },
  { "one after the other",
    44,
    { XR (10),  1,  0, 0, 1, SSRC (2), 4, 0, 0, 2, SSRC (8),
      SSRC (8), 14, 0, 0, 1, SSRC (3), 7, 0, 0, 1, SSRC (4) },
    "12:2 32:3 40:4 " },
};

static void
find_all (gconstpointer data)
{
  const Row *row = data;
  g_autofree guint8 *copy = g_memdup2 (row->data, row->len);
  g_autoptr (GString) found = g_string_new (NULL);
  RflRtcpIter iter;
  RflRtcp rtcp;

  rfl_rtcp_iter_init (&iter, copy, row->len);
  g_assert_true (rfl_rtcp_iter_next (&iter, &rtcp));
  for (gsize at = 0; rfl_rtcp_next_xr_ssrc (&rtcp, &at);)
    g_string_append_printf (found, "%" G_GSIZE_FORMAT ":%u ", at, copy[at + 3]);
  g_assert_cmpstr (found->str, ==, row->found);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/rtcp-xr/", rows[i].what, NULL);
      g_test_add_data_func (path, &rows[i], find_all);
    }
  return g_test_run ();
}
