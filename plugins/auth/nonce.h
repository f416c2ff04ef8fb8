/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nonces that need no memory until somebody has used one with the right password: time and
 * number, signed with a key of this process (RFC 7616 §3.3). Then their counts are
 * remembered, so that no answer is taken twice. Not for passwords.
 */
#pragma once

#include <glib.h>

typedef struct _AuthNonces AuthNonces;

typedef enum {
  AUTH_NONCE_VALID,
  AUTH_NONCE_EXPIRED,
  AUTH_NONCE_FOREIGN /* not made here, or for another realm */
} AuthNonceState;

/* @max: how many used nonces are remembered; beyond that the oldest ones expire early */
AuthNonces *auth_nonces_new (guint max);
void auth_nonces_free (AuthNonces *nonces);
void auth_nonces_set_max (AuthNonces *nonces, guint max);
/* @now: rfl_clock_now() */
char *auth_nonces_make (AuthNonces *nonces, const char *realm, gint64 now);
AuthNonceState auth_nonces_judge (const AuthNonces *nonces, const char *nonce, const char *realm,
                                  gint64 now, gint64 lifetime);
/* Takes count @nc of a @nonce that was judged valid. Returns: %FALSE if it was used before, or
 * is so far behind that this cannot be told. */
gboolean auth_nonces_use (AuthNonces *nonces, const char *nonce, guint32 nc);
guint auth_nonces_count (const AuthNonces *nonces);
/* A hash that belongs to nobody, @len digits long, the same at each call. */
char *auth_nonces_decoy (const AuthNonces *nonces, gsize len);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AuthNonces, auth_nonces_free)
