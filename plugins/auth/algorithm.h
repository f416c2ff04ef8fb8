/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hash algorithms of HTTP digest (RFC 7616 §6.1) and comparing without telling where
 * two values differ. Not for the -sess variants, which nobody here offers.
 */
#pragma once

#include <glib.h>

/* In the order of their strength. */
typedef enum {
  AUTH_MD5,
  AUTH_SHA256,
  AUTH_N_ALGORITHMS
} AuthAlgorithm;

/* Compared without case. */
gboolean auth_algorithm_parse (const char *name, AuthAlgorithm *out);
const char *auth_algorithm_get_name (AuthAlgorithm algorithm);
/* Length of a hash in hexadecimal digits */
gsize auth_algorithm_get_length (AuthAlgorithm algorithm);
/* The hash of @parts, joined by colons, in lower-case hexadecimal. */
char *auth_algorithm_hash (AuthAlgorithm algorithm, const char *const *parts);

/* Compares @len octets in a time that does not depend on what they are. */
gboolean auth_equal (const char *a, const char *b, gsize len);
