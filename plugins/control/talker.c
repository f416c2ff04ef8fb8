/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One participant's channel on its media: datagrams in and out, its timer, what it costs. Not for who may
 * speak: see instance.c.
 */
#define RFL_LOG_DOMAIN "control"
#include "plugins/control/talker.h"

/* Built into the engine's users on both sides (doc/control-protocol.md, "Service CTRL"). */
#define OWN_SERVICE "CTRL"
#define OWN_UNKNOWN_SERVICE 1
#define FIELD_SERVICE 1

/* ---- out ---- */

static gboolean
send_by (const RflMedium *medium)
{
  return medium->current && medium->current->accepted;
}

/* Where it spoke last; if that medium is gone, any other. */
static gboolean
send_compound (ControlTalker *talker, const GByteArray *compound)
{
  const GPtrArray *media = talker->participant->media;

  if (send_by (talker->medium)
      && rfl_medium_send_rtcp (talker->medium, compound->data, compound->len, NULL))
    return TRUE;
  for (guint i = 0; i < media->len; i++)
    {
      RflMedium *medium = media->pdata[i];
      if (medium != talker->medium && send_by (medium)
          && rfl_medium_send_rtcp (medium, compound->data, compound->len, NULL))
        return TRUE;
    }
  return FALSE;
}

static void
transmit (const guint8 *data, gsize len, gpointer user_data)
{
  ControlTalker *talker = user_data;
  const char *cname = rfl_core_get_id (talker->instance->core);
  g_autoptr (GByteArray) compound = rfl_control_wrap (talker->ssrc, cname, data, len);

  if (!send_compound (talker, compound))
    control_count (talker->instance, CONTROL_COUNT_UNSENT, 1);
}

/* ---- in ---- */

/* So that its client can tell its user, instead of waiting. */
static void
refuse_service (ControlTalker *talker, const char *service, guint8 type)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();

  control_complain (talker->instance, CONTROL_COUNT_NOBODYS, talker->participant,
                    "a message %u for service %s, which nobody here offers", type, service);
  rfl_tlv_put (body, FIELD_SERVICE, service, 4);
  rfl_control_channel_send (talker->channel, OWN_SERVICE, OWN_UNKNOWN_SERVICE, body->data,
                            body->len, NULL);
}

static void
deliver (const char *service, guint8 type, const guint8 *body, gsize len, gpointer user_data)
{
  ControlTalker *talker = user_data;
  const ControlListener *listener = control_find_listener (talker->instance, service);

  if (talker->participant->state != RFL_PARTICIPANT_JOINED)
    return;
  if (listener)
    listener->func (talker->participant, type, body, len, listener->user_data);
  else
    refuse_service (talker, service, type);
}

static void
emit_ready (ControlTalker *talker)
{
  RflEvent *event = rfl_event_new (RFL_EVENT_CONTROL_READY);

  rfl_event_set_participant (event, talker->participant);
  rfl_bus_emit (rfl_core_get_bus (talker->instance->core), event, NULL, NULL);
}

static void
changed (gboolean up, const char *why, gpointer user_data)
{
  ControlTalker *talker = user_data;
  const RflParticipant *participant = talker->participant;
  RflLogFields fields = { .session = participant->session ? participant->session->name : NULL,
                          .participant = participant->id };

  rfl_debug (&fields, "%s %s: %s", participant->id,
             up ? "speaks control" : "does not speak control any more", why);
  if (up && participant->state == RFL_PARTICIPANT_JOINED)
    emit_ready (talker);
}

static const RflControlChannelOps channel_ops = { transmit, deliver, changed };

/* ---- costs ---- */

