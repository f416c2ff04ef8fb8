/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feeds rfl_stun_parse() and holds it to what its header promises. */
#include <reflector/stun.h>

#include "tests/fuzz/fuzz.h"

static gboolean
is_inside (const guint8 *data, gsize size, const void *at, gsize len)
{
  const guint8 *p = at;

  return p >= data && p + len <= data + size;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  RflStun stun, again;
  RflStunWriter w;

  if (!rfl_stun_parse (&stun, data, size))
    return 0;
  g_assert_true (is_inside (data, size, stun.transaction, RFL_STUN_TRANSACTION));
  g_assert_true (!stun.username || is_inside (data, size, stun.username, stun.username_len));
  g_assert_true (!stun.integrity || is_inside (data, size, stun.integrity, 24));
  g_assert_cmpuint (stun.n_unknown, <=, RFL_STUN_MAX_UNKNOWN);
  rfl_stun_check_integrity (&stun, "VOkJxbRl1RmTxUk/WvJxBt");

  rfl_stun_write_begin (&w, RFL_STUN_BINDING_SUCCESS, stun.transaction);
  if (stun.mapped.family != 0)
    rfl_stun_write_xor_mapped (&w, &stun.mapped);
  rfl_stun_write_unknown (&w, stun.unknown, stun.n_unknown);
  rfl_stun_write_integrity (&w, "secret");
  rfl_stun_write_fingerprint (&w);
  g_assert_true (rfl_stun_parse (&again, w.data, w.len));
  g_assert_true (rfl_address_equal (&again.mapped, &stun.mapped));
  g_assert_true (rfl_stun_check_integrity (&again, "secret"));
  return 0;
}
