/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is kept out by his address, or comes to one that we have given up, hears so before anything of his request is looked at, or hears
 * nothing. Requests inside a call come from somebody who was let in, and end calls too: they pass.
 */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/gate/access.h"
#include "plugins/sip/call/index.h"

static RflAccessVerdict
judge (const SipPlugin *plugin, const RflAddress *address)
{
  gpointer self;
  const RflAccess *access =
      rfl_core_find_service (plugin->core, RFL_ACCESS_SERVICE, RFL_ACCESS_VERSION, &self);

  return access ? access->judge (self, address) : RFL_ACCESS_ALLOWED;
}

/* A listener that is not wanted any more has no rules of its own left: it is there for its calls. */
gboolean
sip_access_is_open (const SipListener *listener, const RflAddress *remote)
{
  return listener->gone == 0 && judge (listener->plugin, remote) == RFL_ACCESS_ALLOWED;
}

gboolean
sip_access_refuses (nua_event_t event, SipListener *listener, nua_handle_t *nh, const sip_t *sip)
{
  static const SipRefusal forbidden = { SIP_403_FORBIDDEN, 399, 0 };
  static const SipRefusal gone = { SIP_503_SERVICE_UNAVAILABLE, 399, 0 };
  g_autoptr (SipRequest) request = NULL;
  msg_t *msg = sip_event_is_request (event) ? nua_current_request (listener->nua) : NULL;
  RflAddress remote;
  SipArrival a;

  if (msg == NULL || !sip_msg_get_remote (msg, &remote, NULL)
      || sip_access_is_open (listener, &remote))
    return FALSE;
  request = sip_request_save (listener, nh);
  sip_arrival_init (&a, listener, request, sip);
  if (listener->gone != 0)
    sip_arrival_refuse (&a, request, &gone, "Nothing begins at this address any more");
  else
    sip_arrival_refuse (&a, request, &forbidden, "Your address is not let in here");
  if (event != nua_i_invite) /* whose end the stack tells */
    nua_handle_destroy (nh);
  return TRUE;
}

/* Calls that were up before the lists changed go on, and end. */
gboolean
sip_access_is_silent (msg_t *msg, gpointer data)
{
  const SipPlugin *plugin = data;
  RflAddress remote;

  return sip_msg_get_remote (msg, &remote, NULL) && judge (plugin, &remote) == RFL_ACCESS_SILENT
         && !sip_index_has_host (plugin->index, &remote);
}
