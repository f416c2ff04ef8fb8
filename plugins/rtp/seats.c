/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many may take part and how many may lurk: in a session, and in a medium of this reflector.
 * Counts this reflector's own participants, whom it serves; those behind links are the others'.
 *
 * A lurker receives in all its media that live. Somebody who neither sends nor receives (hold) stays
 * what he was. An offer is judged before it waits for anything, and takes its place when no hook can
 * refuse it any more.
 */
#include "plugins/rtp/rtp.h"

#define SESSION_KEY "rtp.seats"

/* What is taken in one session. */
typedef struct {
  guint n[RTP_N_ROLES];
} Taken;

static const char *const role_names[RTP_N_ROLES] = { "clients", "lurkers" };

static const struct {
  const char *name, *help;
} counters[RTP_N_ROLES][2] = {
  { { "rtp.limited_clients", "offers refused: no more clients in a medium" },
    { "rtp.limited_participants", "offers refused: no more participants in a session" } },
  { { "rtp.limited_lurkers", "offers refused: no more lurkers in a medium" },
    { "rtp.limited_session_lurkers", "offers refused: no more lurkers in a session" } }
};

void
rtp_seats_get_counters (RtpPlugin *plugin)
{
  for (guint role = 0; role < RTP_N_ROLES; role++)
    for (guint i = 0; i < 2; i++)
      plugin->limited[role][i] =
          rfl_counter_get (plugin->core, counters[role][i].name, counters[role][i].help);
}

static Taken *
get_taken (RflSession *session)
{
  Taken *taken = rfl_session_get_data (session, SESSION_KEY);

  if (taken == NULL)
    {
      taken = g_new0 (Taken, 1);
      rfl_session_set_data (session, SESSION_KEY, taken, g_free);
    }
  return taken;
}

guint
rtp_seats_count (RflSession *session, RtpRole role)
{
  const Taken *taken = rfl_session_get_data (session, SESSION_KEY);

  return taken ? taken->n[role] : 0;
}

/* What @p is to have once its offer is agreed. */
static RtpSeat
want (RtpPlugin *plugin, const RflParticipant *p, const RtpSeat *has)
{
  RtpSeat seat = { 0 };
  RflDirection direction = RFL_DIRECTION_NONE;

  for (guint i = 0; i < p->media->len; i++)
    {
      const RflMedium *medium = p->media->pdata[i];
      const RflMediumDesc *desc = medium->offered ? medium->offered : medium->current;
      const RtpKind *kind = rtp_plugin_find_kind (plugin, medium->kind);
      if (kind == NULL || desc == NULL || !desc->accepted)
        continue;
      seat.media |= 1u << (kind - plugin->kinds);
      direction |= desc->direction;
    }
  if (direction == RFL_DIRECTION_NONE && has && has->media)
    seat.role = has->role;
  else
    seat.role = direction == RFL_DIRECTION_RECEIVE ? RTP_LURKER : RTP_CLIENT;
  return seat;
}

static gboolean
is_full (guint n, gint64 max)
{
  return max >= 0 && n >= max;
}

static gboolean
refuse (RtpPlugin *plugin, const RflEvent *event, RtpRole role, gboolean session,
        const GError *error)
{
  guint held_back;

  rfl_counter_add (plugin->limited[role][session], 1);
  if (rfl_log_limit_pass (&plugin->limited_log, plugin->clock, &held_back))
    rfl_info (&(RflLogFields){ .session = event->session->name,
                               .participant = event->participant->id },
              "%s: %s (%u more)", event->participant->identity, error->message, held_back);
  return FALSE;
}

/* Whether there is room for what @seat has beyond @has. */
static gboolean
check (RtpPlugin *plugin, RflEvent *event, const RtpSeat *seat, const RtpSeat *has, GError **error)
{
  RtpRole role = seat->role;
  gboolean turned = !has || has->media == 0 || has->role != role;
  guint n = rtp_seats_count (event->session, role);

  if (seat->media && turned && is_full (n, plugin->max_in_session[role]))
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_LIMIT, "there are %u %s in this session already", n,
                   role == RTP_LURKER ? "lurkers" : "participants");
      return refuse (plugin, event, role, TRUE, *error);
    }
  for (guint i = 0; i < RTP_N_KINDS; i++)
    {
      const RtpKind *kind = &plugin->kinds[i];
      guint bit = 1u << i;
      if (!(seat->media & bit) || (!turned && has->media & bit)
          || !is_full (kind->seats[role], kind->max_seats[role]))
        continue;
      g_set_error (error, RFL_ERROR, RFL_ERROR_LIMIT, "there are %u %s in %s already",
                   kind->seats[role], role_names[role], kind->name);
      return refuse (plugin, event, role, FALSE, *error);
    }
  return TRUE;
}

void
rtp_seats_release (RtpPeer *peer)
{
  RtpSeat *seat = &peer->seat;

  for (guint i = 0; i < RTP_N_KINDS; i++)
    if (seat->media & 1u << i)
      peer->plugin->kinds[i].seats[seat->role]--;
  if (seat->media)
    get_taken (seat->session)->n[seat->role]--;
  g_clear_pointer (&seat->session, rfl_session_unref);
  *seat = (RtpSeat){ 0 };
}

static void
take (RtpPeer *peer, RflSession *session, RtpSeat seat)
{
  rtp_seats_release (peer);
  if (seat.media == 0)
    return;
  seat.session = rfl_session_ref (session);
  peer->seat = seat;
  for (guint i = 0; i < RTP_N_KINDS; i++)
    if (seat.media & 1u << i)
      peer->plugin->kinds[i].seats[seat.role]++;
  get_taken (session)->n[seat.role]++;
}

RflHookResult
rtp_seats_check_hook (RflEvent *event, gpointer data, GError **error)
{
  const RtpPeer *peer = rtp_peer_get (event->participant);
  const RtpSeat *has = peer ? &peer->seat : NULL;
  RtpSeat seat;

  if (event->participant->origin)
    return RFL_HOOK_CONTINUE;
  seat = want (data, event->participant, has);
  return check (data, event, &seat, has, error) ? RFL_HOOK_CONTINUE : RFL_HOOK_REFUSE;
}

RflHookResult
rtp_seats_take_hook (RflEvent *event, gpointer data, GError **error)
{
  RtpPeer *peer = rtp_peer_get (event->participant);
  RtpSeat seat;

  if (event->participant->origin || peer == NULL)
    return RFL_HOOK_CONTINUE;
  seat = want (data, event->participant, &peer->seat);
  if (!check (data, event, &seat, &peer->seat, error))
    return RFL_HOOK_REFUSE;
  take (peer, event->session, seat);
  return RFL_HOOK_CONTINUE;
}
