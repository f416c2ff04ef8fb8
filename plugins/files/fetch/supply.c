/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Octets of a linked reflector's file, in order and none missing, however often the way there breaks. Gives up when nothing
 * has come for `stall` seconds. Not for where they go.
 */
#include "plugins/files/fetch/fetch.h"

/* Seconds between two attempts. */
#define MAX_WAIT 3

/* @since: when something has come last, or was wanted first; @held: until supply_go_on() */
struct _Supply {
  Fetch *fetch;
  guint64 at, end;
  const SupplyFuncs *funcs;
  gpointer user_data;
  Pull *pull;
  GSource *retry;
  gint64 since;
  guint tries;
  gboolean held;
};

static void attempt (Supply *supply);

static gboolean
on_retry (gpointer data)
{
  Supply *supply = data;

  http_clear_source (&supply->retry);
  attempt (supply);
  return G_SOURCE_REMOVE;
}

static void
wait_or_fail (Supply *supply, const char *why)
{
  gint64 patience = supply->fetch->http->limits.stall * G_TIME_SPAN_SECOND;

  if (g_get_monotonic_time () - supply->since >= patience)
    {
      supply->funcs->failed (why, supply->user_data);
      return;
    }
  supply->tries = MIN (supply->tries + 1, MAX_WAIT);
  http_clear_source (&supply->retry);
  supply->retry = http_after (supply->fetch->http, supply->tries, on_retry, supply);
}

static gboolean
on_data (const guint8 *octets, gsize len, gpointer data)
{
  Supply *supply = data;
  gboolean more;

  supply->at += len;
  supply->tries = 0;
  supply->since = g_get_monotonic_time ();
  supply->held = TRUE;
  more = supply->funcs->data (octets, len, supply->user_data);
  if (more) /* it is not freed then */
    supply->held = FALSE;
  return more;
}

static void
on_done (PullEnd end, const char *why, gpointer data)
{
  Supply *supply = data;

  g_clear_pointer (&supply->pull, pull_free);
  if (end == PULL_BROKEN)
    wait_or_fail (supply, why);
  else if (end == PULL_REFUSED)
    supply->funcs->failed (why, supply->user_data);
}

static void
attempt (Supply *supply)
{
  static const PullFuncs funcs = { on_data, on_done };

  if (supply->fetch->away)
    wait_or_fail (supply, "the reflector that has it cannot be reached");
  else
    supply->pull = pull_new (supply->fetch, supply->at, supply->end, &funcs, supply);
}

Supply *
supply_new (Fetch *fetch, guint64 at, guint64 end, const SupplyFuncs *funcs, gpointer user_data)
{
  Supply *supply = g_new0 (Supply, 1);

  supply->fetch = fetch;
  supply->at = at;
  supply->end = end;
  supply->funcs = funcs;
  supply->user_data = user_data;
  supply->since = g_get_monotonic_time ();
  http_count (fetch->http, HTTP_FETCHES, 1);
  attempt (supply);
  return supply;
}

void
supply_go_on (Supply *supply)
{
  if (!supply->held)
    return;
  supply->held = FALSE;
  supply->since = g_get_monotonic_time ();
  if (supply->pull)
    pull_go_on (supply->pull);
}

void
supply_kick (Supply *supply)
{
  if (!supply->retry)
    return;
  http_clear_source (&supply->retry);
  supply->tries = 0;
  attempt (supply);
}

void
supply_free (Supply *supply)
{
  if (!supply)
    return;
  http_clear_source (&supply->retry);
  pull_free (supply->pull);
  g_free (supply);
}
