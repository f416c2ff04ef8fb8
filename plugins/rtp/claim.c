/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Claims on remote addresses: their life, where packets to them may go, and whose turn it is
 * to be undecided. Judges no packet: see latch.c; which claims an IP has: see claim-index.c.
 */
#include "plugins/rtp/latch-private.h"

#include <string.h>

static guint
key_hash (gconstpointer key)
{
  const RtpKey *k = key;
  return rfl_address_hash (&k->address) ^ g_str_hash (k->kind);
}

static gboolean
key_equal (gconstpointer a, gconstpointer b)
{
  const RtpKey *x = a, *y = b;
  return x->kind == y->kind && rfl_address_equal (&x->address, &y->address);
}

RtpLatch *
rtp_latch_new (const RtpLatchOps *ops)
{
  RtpLatch *latch = g_new0 (RtpLatch, 1);

  latch->ops = ops;
  latch->by_ip = rtp_claim_index_new ();
  latch->by_rtp = g_hash_table_new (key_hash, key_equal);
  latch->by_rtcp = g_hash_table_new (key_hash, key_equal);
  return latch;
}

void
rtp_latch_free (RtpLatch *latch)
{
  if (latch == NULL)
    return;
  g_warn_if_fail (g_hash_table_size (latch->by_ip) == 0);
  g_hash_table_unref (latch->by_ip);
  g_hash_table_unref (latch->by_rtp);
  g_hash_table_unref (latch->by_rtcp);
  g_free (latch);
}

static GHashTable *
table_of (const RtpClaim *claim, const RtpSide *side)
{
  return side == &claim->rtp ? claim->latch->by_rtp : claim->latch->by_rtcp;
}

static void
forget (RtpClaim *claim, RtpSide *side)
{
  if (side->latched.address.family != 0)
    g_hash_table_remove (table_of (claim, side), &side->latched);
  memset (&side->latched.address, 0, sizeof side->latched.address);
  side->proved = FALSE;
}

void
rtp_claim_latch (RtpClaim *claim, RtpSide *side, const RflAddress *remote, gint64 now)
{
  rtp_claim_index_remove (claim);
  if (side->latched.address.family != 0)
    side->moved = now;
  forget (claim, side);
  side->latched.address = *remote;
  side->latched.kind = claim->kind;
  side->named = side->sdp;
  side->reopened = 0;
  side->changed = now;
  g_hash_table_insert (table_of (claim, side), &side->latched, claim);
  rtp_claim_index_add (claim);
}

/* Hold in the manner of RFC 2543 names no address, so that what follows it can name the same one
 * again. */
static void
set_sdp (RtpSide *side, const RflAddress *sdp, gint64 now)
{
  gboolean other = !rfl_address_equal (&side->sdp, sdp) || !rfl_address_equal (&side->named, sdp);

  if (side->latched.address.family != 0 && !rtp_address_is_usable (sdp))
    return;
  side->sdp = *sdp;
  if (other && rtp_address_is_usable (sdp) && side->latched.address.family != 0 && !side->proved)
    side->reopened = rfl_address_equal (&side->latched.address, sdp) ? 0 : MAX (now, 1);
}

void
rtp_claim_update (RtpClaim *claim, const RtpClaimSpec *spec, gint64 now)
{
  rtp_claim_index_remove (claim);
  if (claim->mux != spec->mux)
    forget (claim, &claim->rtcp);
  claim->mux = spec->mux;
  claim->signalling = spec->signalling;
  claim->ice = spec->ice;
  claim->rtp.proved &= spec->ice;
  claim->rtcp.proved &= spec->ice;
  set_sdp (&claim->rtp, &spec->sdp_rtp, now);
  set_sdp (&claim->rtcp, &spec->sdp_rtcp, now);
  claim->sends = spec->sends;
  g_array_set_size (claim->announced, 0);
  if (spec->ssrcs)
    g_array_append_vals (claim->announced, spec->ssrcs->data, spec->ssrcs->len);
  g_strfreev (claim->cnames);
  claim->cnames = g_strdupv ((char **) spec->cnames);
  rtp_claim_index_add (claim);
}

