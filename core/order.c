/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts things in order, or names a cycle. Not where the rules of hooks (hook.c) and of plugins
 * (plugin-order.c) stand.
 */
#include "core/order.h"

/* Something that is still to be placed and must come before @item. */
static gpointer
find_blocker (const GPtrArray *left, gconstpointer item, const OrderRules *rules)
{
  for (guint i = 0; i < left->len; i++)
    if (rules->blocks (left->pdata[i], item))
      return left->pdata[i];
  return NULL;
}

/* Everything in @left is blocked: going from blocker to blocker must come round. */
static char *
name_cycle (const GPtrArray *left, const OrderRules *rules)
{
  g_autoptr (GPtrArray) seen = g_ptr_array_new ();
  gpointer item = left->pdata[0];
  GString *cycle;
  guint from;

  for (; !g_ptr_array_find (seen, item, &from); item = find_blocker (left, item, rules))
    g_ptr_array_add (seen, item);
  cycle = g_string_new (rules->name (item));
  for (guint i = seen->len; i-- > from;)
    {
      g_string_insert (cycle, rules->needs ? 0 : -1, " → ");
      g_string_insert (cycle, rules->needs ? 0 : -1, rules->name (seen->pdata[i]));
    }
  return g_string_free (cycle, FALSE);
}

GPtrArray *
order_sort (const GPtrArray *items, const OrderRules *rules, char **cycle)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_sized_new (items->len);
  g_autoptr (GPtrArray) left = g_ptr_array_sized_new (items->len);

  for (guint i = 0; i < items->len; i++)
    g_ptr_array_add (left, items->pdata[i]);
  while (left->len > 0)
    {
      guint i = 0;
      while (i < left->len && find_blocker (left, left->pdata[i], rules))
        i++;
      if (i == left->len)
        {
          *cycle = name_cycle (left, rules);
          return NULL;
        }
      g_ptr_array_add (sorted, g_ptr_array_remove_index (left, i));
    }
  return g_steal_pointer (&sorted);
}
