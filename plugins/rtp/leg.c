/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A medium's leg: what its participant gets, under which numbers, and how much. Not what it sends: source.c.
 */
#include "plugins/rtp/mix.h"
#include "plugins/rtp/rtp.h"

#include <string.h>

gboolean
rtp_medium_wants (const RtpMedium *m, guint component)
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
    rfl_leg_set_active (m->leg, m->hears && rtp_medium_wants (m, 1));
  if (m->leg && m->hears && !unwanted)
    rtp_keyframe_ask (m->peer->plugin, m);
}

gboolean
rtp_medium_send_rtcp (RtpMedium *m, const guint8 *data, gsize len)
{
  RflPort *port = m->mux ? m->pair->rtp_port : m->pair->rtcp_port;
  RflAddress remote;

  if (m->medium->participant->confirmed && m->claim && port && rtp_medium_wants (m, m->mux ? 1 : 2)
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

void
rtp_medium_map_formats (const RtpMedium *m, RflPtMap *map, guint8 pt[RFL_ROUTE_MAX_FORMATS])
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

void
rtp_medium_apply_level (RtpMedium *m)
{
  g_autoptr (GPtrArray) sources = rtp_medium_list_sources (m);

  for (guint i = 0; i < sources->len; i++)
    rfl_source_set_audio_level (sources->pdata[i], m->medium->current->answer_audio_level);
  if (m->leg)
    rfl_leg_set_audio_level (m->leg, level_wanted (m));
}

static void
set_back (RtpMedium *m)
{
  g_autoptr (GPtrArray) sources = rtp_medium_list_sources (m);

  for (guint i = 0; i < sources->len; i++)
    rfl_source_set_back (sources->pdata[i], m->leg);
}

/* What it asks for and what the operator allows; only video is held to it. */
void
rtp_medium_apply_bandwidth (const RtpMedium *m)
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

  rtp_medium_map_formats (m, &map, spec.pt);
  m->leg_mode = spec.mode;
  if (spec.mode == RFL_LEG_MIX)
    rtp_mix_attach (m, &spec);
  m->leg = rfl_leg_new (&spec);
  m->leg_remote = *remote;
  rfl_leg_set_active (m->leg, m->hears && rtp_medium_wants (m, 1));
  rfl_leg_set_reduced_rtcp (m->leg, m->medium->current->answer_rsize);
  rtp_medium_apply_bandwidth (m);
  set_back (m);
}

void
rtp_medium_drop_leg (RtpMedium *m)
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
    rtp_medium_drop_leg (m);
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
