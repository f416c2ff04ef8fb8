/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the service "ice" has found out: addresses that are proved, and consent that ends and returns. Reads no
 * STUN.
 */
#include "plugins/rtp/rtp.h"

static void
log_proved (const RtpMedium *m, const char *what, const RflAddress *remote)
{
  char peer[RFL_ADDRESS_STRLEN];
  const RflParticipant *p = m->medium->participant;
  RflLogFields fields = { .session = p->session ? p->session->name : NULL,
                          .participant = p->id,
                          .peer = rfl_address_format (remote, peer) };
  guint suppressed;

  if (rfl_log_limit_pass (&m->peer->plugin->latched_log, m->peer->plugin->clock, &suppressed))
    rfl_info (&fields, "%s: %s %s is proved to be at %s", p->identity, m->kind->name, what, peer);
}

/* Whoever had the address had it on weaker evidence. */
static void
take_address (RtpMedium *m, gboolean rtcp, const RflAddress *remote)
{
  RtpPlugin *plugin = m->peer->plugin;
  RtpClaim *other = rtp_claim_prove (m->claim, rtcp, remote, rfl_clock_now (plugin->clock));

  rfl_counter_add (plugin->proved, 1);
  log_proved (m, rtcp ? "RTCP" : "RTP", remote);
  if (other)
    rtp_medium_lose (rtp_claim_get_owner (other), rtcp);
}

static void
proved (RflMedium *medium, guint component, const RflArrival *arrival, gpointer data)
{
  RtpPlugin *plugin = data;
  RtpMedium *m = rtp_peer_find_medium (medium);
  gboolean rtcp = component == 2;
  RflArrival now_known = *arrival;

  if (m == NULL || m->claim == NULL || !rtp_medium_is_ready (m)
      || arrival->port != (rtcp ? m->pair->rtcp_port : m->pair->rtp_port))
    return;
  take_address (m, rtcp, &arrival->remote);
  now_known.flow = rfl_port_find_flow (arrival->port, &arrival->remote);
  if (rtcp)
    {
      m->rtcp_local = arrival->local;
      if (now_known.flow == NULL)
        rtp_medium_rtcp_latched (m, &now_known);
    }
  else if (m->flow == NULL || m->flow != now_known.flow)
    rtp_medium_latched (m, &now_known);
  rtp_medium_update_leg (m);
  rtp_turns_run (plugin);
}

static void
consent (RflMedium *medium, guint component, gboolean given, gpointer data)
{
  RtpMedium *m = rtp_peer_find_medium (medium);

  if (m)
    rtp_medium_set_unwanted (m, component, !given);
}

const RflIceWatch rtp_proof_watch = { .proved = proved, .consent = consent };
