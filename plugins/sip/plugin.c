/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The descriptor of the plugin, and nothing else. */
#include "plugins/sip/instance.h"

static const char *const requires[] = { "rtp", NULL };
static const char *const provides[] = { "caller", NULL };
static const char *const wants[] = { "credentials", "auth", "access", NULL };

RFL_PLUGIN (.name = "sip", .version = "1", .summary = "SIP calls become participants",
            .flags = RFL_PLUGIN_DEFAULT, .provides = provides, .requires = requires, .wants = wants,
            .options = sip_options, .new = sip_instance_new, .configure = sip_instance_configure,
            .start = sip_instance_start, .reconfigure = sip_instance_reconfigure,
            .stop = sip_instance_stop, .free = sip_instance_free, .status = sip_instance_status);
