/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The settings of the gate (gate.h). Not their table: see settings.c. */
#include "plugins/sip/stack/stack.h"
#include <gio/gio.h>

void
sip_limits_init (SipLimits *limits)
{
  limits->exempt = g_ptr_array_new_with_free_func (g_object_unref);
}

void
sip_limits_clear (SipLimits *limits)
{
  g_clear_pointer (&limits->exempt, g_ptr_array_unref);
  g_clear_pointer (&limits->sha256_agents, g_strfreev);
}

static gboolean
read_exempt (SipLimits *limits, const RflSettings *from, GError **error)
{
  const char *const *texts = rfl_settings_get_strings (from, "unlimited");

  for (; *texts; texts++)
    {
      GInetAddressMask *mask = g_inet_address_mask_new_from_string (*texts, NULL);
      if (mask == NULL)
        return rfl_settings_set_error (from, "unlimited", error,
                                       "\"%s\" is neither an address nor a network", *texts);
      g_ptr_array_add (limits->exempt, mask);
    }
  return TRUE;
}

gboolean
sip_limits_read (SipLimits *limits, const RflSettings *from, GError **error)
{
  limits->invite_rate = rfl_settings_get_double (from, "invite_rate");
  limits->invite_burst = rfl_settings_get_int (from, "invite_burst");
  limits->request_rate = rfl_settings_get_double (from, "request_rate");
  limits->request_burst = rfl_settings_get_int (from, "request_burst");
  limits->wrong_rate = rfl_settings_get_double (from, "wrong_rate");
  limits->wrong_burst = rfl_settings_get_int (from, "wrong_burst");
  limits->wrong_attempts = rfl_settings_get_int (from, "wrong_attempts");
  limits->wrong_wait = rfl_settings_get_int (from, "wrong_wait");
  limits->max_wrong_users = rfl_settings_get_int (from, "max_wrong_users");
  limits->sha256_agents = g_strdupv ((char **) rfl_settings_get_strings (from, "sha256_agents"));
  limits->overload_lag = rfl_settings_get_int (from, "overload_lag");
  return read_exempt (limits, from, error);
}
