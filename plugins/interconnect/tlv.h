/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers of the link protocol that only the encoder and the decoder of messages share
 * (doc/link-protocol.md, "Fields"). Not for anybody who uses messages.
 */
#pragma once

#include <glib.h>

typedef enum {
  LINK_TLV_REFLECTOR = 1,
  LINK_TLV_FEATURES = 2,
  LINK_TLV_SESSION = 3,
  LINK_TLV_PARTICIPANT = 4,
  LINK_TLV_IDENTITY = 5,
  LINK_TLV_NAME = 6,
  LINK_TLV_CNAME = 7,
  LINK_TLV_LABEL = 8,
  LINK_TLV_SSRC = 9,
  LINK_TLV_MEDIUM = 10,
  LINK_TLV_FORMAT = 11,
  LINK_TLV_SUMS = 12,
  LINK_TLV_BUCKETS = 13,
  LINK_TLV_TEXT = 14,
  LINK_TLV_MORE = 15,
  LINK_TLV_AUDIO_LEVEL = 16,
  LINK_TLV_SERVICE = 17,
  LINK_TLV_KIND = 18,
  LINK_TLV_BODY = 19
} LinkTlv;

#define LINK_LAST_TLV LINK_TLV_BODY
#define LINK_BIT(tlv) (1u << (tlv))

#define LINK_MAX_TOKEN 32
#define LINK_MAX_FMTP 512
#define LINK_MEDIUM_ACCEPTED 1
#define LINK_SUM_SIZE 12

/* LINK_BIT()s of the fields without which a message of @type means nothing. */
guint32 link_type_fields (guint8 type);
/* The longest value of a field, in octets. */
gsize link_tlv_max (guint16 type);
