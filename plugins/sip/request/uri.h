/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a caller says with URIs: the room, the mode, himself; and himself to others. Not where
 * messages go: see target.h.
 */
#pragma once

#include <reflector/session.h>
#include <sofia-sip/sip.h>

#define SIP_ROOM_MAX 255
#define SIP_IDENTITY_MAX 255

/**
 * sip_uri_get_room:
 *
 * The session's name: the user part of a Request-URI, unescaped.
 *
 * Returns: (transfer full): %NULL with RFL_ERROR_NOT_FOUND (no name, too long a name) or
 *   RFL_ERROR_MALFORMED (escapes, control characters, not UTF-8)
 */
char *sip_uri_get_room (const url_t *url, GError **error);
/* The parameter `mode=all|mix|one`. @said: (out): whether it is there; without it @mode is
 * RFL_LEG_ALL. RFL_ERROR_MALFORMED. */
gboolean sip_uri_get_mode (const url_t *url, gboolean *said, RflLegMode *mode, GError **error);
/* (transfer full) (nullable): the parameter `pin`, unescaped; "" if it is no text. A secret */
char *sip_uri_get_pin (const url_t *url);
/* (transfer full): SCHEME:USER@HOST:PORT without parameters; valid UTF-8 */
char *sip_uri_get_identity (const sip_from_t *from);
/* (transfer full) (nullable): unquoted */
char *sip_uri_get_display_name (const sip_from_t *from);
/**
 * sip_uri_write_from:
 * @identity: of any participant, also one that another reflector tells of: perhaps no URI at all
 * @display_name: (nullable)
 *
 * Returns: (transfer full): the value of a From header, without a tag, that names the participant;
 *   in the place of what is no plain sip URI stands the anonymous one of RFC 3323
 */
char *sip_uri_write_from (const char *identity, const char *display_name);
/* The numeric address that it names, port 5060 where it names none; or no address */
RflAddress sip_uri_get_address (const url_t *url);
/* Whether a request reaches it without asking for a name. */
gboolean sip_uri_is_numeric (const url_t *url);
/* (transfer full): the URI that sends a request to @address, whatever its Request-URI */
char *sip_uri_write_hop (const RflAddress *address, gboolean tcp);
/* (transfer full): @room as the user part of a URI */
char *sip_uri_escape_user (const char *room);
