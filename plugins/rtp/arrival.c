/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packets that the workers cannot place, and all RTCP: finds the participant by the evidence
 * and opens the way, or refuses and counts. Not for packets of known sources: those never
 * come here.
 */
#include "plugins/rtp/rtp.h"

static const struct {
  const char *name, *text;
} refused_words[RTP_N_REFUSED] = {
  [RTP_REFUSED_STRANGER] = { "stranger", "nobody calls from there" },
  [RTP_REFUSED_SSRC] = { "ssrc", "those who could have sent it announced other SSRCs" },
  [RTP_REFUSED_UNDECIDED] = { "undecided", "several could have sent it" },
  [RTP_REFUSED_TAKEN] = { "taken", "those of this address are known at other ports" },
  [RTP_REFUSED_ACTIVE] = { "active", "its sender is heard at another address" },
  [RTP_REFUSED_SEQUENCE] = { "sequence", "it does not go on where its sender was" },
  [RTP_REFUSED_PROVED] = { "proved", "its sender has proved to be elsewhere" },
  [RTP_REFUSED_EARLY] = { "early", "its sender has named another address" },
  [RTP_REFUSED_HOLD] = { "hold", "its sender agreed not to send" },
  [RTP_REFUSED_FORMAT] = { "format", "payload type not agreed" },
  [RTP_REFUSED_SOURCES] = { "sources", "too many sources" },
  [RTP_REFUSED_MALFORMED] = { "malformed", "malformed" },
  [RTP_REFUSED_RATE] = { "rate", "more RTCP than one participant may send" },
};

const char *
rtp_refused_name (RtpRefused reason)
{
  return refused_words[reason].name;
}

void
rtp_refuse (RtpPlugin *plugin, RtpRefused reason, const RflAddress *remote)
{
  char peer[RFL_ADDRESS_STRLEN];
  RflLogFields fields = { .peer = rfl_address_format (remote, peer) };
  guint suppressed;

  rfl_counter_add (plugin->refused[reason], 1);
  if (rfl_log_limit_pass (&plugin->refused_log, plugin->clock, &suppressed))
    rfl_info (&fields, "packet from %s refused: %s (%u more such lines held back)", peer,
              refused_words[reason].text, suppressed);
}

static RtpRefused
reason_of (RtpVerdict verdict)
{
  switch (verdict)
    {
    case RTP_VERDICT_WRONG_SSRC:
      return RTP_REFUSED_SSRC;
    case RTP_VERDICT_UNDECIDED:
      return RTP_REFUSED_UNDECIDED;
    case RTP_VERDICT_TAKEN:
      return RTP_REFUSED_TAKEN;
    case RTP_VERDICT_ACTIVE:
      return RTP_REFUSED_ACTIVE;
    case RTP_VERDICT_SEQUENCE:
      return RTP_REFUSED_SEQUENCE;
    case RTP_VERDICT_PROVED:
      return RTP_REFUSED_PROVED;
    case RTP_VERDICT_EARLY:
      return RTP_REFUSED_EARLY;
    default:
      return RTP_REFUSED_STRANGER;
    }
}

/* What strangers send to the second ports keeps a NAT's hole open, there or on the first ones (RFC 6263). */
static void
refuse_verdict (const RtpPair *pair, RtpVerdict verdict, const RflAddress *remote)
{
  RtpPlugin *plugin = pair->kind->plugin;

  if (verdict == RTP_VERDICT_STRANGER && pair == &pair->kind->pairs[RTP_SECOND_PAIR])
    rfl_counter_add (plugin->keepalives, 1);
  else
    rtp_refuse (plugin, reason_of (verdict), remote);
}

static void
log_latched (const RtpMedium *m, RtpVerdict verdict, const char *what, const RflAddress *remote)
{
  char peer[RFL_ADDRESS_STRLEN];
  const RflParticipant *p = m->medium->participant;
  RflLogFields fields = { .session = p->session ? p->session->name : NULL,
                          .participant = p->id,
                          .peer = rfl_address_format (remote, peer) };
  guint suppressed;

  if (rfl_log_limit_pass (&m->peer->plugin->latched_log, m->peer->plugin->clock, &suppressed))
    rfl_info (&fields, "%s: %s %s %s %s", p->identity, m->kind->name, what,
              verdict == RTP_VERDICT_MOVED ? "moved to" : "comes from", peer);
}

