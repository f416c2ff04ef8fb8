/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes STUN messages (RFC 8489 §5, §14). Not for what they answer. */
#include "core/wire/stun.h"

#include "core/wire/bytes.h"
#include <string.h>

#define MAX_REASON 127

/* Returns: (nullable): where @len octets of value go; padding is zero and the length told */
static guint8 *
add (RflStunWriter *w, guint16 type, gsize len)
{
  gsize padded = (len + 3) & ~(gsize) 3;
  guint8 *p = w->data + w->len;

  if (w->len < RFL_STUN_HEADER || padded + 4 > sizeof w->data - w->len)
    return NULL;
  memset (p, 0, 4 + padded);
  wire_put16 (p, type);
  wire_put16 (p + 2, (guint16) len);
  w->len += 4 + padded;
  wire_put16 (w->data + 2, (guint16) (w->len - RFL_STUN_HEADER));
  return p + 4;
}

void
rfl_stun_write_begin (RflStunWriter *w, guint16 type, const guint8 *transaction)
{
  wire_put16 (w->data, type & 0x3fff);
  wire_put16 (w->data + 2, 0);
  wire_put32 (w->data + 4, STUN_COOKIE);
  memcpy (w->data + 8, transaction, RFL_STUN_TRANSACTION);
  w->len = RFL_STUN_HEADER;
}

void
rfl_stun_write_xor_mapped (RflStunWriter *w, const RflAddress *address)
{
  gsize n = address->family == AF_INET6 ? 16 : 4;
  guint8 *p = add (w, STUN_XOR_MAPPED_ADDRESS, 4 + n);

  if (p == NULL)
    return;
  p[1] = n == 16 ? 2 : 1;
  wire_put16 (p + 2, address->port ^ wire_get16 (w->data + 4));
  for (gsize i = 0; i < n; i++)
    p[4 + i] = address->ip[i] ^ w->data[4 + i];
}

void
rfl_stun_write_error (RflStunWriter *w, guint16 code, const char *reason)
{
  gsize len = MIN (strlen (reason), MAX_REASON);
  guint8 *p = add (w, STUN_ERROR_CODE, 4 + len);

  if (p == NULL)
    return;
  p[2] = (guint8) (code / 100);
  p[3] = (guint8) (code % 100);
  memcpy (p + 4, reason, len);
}

void
rfl_stun_write_unknown (RflStunWriter *w, const guint16 *types, guint n)
{
  guint8 *p = add (w, STUN_UNKNOWN_ATTRIBUTES, 2 * (gsize) n);

  for (guint i = 0; p && i < n; i++)
    wire_put16 (p + 2 * i, types[i]);
}

void
rfl_stun_write_username (RflStunWriter *w, const char *username)
{
  gsize len = strlen (username);
  guint8 *p = add (w, STUN_USERNAME, len);

  if (p)
    memcpy (p, username, len);
}

void
rfl_stun_write_priority (RflStunWriter *w, guint32 priority)
{
  guint8 *p = add (w, STUN_PRIORITY, 4);

  if (p)
    wire_put32 (p, priority);
}

void
rfl_stun_write_use_candidate (RflStunWriter *w)
{
  add (w, STUN_USE_CANDIDATE, 0);
}

void
rfl_stun_write_role (RflStunWriter *w, gboolean controlling, guint64 tie_breaker)
{
  guint8 *p = add (w, controlling ? STUN_ICE_CONTROLLING : STUN_ICE_CONTROLLED, 8);

  if (p == NULL)
    return;
  wire_put32 (p, (guint32) (tie_breaker >> 32));
  wire_put32 (p + 4, (guint32) tie_breaker);
}

void
rfl_stun_write_integrity (RflStunWriter *w, const char *password)
{
  gsize at = w->len;
  guint8 *p = add (w, STUN_INTEGRITY, STUN_INTEGRITY_LEN);

  if (p)
    stun_hmac (w->data, at, password, p);
}

void
rfl_stun_write_fingerprint (RflStunWriter *w)
{
  gsize at = w->len;
  guint8 *p = add (w, STUN_FINGERPRINT, 4);

  if (p)
    wire_put32 (p, stun_crc32 (w->data, at) ^ STUN_FINGERPRINT_XOR);
}
