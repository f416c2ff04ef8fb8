/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A transport stream, the first octet says in which pieces: every octet comes out once and in order. */
#include "tests/fuzz/fuzz.h"
#include "tools/client/share/ts.h"

static void
take (const guint8 *data, gsize len, gboolean mark, gpointer user_data)
{
  g_assert_cmpuint (len, >, 0);
  g_byte_array_append (user_data, data, (guint) len);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (TsScanner) scanner = ts_scanner_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();
  guint8 header[2 * TS_PACKET];
  gsize step = size > 0 ? MAX (data[0], 1) : 1;

  for (gsize at = 1; at < size; at += step)
    {
      ts_scanner_feed (scanner, data + at, MIN (step, size - at), take, out);
      if (ts_scanner_get_header (scanner, header))
        g_assert_cmpuint (header[0], ==, 0x47);
    }
  ts_scanner_finish (scanner, take, out);
  g_assert_cmpuint (out->len, ==, size > 0 ? size - 1 : 0);
  g_assert_true (out->len == 0 || memcmp (out->data, data + 1, out->len) == 0);
  return 0;
}
