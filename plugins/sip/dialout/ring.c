/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One registered name that is rung: its forks, until one of them answers or there are none. Does
 * not decide who is rung: see dialout.c.
 */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/dialout/dialout-private.h"

SipRing *
sip_ring_ref (SipRing *ring)
{
  g_atomic_ref_count_inc (&ring->refs);
  return ring;
}

void
sip_ring_unref (SipRing *ring)
{
  if (!g_atomic_ref_count_dec (&ring->refs))
    return;
  rfl_timer_free (ring->timer);
  g_free (ring->name);
  g_free (ring->identity);
  g_free (ring->display_name);
  g_free (ring->room);
  g_free (ring->from);
  g_free (ring);
}

void
sip_ring_log (const SipRing *ring, const char *what)
{
  SipDialout *dialout = ring->dialout;
  guint suppressed = 0;

  if (rfl_log_limit_pass (&dialout->log, sip_dialout_get_clock (dialout), &suppressed))
    rfl_info (&(RflLogFields){ .session = ring->room }, "%s: %s (%u more)", ring->identity, what,
              suppressed);
}

/* Giving up a fork does not take it out of the table: its INVITE is not over yet. */
static void
end_ring (SipRing *ring)
{
  GHashTableIter iter;
  gpointer fork;

  if (ring->over)
    return;
  ring->over = TRUE;
  rfl_timer_stop (ring->timer);
  g_hash_table_iter_init (&iter, ring->dialout->forks);
  while (g_hash_table_iter_next (&iter, NULL, &fork))
    if (((SipFork *) fork)->ring == ring)
      sip_fork_give_up (fork);
  g_hash_table_remove (ring->dialout->rings, ring->name);
}

void
sip_ring_give_up (SipRing *ring, const char *why)
{
  if (ring->over)
    return;
  sip_ring_ref (ring);
  rfl_counter_add (ring->dialout->unanswered, 1);
  sip_ring_log (ring, why);
  end_ring (ring);
  sip_ring_unref (ring);
}

static void
on_timeout (gpointer user_data)
{
  sip_ring_give_up (user_data, "does not answer");
}

void
sip_ring_lose (SipRing *ring, SipFork *fork)
{
  sip_ring_ref (ring);
  g_hash_table_remove (ring->dialout->forks, fork->nh);
  if (--ring->n_forks == 0)
    sip_ring_give_up (ring, "cannot be reached");
  sip_ring_unref (ring);
}

void
sip_ring_win (SipRing *ring, SipFork *fork)
{
  sip_ring_ref (ring);
  ring->n_forks--;
  g_hash_table_steal (ring->dialout->forks, fork->nh);
  rfl_counter_add (ring->dialout->answered, 1);
  sip_ring_log (ring, "answers");
  end_ring (ring);
  sip_ring_unref (ring);
}

/* ---- its beginning ---- */

/* The listener that the phone registered with: its NAT lets nobody else in. */
static SipListener *
find_listener (const SipPlugin *plugin, const SipBinding *binding)
{
  for (guint i = 0; plugin->listeners && i < plugin->listeners->len; i++)
    {
      SipListener *listener = plugin->listeners->pdata[i];
      if (rfl_address_equal (&listener->local, &binding->local)
          && (binding->tcp ? listener->has_tcp : listener->has_udp))
        return listener;
    }
  return NULL;
}

SipRing *
sip_ring_new (SipDialout *dialout, const SipName *name, const char *room, const char *from)
{
  SipRing *ring = g_new0 (SipRing, 1);

  g_atomic_ref_count_init (&ring->refs);
  ring->dialout = dialout;
  ring->name = g_strdup (name->name);
  ring->identity = g_strdup (name->identity);
  ring->display_name = g_strdup (name->display_name);
  ring->room = g_strdup (room);
  ring->from = g_strdup (from);
  ring->timer = rfl_timer_new (sip_dialout_get_clock (dialout), "sip.ring", on_timeout, ring);
  g_hash_table_insert (dialout->rings, ring->name, ring);
  return ring;
}

void
sip_ring_call (SipRing *ring, const SipName *name)
{
  SipDialout *dialout = ring->dialout;

  for (guint i = 0; i < name->bindings->len; i++)
    {
      const SipBinding *binding = name->bindings->pdata[i];
      SipListener *listener = find_listener (dialout->plugin, binding);
      SipFork *fork = listener ? sip_fork_new (ring, listener, binding) : NULL;

      if (fork == NULL)
        continue;
      ring->n_forks++;
      g_hash_table_insert (dialout->forks, fork->nh, fork);
    }
}
