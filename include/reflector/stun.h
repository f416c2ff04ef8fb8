/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* STUN messages (RFC 8489) with the attributes of ICE (RFC 8445): a pure parser and writer without state.
 * Not an agent: who is answered what is the plugin's.
 *
 * Nothing here keeps what it is given; any thread.
 */
#pragma once

#include <reflector/address.h>

G_BEGIN_DECLS

#define RFL_STUN_HEADER 20
#define RFL_STUN_TRANSACTION 12
/* The longest message that rfl_stun_write_… make, and that is read: RFC 8489 §6.1 wants no more than
 * what passes without fragments. */
#define RFL_STUN_MAX 1280
/* Unknown attributes that are remembered. */
#define RFL_STUN_MAX_UNKNOWN 8

/* Method and class as they stand in the first two octets. */
typedef enum {
  RFL_STUN_BINDING_REQUEST = 0x0001,
  RFL_STUN_BINDING_INDICATION = 0x0011,
  RFL_STUN_BINDING_SUCCESS = 0x0101,
  RFL_STUN_BINDING_ERROR = 0x0111
} RflStunType;

/**
 * RflStun:
 * @type: an RflStunType, or of another method
 * @transaction: RFL_STUN_TRANSACTION octets
 * @username: (nullable): not terminated
 * @mapped: XOR-MAPPED-ADDRESS, else MAPPED-ADDRESS; family 0: neither
 * @controlling, @controlled: ICE-CONTROLLING or ICE-CONTROLLED with @tie_breaker
 * @error: of ERROR-CODE, 0: none
 * @unknown: attributes that must be understood and are not, the first of @n_unknown
 * @integrity: (nullable): where MESSAGE-INTEGRITY begins; what follows it is not read, but FINGERPRINT
 * @fingerprint: whether there is a FINGERPRINT; it is right then
 */
typedef struct {
  guint16 type;
  const guint8 *data;
  gsize len;
  const guint8 *transaction;
  const char *username;
  gsize username_len;
  RflAddress mapped;
  gboolean has_priority;
  guint32 priority;
  gboolean use_candidate, controlling, controlled;
  guint64 tie_breaker;
  guint16 error;
  guint16 unknown[RFL_STUN_MAX_UNKNOWN];
  guint n_unknown;
  const guint8 *integrity;
  gboolean fingerprint;
} RflStun;

/* Points into @data. Returns: %FALSE unless @data is one well-formed message with the magic cookie, whose
 * FINGERPRINT, if there is one, is right; then @out is unchanged. */
RFL_EXPORT gboolean rfl_stun_parse (RflStun *out, const guint8 *data, gsize len);
/* Whether it has a MESSAGE-INTEGRITY made with @password (short-term credentials, RFC 8489 §9.1). */
RFL_EXPORT gboolean rfl_stun_check_integrity (const RflStun *stun, const char *password);

/**
 * RflStunWriter:
 *
 * A message on the stack: rfl_stun_write_begin(), attributes, then integrity and fingerprint, each of
 * which covers all before it. What does not fit is left out.
 */
typedef struct {
  guint8 data[RFL_STUN_MAX];
  gsize len;
} RflStunWriter;

/* @transaction: RFL_STUN_TRANSACTION octets */
RFL_EXPORT void rfl_stun_write_begin (RflStunWriter *w, guint16 type, const guint8 *transaction);
RFL_EXPORT void rfl_stun_write_xor_mapped (RflStunWriter *w, const RflAddress *address);
/* @code: 300 to 699; @reason: at most 127 octets of UTF-8 */
RFL_EXPORT void rfl_stun_write_error (RflStunWriter *w, guint16 code, const char *reason);
RFL_EXPORT void rfl_stun_write_unknown (RflStunWriter *w, const guint16 *types, guint n);
RFL_EXPORT void rfl_stun_write_username (RflStunWriter *w, const char *username);
RFL_EXPORT void rfl_stun_write_priority (RflStunWriter *w, guint32 priority);
RFL_EXPORT void rfl_stun_write_use_candidate (RflStunWriter *w);
RFL_EXPORT void rfl_stun_write_role (RflStunWriter *w, gboolean controlling, guint64 tie_breaker);
RFL_EXPORT void rfl_stun_write_integrity (RflStunWriter *w, const char *password);
RFL_EXPORT void rfl_stun_write_fingerprint (RflStunWriter *w);

G_END_DECLS
