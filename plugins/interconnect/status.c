/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the interconnection tells of itself: counters, rate-limited log lines, status. */
#include "plugins/interconnect/link.h"

static const struct {
  const char *name, *help;
} counts[LINK_N_COUNTS] = {
  [LINK_COUNT_STRANGER] = { "interconnect.strangers", "Packets from addresses of no peer" },
  [LINK_COUNT_MISPLACED] = { "interconnect.misplaced", "RTCP on the RTP relay or the reverse" },
  [LINK_COUNT_MALFORMED] = { "interconnect.malformed", "Datagrams that are no link messages" },
  [LINK_COUNT_OVER_RATE] = { "interconnect.over_rate", "Datagrams beyond max_rate" },
  [LINK_COUNT_STALE] = { "interconnect.stale", "RTCP of an incarnation that is gone" },
  [LINK_COUNT_LIMIT] = { "interconnect.limited", "Announcements beyond a limit" },
  [LINK_COUNT_DUPLICATE] = { "interconnect.duplicate_participants",
                             "Participants announced whose id is known already" },
  [LINK_COUNT_UNKNOWN_PARTICIPANT] = { "interconnect.unknown_participants",
                                       "Messages about nobody that the peer has announced" },
  [LINK_COUNT_UNKNOWN_LABEL] = { "interconnect.unknown_labels",
                                 "Times that packets had to wait for their SOURCE" },
  [LINK_COUNT_UNKNOWN_FORMAT] = { "interconnect.unknown_formats",
                                  "Formats of sources that the session does not use here" },
  [LINK_COUNT_UNSENDABLE] = { "interconnect.unsendable", "Messages that do not fit a datagram" },
  [LINK_COUNT_LEFT_OUT] = { "interconnect.left_out",
                            "Media of participants beyond what a message holds" },
  [LINK_COUNT_OVER_MESSAGES] = { "interconnect.over_messages", "Datagrams beyond max_messages" },
  [LINK_COUNT_OUT_OF_STEP] = { "interconnect.out_of_step",
                               "Digests of a peer that differed from what was known" },
  [LINK_COUNT_CODEC_CHANGED] = { "interconnect.codecs_changed",
                                 "Times that a session took over another reflector's codec" },
  [LINK_COUNT_CODEC_KEPT] = { "interconnect.codecs_kept",
                              "Participants whose session here speaks another codec and decides" },
  [LINK_COUNT_ASKED_AGAIN] = { "interconnect.asked_again",
                               "Participants asked to negotiate for another codec" },
  [LINK_COUNT_KEPT_LOCAL] = { "interconnect.kept_local",
                              "Participants who cannot follow and hear only each other" },
  [LINK_COUNT_TEXT_IN] = { "interconnect.texts_in", "Texts to sessions received" },
  [LINK_COUNT_TEXT_OUT] = { "interconnect.texts_out", "Texts to sessions sent" },
  [LINK_COUNT_TEXT_REFUSED] = { "interconnect.texts_refused", "Texts of a peer that went nowhere" },
  [LINK_COUNT_SERVICE_IN] = { "interconnect.service_in", "Messages of other plugins received" },
  [LINK_COUNT_SERVICE_OUT] = { "interconnect.service_out", "Messages of other plugins sent" },
  [LINK_COUNT_SERVICE_NOBODYS] = { "interconnect.service_unknown",
                                   "Messages for a service that nobody here takes" },
  [LINK_COUNT_SERVICE_REFUSED] = { "interconnect.service_refused",
                                   "Messages of other plugins beyond max_service_queue" },
  [LINK_COUNT_RTCP_IN] = { "interconnect.rtcp_in", "Participants' RTCP received" },
  [LINK_COUNT_RTCP_OUT] = { "interconnect.rtcp_out", "Participants' RTCP sent" },
};

void
link_counters_init (LinkPlugin *plugin)
{
  for (guint i = 0; i < LINK_N_COUNTS; i++)
    plugin->counters[i] = rfl_counter_get (plugin->core, counts[i].name, counts[i].help);
}

