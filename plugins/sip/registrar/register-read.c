/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a REGISTER says: whose name, which contacts, for how long. Judges nobody and keeps nothing.
 */
#include "plugins/sip/registrar/registrar.h"
#include "plugins/sip/request/uri.h"
#include <reflector/error.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/sip_header.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_EXPIRES 3600 /* RFC 3261 §10.2.1.1 leaves it to the registrar */
/* Octets that are kept for each contact. */
#define MAX_URI 512
#define MAX_CALL_ID 256
#define MAX_INSTANCE 200

static gboolean
malformed (GError **error, const char *what)
{
  g_set_error (error, RFL_ERROR, RFL_ERROR_MALFORMED, "%s", what);
  return FALSE;
}

/* Near enough to §19.1.4 for what a phone writes each time it registers: case does not count where
 * it must not, the rest is compared as text. */
static char *
make_key (const url_t *url)
{
  g_autofree char *scheme = g_ascii_strdown (url->url_scheme ? url->url_scheme : "", -1);
  g_autofree char *host = g_ascii_strdown (url->url_host ? url->url_host : "", -1);
  g_autofree char *params = g_ascii_strdown (url->url_params ? url->url_params : "", -1);

  return g_strdup_printf ("%s:%s@%s:%s;%s", scheme, url->url_user ? url->url_user : "", host,
                          url->url_port ? url->url_port : "", params);
}

/* @text: or %NULL. A time that is none counts as not given (§10.2.1.1). */
static gboolean
read_seconds (const char *text, guint *out)
{
  char *end;
  guint64 value;

  if (text == NULL || !g_ascii_isdigit (*text))
    return FALSE;
  value = g_ascii_strtoull (text, &end, 10);
  if (*end != '\0')
    return FALSE;
  *out = MIN (value, G_MAXUINT32);
  return TRUE;
}

static gboolean
read_expires (SipContact *contact, const sip_t *sip, const sip_contact_t *m,
              const SipRegisterLimits *limits, GError **error)
{
  contact->expires = MIN (DEFAULT_EXPIRES, limits->max);
  if (!read_seconds (m->m_expires, &contact->expires) && sip->sip_expires)
    contact->expires = MIN (sip->sip_expires->ex_delta, G_MAXUINT32);
  contact->expires = MIN (contact->expires, limits->max);
  if (contact->expires == 0 || contact->expires >= limits->min)
    return TRUE;
  g_set_error (error, RFL_ERROR, RFL_ERROR_LIMIT, "At least %u seconds", limits->min);
  return FALSE;
}

/* The device (RFC 5626 §4.1), and which of its ways to us: it comes back with another port or URI
 * after a restart. */
static char *
read_instance (const sip_contact_t *m)
{
  const char *instance = msg_params_find (m->m_params, "+sip.instance=");
  const char *id = msg_params_find (m->m_params, "reg-id=");

  if (instance == NULL || strlen (instance) > MAX_INSTANCE || (id && strlen (id) > MAX_INSTANCE))
    return NULL;
  return g_strconcat (instance, ";", id, NULL);
}

static gboolean
read_contact (SipRegistration *registration, const sip_t *sip, const sip_contact_t *m,
              const SipRegisterLimits *limits, GError **error)
{
  char uri[MAX_URI];
  g_autofree char *key = make_key (m->m_url);
  SipContact *contact;
  issize_t len = url_e (uri, sizeof uri, m->m_url);

  /* What stands behind a `?` would become headers of requests of ours. */
  if (m->m_url->url_headers)
    return malformed (error, "A contact has headers in it");
  if (len <= 0 || len >= (issize_t) sizeof uri)
    return malformed (error, "A contact is too long");
  for (const char *p = uri; *p; p++)
    if (!g_ascii_isgraph (*p) || strchr ("<>\"", *p))
      return malformed (error, "A contact is no URI");
  contact = sip_registration_add (registration, uri, key);
  contact->instance = read_instance (m);
  contact->q = m->m_q ? MIN (msg_q_value (m->m_q), 1000) : 1000;
  return read_expires (contact, sip, m, limits, error);
}

static gboolean
read_contacts (SipRegistration *registration, const sip_t *sip, const SipRegisterLimits *limits,
               GError **error)
{
  const sip_contact_t *first = sip->sip_contact;

  for (const sip_contact_t *m = first; m; m = m->m_next)
    if (m->m_url->url_type == url_any)
      registration->all = TRUE;
    else if (!read_contact (registration, sip, m, limits, error))
      return FALSE;
  /* §10.3 step 6 */
  if (first && registration->all
      && (first->m_next || sip->sip_expires == NULL || sip->sip_expires->ex_delta != 0))
    return malformed (error, "The contact * stands alone and with Expires: 0");
  return TRUE;
}

static gboolean
read_name (SipRegistration *registration, const sip_t *sip, GError **error)
{
  const url_t *url = sip->sip_to->a_url;

  if (url->url_type != url_sip && url->url_type != url_sips)
    return malformed (error, "What is registered is no sip URI");
  registration->name = sip_uri_get_room (url, error);
  registration->identity = sip_uri_get_identity ((const sip_from_t *) sip->sip_to);
  registration->display_name = sip_uri_get_display_name ((const sip_from_t *) sip->sip_to);
  return registration->name != NULL;
}

SipRegistration *
sip_registrar_read (const sip_t *sip, const SipRegisterLimits *limits, GError **error)
{
  g_autoptr (SipRegistration) registration = sip_registration_new ();

  if (strlen (sip->sip_call_id->i_id) > MAX_CALL_ID)
    {
      malformed (error, "The Call-ID is too long");
      return NULL;
    }
  registration->call_id = g_strdup (sip->sip_call_id->i_id);
  registration->cseq = sip->sip_cseq->cs_seq;
  registration->proxied = sip->sip_via && sip->sip_via->v_next;
  if (!read_name (registration, sip, error) || !read_contacts (registration, sip, limits, error))
    return NULL;
  return g_steal_pointer (&registration);
}
