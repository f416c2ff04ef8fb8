/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What session.c, participant.c, join.c and media.c share behind the public structs. */
#pragma once

#include "core/core-private.h"

/**
 * SessionRecord:
 * @members: joining and joined, and those whose leaving is not told yet; the session ends
 *   with the last of them
 * @ending: RFL_EVENT_SESSION_ENDED is on its way; nobody joins any more
 * @waiting: (element-type ParticipantRecord): join its successor once it has ended
 */
typedef struct {
  RflSession session; /* first */
  guint refs;
  RflCore *core;
  guint members;
  gboolean ending;
  GPtrArray *waiting;
  GData *data;
} SessionRecord;

/* What a maker asked for and has not been told yet. */
typedef struct {
  RflJoinFunc func;
  gpointer user_data;
  GPtrArray *offers; /* until they have become `offered` or `current` */
  RflEvent *event;   /* the refusable one under way, or NULL */
  RflTimer *limit;   /* for a hook that keeps it waiting */
} Request;

/**
 * ParticipantRecord:
 * @refs: the maker's and other plugins'; the last one makes it leave
 * @holds: events and queues, which keep the object only
 * @waiting_for: session whose end it waits for, or %NULL
 * @slots: (element-type RflMedium): `media`, then those of refused offers, for the next one
 * @reason: why it left
 * @told: its join was reported as a success
 * @notify: somebody else ended it: tell the maker
 */
typedef struct {
  RflParticipant participant; /* first */
  guint refs, holds;
  RflCore *core;
  const RflParticipantOps *ops;
  gpointer user_data;
  Request request;
  SessionRecord *waiting_for;
  GPtrArray *slots;
  char *session_name;
  char *reason;
  gboolean told, notify;
  GData *data;
} ParticipantRecord;

/* @send_rtcp: of whoever carries it (medium-rtcp.c) */
typedef struct {
  RflMedium medium; /* first */
  RflMediumSendFunc send_rtcp;
  gpointer send_data;
} MediumRecord;

/* session.c */
/* Returns: (transfer none): the session of that name, ending or not, or %NULL */
SessionRecord *session_lookup (RflCore *core, const char *name);
/* The participant becomes a member, of a new session if need be. */
void session_enter (ParticipantRecord *participant);
/* It is none any more; the session perhaps ends. */
void session_exit (ParticipantRecord *participant);
gboolean session_check_limits (RflCore *core, const char *name, GError **error);
/* Logs (within bounds) and counts. @participant: or %NULL */
void session_note (RflCore *core, RflCoreLogKind kind, const char *session,
                   const RflParticipant *participant, const char *why);

/* join.c */
/* Goes on with a join when there is a session for it. */
void join_begin (ParticipantRecord *record);
/* What was asked for ends here: calls the function, once. */
void join_report (ParticipantRecord *record, const GError *error);
/* Gives up what is under way; its function hears of it, now or from the bus's queue. */
void join_cancel (ParticipantRecord *record);

/* media.c */
/* The offers become `offered`. Returns: %FALSE with @error if they do not fit the media. */
gboolean media_offer (ParticipantRecord *record, GPtrArray *offers, GError **error);
/* `offered` becomes `current`, accepted media get their routes. */
void media_commit (ParticipantRecord *record);
/* `offered` is forgotten. */
void media_revert (ParticipantRecord *record);
/* Sources vanish from all routes. */
void media_drop_sources (ParticipantRecord *record);
void media_forget_routes (ParticipantRecord *record);
void media_free (RflMedium *medium);
