/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The descriptor of control. Not its code: see instance.c. */
#include "config.h"

#include "plugins/control/instance.h"

static const char *const provides[] = { RFL_CONTROL_SERVICE, NULL };

RFL_PLUGIN (.name = "control", .version = PACKAGE_VERSION,
            .summary = "reliable messages with participants in RTCP APP packets",
            .flags = RFL_PLUGIN_DEFAULT, .provides = provides, .options = control_options,
            .new = control_instance_new, .configure = control_instance_configure,
            .start = control_instance_start, .reconfigure = control_instance_reconfigure,
            .stop = control_instance_stop, .free = control_instance_free,
            .status = control_instance_status);
