/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replacing SSRCs in RTCP where the two sides of a link call a source differently, because its
 * SSRC was taken at the side that it came to. Pure. Not for labels: those are on RTP only.
 */
#pragma once

#include <glib.h>

/* Returns: what @ssrc is to be instead, often itself. */
typedef guint32 (*LinkMapFunc) (guint32 ssrc, gpointer user_data);

/* Those who speak: senders of reports, SDES chunks, BYE. @data: valid RTCP, changed in place */
void link_map_senders (guint8 *data, gsize len, LinkMapFunc map, gpointer user_data);
/* Those who are spoken of: report blocks (of XR too), targets of feedback. */
void link_map_targets (guint8 *data, gsize len, LinkMapFunc map, gpointer user_data);
