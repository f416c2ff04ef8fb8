/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The elements of an RTP header extension, with headers of one octet or of two (RFC 8285 §4). Does not know
 * what they mean.
 */
#include <reflector/rtp.h>

#define ONE_OCTET 0xbede
#define TWO_OCTETS 0x1000 /* its last four bits are the application's */
#define STOP 15

/* §4.2: number 0 with a length ends what can be read, as 15 does. */
static const guint8 *
find_short (const guint8 *p, gsize left, guint8 number, gsize *len)
{
  while (left > 0)
    {
      guint8 id = p[0] >> 4;
      gsize size = p[0] == 0 ? 1 : (p[0] & 0x0f) + 2u;

      if (id == STOP || (id == 0 && p[0] != 0) || size > left)
        return NULL;
      if (id == number)
        {
          *len = size - 1;
          return p + 1;
        }
      p += size;
      left -= size;
    }
  return NULL;
}

static const guint8 *
find_long (const guint8 *p, gsize left, guint8 number, gsize *len)
{
  while (left > 0)
    {
      gsize size = p[0] == 0 ? 1 : left < 2 ? left + 1 : 2u + p[1];

      if (size > left)
        return NULL;
      if (p[0] == number)
        {
          *len = size - 2;
          return p + 2;
        }
      p += size;
      left -= size;
    }
  return NULL;
}

const guint8 *
rfl_rtp_find_extension (const RflRtp *rtp, guint8 number, gsize *len)
{
  *len = 0;
  if (number == 0 || rtp->extension == NULL)
    return NULL;
  if (rtp->extension_profile == ONE_OCTET)
    return find_short (rtp->extension, rtp->extension_len, number, len);
  if ((rtp->extension_profile & 0xfff0) == TWO_OCTETS)
    return find_long (rtp->extension, rtp->extension_len, number, len);
  return NULL;
}
