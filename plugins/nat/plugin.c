/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The descriptor, and nothing else: unit tests link all the rest. */
#include "plugins/nat/nat.h"

static const char *const provides[] = { RFL_ICE_SERVICE, NULL };

RFL_PLUGIN (.name = "nat", .version = "1",
            .summary = "finds participants behind NATs: ICE, STUN, checkip",
            .flags = RFL_PLUGIN_DEFAULT, .provides = provides, .options = nat_options,
            .new = nat_plugin_new, .configure = nat_plugin_configure, .start = nat_plugin_start,
            .reconfigure = nat_plugin_reconfigure, .stop = nat_plugin_stop, .free = nat_plugin_free,
            .status = nat_plugin_status);
