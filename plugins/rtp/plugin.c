/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The descriptor, and nothing else: unit tests link all the rest. */
#include "plugins/rtp/rtp.h"

static const char *const wants[] = { "mixer", RFL_ICE_SERVICE, NULL };

RFL_PLUGIN (.name = "rtp", .version = "1",
            .summary = "reflects RTP and RTCP of audio and video between participants",
            .flags = RFL_PLUGIN_DEFAULT, .wants = wants, .options = rtp_options,
            .new = rtp_plugin_new, .configure = rtp_plugin_configure, .start = rtp_plugin_start,
            .reconfigure = rtp_plugin_reconfigure, .stop = rtp_plugin_stop, .free = rtp_plugin_free,
            .status = rtp_plugin_status);
