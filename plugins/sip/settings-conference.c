/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The settings of the conference event package. Not their table: see settings.c. */
#include "plugins/sip/stack/stack.h"

static SipSubscribers
read_subscribers (const RflSettings *from)
{
  const char *text = rfl_settings_get_string (from, "subscribers");

  if (g_strcmp0 (text, "all") == 0)
    return SIP_SUBSCRIBERS_ALL;
  return g_strcmp0 (text, "authenticated") == 0 ? SIP_SUBSCRIBERS_AUTHENTICATED
                                                : SIP_SUBSCRIBERS_PARTICIPANTS;
}

gboolean
sip_conference_settings_read (SipConferenceSettings *settings, const RflSettings *from,
                              GError **error)
{
  settings->subscribers = read_subscribers (from);
  settings->max_subscriptions = rfl_settings_get_int (from, "max_subscriptions");
  settings->max_subscriptions_of_room = rfl_settings_get_int (from, "max_subscriptions_of_room");
  settings->min_subscription = rfl_settings_get_int (from, "min_subscription");
  settings->max_subscription = rfl_settings_get_int (from, "max_subscription");
  settings->notify_interval = rfl_settings_get_int (from, "notify_interval");
  settings->max_roster = rfl_settings_get_int (from, "max_roster");
  if (settings->max_subscription >= settings->min_subscription)
    return TRUE;
  return rfl_settings_set_error (from, "max_subscription", error, "less than min_subscription");
}
