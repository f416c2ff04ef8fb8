/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin on a core of its own, for tests: a hook stands in for media, a service for
 * credentials. Nothing else runs.
 */
#pragma once

#include "core/config/config.h"
#include "core/core-private.h"
#include "plugins/sip/call/call.h"
#include "plugins/sip/instance.h"
#include "tests/unit/sip-phone.h"

#define CONTACT "Contact: <sip:alice@127.0.0.1:9>\r\n"
#define SDP "Content-Type: application/sdp\r\n"
#define OFFER                                                                                      \
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                      \
  "m=audio 40000 RTP/AVP 0\r\n"

/**
 * House:
 * @refuse: what the media hook refuses with (an RflError), or -1
 * @defer: whether it defers; then @deferred is the event
 * @verdict: of the credentials service, where a test offers it
 * @direction: of the last offer
 * @n_offers: how many there were
 */
typedef struct {
  GMainContext *context;
  RflCore *core;
  SipPlugin *sip;
  RflSettings *settings;
  guint16 port;
  guint media_hook;
  int refuse;
  gboolean defer;
  RflEvent *deferred;
  RflDigestVerdict verdict;
  RflDirection direction;
  guint n_offers;
  guint wanted_hook;
  const char *kinds;
} House;

/* A port that is free on loopback just now, by UDP and TCP, and so is the one after it. */
guint16 house_find_port (void);
/* Starts the plugin on a free port of 127.0.0.1; @more: further settings. */
House *house_new (const char *more);
/* @clock: (nullable) (transfer full): of core; the stack has its own */
House *house_new_with_clock (const char *more, RflClock *clock);
/* Stops it; fails the test if a participant is left. */
void house_free (House *house);
Phone *house_phone (House *house);
/* For phone_run_until(): no calls and no participants; a call whose ACK has come. */
gboolean house_is_empty (gpointer house);
gboolean house_is_confirmed (gpointer house);
/* The media hook has deferred. */
gboolean house_is_deferred (gpointer house);
RflParticipant *house_participant (House *house);
/* From now on this side has offers of its own: of @kinds, any of "audio" and "video". */
void house_offer (House *house, const char *kinds);
/* @phone calls, is answered, acknowledges. */
void house_call (Phone *phone);
/* @phone's BYE is answered and leaves the house empty. */
void house_hang_up (House *house, Phone *phone);
