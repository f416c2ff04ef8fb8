/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Going to a reflector's share port and through its door (doc/share-protocol.md). Not for what is
 * said behind it.
 */
#pragma once

#include <gio/gio.h>
#include <reflector/share.h>

/* Where and with which key: of a GRANT or an ANNOUNCE. */
typedef struct {
  char *address;
  guint16 port;
  char *share;
  guint8 passkey[RFL_SHARE_PASSKEY];
  gboolean tls;
  GTlsDatabase *authorities; /* for @tls: who may sign; %NULL: the system's */
  gboolean any_certificate;  /* for @tls: do not look at the certificate */
} ShareDoor;

/* Takes from a GRANT or an ANNOUNCE where the door is. @door: nothing in it yet */
void share_door_fill (ShareDoor *door, const RflShareMessage *message);
ShareDoor *share_door_copy (const ShareDoor *door);
void share_door_free (ShareDoor *door);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ShareDoor, share_door_free)

/* @io (transfer full): behind the door, or %NULL with @error; @rest: what came behind the answer already. Errors:
 * RFL_ERROR_FORBIDDEN: the reflector's NO with its reason; RFL_ERROR_MALFORMED: it speaks something else;
 * else of GIO. Not called when cancelled. */
typedef void (*DialFunc) (GIOStream *io, GBytes *rest, const GError *error, gpointer user_data);

/* Copies @door. In the thread's default main context; the whole takes at most 15 s. */
void share_dial (const ShareDoor *door, GCancellable *cancellable, DialFunc func,
                 gpointer user_data);
