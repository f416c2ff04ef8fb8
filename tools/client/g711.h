/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* G.711 (ITU-T G.711), both laws, one sample at a time. Pure.
 */
#pragma once

#include <glib.h>

typedef enum {
  G711_ULAW,
  G711_ALAW
} G711Law;

guint8 g711_encode (G711Law law, gint16 sample);
gint16 g711_decode (G711Law law, guint8 octet);
