/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Audio levels of packets, read where they pass: what senders write into them (RFC 6464), else what G.711 says by
 * itself. Not for other senders.
 */
#pragma once

#include "plugins/switcher/loudness.h"
#include <reflector/reflector.h>

typedef struct _SwitcherTap SwitcherTap;

/* @n_sources: how many it is to have room for. Main thread, as everything here. */
SwitcherTap *switcher_tap_new (RflCore *core, RflRoute *route, guint n_sources);
/* No worker looks at it any more when this returns. %NULL is allowed. */
void switcher_tap_free (SwitcherTap *tap);
/* Reads @source from now on: its audio levels, else what its format says. Returns: %FALSE if there is no room for
 * another one. */
gboolean switcher_tap_watch (SwitcherTap *tap, const RflSource *source);
/* Whether anything of @source can be read. */
gboolean switcher_tap_understands (const RflSource *source);
/* The mean level of @source since the last time it was asked for, dBov. Returns: %FALSE if no packet had
 * one. */
gboolean switcher_tap_take (SwitcherTap *tap, const RflSource *source, gint *dbov);
