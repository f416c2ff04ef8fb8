/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Holds the place of core/rtcp/ until its policy stands; the commit that brings it takes this
 * file away. Carries nothing.
 */
#include "core/core-private.h"

void
rfl_rtcp_watch (RflRoute *route)
{
}

void
rfl_route_receive_rtcp (RflRoute *route, RflMedium *from, const guint8 *data, gsize len)
{
}

void
rfl_source_request_keyframe (RflSource *source)
{
}
