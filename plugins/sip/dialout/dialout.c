/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is rung when, and how often. Sends nothing itself: see ring.c and fork.c. */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/dialout/dialout-private.h"
#include "plugins/sip/call/call.h"
#include "plugins/sip/request/arrival.h"
#include "plugins/sip/request/uri.h"
#include <string.h>

/* ---- who is rung ---- */

/* The user part of what a participant says to be, unescaped; or %NULL */
static char *
get_user (const char *identity)
{
  const char *start = strchr (identity, ':'), *at = start ? strchr (start, '@') : NULL;

  return at ? g_uri_unescape_segment (start + 1, at, NULL) : NULL;
}

static gboolean
is_there (const RflSession *session, const char *name)
{
  for (guint i = 0; session && i < session->participants->len; i++)
    {
      RflParticipant *participant = session->participants->pdata[i];
      const SipCall *call = sip_call_find (participant);
      g_autofree char *user = get_user (participant->identity);
      if (g_strcmp0 (user, name) == 0 || (call && g_strcmp0 (call->user, name) == 0))
        return TRUE;
    }
  return FALSE;
}

static gboolean
may_ring (SipDialout *dialout, const SipName *name, const char *room, GError **error)
{
  SipPlugin *plugin = dialout->plugin;
  const SipSettings *s = &plugin->settings;
  gint64 now = rfl_clock_now (sip_dialout_get_clock (dialout));
  guint calls = g_hash_table_size (plugin->calls) + g_hash_table_size (dialout->forks);

  if (!sip_request_may_begin (plugin, error))
    return FALSE;
  if (is_there (rfl_core_find_session (plugin->core, room), name->name))
    g_set_error (error, RFL_ERROR, RFL_ERROR_FORBIDDEN, "%s is in the room already", name->name);
  else if (g_hash_table_contains (dialout->rings, name->name)
           || (name->rung != 0 && now - name->rung < s->ring_interval * G_TIME_SPAN_SECOND))
    g_set_error (error, RFL_ERROR, RFL_ERROR_LIMIT, "%s was called a moment ago", name->name);
  else if (calls + name->bindings->len > s->max_calls)
    g_set_error (error, RFL_ERROR, RFL_ERROR_LIMIT, "Too many calls");
  else
    return TRUE;
  return FALSE;
}

static gboolean
ring_name (SipDialout *dialout, SipName *name, const char *room, const char *from, GError **error)
{
  SipRing *ring;

  if (!may_ring (dialout, name, room, error))
    {
      rfl_counter_add (dialout->limited, 1);
      return FALSE;
    }
  name->rung = rfl_clock_now (sip_dialout_get_clock (dialout));
  ring = sip_ring_new (dialout, name, room, from);
  rfl_counter_add (dialout->rung, 1);
  sip_ring_log (ring, "is called");
  sip_ring_call (ring, name);
  if (ring->n_forks == 0)
    {
      sip_ring_give_up (ring, "cannot be called");
      g_set_error (error, RFL_ERROR, RFL_ERROR_NOT_FOUND, "No contact can be called");
      return FALSE;
    }
  rfl_timer_start (ring->timer, dialout->plugin->settings.ring_time * G_TIME_SPAN_SECOND);
  return TRUE;
}

/* ---- who asks for it ---- */

/* Somebody has come who is not only said to be there (UDP: his ACK has come), and called us. */
static RflHookResult
on_arrival (RflEvent *event, gpointer user_data, GError **error)
{
  SipDialout *dialout = user_data;
  const SipPlugin *plugin = dialout->plugin;
  const RflParticipant *caller = event->participant;
  SipName *name;
  g_autofree char *from = NULL;

  if (!plugin->settings.call_registered || !caller->confirmed || caller->session == NULL
      || sip_call_find (event->participant) == NULL)
    return RFL_HOOK_CONTINUE;
  name = sip_location_find (sip_registrar_get_location (plugin->registrar), caller->session->name);
  if (name == NULL || is_there (caller->session, name->name))
    return RFL_HOOK_CONTINUE;
  from = sip_uri_write_from (caller->identity, caller->display_name);
  ring_name (dialout, name, caller->session->name, from, NULL);
  return RFL_HOOK_CONTINUE;
}

/* Nobody waits any more. */
static RflHookResult
on_session_ended (RflEvent *event, gpointer user_data, GError **error)
{
  SipDialout *dialout = user_data;
  g_autoptr (GList) rings = g_hash_table_get_values (dialout->rings);

  for (const GList *l = rings; l; l = l->next)
    if (strcmp (((SipRing *) l->data)->room, event->session->name) == 0)
      sip_ring_give_up (l->data, "is not called any more");
  return RFL_HOOK_CONTINUE;
}