static void
count_all (ControlTalker *talker)
{
  ControlInstance *self = talker->instance;
  const RflControlChannelStats now = *rfl_control_channel_get_stats (talker->channel);
  RflControlChannelStats *seen = &talker->seen;

  control_count (self, CONTROL_COUNT_IN, now.received - seen->received);
  control_count (self, CONTROL_COUNT_OUT, now.sent - seen->sent);
  control_count (self, CONTROL_COUNT_REPEATED, now.repeated - seen->repeated);
  control_count (self, CONTROL_COUNT_STALE, now.stale - seen->stale);
  if (now.malformed != seen->malformed)
    control_complain (self, CONTROL_COUNT_MALFORMED, talker->participant,
                      "an RTCP APP that is no control message");
  if (now.limited != seen->limited)
    {
      control_complain (self, CONTROL_COUNT_OVER_RATE, talker->participant,
                        "more than max_messages (%u) a second", self->config.max_rate);
      control_count (self, CONTROL_COUNT_OVER_RATE, now.limited - seen->limited - 1);
    }
  *seen = now;
}

static void
poll_channel (ControlTalker *talker)
{
  gint64 now = rfl_clock_now (talker->instance->clock);
  gint64 next = rfl_control_channel_poll (talker->channel, now);

  count_all (talker);
  if (next == G_MAXINT64)
    rfl_timer_stop (talker->timer);
  else
    rfl_timer_start (talker->timer, MAX (next - now, 0));
}

static void
on_timer (gpointer data)
{
  ControlTalker *talker = data;
  guint64 downs = talker->seen.downs;

  poll_channel (talker);
  if (talker->seen.downs != downs)
    control_complain (talker->instance, CONTROL_COUNT_GIVEN_UP, talker->participant,
                      "has not acknowledged anything for %d s",
                      (int) (talker->instance->config.give_up / G_TIME_SPAN_SECOND));
}

/* ---- life ---- */

static guint32
choose_ssrc (const RflParticipant *participant)
{
  guint32 ssrc = g_random_int ();
  gboolean taken;

  do
    {
      ssrc++;
      taken = FALSE;
      for (guint i = 0; i < participant->media->len; i++)
        {
          const RflMedium *medium = participant->media->pdata[i];
          taken |= medium->route && rfl_route_find_source (medium->route, ssrc);
        }
    }
  while (taken);
  return ssrc;
}

ControlTalker *
control_talker_find (const ControlInstance *instance, RflParticipant *participant)
{
  return g_hash_table_lookup (instance->talkers, participant);
}

ControlTalker *
control_talker_get (ControlInstance *instance, RflParticipant *participant)
{
  ControlTalker *talker = control_talker_find (instance, participant);

  if (talker)
    return talker;
  talker = g_new0 (ControlTalker, 1);
  talker->instance = instance;
  talker->participant = participant;
  talker->ssrc = choose_ssrc (participant);
  talker->channel = rfl_control_channel_new (&instance->config, &channel_ops, talker);
  talker->timer = rfl_timer_new (instance->clock, "control", on_timer, talker);
  g_hash_table_insert (instance->talkers, participant, talker);
  return talker;
}

void
control_talker_free (gpointer data)
{
  ControlTalker *talker = data;

  rfl_timer_free (talker->timer);
  rfl_control_channel_free (talker->channel);
  g_free (talker);
}

void
control_talker_receive (ControlTalker *talker, RflMedium *medium, const guint8 *data, gsize len)
{
  talker->medium = medium;
  talker->receiving = TRUE;
  rfl_control_channel_receive (talker->channel, data, len, rfl_clock_now (talker->instance->clock));
  talker->receiving = FALSE;
  poll_channel (talker);
}

gboolean
control_talker_send (ControlTalker *talker, const char service[4], guint8 type, const guint8 *body,
                     gsize len, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (rfl_control_channel_send (talker->channel, service, type, body, len, &local))
    {
      /* what is said in one breath travels together */
      if (!talker->receiving)
        rfl_timer_start (talker->timer, 0);
      return TRUE;
    }
  if (g_error_matches (local, RFL_ERROR, RFL_ERROR_LIMIT))
    control_complain (talker->instance, CONTROL_COUNT_QUEUE_FULL, talker->participant, "%s",
                      local->message);
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}
