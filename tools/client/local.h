/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two ports on which a local RTP tool is met, and where its packets go. Not for the room's side.
 */
#pragma once

#include <reflector/address.h>

typedef struct _LocalPair LocalPair;

typedef void (*LocalFunc) (const guint8 *data, gsize len, gpointer user_data);

/* [ADDRESS:]PORT; without address 127.0.0.1. PORT+1 must be one too. */
gboolean local_parse (const char *text, RflAddress *out);
gboolean local_is_multicast (const RflAddress *address);
/**
 * local_pair_new:
 * @in: where the tool sends: its RTP here, its RTCP to the next port; a multicast group is joined
 * @out: where it listens, RTCP on the next port; port 0: wherever it sends from
 * @func: each datagram of the tool
 *
 * Errors: of CLIENT_ERROR
 */
LocalPair *local_pair_new (const RflAddress *in, const RflAddress *out, LocalFunc func,
                           gpointer user_data, GError **error);
void local_pair_free (LocalPair *pair);
void local_pair_send (LocalPair *pair, const guint8 *data, gsize len, gboolean rtcp);
