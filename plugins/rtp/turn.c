/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers offers from one IP one after the other, so that at most one participant there is
 * unknown by its packets. Does not judge packets: see latch.h.
 */
#include "plugins/rtp/rtp.h"

typedef struct {
  RflEvent *event;
  RtpPeer *peer;
} RtpTurn;

static void
turn_free (RtpTurn *turn)
{
  rfl_event_unref (turn->event);
  g_free (turn);
}

static gboolean
may_answer (const RtpPeer *peer, gint64 now, gint64 *until)
{
  gboolean may = TRUE;

  *until = 0;
  for (guint i = 0; i < peer->media->len; i++)
    {
      const RtpMedium *m = peer->media->pdata[i];
      gint64 this_until;
      if (m && m->claim && !rtp_claim_may_answer (m->claim, now, &this_until))
        {
          may = FALSE;
          *until = MAX (*until, this_until);
        }
    }
  return may;
}

static gboolean
is_crowded (const RtpPeer *peer)
{
  for (guint i = 0; i < peer->media->len; i++)
    {
      const RtpMedium *m = peer->media->pdata[i];
      if (m && m->claim && rtp_claim_count_waiting (m->claim) >= RTP_LATCH_MAX_WAITING)
        return TRUE;
    }
  return FALSE;
}

static void
answered (RtpPeer *peer, gboolean jumped, gint64 now)
{
  for (guint i = 0; i < peer->media->len; i++)
    {
      const RtpMedium *m = peer->media->pdata[i];
      if (m && m->claim)
        rtp_claim_answered (m->claim, jumped, now);
    }
}

RflHookResult
rtp_turn_hook (RflEvent *event, gpointer data, GError **error)
{
  RtpPlugin *plugin = data;
  RflParticipant *p = event->participant;
  gint64 now = rfl_clock_now (plugin->clock), until;
  RtpPeer *peer;
  RtpTurn *turn;
  gboolean may;

  if (p->origin)
    return RFL_HOOK_CONTINUE;
  peer = rtp_peer_prepare (plugin, p);
  rtp_second_offer (peer, now);
  may = may_answer (peer, now, &until);
  if (may || is_crowded (peer))
    {
      answered (peer, !may, now);
      return RFL_HOOK_CONTINUE;
    }
  rfl_counter_add (plugin->deferred, 1);
  turn = g_new (RtpTurn, 1);
  turn->event = rfl_event_ref (event);
  turn->peer = peer;
  g_queue_push_tail (&plugin->turns, turn);
  if (!rfl_timer_is_running (plugin->turn_timer) && until != G_MAXINT64)
    rfl_timer_start (plugin->turn_timer, until - now);
  return RFL_HOOK_DEFER;
}

/* Returns: (nullable): the first one whose turn has come, out of the queue. */
static RtpTurn *
next_turn (RtpPlugin *plugin, gint64 now, gint64 *earliest)
{
  *earliest = G_MAXINT64;
  for (GList *l = plugin->turns.head; l; l = l->next)
    {
      RtpTurn *turn = l->data;
      gint64 until;
      if (turn->event->participant->state != RFL_PARTICIPANT_LEFT)
        rtp_second_offer (turn->peer, now);
      if (turn->event->participant->state == RFL_PARTICIPANT_LEFT
          || may_answer (turn->peer, now, &until))
        {
          g_queue_delete_link (&plugin->turns, l);
          return turn;
        }
      *earliest = MIN (*earliest, until);
    }
  return NULL;
}

void
rtp_turns_run (gpointer data)
{
  RtpPlugin *plugin = data;
  gint64 now = rfl_clock_now (plugin->clock), earliest;
  RtpTurn *turn;

  while ((turn = next_turn (plugin, now, &earliest)) != NULL)
    {
      if (turn->event->participant->state == RFL_PARTICIPANT_LEFT)
        rtp_peer_detach (turn->peer);
      else
        answered (turn->peer, FALSE, now);
      rfl_event_resume (turn->event, NULL);
      turn_free (turn);
    }
  rfl_timer_stop (plugin->turn_timer);
  if (earliest != G_MAXINT64)
    rfl_timer_start (plugin->turn_timer, MAX (earliest - now, 0));
}

void
rtp_turns_clear (RtpPlugin *plugin)
{
  RtpTurn *turn;

  while ((turn = g_queue_pop_head (&plugin->turns)) != NULL)
    {
      rfl_event_cancel (turn->event);
      turn_free (turn);
    }
}