static void
note_verdict (RtpMedium *m, RtpVerdict verdict, const char *what, const RflArrival *arrival)
{
  RtpPlugin *plugin = m->peer->plugin;

  if (verdict == RTP_VERDICT_KNOWN)
    return;
  rfl_counter_add (verdict == RTP_VERDICT_MOVED ? plugin->moved : plugin->latched, 1);
  log_latched (m, verdict, what, &arrival->remote);
}

/* Returns: (nullable): the medium that has the packet's address now. */
static RtpMedium *
place_rtp (RtpPair *pair, const RflArrival *arrival, const RflRtp *rtp)
{
  RtpSigns signs = {
    .kind = pair->key, .remote = arrival->remote, .ssrc = rtp->ssrc, .seq = rtp->seq
  };
  RtpPlugin *plugin = pair->kind->plugin;
  RtpClaim *claim;
  RtpVerdict verdict;
  RtpMedium *m;

  m = arrival->flow ? rfl_flow_get_user_data (arrival->flow) : NULL;
  if (m && m->flow == arrival->flow)
    return m;
  verdict = rtp_latch_rtp (plugin->latch, &signs, rfl_clock_now (plugin->clock), &claim);
  if (claim == NULL)
    {
      refuse_verdict (pair, verdict, &arrival->remote);
      return NULL;
    }
  m = rtp_claim_get_owner (claim);
  note_verdict (m, verdict, "RTP", arrival);
  if (!rtp_medium_is_ready (m))
    return NULL;
  rtp_medium_latched (m, arrival);
  return m->flow ? m : NULL;
}

void
rtp_arrival_unknown (const RflArrival *arrival, gpointer data)
{
  RtpPair *pair = data;
  RtpPlugin *plugin = pair->kind->plugin;
  RtpRefused refused = RTP_REFUSED_STRANGER;
  RtpMedium *m = NULL;
  RflRtp rtp;

  if (!rfl_rtp_parse (&rtp, arrival->data, arrival->len))
    rtp_refuse (plugin, RTP_REFUSED_MALFORMED, &arrival->remote);
  else if (arrival->port != pair->rtp_port)
    rtp_refuse (plugin, RTP_REFUSED_STRANGER, &arrival->remote);
  else
    m = place_rtp (pair, arrival, &rtp);
  if (m)
    {
      refused = rtp_medium_add_source (m, rtp.ssrc, rtp.pt);
      if (refused != RTP_N_REFUSED)
        rtp_refuse (plugin, refused, &arrival->remote);
    }
  if (refused == RTP_N_REFUSED)
    rfl_port_release (arrival->port, arrival->ticket);
  else
    rfl_port_discard (arrival->port, arrival->ticket);
  if (m)
    rtp_turns_run (plugin);
}

void
rtp_arrival_unmapped (const RflArrival *arrival, gpointer data)
{
  const RtpPair *pair = data;
  RtpMedium *m = rfl_flow_get_user_data (arrival->flow);

  if (m && m->flow == arrival->flow && rtp_medium_is_ready (m)
      && !rtp_medium_learn (m, arrival->data[1] & 0x7f))
    rtp_refuse (pair->kind->plugin, RTP_REFUSED_FORMAT, &arrival->remote);
}

/* ---- RTCP ---- */

/* RTCP of one medium a second, and the seconds of it that may come at once. It is repeated to
 * everybody and by the main thread, so that a flood would be everybody's. */
#define RTCP_RATE 100
#define RTCP_BURST 2

static gboolean
may_report (RtpMedium *m, gint64 now)
{
  gint64 due = MAX (m->rtcp_due, now);

  if (due - now >= RTCP_BURST * G_TIME_SPAN_SECOND)
    return FALSE;
  m->rtcp_due = due + G_TIME_SPAN_SECOND / RTCP_RATE;
  return TRUE;
}

