/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One medium of one participant in the packet path: its claim, its flow, and what an answer changes. Not its
 * sources (source.c) and its leg (leg.c); does not decide whom a packet is from: see latch.h and arrival.c.
 */
#include "plugins/rtp/rtp.h"

/* ---- latching ---- */

static gboolean
progress (gpointer owner, guint32 ssrc, gint64 *last_seen, guint16 *last_seq)
{
  RtpMedium *m = owner;
  RflSource *source = m->flow ? rfl_flow_find_source (m->flow, ssrc) : NULL;

  *last_seen = m->flow ? rfl_flow_last_seen (m->flow) : 0;
  if (source)
    {
      RflSourceStats stats;
      rfl_source_get_stats (source, &stats);
      *last_seq = stats.last_seq;
      return stats.packets > 0;
    }
  for (guint i = m->n_past; i-- > 0;)
    if (m->past[i].ssrc == ssrc)
      {
        *last_seen = MAX (*last_seen, m->past[i].last_seen);
        *last_seq = m->past[i].last_seq;
        return TRUE;
      }
  return FALSE;
}

const RtpLatchOps rtp_medium_latch_ops = { .progress = progress };

/* CNAMEs by which real clients are known: what their SDP says, or their identity with or
 * without the scheme. */
static const char **
expected_cnames (const RtpMedium *m, const RflMediumDesc *desc)
{
  const RflParticipant *p = m->medium->participant;
  const char **names = g_new0 (const char *, 5);
  guint n = 0;

  if (desc->cname)
    names[n++] = desc->cname;
  if (p->cname)
    names[n++] = p->cname;
  names[n++] = p->identity;
  if (g_str_has_prefix (p->identity, "sip:"))
    names[n++] = p->identity + 4;
  return names;
}

static void
fill_claim (const RtpMedium *m, const RflMediumDesc *desc, const char *const *cnames,
            RtpClaimSpec *out)
{
  *out = (RtpClaimSpec){ .kind = m->pair->key,
                         .signalling = m->medium->participant->signalling,
                         .sdp_rtp = desc->rtp,
                         .sdp_rtcp = desc->rtcp,
                         .ssrcs = desc->ssrcs,
                         .cnames = cnames,
                         .sends = (desc->direction & RFL_DIRECTION_SEND) != 0,
                         .mux = desc->answer_mux,
                         .ice = desc->answer_ice && !desc->answer_ice->mismatch };
  if (out->mux)
    out->sdp_rtcp = out->sdp_rtp;
  if (out->sdp_rtcp.family == 0 && out->sdp_rtp.family != 0 && out->sdp_rtp.port != 0)
    {
      out->sdp_rtcp = out->sdp_rtp; /* RFC 3550 §11: the next port */
      out->sdp_rtcp.port++;
    }
}

void
rtp_medium_claim (RtpMedium *m, const RflMediumDesc *desc)
{
  g_autofree const char **cnames = NULL;
  RtpClaimSpec spec;

  if (m->claim)
    return;
  cnames = expected_cnames (m, desc);
  fill_claim (m, desc, cnames, &spec);
  m->claim =
      rtp_claim_new (m->peer->plugin->latch, &spec, rfl_clock_now (m->peer->plugin->clock), m);
}

/* Multiplexed RTCP may have come first; what it was taken for gives way to RTP's evidence. */
static RflFlow *
make_flow (RtpMedium *m, const RflArrival *arrival)
{
  RtpMedium *holder = arrival->flow ? rfl_flow_get_user_data (arrival->flow) : NULL;

  if (holder && holder->rtcp_flow == arrival->flow)
    {
      if (holder == m)
        return g_steal_pointer (&m->rtcp_flow);
      g_clear_pointer (&holder->rtcp_flow, rfl_flow_free);
      rtp_claim_lose_rtcp (holder->claim);
      rtp_medium_update_leg (holder);
    }
  return rfl_flow_new (m->pair->rtp_port, &arrival->remote, m);
}

void
rtp_medium_latched (RtpMedium *m, const RflArrival *arrival)
{
  g_autoptr (GPtrArray) sources = rtp_medium_list_sources (m);
  RflFlow *old = m->flow, *flow = make_flow (m, arrival);

  if (flow == NULL)
    return;
  m->flow = flow;
  for (guint i = 0; i < sources->len; i++)
    rfl_source_set_flow (sources->pdata[i], flow);
  rfl_flow_free (old);
  m->local = arrival->local;
  rtp_medium_update_leg (m);
}

