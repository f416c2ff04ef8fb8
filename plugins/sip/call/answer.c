/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the 200s of a call, and its answers. Does not decide that there is one. */
#include "plugins/sip/call/answer.h"
#include "plugins/sip/journal/journal.h"
#include "plugins/sip/call/target.h"
#include "plugins/sip/call/timer.h"
#include <sofia-sip/sip_header.h>

static GPtrArray *
current_descs (const RflParticipant *participant)
{
  GPtrArray *descs = g_ptr_array_new ();

  for (guint i = 0; i < participant->media->len; i++)
    g_ptr_array_add (descs, ((const RflMedium *) participant->media->pdata[i])->current);
  return descs;
}

static RflAddress
media_address (const GPtrArray *descs)
{
  for (guint i = 0; i < descs->len; i++)
    {
      const RflMediumDesc *desc = descs->pdata[i];
      if (desc->accepted)
        return desc->answer_rtp;
    }
  return (RflAddress){ 0 };
}

static void
note_ack_due (SipCall *call, const SipRequest *request)
{
  msg_t *msg = nua_saved_event_request (request->saved);
  const sip_t *sip = msg ? sip_object (msg) : NULL;

  if (sip && sip->sip_request && sip->sip_request->rq_method == sip_method_invite)
    call->ack_due = TRUE;
}

static void
respond (SipCall *call, SipRequest *request, const char *sdp)
{
  tagi_t tags[] = { { TAG_IF (call->contact, SIPTAG_CONTACT_STR (call->contact)) },
                    { TAG_IF (sdp, SIPTAG_CONTENT_TYPE_STR ("application/sdp")) },
                    { TAG_IF (sdp, SIPTAG_PAYLOAD_STR (sdp)) },
                    { TAG_IF (call->next_hop, NUTAG_PROXY (call->next_hop)) },
                    { TAG_IF (call->refresh.wanted, NUTAG_SESSION_TIMER (call->refresh.interval)) },
                    { TAG_END () } };

  sip_journal_note_request (call->listener->plugin->journal, call, request);
  note_ack_due (call, request);
  sip_request_respond (request, SIP_200_OK, tags);
  sip_timer_start (call);
}

char *
sip_answer_write (SipCall *call, RflAddress *media)
{
  g_autoptr (GPtrArray) descs = current_descs (call->participant);

  if (media)
    *media = media_address (descs);
  sip_call_note_heads (call, call->offer);
  return sip_sdp_write_answer (call->offer, descs, &call->listener->local, &call->origin);
}

void
sip_answer_send (SipCall *call)
{
  RflAddress media;
  g_autofree char *sdp = sip_answer_write (call, &media);

  g_free (call->contact);
  call->contact = sip_target_make_contact (call, &media);
  respond (call, call->request, sdp);
}

void
sip_answer_propose (SipCall *call, const char *sdp)
{
  respond (call, call->request, sdp);
}

void
sip_answer_confirm (SipCall *call, SipRequest *request)
{
  respond (call, request, NULL);
}
