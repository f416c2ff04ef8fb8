/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All checks of a SUBSCRIBE. What a refresh is answered the stack decides; not where subscriptions live: see
 * subscription.c.
 */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/auth/digest.h"
#include "plugins/sip/call/sender.h"
#include "plugins/sip/call/target.h"
#include "plugins/sip/conference/conference-private.h"
#include "plugins/sip/request/arrival.h"
#include "plugins/sip/request/uri.h"
#include <sofia-sip/msg_header.h>
#include <string.h>

#define PACKAGE "conference"
#define DOCUMENT "application/conference-info+xml"
#define MAX_ID 64

/* ---- what it says ---- */

static gboolean
accepts (const sip_t *sip)
{
  if (sip->sip_accept == NULL)
    return TRUE;
  for (const sip_accept_t *a = sip->sip_accept; a; a = a->ac_next)
    if (a->ac_type
        && (g_ascii_strcasecmp (a->ac_type, DOCUMENT) == 0 || strcmp (a->ac_type, "*/*") == 0
            || g_ascii_strcasecmp (a->ac_type, "application/*") == 0))
      return TRUE;
  return FALSE;
}

static gboolean
refuse_event (const SipArrival *a, SipRequest *request)
{
  tagi_t tags[] = { { SIPTAG_ALLOW_EVENTS_STR (PACKAGE) }, { TAG_END () } };

  sip_request_count_refusal (a->listener->plugin, a->peer, 489, "SUBSCRIBE for an unknown event");
  sip_request_respond (request, SIP_489_BAD_EVENT, tags);
  return FALSE;
}

static gboolean
refuse_accept (const SipArrival *a, SipRequest *request)
{
  tagi_t tags[] = { { SIPTAG_ACCEPT_STR (DOCUMENT) }, { TAG_END () } };

  sip_request_count_refusal (a->listener->plugin, a->peer, 406, "SUBSCRIBE that takes no roster");
  sip_request_respond (request, SIP_406_NOT_ACCEPTABLE, tags);
  return FALSE;
}

static gboolean
refuse_brief (const SipArrival *a, SipRequest *request, guint least)
{
  g_autofree char *seconds = g_strdup_printf ("%u", least);
  tagi_t tags[] = { { SIPTAG_MIN_EXPIRES_STR (seconds) }, { TAG_END () } };

  sip_request_count_refusal (a->listener->plugin, a->peer, 423, "SUBSCRIBE for too short a time");
  sip_request_respond (request, SIP_423_INTERVAL_TOO_BRIEF, tags);
  return FALSE;
}

static gboolean
check_headers (const SipArrival *a, SipRequest *request)
{
  static const SipRefusal malformed = { SIP_400_BAD_REQUEST, 399, 0 };
  const sip_t *sip = a->sip;
  guint least = a->listener->plugin->settings.conference.min_subscription;

  if (sip->sip_event == NULL || g_strcmp0 (sip->sip_event->o_type, PACKAGE) != 0)
    return refuse_event (a, request);
  if (!accepts (sip))
    return refuse_accept (a, request);
  if (sip->sip_expires && sip->sip_expires->ex_delta != 0 && sip->sip_expires->ex_delta < least)
    return refuse_brief (a, request, least);
  if (sip->sip_contact && (!sip->sip_event->o_id || strlen (sip->sip_event->o_id) <= MAX_ID))
    return TRUE;
  sip_arrival_refuse (a, request, &malformed,
                      sip->sip_contact ? "The event's id is too long" : "There is no Contact");
  return FALSE;
}

/* ---- who it is ---- */

/* Returns: (nullable): which room; else @error is set, or the request has been answered */
static char *
find_room (const SipArrival *a, SipRequest *request, const SipCall *call, char **user,
           GError **error)
{
  if (call && call->state < SIP_CALL_ENDING)
    return g_strdup (call->room);
  if (!sip_request_may_begin (a->listener->plugin, error))
    return NULL;
  if (sip_digest_is_wanted (a->listener)
      && !sip_digest_check (a->listener, request, a->sip, a->peer, user))
    return NULL;
  return sip_uri_get_room (a->sip->sip_request->rq_url, error);
}

/* Whoever may not know is not told whether somebody is there. @right: (out): by whose right */
static gboolean
may_know (const SipArrival *a, const RflSession *session, const char *user,
          const RflParticipant **right)
{
  SipSubscribers who = a->listener->plugin->settings.conference.subscribers;
  SipCall *sender;

  if (who == SIP_SUBSCRIBERS_ALL || (who == SIP_SUBSCRIBERS_AUTHENTICATED && user))
    return TRUE;
  sender = session ? sip_sender_find (session, a, user) : NULL;
  *right = sender ? sender->participant : NULL;
  return sender != NULL;
}

