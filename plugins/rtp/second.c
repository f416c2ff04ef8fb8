/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The second ports of a medium: whoever no evidence tells from a neighbour behind the same NAT need not wait until
 * that one is known; he gets ports where nobody else is undecided. Judges no packet: latch.h.
 */
#include "plugins/rtp/rtp.h"

void
rtp_pair_answer (const RtpPair *pair, RflMediumDesc *desc)
{
  desc->answer_rtp.port = pair->rtp_number;
  desc->answer_rtcp.port = desc->answer_mux ? pair->rtp_number : pair->rtcp_number;
}

static void
offer_second (RtpMedium *m, gint64 now)
{
  RtpPair *second = &m->kind->pairs[RTP_SECOND_PAIR];
  gint64 until;

  if (second->rtp_port == NULL || m->pair == second || m->medium->offered == NULL
      || rtp_claim_may_answer (m->claim, now, &until))
    return;
  rtp_claim_set_kind (m->claim, second->key);
  if (!rtp_claim_may_answer (m->claim, now, &until))
    {
      rtp_claim_set_kind (m->claim, m->pair->key);
      return;
    }
  m->pair = second;
  rtp_pair_answer (second, m->medium->offered);
  rfl_counter_add (m->peer->plugin->second, 1);
}

void
rtp_second_offer (RtpPeer *peer, gint64 now)
{
  for (guint i = 0; i < peer->media->len; i++)
    {
      RtpMedium *m = peer->media->pdata[i];
      if (m && m->claim)
        offer_second (m, now);
    }
}
