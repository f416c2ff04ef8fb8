/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waits for a TLS client's first record without reading it: a handshake occupies a thread, of which there are few, until
 * its client has spoken. Not for what the record says.
 */
#pragma once

#include <gio/gio.h>

typedef struct _Hello Hello;

/* @whole: the record is there; called again with %FALSE if the time is over, unless it was freed meanwhile. %FALSE: the
 * client has gone, does not speak TLS, or is late. It may free the hello. */
typedef void (*HelloFunc) (gboolean whole, gpointer user_data);

/* On the thread of @context. */
Hello *hello_new (GSocket *socket, GMainContext *context, guint seconds, HelloFunc func,
                  gpointer user_data);
/* %NULL is allowed. */
void hello_free (Hello *hello);
