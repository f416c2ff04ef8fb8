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
/* How many lines are about @realm and @algorithm */
guint auth_users_count (const AuthUsers *users, const char *realm, AuthAlgorithm algorithm);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AuthUsers, auth_users_free)