void
rtp_medium_rtcp_latched (RtpMedium *m, const RflArrival *arrival)
{
  rfl_flow_free (m->rtcp_flow);
  m->rtcp_flow = rfl_flow_new (arrival->port, &arrival->remote, m);
  if (m->mux && m->flow == NULL)
    m->local = arrival->local;
}

void
rtp_medium_lose (RtpMedium *m, gboolean rtcp)
{
  if (rtcp)
    g_clear_pointer (&m->rtcp_flow, rfl_flow_free);
  else
    {
      rtp_medium_free_sources (m);
      g_clear_pointer (&m->flow, rfl_flow_free);
    }
  rtp_medium_update_leg (m);
}

gboolean
rtp_medium_is_ready (const RtpMedium *m)
{
  return m->medium->participant->state == RFL_PARTICIPANT_JOINED && m->peer->joined != 0
         && m->medium->route && m->medium->current && m->medium->current->accepted;
}

/* ---- the medium ---- */

static void
apply_direction (RtpMedium *m, const RflMediumDesc *desc)
{
  gboolean heard = m->hears;

  /* c=0.0.0.0 is hold in the manner of RFC 2543. */
  m->hears = (desc->direction & RFL_DIRECTION_RECEIVE)
             && !(desc->rtp.family != 0 && rfl_address_is_any (&desc->rtp));
  if (m->leg)
    rfl_leg_set_active (m->leg, m->hears && rtp_medium_wants (m, 1));
  if (m->leg && m->hears && !heard)
    rtp_keyframe_ask (m->peer->plugin, m);
  if (!(desc->direction & RFL_DIRECTION_SEND))
    rtp_medium_free_sources (m);
}

static void
apply_formats (RtpMedium *m)
{
  g_autoptr (GPtrArray) sources = rtp_medium_list_sources (m);
  guint8 pt[RFL_ROUTE_MAX_FORMATS];

  rtp_medium_map_formats (m, &m->map, pt);
  for (guint i = 0; i < sources->len; i++)
    rfl_source_set_map (sources->pdata[i], &m->map);
  if (m->leg && m->mixed == NULL)
    rfl_leg_set_pt (m->leg, pt);
}

void
rtp_medium_refresh (RtpMedium *m)
{
  if (m->claim && m->medium->current && m->medium->route)
    apply_formats (m);
}

void
rtp_medium_apply (RtpMedium *m)
{
  const RflMediumDesc *desc = m->medium->current;
  g_autofree const char **cnames = NULL;
  gint64 now, until;
  RtpClaimSpec spec;

  if (desc == NULL || !desc->accepted || m->medium->route == NULL)
    {
      rtp_medium_detach (m);
      return;
    }
  rtp_medium_claim (m, desc);
  /* One that a later offer added has not waited for its turn: that would hold up the rest. */
  now = rfl_clock_now (m->peer->plugin->clock);
  rtp_claim_answered (m->claim, !rtp_claim_may_answer (m->claim, now, &until), now);
  cnames = expected_cnames (m, desc);
  fill_claim (m, desc, cnames, &spec);
  rtp_claim_update (m->claim, &spec, now);
  if (m->mux != desc->answer_mux)
    g_clear_pointer (&m->rtcp_flow, rfl_flow_free);
  m->mux = desc->answer_mux;
  if (m->flow == NULL)
    m->local = m->rtcp_local = desc->local;
  if (m->leg)
    rfl_leg_set_reduced_rtcp (m->leg, desc->answer_rsize);
  rtp_medium_apply_bandwidth (m);
  rtp_medium_apply_level (m);
  g_clear_pointer (&m->learnt, g_ptr_array_unref);
  apply_formats (m);
  apply_direction (m, desc);
  rtp_medium_update_leg (m);
}

void
rtp_medium_detach (RtpMedium *m)
{
  rtp_medium_free_sources (m);
  rtp_medium_drop_leg (m);
  g_clear_pointer (&m->flow, rfl_flow_free);
  g_clear_pointer (&m->rtcp_flow, rfl_flow_free);
  g_clear_pointer (&m->claim, rtp_claim_free);
  m->hears = FALSE;
  m->unwanted = 0;
  m->pair = &m->kind->pairs[RTP_FIRST_PAIR];
}