static gboolean
has_place (SipConference *conference, const SipRoom *room)
{
  const SipConferenceSettings *settings = &conference->plugin->settings.conference;

  if (g_hash_table_size (conference->subscriptions) < settings->max_subscriptions
      && room->subscriptions->len < settings->max_subscriptions_of_room)
    return TRUE;
  rfl_counter_add (conference->limited, 1);
  return FALSE;
}

/* Returns: (nullable): lent; with %NULL @error is set */
static SipRoom *
let_in (const SipArrival *a, const SipCall *call, const char *name, const char *user,
        const RflParticipant **right, GError **error)
{
  SipPlugin *plugin = a->listener->plugin;
  RflSession *session = rfl_core_find_session (plugin->core, name);
  SipRoom *room;

  if (call ? call->participant->waiting : !may_know (a, session, user, right))
    g_set_error (error, RFL_ERROR, RFL_ERROR_FORBIDDEN, "Only who is in the room may subscribe");
  else if ((room = sip_room_get (plugin->conference, name)) == NULL)
    g_set_error (error, RFL_ERROR, RFL_ERROR_NOT_FOUND, "Nobody is in that room");
  else if (has_place (plugin->conference, room))
    return room;
  else
    g_set_error (error, RFL_ERROR, RFL_ERROR_UNAVAILABLE, "Too many subscriptions");
  return NULL;
}

/* ---- its beginning ---- */

/* What is written between angle brackets. */
static char *
uri_of_contact (const char *contact)
{
  return g_strndup (contact + 1, strcspn (contact + 1, ">"));
}

static SipSubscription *
subscription_new (const SipArrival *a, nua_handle_t *nh, SipCall *call, const char *room)
{
  SipSubscription *s = g_new0 (SipSubscription, 1);
  const char *id = a->sip->sip_event->o_id;
  RflAddress no_media = { 0 };

  s->listener = a->listener;
  s->nh = nh;
  s->call = call;
  s->tcp = a->tcp;
  s->peer = g_strdup (a->peer);
  s->event = id ? g_strdup_printf (PACKAGE ";id=%s", id) : g_strdup (PACKAGE);
  s->contact = call && call->contact
                   ? g_strdup (call->contact)
                   : sip_target_write_contact (a->listener, room, a->tcp, &no_media);
  s->entity = uri_of_contact (s->contact);
  if (call == NULL)
    s->next_hop = sip_target_find_hop (a->sip, &a->remote, a->tcp);
  return s;
}

static void
accept_it (const SipArrival *a, SipRequest *request, const SipSubscription *s)
{
  guint most = a->listener->plugin->settings.conference.max_subscription;
  guint wanted = a->sip->sip_expires ? (guint) MIN (a->sip->sip_expires->ex_delta, most) : most;
  g_autofree char *expires = g_strdup_printf ("%u", wanted);
  tagi_t tags[] = { { SIPTAG_CONTACT_STR (s->contact) },
                    { SIPTAG_EXPIRES_STR (expires) },
                    { TAG_IF (s->next_hop, NUTAG_PROXY (s->next_hop)) },
                    { TAG_END () } };

  sip_request_respond (request, SIP_200_OK, tags);
}

/* Returns: whether there is a subscription now */
static gboolean
begin (const SipArrival *a, SipRequest *request, nua_handle_t *nh, SipCall *call)
{
  g_autofree char *name = NULL, *user = NULL;
  g_autoptr (GError) error = NULL;
  const RflParticipant *right = NULL;
  SipSubscription *s;
  SipRoom *room = NULL;

  name = find_room (a, request, call, &user, &error);
  if (name && !check_headers (a, request))
    return FALSE;
  if (name)
    room = let_in (a, call, name, user, &right, &error);
  if (error)
    sip_arrival_refuse_error (a, request, error);
  if (room == NULL)
    return FALSE;
  s = subscription_new (a, nh, call, name);
  s->right = right;
  accept_it (a, request, s);
  sip_subscription_start (s, room);
  return TRUE;
}

/* One of a dialog is enough for everybody. */
static void
refuse_second (const SipArrival *a, SipRequest *request)
{
  static const SipRefusal twice = { SIP_403_FORBIDDEN, 399, 0 };

  sip_arrival_refuse (a, request, &twice, "There is a subscription in this dialog");
}

void
sip_conference_on_subscribe (SipListener *listener, nua_handle_t *nh, SipCall *call, int status,
                             const sip_t *sip)
{
  SipConference *conference = listener->plugin->conference;
  SipSubscription *s = g_hash_table_lookup (conference->subscriptions, nh);
  g_autoptr (SipRequest) request = NULL;
  SipArrival a;

  if (status >= 200)
    {
      if (s && status < 300)
        sip_subscription_refresh (s);
      else if (s == NULL && call == NULL)
        nua_handle_destroy (nh);
      return;
    }
  request = sip_request_save (listener, nh);
  sip_arrival_init (&a, listener, request, sip);
  if (s)
    refuse_second (&a, request);
  else if (!begin (&a, request, nh, call) && call == NULL)
    nua_handle_destroy (nh);
}
