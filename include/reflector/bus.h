/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The session bus: typed events on the main thread, and hooks on them. Not for
 * packets: a hook here runs at call set-up, never per packet.
 *
 * Hooks of an event run by stage, within a stage by their before/after names, then in
 * the order they were added. An event emitted inside a hook is dispatched after the
 * present one. A hook may be removed at any time, itself included.
 */
#pragma once

#include <reflector/types.h>

G_BEGIN_DECLS

/**
 * RflEventType:
 * @RFL_EVENT_PARTICIPANT_JOINING: may be refused
 * @RFL_EVENT_MEDIA_OFFERED: may be refused and deferred; each medium's `offered` is set,
 *   hooks fill in the answer part
 * @RFL_EVENT_MEDIUM_CHANGED: `current` has changed (not sent for the first one: that is
 *   RFL_EVENT_PARTICIPANT_JOINED)
 * @RFL_EVENT_PARTICIPANT_LEFT: its sources have vanished before; `session` is still set
 * @RFL_EVENT_CONTROL_MESSAGE: a participant sent an RTCP APP; `data` is the whole packet
 * @RFL_EVENT_LINK_UP, @RFL_EVENT_LINK_DOWN: `name` is the peer's reflector id
 * @RFL_EVENT_RELOADED: SIGHUP was carried out
 * @RFL_EVENT_DRAINING: makers of participants refuse newcomers and end their calls
 * @RFL_EVENT_PARTICIPANT_CONFIRMED: one that joined unconfirmed is so no more
 * @RFL_EVENT_OFFER_WANTED: `participant` asks for an offer; hooks append to `offers`, see
 *   rfl_participant_get_offer()
 * @RFL_EVENT_TEXT_MESSAGE: `data` is text for everybody in `session` but `participant`, who says
 *   it, see rfl_session_send_text()
 * @RFL_EVENT_MEDIUM_BLOCKED: `medium->blocked` has changed
 * @RFL_EVENT_DIGIT: `participant`, of this reflector, has pressed a key (RFC 4733, SIP INFO): `name` is one of
 *   0-9, *, #, A-D
 * @RFL_EVENT_PARTICIPANT_ADMITTED: one that has joined and waited is let in
 * @RFL_EVENT_FORMATS_CHANGED: `session`'s route of the kind `name` has got another format or codec
 * @RFL_EVENT_CONTROL_READY: messages reach `participant`, of this reflector, from now on (control.h): whoever
 *   tells participants something tells it all of it. Comes again when its end has started anew
 * @RFL_EVENT_SHARE_OPENING: may be refused: `participant`, of this reflector, wants to share an application; `name`
 *   is the share's id (shares.h). Without a participant: another reflector has announced it, and refused it is
 *   told to nobody here
 * @RFL_EVENT_SHARE_OPENED, @RFL_EVENT_SHARE_CLOSED: viewers may come, or none any more; `name` is its id
 * @RFL_EVENT_PARTICIPANT_TEXT: `data` is text for `participant`, of this reflector, alone, see
 *   rfl_participant_send_text()
 * @RFL_EVENT_FILE_OFFERED: may be refused: somebody wants to give `session` a file; `name` is the file's, `data` an
 *   RflFileOffer (files.h). `participant`: who, if it is known and of this reflector. Of another reflector's file neither
 *   `participant` nor, if nobody of the room is here, `session` is set, and refused it is told to nobody here
 */
typedef enum {
  RFL_EVENT_SESSION_CREATED,
  RFL_EVENT_SESSION_ENDED,
  RFL_EVENT_PARTICIPANT_JOINING,
  RFL_EVENT_MEDIA_OFFERED,
  RFL_EVENT_PARTICIPANT_JOINED,
  RFL_EVENT_MEDIUM_CHANGED,
  RFL_EVENT_PARTICIPANT_LEFT,
  RFL_EVENT_SOURCE_APPEARED,
  RFL_EVENT_SOURCE_VANISHED,
  RFL_EVENT_CONTROL_MESSAGE,
  RFL_EVENT_LINK_UP,
  RFL_EVENT_LINK_DOWN,
  RFL_EVENT_RELOADED,
  RFL_EVENT_DRAINING,
  RFL_EVENT_PARTICIPANT_CONFIRMED,
  RFL_EVENT_OFFER_WANTED,
  RFL_EVENT_TEXT_MESSAGE,
  RFL_EVENT_MEDIUM_BLOCKED,
  RFL_EVENT_DIGIT,
  RFL_EVENT_FORMATS_CHANGED,
  RFL_EVENT_CONTROL_READY,
  RFL_EVENT_SHARE_OPENING,
  RFL_EVENT_SHARE_OPENED,
  RFL_EVENT_SHARE_CLOSED,
  RFL_EVENT_PARTICIPANT_ADMITTED,
  RFL_EVENT_PARTICIPANT_TEXT,
  RFL_EVENT_FILE_OFFERED,
  RFL_N_EVENTS
} RflEventType;

