/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A medium's sources: where they come from, what is remembered of those that are gone, who gives way. Not whom a
 * packet is from: see latch.h and arrival.c.
 */
#include "plugins/rtp/mix.h"
#include "plugins/rtp/rtp.h"

/* A source that falls silent this long is gone... */
#define SOURCE_SILENCE (30 * G_TIME_SPAN_SECOND)
/* ... and after this it gives way when another one needs its place. */
#define SOURCE_YIELDS (5 * G_TIME_SPAN_SECOND)

/* Sources are the route's; one may go at any time by its own BYE. */
GPtrArray *
rtp_medium_list_sources (const RtpMedium *m)
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

void
rtp_medium_free_sources (RtpMedium *m)
{
  g_autoptr (GPtrArray) sources = rtp_medium_list_sources (m);

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
  g_autoptr (GPtrArray) sources = rtp_medium_list_sources (m);
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
  g_autoptr (GPtrArray) sources = rtp_medium_list_sources (m);
  guint64 n = m->packets_past;

  for (guint i = 0; i < sources->len; i++)
    {
      RflSourceStats stats;
      rfl_source_get_stats (sources->pdata[i], &stats);
      n += stats.packets;
    }
  return n;
}
