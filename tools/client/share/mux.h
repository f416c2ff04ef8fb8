/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sharer's side of the framed connection to the reflector (doc/share-protocol.md): viewers as channels,
 * each with credit of its own. Pure: octets go in and out through functions; no socket, no clock.
 */
#pragma once

#include <glib.h>

/* More viewers than any reflector admits; others are closed at once. */
#define MUX_MAX_CHANNELS 4096

typedef struct _Mux Mux;

/* None of them may free the Mux; all else of it may be called from within. */
typedef struct {
  void (*opened) (guint32 channel, gpointer user_data);
  /* What a viewer sent; told back with mux_consumed() when it is gone. */
  void (*data) (guint32 channel, const guint8 *data, gsize len, gpointer user_data);
  /* mux_get_credit() has grown */
  void (*credit) (guint32 channel, gpointer user_data);
  /* The viewer is gone. */
  void (*closed) (guint32 channel, gpointer user_data);
  /* Octets for the reflector. */
  void (*write) (const guint8 *data, gsize len, gpointer user_data);
} MuxFuncs;

Mux *mux_new (const MuxFuncs *funcs, gpointer user_data);
void mux_free (Mux *mux);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Mux, mux_free)

/* Takes what came from the reflector. Errors: RFL_ERROR_MALFORMED, the connection is of no more use. */
gboolean mux_feed (Mux *mux, const guint8 *data, gsize len, GError **error);

/* Octets that may be sent to a viewer now; 0 for one who is gone. */
gsize mux_get_credit (Mux *mux, guint32 channel);
/* @len: at most mux_get_credit() */
void mux_send (Mux *mux, guint32 channel, const guint8 *data, gsize len);
/* So many octets of this viewer have been passed on: he may send more. */
void mux_consumed (Mux *mux, guint32 channel, gsize len);
/* Ends a viewer's channel from here; closed() is not called for it. */
void mux_close (Mux *mux, guint32 channel);
guint mux_count (Mux *mux);

/* Broadcasting: what each joiner gets first, in the place of what was told before. */
void mux_broadcast_header (Mux *mux, const guint8 *data, gsize len);
/* @mark: a viewer may begin with the first octet of @data */
void mux_broadcast (Mux *mux, const guint8 *data, gsize len, gboolean mark);