void
rtp_claim_lose_rtcp (RtpClaim *claim)
{
  rtp_claim_index_remove (claim);
  forget (claim, &claim->rtcp);
  rtp_claim_index_add (claim);
}

void
rtp_claim_set_kind (RtpClaim *claim, const char *kind)
{
  g_return_if_fail (claim->answered == 0);
  claim->kind = kind;
}

RtpClaim *
rtp_claim_prove (RtpClaim *claim, gboolean rtcp, const RflAddress *remote, gint64 now)
{
  RtpSide *side = rtcp ? &claim->rtcp : &claim->rtp;
  RtpKey key = { *remote, claim->kind };
  RtpClaim *other = g_hash_table_lookup (table_of (claim, side), &key);

  if (other == claim)
    other = NULL;
  if (other)
    {
      rtp_claim_index_remove (other);
      forget (other, rtcp ? &other->rtcp : &other->rtp);
      rtp_claim_index_add (other);
    }
  rtp_claim_latch (claim, side, remote, now);
  side->proved = TRUE;
  return other;
}

RtpClaim *
rtp_claim_new (RtpLatch *latch, const RtpClaimSpec *spec, gint64 now, gpointer owner)
{
  RtpClaim *claim = g_new0 (RtpClaim, 1);

  claim->latch = latch;
  claim->owner = owner;
  claim->kind = spec->kind;
  claim->announced = g_array_new (FALSE, FALSE, sizeof (guint32));
  claim->learned = g_array_new (FALSE, FALSE, sizeof (guint32));
  claim->arrived = now;
  claim->turn = ++latch->next_turn;
  rtp_claim_update (claim, spec, now);
  return claim;
}

void
rtp_claim_free (RtpClaim *claim)
{
  if (claim == NULL)
    return;
  rtp_claim_index_remove (claim);
  forget (claim, &claim->rtp);
  forget (claim, &claim->rtcp);
  g_array_unref (claim->announced);
  g_array_unref (claim->learned);
  g_strfreev (claim->cnames);
  g_free (claim);
}

gpointer
rtp_claim_get_owner (const RtpClaim *claim)
{
  return claim->owner;
}

gboolean
rtp_claim_is_proved (const RtpClaim *claim)
{
  return claim->rtp.proved;
}

const RflAddress *
rtp_claim_get_rtp (const RtpClaim *claim)
{
  return &claim->rtp.latched.address;
}

const RflAddress *
rtp_claim_get_rtcp (const RtpClaim *claim)
{
  return &claim->rtcp.latched.address;
}

gboolean
rtp_ssrcs_contain (const GArray *ssrcs, guint32 ssrc)
{
  for (guint i = 0; i < ssrcs->len; i++)
    if (g_array_index (ssrcs, guint32, i) == ssrc)
      return TRUE;
  return FALSE;
}

gboolean
rtp_claim_knows (const RtpClaim *claim, guint32 ssrc)
{
  return ssrc != 0
         && (rtp_ssrcs_contain (claim->announced, ssrc)
             || rtp_ssrcs_contain (claim->learned, ssrc));
}

void
rtp_claim_learn (RtpClaim *claim, guint32 ssrc)
{
  if (ssrc == 0 || rtp_ssrcs_contain (claim->learned, ssrc))
    return;
  if (claim->learned->len == RTP_LATCH_MAX_SSRCS)
    g_array_remove_index (claim->learned, 0);
  g_array_append_val (claim->learned, ssrc);
}

/* ---- where packets may go ---- */

gboolean
rtp_address_is_usable (const RflAddress *address)
{
  return !rfl_address_is_any (address) && address->port != 0;
}

gboolean
rtp_claim_is_plausible (const RtpClaim *claim, const RtpSide *side)
{
  return rtp_address_is_usable (&side->sdp) && rfl_address_same_ip (&side->sdp, &claim->signalling);
}

