/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells the operator what workers only count: that something is above its limit. Reads counters, and
 * nothing on the way of a packet.
 */
#include "core/path/path-private.h"

#define INTERVAL (5 * G_TIME_SPAN_SECOND)

static const struct {
  CountType count;
  const char *what;
} limits[PATH_N_WATCHED] = {
  { COUNT_STRANGERS_LIMITED, "packets of unknown senders were above their rate "
                             "(path.strangers_limited)" },
  { COUNT_UNKNOWN_LIMITED, "packets of too many unknown SSRCs were dropped "
                           "(path.unknown_limited)" },
  { COUNT_PARK_OVERFLOW, "packets found no room to wait for their source (path.park_overflow)" },
  { COUNT_UPCALLS_DROPPED, "packets were too many for the main thread (path.upcalls_dropped)" },
  { COUNT_FRAMES_DROPPED, "frames of a feed found no room (path.frames_dropped)" },
};

static void
on_interval (gpointer user_data)
{
  RflPath *path = user_data;
  guint suppressed;

  for (guint i = 0; i < PATH_N_WATCHED; i++)
    {
      guint64 now = rfl_counter_read (path->counters[limits[i].count]);
      guint64 grown = now - path->watched[i];

      path->watched[i] = now;
      if (grown > 0 && rfl_log_limit_pass (&path->watch_limit, path->core->clock, &suppressed))
        rfl_warning (NULL, "%" G_GUINT64_FORMAT " %s", grown, limits[i].what);
    }
}

void
path_watch_start (RflPath *path)
{
  path->watch = rfl_timer_new (path->core->clock, "path limits", on_interval, path);
  rfl_timer_repeat (path->watch, INTERVAL);
}

void
path_watch_stop (RflPath *path)
{
  g_clear_pointer (&path->watch, rfl_timer_free);
}