void
link_count (LinkPlugin *plugin, LinkCount what)
{
  rfl_counter_add (plugin->counters[what], 1);
}

void
link_complain (LinkPlugin *plugin, LinkCount what, const char *peer, const char *format, ...)
{
  const RflLogFields fields = { .peer = peer };
  guint suppressed = 0;
  va_list args;

  link_count (plugin, what);
  if (!rfl_log_limit_pass (&plugin->log_limits[what], rfl_core_get_clock (plugin->core),
                           &suppressed))
    return;
  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  if (suppressed > 0)
    rfl_warning (&fields, "%s (and %u more of this kind)", text, suppressed);
  else
    rfl_warning (&fields, "%s", text);
}

static void
add_packets (const LinkPeer *peer, RflStatus *status)
{
  RflLegStats leg_stats;
  guint64 out = 0;
  guint n_legs = 0;
  GHashTableIter iter;
  LinkRoom *room;

  g_hash_table_iter_init (&iter, peer->rooms);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &room))
    for (guint i = 0; i < room->legs->len; i++, n_legs++)
      {
        rfl_leg_get_stats (((LinkLeg *) room->legs->pdata[i])->leg, &leg_stats);
        out += leg_stats.packets;
      }
  rfl_status_add_int (status, "legs", n_legs);
  rfl_status_add_int (status, "rtp_sent", out);
  rfl_status_add_int (status, "rtcp_sent", peer->rtcp_out);
  rfl_status_add_int (status, "rtcp_received", peer->rtcp_in);
}

static void
add_peer (const LinkPeer *peer, RflStatus *status)
{
  const LinkChannelStats *stats = link_channel_get_stats (peer->channel);
  g_autofree char *epoch =
      g_strdup_printf ("%016" G_GINT64_MODIFIER "x", link_channel_get_peer_epoch (peer->channel));

  rfl_status_begin_object (status, NULL);
  rfl_status_add_string (status, "address", peer->name);
  rfl_status_add_string (status, "id", link_channel_get_peer_id (peer->channel));
  rfl_status_add_bool (status, "up", link_channel_is_up (peer->channel));
  rfl_status_add_string (status, "epoch", epoch);
  rfl_status_add_double (status, "rtt_ms", link_channel_get_rtt (peer->channel) / 1000.0);
  rfl_status_add_int (status, "sessions", g_hash_table_size (peer->rooms));
  rfl_status_add_int (status, "participants", g_hash_table_size (peer->remotes));
  rfl_status_add_int (status, "sources", g_hash_table_size (peer->in));
  rfl_status_add_int (status, "messages_sent", stats->sent);
  rfl_status_add_int (status, "messages_repeated", stats->repeated);
  rfl_status_add_int (status, "messages_received", stats->received);
  rfl_status_add_int (status, "messages_malformed", stats->malformed);
  rfl_status_add_int (status, "messages_limited", stats->limited);
  rfl_status_add_int (status, "acknowledgements_astray", stats->astray);
  rfl_status_add_int (status, "datagrams_stale", stats->stale);
  rfl_status_add_int (status, "digests_sent", peer->digest.sent);
  rfl_status_add_int (status, "digests_received", peer->digest.received);
  rfl_status_add_int (status, "told_again", peer->digest.asked);
  rfl_status_add_int (status, "messages_waiting", link_channel_get_pending (peer->channel));
  rfl_status_add_int (status, "ups", stats->ups);
  rfl_status_add_int (status, "downs", stats->downs);
  add_packets (peer, status);
  rfl_status_end (status);
}

void
link_plugin_status (gpointer self, RflStatus *status)
{
  const LinkPlugin *plugin = self;

  rfl_status_begin_array (status, "peers");
  for (guint i = 0; i < plugin->peers->len; i++)
    add_peer (plugin->peers->pdata[i], status);
  rfl_status_end (status);
}
