/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of registered names and their contacts. Not where a REGISTER is read or answered. */
#include "plugins/sip/registrar/location.h"
#include <reflector/error.h>
#include <string.h>

struct _SipLocation {
  RflClock *clock;
  SipLocationFunc func;
  gpointer user_data;
  guint max_names, max_contacts;
  GHashTable *names; /* SipName by its name */
  guint64 order;
};

/* ---- what is asked for ---- */

static void
contact_free (gpointer data)
{
  SipContact *contact = data;

  g_free (contact->uri);
  g_free (contact->key);
  g_free (contact->instance);
  g_free (contact);
}

SipRegistration *
sip_registration_new (void)
{
  SipRegistration *registration = g_new0 (SipRegistration, 1);

  registration->contacts = g_ptr_array_new_with_free_func (contact_free);
  return registration;
}

void
sip_registration_free (SipRegistration *registration)
{
  g_ptr_array_unref (registration->contacts);
  g_free (registration->name);
  g_free (registration->identity);
  g_free (registration->display_name);
  g_free (registration->call_id);
  g_free (registration);
}

SipContact *
sip_registration_add (SipRegistration *registration, const char *uri, const char *key)
{
  SipContact *contact = g_new0 (SipContact, 1);

  contact->uri = g_strdup (uri);
  contact->key = g_strdup (key);
  g_ptr_array_add (registration->contacts, contact);
  return contact;
}

/* ---- what is there ---- */

static void
binding_free (gpointer data)
{
  SipBinding *binding = data;

  rfl_timer_free (binding->timer);
  g_free (binding->uri);
  g_free (binding->key);
  g_free (binding->instance);
  g_free (binding->call_id);
  g_free (binding);
}

static void
name_free (gpointer data)
{
  SipName *name = data;

  g_ptr_array_unref (name->bindings);
  g_free (name->name);
  g_free (name->identity);
  g_free (name->display_name);
  g_free (name);
}

/* A name without contacts is none. */
static void
name_check (SipName *name)
{
  if (name->bindings->len == 0)
    g_hash_table_remove (name->location->names, name->name);
}

static void
expired (gpointer user_data)
{
  SipBinding *binding = user_data;
  SipName *name = binding->name;
  SipLocation *location = name->location;

  g_ptr_array_remove (name->bindings, binding);
  name_check (name);
  location->func (SIP_LOCATION_EXPIRED, location->user_data);
}

static gboolean
is_same (const SipBinding *binding, const SipContact *contact)
{
  return strcmp (binding->key, contact->key) == 0
         || (contact->instance && g_strcmp0 (binding->instance, contact->instance) == 0);
}

static SipBinding *
find_binding (const SipName *name, const SipContact *contact)
{
  for (guint i = 0; name && i < name->bindings->len; i++)
    if (is_same (name->bindings->pdata[i], contact))
      return name->bindings->pdata[i];
  return NULL;
}

static SipName *
get_name (SipLocation *location, const SipRegistration *registration)
{
  SipName *name = sip_location_find (location, registration->name);

  if (name)
    return name;
  name = g_new0 (SipName, 1);
  name->name = g_strdup (registration->name);
  name->bindings = g_ptr_array_new_with_free_func (binding_free);
  name->location = location;
  g_hash_table_insert (location->names, name->name, name);
  return name;
}

static SipBinding *
get_binding (SipName *name, const SipContact *contact)
{
  SipBinding *binding = find_binding (name, contact);

  if (binding)
    return binding;
  binding = g_new0 (SipBinding, 1);
  binding->name = name;
  binding->timer = rfl_timer_new (name->location->clock, "sip.location", expired, binding);
  g_ptr_array_add (name->bindings, binding);
  return binding;
}

static void
replace (char **where, const char *text)
{
  g_free (*where);
  *where = g_strdup (text);
}

static void
bind_contact (SipName *name, const SipContact *contact, const SipRegistration *registration)
{
  SipBinding *binding = get_binding (name, contact);
  gint64 time = contact->expires * G_TIME_SPAN_SECOND;

  replace (&binding->uri, contact->uri);
  replace (&binding->key, contact->key);
  replace (&binding->instance, contact->instance);
  replace (&binding->call_id, registration->call_id);
  binding->cseq = registration->cseq;
  binding->q = contact->q;
  binding->expires = rfl_clock_now (name->location->clock) + time;
  binding->remote = registration->remote;
  binding->local = registration->local;
  binding->tcp = registration->tcp;
  binding->proven = registration->proven;
  binding->proxied = registration->proxied;
  binding->order = ++name->location->order;
  rfl_timer_start (binding->timer, time);
}

