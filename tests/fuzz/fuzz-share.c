/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Application sharing on the wire: messages, lines and frames. The first octet chooses; what is accepted comes out
 * again as it went in, and frames are the same however they are cut.
 */
#include <reflector/share.h>

#include "tests/fuzz/fuzz.h"

static void
check_message (guint8 type, const guint8 *data, gsize size)
{
  g_auto (RflShareMessage) message = { 0 };
  g_auto (RflShareMessage) again = { 0 };
  gsize len, len_again;

  if (!rfl_share_message_read (&message, type, data, size, NULL))
    return;
  g_autoptr (GBytes) body = rfl_share_message_write (&message);
  const guint8 *written = g_bytes_get_data (body, &len);
  g_assert_true (rfl_share_message_read (&again, type, written, len, NULL));
  g_autoptr (GBytes) body_again = rfl_share_message_write (&again);
  g_bytes_get_data (body_again, &len_again);
  g_assert_cmpuint (len, ==, len_again);
  g_assert_true (g_bytes_equal (body, body_again));
}

static void
check_lines (const guint8 *data, gsize size)
{
  char line[RFL_SHARE_MAX_LINE + 1];
  RflShareHello hello, again;
  gsize len;

  rfl_share_answer_parse ((const char *) data, size, NULL);
  if (!rfl_share_hello_parse (&hello, (const char *) data, size))
    return;
  len = rfl_share_hello_write (&hello, line);
  g_assert_true (rfl_share_hello_parse (&again, line, len - 2));
  g_assert_cmpstr (hello.share, ==, again.share);
  g_assert_true (memcmp (hello.passkey, again.passkey, RFL_SHARE_PASSKEY) == 0);
}

/* Returns: a sum over all that came out */
static guint
cut (const guint8 *data, gsize size, gsize step)
{
  RflShareReader reader = { 0 };
  RflSharePiece piece;
  guint sum = 0;

  while (size > 0)
    {
      gsize n = MIN (step, size), left = n;
      const guint8 *at = data;
      RflShareRead read;

      while ((read = rfl_share_reader_next (&reader, &at, &left, &piece, NULL))
             == RFL_SHARE_READ_PIECE)
        {
          if (piece.first)
            sum = sum * 31 + piece.frame.type + piece.frame.channel;
          for (gsize i = 0; i < piece.len; i++)
            sum = sum * 31 + piece.payload[i];
        }
      if (read == RFL_SHARE_READ_BAD)
        return 0;
      g_assert_cmpuint (left, ==, 0);
      data += n;
      size -= n;
    }
  return sum;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  if (size == 0)
    return 0;
  if (data[0] < 16)
    check_message (data[0], data + 1, size - 1);
  else if (data[0] == 'R')
    check_lines (data, size);
  else
    g_assert_cmpuint (cut (data + 1, size - 1, 1), ==, cut (data + 1, size - 1, 7));
  return 0;
}
