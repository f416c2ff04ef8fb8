/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* INFO requests: a picture wanted (RFC 5168), or nothing at all. How often a sender is asked
 * for a picture is core's to decide.
 */
#include "plugins/sip/call/info.h"
#include "plugins/sip/request/arrival.h"
#include "plugins/sip/request/body.h"
#include <string.h>

#define MEDIA_CONTROL "application/media_control+xml"
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
  tagi_t tags[] = { { SIPTAG_ACCEPT_STR (MEDIA_CONTROL) }, { TAG_END () } };

  sip_request_count_refusal (a->listener->plugin, a->peer, 415, "INFO of an unknown type");
  sip_request_respond (request, SIP_415_UNSUPPORTED_MEDIA, tags);
}

static void
take_body (const SipArrival *a, SipCall *call, SipRequest *request)
{
  static const SipRefusal large = { SIP_413_REQUEST_TOO_LARGE, 0, 0 };
  static const SipRefusal malformed = { SIP_400_BAD_REQUEST, 399, 0 };
  gboolean picture;

  if (!sip_body_is (a->sip, MEDIA_CONTROL))
    refuse_type (a, request);
  else if (a->sip->sip_payload->pl_len > MAX_BODY)
    sip_arrival_refuse (a, request, &large, "The body is too large");
  else if (!read_media_control (a->sip->sip_payload, &picture))
    sip_arrival_refuse (a, request, &malformed, "The body is not XML");
  else
    {
      sip_request_respond (request, SIP_200_OK, NULL);
      if (picture)
        {
          rfl_counter_add (a->listener->plugin->counters.picture_requests, 1);
          request_pictures (call->participant);
        }
    }
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
