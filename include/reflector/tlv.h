/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fields of type, length and value, in which the bodies of control messages and of link messages
 * are written: 2 octets type, 2 octets length of the value, the value, zeros up to a multiple of
 * four octets; numbers in network byte order. Not for what a field means: that is its protocol's.
 *
 * Pure, without state; any thread. Values are never empty: a field that has nothing to say is left out.
 */
#pragma once

#include <reflector/types.h>

G_BEGIN_DECLS

/* @value: %NULL: there is no such field; else @len octets inside the body, at least one. Lent */
typedef struct {
  const guint8 *value;
  gsize len;
} RflTlv;

/**
 * rfl_tlv_read:
 * @fields: (out caller-allocates): by type, @n_types of them; [0] is not used
 *
 * Reads a whole body. Types from @n_types on are unknown and skipped.
 * Returns: %FALSE if @body is malformed or has a known field twice.
 */
RFL_EXPORT gboolean rfl_tlv_read (const guint8 *body, gsize len, RflTlv *fields, guint n_types);
/**
 * rfl_tlv_next:
 * @at, @left: (inout): the rest of the body, the whole at first
 *
 * For bodies in which a field may stand more than once.
 * Returns: %FALSE at the end, when @left is 0, and before a malformed field, when it is not.
 */
RFL_EXPORT gboolean rfl_tlv_next (const guint8 **at, gsize *left, guint16 *type, RflTlv *out);

/* All return %FALSE, and leave @out alone, when the field is not there or is no such thing. */
RFL_EXPORT gboolean rfl_tlv_get_u8 (const RflTlv *field, guint8 *out);
RFL_EXPORT gboolean rfl_tlv_get_u16 (const RflTlv *field, guint16 *out);
RFL_EXPORT gboolean rfl_tlv_get_u32 (const RflTlv *field, guint32 *out);
RFL_EXPORT gboolean rfl_tlv_get_u64 (const RflTlv *field, guint64 *out);
/* Copies exactly @len octets: keys and hashes. */
RFL_EXPORT gboolean rfl_tlv_get_octets (const RflTlv *field, guint8 *out, gsize len);
/* Returns: (transfer full) (nullable): the text, of at most @max octets, if it is UTF-8 without
 * control characters (U+0000 to U+001F, U+007F to U+009F), so that it may be logged and shown. */
RFL_EXPORT char *rfl_tlv_dup_text (const RflTlv *field, gsize max);

/* Append one field. An empty value appends nothing; one above 65,535 octets is a programmer's error. */
RFL_EXPORT void rfl_tlv_put (GByteArray *body, guint16 type, gconstpointer value, gsize len);
RFL_EXPORT void rfl_tlv_put_u8 (GByteArray *body, guint16 type, guint8 value);
RFL_EXPORT void rfl_tlv_put_u16 (GByteArray *body, guint16 type, guint16 value);
RFL_EXPORT void rfl_tlv_put_u32 (GByteArray *body, guint16 type, guint32 value);
RFL_EXPORT void rfl_tlv_put_u64 (GByteArray *body, guint16 type, guint64 value);
/* @text: (nullable). Of a text longer than @max octets what fits is put, cut between characters. */
RFL_EXPORT void rfl_tlv_put_text (GByteArray *body, guint16 type, const char *text, gsize max);

G_END_DECLS
