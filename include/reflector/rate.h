/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Token buckets, one for each remote address: how often somebody may do what costs us
 * something. Main thread only; not for packets: the path's workers have their own.
 *
 * An address is a whole IPv4 address or the /64 of an IPv6 one; ports do not count. A table
 * remembers at most 65,536 of them and forgets the one that was quiet for longest.
 */
#pragma once

#include <reflector/address.h>
#include <reflector/types.h>

G_BEGIN_DECLS

typedef struct _RflRates RflRates;

/**
 * rfl_rates_new:
 * @clock: must outlive the table
 * @per_second: tokens that come back, above 0
 * @burst: tokens of a full bucket, at least 1; every address starts with one
 *
 * Returns: (transfer full)
 */
RFL_EXPORT RflRates *rfl_rates_new (RflClock *clock, double per_second, double burst);
/* Other values from now on; what the buckets hold stays, up to the new @burst. */
RFL_EXPORT void rfl_rates_set (RflRates *rates, double per_second, double burst);
/* Takes one token. Returns: %FALSE if there was none, then nothing is taken. */
RFL_EXPORT gboolean rfl_rates_take (RflRates *rates, const RflAddress *address);
/**
 * rfl_rates_charge:
 * @tokens: above 0; the bucket may go below zero by it, to -3,600 seconds' worth at most
 *
 * Takes what was used already, or a penalty.
 */
RFL_EXPORT void rfl_rates_charge (RflRates *rates, const RflAddress *address, double tokens);
/* Microseconds until rfl_rates_take() would succeed; 0: now. */
RFL_EXPORT gint64 rfl_rates_wait (RflRates *rates, const RflAddress *address);
/* Forgets what is known of @address: its bucket is full again. */
RFL_EXPORT void rfl_rates_forget (RflRates *rates, const RflAddress *address);
/* Addresses in the table. */
RFL_EXPORT guint rfl_rates_count (const RflRates *rates);
/* %NULL is allowed. */
RFL_EXPORT void rfl_rates_free (RflRates *rates);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RflRates, rfl_rates_free)

G_END_DECLS
