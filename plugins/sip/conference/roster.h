/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is in a room, as subscribers are told (RFC 4575): users with their endpoints, each with the revision in
 * which it last changed, so that everybody can be told what is new to him. Sends nothing.
 */
#pragma once

#include <reflector/reflector.h>

typedef struct _SipRoster SipRoster;

/* @max: users that are listed; more are counted only. Main thread. */
SipRoster *sip_roster_new (guint max);
/* %NULL is allowed. */
void sip_roster_free (SipRoster *roster);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SipRoster, sip_roster_free)

/* @participant is there, or something about it may have changed; it is lent until it is removed.
 * @joined: seconds since 1970, 0: not known */
void sip_roster_touch (SipRoster *roster, const RflParticipant *participant, gint64 joined);
void sip_roster_remove (SipRoster *roster, const RflParticipant *participant);
guint sip_roster_count_users (const SipRoster *roster);
/* Of the last change. */
guint64 sip_roster_get_revision (const SipRoster *roster);
/* Every reader knows all up to @revision: users that were deleted until then are forgotten. */
void sip_roster_forget (SipRoster *roster, guint64 revision);

/**
 * SipRosterQuery:
 * @entity: URI of the conference
 * @version: of the document, counted by each reader from 0
 * @since: (inout): what the reader knows; 0: nothing, then the document is a full one. Afterwards: what he
 *   knows then
 * @max: octets of users; at least one is in it all the same. Who did not find room comes with the next one
 */
typedef struct {
  const char *entity;
  guint version;
  guint64 since;
  gsize max;
} SipRosterQuery;

/* Returns: (transfer full): the document, well-formed whatever the participants' names are */
char *sip_roster_write (const SipRoster *roster, SipRosterQuery *query);
