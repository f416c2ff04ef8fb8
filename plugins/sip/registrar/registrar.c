/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Judges and answers REGISTER. Who has proven to be whom may register that name and no other; a
 * phone's real address is kept beside what it says of itself. Not what the request says: see
 * register-read.c.
 */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/registrar/registrar.h"
#include "plugins/sip/request/arrival.h"
#include "plugins/sip/auth/digest.h"
#include <string.h>

struct _SipRegistrar {
  SipPlugin *plugin;
  SipLocation *location;
  RflCounter *registrations, *expired, *replaced;
  RflLogLimit log;
};

static void
on_change (SipLocationEvent event, gpointer user_data)
{
  SipRegistrar *registrar = user_data;

  rfl_counter_add (event == SIP_LOCATION_EXPIRED ? registrar->expired : registrar->replaced, 1);
}

SipRegistrar *
sip_registrar_new (SipPlugin *plugin)
{
  SipRegistrar *registrar = g_new0 (SipRegistrar, 1);
  RflCore *core = plugin->core;

  registrar->plugin = plugin;
  registrar->location = sip_location_new (rfl_core_get_clock (core), on_change, registrar);
  registrar->registrations =
      rfl_counter_get (core, "sip.registrations", "REGISTER requests carried out");
  registrar->expired = rfl_counter_get (core, "sip.registrations_expired",
                                        "contacts that were not refreshed in time");
  registrar->replaced = rfl_counter_get (core, "sip.registrations_replaced",
                                         "contacts that gave way to newer ones of their name");
  sip_registrar_update (registrar);
  return registrar;
}

void
sip_registrar_free (SipRegistrar *registrar)
{
  if (registrar == NULL)
    return;
  sip_location_free (registrar->location);
  g_free (registrar);
}

void
sip_registrar_update (SipRegistrar *registrar)
{
  const SipSettings *s = &registrar->plugin->settings;

  sip_location_set_limits (registrar->location, s->max_registrations, s->max_contacts);
  if (s->registrar == SIP_REGISTRAR_OFF)
    sip_location_clear (registrar->location);
}

SipLocation *
sip_registrar_get_location (const SipRegistrar *registrar)
{
  return registrar->location;
}

/* ---- the request ---- */

static gboolean
is_open (const SipListener *listener)
{
  switch (listener->plugin->settings.registrar)
    {
    case SIP_REGISTRAR_ON:
      return TRUE;
    case SIP_REGISTRAR_OFF:
      return FALSE;
    default:
      return sip_digest_is_wanted (listener);
    }
}

static void
refuse_method (const SipArrival *a, SipRequest *request)
{
  tagi_t tags[] = { { SIPTAG_ALLOW_STR (SIP_METHODS) }, { TAG_END () } };

  rfl_counter_add (a->listener->plugin->counters.refused, 1);
  sip_request_respond (request, SIP_405_METHOD_NOT_ALLOWED, tags);
}

/* RFC 3261 §10.3 step 7: a contact that wants less hears how much it must want. */
static void
refuse_brief (const SipArrival *a, SipRequest *request)
{
  SipPlugin *plugin = a->listener->plugin;
  g_autofree char *min = g_strdup_printf ("%u", plugin->settings.min_expires);
  tagi_t tags[] = { { SIPTAG_MIN_EXPIRES_STR (min) }, { TAG_END () } };

  rfl_counter_add (plugin->counters.refused, 1);
  sip_request_respond (request, SIP_423_INTERVAL_TOO_BRIEF, tags);
}

/* Who may ask at all. */
static gboolean
check_entrance (const SipArrival *a, SipRequest *request, SipCall *call, char **user)
{
  static const SipRefusal inside = { SIP_403_FORBIDDEN, 399, 0 };
  SipPlugin *plugin = a->listener->plugin;
  g_autoptr (GError) error = NULL;

  if (!sip_request_may_begin (plugin, &error))
    {
      sip_arrival_refuse_error (a, request, error);
      return FALSE;
    }
  if (!is_open (a->listener))
    {
      refuse_method (a, request);
      return FALSE;
    }
  if (call)
    {
      sip_arrival_refuse (a, request, &inside, "A call registers nobody");
      return FALSE;
    }
  return !sip_digest_is_wanted (a->listener)
         || sip_digest_check (a->listener, request, a->sip, a->peer, user);
}

static SipRegistration *
read_request (const SipArrival *a, SipRequest *request, const char *user)
{
  static const SipRefusal other = { SIP_403_FORBIDDEN, 399, 0 };
  const SipSettings *s = &a->listener->plugin->settings;
  SipRegisterLimits limits = { s->min_expires, s->max_expires };
  g_autoptr (GError) error = NULL;
  g_autoptr (SipRegistration) registration = sip_registrar_read (a->sip, &limits, &error);

  if (registration == NULL && g_error_matches (error, RFL_ERROR, RFL_ERROR_LIMIT))
    refuse_brief (a, request);
  else if (registration == NULL)
    sip_arrival_refuse_error (a, request, error);
  else if (user && strcmp (user, registration->name) != 0)
    sip_arrival_refuse (a, request, &other, "Another user's name");
  else
    {
      registration->remote = a->remote;
      registration->tcp = a->tcp;
      registration->proven = user != NULL;
      registration->local = a->listener->local;
      return g_steal_pointer (&registration);
    }
  return NULL;
}

