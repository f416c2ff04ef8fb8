/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The timer wheel's arithmetic. Not the timers: what a node means is clock.c's business. */
#include "core/wheel.h"

/* `level` of a node in the due list */
#define DUE 0xff
#define BITS 6

static void
list_init (WheelNode *head)
{
  head->prev = head->next = head;
}

static gboolean
list_is_empty (const WheelNode *head)
{
  return head->next == head;
}

static void
list_append (WheelNode *head, WheelNode *node)
{
  node->prev = head->prev;
  node->next = head;
  head->prev->next = node;
  head->prev = node;
}

void
wheel_init (Wheel *wheel, guint64 tick)
{
  wheel->tick = tick;
  list_init (&wheel->due);
  for (guint level = 0; level < WHEEL_LEVELS; level++)
    {
      wheel->used[level] = 0;
      for (guint slot = 0; slot < WHEEL_SLOTS; slot++)
        list_init (&wheel->slots[level][slot]);
    }
}

/* The level is that of the highest group of six bits in which node and wheel differ. So all
 * nodes of a level are due before those of the next, and within a level the slots ascend. */
static void
place (Wheel *wheel, WheelNode *node)
{
  guint level;

  if (node->tick == wheel->tick)
    {
      node->level = DUE;
      list_append (&wheel->due, node);
      return;
    }
  level = (63 - __builtin_clzll (node->tick ^ wheel->tick)) / BITS;
  node->level = level;
  node->slot = (node->tick >> (level * BITS)) % WHEEL_SLOTS;
  wheel->used[level] |= G_GUINT64_CONSTANT (1) << node->slot;
  list_append (&wheel->slots[level][node->slot], node);
}

void
wheel_add (Wheel *wheel, WheelNode *node, guint64 tick)
{
  node->tick = MAX (tick, wheel->tick + 1);
  place (wheel, node);
}

void
wheel_remove (Wheel *wheel, WheelNode *node)
{
  node->prev->next = node->next;
  node->next->prev = node->prev;
  node->prev = node->next = NULL;
  if (node->level != DUE && list_is_empty (&wheel->slots[node->level][node->slot]))
    wheel->used[node->level] &= ~(G_GUINT64_CONSTANT (1) << node->slot);
}

/* The lowest level in use; WHEEL_LEVELS if there is none. */
static guint
lowest_level (const Wheel *wheel)
{
  guint level = 0;

  while (level < WHEEL_LEVELS && wheel->used[level] == 0)
    level++;
  return level;
}

/* The tick at which the first slot of @level is entered. */
static guint64
slot_tick (const Wheel *wheel, guint level)
{
  guint shift = level * BITS;
  guint64 above = shift + BITS >= 64 ? 0 : ~G_GUINT64_CONSTANT (0) << (shift + BITS);

  return (wheel->tick & above) | ((guint64) __builtin_ctzll (wheel->used[level]) << shift);
}

guint64
wheel_next (const Wheel *wheel)
{
  guint level;

  if (!list_is_empty (&wheel->due))
    return wheel->tick;
  level = lowest_level (wheel);
  return level == WHEEL_LEVELS ? G_MAXUINT64 : slot_tick (wheel, level);
}

/* Enters the first slot of @level: its nodes go to lower levels or become due. */
static void
enter (Wheel *wheel, guint level)
{
  WheelNode *head;

  wheel->tick = slot_tick (wheel, level);
  head = &wheel->slots[level][__builtin_ctzll (wheel->used[level])];
  while (!list_is_empty (head))
    {
      WheelNode *node = head->next;
      wheel_remove (wheel, node);
      place (wheel, node);
    }
}

WheelNode *
wheel_take (Wheel *wheel, guint64 until)
{
  WheelNode *node;

  while (list_is_empty (&wheel->due))
    {
      guint level = lowest_level (wheel);
      if (level == WHEEL_LEVELS || slot_tick (wheel, level) > until)
        {
          wheel->tick = MAX (wheel->tick, until);
          return NULL;
        }
      enter (wheel, level);
    }
  node = wheel->due.next;
  wheel_remove (wheel, node);
  return node;
}

WheelNode *
wheel_clear_one (Wheel *wheel)
{
  WheelNode *node = wheel->due.next;
  guint level = lowest_level (wheel);

  if (list_is_empty (&wheel->due))
    {
      if (level == WHEEL_LEVELS)
        return NULL;
      node = wheel->slots[level][__builtin_ctzll (wheel->used[level])].next;
    }
  wheel_remove (wheel, node);
  return node;
}
