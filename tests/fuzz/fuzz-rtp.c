/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feeds rfl_rtp_parse() and holds it to what its header promises. */
#include <reflector/rtp.h>

#include "tests/fuzz/fuzz.h"

/* Reads it all, for the address sanitizer. */
static void
read_all (const guint8 *data, gsize len)
{
  gsize sum = 0;

  for (gsize i = 0; i < len; i++)
    sum += data[i];
  g_assert_cmpuint (sum, <=, 255 * len);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  RflRtp rtp, again;
  guint8 header[RFL_RTP_MIN_HEADER];
  RflPacketClass class = rfl_packet_classify (data, size);

  if (!rfl_rtp_parse (&rtp, data, size))
    return 0;
  g_assert_cmpuint (rtp.header_len + rtp.payload_len, <=, size);
  g_assert_true (rtp.payload == data + rtp.header_len);
  g_assert_true ((rtp.csrc != NULL) == (rtp.n_csrc > 0));
  g_assert_true (class == RFL_CLASS_RTP || class == RFL_CLASS_RTCP);
  read_all (rtp.csrc, 4 * rtp.n_csrc);
  read_all (rtp.extension, rtp.extension_len);
  read_all (rtp.payload, rtp.payload_len);
  for (guint number = 0; number <= 255; number++)
    {
      gsize len;
      const guint8 *found = rfl_rtp_find_extension (&rtp, number, &len);
      g_assert_true (
          found == NULL
          || (found > rtp.extension && found + len <= rtp.extension + rtp.extension_len));
      read_all (found, len);
    }

  g_assert_cmpuint (rfl_rtp_write (&rtp, header, sizeof header), ==, sizeof header);
  g_assert_true (rfl_rtp_parse (&again, header, sizeof header));
  g_assert_true (rtp.marker == again.marker && rtp.pt == again.pt && rtp.seq == again.seq
                 && rtp.timestamp == again.timestamp && rtp.ssrc == again.ssrc);
  return 0;
}
