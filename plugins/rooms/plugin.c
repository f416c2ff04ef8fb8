/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The descriptor of rooms. Not its code: see instance.c. */
#include "config.h"

#include "plugins/rooms/instance.h"

static const char *const provides[] = { RFL_ROOMS_SERVICE, NULL };
static const char *const wants[] = { RFL_MIXER_SERVICE, NULL };

RFL_PLUGIN (.name = "rooms", .version = PACKAGE_VERSION, .summary = "mute, kick, PINs and keys",
            .flags = RFL_PLUGIN_DEFAULT, .provides = provides, .wants = wants,
            .options = rooms_options, .new = rooms_instance_new,
            .configure = rooms_instance_configure, .start = rooms_instance_start,
            .reconfigure = rooms_instance_reconfigure, .stop = rooms_instance_stop,
            .free = rooms_instance_free, .status = rooms_instance_status);
