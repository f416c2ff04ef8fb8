/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Offers of this side: asking the hooks what it would offer a participant, and a maker to do so. What
 * becomes of the answer is in join.c.
 */
#include "core/session-private.h"

typedef struct {
  RflParticipant *participant; /* held */
  RflOfferFunc func;
  gpointer user_data;
} Asking;

static void
collected (RflEvent *event, const GError *error, gpointer user_data)
{
  Asking *asking = user_data;
  RflParticipant *participant = asking->participant;
  gboolean there = !error && participant->state == RFL_PARTICIPANT_JOINED;

  asking->func (participant, there ? event->offers : NULL, asking->user_data);
  rfl_participant_drop (participant);
  g_free (asking);
}

void
rfl_participant_get_offer (RflParticipant *participant, RflOfferFunc func, gpointer user_data)
{
  ParticipantRecord *record = (ParticipantRecord *) participant;
  Asking *asking;
  RflEvent *event;

  g_return_if_fail (participant && func);
  if (participant->state != RFL_PARTICIPANT_JOINED)
    {
      func (participant, NULL, user_data);
      return;
    }
  asking = g_new (Asking, 1);
  *asking = (Asking){ rfl_participant_hold (participant), func, user_data };
  event = rfl_event_new (RFL_EVENT_OFFER_WANTED);
  rfl_event_set_participant (event, participant);
  event->offers = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_medium_desc_free);
  rfl_bus_emit (record->core->bus, event, collected, asking);
}

gboolean
rfl_participant_reoffer (RflParticipant *participant)
{
  ParticipantRecord *record = (ParticipantRecord *) participant;

  g_return_val_if_fail (participant, FALSE);
  if (participant->state != RFL_PARTICIPANT_JOINED || !record->ops || !record->ops->reoffer)
    return FALSE;
  return record->ops->reoffer (participant, record->user_data);
}
