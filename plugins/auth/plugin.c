/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The descriptor of auth. Not its code: see instance.c. */
#include "config.h"

#include <reflector/reflector.h>

#include "plugins/auth/instance.h"

static const char *const provides[] = { RFL_CREDENTIALS_SERVICE, NULL };

RFL_PLUGIN (.name = "auth", .version = PACKAGE_VERSION, .summary = "digest authentication",
            .provides = provides, .options = auth_options, .new = auth_instance_new,
            .configure = auth_instance_configure, .start = auth_instance_start,
            .reconfigure = auth_instance_reconfigure, .stop = auth_instance_stop,
            .free = auth_instance_free, .status = auth_instance_status);