/* ---- the answer ---- */

static gint64
seconds_left (const SipRegistrar *registrar, const SipBinding *binding)
{
  gint64 left = binding->expires - rfl_clock_now (rfl_core_get_clock (registrar->plugin->core));

  return (MAX (left, 0) + G_TIME_SPAN_SECOND - 1) / G_TIME_SPAN_SECOND;
}

/* What is registered now, as §10.3 step 8 wants it told. */
static char *
write_contacts (const SipRegistrar *registrar, const char *name)
{
  const SipName *found = sip_location_find (registrar->location, name);
  GString *out = g_string_new (NULL);

  for (guint i = 0; found && i < found->bindings->len; i++)
    {
      const SipBinding *b = found->bindings->pdata[i];
      g_string_append_printf (out, "%s<%s>;expires=%" G_GINT64_FORMAT, i ? ", " : "", b->uri,
                              seconds_left (registrar, b));
      if (b->q < 1000)
        g_string_append_printf (out, ";q=0.%03u", b->q);
    }
  return g_string_free (out, FALSE);
}

static void
log_registration (SipRegistrar *registrar, const SipArrival *a, const SipRegistration *r)
{
  guint suppressed = 0;

  rfl_counter_add (registrar->registrations, 1);
  if (rfl_log_limit_pass (&registrar->log, rfl_core_get_clock (registrar->plugin->core),
                          &suppressed))
    rfl_debug (&(RflLogFields){ .peer = a->peer }, "%s registers, %u contacts (%u more)",
               r->identity, r->contacts->len, suppressed);
}

static void
carry_out (SipRegistrar *registrar, const SipArrival *a, SipRequest *request,
           const SipRegistration *registration)
{
  g_autofree char *contacts = NULL;
  g_autoptr (GError) error = NULL;

  if (!sip_location_apply (registrar->location, registration, &error))
    {
      sip_arrival_refuse_error (a, request, error);
      return;
    }
  log_registration (registrar, a, registration);
  contacts = write_contacts (registrar, registration->name);
  tagi_t tags[] = { { TAG_IF (*contacts, SIPTAG_CONTACT_STR (contacts)) }, { TAG_END () } };
  sip_request_respond (request, SIP_200_OK, tags);
}

void
sip_registrar_on_register (SipListener *listener, nua_handle_t *nh, SipCall *call, const sip_t *sip)
{
  SipRegistrar *registrar = listener->plugin->registrar;
  g_autoptr (SipRequest) request = sip_request_save (listener, nh);
  g_autoptr (SipRegistration) registration = NULL;
  g_autofree char *user = NULL;
  SipArrival a;

  sip_arrival_init (&a, listener, request, sip);
  if (check_entrance (&a, request, call, &user))
    registration = read_request (&a, request, user);
  if (registration)
    carry_out (registrar, &a, request, registration);
  if (call == NULL)
    nua_handle_destroy (nh);
}

/* ---- status ---- */

static void
add_binding (const SipRegistrar *registrar, RflStatus *status, const SipName *name,
             const SipBinding *binding)
{
  char peer[RFL_ADDRESS_STRLEN];

  rfl_status_begin_object (status, NULL);
  rfl_status_add_string (status, "name", name->name);
  rfl_status_add_string (status, "contact", binding->uri);
  rfl_status_add_string (status, "transport", binding->tcp ? "tcp" : "udp");
  rfl_status_add_string (status, "peer", rfl_address_format (&binding->remote, peer));
  rfl_status_add_int (status, "seconds", seconds_left (registrar, binding));
  rfl_status_end (status);
}

/* Anywhere. */
static gboolean
is_open_at_all (const SipPlugin *plugin)
{
  for (guint i = 0; plugin->listeners && i < plugin->listeners->len; i++)
    if (is_open (plugin->listeners->pdata[i]))
      return TRUE;
  return FALSE;
}

void
sip_registrar_status (const SipRegistrar *registrar, RflStatus *status)
{
  g_autoptr (GList) names = sip_location_list (registrar->location);

  rfl_status_add_bool (status, "registrar", is_open_at_all (registrar->plugin));
  rfl_status_begin_array (status, "registrations");
  for (const GList *l = names; l; l = l->next)
    {
      const SipName *name = l->data;
      for (guint i = 0; i < name->bindings->len; i++)
        add_binding (registrar, status, name, name->bindings->pdata[i]);
    }
  rfl_status_end (status);
}
