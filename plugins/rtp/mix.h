/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Audio with the service "mixer". Not the mixer's interface: see <reflector/mixer.h>. */
#pragma once

#include "plugins/rtp/rtp.h"

/* Whether media of @kind can be mixed at all. */
gboolean rtp_mix_is_possible (const RtpKind *kind);
/* @codec: (nullable): the session's, which is best since others share its frames.
 * Returns: (nullable): the one of @offer that its maker is to speak with the mixer */
const RflFormat *rtp_mix_choose (const RtpKind *kind, const RflFormat *codec,
                                 const GPtrArray *offer);
/* Appends to @answer what the mixer knows of @offer: others may speak that. */
void rtp_mix_extend (const RtpKind *kind, GPtrArray *answer, const GPtrArray *offer);
/* Returns: (transfer full) (nullable) (element-type RflFormat): what the mixer knows, for offers of ours */
GPtrArray *rtp_mix_list (const RtpKind *kind);

/* Whether a route with @formats has or can get @codec. */
gboolean rtp_mix_has_room (const GPtrArray *formats, const RflFormat *codec);
/* Appends to @route what it lacks of @answer, as far as there is room. */
void rtp_mix_append (RflRoute *route, const GPtrArray *answer);

/* Its owner sends @pt, which is in its offer and not in use: takes it if the mixer knows the codec.
 * Returns: whether the formats have changed */
gboolean rtp_mix_learn (RtpMedium *m, guint8 pt);

/* Completes @spec, whose mode is RFL_LEG_MIX; RFL_LEG_ONE where the mixer refuses. */
void rtp_mix_attach (RtpMedium *m, RflLegSpec *spec);
/* Its leg is gone. */
void rtp_mix_detach (RtpMedium *m);
/* Whether its leg is attached with what is agreed now; %TRUE if it is not attached. */
gboolean rtp_mix_is_current (const RtpMedium *m);
