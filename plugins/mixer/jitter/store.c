/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See store.h. Not thread-safe.
 */
#include "plugins/mixer/jitter/store.h"

#include <string.h>

gboolean
mix_store_add (MixStore *store, const MixStored *packet)
{
  gboolean had_room = store->n < MIX_STORE_MAX;
  guint i;

  for (i = store->n; i > 0 && store->packets[i - 1].pos >= packet->pos; i--)
    if (store->packets[i - 1].pos == packet->pos && store->packets[i - 1].noise == packet->noise)
      return FALSE;
  if (!had_room)
    {
      mix_store_pop (store);
      i -= MIN (i, 1);
    }
  memmove (store->packets + i + 1, store->packets + i, (store->n - i) * sizeof *packet);
  store->packets[i] = *packet;
  store->packets[i].payload = g_memdup2 (packet->payload, packet->len);
  store->n++;
  return had_room;
}

const MixStored *
mix_store_peek (const MixStore *store)
{
  return store->n ? &store->packets[0] : NULL;
}

void
mix_store_pop (MixStore *store)
{
  g_return_if_fail (store->n > 0);
  g_free (store->packets[0].payload);
  store->n--;
  memmove (store->packets, store->packets + 1, store->n * sizeof *store->packets);
}

void
mix_store_clear (MixStore *store)
{
  while (store->n)
    mix_store_pop (store);
}
