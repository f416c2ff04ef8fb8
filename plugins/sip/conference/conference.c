/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All subscriptions of the plugin: finds the one that an event is about, ends them. Not one
 * subscription's life: see subscription.c.
 */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/conference/conference-private.h"

static void
free_room (gpointer room)
{
  sip_room_free (room);
}

SipConference *
sip_conference_new (SipPlugin *plugin)
{
  SipConference *conference = g_new0 (SipConference, 1);
  RflCore *core = plugin->core;

  conference->plugin = plugin;
  conference->rooms = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, free_room);
  conference->subscriptions = g_hash_table_new (NULL, NULL);
  conference->hooks = g_array_new (FALSE, FALSE, sizeof (guint));
  g_queue_init (&conference->waiting);
  conference->subscribed =
      rfl_counter_get (core, "sip.subscriptions", "subscriptions to the rosters of rooms");
  conference->limited = rfl_counter_get (core, "sip.subscriptions_limited",
                                         "SUBSCRIBEs refused: too many subscriptions");
  conference->sent = rfl_counter_get (core, "sip.notifies", "NOTIFYs about rooms");
  conference->failed = rfl_counter_get (core, "sip.notifies_refused",
                                        "subscriptions ended by a NOTIFY refused or not answered");
  sip_rooms_watch (conference);
  return conference;
}

void
sip_conference_free (SipConference *conference)
{
  if (conference == NULL)
    return;
  sip_conference_drop_all (conference);
  rfl_bus_remove_hooks (rfl_core_get_bus (conference->plugin->core), conference->hooks);
  g_array_unref (conference->hooks);
  g_hash_table_unref (conference->subscriptions);
  g_hash_table_unref (conference->rooms);
  g_free (conference);
}

void
sip_conference_on_answer (SipListener *listener, nua_handle_t *nh, int status, tagi_t tags[])
{
  SipConference *conference = listener->plugin->conference;
  SipSubscription *s = conference ? g_hash_table_lookup (conference->subscriptions, nh) : NULL;
  int substate = nua_substate_active;

  if (s == NULL)
    return;
  tl_gets (tags, NUTAG_SUBSTATE_REF (substate), TAG_END ());
  sip_subscription_answered (s, status, substate == nua_substate_terminated);
}

gboolean
sip_conference_take_handle (SipConference *conference, SipCall *call)
{
  SipSubscription *s =
      conference ? g_hash_table_lookup (conference->subscriptions, call->nh) : NULL;

  if (s == NULL)
    return FALSE;
  if (conference->plugin->stopping)
    {
      sip_subscription_drop (s, FALSE);
      return FALSE;
    }
  s->call = NULL;
  nua_handle_bind (s->nh, NULL);
  sip_subscription_end (s, "noresource");
  return TRUE;
}

/* ---- all of them ---- */

void
sip_conference_end_all (SipConference *conference, const char *reason)
{
  GHashTableIter iter;
  gpointer s;

  if (conference == NULL)
    return;
  g_hash_table_iter_init (&iter, conference->subscriptions);
  while (g_hash_table_iter_next (&iter, NULL, &s))
    sip_subscription_end (s, reason);
}

void
sip_conference_drop_all (SipConference *conference)
{
  g_autoptr (GList) all = conference ? g_hash_table_get_values (conference->subscriptions) : NULL;

  for (GList *l = all; l; l = l->next)
    sip_subscription_drop (l->data, TRUE);
}

gboolean
sip_conference_leaves (SipConference *conference, const SipListener *listener)
{
  GHashTableIter iter;
  gpointer s;
  gboolean any = FALSE;

  if (conference == NULL)
    return FALSE;
  g_hash_table_iter_init (&iter, conference->subscriptions);
  while (g_hash_table_iter_next (&iter, NULL, &s))
    if (((SipSubscription *) s)->listener == listener && ((SipSubscription *) s)->call == NULL)
      {
        sip_subscription_end (s, "deactivated");
        any = TRUE;
      }
  return any;
}

void
sip_conference_status (const SipConference *conference, RflStatus *status)
{
  rfl_status_begin_object (status, "conference");
  rfl_status_add_int (status, "rooms", conference ? g_hash_table_size (conference->rooms) : 0);
  rfl_status_add_int (status, "subscriptions",
                      conference ? g_hash_table_size (conference->subscriptions) : 0);
  rfl_status_add_int (status, "under_way", conference ? conference->under_way : 0);
  rfl_status_end (status);
}
