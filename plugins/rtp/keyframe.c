/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks video sources for a keyframe when somebody begins to see them, so that he need not wait
 * for the sender's next one. How often a source may be asked is the route's matter.
 */
#include "plugins/rtp/rtp.h"

#define ASK_AGAIN G_TIME_SPAN_SECOND

/* The first one may be lost, or be answered before the newcomer's way is open. */
static void
ask_twice (RtpPlugin *plugin, RflSource *source)
{
  gint64 due = rfl_clock_now (plugin->clock) + ASK_AGAIN;

  rfl_source_request_keyframe (source);
  g_hash_table_replace (plugin->keyframes, source, g_memdup2 (&due, sizeof due));
  if (!rfl_timer_is_running (plugin->keyframe_timer))
    rfl_timer_start (plugin->keyframe_timer, ASK_AGAIN);
}

void
rtp_keyframe_ask (RtpPlugin *plugin, const RtpMedium *m)
{
  const RflRoute *route = m->medium->route;

  if (m->kind != &plugin->kinds[RTP_VIDEO])
    return;
  for (guint i = 0; i < route->sources->len; i++)
    {
      RflSource *source = route->sources->pdata[i];
      if (source->owner != m->medium)
        ask_twice (plugin, source);
    }
}

void
rtp_keyframe_timer (gpointer data)
{
  RtpPlugin *plugin = data;
  gint64 now = rfl_clock_now (plugin->clock), earliest = G_MAXINT64;
  GHashTableIter iter;
  gpointer source, due;

  g_hash_table_iter_init (&iter, plugin->keyframes);
  while (g_hash_table_iter_next (&iter, &source, &due))
    {
      if (*(gint64 *) due > now)
        {
          earliest = MIN (earliest, *(gint64 *) due);
          continue;
        }
      rfl_source_request_keyframe (source);
      g_hash_table_iter_remove (&iter);
    }
  if (earliest != G_MAXINT64)
    rfl_timer_start (plugin->keyframe_timer, earliest - now);
}

/* A source that was sending before it became known here (over a link, or undecided for a
 * while) has its first keyframe behind it. */
RflHookResult
rtp_keyframe_appeared_hook (RflEvent *event, gpointer data, GError **error)
{
  RtpPlugin *plugin = data;

  if (event->source->route->kind == plugin->kinds[RTP_VIDEO].name)
    ask_twice (plugin, event->source);
  return RFL_HOOK_CONTINUE;
}

RflHookResult
rtp_keyframe_vanished_hook (RflEvent *event, gpointer data, GError **error)
{
  RtpPlugin *plugin = data;

  g_hash_table_remove (plugin->keyframes, event->source);
  return RFL_HOOK_CONTINUE;
}
