/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verdicts on packets from addresses that are nobody's yet: which claim, if any, the evidence
 * leaves. Never a guess: what two could have sent is nobody's. Not the claims' life: see
 * claim.c.
 */
#include "plugins/rtp/latch-private.h"

#include <reflector/rtp.h>
#include <string.h>

/* RFC 3550 A.1: how far a sequence may have run on in silence. */
#define MAX_DROPOUT 3000

typedef gboolean (*Test) (const RtpClaim *claim, const RtpSigns *signs);

/* Keeps those that pass if any does. Returns: how many passed. */
static guint
keep (GPtrArray *list, Test test, const RtpSigns *signs)
{
  guint n = 0;

  for (guint i = 0; i < list->len; i++)
    if (test (list->pdata[i], signs))
      list->pdata[n++] = list->pdata[i];
  if (n > 0)
    g_ptr_array_set_size (list, n);
  return n;
}

/* Removes those that pass. */
static void
drop (GPtrArray *list, Test test, const RtpSigns *signs)
{
  for (guint i = list->len; i-- > 0;)
    if (test (list->pdata[i], signs))
      g_ptr_array_remove_index (list, i);
}

/* ---- evidence ---- */

static gboolean
announced_another (const RtpClaim *claim, const RtpSigns *signs)
{
  return claim->announced->len > 0 && signs->ssrc != 0
         && !rtp_ssrcs_contain (claim->announced, signs->ssrc);
}

static gboolean
knows_ssrc (const RtpClaim *claim, const RtpSigns *signs)
{
  return rtp_claim_knows (claim, signs->ssrc);
}

