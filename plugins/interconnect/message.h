/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The messages of a link as values, and their encoding (doc/link-protocol.md). Pure: no
 * peer, no clock, no socket. Not for what carries them: see frame.h and channel.h.
 */
#pragma once

#include <reflector/format.h>
#include <reflector/session.h>

/* So that a message, its frame and the compound around it stay within 1,200 octets. */
#define LINK_MAX_BODY 1040
#define LINK_MAX_MEDIA 8
#define LINK_MAX_FORMATS 8
/* HELLO.FEATURES: takes sources of other codecs than the session's, since it has a mixer. */
#define LINK_FEATURE_MIXES (1u << 0)
/* What is announced is summed up in so many buckets. */
#define LINK_N_BUCKETS 64
/* Octets of a text in one message, so that every session and participant fit beside it. */
#define LINK_MAX_TEXT 640
/* Numbers of header extensions that have headers of one octet (RFC 8285 §4.2). */
#define LINK_MAX_EXTENSION 14

/**
 * LinkType:
 *
 * Types below 16 are unsequenced. LINK_RTCP is not a message of a frame: it names what the
 * APP packet before a participant's RTCP carries.
 */
typedef enum {
  LINK_RTCP = 0,
  LINK_HELLO = 1,
  LINK_GOODBYE = 2,
  LINK_JOIN = 16,
  LINK_LEAVE = 17,
  LINK_SOURCE = 18,
  LINK_SOURCE_END = 19,
  LINK_DIGEST = 20,
  LINK_SYNC = 21,
  LINK_RETELL = 22,
  LINK_RETOLD = 23,
  LINK_TEXT = 24,
  LINK_SERVICE = 25
} LinkType;

#define LINK_FIRST_SEQUENCED 16

typedef struct {
  guint8 index;
  char *kind;
  RflDirection direction;
  gboolean accepted;
  GPtrArray *formats; /* RflFormat */
} LinkMedium;

LinkMedium *link_medium_new (guint8 index, const char *kind);
/* Copies of @formats (element-type RflFormat), as many as a message may have; parameters that are
 * too long for a message stay behind. */
void link_medium_take_formats (LinkMedium *medium, const GPtrArray *formats);
void link_medium_free (LinkMedium *medium);

/* Of one bucket: how many JOIN and SOURCE are in force, and the sum of their hashes. */
typedef struct {
  guint32 count;
  guint64 hash;
} LinkSum;

/**
 * LinkMessage:
 * @hash: what was decoded: link_body_hash() of it
 * @sums: LinkSum of the buckets from @first_bucket on
 * @buckets: a set, bit k is bucket k
 * @more: the text goes on in the next message
 * @audio_level: of a source: number of the header extension of its packets' audio levels, 0: none
 * @service: four characters, or empty; @kind, @body: the service's own, @body may be %NULL
 *
 * Only what the type has is set; strings are owned.
 */
typedef struct {
  guint8 type;
  guint64 hash;
  char *reflector;
  guint32 features;
  char *session;
  char *participant;
  char *identity, *display_name, *cname;
  GPtrArray *media; /* LinkMedium */
  guint32 label, ssrc;
  guint first_bucket;
  GArray *sums;
  guint64 buckets;
  char *text;
  gboolean more;
  guint8 audio_level;
  char service[5];
  guint8 kind;
  GBytes *body;
} LinkMessage;

LinkMessage *link_message_new (guint8 type);
void link_message_free (LinkMessage *message);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinkMessage, link_message_free)

/* What a message of @type with this body adds to the sum of its bucket. */
guint64 link_body_hash (guint8 type, const guint8 *body, gsize len);
/* The bucket of all that is said of the participant @id. */
guint link_bucket (const char *id);
/* Whether this side knows @type; others are skipped. */
gboolean link_type_is_known (guint8 type);
/* The body alone. Returns: (transfer full): %NULL when it does not fit LINK_MAX_BODY or a
 * member is longer than its field. */
GByteArray *link_message_encode (const LinkMessage *message);
/* Returns: (transfer full): %NULL with RFL_ERROR_MALFORMED. */
LinkMessage *link_message_decode (guint8 type, const guint8 *body, gsize len, GError **error);
