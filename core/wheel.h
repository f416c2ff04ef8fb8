/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A hierarchical timer wheel: eleven levels of 64 slots cover every 64-bit tick, so starting
 * and stopping cost the same at ten milliseconds and at ten years. Knows no clock.
 */
#pragma once

#include <glib.h>

#define WHEEL_LEVELS 11
#define WHEEL_SLOTS 64

typedef struct _WheelNode WheelNode;
struct _WheelNode {
  WheelNode *prev, *next; /* NULL: in no list */
  guint64 tick;
  guint8 level, slot;
};

/**
 * Wheel:
 * @tick: everything up to here has been taken
 * @used: per level, which slots hold nodes
 */
typedef struct {
  guint64 tick;
  guint64 used[WHEEL_LEVELS];
  WheelNode slots[WHEEL_LEVELS][WHEEL_SLOTS];
  WheelNode due;
} Wheel;

void wheel_init (Wheel *wheel, guint64 tick);
/* A @tick that has passed means the next one. */
void wheel_add (Wheel *wheel, WheelNode *node, guint64 tick);
void wheel_remove (Wheel *wheel, WheelNode *node);
/* When to call wheel_take() again, at the latest; G_MAXUINT64 if there are no nodes. */
guint64 wheel_next (const Wheel *wheel);
/* Moves to the first tick up to @until at which something is due. Returns: a node that is due
 * at wheel->tick, now in no list; NULL when @until is reached. */
WheelNode *wheel_take (Wheel *wheel, guint64 until);
/* Any node, due or not, now in no list; NULL if there is none. */
WheelNode *wheel_clear_one (Wheel *wheel);

static inline gboolean
wheel_node_is_linked (const WheelNode *node)
{
  return node->next != NULL;
}
