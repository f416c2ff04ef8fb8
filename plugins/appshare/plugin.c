/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The descriptor of appshare. Not its code: see instance.c. */
#include "config.h"

#include "plugins/appshare/appshare.h"

static const char *const provides[] = { RFL_SHARES_SERVICE, NULL };
static const char *const wants[] = { RFL_CONTROL_SERVICE, RFL_LINKS_SERVICE, NULL };

RFL_PLUGIN (.name = "appshare", .version = PACKAGE_VERSION, .summary = "application sharing",
            .flags = RFL_PLUGIN_DEFAULT, .provides = provides, .wants = wants,
            .options = appshare_options, .new = appshare_new, .configure = appshare_configure,
            .start = appshare_start, .reconfigure = appshare_reconfigure, .stop = appshare_stop,
            .free = appshare_free, .status = appshare_status);
