/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Audio levels that senders write into their packets (RFC 6464), read where the packets pass. Not for
 * senders who write none.
 */
#pragma once

#include <reflector/reflector.h>

typedef struct _SwitcherTap SwitcherTap;

/* @n_sources: how many it is to have room for. Main thread, as everything here. */
SwitcherTap *switcher_tap_new (RflCore *core, RflRoute *route, guint n_sources);
/* No worker looks at it any more when this returns. %NULL is allowed. */
void switcher_tap_free (SwitcherTap *tap);
/* Reads extension @number of @source from now on. Returns: %FALSE if there is no room for another one. */
gboolean switcher_tap_watch (SwitcherTap *tap, const RflSource *source, guint8 number);
/* The mean level of @source since the last time it was asked for, dBov. Returns: %FALSE if no packet had
 * one. */
gboolean switcher_tap_take (SwitcherTap *tap, const RflSource *source, gint *dbov);

/* The level in an RTP packet, 0 to 127 dB below overload. Returns: %FALSE if extension @number is not there.
 * Pure. */
gboolean switcher_read_level (const guint8 *packet, gsize len, guint8 number, guint8 *level);
