/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One user of a roster as XML (RFC 4575 §5.6 to §5.8). Knows no rooms. */
#pragma once

#include <reflector/reflector.h>

/**
 * SipEndpoint:
 * @participant: lent
 * @joined: seconds since 1970, 0: not known
 */
typedef struct {
  const RflParticipant *participant;
  gint64 joined;
} SipEndpoint;

/* Appends @text as character data or value of an attribute; what XML 1.0 §2.2 has no place for becomes U+FFFD. */
void sip_xml_append (GString *out, const char *text);
/* @endpoints: (element-type SipEndpoint): none: the user has been deleted. (transfer full) */
char *sip_roster_write_user (const char *identity, const GArray *endpoints);
