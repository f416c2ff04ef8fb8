/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tap of a route: a table of sources that only the main thread writes, and sums of levels that only
 * the workers write, each its own. Does not judge levels: voice.c.
 */
#include "plugins/switcher/tap.h"

/* Written by one worker, read by the main thread. @loudness: sum of LOUDNESS_SILENT - level */
typedef struct {
  guint32 n, loudness;
} Sum;

/**
 * Slot:
 * @id: of the source, 0: free; written last
 * @number: of its levels' extension, 0: none
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
 * @laws: Law of each of the route's formats
 */
struct _SwitcherTap {
  RflRoute *route;
  guint id, size, n, n_workers, n_laws;
  Slot *slots;
  Sum **sums;
  guint8 laws[RFL_ROUTE_MAX_FORMATS];
  LoudnessTable table;
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

static gboolean
read_written (const RflRtp *rtp, guint8 number, guint8 *level)
{
  gsize len;
  const guint8 *found = rfl_rtp_find_extension (rtp, number, &len);

  if (found == NULL || len == 0)
    return FALSE;
  *level = found[0] & 0x7f;
  return TRUE;
}

static gboolean
read_level (const SwitcherTap *tap, const RflPacket *packet, guint8 number, guint8 *level)
{
  Law law = packet->format < RFL_ROUTE_MAX_FORMATS ? GET (tap->laws[packet->format]) : LAW_NONE;
  RflRtp rtp;

  if ((number == 0 && law == LAW_NONE) || !rfl_rtp_parse (&rtp, packet->data, packet->len))
    return FALSE;
  if (read_written (&rtp, number, level))
    return TRUE;
  if (law == LAW_NONE || rtp.payload_len == 0)
    return FALSE;
  *level = loudness_measure (&tap->table, law, rtp.payload, rtp.payload_len);
  return TRUE;
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
          || !read_level (tap, &packets[i], GET (slot->number), &level))
        continue;
      SET (sum->loudness, sum->loudness + LOUDNESS_SILENT - level);
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
  loudness_table_init (&tap->table);
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
switcher_tap_understands (const RflSource *source)
{
  const GPtrArray *formats = source->route->formats;

  for (guint i = 0; i < formats->len; i++)
    if (loudness_find_law (formats->pdata[i]) != LAW_NONE)
      return TRUE;
  return source->audio_level != 0;
}

/* Formats are only appended. */
static void
learn_formats (SwitcherTap *tap)
{
  const GPtrArray *formats = tap->route->formats;

  for (guint i = tap->n_laws; i < formats->len; i++)
    SET (tap->laws[i], (guint8) loudness_find_law (formats->pdata[i]));
  tap->n_laws = formats->len;
}

gboolean
switcher_tap_watch (SwitcherTap *tap, const RflSource *source)
{
  guint64 id = rfl_source_get_id (source);
  Slot *slot = &tap->slots[find (tap, id)];

  learn_formats (tap);
  SET (slot->number, source->audio_level);
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
  *dbov = (gint) ((now.loudness - slot->taken.loudness) / n) - LOUDNESS_SILENT;
  slot->taken = now;
  return TRUE;
}
