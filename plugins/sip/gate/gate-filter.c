/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where requests meet the gate: datagrams at the end of their parsing, before the stack has made a
 * transaction of them; what came over a connection (which slows its sender down by itself) when it
 * is dispatched. Judges nothing. */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/gate/access.h"
#include "plugins/sip/call/call.h"
#include "plugins/sip/tcp/connections.h"
#include "plugins/sip/auth/digest.h"
#include "plugins/sip/gate/gate-private.h"
#include "plugins/sip/gate/stateless.h"

/* Seconds: descriptors are soon free again. */
#define SHORTAGE_RETRY 10

static void
send_response (const SipListener *listener, const GString *text, const RflAddress *remote)
{
  struct sockaddr_storage sa;
  socklen_t len = rfl_address_to_sockaddr (remote, &sa);

  if (text && listener->udp >= 0)
    (void) sendto (listener->udp, text->str, text->len, MSG_DONTWAIT | MSG_NOSIGNAL,
                   (struct sockaddr *) &sa, len);
}

static void
send_refusal (const SipListener *listener, const sip_t *sip, const RflAddress *remote,
              guint retry_after)
{
  g_autoptr (GString) text =
      sip_stateless_refuse (sip, remote, listener->plugin->gate->tag, retry_after);

  send_response (listener, text, remote);
}

/* What will be challenged in any case; whatever else may be wrong with it is for the stack. */
static gboolean
wants_challenge (const SipListener *listener, const sip_t *sip)
{
  const SipPlugin *plugin = listener->plugin;
  gint8 type = sip->sip_request->rq_url->url_type;

  return sip->sip_request->rq_method == sip_method_invite && sip->sip_authorization == NULL
         && sip->sip_via && sip->sip_from && sip->sip_call_id && sip->sip_cseq && sip->sip_to
         && sip->sip_to->a_tag == NULL && (type == url_sip || type == url_sips)
         && sip_request_may_begin (plugin, NULL)
         && g_hash_table_size (plugin->calls) < plugin->settings.max_calls
         && sip_digest_is_wanted (listener);
}

/* RFC 3261 §8.2.7: who has shown no credentials is worth no transaction. His ACK ends at the gate, by its
 * To tag; a repeated INVITE gets another challenge. */
static gboolean
challenge (SipListener *listener, const sip_t *sip, const RflAddress *remote)
{
  g_autofree char *headers = NULL;
  g_autoptr (GString) text = NULL;

  if (listener->udp < 0 || !wants_challenge (listener, sip)
      || !sip_access_is_open (listener, remote))
    return FALSE;
  headers = sip_digest_make_challenge (listener, sip);
  if (headers)
    text = sip_stateless_respond (sip, remote, listener->plugin->gate->tag, "401 Unauthorized",
                                  headers);
  if (text == NULL)
    return FALSE;
  rfl_counter_add (listener->plugin->counters.invites, 1);
  send_response (listener, text, remote);
  return TRUE;
}

/* No answer, and soon no connection, is a 503 to whoever has sent it (RFC 3261 §8.1.3.1). The stack
 * would say 410. */
static gboolean
is_too_late (const SipListener *listener, const sip_t *sip)
{
  return listener->plugin->stopping && sip->sip_request
         && sip->sip_request->rq_method == sip_method_invite && sip->sip_to
         && sip->sip_to->a_tag == NULL;
}

gboolean
sip_gate_filter (msg_t *msg, sip_t *sip, gpointer user_data)
{
  SipListener *listener = user_data;
  SipGate *gate = listener->plugin->gate;
  guint retry_after = 0;
  gboolean tcp;
  RflAddress remote;

  if (gate == NULL || !sip_msg_get_remote (msg, &remote, &tcp))
    return TRUE;
  if (tcp)
    {
      sip_connections_note_message (listener->plugin->connections, &remote);
      return !is_too_late (listener, sip);
    }
  switch (
      sip_gate_judge (gate, sip, &remote, sip_socket_get_queue (listener->udp, NULL), &retry_after))
    {
    case SIP_GATE_PASS:
      return !challenge (listener, sip, &remote);
    case SIP_GATE_REFUSE:
      send_refusal (listener, sip, &remote, retry_after);
      return FALSE;
    default:
      return FALSE;
    }
}

/* A call over TCP keeps a descriptor: near the last one it is refused as in overload. */
static gboolean
has_room (SipGate *gate, nua_event_t event, SipRefusal *refusal)
{
  if (event != nua_i_invite || !sip_shortage_is_near ())
    return TRUE;
  rfl_counter_add (gate->shed, 1);
  refusal->retry_after = SHORTAGE_RETRY;
  return FALSE;
}

gboolean
sip_gate_admit (SipListener *listener, nua_event_t event, int status, nua_handle_t *nh,
                const SipCall *call, const sip_t *sip)
{
  static const char text[] = "Too many requests, or too many calls";
  SipRefusal refusal = { SIP_503_SERVICE_UNAVAILABLE, 0, 0 };
  SipGate *gate = listener->plugin->gate;
  g_autoptr (SipRequest) request = NULL;
  char peer[RFL_ADDRESS_STRLEN];
  gboolean tcp;
  RflAddress remote;

  if (gate == NULL || call || status >= 200 || !sip_event_is_request (event) || sip == NULL
      || sip->sip_request == NULL
      || !sip_msg_get_remote (nua_current_request (listener->nua), &remote, &tcp) || !tcp
      || (sip_gate_judge (gate, sip, &remote, -1, &refusal.retry_after) == SIP_GATE_PASS
          && has_room (gate, event, &refusal)))
    return TRUE;
  request = sip_request_save (listener, nh);
  refusal.retry_after = MAX (refusal.retry_after, 1);
  sip_request_refuse_with (listener, request, rfl_address_format (&remote, peer), &refusal, text);
  if (event != nua_i_invite)
    nua_handle_destroy (nh);
  return FALSE;
}
