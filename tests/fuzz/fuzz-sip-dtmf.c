/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bodies of INFO with keys: what is read is one of the sixteen, or nothing. */
#include "plugins/sip/call/dtmf.h"

#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const char *body = (const char *) data;

  g_assert_nonnull (strchr ("0123456789*#ABCD", sip_dtmf_read_relay (body, size)));
  g_assert_nonnull (strchr ("0123456789*#ABCD", sip_dtmf_read_plain (body, size)));
  return 0;
}
