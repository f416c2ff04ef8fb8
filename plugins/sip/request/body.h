/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a message carries, by its Content-Type. Not what stands in it. */
#pragma once

#include <glib.h>
#include <sofia-sip/sip.h>

gboolean sip_body_is_there (const sip_t *sip);
/* Whether the body is of @type, "application/sdp" say, and not encoded. */
gboolean sip_body_is (const sip_t *sip, const char *type);
