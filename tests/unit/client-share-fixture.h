/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A scripted reflector for the client's end of share connections. Tests nothing itself.
 */
#pragma once

#include "tools/client/share/dial.h"

#define PEER_WINDOW 65536 /* octets of credit that it gives */

/* A reflector of one connection, in a thread of its own. */
typedef struct {
  GSocket *listener;
  ShareDoor door;
  GThread *thread;
  void (*script) (int fd, gpointer user_data);
  gpointer user_data;
} Peer;

/* Listens; behind the door of the first who comes, which must have the right line, runs @script on its blocking socket. */
void peer_start (Peer *peer, void (*script) (int fd, gpointer user_data), gpointer user_data);
/* Waits for the script's end. */
void peer_join (Peer *peer);

/* For scripts */
void peer_put (int fd, const void *data, gsize len);
void peer_get (int fd, void *data, gsize len);
void peer_put_frame (int fd, guint8 type, guint32 channel, const void *data, gsize len);
void peer_put_open (int fd, guint32 channel);
/* Returns: the type of the frame; its payload's length in @len */
guint8 peer_get_frame (int fd, guint8 *flags, guint32 *channel, guint8 *data, gsize *len);

typedef struct {
  gboolean done;
  GIOStream *io;
  GBytes *rest;
  GError *error;
} Dialled;

/* DialFunc; @user_data: a Dialled */
void peer_dialled (GIOStream *io, GBytes *rest, const GError *error, gpointer user_data);
void dialled_clear (Dialled *dialled);
/* Iterates the main context until @done; 20 s at most. */
void peer_wait (const gboolean *done);
