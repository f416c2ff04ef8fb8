/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the stack reports, handed to those who deal with it; and all checks of an INVITE
 * before it becomes a call. Not where calls live: see call.c.
 */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/access.h"
#include "plugins/sip/arrival.h"
#include "plugins/sip/call.h"
#include "plugins/sip/digest.h"
#include "plugins/sip/message.h"
#include "plugins/sip/registrar.h"
#include "plugins/sip/orphan.h"
#include "plugins/sip/uri.h"
#include <string.h>

/* ---- session descriptions ---- */

static gboolean
has_body (const sip_t *sip)
{
  return sip->sip_payload && sip->sip_payload->pl_data && sip->sip_payload->pl_len > 0;
}

static gboolean
is_sdp (const sip_t *sip)
{
  return sip->sip_content_type && sip->sip_content_type->c_type
         && g_ascii_strcasecmp (sip->sip_content_type->c_type, "application/sdp") == 0
         && sip->sip_content_encoding == NULL;
}

/* Returns: the offer, or %NULL when the request has been refused. */
static SipSdp *
read_offer (const SipArrival *a, SipRequest *request)
{
  static const SipRefusal no_offer = { SIP_488_NOT_ACCEPTABLE, 399, 0 };
  static const SipRefusal no_sdp = { SIP_415_UNSUPPORTED_MEDIA, 0, 0 };
  g_autoptr (GError) error = NULL;
  SipSdp *sdp;

  if (!has_body (a->sip))
    {
      sip_arrival_refuse (a, request, &no_offer, "Calls without an offer are not taken");
      return NULL;
    }
  if (!is_sdp (a->sip))
    {
      sip_arrival_refuse (a, request, &no_sdp, "The body is not a session description");
      return NULL;
    }
  sdp = sip_sdp_parse (a->sip->sip_payload->pl_data, a->sip->sip_payload->pl_len, &error);
  if (sdp == NULL)
    sip_arrival_refuse_error (a, request, error);
  return sdp;
}

/* ---- INVITE ---- */

/* Who must not come in at all, before anything is told about rooms. */
static gboolean
check_entrance (const SipArrival *a, SipRequest *request, char **user)
{
  static const SipRefusal scheme = { SIP_416_UNSUPPORTED_URI, 0, 0 };
  SipPlugin *plugin = a->listener->plugin;
  gint8 type = a->sip->sip_request->rq_url->url_type;
  g_autoptr (GError) error = NULL;

  if (type != url_sip && type != url_sips)
    {
      sip_arrival_refuse (a, request, &scheme, "The Request-URI is not a sip URI");
      return FALSE;
    }
  if (plugin->stopping || rfl_core_is_draining (plugin->core))
    g_set_error (&error, RFL_ERROR, RFL_ERROR_UNAVAILABLE, "This server is going down");
  else if (g_hash_table_size (plugin->calls) >= plugin->settings.max_calls)
    g_set_error (&error, RFL_ERROR, RFL_ERROR_UNAVAILABLE, "Too many calls");
  if (error)
    {
      sip_arrival_refuse_error (a, request, error);
      return FALSE;
    }
  return !sip_digest_is_wanted (plugin)
         || sip_digest_check (a->listener, request, a->sip, a->peer, user);
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

  if (!sip_sdp_is_usable (offer))
    sip_arrival_refuse (a, request, &transport, "No medium with plain RTP is offered");
  else if ((invite.room = sip_uri_get_room (url, &error)) == NULL
           || !sip_uri_get_mode (url, &invite.mode, &error))
    sip_arrival_refuse_error (a, request, error);
  else
    sip_call_start (a->listener, &invite);
  sip_request_free (invite.request);
  sip_sdp_free (invite.offer);
  g_free (invite.room);
  g_free (invite.user);
}

