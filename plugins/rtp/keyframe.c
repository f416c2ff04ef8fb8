/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks video sources for a keyframe when somebody begins to see them, so that he need not wait
 * for the sender's next one. How often a source may be asked is the route's matter.
 */
#include "plugins/rtp/rtp.h"

#define ASK_AGAIN G_TIME_SPAN_SECOND

static void
ask_all (RflRoute *route)
{
  for (guint i = 0; i < route->sources->len; i++)
    rfl_source_request_keyframe (route->sources->pdata[i]);
}

void
rtp_keyframe_ask (RtpPlugin *plugin, RflRoute *route)
{
  gint64 due = rfl_clock_now (plugin->clock) + ASK_AGAIN;

  if (route->kind != plugin->kinds[RTP_VIDEO].name)
    return;
  ask_all (route);
  /* The first one may be lost, or be answered before the newcomer's way is open. */
  g_hash_table_replace (plugin->keyframe_routes, route, g_memdup2 (&due, sizeof due));
  if (!rfl_timer_is_running (plugin->keyframe_timer))
    rfl_timer_start (plugin->keyframe_timer, ASK_AGAIN);
}

void
rtp_keyframe_timer (gpointer data)
{
  RtpPlugin *plugin = data;
  gint64 now = rfl_clock_now (plugin->clock), earliest = G_MAXINT64;
  GHashTableIter iter;
  gpointer route, due;

  g_hash_table_iter_init (&iter, plugin->keyframe_routes);
  while (g_hash_table_iter_next (&iter, &route, &due))
    {
      if (*(gint64 *) due > now)
        {
          earliest = MIN (earliest, *(gint64 *) due);
          continue;
        }
      ask_all (route);
      g_hash_table_iter_remove (&iter);
    }
  if (earliest != G_MAXINT64)
    rfl_timer_start (plugin->keyframe_timer, earliest - now);
}

/* A source that was sending before it became known here (over a link, or undecided for a
 * while) has its first keyframe behind it. */
RflHookResult
rtp_keyframe_appeared_hook (RflEvent *event, gpointer plugin, GError **error)
{
  if (event->source && event->source->route)
    rtp_keyframe_ask (plugin, event->source->route);
  return RFL_HOOK_CONTINUE;
}

static gboolean
is_of_session (gpointer route, gpointer due, gpointer session)
{
  return ((RflRoute *) route)->session == session;
}

RflHookResult
rtp_keyframe_ended_hook (RflEvent *event, gpointer data, GError **error)
{
  RtpPlugin *plugin = data;

  g_hash_table_foreach_remove (plugin->keyframe_routes, is_of_session, event->session);
  return RFL_HOOK_CONTINUE;
}
