/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One participant that speaks control: its channel, and the way to it. Not for what is said. */
#pragma once

#include "plugins/control/instance.h"

/**
 * ControlTalker:
 * @medium: of its newest datagram, which tells where answers go
 * @ssrc: of our compounds to it
 * @receiving: a poll follows anyway
 * @seen: what of the channel's statistics has been counted
 */
typedef struct {
  ControlInstance *instance;
  RflParticipant *participant;
  RflControlChannel *channel;
  RflMedium *medium;
  RflTimer *timer;
  guint32 ssrc;
  gboolean receiving;
  RflControlChannelStats seen;
} ControlTalker;

/* Returns: (nullable): lent */
ControlTalker *control_talker_find (const ControlInstance *instance, RflParticipant *participant);
/* Made at its first datagram. */
ControlTalker *control_talker_get (ControlInstance *instance, RflParticipant *participant);
/* Says nothing. */
void control_talker_free (gpointer talker);
/* @data: of an APP packet that came in @medium */
void control_talker_receive (ControlTalker *talker, RflMedium *medium, const guint8 *data,
                             gsize len);
gboolean control_talker_send (ControlTalker *talker, const char service[4], guint8 type,
                              const guint8 *body, gsize len, GError **error);
