/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One medium of one participant in the packet path: its flow, its sources and its leg. Does
 * not decide whom a packet is from: see latch.h and arrival.c.
 */
#include "plugins/rtp/mix.h"
#include "plugins/rtp/rtp.h"

#include <string.h>

/* A source that falls silent this long is gone... */
#define SOURCE_SILENCE (30 * G_TIME_SPAN_SECOND)
/* ... and after this it gives way when another one needs its place. */
#define SOURCE_YIELDS (5 * G_TIME_SPAN_SECOND)

/* ---- sources ---- */

/* Sources are the route's; one may go at any time by its own BYE. */
static GPtrArray *
own_sources (const RtpMedium *m)
{
  GPtrArray *list = g_ptr_array_new ();
  RflRoute *route = m->medium->route;

  for (guint i = 0; route && i < route->sources->len; i++)
    {
      RflSource *source = route->sources->pdata[i];
      if (source->owner == m->medium)
        g_ptr_array_add (list, source);
    }
  return list;
}

static void
remember (RtpMedium *m, const RflSource *source, const RflSourceStats *stats)
{
  RtpPast past = { source->wire_ssrc, stats->last_seq, stats->last_seen };

  m->packets_past += stats->packets;
  if (m->n_past == RTP_MAX_PAST)
    memmove (m->past, m->past + 1, --m->n_past * sizeof *m->past);
  m->past[m->n_past++] = past;
}

static void
free_source (RtpMedium *m, RflSource *source)
{
  RflSourceStats stats;

  rfl_source_get_stats (source, &stats);
  remember (m, source, &stats);
  rfl_source_free (source);
}

static void
free_sources (RtpMedium *m)
{
  g_autoptr (GPtrArray) sources = own_sources (m);

  for (guint i = 0; i < sources->len; i++)
    free_source (m, sources->pdata[i]);
}

void
rtp_medium_expire_source (RtpMedium *m, RflSource *source, gint64 now)
{
  RflSourceStats stats;

  rfl_source_get_stats (source, &stats);
  if (stats.last_seen != 0 && now - stats.last_seen >= SOURCE_SILENCE)
    free_source (m, source);
}

/* Returns: whether there is room for one more. */
static gboolean
make_room (RtpMedium *m)
{
  g_autoptr (GPtrArray) sources = own_sources (m);
  gint64 now = rfl_clock_now (m->peer->plugin->clock), oldest = now - SOURCE_YIELDS;
  RflSource *victim = NULL;

  if (sources->len < m->peer->plugin->max_sources)
    return TRUE;
  for (guint i = 0; i < sources->len; i++)
    {
      RflSourceStats stats;
      rfl_source_get_stats (sources->pdata[i], &stats);
      if (stats.last_seen <= oldest)
        {
          oldest = stats.last_seen;
          victim = sources->pdata[i];
        }
    }
  if (victim)
    free_source (m, victim);
  return victim != NULL;
}

gboolean
rtp_medium_learn (RtpMedium *m, guint8 pt)
{
  if (m->map.index[pt] == RFL_PT_NONE && rtp_mix_learn (m, pt))
    rtp_medium_refresh (m);
  return m->map.index[pt] != RFL_PT_NONE;
}

RtpRefused
rtp_medium_add_source (RtpMedium *m, guint32 ssrc, guint8 pt)
{
  RflSourceSpec spec = { .route = m->medium->route,
                         .owner = m->medium,
                         .flow = m->flow,
                         .ssrc = ssrc,
                         .wire_ssrc = ssrc,
                         .map = &m->map,
                         .back = m->leg,
                         .audio_level = m->medium->current->answer_audio_level };

  if (rfl_flow_find_source (m->flow, ssrc))
    return RTP_N_REFUSED;
  if (!(m->medium->current->direction & RFL_DIRECTION_SEND))
    return RTP_REFUSED_HOLD;
  if (!rtp_medium_learn (m, pt & 0x7f))
    return RTP_REFUSED_FORMAT;
  if (!make_room (m))
    return RTP_REFUSED_SOURCES;
  rtp_claim_learn (m->claim, ssrc);
  return rfl_source_new (&spec) ? RTP_N_REFUSED : RTP_REFUSED_SOURCES;
}

