/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages to the thread of one main context, in order, for plugins with threads of their own. Not for packets (stage.h),
 * and not a bound: whoever posts what a peer can trigger counts.
 */
#pragma once

#include <reflector/types.h>

G_BEGIN_DECLS

typedef struct _RflPost RflPost;
/* Runs on the receiving thread; frees @message. */
typedef void (*RflPostFunc) (gpointer message, gpointer user_data);

/* @context: of the receiving thread. Returns: (transfer full); %NULL with RFL_ERROR_IO if there is no descriptor for it */
RFL_EXPORT RflPost *rfl_post_new (GMainContext *context, RflPostFunc func, gpointer user_data,
                                  GError **error);
/* Any thread. @message: (transfer full) */
RFL_EXPORT void rfl_post_send (RflPost *post, gpointer message);
/* Runs what is still there; the receiving thread, or when nobody else knows it any more. %NULL is allowed. */
RFL_EXPORT void rfl_post_free (RflPost *post);
/* Runs what is there now; the receiving thread. */
RFL_EXPORT void rfl_post_drain (RflPost *post);

G_END_DECLS
