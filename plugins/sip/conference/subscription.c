/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One subscription: says what is new, one NOTIFY at a time and not too often, and ends. Does not judge who may
 * subscribe: see subscribe.c.
 */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/conference/conference-private.h"
#include <sofia-sip/nua_tag.h>

/* NOTIFYs without an answer, of all subscriptions. */
#define MAX_UNDER_WAY 500
/* Octets of users in one NOTIFY. Over UDP the packet stays below what RFC 3261 §18.1.1 wants sent over TCP,
 * which a phone behind a NAT does not take, unless one user alone is larger. */
#define MAX_USERS_UDP 500
#define MAX_USERS_TCP (24 * 1024)

/* ---- sending ---- */

static RflClock *
clock_of (const SipSubscription *s)
{
  return rfl_core_get_clock (s->conference->plugin->core);
}

static void
notify (SipSubscription *s, const char *state, const char *body)
{
  rfl_counter_add (s->conference->sent, 1);
  nua_notify (s->nh, SIPTAG_SUBSCRIPTION_STATE_STR (state), SIPTAG_EVENT_STR (s->event),
              SIPTAG_CONTACT_STR (s->contact), TAG_IF (s->next_hop, NUTAG_PROXY (s->next_hop)),
              TAG_IF (body, SIPTAG_CONTENT_TYPE_STR ("application/conference-info+xml")),
              TAG_IF (body, SIPTAG_PAYLOAD_STR (body)), TAG_END ());
}

static void
send_news (SipSubscription *s)
{
  const SipConferenceSettings *settings = &s->conference->plugin->settings.conference;
  SipRosterQuery query = { .entity = s->entity,
                           .version = s->version++,
                           .since = s->known,
                           .max = s->tcp ? MAX_USERS_TCP : MAX_USERS_UDP };
  g_autofree char *body = sip_roster_write (s->room->roster, &query);

  s->known = query.since;
  s->more = s->known < sip_roster_get_revision (s->room->roster);
  s->busy = TRUE;
  s->next =
      rfl_clock_now (clock_of (s)) + (gint64) settings->notify_interval * G_TIME_SPAN_MILLISECOND;
  s->conference->under_way++;
  notify (s, "active", body);
  sip_room_forget_known (s->room);
}

static gboolean
has_news (const SipSubscription *s)
{
  return s->room && (s->version == 0 || s->known < sip_roster_get_revision (s->room->roster));
}

void
sip_subscription_tell (SipSubscription *s)
{
  gint64 wait;

  if (s->busy || s->waiting || !has_news (s))
    return;
  wait = s->more ? 0 : s->next - rfl_clock_now (clock_of (s));
  if (wait > 0)
    {
      if (!rfl_timer_is_running (s->timer))
        rfl_timer_start (s->timer, wait);
      return;
    }
  if (s->conference->under_way < MAX_UNDER_WAY)
    {
      send_news (s);
      return;
    }
  s->waiting = TRUE;
  g_queue_push_tail (&s->conference->waiting, s);
}

static void
serve_waiting (SipConference *conference)
{
  while (conference->under_way < MAX_UNDER_WAY && !g_queue_is_empty (&conference->waiting))
    {
      SipSubscription *s = g_queue_pop_head (&conference->waiting);

      s->waiting = FALSE;
      sip_subscription_tell (s);
    }
}

/* ---- life ---- */

static void
on_timer (gpointer data)
{
  sip_subscription_tell (data);
}

void
sip_subscription_start (SipSubscription *s, SipRoom *room)
{
  SipConference *conference = room->conference;

  s->conference = conference;
  s->since = rfl_clock_now (clock_of (s));
  s->timer = rfl_timer_new (clock_of (s), "sip notify", on_timer, s);
  sip_room_add (room, s);
  g_hash_table_insert (conference->subscriptions, s->nh, s);
  rfl_counter_add (conference->subscribed, 1);
  sip_subscription_tell (s);
}

void
sip_subscription_refresh (SipSubscription *s)
{
  s->known = 0;
  s->more = FALSE;
  sip_subscription_tell (s);
}

static void
end_under_way (SipSubscription *s)
{
  if (s->busy)
    s->conference->under_way--;
  s->busy = FALSE;
}

static void
leave_room (SipSubscription *s)
{
  if (s->waiting)
    g_queue_remove (&s->conference->waiting, s);
  s->waiting = FALSE;
  rfl_timer_stop (s->timer);
  if (s->room)
    sip_room_remove (s->room, s);
}

void
sip_subscription_end (SipSubscription *s, const char *reason)
{
  g_autofree char *state = g_strdup_printf ("terminated;reason=%s", reason);

  if (s->room == NULL)
    return;
  leave_room (s);
  notify (s, state, NULL);
}

void
sip_subscription_drop (SipSubscription *s, gboolean own)
{
  SipConference *conference = s->conference;

  g_hash_table_remove (conference->subscriptions, s->nh);
  end_under_way (s);
  leave_room (s);
  if (own && s->call == NULL)
    nua_handle_destroy (s->nh);
  rfl_timer_free (s->timer);
  g_free (s->event);
  g_free (s->contact);
  g_free (s->next_hop);
  g_free (s->entity);
  g_free (s->peer);
  g_free (s);
  serve_waiting (conference);
}

/* Whoever refuses one, whatever he says, or does not answer it, is not asked again (RFC 6665 §4.2.2). */
void
sip_subscription_answered (SipSubscription *s, int status, gboolean terminated)
{
  SipConference *conference = s->conference;

  if (status < 200)
    return;
  if (status >= 300 && s->room)
    rfl_counter_add (conference->failed, 1);
  if (status >= 300 || terminated)
    {
      sip_subscription_drop (s, TRUE);
      return;
    }
  end_under_way (s);
  sip_subscription_tell (s);
  serve_waiting (conference);
}