static gboolean
has_cname (const RtpClaim *claim, const RtpSigns *signs)
{
  for (char **cname = claim->cnames; signs->cname && cname && *cname; cname++)
    if (strlen (*cname) == signs->cname_len && memcmp (*cname, signs->cname, signs->cname_len) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
signals_from_there (const RtpClaim *claim, const RtpSigns *signs)
{
  return rfl_address_same_ip (&claim->signalling, &signs->remote);
}

static gboolean
names_rtp (const RtpClaim *claim, const RtpSigns *signs)
{
  return rfl_address_equal (&claim->rtp.sdp, &signs->remote);
}

static gboolean
names_rtp_and_signals (const RtpClaim *claim, const RtpSigns *signs)
{
  return names_rtp (claim, signs) && signals_from_there (claim, signs);
}

static gboolean
names_rtcp (const RtpClaim *claim, const RtpSigns *signs)
{
  return rfl_address_equal (&claim->rtcp.sdp, &signs->remote);
}

static gboolean
names_rtcp_and_signals (const RtpClaim *claim, const RtpSigns *signs)
{
  return names_rtcp (claim, signs) && signals_from_there (claim, signs);
}

static gboolean
has_rtp_port (const RtpClaim *claim, const RtpSigns *signs)
{
  return claim->rtp.sdp.port == signs->remote.port;
}

/* The port the SDP names, or the one beside the latched RTP's. */
static gboolean
has_rtcp_port (const RtpClaim *claim, const RtpSigns *signs)
{
  const RflAddress *rtp = &claim->rtp.latched.address;
  return claim->rtcp.sdp.port == signs->remote.port
         || (rtp->family != 0 && rtp->port + 1 == signs->remote.port);
}

static gboolean
has_ice (const RtpClaim *claim, const RtpSigns *signs)
{
  return claim->ice;
}

static gboolean
sends (const RtpClaim *claim, const RtpSigns *signs)
{
  return claim->sends;
}

static gboolean
needs_evidence (const RtpClaim *claim, const RtpSigns *signs)
{
  return claim->needs_evidence;
}

/* Its SDP is right, so its packets were to come from the address it names. */
static gboolean
is_behind_nat (const RtpClaim *claim, const RtpSigns *signs)
{
  return !rtp_claim_is_plausible (claim, &claim->rtp);
}

/* Its RTP is known and this is not of the same SSRC. */
static gboolean
has_other_rtp (const RtpClaim *claim, const RtpSigns *signs)
{
  return claim->rtp.latched.address.family != 0 && signs->ssrc != 0
         && !rtp_claim_knows (claim, signs->ssrc);
}

/* ---- choosing ---- */

/* What is left when nothing in the packet tells: the one whose turn it is, and last the
 * port, which many NATs keep. */
static RtpClaim *
choose_weakly (GPtrArray *list, Test has_port, const RtpSigns *signs)
{
  g_autoptr (GPtrArray) all = NULL;

  drop (list, has_ice, signs);
  all = g_ptr_array_copy (list, NULL, NULL);
  drop (list, needs_evidence, signs);
  keep (list, sends, signs);
  keep (list, is_behind_nat, signs);
  if (list->len == 1)
    return list->pdata[0];
  if (list->len > 0)
    return keep (list, has_port, signs) == 1 ? list->pdata[0] : NULL;
  return keep (all, has_port, signs) == 1 ? all->pdata[0] : NULL;
}

static RtpClaim *
choose_rtp (GPtrArray *list, const RtpSigns *signs)
{
  gboolean proven = keep (list, knows_ssrc, signs) > 0;

  proven |= keep (list, names_rtp_and_signals, signs) > 0 || keep (list, names_rtp, signs) > 0;
  if (proven)
    return list->len == 1 ? list->pdata[0] : NULL;
  return choose_weakly (list, has_rtp_port, signs);
}

static RtpClaim *
choose_rtcp (GPtrArray *list, const RtpSigns *signs)
{
  gboolean proven = keep (list, knows_ssrc, signs) > 0;

  proven |= keep (list, has_cname, signs) > 0;
  proven |= keep (list, names_rtcp_and_signals, signs) > 0 || keep (list, names_rtcp, signs) > 0;
  if (proven)
    return list->len == 1 ? list->pdata[0] : NULL;
  if (list->len == 1 && has_rtcp_port (list->pdata[0], signs) && !has_ice (list->pdata[0], signs))
    return list->pdata[0];
  drop (list, has_other_rtp, signs);
  return choose_weakly (list, has_rtcp_port, signs);
}

/* Before a client that named its address rightly has sent from it, a neighbour on its IP could
 * pass for it; a client that sends from another port has to be patient. */
static void
drop_early (GPtrArray *list, const RtpSigns *signs, gboolean rtcp, gint64 now)
{
  gint64 wait = rtcp ? RTP_LATCH_EXACT_RTCP : RTP_LATCH_EXACT;

  for (guint i = list->len; i-- > 0;)
    {
      const RtpClaim *claim = list->pdata[i];
      if (rtp_claim_is_plausible (claim, rtcp ? &claim->rtcp : &claim->rtp)
          && !(rtcp ? names_rtcp (claim, signs) : names_rtp (claim, signs))
          && !(!rtcp && knows_ssrc (claim, signs)) && now - claim->answered < wait)
        g_ptr_array_remove_index (list, i);
    }
}

/* ---- moving ---- */

/* Whether the claim has to do with what came to this port. */
static gboolean
uses_port (const RtpClaim *claim, const RtpSigns *signs, gboolean rtcp)
{
  return claim->kind == signs->kind && (!rtcp || claim->mux == signs->mux);
}

/* The one whose SDP names this very address, though another one was taken for it. */
static RtpClaim *
find_rightful (const GPtrArray *at, const RtpSigns *signs, gboolean rtcp, gint64 now)
{
  RtpClaim *found = NULL;

  for (guint i = 0; at && i < at->len; i++)
    {
      RtpClaim *claim = at->pdata[i];
      const RtpSide *side = rtcp ? &claim->rtcp : &claim->rtp;
      if (!uses_port (claim, signs, rtcp) || rtp_side_is_open (side, now) || side->proved
          || announced_another (claim, signs)
          || !(rtcp ? names_rtcp_and_signals (claim, signs) : names_rtp_and_signals (claim, signs)))
        continue;
      if (found)
        return NULL;
      found = claim;
    }
  return found;
}

/* Returns: RTP_VERDICT_MOVED if it may, else why not */
static RtpVerdict
judge_move_rtp (const RtpClaim *claim, const RtpSigns *signs, gint64 now)
{
  gint64 seen = 0;
  guint16 seq = 0;
  gint16 ahead;

  if (claim->rtp.proved)
    return RTP_VERDICT_PROVED;
  if (!claim->latch->ops->progress (claim->owner, signs->ssrc, &seen, &seq))
    return RTP_VERDICT_TAKEN;
  if (now - MAX (seen, claim->rtp.changed) < RTP_LATCH_SILENCE)
    return RTP_VERDICT_ACTIVE;
  ahead = rfl_seq_diff (signs->seq, seq);
  return ahead > 0 && ahead <= MAX_DROPOUT ? RTP_VERDICT_MOVED : RTP_VERDICT_SEQUENCE;
}

/* Between two reports of a client that moved nowhere more than two seconds pass, so silence
 * alone tells less than with RTP. */
static RtpVerdict
judge_move_rtcp (const RtpClaim *claim, gint64 now)
{
  gint64 silence = now - MAX (claim->rtcp_heard, claim->rtcp.changed);

  if (claim->rtcp.proved)
    return RTP_VERDICT_PROVED;
  if (silence < RTP_LATCH_SILENCE)
    return RTP_VERDICT_ACTIVE;
  return silence >= RTP_LATCH_RTCP_SILENCE || claim->rtp.moved > claim->rtcp_heard
             ? RTP_VERDICT_MOVED
             : RTP_VERDICT_ACTIVE;
}

/* ---- verdicts ---- */

/* The latched claim of this IP whose SSRC the packet carries: it or nobody sent it. */
static RtpClaim *
find_holder (const GPtrArray *at, const RtpSigns *signs, gboolean rtcp, gint64 now)
{
  for (guint i = 0; at && i < at->len; i++)
    {
      RtpClaim *claim = at->pdata[i];
      const RtpSide *side = rtcp ? &claim->rtcp : &claim->rtp;
      if (uses_port (claim, signs, rtcp) && !rtp_side_is_open (side, now)
          && rfl_address_same_ip (&side->latched.address, &signs->remote)
          && knows_ssrc (claim, signs))
        return claim;
    }
  return NULL;
}

static gboolean
is_candidate (const RtpClaim *claim, const RtpSigns *signs, gboolean rtcp)
{
  const RtpSide *other = rtcp ? &claim->rtp : &claim->rtcp;

  return signals_from_there (claim, signs)
         || (rtcp ? names_rtcp (claim, signs) : names_rtp (claim, signs))
         || rfl_address_same_ip (&other->latched.address, &signs->remote);
}

/* @taken: (out): whether somebody would be a candidate but is latched */
static GPtrArray *
find_candidates (const GPtrArray *at, const RtpSigns *signs, gboolean rtcp, gint64 now,
                 gboolean *taken)
{
  GPtrArray *list = g_ptr_array_new ();

  *taken = FALSE;
  for (guint i = 0; at && i < at->len; i++)
    {
      RtpClaim *claim = at->pdata[i];
      if (!uses_port (claim, signs, rtcp) || claim->answered == 0
          || !is_candidate (claim, signs, rtcp))
        continue;
      if (rtp_side_is_open (rtcp ? &claim->rtcp : &claim->rtp, now))
        g_ptr_array_add (list, claim);
      else
        *taken = TRUE;
    }
  return list;
}

static RtpVerdict
latch_to (RtpClaim *claim, RtpSide *side, const RtpSigns *signs, gint64 now)
{
  gboolean moved = side->latched.address.family != 0;

  rtp_claim_latch (claim, side, &signs->remote, now);
  rtp_claim_learn (claim, signs->ssrc);
  return moved ? RTP_VERDICT_MOVED : RTP_VERDICT_LATCHED;
}

static RtpVerdict
judge (RtpLatch *latch, const RtpSigns *signs, gboolean rtcp, gint64 now, RtpClaim **out)
{
  const GPtrArray *at = rtp_latch_at (latch, &signs->remote);
  RtpClaim *holder = find_holder (at, signs, rtcp, now);
  RtpClaim *rightful = find_rightful (at, signs, rtcp, now);
  g_autoptr (GPtrArray) list = NULL;
  gboolean taken;
  RtpVerdict move;

  if (rightful && (holder == NULL || holder == rightful))
    {
      *out = rightful;
      return latch_to (rightful, rtcp ? &rightful->rtcp : &rightful->rtp, signs, now);
    }
  if (holder)
    {
      move = rtcp ? judge_move_rtcp (holder, now) : judge_move_rtp (holder, signs, now);
      if (move != RTP_VERDICT_MOVED)
        return move;
      *out = holder;
      return latch_to (holder, rtcp ? &holder->rtcp : &holder->rtp, signs, now);
    }
  list = find_candidates (at, signs, rtcp, now, &taken);
  if (list->len == 0)
    return taken ? RTP_VERDICT_TAKEN : RTP_VERDICT_STRANGER;
  drop (list, announced_another, signs);
  if (list->len == 0)
    return RTP_VERDICT_WRONG_SSRC;
  drop_early (list, signs, rtcp, now);
  if (list->len == 0)
    return RTP_VERDICT_EARLY;
  *out = rtcp ? choose_rtcp (list, signs) : choose_rtp (list, signs);
  if (*out == NULL)
    return RTP_VERDICT_UNDECIDED;
  return latch_to (*out, rtcp ? &(*out)->rtcp : &(*out)->rtp, signs, now);
}

RtpVerdict
rtp_latch_rtp (RtpLatch *latch, const RtpSigns *signs, gint64 now, RtpClaim **claim)
{
  RtpKey key = { signs->remote, signs->kind };

  *claim = g_hash_table_lookup (latch->by_rtp, &key);
  if (*claim)
    return RTP_VERDICT_KNOWN;
  return judge (latch, signs, FALSE, now, claim);
}

RtpVerdict
rtp_latch_rtcp (RtpLatch *latch, const RtpSigns *signs, gint64 now, RtpClaim **claim)
{
  RtpKey key = { signs->remote, signs->kind };
  RtpVerdict verdict = RTP_VERDICT_KNOWN;

  *claim = g_hash_table_lookup (latch->by_rtcp, &key);
  if (*claim == NULL)
    verdict = judge (latch, signs, TRUE, now, claim);
  else if ((*claim)->mux != signs->mux) /* its RTCP belongs to the other port */
    {
      *claim = NULL;
      verdict = RTP_VERDICT_STRANGER;
    }
  if (*claim)
    (*claim)->rtcp_heard = now;
  return verdict;
}
