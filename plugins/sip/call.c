/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From INVITE to BYE: joins, answers, changes, ends. Not a parser of anything: what the
 * requests say was read before.
 */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/call.h"
#include "plugins/sip/journal.h"
#include "plugins/sip/message.h"
#include "plugins/sip/uri.h"
#include <string.h>

#define CALL_KEY "sip/call"

SipCall *
sip_call_ref (SipCall *call)
{
  g_atomic_ref_count_inc (&call->refs);
  return call;
}

void
sip_call_unref (SipCall *call)
{
  if (!g_atomic_ref_count_dec (&call->refs))
    return;
  g_clear_pointer (&call->participant, rfl_participant_unref);
  g_clear_pointer (&call->request, sip_request_free);
  g_clear_pointer (&call->offer, sip_sdp_free);
  sip_sdp_origin_clear (&call->origin);
  g_free (call->room);
  g_free (call->peer);
  g_free (call->user);
  g_free (call->contact);
  g_free (call->next_hop);
  g_free (call->farewell);
  g_free (call);
}

static void
unref_call (gpointer call)
{
  sip_call_unref (call);
}

const char *
sip_call_state_name (SipCallState state)
{
  static const char *const names[] = { "joining", "answered", "confirmed", "ending", "gone" };

  return names[state];
}

static void
log_call (SipCall *call, const char *what)
{
  SipPlugin *plugin = call->listener->plugin;
  guint suppressed = 0;

  if (rfl_log_limit_pass (&plugin->call_log, rfl_core_get_clock (plugin->core), &suppressed))
    rfl_debug (&(RflLogFields){ call->room, call->participant->id, call->peer }, "%s: %s (%u more)",
               call->participant->identity, what, suppressed);
}

/* ---- where our messages go ---- */

static char *
make_contact (const SipCall *call, const RflAddress *media)
{
  const SipPlugin *plugin = call->listener->plugin;
  const RflAddress *host = &call->listener->local;
  g_autofree char *user = sip_uri_escape_user (call->room);
  RflAddress address;
  char text[RFL_ADDRESS_STRLEN];

  /* Behind a NAT of ours the media's plugin was told what to advertise. */
  if (plugin->settings.advertise.family != 0)
    host = &plugin->settings.advertise;
  else if (plugin->settings.addresses->len == 0 && media->family != 0)
    host = media;
  address = *host;
  address.scope = 0;
  address.port = plugin->settings.port;
  return g_strdup_printf ("<sip:%s@%s%s>", user, rfl_address_format (&address, text),
                          call->tcp ? ";transport=tcp" : "");
}

/* The numeric address that a Contact names, or none. */
static RflAddress
contact_address (const sip_contact_t *contact)
{
  RflAddress address = { 0 };
  g_autofree char *host = NULL;
  const char *text;

  if (contact == NULL)
    return address;
  text = contact->m_url->url_host + (contact->m_url->url_host[0] == '[');
  host = g_strndup (text, strcspn (text, "]"));
  if (rfl_address_parse (&address, host, 5060) && contact->m_url->url_port)
    address.port = g_ascii_strtoull (contact->m_url->url_port, NULL, 10);
  return address;
}

/* A client behind a NAT names a Contact that we cannot reach; without a proxy in between
 * our requests go to where its own came from, on TCP over its connection. Past a proxy that
 * did not record its route they go to the Contact (RFC 3261 §12.2.1.1). */
static void
set_next_hop (SipCall *call, const sip_t *sip)
{
  RflAddress hop = contact_address (sip->sip_contact);
  char text[RFL_ADDRESS_STRLEN];

  call->routed |= sip->sip_record_route != NULL;
  g_clear_pointer (&call->next_hop, g_free);
  if (call->routed || (sip->sip_via && sip->sip_via->v_next))
    return;
  if (call->tcp || !rfl_address_same_ip (&hop, &call->remote))
    hop = call->remote;
  call->next_hop = g_strdup_printf ("sip:%s;transport=%s", rfl_address_format (&hop, text),
                                    call->tcp ? "tcp" : "udp");
}

static void
set_remote (SipCall *call, const sip_t *sip, const RflAddress *remote, gboolean tcp)
{
  char peer[RFL_ADDRESS_STRLEN];

  call->remote = *remote;
  call->tcp = tcp;
  g_free (call->peer);
  call->peer = g_strdup (rfl_address_format (remote, peer));
  set_next_hop (call, sip);
}

