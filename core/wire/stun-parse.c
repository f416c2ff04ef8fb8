/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads STUN messages (RFC 8489 §5, §14; ICE's attributes: RFC 8445 §16.1). Does not judge who may send
 * them.
 */
#include "core/wire/stun.h"

#include "core/wire/bytes.h"
#include <string.h>

/* RFC 8489 §14.3: fewer than 509 octets of user name. */
#define MAX_USERNAME 508

/* One attribute. */
typedef struct {
  guint16 type, len;
  const guint8 *value;
} Attribute;

/* @xor: (nullable): cookie and transaction id */
static gboolean
read_address (const Attribute *a, const guint8 * xor, RflAddress *out)
{
  RflAddress address = { 0 };
  gsize n;

  if (a->len < 4 || (a->value[1] != 1 && a->value[1] != 2))
    return FALSE;
  n = a->value[1] == 1 ? 4 : 16;
  if (a->len != 4 + n)
    return FALSE;
  address.family = n == 4 ? AF_INET : AF_INET6;
  address.port = wire_get16 (a->value + 2);
  memcpy (address.ip, a->value + 4, n);
  if (xor)
    {
      address.port ^= wire_get16 (xor);
      for (gsize i = 0; i < n; i++)
        address.ip[i] ^= xor[i];
    }
  *out = address;
  return TRUE;
}

static void
note_unknown (RflStun *stun, guint16 type)
{
  if (stun->n_unknown < RFL_STUN_MAX_UNKNOWN)
    stun->unknown[stun->n_unknown++] = type;
}

static gboolean
read_role (RflStun *stun, const Attribute *a, gboolean *role)
{
  if (a->len != 8)
    return FALSE;
  *role = TRUE;
  stun->tie_breaker = (guint64) wire_get32 (a->value) << 32 | wire_get32 (a->value + 4);
  return TRUE;
}

static gboolean
read_error (RflStun *stun, const Attribute *a)
{
  if (a->len < 4 || (a->value[2] & 7) < 3 || (a->value[2] & 7) > 6 || a->value[3] > 99)
    return FALSE;
  stun->error = (guint16) ((a->value[2] & 7) * 100 + a->value[3]);
  return TRUE;
}

static gboolean
read_username (RflStun *stun, const Attribute *a)
{
  if (a->len > MAX_USERNAME)
    return FALSE;
  if (stun->username == NULL) /* of two the first counts (RFC 8489 §14) */
    {
      stun->username = (const char *) a->value;
      stun->username_len = a->len;
    }
  return TRUE;
}

/* Returns: whether it has the form that it must have */
static gboolean
read_attribute (RflStun *stun, const Attribute *a)
{
  switch (a->type)
    {
    case STUN_MAPPED_ADDRESS:
      return stun->mapped.family != 0 || read_address (a, NULL, &stun->mapped);
    case STUN_XOR_MAPPED_ADDRESS:
      return read_address (a, stun->data + 4, &stun->mapped);
    case STUN_USERNAME:
      return read_username (stun, a);
    case STUN_INTEGRITY:
      stun->integrity = a->value - 4;
      return a->len == STUN_INTEGRITY_LEN;
    case STUN_ERROR_CODE:
      return read_error (stun, a);
    case STUN_PRIORITY:
      stun->has_priority = a->len == 4;
      stun->priority = stun->has_priority ? wire_get32 (a->value) : 0;
      return stun->has_priority;
    case STUN_USE_CANDIDATE:
      stun->use_candidate = TRUE;
      return a->len == 0;
    case STUN_ICE_CONTROLLING:
      return read_role (stun, a, &stun->controlling);
    case STUN_ICE_CONTROLLED:
      return read_role (stun, a, &stun->controlled);
    case STUN_CHANGE_REQUEST: /* of RFC 3489's clients; that nothing is to change is no wish */
      if (a->len != 4 || wire_get32 (a->value) != 0)
        note_unknown (stun, a->type);
      return TRUE;
    case STUN_UNKNOWN_ATTRIBUTES:
    case STUN_REALM:
    case STUN_NONCE:
    case STUN_INTEGRITY_SHA256:
      return TRUE;
    default:
      if (a->type < STUN_FIRST_OPTIONAL)
        note_unknown (stun, a->type);
      return TRUE;
    }
}

static gboolean
check_fingerprint (RflStun *stun, const Attribute *a)
{
  gsize at = (gsize) (a->value - 4 - stun->data);

  stun->fingerprint = TRUE;
  return a->len == 4 && at + 8 == stun->len
         && wire_get32 (a->value) == (stun_crc32 (stun->data, at) ^ STUN_FINGERPRINT_XOR);
}

static gboolean
read_attributes (RflStun *stun)
{
  gsize at = RFL_STUN_HEADER;

  while (at < stun->len)
    {
      Attribute a;
      gsize padded;

      if (stun->len - at < 4)
        return FALSE;
      a = (Attribute){ wire_get16 (stun->data + at), wire_get16 (stun->data + at + 2),
                       stun->data + at + 4 };
      padded = ((gsize) a.len + 3) & ~(gsize) 3;
      if (padded > stun->len - at - 4)
        return FALSE;
      if (a.type == STUN_FINGERPRINT ? !check_fingerprint (stun, &a)
                                     : !stun->integrity && !read_attribute (stun, &a))
        return FALSE;
      at += 4 + padded;
    }
  return TRUE;
}

gboolean
rfl_stun_parse (RflStun *out, const guint8 *data, gsize len)
{
  RflStun stun = { .data = data, .len = len };

  if (len < RFL_STUN_HEADER || len > RFL_STUN_MAX || data[0] > 0x3f
      || wire_get32 (data + 4) != STUN_COOKIE || wire_get16 (data + 2) % 4 != 0
      || wire_get16 (data + 2) != len - RFL_STUN_HEADER)
    return FALSE;
  stun.type = wire_get16 (data);
  stun.transaction = data + 8;
  if (!read_attributes (&stun))
    return FALSE;
  *out = stun;
  return TRUE;
}

gboolean
rfl_stun_check_integrity (const RflStun *stun, const char *password)
{
  guint8 sum[STUN_INTEGRITY_LEN], differs = 0;

  if (stun->integrity == NULL)
    return FALSE;
  stun_hmac (stun->data, (gsize) (stun->integrity - stun->data), password, sum);
  for (guint i = 0; i < STUN_INTEGRITY_LEN; i++) /* in constant time */
    differs |= sum[i] ^ stun->integrity[4 + i];
  return differs == 0;
}
