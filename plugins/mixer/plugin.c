/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The descriptor, and nothing else: unit tests link all the rest. */
#include "config.h"

#include "plugins/mixer/mixer.h"

static const char *const provides[] = { RFL_MIXER_SERVICE, NULL };

RFL_PLUGIN (.name = "mixer", .version = PACKAGE_VERSION,
            .summary = "one stream for each phone: the sum of everybody else",
            .flags = RFL_PLUGIN_DEFAULT | RFL_PLUGIN_OPTIONAL, .provides = provides,
            .options = mixer_options, .new = mixer_new, .configure = mixer_configure,
            .start = mixer_start, .reconfigure = mixer_reconfigure, .stop = mixer_stop,
            .free = mixer_free, .status = mixer_status);
