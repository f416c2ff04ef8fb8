/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a caller receives when its URI does not say: by room, by kind of phone, by default. Not
 * whether that is possible: the media's plugin knows.
 */
#pragma once

#include "plugins/sip/sdp/sdp.h"
#include <reflector/option.h>

typedef struct _SipModeRules SipModeRules;

/* Members of the option `modes`, and the values of `audio_mode` and `video_mode`. */
extern const RflOption sip_mode_members[];
extern const char *const sip_mode_audio_choices[];
extern const char *const sip_mode_video_choices[];

/* Returns: (transfer full): `modes`, `audio_mode` and `video_mode` of @from; %NULL with
 * RFL_ERROR_CONFIG */
SipModeRules *sip_mode_rules_read (const RflSettings *from, GError **error);
void sip_mode_rules_free (SipModeRules *rules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SipModeRules, sip_mode_rules_free)

/* @room: UTF-8; @agent: (nullable): as the phone writes it */
SipModes sip_mode_choose (const SipModeRules *rules, const char *room, const char *agent);
/* What `mode=` of a URI means for each medium: there is no mix of pictures. */
SipModes sip_mode_of_all (RflLegMode mode);
