/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the audio level (RFC 6464 §3) among an RTP packet's header extensions of one or two octets
 * (RFC 8285 §4). Not for other extensions.
 */
#include "plugins/switcher/tap.h"

#define ONE_OCTET 0xbede
#define TWO_OCTETS 0x1000
#define STOP 15

static gboolean
find_short (const guint8 *p, gsize len, guint8 number, guint8 *level)
{
  while (len > 0)
    {
      gsize size = 1 + (p[0] & 0x0f) + 1u;

      if (p[0] >> 4 == STOP)
        return FALSE;
      if (p[0] >> 4 == 0) /* padding */
        size = 1;
      if (size > len)
        return FALSE;
      if (number != 0 && p[0] >> 4 == number)
        {
          *level = p[1] & 0x7f;
          return TRUE;
        }
      p += size;
      len -= size;
    }
  return FALSE;
}

static gboolean
find_long (const guint8 *p, gsize len, guint8 number, guint8 *level)
{
  while (len > 0)
    {
      gsize size = p[0] == 0 ? 1 : len < 2 ? len + 1 : 2u + p[1];

      if (size > len)
        return FALSE;
      if (number != 0 && p[0] == number && p[1] > 0)
        {
          *level = p[2] & 0x7f;
          return TRUE;
        }
      p += size;
      len -= size;
    }
  return FALSE;
}

gboolean
switcher_read_level (const guint8 *packet, gsize len, guint8 number, guint8 *level)
{
  RflRtp rtp;

  if (!rfl_rtp_parse (&rtp, packet, len) || rtp.extension == NULL)
    return FALSE;
  if (rtp.extension_profile == ONE_OCTET)
    return find_short (rtp.extension, rtp.extension_len, number, level);
  if ((rtp.extension_profile & 0xfff0) == TWO_OCTETS)
    return find_long (rtp.extension, rtp.extension_len, number, level);
  return FALSE;
}
