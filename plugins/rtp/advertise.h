/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses by the network of who is told them, for a reflector behind a NAT of its own. Pure. */
#pragma once

#include <reflector/address.h>
#include <reflector/option.h>

/**
 * RtpAdvertised:
 * @bits: of @network that count
 */
typedef struct {
  RflAddress network, address;
  guint bits;
} RtpAdvertised;

/* Returns: (transfer full) (element-type RtpAdvertised): %NULL with RFL_ERROR_CONFIG */
GArray *rtp_advertise_read (const RflSettings *settings, GError **error);
/* The first of @list whose network @remote is in and whose address it could reach. */
gboolean rtp_advertise_find (const GArray *list, const RflAddress *remote, RflAddress *out);