/* The sender's SSRC and CNAME, whichever packets of the compound have them. */
static void
read_signs (const RflArrival *arrival, RtpSigns *signs)
{
  RflRtcpIter iter;
  RflRtcp rtcp;

  rfl_rtcp_iter_init (&iter, arrival->data, arrival->len);
  while (rfl_rtcp_iter_next (&iter, &rtcp))
    {
      if (signs->ssrc == 0)
        signs->ssrc = rtcp.ssrc;
      if (rtcp.type == RFL_RTCP_SDES && signs->cname == NULL)
        signs->cname = rfl_rtcp_get_cname (&rtcp, signs->ssrc, &signs->cname_len);
    }
}

/* @decided: (out): whether somebody waiting may have a turn now */
static RtpMedium *
place_rtcp (RtpPair *pair, const RflArrival *arrival, gboolean *decided)
{
  RtpSigns signs = { .kind = pair->key,
                     .remote = arrival->remote,
                     .mux = arrival->port == pair->rtp_port };
  RtpPlugin *plugin = pair->kind->plugin;
  RtpClaim *claim;
  RtpVerdict verdict;
  RtpMedium *m;

  read_signs (arrival, &signs);
  verdict = rtp_latch_rtcp (plugin->latch, &signs, rfl_clock_now (plugin->clock), &claim);
  if (claim == NULL)
    {
      refuse_verdict (pair, verdict, &arrival->remote);
      return NULL;
    }
  m = rtp_claim_get_owner (claim);
  *decided = verdict != RTP_VERDICT_KNOWN;
  note_verdict (m, verdict, "RTCP", arrival);
  if (!rtp_medium_is_ready (m))
    return NULL;
  m->rtcp_local = arrival->local;
  if (arrival->flow == NULL)
    rtp_medium_rtcp_latched (m, arrival);
  if (verdict != RTP_VERDICT_KNOWN)
    rtp_medium_update_leg (m);
  return m;
}

/* Multiplexed, perhaps though nobody agreed to it: from where its RTP is known to come. */
static gboolean
is_with_rtp (const RtpPair *pair, const RflArrival *arrival)
{
  const RtpMedium *m = arrival->flow ? rfl_flow_get_user_data (arrival->flow) : NULL;

  return arrival->port == pair->rtp_port && m && m->flow == arrival->flow;
}

static void
take_rtcp (RtpMedium *m, const RflArrival *arrival)
{
  RtpPlugin *plugin = m->peer->plugin;

  m->peer->last_rtcp = rfl_clock_now (plugin->clock);
  if (may_report (m, m->peer->last_rtcp))
    rfl_route_receive_rtcp (m->medium->route, m->medium, arrival->data, arrival->len);
  else
    rtp_refuse (plugin, RTP_REFUSED_RATE, &arrival->remote);
}

void
rtp_arrival_rtcp (const RflArrival *arrival, gpointer data)
{
  RtpPair *pair = data;
  RtpPlugin *plugin = pair->kind->plugin;
  gboolean decided = FALSE;
  RtpMedium *m = NULL;

  if (!rfl_rtcp_validate (arrival->data, arrival->len))
    rtp_refuse (plugin, RTP_REFUSED_MALFORMED, &arrival->remote);
  else
    m = is_with_rtp (pair, arrival) ? rfl_flow_get_user_data (arrival->flow)
                                    : place_rtcp (pair, arrival, &decided);
  if (m)
    take_rtcp (m, arrival);
  if (decided)
    rtp_turns_run (plugin);
}

/* ---- the rest ---- */

void
rtp_arrival_other (const RflArrival *arrival, gpointer data)
{
  const RtpPair *pair = data;
  RtpPlugin *plugin = pair->kind->plugin;

  if (plugin->ice && rfl_packet_classify (arrival->data, arrival->len) == RFL_CLASS_STUN)
    plugin->ice->receive (plugin->ice_self, arrival);
  else
    rfl_counter_add (plugin->keepalives, 1);
}
