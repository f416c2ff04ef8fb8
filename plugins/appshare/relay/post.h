/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages to the thread of one main context, in order. Not a bound: whoever posts what a peer can trigger counts. */
#pragma once

#include <glib.h>

typedef struct _Post Post;
/* Runs on the receiving thread; frees @message. */
typedef void (*PostFunc) (gpointer message, gpointer user_data);

/* Returns: %NULL with @error if there is no descriptor for it */
Post *post_new (GMainContext *context, PostFunc func, gpointer user_data, GError **error);
/* Any thread. */
void post_send (Post *post, gpointer message);
/* Runs what is still there; the receiving thread, or when nobody else knows it any more. %NULL is allowed. */
void post_free (Post *post);
/* Runs what is there now; the receiving thread. */
void post_drain (Post *post);
