/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* INFO requests: a picture wanted (RFC 5168), a key pressed, or nothing at all. How often a sender is asked
 * for a picture is core's to decide, what a key means others'.
 */
#include "plugins/sip/call/info.h"
#include "plugins/sip/call/dtmf.h"
#include "plugins/sip/request/arrival.h"
#include "plugins/sip/request/body.h"
#include <string.h>

#define MEDIA_CONTROL "application/media_control+xml"
#define DTMF_RELAY "application/dtmf-relay"
#define DTMF "application/dtmf"
#define MAX_BODY 2048

/* Whether one of @element_name's like is wanted; prefixes of namespaces do not matter. */
static void
on_element (GMarkupParseContext *context, const char *element_name, const char **names,
            const char **values, gpointer data, GError **error)
{
  const char *colon = strrchr (element_name, ':');
  gboolean *found = data;

  if (strcmp (colon ? colon + 1 : element_name, "picture_fast_update") == 0)
    *found = TRUE;
}

/* Returns: %FALSE if it is not XML. */
static gboolean
read_media_control (const sip_payload_t *body, gboolean *picture)
{
  static const GMarkupParser parser = { .start_element = on_element };
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&parser, 0, picture, NULL);

  *picture = FALSE;
  return g_markup_parse_context_parse (context, body->pl_data, body->pl_len, NULL)
         && g_markup_parse_context_end_parse (context, NULL);
}

static void
request_pictures (const RflParticipant *participant)
{
  for (guint i = 0; i < participant->media->len; i++)
    {
      RflMedium *medium = participant->media->pdata[i];
      if (medium->current && medium->current->accepted && strcmp (medium->kind, "video") == 0)
        rfl_medium_request_keyframe (medium);
    }
}

static void
refuse_type (const SipArrival *a, SipRequest *request)
{
  tagi_t tags[] = { { SIPTAG_ACCEPT_STR (MEDIA_CONTROL ", " DTMF_RELAY ", " DTMF) },
                    { TAG_END () } };

  sip_request_count_refusal (a->listener->plugin, a->peer, 415, "INFO of an unknown type");
  sip_request_respond (request, SIP_415_UNSUPPORTED_MEDIA, tags);
}

static const SipRefusal malformed = { SIP_400_BAD_REQUEST, 399, 0 };

static void
take_picture (const SipArrival *a, SipCall *call, SipRequest *request)
{
  gboolean picture;

  if (!read_media_control (a->sip->sip_payload, &picture))
    {
      sip_arrival_refuse (a, request, &malformed, "The body is not XML");
      return;
    }
  sip_request_respond (request, SIP_200_OK, NULL);
  if (picture)
    {
      rfl_counter_add (a->listener->plugin->counters.picture_requests, 1);
      request_pictures (call->participant);
    }
}

/* @key: 0: there is none */
static void
take_key (const SipArrival *a, SipCall *call, SipRequest *request, char key)
{
  char name[2] = { key, '\0' };
  RflEvent *event;

  if (key == 0)
    {
      sip_arrival_refuse (a, request, &malformed, "The body names no key");
      return;
    }
  sip_request_respond (request, SIP_200_OK, NULL);
  if (call->participant->state != RFL_PARTICIPANT_JOINED)
    return;
  event = rfl_event_new (RFL_EVENT_DIGIT);
  rfl_event_set_participant (event, call->participant);
  rfl_event_set_name (event, name);
  rfl_bus_emit (rfl_core_get_bus (a->listener->plugin->core), event, NULL, NULL);
}

static void
take_body (const SipArrival *a, SipCall *call, SipRequest *request)
{
  static const SipRefusal large = { SIP_413_REQUEST_TOO_LARGE, 0, 0 };
  const sip_payload_t *body = a->sip->sip_payload;
  gboolean picture = sip_body_is (a->sip, MEDIA_CONTROL);
  gboolean relay = sip_body_is (a->sip, DTMF_RELAY);

  if (!picture && !relay && !sip_body_is (a->sip, DTMF))
    refuse_type (a, request);
  else if (body->pl_len > MAX_BODY)
    sip_arrival_refuse (a, request, &large, "The body is too large");
  else if (picture)
    take_picture (a, call, request);
  else if (relay)
    take_key (a, call, request, sip_dtmf_read_relay (body->pl_data, body->pl_len));
  else
    take_key (a, call, request, sip_dtmf_read_plain (body->pl_data, body->pl_len));
}

void
sip_info_receive (SipListener *listener, nua_handle_t *nh, SipCall *call, const sip_t *sip)
{
  static const SipRefusal none = { SIP_481_NO_CALL, 0, 0 };
  g_autoptr (SipRequest) request = sip_request_save (listener, nh);
  SipArrival a;

  sip_arrival_init (&a, listener, request, sip);
  if (call == NULL || call->state >= SIP_CALL_ENDING)
    sip_arrival_refuse (&a, request, &none, "INFO outside of a call");
  else if (!sip_body_is_there (sip))
    sip_request_respond (request, SIP_200_OK, NULL);
  else
    take_body (&a, call, request);
  if (call == NULL)
    nua_handle_destroy (nh);
}