/* ---- answering ---- */

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
send_answer (SipCall *call)
{
  g_autoptr (GPtrArray) descs = current_descs (call->participant);
  RflAddress media = media_address (descs);
  g_autofree char *sdp =
      sip_sdp_write_answer (call->offer, descs, &call->listener->local, &call->origin);

  sip_journal_note_request (call->listener->plugin->journal, call, call->request);
  g_free (call->contact);
  call->contact = make_contact (call, &media);
  tagi_t tags[] = { { SIPTAG_CONTACT_STR (call->contact) },
                    { SIPTAG_CONTENT_TYPE_STR ("application/sdp") },
                    { SIPTAG_PAYLOAD_STR (sdp) },
                    { TAG_IF (call->next_hop, NUTAG_PROXY (call->next_hop)) },
                    { TAG_END () } };
  sip_request_respond (call->request, SIP_200_OK, tags);
}

static void
end_negotiation (SipCall *call)
{
  g_clear_pointer (&call->request, sip_request_free);
  g_clear_pointer (&call->offer, sip_sdp_free);
}

void
sip_call_confirm (SipCall *call, SipInvite *invite)
{
  set_remote (call, invite->sip, &invite->remote, invite->tcp);
  sip_journal_note (call->listener->plugin->journal, call, invite->sip);
  tagi_t tags[] = { { TAG_IF (call->contact, SIPTAG_CONTACT_STR (call->contact)) },
                    { TAG_IF (call->next_hop, NUTAG_PROXY (call->next_hop)) },
                    { TAG_END () } };

  sip_request_respond (invite->request, SIP_200_OK, tags);
}

/* ---- joining and changing ---- */

/* RflJoinFunc; holds a reference to the call. */
static void
joined (RflParticipant *participant, const GError *error, gpointer user_data)
{
  SipCall *call = user_data;

  if (call->state == SIP_CALL_JOINING && call->request)
    {
      if (error)
        {
          call->state = SIP_CALL_ENDING;
          sip_request_refuse (call->listener, call->request, call->peer, error);
        }
      else
        {
          call->state = SIP_CALL_ANSWERED;
          rfl_counter_add (call->listener->plugin->counters.joined, 1);
          log_call (call, "calls");
          send_answer (call);
        }
      end_negotiation (call);
    }
  sip_call_unref (call);
}

/* RflJoinFunc; holds a reference to the call. A refused change leaves the call as it was. */
static void
changed (RflParticipant *participant, const GError *error, gpointer user_data)
{
  SipCall *call = user_data;

  if (call->state != SIP_CALL_GONE && call->request)
    {
      if (error)
        sip_request_refuse (call->listener, call->request, call->peer, error);
      else
        send_answer (call);
      end_negotiation (call);
    }
  sip_call_unref (call);
}

/* RflParticipantOps: somebody else ended the participant. */
static void
ended (RflParticipant *participant, const char *reason, gpointer user_data)
{
  sip_call_end (user_data, reason);
}

static const RflParticipantOps participant_ops = { .ended = ended };

static RflParticipant *
make_participant (SipCall *call, const sip_t *sip)
{
  g_autofree char *identity = sip_uri_get_identity (sip->sip_from);
  g_autofree char *display = sip_uri_get_display_name (sip->sip_from);
  RflParticipantSpec spec = { .identity = identity,
                              .display_name = display,
                              .cname = identity,
                              .signalling = call->remote,
                              .ops = &participant_ops,
                              .user_data = call,
                              .unconfirmed = !call->tcp };

  return rfl_participant_new (call->listener->plugin->core, &spec);
}

static GPtrArray *
make_offers (SipCall *call)
{
  RflAddress local = call->listener->local;

  local.port = 0;
  return sip_sdp_to_offers (call->offer, call->mode, &local);
}

static SipCall *
call_new (SipListener *listener, SipInvite *invite)
{
  SipCall *call = g_new0 (SipCall, 1);

  g_atomic_ref_count_init (&call->refs);
  call->listener = listener;
  call->nh = invite->request->nh;
  call->request = g_steal_pointer (&invite->request);
  call->offer = g_steal_pointer (&invite->offer);
  call->room = g_steal_pointer (&invite->room);
  call->user = g_steal_pointer (&invite->user);
  call->mode = invite->mode;
  set_remote (call, invite->sip, &invite->remote, invite->tcp);
  call->since = rfl_clock_now (rfl_core_get_clock (listener->plugin->core));
  call->participant = make_participant (call, invite->sip);
  rfl_participant_set_data (call->participant, CALL_KEY, call, NULL);
  return call;
}

