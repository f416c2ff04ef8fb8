/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The descriptor of the interconnection. All of its code is in liblink.la. */
#include "plugins/interconnect/link.h"

static const char *const provides[] = { RFL_LINKS_SERVICE, NULL };
static const char *const wants[] = { "rtp", "mixer", NULL };

RFL_PLUGIN (.name = "interconnect", .version = "1",
            .summary = "links with other reflectors: RTP relay and RTCP relay",
            .flags = RFL_PLUGIN_DEFAULT, .provides = provides, .wants = wants,
            .options = link_options, .new = link_plugin_new, .configure = link_plugin_configure,
            .start = link_plugin_start, .reconfigure = link_plugin_reconfigure,
            .stop = link_plugin_stop, .free = link_plugin_free, .status = link_plugin_status);