guint64
rtp_medium_count_in (const RtpMedium *m)
{
  g_autoptr (GPtrArray) sources = own_sources (m);
  guint64 n = m->packets_past;

  for (guint i = 0; i < sources->len; i++)
    {
      RflSourceStats stats;
      rfl_source_get_stats (sources->pdata[i], &stats);
      n += stats.packets;
    }
  return n;
}

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
  g_autoptr (GPtrArray) sources = own_sources (m);
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
      free_sources (m);
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

/* ---- the leg ---- */

/* @component: of ICE: 1 RTP, 2 RTCP that is not multiplexed */
static gboolean
wants (const RtpMedium *m, guint component)
{
  return !(m->unwanted & 1u << component);
}

void
rtp_medium_set_unwanted (RtpMedium *m, guint component, gboolean unwanted)
{
  if (unwanted)
    m->unwanted |= 1u << component;
  else
    m->unwanted &= ~(1u << component);
  if (m->leg)
    rfl_leg_set_active (m->leg, m->hears && wants (m, 1));
  if (m->leg && m->hears && !unwanted)
    rtp_keyframe_ask (m->peer->plugin, m);
}

gboolean
rtp_medium_send_rtcp (RtpMedium *m, const guint8 *data, gsize len)
{
  RflPort *port = m->mux ? m->pair->rtp_port : m->pair->rtcp_port;
  RflAddress remote;

  if (m->medium->participant->confirmed && m->claim && port && wants (m, m->mux ? 1 : 2)
      && rtp_claim_get_rtcp_target (m->claim, &remote))
    return rfl_port_send (port, m->mux ? &m->local : &m->rtcp_local, &remote, data, len);
  if (m->peer->plugin)
    rfl_counter_add (m->peer->plugin->rtcp_unsent, 1);
  return FALSE;
}

static void
leg_send_rtcp (RflLeg *leg, RflMedium *from, const guint8 *data, gsize len)
{
  rtp_medium_send_rtcp (rfl_leg_get_user_data (leg), data, len);
}

static const RflLegOps leg_ops = { .send_rtcp = leg_send_rtcp };

static void
map_list (const RflRoute *route, const GPtrArray *formats, RflPtMap *map,
          guint8 pt[RFL_ROUTE_MAX_FORMATS])
{
  for (guint i = 0; i < formats->len; i++)
    {
      const RflFormat *format = formats->pdata[i];
      guint8 index = rfl_route_find_format (route, format);
      if (index >= RFL_ROUTE_MAX_FORMATS || format->pt >= G_N_ELEMENTS (map->index))
        continue;
      map->index[format->pt] = index;
      if (pt[index] == RFL_PT_NONE)
        pt[index] = format->pt;
    }
}

/* Both directions of the numbers: the participant's to format indices and back. */
static void
map_formats (const RtpMedium *m, RflPtMap *map, guint8 pt[RFL_ROUTE_MAX_FORMATS])
{
  memset (map->index, RFL_PT_NONE, sizeof map->index);
  memset (pt, RFL_PT_NONE, RFL_ROUTE_MAX_FORMATS);
  map_list (m->medium->route, m->medium->current->answer, map, pt);
  if (m->learnt)
    map_list (m->medium->route, m->learnt, map, pt);
}

/* The number under which it gets audio levels; those of video are nobody's business. */
static guint8
level_wanted (const RtpMedium *m)
{
  const RflMediumDesc *desc = m->medium->current;

  if (m->kind != &m->peer->plugin->kinds[RTP_AUDIO])
    return RFL_LEVEL_AS_IS;
  if (desc->answer_audio_level == 0 || !(desc->audio_level_direction & RFL_DIRECTION_RECEIVE))
    return RFL_LEVEL_NONE;
  return desc->answer_audio_level;
}

static void
apply_level (RtpMedium *m)
{
  g_autoptr (GPtrArray) sources = own_sources (m);

  for (guint i = 0; i < sources->len; i++)
    rfl_source_set_audio_level (sources->pdata[i], m->medium->current->answer_audio_level);
  if (m->leg)
    rfl_leg_set_audio_level (m->leg, level_wanted (m));
}

