/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys in the bodies of INFO requests: application/dtmf-relay and application/dtmf. Not for those in RTP. */
#pragma once

#include <glib.h>

/* "Signal=5", perhaps among other lines. Returns: 0-9, *, #, A-D, or 0: there is none */
char sip_dtmf_read_relay (const char *body, gsize len);
/* The key alone, or its number (10 is *, 11 is #). */
char sip_dtmf_read_plain (const char *body, gsize len);
