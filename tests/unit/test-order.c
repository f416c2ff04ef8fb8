/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Order and cycles of items that are letters. Not the rules of hooks and plugins: their own tests
 * have those.
 */
#include "core/order.h"
#include <string.h>

/* @after: letters of those which it must follow */
typedef struct {
  const char *name, *after;
} Item;

/**
 * Row:
 * @order: %NULL if there is none
 * @runs: the cycle, in the order of running; @needs: in that of needing
 */
typedef struct {
  const char *title;
  Item items[6];
  const char *order, *runs, *needs;
} Row;

static const Row rows[] = {
  { "two-wait", { { "a", "b" }, { "b", "a" } }, NULL, "a → b → a", "a → b → a" },
  { "three-wait",
    { { "a", "c" }, { "b", "a" }, { "c", "b" } },
    NULL,
    "a → b → c → a",
    "a → c → b → a" },
  /* what only waits for the cycle is not named, nor what has been placed */
  { "around-a-cycle",
    { { "x", "a" }, { "a", "bp" }, { "b", "c" }, { "c", "a" }, { "p", "" } },
    NULL,
    "a → c → b → a",
    "a → b → c → a" },
  { "nothing", { { NULL } }, "" },
  { "unordered", { { "c", "" }, { "a", "" }, { "b", "" } }, "cab" },
  { "unknown", { { "b", "z" }, { "a", "" } }, "ba" },
  { "backwards", { { "a", "b" }, { "b", "c" }, { "c", "" } }, "cba" },
  { "as-early-as-it-can", { { "a", "c" }, { "b", "" }, { "c", "" }, { "d", "" } }, "bcad" },
};

static gboolean
blocks (gconstpointer first, gconstpointer second)
{
  return strstr (((const Item *) second)->after, ((const Item *) first)->name) != NULL;
}

static const char *
get_name (gconstpointer item)
{
  return ((const Item *) item)->name;
}

static void
check (const Row *row, gboolean needs)
{
  const OrderRules rules = { blocks, get_name, needs };
  g_autoptr (GPtrArray) items = g_ptr_array_new (), sorted = NULL;
  g_autoptr (GString) order = g_string_new (NULL);
  g_autofree char *cycle = NULL;

  for (const Item *item = row->items; item->name; item++)
    g_ptr_array_add (items, (gpointer) item);
  sorted = order_sort (items, &rules, &cycle);
  for (guint i = 0; sorted && i < sorted->len; i++)
    g_string_append (order, get_name (sorted->pdata[i]));
  g_assert_cmpstr (sorted ? order->str : NULL, ==, row->order);
  g_assert_cmpstr (cycle, ==, needs ? row->needs : row->runs);
}

static void
test_row (gconstpointer data)
{
  check (data, FALSE);
  check (data, TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/order/", rows[i].title, NULL);
      g_test_add_data_func (path, &rows[i], test_row);
    }
  return g_test_run ();
}