static void
set_back (RtpMedium *m)
{
  g_autoptr (GPtrArray) sources = own_sources (m);

  for (guint i = 0; i < sources->len; i++)
    rfl_source_set_back (sources->pdata[i], m->leg);
}

/* What it asks for and what the operator allows; only video is held to it. */
static void
apply_bandwidth (const RtpMedium *m)
{
  RtpPlugin *plugin = m->peer->plugin;
  guint wanted = m->medium->current->bandwidth, most = plugin->video_bandwidth;

  if (m->leg == NULL || m->kind != &plugin->kinds[RTP_VIDEO])
    return;
  if (most != 0 && (wanted == 0 || wanted > most))
    wanted = most;
  rfl_leg_set_bandwidth (m->leg, wanted);
}

static void
make_leg (RtpMedium *m, const RflAddress *remote)
{
  RflLegSpec spec = { .route = m->medium->route,
                      .owner = m->medium,
                      .port = m->pair->rtp_port,
                      .local = m->local,
                      .remote = *remote,
                      .mode = m->medium->current->mode,
                      .ops = &leg_ops,
                      .user_data = m,
                      .audio_level = level_wanted (m) };
  RflPtMap map;

  map_formats (m, &map, spec.pt);
  m->leg_mode = spec.mode;
  if (spec.mode == RFL_LEG_MIX)
    rtp_mix_attach (m, &spec);
  m->leg = rfl_leg_new (&spec);
  m->leg_remote = *remote;
  rfl_leg_set_active (m->leg, m->hears && wants (m, 1));
  rfl_leg_set_reduced_rtcp (m->leg, m->medium->current->answer_rsize);
  apply_bandwidth (m);
  set_back (m);
}

static void
drop_leg (RtpMedium *m)
{
  g_clear_pointer (&m->leg, rfl_leg_free);
  rtp_mix_detach (m);
}

void
rtp_medium_update_leg (RtpMedium *m)
{
  RflAddress remote;
  gboolean known =
      m->medium->participant->confirmed && m->claim && rtp_claim_get_rtp_target (m->claim, &remote);

  if (m->leg && (!known || m->leg_mode != m->medium->current->mode || !rtp_mix_is_current (m)))
    drop_leg (m);
  if (!known)
    return;
  if (m->leg && rfl_address_equal (&remote, &m->leg_remote))
    {
      rfl_leg_set_remote (m->leg, &m->local, &remote);
      return;
    }
  if (m->leg)
    {
      m->leg_remote = remote;
      rfl_leg_set_remote (m->leg, &m->local, &remote);
    }
  else
    make_leg (m, &remote);
  if (m->hears)
    rtp_keyframe_ask (m->peer->plugin, m);
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
    rfl_leg_set_active (m->leg, m->hears && wants (m, 1));
  if (m->leg && m->hears && !heard)
    rtp_keyframe_ask (m->peer->plugin, m);
  if (!(desc->direction & RFL_DIRECTION_SEND))
    free_sources (m);
}

static void
apply_formats (RtpMedium *m)
{
  g_autoptr (GPtrArray) sources = own_sources (m);
  guint8 pt[RFL_ROUTE_MAX_FORMATS];

  map_formats (m, &m->map, pt);
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
  apply_bandwidth (m);
  apply_level (m);
  g_clear_pointer (&m->learnt, g_ptr_array_unref);
  apply_formats (m);
  apply_direction (m, desc);
  rtp_medium_update_leg (m);
}

void
rtp_medium_detach (RtpMedium *m)
{
  free_sources (m);
  drop_leg (m);
  g_clear_pointer (&m->flow, rfl_flow_free);
  g_clear_pointer (&m->rtcp_flow, rfl_flow_free);
  g_clear_pointer (&m->claim, rtp_claim_free);
  m->hears = FALSE;
  m->unwanted = 0;
  m->pair = &m->kind->pairs[RTP_FIRST_PAIR];
}
