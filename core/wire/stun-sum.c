/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two sums of STUN messages: FINGERPRINT's CRC-32 and MESSAGE-INTEGRITY's HMAC (RFC 8489 §14.5, §14.7).
 * Reads no attributes.
 */
#include "core/wire/stun.h"

#include "core/wire/bytes.h"
#include <string.h>

guint32
stun_crc32 (const guint8 *data, gsize len)
{
  guint32 crc = 0xffffffffu;

  for (gsize i = 0; i < len; i++)
    {
      crc ^= data[i];
      for (guint bit = 0; bit < 8; bit++)
        crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
    }
  return ~crc;
}

void
stun_hmac (const guint8 *data, gsize at, const char *password, guint8 out[STUN_INTEGRITY_LEN])
{
  g_autoptr (GHmac) hmac =
      g_hmac_new (G_CHECKSUM_SHA1, (const guchar *) password, strlen (password));
  guint8 header[4];
  gsize n = STUN_INTEGRITY_LEN;

  /* Its length counts up to and with the attribute, whatever stands behind it. */
  memcpy (header, data, 2);
  wire_put16 (header + 2, (guint16) (at - RFL_STUN_HEADER + 4 + STUN_INTEGRITY_LEN));
  g_hmac_update (hmac, header, sizeof header);
  g_hmac_update (hmac, data + sizeof header, (gssize) (at - sizeof header));
  g_hmac_get_digest (hmac, out, &n);
}
