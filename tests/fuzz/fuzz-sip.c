/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feeds whole messages to the guarded SIP parser and holds it to its promise: in what it
 * does not mark as bad, every Contact, Route and Record-Route is a sip URI with a host.
 * Then reads room, mode and identity. */
#include "plugins/sip/stack/guard.h"
#include "plugins/sip/text/message.h"
#include "plugins/sip/registrar/registrar.h"
#include "plugins/sip/request/uri.h"
#include <sofia-sip/msg.h>
#include <sofia-sip/msg_parser.h>
#include <sofia-sip/sip_parser.h>

#include "tests/fuzz/fuzz.h"

static void
check_url (const url_t *url)
{
  g_assert_true (url->url_type == url_sip || url->url_type == url_sips);
  g_assert_true (url->url_host && *url->url_host);
}

/* Only a REGISTER may have it. */
static gboolean
is_star (const sip_t *sip, const sip_contact_t *contact)
{
  return sip->sip_request && sip->sip_request->rq_method == sip_method_register
         && contact->m_url->url_type == url_any;
}

static void
check_routes (const sip_route_t *route)
{
  for (; route; route = route->r_next)
    check_url (route->r_url);
}

static void
read_uris (const sip_t *sip)
{
  RflLegMode mode;
  gboolean said;
  g_autofree char *room = NULL, *who = NULL, *display = NULL;

  if (sip->sip_request == NULL || sip->sip_from == NULL)
    return;
  room = sip_uri_get_room (sip->sip_request->rq_url, NULL);
  sip_uri_get_mode (sip->sip_request->rq_url, &said, &mode, NULL);
  who = sip_uri_get_identity (sip->sip_from);
  display = sip_uri_get_display_name (sip->sip_from);
  g_assert_true (room == NULL || g_utf8_validate (room, -1, NULL));
  g_assert_true (g_utf8_validate (who, -1, NULL));
  g_assert_true (display == NULL || g_utf8_validate (display, -1, NULL));
}

/* What is kept of a registration has its bounds, and of a text that it is one. */
static void
read_requests (const sip_t *sip)
{
  static const SipRegisterLimits limits = { 60, 7200 };
  g_autoptr (SipRegistration) registration = NULL;
  g_autofree char *text = NULL;

  if (sip->sip_request == NULL || sip->sip_to == NULL || sip->sip_call_id == NULL
      || sip->sip_cseq == NULL)
    return;
  registration = sip_registrar_read (sip, &limits, NULL);
  for (guint i = 0; registration && i < registration->contacts->len; i++)
    {
      const SipContact *contact = registration->contacts->pdata[i];
      g_assert_cmpuint (strlen (contact->uri), <, 512);
      g_assert_cmpuint (contact->q, <=, 1000);
      g_assert_true (contact->expires == 0 || (contact->expires >= 60 && contact->expires <= 7200));
    }
  if (sip_message_read (sip, &text) == SIP_TEXT_OK)
    g_assert_true (*text && strlen (text) <= RFL_TEXT_MAX && g_utf8_validate (text, -1, NULL));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  SipGuard *guard = sip_guard_new ();
  msg_t *msg = size > 0 ? msg_make (sip_guard_get_parser (guard), 0, data, size) : NULL;
  const sip_t *sip = msg ? sip_object (msg) : NULL;

  if (sip && !(sip->sip_flags & MSG_FLG_ERROR))
    {
      for (const sip_contact_t *m = sip->sip_contact; m; m = m->m_next)
        if (!is_star (sip, m))
          check_url (m->m_url);
      check_routes (sip->sip_route);
      check_routes ((const sip_route_t *) sip->sip_record_route);
      read_uris (sip);
      read_requests (sip);
    }
  if (msg)
    msg_destroy (msg);
  sip_guard_free (guard);
  return 0;
}
