/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feeds checkip's requests, octet by octet as they may come, and holds its answers to their form. */
#include "plugins/nat/checkip.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

static void
answer (const char *data, gsize len)
{
  RflAddress remote;
  g_autofree char *text = NULL;

  rfl_address_parse (&remote, "2001:db8::7", 40000);
  text = checkip_write_http (data, len, &remote);
  g_assert_true (g_str_has_prefix (text, "HTTP/1.1 "));
  g_assert_nonnull (strstr (text, "\r\n\r\n"));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const char *text = (const char *) data;

  size = MIN (size, CHECKIP_MAX_REQUEST);
  for (gsize len = 0; len <= size; len += len < 64 ? 1 : 64)
    switch (checkip_judge (text, len))
      {
      case CHECKIP_WAIT:
        g_assert_cmpuint (len, <, CHECKIP_MAX_REQUEST);
        break;
      case CHECKIP_LINE:
        return 0;
      case CHECKIP_HTTP:
        answer (text, len);
        return 0;
      }
  return 0;
}
