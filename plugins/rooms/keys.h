/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys that participants of this reflector press, as RFL_EVENT_DIGIT: from telephone-event packets on every
 * audio route. Not for what a key means, nor for those that come in SIP INFO.
 */
#pragma once

#include <reflector/reflector.h>

typedef struct _RoomsKeys RoomsKeys;

/* Main thread, all of these. */
RoomsKeys *rooms_keys_new (RflCore *core);
gboolean rooms_keys_start (RoomsKeys *keys, GError **error);
/* No worker runs anything of it any more when this returns. */
void rooms_keys_stop (RoomsKeys *keys);
/* @rate: keys that one participant may press in a second */
void rooms_keys_set_rate (RoomsKeys *keys, guint rate);
/* %NULL is allowed. */
void rooms_keys_free (RoomsKeys *keys);
