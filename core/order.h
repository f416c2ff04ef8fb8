/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Things put in an order in which each comes after whatever blocks it. What they are, and why one
 * blocks another, only the caller knows.
 */
#pragma once

#include <glib.h>

/**
 * OrderRules:
 * @blocks: whether @first must come before @second; of an item and itself it is %FALSE
 * @name: what a cycle calls an item
 * @needs: how a cycle reads: "a → b → a" says that a needs b, which comes before it, rather than
 *   that a comes before b
 */
typedef struct {
  gboolean (*blocks) (gconstpointer first, gconstpointer second);
  const char *(*name) (gconstpointer item);
  gboolean needs;
} OrderRules;

/* Returns: (transfer container): @items in order, those that nothing tells apart as they were;
 * %NULL if there is none, and then @cycle, (out) (transfer full), is why. */
GPtrArray *order_sort (const GPtrArray *items, const OrderRules *rules, char **cycle);
