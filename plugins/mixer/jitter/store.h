/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packets that wait for their turn, in the order of their time, few enough. Not for when that turn is.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Packets, and octets of one: the former are 640 ms of the shortest. */
#define MIX_STORE_MAX 64
#define MIX_STORE_MAX_PAYLOAD 1500

/**
 * MixStored:
 * @pos: time of its first sample, in samples; @span: how many it has
 */
typedef struct {
  gint64 pos;
  guint span;
  guint16 seq;
  gboolean noise;
  gsize len;
  guint8 *payload;
} MixStored;

typedef struct {
  MixStored packets[MIX_STORE_MAX];
  guint n;
} MixStore;

/* @packet: its payload is copied. Returns: %FALSE: there is one of that time, or no room: then the oldest goes */
gboolean mix_store_add (MixStore *store, const MixStored *packet);
/* Returns: (nullable): the oldest, lent until the next call */
const MixStored *mix_store_peek (const MixStore *store);
/* Drops the oldest. */
void mix_store_pop (MixStore *store);
void mix_store_clear (MixStore *store);

G_END_DECLS
