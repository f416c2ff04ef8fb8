/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tap of a route: a table of sources that only the main thread writes, and sums of levels that only
 * the workers write, each its own. Does not judge levels: voice.c.
 */
#include "plugins/switcher/tap.h"

#define LOUDEST 127

/* Written by one worker, read by the main thread. @loudness: sum of 127 - level */
typedef struct {
  guint32 n, loudness;
} Sum;

/**
 * Slot:
 * @id: of the source, 0: free; written last
 * @taken: what had been counted when it was asked for
 */
typedef struct {
  guint64 id;
  guint8 number;
  Sum taken;
} Slot;

/**
 * SwitcherTap:
 * @size: of @slots, a power of two; @n: of them in use, never more than half
 * @sums: for each worker @size
 */
struct _SwitcherTap {
  RflRoute *route;
  guint id, size, n, n_workers;
  Slot *slots;
  Sum **sums;
};

#define GET(var) __atomic_load_n (&(var), __ATOMIC_RELAXED)
#define SET(var, value) __atomic_store_n (&(var), (value), __ATOMIC_RELAXED)

/* Any thread. Returns: where @id stands, or where it would */
static guint
find (const SwitcherTap *tap, guint64 id)
{
  guint at = (guint) (id * 0x9e3779b97f4a7c15u >> 32) & (tap->size - 1);
  guint64 found;

  while ((found = __atomic_load_n (&tap->slots[at].id, __ATOMIC_ACQUIRE)) != 0 && found != id)
    at = (at + 1) & (tap->size - 1);
  return at;
}

static void
on_packets (RflPacket *packets, guint n, guint worker, gpointer context)
{
  const SwitcherTap *tap = context;

  for (guint i = 0; i < n; i++)
    {
      guint at = packets[i].verdict == RFL_VERDICT_PASS ? find (tap, packets[i].source_id) : 0;
      const Slot *slot = &tap->slots[at];
      Sum *sum = &tap->sums[worker][at];
      guint8 level;

      if (packets[i].verdict != RFL_VERDICT_PASS || packets[i].muted
          || __atomic_load_n (&slot->id, __ATOMIC_ACQUIRE) == 0
          || !switcher_read_level (packets[i].data, packets[i].len, GET (slot->number), &level))
        continue;
      SET (sum->loudness, sum->loudness + LOUDEST - level);
      SET (sum->n, sum->n + 1);
    }
}

SwitcherTap *
switcher_tap_new (RflCore *core, RflRoute *route, guint n_sources)
{
  SwitcherTap *tap = g_new0 (SwitcherTap, 1);

  tap->route = route;
  tap->n_workers = rfl_path_get_n_workers (rfl_core_get_path (core));
  for (tap->size = 16; tap->size < 2 * n_sources;)
    tap->size *= 2;
  tap->slots = g_new0 (Slot, tap->size);
  tap->sums = g_new0 (Sum *, tap->n_workers);
  for (guint i = 0; i < tap->n_workers; i++)
    tap->sums[i] = g_new0 (Sum, tap->size);
  tap->id = rfl_route_add_tap (route, on_packets, tap);
  return tap;
}

void
switcher_tap_free (SwitcherTap *tap)
{
  if (tap == NULL)
    return;
  rfl_route_remove_tap (tap->route, tap->id);
  for (guint i = 0; i < tap->n_workers; i++)
    g_free (tap->sums[i]);
  g_free (tap->sums);
  g_free (tap->slots);
  g_free (tap);
}

gboolean
switcher_tap_watch (SwitcherTap *tap, const RflSource *source, guint8 number)
{
  guint64 id = rfl_source_get_id (source);
  Slot *slot = &tap->slots[find (tap, id)];

  SET (slot->number, number);
  if (slot->id == id)
    return TRUE;
  if (2 * (tap->n + 1) > tap->size)
    return FALSE;
  tap->n++;
  __atomic_store_n (&slot->id, id, __ATOMIC_RELEASE);
  return TRUE;
}

gboolean
switcher_tap_take (SwitcherTap *tap, const RflSource *source, gint *dbov)
{
  guint at = find (tap, rfl_source_get_id (source));
  Slot *slot = &tap->slots[at];
  Sum now = { 0, 0 };
  guint32 n;

  for (guint i = 0; i < tap->n_workers; i++)
    {
      now.n += GET (tap->sums[i][at].n);
      now.loudness += GET (tap->sums[i][at].loudness);
    }
  n = now.n - slot->taken.n;
  if (n == 0)
    return FALSE;
  *dbov = (gint) ((now.loudness - slot->taken.loudness) / n) - LOUDEST;
  slot->taken = now;
  return TRUE;
}
