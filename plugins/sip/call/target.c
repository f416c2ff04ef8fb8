/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Targets of calls (RFC 3261 §12.2), NATs and proxies between considered. Sends nothing. */
#include "plugins/sip/call/target.h"
#include "plugins/sip/call/index.h"
#include "plugins/sip/listen/listen.h"
#include "plugins/sip/request/uri.h"

char *
sip_target_write_contact (const SipListener *listener, const char *room, gboolean tcp,
                          const RflAddress *media)
{
  const SipListen *listen = listener->listen;
  const RflAddress *host = &listener->local;
  g_autofree char *user = sip_uri_escape_user (room);
  RflAddress address;
  char text[RFL_ADDRESS_STRLEN];

  /* Behind a NAT of ours the media's plugin was told what to advertise. */
  if (listen->advertise.family != 0)
    host = &listen->advertise;
  else if (listen->local.family == 0 && media->family == listener->local.family)
    host = media;
  address = *host;
  address.scope = 0;
  address.port = listener->local.port;
  return g_strdup_printf ("<sip:%s@%s%s>;isfocus", user, rfl_address_format (&address, text),
                          tcp ? ";transport=tcp" : "");
}

char *
sip_target_make_contact (const SipCall *call, const RflAddress *media)
{
  return sip_target_write_contact (call->listener, call->room, call->tcp, media);
}

/* The first of the route set, which does not change as long as the dialog lives (RFC 3261 §12.1.1), or
 * the Contact past a proxy that did not record its route (§12.2.1.1). */
static gboolean
is_reachable (const SipCall *call, const sip_t *sip)
{
  if (call && call->routed)
    return call->next_hop == NULL;
  if (sip->sip_record_route)
    return sip_uri_is_numeric (sip->sip_record_route->r_url);
  return sip->sip_contact && sip_uri_is_numeric (sip->sip_contact->m_url);
}

/* A client behind a NAT names a Contact that we cannot reach; without a proxy in between
 * our requests go to where its own came from, on TCP over its connection. Past a proxy they go there too if what
 * they should go to is a name: the stack's resolver does not return while no name server can be
 * reached, and nobody should make us ask one. */
static char *
find_next_hop (const SipTarget *target, const SipCall *call, const sip_t *sip)
{
  RflAddress hop = { 0 };

  if (target->routed || (sip->sip_via && sip->sip_via->v_next))
    return is_reachable (call, sip) ? NULL : sip_uri_write_hop (&target->remote, target->tcp);
  if (sip->sip_contact)
    hop = sip_uri_get_address (sip->sip_contact->m_url);
  if (target->tcp || !rfl_address_same_ip (&hop, &target->remote))
    hop = target->remote;
  return sip_uri_write_hop (&hop, target->tcp);
}

SipTarget *
sip_target_new (const SipCall *call, const sip_t *sip, const RflAddress *remote, gboolean tcp)
{
  SipTarget *target = g_new0 (SipTarget, 1);

  target->remote = *remote;
  target->tcp = tcp;
  target->routed = (call && call->routed) || sip->sip_record_route != NULL;
  target->next_hop = find_next_hop (target, call, sip);
  return target;
}

char *
sip_target_find_hop (const sip_t *sip, const RflAddress *remote, gboolean tcp)
{
  SipTarget *target = sip_target_new (NULL, sip, remote, tcp);
  char *hop = g_steal_pointer (&target->next_hop);

  sip_target_free (target);
  return hop;
}

void
sip_target_free (SipTarget *target)
{
  if (target == NULL)
    return;
  g_free (target->next_hop);
  g_free (target);
}

void
sip_target_apply (SipCall *call, SipTarget *target)
{
  char peer[RFL_ADDRESS_STRLEN];

  call->remote = target->remote;
  sip_index_move (call->listener->plugin->index, call);
  call->tcp = target->tcp;
  call->routed = target->routed;
  g_free (call->peer);
  call->peer = g_strdup (rfl_address_format (&target->remote, peer));
  g_free (call->next_hop);
  call->next_hop = g_steal_pointer (&target->next_hop);
  sip_target_free (target);
}