void
sip_call_start (SipListener *listener, SipInvite *invite)
{
  SipCall *call = call_new (listener, invite);

  g_hash_table_add (listener->plugin->calls, call);
  nua_handle_bind (call->nh, call);
  rfl_participant_join (call->participant, call->room, make_offers (call), joined,
                        sip_call_ref (call));
}

void
sip_call_change (SipCall *call, SipInvite *invite)
{
  set_remote (call, invite->sip, &invite->remote, invite->tcp);
  call->request = g_steal_pointer (&invite->request);
  call->offer = g_steal_pointer (&invite->offer);
  rfl_participant_offer (call->participant, make_offers (call), changed, sip_call_ref (call));
}

/* ---- ending ---- */

static void
say_goodbye (SipCall *call, const char *reason)
{
  g_autofree char *text = g_strdup (reason);
  g_autofree char *header = NULL;

  for (char *p = text; *p; p++)
    if (!g_ascii_isprint (*p) || *p == '"' || *p == '\\')
      *p = '\'';
  header = g_strdup_printf ("SIP;cause=200;text=\"%s\"", text);
  call->state = SIP_CALL_ENDING;
  nua_bye (call->nh, SIPTAG_REASON_STR (header), TAG_END ());
}

static void
leave (SipCall *call, const char *reason)
{
  rfl_participant_leave (call->participant, reason);
}

void
sip_call_acknowledged (SipCall *call)
{
  if (call->state != SIP_CALL_ANSWERED)
    return;
  call->state = SIP_CALL_CONFIRMED;
  if (call->farewell)
    say_goodbye (call, call->farewell);
  else
    rfl_participant_confirm (call->participant);
}

void
sip_call_end (SipCall *call, const char *reason)
{
  sip_call_ref (call);
  switch (call->state)
    {
    case SIP_CALL_JOINING:
      call->state = SIP_CALL_ENDING;
      if (call->request)
        sip_request_respond (call->request, SIP_480_TEMPORARILY_UNAVAILABLE, NULL);
      break;
    case SIP_CALL_ANSWERED:
      /* RFC 3261 §15: no BYE from this side before the ACK. */
      if (call->farewell == NULL)
        call->farewell = g_strdup (reason);
      break;
    case SIP_CALL_CONFIRMED:
      say_goodbye (call, reason);
      break;
    default:
      break;
    }
  leave (call, reason);
  sip_call_unref (call);
}

void
sip_call_ending (SipCall *call, const char *reason)
{
  if (call->state >= SIP_CALL_ENDING)
    return;
  call->state = SIP_CALL_ENDING;
  leave (call, reason);
}

void
sip_call_gone (SipCall *call, const char *reason)
{
  nua_handle_t *nh = call->nh;

  if (call->state == SIP_CALL_GONE)
    return;
  sip_call_ref (call);
  log_call (call, reason);
  call->state = SIP_CALL_GONE;
  rfl_counter_add (call->listener->plugin->counters.ended, 1);
  end_negotiation (call);
  sip_journal_forget (call->listener->plugin->journal, call);
  rfl_participant_set_data (call->participant, CALL_KEY, NULL, NULL);
  g_clear_pointer (&call->talk, sip_talk_free);
  g_hash_table_remove (call->listener->plugin->calls, call);
  nua_handle_bind (nh, NULL);
  nua_handle_destroy (nh);
  call->nh = NULL;
  leave (call, reason);
  sip_call_unref (call);
}

SipCall *
sip_call_find (RflParticipant *participant)
{
  return rfl_participant_get_data (participant, CALL_KEY);
}

/* Ending one call may end others (hooks), so the list is taken first. */
static GPtrArray *
list_calls (SipPlugin *plugin)
{
  GPtrArray *calls = g_ptr_array_new_with_free_func (unref_call);
  GHashTableIter iter;
  gpointer call;

  g_hash_table_iter_init (&iter, plugin->calls);
  while (g_hash_table_iter_next (&iter, &call, NULL))
    g_ptr_array_add (calls, sip_call_ref (call));
  return calls;
}

void
sip_calls_end_all (SipPlugin *plugin, const char *reason)
{
  g_autoptr (GPtrArray) calls = list_calls (plugin);

  for (guint i = 0; i < calls->len; i++)
    sip_call_end (calls->pdata[i], reason);
}

void
sip_calls_drop_all (SipPlugin *plugin)
{
  g_autoptr (GPtrArray) calls = list_calls (plugin);

  for (guint i = 0; i < calls->len; i++)
    sip_call_gone (calls->pdata[i], "stopped");
}

GHashTable *
sip_calls_new (void)
{
  return g_hash_table_new_full (NULL, NULL, unref_call, NULL);
}
