/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Digest access authentication, the client's side (RFC 7616, RFC 8760). Pure.
 */
#pragma once

#include <glib.h>

typedef struct {
  const char *realm, *nonce, *opaque; /* @opaque may be %NULL */
  const char *algorithm;              /* "MD5", "SHA-256"; %NULL is MD5 */
  gboolean has_qop, qop_auth;         /* whether qop was said, and whether "auth" is in it */
} ClientChallenge;

/* 0: cannot be answered; else the higher the better. */
guint client_challenge_rank (const ClientChallenge *challenge);
/**
 * client_digest_write:
 * @cnonce: used if there is a qop; nonce count is 1
 *
 * Returns: (transfer full): the value of an Authorization header
 */
char *client_digest_write (const ClientChallenge *challenge, const char *user, const char *password,
                           const char *method, const char *uri, const char *cnonce);
