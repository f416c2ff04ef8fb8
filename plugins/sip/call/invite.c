/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All checks of an INVITE before it becomes a call, and of what comes inside of one before it
 * changes it. Not where calls live: see call.c.
 */
#include "plugins/sip/call/invite.h"
#include "plugins/sip/request/arrival.h"
#include "plugins/sip/request/body.h"
#include "plugins/sip/auth/digest.h"
#include "plugins/sip/call/index.h"
#include "plugins/sip/call/negotiation.h"
#include "plugins/sip/mode/mode.h"
#include "plugins/sip/request/uri.h"

/* @offer: (out): %NULL if there is none. Returns: %FALSE when the request has been refused. */
static gboolean
read_offer (const SipArrival *a, SipRequest *request, SipSdp **offer)
{
  static const SipRefusal no_sdp = { SIP_415_UNSUPPORTED_MEDIA, 0, 0 };
  g_autoptr (GError) error = NULL;

  *offer = NULL;
  if (!sip_body_is_there (a->sip))
    return TRUE;
  if (!sip_body_is (a->sip, "application/sdp"))
    {
      sip_arrival_refuse (a, request, &no_sdp, "The body is not a session description");
      return FALSE;
    }
  *offer = sip_sdp_parse (a->sip->sip_payload->pl_data, a->sip->sip_payload->pl_len, &error);
  if (*offer == NULL)
    sip_arrival_refuse_error (a, request, error);
  return *offer != NULL;
}

/* Who must not come in at all, before anything is told about rooms. */
static gboolean
check_entrance (const SipArrival *a, SipRequest *request, char **user)
{
  static const SipRefusal merged = { 482, "Request merged", 0, 0 };
  static const SipRefusal scheme = { SIP_416_UNSUPPORTED_URI, 0, 0 };
  SipPlugin *plugin = a->listener->plugin;
  gint8 type = a->sip->sip_request->rq_url->url_type;
  g_autoptr (GError) error = NULL;

  if (sip_index_is_merged (plugin->index, a->sip))
    {
      sip_arrival_refuse (a, request, &merged, "The same request has come on another path");
      return FALSE;
    }
  if (type != url_sip && type != url_sips)
    {
      sip_arrival_refuse (a, request, &scheme, "The Request-URI is not a sip URI");
      return FALSE;
    }
  if (sip_request_may_begin (plugin, &error)
      && g_hash_table_size (plugin->calls) >= plugin->settings.max_calls)
    g_set_error (&error, RFL_ERROR, RFL_ERROR_UNAVAILABLE, "Too many calls");
  if (error)
    {
      sip_arrival_refuse_error (a, request, error);
      return FALSE;
    }
  return !sip_digest_is_wanted (a->listener)
         || sip_digest_check (a->listener, request, a->sip, a->peer, user);
}

static gboolean
may_call_again (const SipArrival *a, SipRequest *request, const SipInvite *invite)
{
  static const SipRefusal twice = { SIP_486_BUSY_HERE, 399, 0 };
  const SipPlugin *plugin = a->listener->plugin;

  if (plugin->settings.second_call != SIP_SECOND_CALL_REFUSE
      || sip_index_find_twin (plugin->index, invite) == NULL)
    return TRUE;
  sip_arrival_refuse (a, request, &twice, "This user is in the room already");
  return FALSE;
}

/* The caller's own word, else the operator's. */
static gboolean
choose_modes (const SipArrival *a, const char *room, SipModes *out, GError **error)
{
  gboolean said;
  RflLegMode mode;

  if (!sip_uri_get_mode (a->sip->sip_request->rq_url, &said, &mode, error))
    return FALSE;
  *out = said ? sip_mode_of_all (mode)
              : sip_mode_choose (a->listener->plugin->settings.modes, room,
                                 sip_arrival_get_agent (a->sip));
  return TRUE;
}

static void
begin_call (const SipArrival *a, SipRequest *request, SipSdp *offer, char *user)
{
  static const SipRefusal transport = { SIP_488_NOT_ACCEPTABLE, 302, 0 };
  const url_t *url = a->sip->sip_request->rq_url;
  SipInvite invite = { .request = request,
                       .offer = offer,
                       .user = user,
                       .remote = a->remote,
                       .tcp = a->tcp,
                       .sip = a->sip };
  g_autoptr (GError) error = NULL;

  if (offer && !sip_sdp_is_usable (offer))
    sip_arrival_refuse (a, request, &transport, "No medium with plain RTP is offered");
  else if ((invite.room = sip_uri_get_room (url, &error)) == NULL
           || !choose_modes (a, invite.room, &invite.modes, &error))
    sip_arrival_refuse_error (a, request, error);
  else if (may_call_again (a, request, &invite))
    sip_negotiation_start (a->listener, &invite);
  sip_request_free (invite.request);
  sip_sdp_free (invite.offer);
  g_free (invite.room);
  g_free (invite.user);
}

void
sip_invite_receive (SipListener *listener, nua_handle_t *nh, const sip_t *sip)
{
  g_autoptr (SipRequest) request = sip_request_save (listener, nh);
  g_autofree char *user = NULL;
  SipArrival a;
  SipSdp *offer;

  rfl_counter_add (listener->plugin->counters.invites, 1);
  sip_arrival_init (&a, listener, request, sip);
  if (check_entrance (&a, request, &user) && read_offer (&a, request, &offer))
    begin_call (&a, g_steal_pointer (&request), offer, g_steal_pointer (&user));
}

void
sip_invite_change (SipListener *listener, nua_handle_t *nh, SipCall *call, const sip_t *sip)
{
  static const SipRefusal overlap = { 500, "Overlapping Requests", 0, 5 };
  static const SipRefusal glare = { SIP_491_REQUEST_PENDING, 0, 0 };
  static const SipRefusal over = { SIP_481_NO_CALL, 0, 0 };
  g_autoptr (SipRequest) request = sip_request_save (listener, nh);
  SipInvite invite = { .sip = sip };
  SipArrival a;

  sip_arrival_init (&a, listener, request, sip);
  invite.remote = a.remote;
  invite.tcp = a.tcp;
  if (call == NULL || call->state >= SIP_CALL_ENDING)
    {
      sip_arrival_refuse (&a, request, &over, "The call is over");
      return;
    }
  if (sip->sip_request->rq_method == sip_method_update && !sip_body_is_there (sip))
    {
      invite.request = request;
      sip_negotiation_confirm (call, &invite);
      return;
    }
  if (call->proposal)
    {
      sip_arrival_refuse (&a, request, &glare, "Our offer has not been answered");
      return;
    }
  if (call->request || call->settling || call->state == SIP_CALL_JOINING)
    {
      sip_arrival_refuse (&a, request, &overlap, "Another offer is being answered");
      return;
    }
  if (!read_offer (&a, request, &invite.offer))
    return;
  invite.request = g_steal_pointer (&request);
  sip_negotiation_change (call, &invite);
}
