/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of this folder share. Not for others: see conference.h. */
#pragma once

#include "plugins/sip/call/call.h"
#include "plugins/sip/conference/conference.h"
#include "plugins/sip/conference/roster.h"

typedef struct _SipRoom SipRoom;
typedef struct _SipSubscription SipSubscription;

/**
 * SipConference:
 * @rooms: (element-type SipRoom): by name; those with subscriptions
 * @subscriptions: (element-type SipSubscription): by handle, those that are ending too
 * @under_way: NOTIFYs without an answer
 * @waiting: (element-type SipSubscription): until fewer are
 */
struct _SipConference {
  SipPlugin *plugin;
  GHashTable *rooms, *subscriptions;
  GArray *hooks;
  guint under_way;
  GQueue waiting;
  RflCounter *subscribed, *limited, *sent, *failed;
};

/**
 * SipRoom:
 * @session: lent; the room goes when it ends
 * @changed: (element-type RflParticipant): with references; about whom something may be new
 * @timer: merges what comes together
 */
struct _SipRoom {
  SipConference *conference;
  RflSession *session;
  char *name;
  SipRoster *roster;
  GPtrArray *subscriptions;
  GHashTable *changed;
  RflTimer *timer;
};

/**
 * SipSubscription:
 * @room: %NULL: it is ending
 * @call: in whose dialog it is, or %NULL; then @nh is the subscription's own
 * @right: the participant who subscribed from outside of his call, for comparing only; or %NULL
 * @event: value of the Event header
 * @contact, @next_hop: of its NOTIFYs; @next_hop is %NULL in a call's dialog and past a proxy
 * @entity: the conference's URI
 * @known: what its subscriber knows; 0: nothing
 * @busy, @waiting: a NOTIFY is under way, or waits until fewer are
 * @more: not all had room in the last one
 * @next: rfl_clock_now() before which no further one is sent
 */
struct _SipSubscription {
  SipConference *conference;
  SipRoom *room;
  SipListener *listener;
  nua_handle_t *nh;
  SipCall *call;
  const RflParticipant *right;
  char *event, *contact, *next_hop, *entity, *peer;
  gboolean tcp;
  guint version;
  guint64 known;
  gboolean busy, waiting, more;
  gint64 next, since;
  RflTimer *timer;
};

/* room.c */
void sip_rooms_watch (SipConference *conference);
/* Returns: (nullable): lent; %NULL: nobody is in it */
SipRoom *sip_room_get (SipConference *conference, const char *name);
void sip_room_free (SipRoom *room);
void sip_room_add (SipRoom *room, SipSubscription *subscription);
/* The last one's going is the room's end here. */
void sip_room_remove (SipRoom *room, SipSubscription *subscription);
/* What all have been told need not be remembered. */
void sip_room_forget_known (SipRoom *room);

/* subscription.c */
/* @subscription: (transfer full): other members than @room and those of its state are set */
void sip_subscription_start (SipSubscription *subscription, SipRoom *room);
/* Tells what is new, as soon as it may. */
void sip_subscription_tell (SipSubscription *subscription);
/* The stack has said the last one again: the next one tells everything. */
void sip_subscription_refresh (SipSubscription *subscription);
/* The last NOTIFY, with @reason of RFC 6665 §4.1.3. */
void sip_subscription_end (SipSubscription *subscription, const char *reason);
void sip_subscription_answered (SipSubscription *subscription, int status, gboolean terminated);
/* Lets go of it; its subscriber hears nothing. @own: its own handle, if it has one, is destroyed */
void sip_subscription_drop (SipSubscription *subscription, gboolean own);
