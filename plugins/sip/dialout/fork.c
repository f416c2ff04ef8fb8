/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One INVITE of ours, up to the answer. It offers nothing: the phone's 200 does, and our ACK
 * answers (RFC 3261 §13.2.1). So who only rings takes no place in the session and in no port's
 * books, and the phone names all it can do. Does not decide who is called.
 */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/dialout/call-out.h"
#include "plugins/sip/call/target.h"
#include "plugins/sip/mode/mode.h"
#include "plugins/sip/request/arrival.h"
#include "plugins/sip/request/body.h"
#include "plugins/sip/request/uri.h"

/* ---- where to ---- */

/* Where its registration came from, on TCP over that connection; but to the port it names where
 * the address is the same. Never anywhere else: a contact may name anybody. */
static char *
find_next_hop (const SipBinding *binding, const url_t *url)
{
  RflAddress hop = sip_uri_get_address (url);

  if (binding->tcp || binding->proxied || !rfl_address_same_ip (&hop, &binding->remote))
    hop = binding->remote;
  return sip_uri_write_hop (&hop, binding->tcp);
}

static char *
write_to (const SipRing *ring)
{
  return sip_uri_write_from (ring->identity, ring->display_name);
}

/* ---- life ---- */

SipFork *
sip_fork_new (SipRing *ring, SipListener *listener, const SipBinding *binding)
{
  su_home_t home[1] = { SU_HOME_INIT (home) };
  g_autofree char *to = write_to (ring);
  SipFork *fork = g_new0 (SipFork, 1);
  RflAddress no_media = { 0 };
  const url_t *url;

  su_home_init (home);
  url = url_make (home, binding->uri);
  fork->ring = sip_ring_ref (ring);
  fork->listener = listener;
  fork->remote = binding->remote;
  fork->tcp = binding->tcp;
  fork->proven = binding->proven;
  if (url)
    {
      fork->next_hop = find_next_hop (binding, url);
      fork->contact = sip_target_write_contact (listener, ring->room, binding->tcp, &no_media);
      fork->nh = nua_handle (listener->nua, NULL, NUTAG_URL (binding->uri), SIPTAG_TO_STR (to),
                             SIPTAG_FROM_STR (ring->from), TAG_END ());
    }
  su_home_deinit (home);
  if (fork->nh == NULL)
    {
      sip_fork_free (fork);
      return NULL;
    }
  /* No session timer: who does not hear of it does not make us refresh. A challenge ends it. */
  nua_invite (fork->nh, NUTAG_PROXY (fork->next_hop), SIPTAG_CONTACT_STR (fork->contact),
              NUTAG_AUTOACK (0), NUTAG_RETRY_COUNT (0), SIPTAG_SUPPORTED_STR ("100rel"),
              TAG_END ());
  return fork;
}

void
sip_fork_free (SipFork *fork)
{
  if (fork->nh)
    nua_handle_destroy (fork->nh);
  g_free (fork->next_hop);
  g_free (fork->contact);
  sip_ring_unref (fork->ring);
  g_free (fork);
}

void
sip_fork_give_up (SipFork *fork)
{
  if (fork->given_up)
    return;
  fork->given_up = TRUE;
  nua_cancel (fork->nh, TAG_END ());
}

/* ---- answers ---- */

/* Returns: (nullable): what the phone offers */
static SipSdp *
read_offer (const sip_t *sip)
{
  if (!sip_body_is_there (sip) || !sip_body_is (sip, "application/sdp"))
    return NULL;
  return sip_sdp_parse (sip->sip_payload->pl_data, sip->sip_payload->pl_len, NULL);
}

/* Too late, or nothing that we can use: RFC 3261 §13.2.2.4 wants an ACK all the same. */
static void
decline (SipFork *fork, const SipSdp *offer)
{
  fork->given_up = TRUE;
  sip_call_out_decline (fork->nh, fork->listener, offer);
}

static void
take (SipFork *fork, SipSdp *offer, const sip_t *sip)
{
  SipRing *ring = fork->ring;
  SipCallOut out = { .listener = fork->listener,
                     .nh = g_steal_pointer (&fork->nh),
                     .room = ring->room,
                     .user = fork->proven ? ring->name : NULL,
                     .identity = ring->identity,
                     .display_name = ring->display_name,
                     .contact = fork->contact,
                     .next_hop = fork->next_hop,
                     .remote = fork->remote,
                     .tcp = fork->tcp,
                     .modes = sip_mode_choose (fork->listener->plugin->settings.modes, ring->room,
                                               sip_arrival_get_agent (sip)),
                     .offer = offer,
                     .sip = sip };

  sip_call_out_start (&out);
  sip_fork_free (fork);
}

void
sip_fork_on_answer (SipFork *fork, int status, const sip_t *sip)
{
  SipSdp *offer;

  if (status < 200)
    return;
  if (status >= 300 || sip == NULL)
    {
      sip_ring_lose (fork->ring, fork);
      return;
    }
  offer = read_offer (sip);
  if (fork->ring->over || fork->given_up || offer == NULL || !sip_sdp_is_usable (offer))
    {
      decline (fork, offer);
      sip_sdp_free (offer);
      return;
    }
  sip_ring_win (fork->ring, fork);
  take (fork, offer, sip);
}
