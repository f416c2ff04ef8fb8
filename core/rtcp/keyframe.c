/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asking sources for keyframes: at most one request per source in 500 ms; one that comes
 * earlier is remembered, since the picture it wants may be needed by somebody who was not
 * there for the one before. Not for deciding who may ask.
 */
#include "core/rtcp/rtcp-private.h"

#include <string.h>

#define INTERVAL (500 * G_TIME_SPAN_MILLISECOND)
/* Requesters of one source whose FIR numbers are remembered. */
#define MAX_FIRS 1024

/* ---- FIR ---- */

/* RFC 5104 §4.3.1.2: a receiver repeats its FIR under the same number until it has what it asked
 * for; only a new number is a new request, of which ours gets one too. */
RtcpFir
rtcp_keyframe_note_fir (RtcpState *state, RflSource *source, gconstpointer from, guint32 sender,
                        guint8 seq)
{
  RtcpSource *record = rtcp_source_get (state, source);
  guint64 key = ((guint64) sender << 32) ^ GPOINTER_TO_SIZE (from);
  gpointer last;

  if (record == NULL)
    return RTCP_FIR_NONE;
  if (record->firs == NULL)
    record->firs = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  if (g_hash_table_lookup_extended (record->firs, &key, NULL, &last)
      && GPOINTER_TO_UINT (last) == seq)
    return RTCP_FIR_REPEATED;
  if (g_hash_table_size (record->firs) >= MAX_FIRS)
    g_hash_table_remove_all (record->firs);
  g_hash_table_replace (record->firs, g_memdup2 (&key, sizeof key), GUINT_TO_POINTER (seq));
  return RTCP_FIR_NEW;
}

/* ---- requests ---- */

/* RFC 4585 §3.1: a compound of RR, SDES and the feedback, or the feedback alone where that was
 * agreed (RFC 5506). Clients that know only one of PLI and FIR find what they know, hence PLI
 * always. */
static void
send_request (RtcpState *state, RtcpSource *record, RflMedium *from)
{
  RflSource *source = record->source;
  guint32 own = rtcp_state_own_ssrc (state, source->route, RTCP_OWN);
  guint32 ssrc = rtcp_name_for (source, rfl_leg_get_owner (source->back));
  guint8 data[512];
  RflRtcpWriter w;

  rfl_rtcp_writer_init (&w, data, sizeof data);
  if (!rfl_leg_takes_reduced_rtcp (source->back))
    {
      rfl_rtcp_write_rr (&w, own, NULL, 0);
      rfl_rtcp_write_sdes (&w, own, state->cname);
    }
  rfl_rtcp_write_pli (&w, own, ssrc);
  if (record->fir == RTCP_FIR_NEW)
    record->fir_seq++;
  if (record->fir != RTCP_FIR_NONE)
    rfl_rtcp_write_fir (&w, own, ssrc, record->fir_seq);
  record->fir = RTCP_FIR_NONE;
  record->wanted = FALSE;
  record->asked = rfl_clock_now (state->clock);
  rfl_counter_add (state->keyframes_sent, 1);
  rfl_leg_send_rtcp (source->back, from, data, w.len);
}

/* Whether there still is an active leg that takes from @source. */
static gboolean
has_receiver (const RflSource *source)
{
  for (guint i = 0; i < source->route->legs->len; i++)
    {
      RflLeg *leg = g_ptr_array_index (source->route->legs, i);

      if (rfl_leg_get_owner (leg) != source->owner && rfl_leg_is_active (leg))
        return TRUE;
    }
  return FALSE;
}

/* Sends what was held back. Returns: whether there was nothing. */
static gboolean
finish (RtcpState *state, RtcpSource *record)
{
  if (!record->wanted)
    return TRUE;
  if (record->source->back == NULL || !has_receiver (record->source))
    {
      record->wanted = FALSE;
      return TRUE;
    }
  send_request (state, record, NULL);
  return FALSE;
}

static void
on_timer (gpointer user_data)
{
  RtcpState *state = user_data;
  gint64 now = rfl_clock_now (state->clock), next = G_MAXINT64;
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, state->asked);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      RtcpSource *record = key;

      if (record->asked + INTERVAL <= now && finish (state, record))
        g_hash_table_iter_remove (&iter);
      else
        next = MIN (next, record->asked + INTERVAL);
    }
  if (next != G_MAXINT64)
    rfl_timer_start (state->keyframe_timer, next - now);
}

void
rtcp_keyframe_init (RtcpState *state)
{
  state->keyframe_timer = rfl_timer_new (state->clock, "rtcp keyframes", on_timer, state);
}

void
rtcp_keyframe_request (RtcpState *state, RflSource *source, RflMedium *from, RtcpFir how)
{
  RtcpSource *record = source->back ? rtcp_source_get (state, source) : NULL;

  if (record == NULL)
    return;
  record->fir = MAX (record->fir, how);
  if (!g_hash_table_add (state->asked, record))
    {
      record->wanted = TRUE;
      rfl_counter_add (state->keyframes_held, 1);
      return;
    }
  if (!rfl_timer_is_running (state->keyframe_timer))
    rfl_timer_start (state->keyframe_timer, INTERVAL);
  send_request (state, record, from);
}

void
rfl_source_request_keyframe (RflSource *source)
{
  g_return_if_fail (source != NULL);
  rtcp_keyframe_request (rtcp_state_get (source->route->session), source, NULL, RTCP_FIR_NONE);
}

/* Of a `one` leg only the source that it follows; the next one is asked when it is followed. */
static gboolean
is_received (const RflMedium *medium, const RtcpState *state, const RflSource *source)
{
  const RtcpOne *one = g_hash_table_lookup (state->ones, medium);
  RflLegStats stats;

  if (source->owner == medium || one == NULL)
    return source->owner != medium;
  rfl_leg_get_stats (one->leg, &stats);
  return stats.following == source->ssrc;
}

void
rfl_medium_request_keyframe (RflMedium *medium)
{
  RtcpState *state;

  g_return_if_fail (medium != NULL);
  if (medium->route == NULL || strcmp (medium->kind, "video") != 0)
    return;
  state = rtcp_state_get (medium->route->session);
  for (guint i = 0; i < medium->route->sources->len; i++)
    {
      RflSource *source = g_ptr_array_index (medium->route->sources, i);

      if (is_received (medium, state, source))
        rtcp_keyframe_request (state, source, NULL, RTCP_FIR_NONE);
    }
}
