/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files on the wire: messages, names, digests. The first octet chooses; what is accepted comes out again as it went in.
 */
#include <reflector/file.h>

#include "tests/fuzz/fuzz.h"

static void
check_message (guint type, const guint8 *data, gsize size)
{
  g_auto (RflFileMessage) message = { 0 };
  g_auto (RflFileMessage) again = { 0 };
  gsize len;

  if (!rfl_file_message_read (&message, type, data, size, NULL))
    return;
  g_autoptr (GBytes) body = rfl_file_message_write (&message);
  const guint8 *written = g_bytes_get_data (body, &len);
  g_assert_true (rfl_file_message_read (&again, type, written, len, NULL));
  g_autoptr (GBytes) body_again = rfl_file_message_write (&again);
  g_assert_true (g_bytes_equal (body, body_again));
}

static void
check_texts (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  guint8 hash[RFL_FILE_SHA256], again[RFL_FILE_SHA256];
  char digest[RFL_FILE_DIGEST_STRLEN];

  rfl_file_is_type (text);
  if (rfl_file_is_name (text))
    {
      g_autofree char *escaped = rfl_file_escape_name (text);
      g_autofree char *back = g_uri_unescape_string (escaped, NULL);
      g_assert_cmpstr (text, ==, back);
    }
  if (!rfl_file_digest_read (hash, text))
    return;
  rfl_file_digest_write (hash, digest);
  g_assert_true (rfl_file_digest_read (again, digest));
  g_assert_true (memcmp (hash, again, sizeof hash) == 0);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  if (size == 0)
    return 0;
  if (data[0] < 16)
    check_message (data[0] < 8 ? data[0] : 0x100u | (data[0] - 8u), data + 1, size - 1);
  else
    check_texts (data + 1, size - 1);
  return 0;
}