/* An SDP can name any victim's address, so it takes the signalling or a packet from that
 * very IP before anything is sent there. */
static gboolean
get_target (const RtpClaim *claim, const RtpSide *side, const RtpSide *other, RflAddress *out)
{
  const RflAddress *latched = &side->latched.address;

  if (latched->family != 0 && !(side->reopened && rtp_claim_is_plausible (claim, side)))
    {
      *out = *latched;
      return TRUE;
    }
  if (!rtp_claim_is_plausible (claim, side)
      && !(rtp_address_is_usable (&side->sdp)
           && rfl_address_same_ip (&side->sdp, &other->latched.address)))
    return FALSE;
  *out = side->sdp;
  return TRUE;
}

/* Multiplexed RTCP comes from where RTP is wanted, also of who sends none. */
gboolean
rtp_claim_get_rtp_target (const RtpClaim *claim, RflAddress *out)
{
  gboolean by_rtcp = claim->mux && claim->rtp.latched.address.family == 0
                     && claim->rtcp.latched.address.family != 0;

  return get_target (claim, by_rtcp ? &claim->rtcp : &claim->rtp, &claim->rtcp, out);
}

gboolean
rtp_claim_get_rtcp_target (const RtpClaim *claim, RflAddress *out)
{
  if (claim->mux)
    return rtp_claim_get_rtp_target (claim, out);
  return get_target (claim, &claim->rtcp, &claim->rtp, out);
}

/* ---- turns ---- */

gboolean
rtp_claim_is_ambiguous (const RtpClaim *claim)
{
  return claim->sends && !claim->ice && claim->rtp.latched.address.family == 0
         && claim->announced->len == 0 && claim->learned->len == 0
         && !rtp_claim_is_plausible (claim, &claim->rtp);
}

/* Whether @other's packets could be taken for @claim's. */
static gboolean
is_rival (const RtpClaim *claim, const RtpClaim *other)
{
  return other != claim && other->kind == claim->kind && !other->needs_evidence
         && rfl_address_same_ip (&other->signalling, &claim->signalling)
         && rtp_claim_is_ambiguous (other);
}

gboolean
rtp_claim_may_answer (const RtpClaim *claim, gint64 now, gint64 *until)
{
  const GPtrArray *at = rtp_latch_at (claim->latch, &claim->signalling);

  *until = 0;
  if (at == NULL || claim->answered != 0 || !rtp_claim_is_ambiguous (claim))
    return TRUE;
  for (guint i = 0; i < at->len; i++)
    {
      const RtpClaim *other = at->pdata[i];
      gint64 deadline = MAX (claim->arrived, other->answered) + RTP_LATCH_TURN;
      if (!is_rival (claim, other))
        continue;
      if (other->answered == 0 && other->turn < claim->turn)
        *until = G_MAXINT64;
      else if (other->answered != 0 && now < deadline)
        *until = MAX (*until, deadline);
    }
  return *until == 0;
}

void
rtp_claim_answered (RtpClaim *claim, gboolean jumped, gint64 now)
{
  const GPtrArray *at = rtp_latch_at (claim->latch, &claim->signalling);

  if (claim->answered != 0)
    return;
  claim->answered = MAX (now, 1);
  claim->needs_evidence = jumped && rtp_claim_is_ambiguous (claim);
  if (jumped || at == NULL || !rtp_claim_is_ambiguous (claim))
    return;
  for (guint i = 0; i < at->len; i++)
    {
      RtpClaim *other = at->pdata[i];
      if (is_rival (claim, other) && other->answered != 0)
        other->needs_evidence = TRUE;
    }
}

guint
rtp_claim_count_waiting (const RtpClaim *claim)
{
  const GPtrArray *at = rtp_latch_at (claim->latch, &claim->signalling);
  guint n = 0;

  for (guint i = 0; at && i < at->len; i++)
    {
      const RtpClaim *other = at->pdata[i];
      n += is_rival (claim, other) && other->answered == 0;
    }
  return n;
}
