/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Our offers and the answers to them. Sends nothing but the BYE of a call that has none. */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/call/proposal.h"
#include "plugins/sip/request/body.h"
#include "plugins/sip/call/target.h"

typedef struct {
  SipCall *call; /* referenced */
  SipProposedFunc func;
} Asking;

static void
free_desc (gpointer desc)
{
  rfl_medium_desc_free (desc);
}

/* What an answer is compared with. */
static GPtrArray *
copy_offered (const GPtrArray *descs)
{
  GPtrArray *copies = g_ptr_array_new_with_free_func (free_desc);

  for (guint i = 0; i < descs->len; i++)
    {
      const RflMediumDesc *desc = descs->pdata[i];
      RflMediumDesc *copy = rfl_medium_desc_new (desc->kind);
      copy->accepted = desc->accepted;
      for (guint k = 0; k < desc->answer->len; k++)
        g_ptr_array_add (copy->answer, rfl_format_copy (desc->answer->pdata[k]));
      g_ptr_array_add (copies, copy);
    }
  return copies;
}

static const RflMediumDesc *
first_offered (const GPtrArray *descs)
{
  for (guint i = 0; descs && i < descs->len; i++)
    {
      const RflMediumDesc *desc = descs->pdata[i];
      if (desc->accepted)
        return desc;
    }
  return NULL;
}

/* RflOfferFunc */
static void
wanted (RflParticipant *participant, const GPtrArray *descs, gpointer user_data)
{
  Asking *asking = user_data;
  SipCall *call = asking->call;
  const RflMediumDesc *first = first_offered (descs);
  g_autofree char *sdp = NULL;

  if (call->state < SIP_CALL_ENDING && first)
    {
      g_clear_pointer (&call->proposal, g_ptr_array_unref);
      call->proposal = copy_offered (descs);
      g_free (call->contact);
      call->contact = sip_target_make_contact (call, &first->answer_rtp);
      sdp = sip_sdp_write_offer (descs, call->heads, &call->listener->local, &call->origin);
    }
  asking->func (call, sdp);
  sip_call_unref (call);
  g_free (asking);
}

void
sip_proposal_make (SipCall *call, SipProposedFunc func)
{
  Asking *asking = g_new (Asking, 1);

  *asking = (Asking){ sip_call_ref (call), func };
  rfl_participant_get_offer (call->participant, wanted, asking);
}

/* The caller has its own picture of the call now. If the INVITE was ours, it has the old one
 * beside it, and the call goes on. */
static void
reject (SipCall *call, const GError *error, gboolean ours)
{
  SipPlugin *plugin = call->listener->plugin;
  guint suppressed = 0;

  rfl_counter_add (plugin->counters.bad_answers, 1);
  if (rfl_log_limit_pass (&plugin->refused_log, rfl_core_get_clock (plugin->core), &suppressed))
    rfl_info (&(RflLogFields){ call->room, call->participant->id, call->peer },
              "its answer to our offer: %s (%u more)", error->message, suppressed);
  if (!ours)
    sip_call_end_with (call, sip_refusal_from_error (error).status, error->message);
}

static void
settle (SipCall *call, const GError *error, gboolean ours)
{
  call->settling = FALSE;
  if (error && call->state < SIP_CALL_ENDING)
    reject (call, error, ours);
  sip_call_unref (call);
}

/* RflJoinFunc; holds a reference to the call. The answer came in an ACK. */
static void
settled (RflParticipant *participant, const GError *error, gpointer user_data)
{
  settle (user_data, error, FALSE);
}

/* RflJoinFunc; holds a reference to the call. The answer came in a 2xx. */
static void
settled_ours (RflParticipant *participant, const GError *error, gpointer user_data)
{
  settle (user_data, error, TRUE);
}

/* Returns: the answer as what core calls an offer; keeps what its m-lines look like. */
static GPtrArray *
read_answer (SipCall *call, const sip_t *sip, const GPtrArray *offered, GError **error)
{
  g_autoptr (SipSdp) sdp = NULL;
  RflAddress local = call->listener->local;
  GPtrArray *offers;

  local.port = 0;
  if (!sip_body_is (sip, "application/sdp"))
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_NO_CODEC, "The answer is not a session description");
      return NULL;
    }
  sdp = sip_sdp_parse (sip->sip_payload->pl_data, sip->sip_payload->pl_len, error);
  if (sdp == NULL)
    return NULL;
  offers = sip_sdp_answer_to_offers (sdp, offered, call->modes, &local, error);
  if (offers)
    sip_call_note_heads (call, sdp);
  return offers;
}

void
sip_proposal_answered (SipCall *call, const sip_t *sip)
{
  g_autoptr (GPtrArray) offered = g_steal_pointer (&call->proposal);
  g_autoptr (GError) error = NULL;
  gboolean ours = sip->sip_status != NULL;
  GPtrArray *offers = NULL;

  if (offered == NULL || call->state >= SIP_CALL_ENDING)
    return;
  if (sip_body_is_there (sip))
    offers = read_answer (call, sip, offered, &error);
  else if (call->heads)
    return; /* it was asked for what is in force, and that stays */
  else
    g_set_error (&error, RFL_ERROR, RFL_ERROR_NO_CODEC, "The offer was not answered");
  if (offers == NULL)
    {
      reject (call, error, ours);
      return;
    }
  call->settling = TRUE;
  rfl_participant_offer (call->participant, offers, ours ? settled_ours : settled,
                         sip_call_ref (call));
}

void
sip_proposal_drop (SipCall *call)
{
  g_clear_pointer (&call->proposal, g_ptr_array_unref);
}

gboolean
sip_proposal_is_open (const SipCall *call)
{
  return call->proposal != NULL || call->settling;
}
