/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The number of the header extension for audio levels (RFC 6464). Reads no packet. */
#pragma once

#include <reflector/session.h>

/* Packets go to others with their extensions as they are, so all of a session use one number: that of
 * the first who offered one. Whoever offers another one goes without.
 * Returns: the number for the answer to @desc, or 0 */
guint8 rtp_level_agree (RflSession *session, const RflMediumDesc *desc);
/* Returns: the number for offers of ours */
guint8 rtp_level_get (RflSession *session);
