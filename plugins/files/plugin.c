/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The descriptor of files. Not its code: see instance.c. */
#include "config.h"

#include "plugins/files/files.h"

static const char *const wants[] = { RFL_CONTROL_SERVICE, RFL_LINKS_SERVICE,
                                     RFL_CREDENTIALS_SERVICE, NULL };

RFL_PLUGIN (.name = "files", .version = PACKAGE_VERSION, .summary = "files for everybody in a room",
            .flags = RFL_PLUGIN_DEFAULT, .wants = wants, .options = files_options, .new = files_new,
            .configure = files_configure, .start = files_start, .reconfigure = files_reconfigure,
            .stop = files_stop, .free = files_free, .status = files_status);
