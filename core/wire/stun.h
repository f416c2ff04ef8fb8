/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What reader and writer of STUN share: numbers and sums. Nobody else's. */
#pragma once

#include <reflector/stun.h>

#define STUN_COOKIE 0x2112a442u
#define STUN_INTEGRITY_LEN 20
#define STUN_FINGERPRINT_XOR 0x5354554eu

enum {
  STUN_MAPPED_ADDRESS = 0x0001,
  STUN_CHANGE_REQUEST = 0x0003,
  STUN_USERNAME = 0x0006,
  STUN_INTEGRITY = 0x0008,
  STUN_ERROR_CODE = 0x0009,
  STUN_UNKNOWN_ATTRIBUTES = 0x000a,
  STUN_REALM = 0x0014,
  STUN_NONCE = 0x0015,
  STUN_INTEGRITY_SHA256 = 0x001c,
  STUN_XOR_MAPPED_ADDRESS = 0x0020,
  STUN_PRIORITY = 0x0024,
  STUN_USE_CANDIDATE = 0x0025,
  STUN_FIRST_OPTIONAL = 0x8000,
  STUN_FINGERPRINT = 0x8028,
  STUN_ICE_CONTROLLED = 0x8029,
  STUN_ICE_CONTROLLING = 0x802a
};

/* CRC-32 of ITU V.42 over @len octets. */
guint32 stun_crc32 (const guint8 *data, gsize len);
/* HMAC-SHA1 over the @at octets before the attribute, as if the message ended behind it. */
void stun_hmac (const guint8 *data, gsize at, const char *password, guint8 out[STUN_INTEGRITY_LEN]);