/* RflCaller */
static gboolean
call_by_name (gpointer self, const char *session, const char *name, GError **error)
{
  SipDialout *dialout = self;
  SipPlugin *plugin = dialout->plugin;
  SipName *found = sip_location_find (sip_registrar_get_location (plugin->registrar), name);
  g_autofree char *user = sip_uri_escape_user (session), *from = NULL;
  char ip[RFL_ADDRESS_STRLEN];

  if (found == NULL)
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_NOT_FOUND, "%s is not registered", name);
      return FALSE;
    }
  rfl_address_format_ip (&((SipBinding *) found->bindings->pdata[0])->local, ip);
  from = g_strdup_printf (strchr (ip, ':') ? "<sip:%s@[%s]>" : "<sip:%s@%s>", user, ip);
  return ring_name (dialout, found, session, from, error);
}

/* ---- the stack's events ---- */

static void
on_state (SipFork *fork, tagi_t tags[])
{
  int state = nua_callstate_init;

  tl_gets (tags, NUTAG_CALLSTATE_REF (state), TAG_END ());
  if (state == nua_callstate_terminated)
    sip_ring_lose (fork->ring, fork);
}

gboolean
sip_dialout_on_event (SipListener *listener, nua_event_t event, int status, nua_handle_t *nh,
                      const sip_t *sip, tagi_t tags[])
{
  SipDialout *dialout = listener->plugin->dialout;
  SipFork *fork = dialout ? g_hash_table_lookup (dialout->forks, nh) : NULL;

  if (fork == NULL)
    return FALSE;
  if (event == nua_r_invite)
    sip_fork_on_answer (fork, status, sip);
  else if (event == nua_i_state)
    on_state (fork, tags);
  else if (sip_event_is_request (event) && status < 200)
    {
      g_autoptr (SipRequest) request = sip_request_save (listener, nh);
      sip_request_respond (request, 500, "The Call Is Not Answered Yet", NULL);
    }
  return TRUE;
}

/* ---- life ---- */

static void
unref_ring (gpointer ring)
{
  sip_ring_unref (ring);
}

static const RflCaller caller = { .call = call_by_name };

static void
make_counters (SipDialout *dialout)
{
  RflCore *core = dialout->plugin->core;

  dialout->rung = rfl_counter_get (core, "sip.rung", "registered names that were called");
  dialout->answered = rfl_counter_get (core, "sip.rung_answered", "of these, answered");
  dialout->unanswered =
      rfl_counter_get (core, "sip.rung_unanswered", "of these, given up or refused");
  dialout->limited = rfl_counter_get (core, "sip.rung_limited",
                                      "registered names that were not called: too often, too many");
}

SipDialout *
sip_dialout_new (SipPlugin *plugin)
{
  SipDialout *dialout = g_new0 (SipDialout, 1);
  RflBus *bus = rfl_core_get_bus (plugin->core);
  const RflHook hooks[] = {
    { "sip/dialout", RFL_EVENT_PARTICIPANT_JOINED, RFL_HOOK_LATE, NULL, NULL, on_arrival, dialout },
    { "sip/dialout", RFL_EVENT_PARTICIPANT_CONFIRMED, RFL_HOOK_LATE, NULL, NULL, on_arrival,
      dialout },
    { "sip/dialout", RFL_EVENT_SESSION_ENDED, RFL_HOOK_LATE, NULL, NULL, on_session_ended, dialout }
  };

  dialout->plugin = plugin;
  dialout->rings = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, unref_ring);
  dialout->forks =
      g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) (void (*) (void)) sip_fork_free);
  dialout->hooks = g_array_new (FALSE, FALSE, sizeof (guint));
  make_counters (dialout);
  rfl_bus_add_hooks (bus, hooks, G_N_ELEMENTS (hooks), dialout->hooks, NULL);
  dialout->offered = rfl_core_offer_service (plugin->core, RFL_CALLER_SERVICE, RFL_CALLER_VERSION,
                                             &caller, dialout, NULL);
  return dialout;
}

void
sip_dialout_free (SipDialout *dialout)
{
  if (dialout == NULL)
    return;
  if (dialout->offered)
    rfl_core_withdraw_service (dialout->plugin->core, RFL_CALLER_SERVICE);
  rfl_bus_remove_hooks (rfl_core_get_bus (dialout->plugin->core), dialout->hooks);
  g_array_unref (dialout->hooks);
  g_hash_table_unref (dialout->rings);
  g_hash_table_unref (dialout->forks);
  g_free (dialout);
}

void
sip_dialout_end_all (SipDialout *dialout)
{
  g_autoptr (GList) rings = dialout ? g_hash_table_get_values (dialout->rings) : NULL;

  for (const GList *l = rings; l; l = l->next)
    sip_ring_give_up (l->data, "is not called any more");
}

void
sip_dialout_drop_all (SipDialout *dialout)
{
  sip_dialout_end_all (dialout);
  if (dialout)
    g_hash_table_remove_all (dialout->forks);
}

gboolean
sip_dialout_uses (const SipDialout *dialout, const SipListener *listener)
{
  GHashTableIter iter;
  gpointer fork;

  g_hash_table_iter_init (&iter, dialout->forks);
  while (g_hash_table_iter_next (&iter, NULL, &fork))
    if (((const SipFork *) fork)->listener == listener)
      return TRUE;
  return FALSE;
}

guint
sip_dialout_count (const SipDialout *dialout)
{
  return g_hash_table_size (dialout->forks);
}
