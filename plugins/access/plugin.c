/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin access: who may come in by his address. Offers the service "access", and asks itself
 * once more when somebody joins, for makers of participants who do not. Does not authenticate.
 */
#include "config.h"

#define RFL_LOG_DOMAIN "access"
#include <reflector/reflector.h>

#include "plugins/access/list.h"

/**
 * Access:
 * @deny_verdict: what the denied get
 * @offered: whether the service is there
 */
typedef struct {
  RflCore *core;
  AccessList *allow, *deny;
  RflAccessVerdict deny_verdict;
  gboolean offered;
  guint hook;
  RflCounter *denied;
  RflLogLimit denied_log;
} Access;

static const RflOption options[] = {
  { .name = "allow",
    .type = RFL_OPTION_STRINGS,
    .classic = "HOSTS_ALLOW",
    .help = "networks that are let in whatever deny says (all, HOST, NET/PREFIX, NET/MASK)" },
  { .name = "deny",
    .type = RFL_OPTION_STRINGS,
    .classic = "HOSTS_DENY",
    .help = "networks that are kept out; who is in neither list is let in" },
  { .name = "silent",
    .type = RFL_OPTION_BOOL,
    .help = "give those who are kept out no answer at all" },
  RFL_OPTION_END
};

static gboolean
is_denied (const Access *self, const RflAddress *address)
{
  return !access_list_has (self->allow, address) && access_list_has (self->deny, address);
}

static RflAccessVerdict
judge (gpointer data, const RflAddress *address)
{
  Access *self = data;
  char text[RFL_ADDRESS_STRLEN];
  guint held_back;

  if (!is_denied (self, address))
    return RFL_ACCESS_ALLOWED;
  rfl_counter_add (self->denied, 1);
  if (rfl_log_limit_pass (&self->denied_log, rfl_core_get_clock (self->core), &held_back))
    rfl_info (&(RflLogFields){ .peer = rfl_address_format (address, text) },
              "kept out by its address (%u more)", held_back);
  return self->deny_verdict;
}

static const RflAccess service = { .judge = judge };

static RflHookResult
on_joining (RflEvent *event, gpointer data, GError **error)
{
  if (judge (data, &event->participant->signalling) == RFL_ACCESS_ALLOWED)
    return RFL_HOOK_CONTINUE;
  g_set_error (error, RFL_ERROR, RFL_ERROR_FORBIDDEN, "Your address is not let in here");
  return RFL_HOOK_REFUSE;
}

static gpointer
access_new (RflCore *core)
{
  Access *self = g_new0 (Access, 1);

  self->core = core;
  self->allow = g_ptr_array_new ();
  self->deny = g_ptr_array_new ();
  self->denied = rfl_counter_get (core, "access.denied", "requests kept out by their address");
  return self;
}

static AccessList *
read_list (const RflSettings *settings, const char *name, GError **error)
{
  g_autofree char *why = NULL;
  AccessList *list = access_list_parse (rfl_settings_get_strings (settings, name), &why);

  if (!list)
    rfl_settings_set_error (settings, name, error, "%s", why);
  return list;
}

static void
replace (AccessList **list, AccessList *by)
{
  g_ptr_array_unref (*list);
  *list = by;
}

static gboolean
access_configure (gpointer data, const RflSettings *settings, GError **error)
{
  Access *self = data;
  g_autoptr (GPtrArray) allow = read_list (settings, "allow", error);
  AccessList *deny = allow ? read_list (settings, "deny", error) : NULL;

  if (!deny)
    return FALSE;
  if (allow->len > 0 && deny->len == 0)
    rfl_warning (NULL, "access.allow keeps nobody out as long as access.deny is empty (HOSTS_DENY "
                       "all keeps everybody else out)");
  replace (&self->allow, g_steal_pointer (&allow));
  replace (&self->deny, deny);
  self->deny_verdict =
      rfl_settings_get_bool (settings, "silent") ? RFL_ACCESS_SILENT : RFL_ACCESS_DENIED;
  return TRUE;
}

/* Of newcomers; whoever is in stays. */
static RflReload
access_reconfigure (gpointer data, const RflSettings *settings, GError **error)
{
  return access_configure (data, settings, error) ? RFL_RELOAD_APPLIED : RFL_RELOAD_FAILED;
}

static void
access_stop (gpointer data)
{
  Access *self = data;

  rfl_bus_remove_hook (rfl_core_get_bus (self->core), self->hook);
  self->hook = 0;
  if (self->offered)
    rfl_core_withdraw_service (self->core, RFL_ACCESS_SERVICE);
  self->offered = FALSE;
}

static gboolean
access_start (gpointer data, GError **error)
{
  Access *self = data;
  const RflHook hook = { .name = "access/joining",
                         .event = RFL_EVENT_PARTICIPANT_JOINING,
                         .stage = RFL_HOOK_EARLY,
                         .func = on_joining,
                         .user_data = self };

  self->hook = rfl_bus_add_hook (rfl_core_get_bus (self->core), &hook, error);
  self->offered = self->hook
                  && rfl_core_offer_service (self->core, RFL_ACCESS_SERVICE, RFL_ACCESS_VERSION,
                                             &service, self, error);
  if (!self->offered)
    access_stop (self);
  return self->offered;
}

static void
access_free (gpointer data)
{
  Access *self = data;

  access_stop (self);
  g_ptr_array_unref (self->allow);
  g_ptr_array_unref (self->deny);
  g_free (self);
}

static void
access_status (gpointer data, RflStatus *status)
{
  const Access *self = data;

  rfl_status_add_int (status, "allow", self->allow->len);
  rfl_status_add_int (status, "deny", self->deny->len);
}

static const char *const provides[] = { RFL_ACCESS_SERVICE, NULL };

RFL_PLUGIN (.name = "access", .version = PACKAGE_VERSION, .summary = "who may come in, by address",
            .flags = RFL_PLUGIN_DEFAULT, .provides = provides, .options = options,
            .new = access_new, .configure = access_configure, .start = access_start,
            .reconfigure = access_reconfigure, .stop = access_stop, .free = access_free,
            .status = access_status);
