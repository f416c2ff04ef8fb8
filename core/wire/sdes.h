/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The chunks of an SDES packet (RFC 3550 §6.5), for whoever needs more than the CNAME.
 * Not installed.
 */
#pragma once

#include <glib.h>

/**
 * WireSdesChunk:
 * @data: its SSRC, in network byte order
 * @items, @end: its items, without the null that ends them
 */
typedef struct {
  const guint8 *data;
  guint32 ssrc;
  const guint8 *items, *end;
} WireSdesChunk;

/* Reads the chunk at *@at and moves behind it. Returns: %FALSE if it is malformed. */
gboolean wire_sdes_next (const guint8 **at, const guint8 *end, WireSdesChunk *chunk);