static void
on_first_invite (SipListener *listener, nua_handle_t *nh, const sip_t *sip)
{
  g_autoptr (SipRequest) request = sip_request_save (listener, nh);
  g_autofree char *user = NULL;
  SipArrival a;
  SipSdp *offer;

  rfl_counter_add (listener->plugin->counters.invites, 1);
  sip_arrival_init (&a, listener, request, sip);
  if (!check_entrance (&a, request, &user))
    return;
  offer = read_offer (&a, request);
  if (offer)
    begin_call (&a, g_steal_pointer (&request), offer, g_steal_pointer (&user));
}

static void
on_change (SipListener *listener, nua_handle_t *nh, SipCall *call, const sip_t *sip)
{
  static const SipRefusal overlap = { 500, "Overlapping Requests", 0, 5 };
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
  if (sip->sip_request->rq_method == sip_method_update && !has_body (sip))
    {
      invite.request = request;
      sip_call_confirm (call, &invite);
      return;
    }
  if (call->request || call->state == SIP_CALL_JOINING)
    {
      sip_arrival_refuse (&a, request, &overlap, "Another offer is being answered");
      return;
    }
  invite.offer = read_offer (&a, request);
  if (invite.offer == NULL)
    return;
  invite.request = g_steal_pointer (&request);
  sip_call_change (call, &invite);
}

/* ---- the others ---- */

/* RFC 3261 §11.2; the stack adds Accept, Allow and Supported. */
static void
on_options (SipListener *listener, nua_handle_t *nh, SipCall *call)
{
  g_autoptr (SipRequest) request = sip_request_save (listener, nh);
  tagi_t tags[] = { { SIPTAG_ACCEPT_ENCODING_STR ("identity") },
                    { SIPTAG_ACCEPT_LANGUAGE_STR ("en") },
                    { TAG_END () } };

  sip_request_respond (request, SIP_200_OK, tags);
  if (call == NULL)
    nua_handle_destroy (nh);
}

static void
on_state (nua_handle_t *nh, SipCall *call, const char *phrase, tagi_t tags[])
{
  int state = nua_callstate_init;

  tl_gets (tags, NUTAG_CALLSTATE_REF (state), TAG_END ());
  if (call == NULL)
    {
      if (state == nua_callstate_terminated)
        nua_handle_destroy (nh);
      return;
    }
  if (state == nua_callstate_ready)
    sip_call_acknowledged (call);
  else if (state == nua_callstate_terminating)
    sip_call_ending (call, phrase);
  else if (state == nua_callstate_terminated)
    sip_call_gone (call, phrase && *phrase ? phrase : "ended");
}

void
sip_dispatch (nua_event_t event, int status, char const *phrase, nua_t *nua, SipListener *listener,
              nua_handle_t *nh, SipCall *call, sip_t const *sip, tagi_t tags[])
{
  if (call == NULL && status < 200 && sip_access_refuses (event, listener, nh, sip))
    return;
  switch (event)
    {
    case nua_i_invite:
      if (status >= 200)
        break;
      if (call)
        on_change (listener, nh, call, sip);
      else
        on_first_invite (listener, nh, sip);
      break;
    case nua_i_update:
      if (status < 200)
        on_change (listener, nh, call, sip);
      break;
    case nua_i_options:
      if (status < 200)
        on_options (listener, nh, call);
      break;
    case nua_i_register:
      if (status < 200)
        sip_registrar_on_register (listener, nh, call, sip);
      break;
    case nua_i_message:
      if (status < 200)
        sip_messages_on_message (listener, nh, call, sip);
      break;
    case nua_r_message:
      sip_messages_on_answer (call, status);
      break;
    case nua_i_cancel:
      rfl_counter_add (listener->plugin->counters.cancelled, 1);
      break;
    case nua_i_state:
      on_state (nh, call, phrase, tags);
      break;
    case nua_r_method:
      sip_orphans_answered (listener->plugin->orphans, nh, status);
      break;
    case nua_r_shutdown:
      listener->down = status >= 200;
      break;
    default:
      break;
    }
}
