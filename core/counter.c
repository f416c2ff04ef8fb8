/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counters with a slot for each thread that counts, each on cache lines of its own. Not for
 * threads other than the main one and the path's workers.
 */
#include "core/core-private.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Two lines, since processors prefetch the neighbour. */
#define SLOT_ALIGN 128
#define N_SLOTS (1 + RFL_MAX_WORKERS)

typedef struct {
  _Alignas(SLOT_ALIGN) _Atomic guint64 value;
} Slot;

struct _RflCounter {
  Slot slots[N_SLOTS]; /* the main thread's, then the workers' */
  char *name;
  const char *help;
};

static void
counter_free (gpointer data)
{
  RflCounter *counter = data;

  g_free (counter->name);
  free (counter);
}

GHashTable *
rfl_counters_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, NULL, counter_free);
}

RflCounter *
rfl_counter_get (RflCore *core, const char *name, const char *help)
{
  RflCounter *counter = g_hash_table_lookup (core->counters, name);

  if (counter)
    return counter;
  counter =
      aligned_alloc (SLOT_ALIGN, (sizeof *counter + SLOT_ALIGN - 1) / SLOT_ALIGN * SLOT_ALIGN);
  if (!counter)
    g_error ("out of memory for counter %s", name);
  for (guint i = 0; i < N_SLOTS; i++)
    atomic_init (&counter->slots[i].value, 0);
  counter->name = g_strdup (name);
  counter->help = help;
  g_hash_table_insert (core->counters, counter->name, counter);
  return counter;
}

/* A slot has one writer, so that no locked instruction is needed. */
static void
add (Slot *slot, guint64 n)
{
  guint64 value = atomic_load_explicit (&slot->value, memory_order_relaxed);

  atomic_store_explicit (&slot->value, value + n, memory_order_relaxed);
}

void
rfl_counter_add (RflCounter *counter, guint64 n)
{
  add (&counter->slots[0], n);
}

void
rfl_counter_add_worker (RflCounter *counter, guint worker, guint64 n)
{
  add (&counter->slots[1 + worker % RFL_MAX_WORKERS], n);
}

guint64
rfl_counter_read (const RflCounter *counter)
{
  guint64 sum = 0;

  for (guint i = 0; i < N_SLOTS; i++)
    sum += atomic_load_explicit (&counter->slots[i].value, memory_order_relaxed);
  return sum;
}

void
rfl_counters_status (RflCore *core, RflStatus *status)
{
  g_autoptr (GList) names = g_hash_table_get_keys (core->counters);

  names = g_list_sort (names, (GCompareFunc) strcmp);
  rfl_status_begin_object (status, "counters");
  for (GList *l = names; l; l = l->next)
    rfl_status_add_int (status, l->data,
                        (gint64) rfl_counter_read (g_hash_table_lookup (core->counters, l->data)));
  rfl_status_end (status);
}
