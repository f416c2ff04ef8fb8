/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a fuzz target defines. Not for what it calls.
 *
 * A target fuzz-NAME.c feeds its parser and aborts (g_assert_…) where a promise of the
 * interface is broken. It keeps no state between inputs and frees what it allocates.
 */
#pragma once

#include <glib.h>
#include <string.h>

/* Returns: 0. @data has exactly @size octets and is not terminated. */
int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);
