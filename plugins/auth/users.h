/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The users file: one user per line, `user:realm:ALGORITHM:HA1`, or `user:realm:HA1` as
 * htdigest writes it (MD5). HA1 is the hash of user:realm:password. Empty lines and those that
 * start with # are ignored. Not for changing the file: that is reflectorctl's.
 */
#pragma once

#include "plugins/auth/algorithm.h"

typedef struct _AuthUsers AuthUsers;

/* All or nothing: a bad line is RFL_ERROR_CONFIG with "FILE:LINE: …", which never has a hash
 * in it. A file that others may read is refused. */
AuthUsers *auth_users_load (const char *path, GError **error);
/* The same from memory; @name stands for the file's in errors. */
AuthUsers *auth_users_parse (const char *name, const char *data, gsize len, GError **error);
void auth_users_free (AuthUsers *users);
/* Returns: (nullable): HA1 in lower-case hexadecimal, lent */
const char *auth_users_find (const AuthUsers *users, const char *user, const char *realm,
                             AuthAlgorithm algorithm);
/* How many users @realm has, and how many of them a hash of @algorithm. */
guint auth_users_count (const AuthUsers *users, const char *realm);
guint auth_users_count_hashes (const AuthUsers *users, const char *realm, AuthAlgorithm algorithm);
/* How many of them have none of the algorithms in @weaker beside, a set of bits 1 << AuthAlgorithm. */
guint auth_users_count_only (const AuthUsers *users, const char *realm, AuthAlgorithm algorithm,
                             guint weaker);
/* Returns: (transfer full): the realms that have users, in no order */
char **auth_users_list_realms (const AuthUsers *users);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AuthUsers, auth_users_free)
