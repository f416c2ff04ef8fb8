/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asking sources for keyframes: at most one request per source in 500 ms; one that comes
 * earlier is remembered, since the picture it wants may be needed by somebody who was not
 * there for the one before. Not for deciding who may ask.
 */
#include "core/rtcp/rtcp-private.h"

#define INTERVAL (500 * G_TIME_SPAN_MILLISECOND)

/**
 * RtcpKeyframe:
 * @sent: when the source was asked last
 * @wanted: asked for again since
 * @fir: by FIR
 *
 * Known by kind and SSRC, not by its source, which may go at any time.
 */
typedef struct {
  const char *kind;
  guint32 ssrc;
  gint64 sent;
  gboolean wanted, fir;
} RtcpKeyframe;

static guint
keyframe_hash (gconstpointer data)
{
  const RtcpKeyframe *keyframe = data;

  return keyframe->ssrc ^ g_direct_hash (keyframe->kind);
}

static gboolean
keyframe_equal (gconstpointer a, gconstpointer b)
{
  const RtcpKeyframe *left = a, *right = b;

  return left->ssrc == right->ssrc && left->kind == right->kind;
}

/* RFC 4585 §3.1: a compound of RR, SDES and the feedback, or the feedback alone where that was
 * agreed (RFC 5506). Clients that know only one of PLI
 * and FIR find what they know, hence PLI always. */
static void
send_request (RtcpState *state, RflSource *source, RflMedium *from, gboolean fir)
{
  guint8 data[512];
  guint32 own = rtcp_state_own_ssrc (state, source->route);
  RflMedium *owner = rfl_leg_get_owner (source->back);
  guint32 ssrc = owner != NULL ? source->wire_ssrc : source->ssrc;
  RflRtcpWriter w;

  rfl_rtcp_writer_init (&w, data, sizeof data);
  if (!rfl_leg_takes_reduced_rtcp (source->back))
    {
      rfl_rtcp_write_rr (&w, own, NULL, 0);
      rfl_rtcp_write_sdes (&w, own, state->cname);
    }
  rfl_rtcp_write_pli (&w, own, ssrc);
  if (fir)
    rfl_rtcp_write_fir (&w, own, ssrc, state->fir_seq++);
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

static RflSource *
find_source (const RtcpState *state, const RtcpKeyframe *keyframe)
{
  for (guint i = 0; i < state->session->routes->len; i++)
    {
      RflRoute *route = g_ptr_array_index (state->session->routes, i);

      if (route->kind == keyframe->kind)
        return rfl_route_find_source (route, keyframe->ssrc);
    }
  return NULL;
}

/* Sends what was held back. Returns: whether the entry has done its work. */
static gboolean
finish (RtcpState *state, RtcpKeyframe *keyframe, gint64 now)
{
  RflSource *source;
  gboolean fir = keyframe->fir;

  if (!keyframe->wanted)
    return TRUE;
  source = find_source (state, keyframe);
  if (source == NULL || source->back == NULL || !has_receiver (source))
    return TRUE;
  keyframe->wanted = keyframe->fir = FALSE;
  keyframe->sent = now;
  send_request (state, source, NULL, fir);
  return FALSE;
}

static void
on_timer (gpointer user_data)
{
  RtcpState *state = user_data;
  gint64 now = rfl_clock_now (state->clock), next = G_MAXINT64;
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, state->keyframes);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      RtcpKeyframe *keyframe = key;

      if (keyframe->sent + INTERVAL <= now && finish (state, keyframe, now))
        g_hash_table_iter_remove (&iter);
      else
        next = MIN (next, keyframe->sent + INTERVAL);
    }
  if (next != G_MAXINT64)
    rfl_timer_start (state->keyframe_timer, next - now);
}

void
rtcp_keyframe_init (RtcpState *state)
{
  state->keyframes = g_hash_table_new_full (keyframe_hash, keyframe_equal, g_free, NULL);
  state->keyframe_timer = rfl_timer_new (state->clock, "rtcp keyframes", on_timer, state);
}

void
rtcp_keyframe_request (RtcpState *state, RflSource *source, RflMedium *from, gboolean fir)
{
  RtcpKeyframe key = { .kind = source->route->kind, .ssrc = source->ssrc };
  RtcpKeyframe *keyframe = g_hash_table_lookup (state->keyframes, &key);

  if (source->back == NULL)
    return;
  if (keyframe != NULL)
    {
      keyframe->wanted = TRUE;
      keyframe->fir |= fir;
      rfl_counter_add (state->keyframes_held, 1);
      return;
    }
  key.sent = rfl_clock_now (state->clock);
  g_hash_table_add (state->keyframes, g_memdup2 (&key, sizeof key));
  if (!rfl_timer_is_running (state->keyframe_timer))
    rfl_timer_start (state->keyframe_timer, INTERVAL);
  send_request (state, source, from, fir);
}

void
rfl_source_request_keyframe (RflSource *source)
{
  g_return_if_fail (source != NULL);
  rtcp_keyframe_request (rtcp_state_get (source->route->session), source, NULL, FALSE);
}

void
rfl_medium_request_keyframe (RflMedium *medium)
{
  g_return_if_fail (medium != NULL);
  if (medium->route == NULL)
    return;
  for (guint i = 0; i < medium->route->sources->len; i++)
    {
      RflSource *source = g_ptr_array_index (medium->route->sources, i);

      if (source->owner != medium)
        rfl_source_request_keyframe (source);
    }
}
