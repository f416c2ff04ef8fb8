/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Broadcasting: one stream from a file, pipe or program to the reflector, with marks where viewers may begin.
 * Knows of no viewer.
 */
#pragma once

#include <gio/gio.h>

typedef struct _Caster Caster;

typedef enum {
  CASTER_AUTO, /* CASTER_MPEGTS if it looks like it, else CASTER_ANYWHERE */
  CASTER_MPEGTS,
  CASTER_ANYWHERE /* each piece that is read */
} CasterMarks;

typedef struct {
  /* The first octets are on their way; @marks: not CASTER_AUTO. */
  void (*started) (CasterMarks marks, gpointer user_data);
  /* All of @octets is sent, or the connection broke. May free the Caster. */
  void (*closed) (guint64 octets, const GError *error, gpointer user_data);
} CasterFuncs;

/* @io (transfer full), @rest: from share_dial(). In the thread's default main context. */
Caster *caster_new (GIOStream *io, GBytes *rest, GInputStream *input, CasterMarks marks,
                    const CasterFuncs *funcs, gpointer user_data);
void caster_free (Caster *caster);
/* The input is at its end; what came of it is being delivered. */
gboolean caster_has_ended (const Caster *caster);
guint64 caster_get_octets (const Caster *caster);
