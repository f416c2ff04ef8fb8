/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Big-endian numbers in unaligned memory. Not bounds-checked: the caller has looked.
 */
#pragma once

#include <glib.h>

static inline guint16
wire_get16 (const guint8 *p)
{
  return (guint16) (p[0] << 8 | p[1]);
}

static inline guint32
wire_get24 (const guint8 *p)
{
  return (guint32) p[0] << 16 | (guint32) p[1] << 8 | p[2];
}

static inline guint32
wire_get32 (const guint8 *p)
{
  return (guint32) p[0] << 24 | wire_get24 (p + 1);
}

static inline void
wire_put16 (guint8 *p, guint16 value)
{
  p[0] = (guint8) (value >> 8);
  p[1] = (guint8) value;
}

static inline void
wire_put24 (guint8 *p, guint32 value)
{
  p[0] = (guint8) (value >> 16);
  wire_put16 (p + 1, (guint16) value);
}

static inline void
wire_put32 (guint8 *p, guint32 value)
{
  p[0] = (guint8) (value >> 24);
  wire_put24 (p + 1, value);
}
