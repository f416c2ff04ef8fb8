/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MESSAGE from a participant: inside of its call, or outside but as the same. Plain text
 * only: whether somebody is typing, and messages that carry their own headers, are refused without
 * a word in the log. Not how others hear of it: see message-send.c.
 */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/text/message.h"
#include "plugins/sip/call/sender.h"
#include "plugins/sip/request/body.h"
#include "plugins/sip/auth/digest.h"
#include "plugins/sip/request/uri.h"
#include <sofia-sip/msg_header.h>

/* ---- the body ---- */

static gboolean
is_plain_text (const sip_t *sip)
{
  const char *charset;

  if (!sip_body_is (sip, "text/plain"))
    return FALSE;
  charset = msg_params_find (sip->sip_content_type->c_params, "charset=");
  return charset == NULL || g_ascii_strcasecmp (charset, "utf-8") == 0
         || g_ascii_strcasecmp (charset, "\"utf-8\"") == 0
         || g_ascii_strcasecmp (charset, "us-ascii") == 0;
}

SipTextRefusal
sip_message_read (const sip_t *sip, char **text)
{
  const sip_payload_t *body = sip->sip_payload;

  if (!sip_body_is_there (sip))
    return SIP_TEXT_EMPTY;
  if (!is_plain_text (sip))
    return SIP_TEXT_TYPE;
  if (body->pl_len > RFL_TEXT_MAX)
    return SIP_TEXT_TOO_LONG;
  /* A NUL is not valid here. */
  if (!g_utf8_validate (body->pl_data, body->pl_len, NULL))
    return SIP_TEXT_TYPE;
  *text = g_strndup (body->pl_data, body->pl_len);
  return SIP_TEXT_OK;
}

/* Typing notices would otherwise fill the log. */
static void
refuse_type (const SipArrival *a, SipRequest *request)
{
  tagi_t tags[] = { { SIPTAG_ACCEPT_STR ("text/plain") }, { TAG_END () } };

  rfl_counter_add (a->listener->plugin->counters.refused, 1);
  sip_request_respond (request, SIP_415_UNSUPPORTED_MEDIA, tags);
}

static char *
read_text (const SipArrival *a, SipRequest *request)
{
  static const SipRefusal empty = { SIP_400_BAD_REQUEST, 399, 0 };
  static const SipRefusal too_long = { SIP_413_REQUEST_TOO_LARGE, 399, 0 };
  char *text = NULL;

  switch (sip_message_read (a->sip, &text))
    {
    case SIP_TEXT_EMPTY:
      sip_arrival_refuse (a, request, &empty, "The message says nothing");
      break;
    case SIP_TEXT_TOO_LONG:
      sip_arrival_refuse (a, request, &too_long, "The text is too long");
      break;
    case SIP_TEXT_TYPE:
      refuse_type (a, request);
      break;
    default:
      break;
    }
  return text;
}

/* ---- who says it ---- */

/* Returns: (nullable): the call of who says it; else the request has been refused. */
static SipCall *
find_outside (const SipArrival *a, SipRequest *request)
{
  SipPlugin *plugin = a->listener->plugin;
  g_autofree char *user = NULL, *room = NULL;
  g_autoptr (GError) error = NULL;
  RflSession *session = NULL;
  SipCall *call = NULL;

  if (!sip_request_may_begin (plugin, &error))
    ;
  else if (sip_digest_is_wanted (a->listener)
           && !sip_digest_check (a->listener, request, a->sip, a->peer, &user))
    return NULL;
  else if ((room = sip_uri_get_room (a->sip->sip_request->rq_url, &error)) == NULL)
    ;
  else if ((session = rfl_core_find_session (plugin->core, room)) == NULL)
    g_set_error (&error, RFL_ERROR, RFL_ERROR_NOT_FOUND, "There is no such room");
  else if ((call = sip_sender_find (session, a, user)) == NULL)
    g_set_error (&error, RFL_ERROR, RFL_ERROR_FORBIDDEN, "Only who is in the room can speak there");
  if (error)
    sip_arrival_refuse_error (a, request, error);
  return call;
}

static SipCall *
find_call (const SipArrival *a, SipRequest *request, SipCall *call)
{
  static const SipRefusal over = { SIP_481_NO_CALL, 0, 0 };
  static const SipRefusal early = { 500, "Not In The Room Yet", 0, 5 };

  if (call == NULL)
    return find_outside (a, request);
  if (call->state != SIP_CALL_JOINING && call->state < SIP_CALL_ENDING)
    return call;
  sip_arrival_refuse (a, request, call->state == SIP_CALL_JOINING ? &early : &over,
                      "The call is not in its room");
  return NULL;
}

/* ---- saying it ---- */

static void
speak (const SipArrival *a, SipRequest *request, SipCall *call, const char *text)
{
  g_autoptr (GError) error = NULL;

  if (!sip_talk_may_speak (call))
    g_set_error (&error, RFL_ERROR, RFL_ERROR_UNAVAILABLE, "Too many messages");
  else if (call->participant->session == NULL)
    g_set_error (&error, RFL_ERROR, RFL_ERROR_NOT_FOUND, "The participant has left");
  else
    rfl_session_send_text (call->participant->session, call->participant, text, &error);
  /* RFC 3428 §7: who passes it on does not know that it has arrived. */
  if (error)
    sip_arrival_refuse_error (a, request, error);
  else
    sip_request_respond (request, SIP_202_ACCEPTED, NULL);
}

void
sip_messages_on_message (SipListener *listener, nua_handle_t *nh, SipCall *call, const sip_t *sip)
{
  g_autoptr (SipRequest) request = sip_request_save (listener, nh);
  g_autofree char *text = NULL;
  SipCall *speaker;
  SipArrival a;

  sip_arrival_init (&a, listener, request, sip);
  speaker = find_call (&a, request, call);
  if (speaker)
    text = read_text (&a, request);
  if (text)
    speak (&a, request, speaker, text);
  if (call == NULL)
    nua_handle_destroy (nh);
}
