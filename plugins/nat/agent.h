/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One medium's end of ICE, as lite (RFC 8445 §2.5): its credentials, where its participant has proved to be, and
 * whether it still wants packets there (RFC 7675). Pure state; sends nothing and reads no STUN.
 */
#pragma once

#include <reflector/address.h>
#include <reflector/ice.h>

/* RFC 7675 §5.1 */
#define NAT_CONSENT_TIME (30 * G_TIME_SPAN_SECOND)
/* Whoever still checks so long after its choice renews its consent by checks; others (RFC 5245) do it by
 * whatever they send. */
#define NAT_RENEWS_AFTER (10 * G_TIME_SPAN_SECOND)
/* A choice that is not confirmed for so long gives way to one of lower priority. */
#define NAT_CHOICE_STALE (2 * G_TIME_SPAN_SECOND)
#define NAT_COMPONENTS 2

/**
 * NatPair: what one component has chosen
 * @remote: family 0: nothing yet
 * @since, @checked: when it was chosen, and last confirmed by a check
 * @renews: its participant keeps on checking, so that silence of checks is the end of its consent
 */
typedef struct {
  RflAddress remote;
  guint32 priority;
  gint64 since, checked;
  gboolean nominated, renews, lost;
} NatPair;

/**
 * NatAgent:
 * @theirs: credentials of the offer it answers
 * @due: when the next check would come at the highest steady rate
 */
typedef struct {
  char *ufrag, *pwd;
  RflIceDesc *theirs;
  RflMedium *medium;
  NatPair pairs[NAT_COMPONENTS];
  gint64 due;
} NatAgent;

/* One check that has proved who sent it. */
typedef struct {
  guint component;
  RflAddress remote;
  guint32 priority;
  gboolean nominates;
} NatCheck;

/* @theirs: copied. The credentials are of the system's generator. */
NatAgent *nat_agent_new (const RflIceDesc *theirs, RflMedium *medium);
void nat_agent_free (NatAgent *agent);
/* Whether @theirs are the credentials it was made for; others are a restart (RFC 8445 §9). */
gboolean nat_agent_is_for (const NatAgent *agent, const RflIceDesc *theirs);
/* Whether one more check of it may be answered now; @per_second may come steadily, two seconds' at once. */
gboolean nat_agent_may_check (NatAgent *agent, guint per_second, gint64 now);
/* Returns: whether packets of the component go to the check's address from now on, which they did not */
gboolean nat_agent_take (NatAgent *agent, const NatCheck *check, gint64 now);
/* @heard: when anything came from the pair's address, 0: never. Returns: whether packets may go there */
gboolean nat_pair_has_consent (const NatPair *pair, gint64 heard, gint64 now);
/* Priority of our one candidate, of type host (RFC 8445 §5.1.2). */
guint32 nat_candidate_priority (guint component);
