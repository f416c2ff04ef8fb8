/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rooms that somebody watches: what happens there goes into their rosters. Sends nothing. */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/conference/conference-private.h"

/* What comes in one burst (a call joins, is confirmed, its sources appear) is one change. */
#define SETTLE (50 * G_TIME_SPAN_MILLISECOND)
#define JOINED_KEY "sip/joined"

/* ---- when they came ---- */

static void
note_joined (RflParticipant *participant)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  rfl_participant_set_data (participant, JOINED_KEY, g_memdup2 (&now, sizeof now), g_free);
}

static gint64
get_joined (RflParticipant *participant)
{
  const gint64 *joined = rfl_participant_get_data (participant, JOINED_KEY);

  return joined ? *joined : 0;
}

/* ---- life ---- */

static void
unref_participant (gpointer participant)
{
  rfl_participant_unref (participant);
}

static void
tell_all (SipRoom *room)
{
  for (guint i = 0; i < room->subscriptions->len; i++)
    sip_subscription_tell (room->subscriptions->pdata[i]);
}

static void
touch (SipRoom *room, RflParticipant *participant)
{
  if (participant->session == room->session && participant->state == RFL_PARTICIPANT_JOINED
      && !participant->waiting)
    sip_roster_touch (room->roster, participant, get_joined (participant));
}

static void
on_settled (gpointer data)
{
  SipRoom *room = data;
  GHashTableIter iter;
  gpointer participant;

  g_hash_table_iter_init (&iter, room->changed);
  while (g_hash_table_iter_next (&iter, &participant, NULL))
    touch (room, participant);
  g_hash_table_remove_all (room->changed);
  tell_all (room);
}

static SipRoom *
room_new (SipConference *conference, RflSession *session)
{
  SipRoom *room = g_new0 (SipRoom, 1);

  room->conference = conference;
  room->session = session;
  room->name = g_strdup (session->name);
  room->roster = sip_roster_new (conference->plugin->settings.conference.max_roster);
  room->subscriptions = g_ptr_array_new ();
  room->changed = g_hash_table_new_full (NULL, NULL, unref_participant, NULL);
  room->timer =
      rfl_timer_new (rfl_core_get_clock (conference->plugin->core), "sip roster", on_settled, room);
  for (guint i = 0; i < session->participants->len; i++)
    touch (room, session->participants->pdata[i]);
  g_hash_table_insert (conference->rooms, room->name, room);
  return room;
}

SipRoom *
sip_room_get (SipConference *conference, const char *name)
{
  RflSession *session = rfl_core_find_session (conference->plugin->core, name);
  SipRoom *room = g_hash_table_lookup (conference->rooms, name);

  if (session == NULL || session->participants->len == 0)
    return NULL;
  return room ? room : room_new (conference, session);
}

void
sip_room_free (SipRoom *room)
{
  rfl_timer_free (room->timer);
  g_hash_table_unref (room->changed);
  g_ptr_array_unref (room->subscriptions);
  sip_roster_free (room->roster);
  g_free (room->name);
  g_free (room);
}

void
sip_room_add (SipRoom *room, SipSubscription *subscription)
{
  g_ptr_array_add (room->subscriptions, subscription);
  subscription->room = room;
}

void
sip_room_remove (SipRoom *room, SipSubscription *subscription)
{
  subscription->room = NULL;
  g_ptr_array_remove_fast (room->subscriptions, subscription);
  if (room->subscriptions->len == 0)
    g_hash_table_remove (room->conference->rooms, room->name);
}

void
sip_room_forget_known (SipRoom *room)
{
  guint64 known = G_MAXUINT64;

  for (guint i = 0; i < room->subscriptions->len; i++)
    known = MIN (known, ((const SipSubscription *) room->subscriptions->pdata[i])->known);
  sip_roster_forget (room->roster, known);
}

/* ---- what happens ---- */

static void
end_subscriptions (SipRoom *room, const RflParticipant *right, const char *reason)
{
  /* The last one takes the room with it. */
  for (guint i = room->subscriptions->len; i-- > 0;)
    {
      SipSubscription *subscription = room->subscriptions->pdata[i];
      gboolean last = room->subscriptions->len == 1;
      gboolean ends = right == NULL || subscription->right == right;

      if (ends)
        sip_subscription_end (subscription, reason);
      if (ends && last)
        return;
    }
}

static SipRoom *
find_room (const SipConference *conference, const RflSession *session)
{
  return session && g_hash_table_size (conference->rooms) > 0
             ? g_hash_table_lookup (conference->rooms, session->name)
             : NULL;
}

static RflHookResult
on_change (RflEvent *event, gpointer user_data, GError **error)
{
  RflParticipant *participant = event->participant;
  SipRoom *room;

  if (event->type == RFL_EVENT_PARTICIPANT_JOINED || event->type == RFL_EVENT_PARTICIPANT_ADMITTED)
    note_joined (participant);
  if (participant == NULL && event->medium)
    participant = event->medium->participant;
  if (participant == NULL && event->source && event->source->owner)
    participant = event->source->owner->participant;
  room = participant ? find_room (user_data, participant->session) : NULL;
  if (room == NULL)
    return RFL_HOOK_CONTINUE;
  g_hash_table_add (room->changed, rfl_participant_ref (participant));
  if (!rfl_timer_is_running (room->timer))
    rfl_timer_start (room->timer, SETTLE);
  return RFL_HOOK_CONTINUE;
}

static RflHookResult
on_left (RflEvent *event, gpointer user_data, GError **error)
{
  SipRoom *room = find_room (user_data, event->session);

  if (room == NULL)
    return RFL_HOOK_CONTINUE;
  g_hash_table_remove (room->changed, event->participant);
  sip_roster_remove (room->roster, event->participant);
  if (!rfl_timer_is_running (room->timer))
    rfl_timer_start (room->timer, SETTLE);
  end_subscriptions (room, event->participant, "rejected");
  return RFL_HOOK_CONTINUE;
}

static RflHookResult
on_session_ended (RflEvent *event, gpointer user_data, GError **error)
{
  SipRoom *room = find_room (user_data, event->session);

  if (room)
    end_subscriptions (room, NULL, "noresource");
  return RFL_HOOK_CONTINUE;
}

void
sip_rooms_watch (SipConference *conference)
{
  static const RflEventType changes[] = {
    RFL_EVENT_PARTICIPANT_JOINED,  RFL_EVENT_PARTICIPANT_CONFIRMED, RFL_EVENT_MEDIUM_CHANGED,
    RFL_EVENT_MEDIUM_BLOCKED,      RFL_EVENT_SOURCE_APPEARED,       RFL_EVENT_SOURCE_VANISHED,
    RFL_EVENT_PARTICIPANT_ADMITTED
  };
  RflBus *bus = rfl_core_get_bus (conference->plugin->core);
  const RflHook ends[] = { { "sip/conference", RFL_EVENT_PARTICIPANT_LEFT, RFL_HOOK_LATE, NULL,
                             NULL, on_left, conference },
                           { "sip/conference", RFL_EVENT_SESSION_ENDED, RFL_HOOK_LATE, NULL, NULL,
                             on_session_ended, conference } };

  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      const RflHook hook = { "sip/conference", changes[i], RFL_HOOK_LATE, NULL, NULL,
                             on_change,        conference };

      rfl_bus_add_hooks (bus, &hook, 1, conference->hooks, NULL);
    }
  rfl_bus_add_hooks (bus, ends, G_N_ELEMENTS (ends), conference->hooks, NULL);
}
