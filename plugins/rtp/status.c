/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells who sends from where and gets how much. Not for decisions.
 */
#include "plugins/rtp/rtp.h"

static const char *
state_name (const RflParticipant *p)
{
  switch (p->state)
    {
    case RFL_PARTICIPANT_NEW:
      return "new";
    case RFL_PARTICIPANT_JOINING:
      return "joining";
    case RFL_PARTICIPANT_JOINED:
      return "joined";
    case RFL_PARTICIPANT_LEFT:
      return "left";
    }
  return NULL;
}

static void
add_address (RflStatus *status, const char *key, const RflAddress *address)
{
  char text[RFL_ADDRESS_STRLEN];

  rfl_status_add_string (status, key, address->family ? rfl_address_format (address, text) : NULL);
}

static void
add_sources (const RtpMedium *m, RflStatus *status)
{
  const RflRoute *route = m->medium->route;

  rfl_status_begin_array (status, "sources");
  for (guint i = 0; route && i < route->sources->len; i++)
    {
      const RflSource *source = route->sources->pdata[i];
      if (source->owner == m->medium)
        rfl_status_add_int (status, NULL, source->ssrc);
    }
  rfl_status_end (status);
}

static const char *
mode_name (RflLegMode mode)
{
  switch (mode)
    {
    case RFL_LEG_ALL:
      return "all";
    case RFL_LEG_ONE:
      return "one";
    case RFL_LEG_MIX:
      return "mix";
    }
  return NULL;
}

static void
add_medium (const RtpMedium *m, RflStatus *status)
{
  RflLegStats out = { 0 };
  RflAddress target = { 0 };

  if (m->leg)
    rfl_leg_get_stats (m->leg, &out);
  rtp_claim_get_rtp_target (m->claim, &target);
  rfl_status_begin_object (status, NULL);
  rfl_status_add_string (status, "kind", m->kind->name);
  add_address (status, "rtp", rtp_claim_get_rtp (m->claim));
  add_address (status, "rtcp", rtp_claim_get_rtcp (m->claim));
  add_address (status, "rtp_target", &target);
  rfl_status_add_bool (status, "rtcp_mux", m->mux);
  rfl_status_add_bool (status, "second_ports", m->pair == &m->kind->pairs[RTP_SECOND_PAIR]);
  rfl_status_add_bool (status, "proved", rtp_claim_is_proved (m->claim));
  rfl_status_add_bool (status, "consent", m->unwanted == 0);
  rfl_status_add_string (status, "mode", m->leg ? mode_name (rfl_leg_get_mode (m->leg)) : NULL);
  rfl_status_add_bool (status, "receives", m->leg && m->hears);
  rfl_status_add_int (status, "packets_in", rtp_medium_count_in (m));
  rfl_status_add_int (status, "packets_out", out.packets);
  add_sources (m, status);
  rfl_status_end (status);
}

static void
add_role (RflStatus *status, const char *key, guint n, gint64 max)
{
  rfl_status_begin_object (status, key);
  rfl_status_add_int (status, "now", n);
  rfl_status_add_int (status, "max", max);
  rfl_status_end (status);
}

/* How many there are of those that have limits. */
static void
add_kind (const RtpKind *kind, RflStatus *status)
{
  rfl_status_begin_object (status, kind->name);
  add_role (status, "clients", kind->seats[RTP_CLIENT], kind->max_seats[RTP_CLIENT]);
  add_role (status, "lurkers", kind->seats[RTP_LURKER], kind->max_seats[RTP_LURKER]);
  rfl_status_end (status);
}

static void
add_refused (const RtpPlugin *plugin, RflStatus *status)
{
  rfl_status_begin_object (status, "refused");
  for (guint i = 0; i < RTP_N_REFUSED; i++)
    rfl_status_add_int (status, rtp_refused_name (i),
                        (gint64) rfl_counter_read (plugin->refused[i]));
  rfl_status_end (status);
}

static void
add_peer (RtpPeer *peer, RflStatus *status)
{
  rfl_status_begin_object (status, NULL);
  rfl_status_add_string (status, "id", peer->participant->id);
  rfl_status_add_string (status, "identity", peer->participant->identity);
  rfl_status_add_string (status, "state", state_name (peer->participant));
  rfl_status_add_bool (status, "lurker", peer->seat.media && peer->seat.role == RTP_LURKER);
  rfl_status_begin_array (status, "media");
  for (guint i = 0; i < peer->media->len; i++)
    {
      const RtpMedium *m = peer->media->pdata[i];
      if (m && m->claim)
        add_medium (m, status);
    }
  rfl_status_end (status);
  rfl_status_end (status);
}

static void
add_session (RflSession *session, RflStatus *status)
{
  rfl_status_begin_object (status, NULL);
  rfl_status_add_string (status, "name", session->name);
  rfl_status_add_int (status, "clients", rtp_seats_count (session, RTP_CLIENT));
  rfl_status_add_int (status, "lurkers", rtp_seats_count (session, RTP_LURKER));
  rfl_status_begin_array (status, "participants");
  for (guint i = 0; i < session->participants->len; i++)
    {
      RtpPeer *peer = rtp_peer_get (session->participants->pdata[i]);
      if (peer)
        add_peer (peer, status);
    }
  rfl_status_end (status);
  rfl_status_end (status);
}

void
rtp_plugin_status (gpointer self, RflStatus *status)
{
  RtpPlugin *plugin = self;
  g_autoptr (GPtrArray) sessions = rfl_core_list_sessions (plugin->core);

  rfl_status_add_int (status, "waiting", g_queue_get_length (&plugin->turns));
  for (guint i = 0; i < RTP_N_KINDS; i++)
    add_kind (&plugin->kinds[i], status);
  if (plugin->refused[0])
    add_refused (plugin, status);
  rfl_status_begin_array (status, "sessions");
  for (guint i = 0; i < sessions->len; i++)
    add_session (sessions->pdata[i], status);
  rfl_status_end (status);
}
