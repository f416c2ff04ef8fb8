/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Service "shares", of plugin appshare: which applications are shared at present, and their ends. Not for asking
 * for one: that is a participant's (share.h). To refuse one: RFL_EVENT_SHARE_OPENING.
 */
#pragma once

#include <reflector/error.h>
#include <reflector/share.h>
#include <reflector/types.h>

G_BEGIN_DECLS

#define RFL_SHARES_SERVICE "shares"
#define RFL_SHARES_VERSION 1

/**
 * RflShareInfo:
 * @id: the same at all reflectors
 * @owner: whom it belongs to, as participants are told
 * @participant: (nullable): of this reflector, if it is its
 * @via: (nullable): id of the linked reflector that it comes from; %NULL: it is of this one
 * @open: its sharer has connected
 * @port: the client port here; 0 while it is not decided
 * @viewers: connections at this reflector at present, linked reflectors' included
 * @octets_in, @octets_out: from the sharer, and to all viewers
 */
typedef struct {
  const char *id, *session, *title, *owner;
  RflParticipant *participant;
  const char *via;
  RflShareKind kind;
  gboolean open;
  guint16 port;
  guint viewers;
  guint64 octets_in, octets_out;
} RflShareInfo;

typedef void (*RflShareFunc) (const RflShareInfo *info, gpointer user_data);

/**
 * RflShares:
 * @each: calls @func for each share, those included that RFL_EVENT_SHARE_OPENING is out for
 * @find: calls @func for that of @id. Returns: %FALSE if there is none
 * @end: at once, for everybody here and behind. @reason: (nullable): told to participants.
 *   RFL_ERROR_NOT_FOUND
 *
 * Main thread. What @info points to is lent for the call.
 */
typedef struct {
  void (*each) (gpointer self, RflShareFunc func, gpointer user_data);
  gboolean (*find) (gpointer self, const char *id, RflShareFunc func, gpointer user_data);
  gboolean (*end) (gpointer self, const char *id, const char *reason, GError **error);
} RflShares;

G_END_DECLS
