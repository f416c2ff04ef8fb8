/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For tests of core/rtcp/: a session whose legs note what RTCP they are handed, and text
 * for compounds. Not for RTP.
 */
#pragma once

#include "tests/unit/path-fixture.h"

#include <reflector/rtcp.h>

/* One end of the route: its medium, its leg, what that was handed. */
typedef struct {
  RflMedium *medium;
  RflLeg *leg;
  RflFlow *flow;
  RflSource *source;
  GPtrArray *got;  /* GBytes */
  GPtrArray *from; /* RflMedium or NULL, lent */
} End;

/* A participant named @name with a leg; @wire_ssrc 0: it sends nothing. With an @origin it has
 * no leg of its own. */
End *end_join (Fixture *f, const char *name, const char *origin, RflLegMode mode,
               guint32 wire_ssrc);
/* The leg of a link, without a participant; takes local sources only. */
End *end_link (Fixture *f, End *any);
/* Of a leg whose user data is an End. */
const RflLegOps *end_ops (void);
/* Before the fixture goes. */
void end_free (End *end);

/* What @end was handed since the last call, each packet as text, compounds ended by "|", e.g.
 * "SR 1 of 2 | RR 3 SDES 3 a |". Fails if a compound is not valid. */
char *end_take (End *end);
#define end_expect(end, text)                                                                      \
  do                                                                                               \
    {                                                                                              \
      g_autofree char *got_ = end_take (end);                                                      \
      g_assert_cmpstr (got_, ==, text);                                                            \
    }                                                                                              \
  while (0)

/* A compound out of text: "SR ssrc of ssrc…", "RR ssrc of ssrc…", "SDES ssrc cname", "BYE ssrc",
 * "PLI sender media", "FIR sender media number", "NACK sender media", "TMMBR …", "APP ssrc name",
 * "XR ssrc", separated by commas. */
void end_send (End *end, const char *text);
