/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sharing a service (a TCP server or a program): what stands between the reflector's framed connection and a
 * connection of its own for each viewer. Not for the request of the share.
 */
#pragma once

#include <gio/gio.h>

typedef struct _Sharer Sharer;

typedef struct {
  GSocketConnectable *target; /* each viewer's connection goes there … */
  const char *const *command; /* … or, if that is %NULL, to one of these (argv) */
} SharerSpec;

typedef struct {
  void (*viewer_came) (guint32 channel, gpointer user_data);
  /* @sent: to him, @received: from him, in octets; @error: why he could not be served, or %NULL */
  void (*viewer_left) (guint32 channel, guint64 sent, guint64 received, const GError *error,
                       gpointer user_data);
  /* The connection is gone, and every viewer with it. May free the Sharer. */
  void (*closed) (const GError *error, gpointer user_data);
} SharerFuncs;

/* @io (transfer full), @rest: from share_dial(). @spec must stay. In the thread's default main context. */
Sharer *sharer_new (GIOStream *io, GBytes *rest, const SharerSpec *spec, const SharerFuncs *funcs,
                    gpointer user_data);
/* Closes everything at once. */
void sharer_free (Sharer *sharer);
guint sharer_count (Sharer *sharer);
