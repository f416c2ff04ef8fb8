/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The least that a reflector can do: one socket, recvmmsg, and for each packet sendmmsg to a
 * fixed list of receivers. What the packet path is measured against; not a reflector.
 */
#pragma once

#include <reflector/address.h>

typedef struct {
  int fd;
  guint n_receivers;
  struct sockaddr_in *receivers;
  gboolean merge; /* equal-sized packets of one batch by UDP_SEGMENT */
  guint64 sent;   /* atomic */
  gint stop;      /* atomic */
  GThread *thread;
} Bare;

Bare *bare_start (const RflAddress *local, const RflAddress *first, guint n, gboolean merge);
void bare_stop (Bare *bare);