/* Members that do not apply are %NULL. Holds references to what it names.
 *
 * @offers: (element-type RflMediumDesc): of RFL_EVENT_OFFER_WANTED, owned by the event
 */
struct _RflEvent {
  RflEventType type;
  RflSession *session;
  RflParticipant *participant;
  RflMedium *medium;
  RflSource *source;
  const char *name;
  GBytes *data;
  GPtrArray *offers;
};

/**
 * RflHookResult:
 * @RFL_HOOK_CONTINUE: go on with the next hook
 * @RFL_HOOK_REFUSE: refuse (only where the event allows it); @error is set: its code says what
 *   the peer is answered (error.h), its message is told to the peer, so no secrets in it
 * @RFL_HOOK_DEFER: wait (only where the event allows it); the hook keeps a reference to
 *   the event and calls rfl_event_resume() later, then its next hook runs
 */
typedef enum {
  RFL_HOOK_CONTINUE,
  RFL_HOOK_REFUSE,
  RFL_HOOK_DEFER
} RflHookResult;

typedef RflHookResult (*RflHookFunc) (RflEvent *event, gpointer user_data, GError **error);

typedef enum {
  RFL_HOOK_EARLY,  /* admission: limits, access lists, PINs */
  RFL_HOOK_NORMAL, /* the work itself */
  RFL_HOOK_LATE    /* those who only watch */
} RflHookStage;

/**
 * RflHook:
 * @name: "PLUGIN/what", unique per event
 * @before, @after: (nullable): %NULL-terminated names of hooks of the same event and
 *   stage, or "PLUGIN/" for all of a plugin; names that do not exist are ignored
 */
typedef struct {
  const char *name;
  RflEventType event;
  RflHookStage stage;
  const char *const *before;
  const char *const *after;
  RflHookFunc func;
  gpointer user_data;
} RflHook;

/* Everything in @hook is copied. Returns: an id above 0, or 0 with @error when the name
 * is taken or before/after form a cycle. Main thread. */
RFL_EXPORT guint rfl_bus_add_hook (RflBus *bus, const RflHook *hook, GError **error);
/* Not called again, even in a dispatch under way. 0 is ignored. */
RFL_EXPORT void rfl_bus_remove_hook (RflBus *bus, guint id);
/* Adds all @n of @hooks and appends their ids to @ids (element-type guint), or adds none.
 * Errors and thread are those of rfl_bus_add_hook(). */
RFL_EXPORT gboolean rfl_bus_add_hooks (RflBus *bus, const RflHook *hooks, guint n, GArray *ids,
                                       GError **error);
/* Removes every hook in @ids, which is empty afterwards. */
RFL_EXPORT void rfl_bus_remove_hooks (RflBus *bus, GArray *ids);

RFL_EXPORT RflEvent *rfl_event_new (RflEventType type);
RFL_EXPORT RflEvent *rfl_event_ref (RflEvent *event);
RFL_EXPORT void rfl_event_unref (RflEvent *event);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RflEvent, rfl_event_unref)
/* Setters for whoever makes an event; they take references or copies. A participant brings its session. */
RFL_EXPORT void rfl_event_set_session (RflEvent *event, RflSession *session);
RFL_EXPORT void rfl_event_set_participant (RflEvent *event, RflParticipant *participant);
RFL_EXPORT void rfl_event_set_medium (RflEvent *event, RflMedium *medium);
RFL_EXPORT void rfl_event_set_name (RflEvent *event, const char *name);
RFL_EXPORT void rfl_event_set_data (RflEvent *event, GBytes *data);

/* @error: %NULL unless a hook refused. Called exactly once. */
typedef void (*RflEventDoneFunc) (RflEvent *event, const GError *error, gpointer user_data);

/**
 * rfl_bus_emit:
 * @event: (transfer full)
 * @done: (nullable): after the last hook
 */
RFL_EXPORT void rfl_bus_emit (RflBus *bus, RflEvent *event, RflEventDoneFunc done,
                              gpointer user_data);
/* Ends a deferral; with @error (transfer full) the event is refused. Of an event that
 * was cancelled meanwhile (its participant left) it does nothing. */
RFL_EXPORT void rfl_event_resume (RflEvent *event, GError *error);
/* Refuses a deferred event with RFL_ERROR_CANCELLED. */
RFL_EXPORT void rfl_event_cancel (RflEvent *event);

G_END_DECLS
