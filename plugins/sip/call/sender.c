/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the call of who sends a request outside of it. Judges no credentials. */
#include "plugins/sip/call/sender.h"
#include "plugins/sip/request/uri.h"
#include <string.h>

static gboolean
is_sender (const SipCall *call, const SipArrival *a, const char *identity, const char *user)
{
  return call && call->state < SIP_CALL_ENDING && !call->participant->waiting
         && strcmp (call->participant->identity, identity) == 0 && g_strcmp0 (call->user, user) == 0
         && rfl_address_same_ip (&call->remote, &a->remote);
}

/* The same phone before another one of the same user. */
SipCall *
sip_sender_find (const RflSession *session, const SipArrival *a, const char *user)
{
  g_autofree char *identity = sip_uri_get_identity (a->sip->sip_from);
  SipCall *found = NULL;

  for (guint i = 0; i < session->participants->len; i++)
    {
      SipCall *call = sip_call_find (session->participants->pdata[i]);
      if (!is_sender (call, a, identity, user))
        continue;
      if (found == NULL || rfl_address_equal (&call->remote, &a->remote))
        found = call;
    }
  return found;
}
