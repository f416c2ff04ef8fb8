/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How late packets have come in the last ten seconds, against their own clock. Not for single packets.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MIX_TRANSIT_PARTS 20

/* Half a second each; what @part is filled now. */
typedef struct {
  gint64 most[MIX_TRANSIT_PARTS], least[MIX_TRANSIT_PARTS];
  guint n, part;
  gint64 since;
} MixTransit;

/* @now: samples that have been pulled; @transit: @now less the time of a packet that has come;
 * @part: samples in half a second */
void mix_transit_add (MixTransit *transit, gint64 now, gint64 value, guint part);
/* What nearly all keep to: the most, but for one half second that may have been worse. */
gint64 mix_transit_most (const MixTransit *transit);
gint64 mix_transit_least (const MixTransit *transit);

G_END_DECLS