static gint
compare_preference (gconstpointer a, gconstpointer b)
{
  const SipBinding *one = *(SipBinding *const *) a, *two = *(SipBinding *const *) b;

  if (one->q != two->q)
    return one->q > two->q ? -1 : 1;
  return one->order > two->order ? -1 : 1;
}

static void
drop_oldest (SipName *name)
{
  SipBinding *oldest = name->bindings->pdata[0];

  for (guint i = 1; i < name->bindings->len; i++)
    if (((SipBinding *) name->bindings->pdata[i])->order < oldest->order)
      oldest = name->bindings->pdata[i];
  g_ptr_array_remove (name->bindings, oldest);
  name->location->func (SIP_LOCATION_REPLACED, name->location->user_data);
}

/* ---- applying ---- */

static gboolean
is_in_order (const SipBinding *binding, const SipRegistration *registration, GError **error)
{
  if (binding == NULL || strcmp (binding->call_id, registration->call_id) != 0
      || registration->cseq > binding->cseq)
    return TRUE;
  g_set_error (error, RFL_ERROR, RFL_ERROR_FAILED, "The registration is older than what is there");
  return FALSE;
}

static gboolean
check_order (const SipName *name, const SipRegistration *registration, GError **error)
{
  if (name == NULL)
    return TRUE;
  for (guint i = 0; registration->all && i < name->bindings->len; i++)
    if (!is_in_order (name->bindings->pdata[i], registration, error))
      return FALSE;
  for (guint i = 0; i < registration->contacts->len; i++)
    if (!is_in_order (find_binding (name, registration->contacts->pdata[i]), registration, error))
      return FALSE;
  return TRUE;
}

static gboolean
check_limits (const SipLocation *location, const SipName *name, const SipRegistration *registration,
              GError **error)
{
  guint n = 0;

  for (guint i = 0; i < registration->contacts->len; i++)
    n += ((SipContact *) registration->contacts->pdata[i])->expires > 0;
  if (n > location->max_contacts)
    g_set_error (error, RFL_ERROR, RFL_ERROR_FORBIDDEN, "At most %u contacts",
                 location->max_contacts);
  else if (n > 0 && name == NULL && g_hash_table_size (location->names) >= location->max_names)
    g_set_error (error, RFL_ERROR, RFL_ERROR_UNAVAILABLE, "Too many names are registered");
  else
    return TRUE;
  return FALSE;
}

static void
change (SipLocation *location, SipName *name, const SipRegistration *registration)
{
  if (registration->all && name)
    g_ptr_array_set_size (name->bindings, 0);
  for (guint i = 0; i < registration->contacts->len; i++)
    {
      const SipContact *contact = registration->contacts->pdata[i];
      SipBinding *old = find_binding (name, contact);

      if (contact->expires > 0)
        bind_contact (name ? name : (name = get_name (location, registration)), contact,
                      registration);
      else if (old)
        g_ptr_array_remove (name->bindings, old);
    }
  if (name == NULL)
    return;
  replace (&name->identity, registration->identity);
  replace (&name->display_name, registration->display_name);
  while (name->bindings->len > location->max_contacts)
    drop_oldest (name);
  g_ptr_array_sort (name->bindings, compare_preference);
  name_check (name);
}

gboolean
sip_location_apply (SipLocation *location, const SipRegistration *registration, GError **error)
{
  SipName *name = sip_location_find (location, registration->name);

  if (!registration->all && registration->contacts->len == 0)
    return TRUE;
  if (!check_order (name, registration, error)
      || !check_limits (location, name, registration, error))
    return FALSE;
  change (location, name, registration);
  return TRUE;
}

/* ---- the table ---- */

SipLocation *
sip_location_new (RflClock *clock, SipLocationFunc func, gpointer user_data)
{
  SipLocation *location = g_new0 (SipLocation, 1);

  location->clock = clock;
  location->func = func;
  location->user_data = user_data;
  location->names = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, name_free);
  return location;
}

void
sip_location_free (SipLocation *location)
{
  if (location == NULL)
    return;
  g_hash_table_unref (location->names);
  g_free (location);
}

void
sip_location_set_limits (SipLocation *location, guint names, guint contacts)
{
  location->max_names = names;
  location->max_contacts = contacts;
}

SipName *
sip_location_find (const SipLocation *location, const char *name)
{
  return g_hash_table_lookup (location->names, name);
}

guint
sip_location_count (const SipLocation *location)
{
  return g_hash_table_size (location->names);
}

GList *
sip_location_list (const SipLocation *location)
{
  return g_hash_table_get_values (location->names);
}

void
sip_location_clear (SipLocation *location)
{
  g_hash_table_remove_all (location->names);
}
