/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Viewing: a local port (or standard input and output) whose every connection becomes a connection of its own
 * to the share's port. Not for the programs that use it.
 */
#pragma once

#include "tools/client/share/dial.h"

typedef struct _Viewer Viewer;

typedef struct {
  void (*opened) (guint id, gpointer user_data);
  /* After everything from the share was delivered. @received: from the share, @sent: to it, in octets;
   * @by_share: not by the local side; @error: why it could not be or broke, or %NULL */
  void (*closed) (guint id, guint64 received, guint64 sent, gboolean by_share, const GError *error,
                  gpointer user_data);
} ViewerFuncs;

/* Copies @door. In the thread's default main context. */
Viewer *viewer_new (const ShareDoor *door, const ViewerFuncs *funcs, gpointer user_data);
/* Closes everything at once; calls nothing any more. */
void viewer_free (Viewer *viewer);

/* For connections from now on. */
void viewer_set_door (Viewer *viewer, const ShareDoor *door);
/* Connections that stand or are being made. */
guint viewer_count (Viewer *viewer);

/* Listens at @address (loopback if %NULL). Returns: the port, or 0. Errors: of GIO. */
guint16 viewer_listen (Viewer *viewer, const char *address, guint16 port, GError **error);
/* Joins @local (transfer full) with the share. */
void viewer_join (Viewer *viewer, GIOStream *local);
/* The same, but nothing is read from @local. */
void viewer_join_output (Viewer *viewer, GIOStream *local);
