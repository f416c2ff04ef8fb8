/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers requests now or later, and turns errors into statuses (RFC 3261 §21). Decides
 * nothing: whoever made the error did.
 */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/request/respond.h"
#include <string.h>

/* A caller may try again soon: what is full or draining here is not elsewhere. */
#define RETRY_AFTER 10
#define MAX_WARNING 200

gboolean
sip_request_may_begin (const SipPlugin *plugin, GError **error)
{
  if (!plugin->stopping && !rfl_core_is_draining (plugin->core))
    return TRUE;
  g_set_error (error, RFL_ERROR, RFL_ERROR_UNAVAILABLE, "This server is going down");
  return FALSE;
}

SipRefusal
sip_refusal_from_error (const GError *error)
{
  if (error->domain == RFL_ERROR)
    switch ((RflError) error->code)
      {
      case RFL_ERROR_MALFORMED:
        return (SipRefusal){ SIP_400_BAD_REQUEST, 399, 0 };
      case RFL_ERROR_NO_CODEC:
        return (SipRefusal){ SIP_488_NOT_ACCEPTABLE, 305, 0 };
      case RFL_ERROR_LIMIT:
        return (SipRefusal){ SIP_486_BUSY_HERE, 399, 0 };
      case RFL_ERROR_FORBIDDEN:
        return (SipRefusal){ SIP_403_FORBIDDEN, 399, 0 };
      case RFL_ERROR_NOT_FOUND:
        return (SipRefusal){ SIP_404_NOT_FOUND, 399, 0 };
      case RFL_ERROR_UNAVAILABLE:
        return (SipRefusal){ SIP_503_SERVICE_UNAVAILABLE, 399, RETRY_AFTER };
      case RFL_ERROR_CANCELLED:
        return (SipRefusal){ SIP_487_REQUEST_TERMINATED, 0, 0 };
      default:
        break;
      }
  return (SipRefusal){ SIP_500_INTERNAL_SERVER_ERROR, 0, 0 };
}

SipRequest *
sip_request_save (SipListener *listener, nua_handle_t *nh)
{
  SipRequest *request = g_new0 (SipRequest, 1);

  request->nh = nua_handle_ref (nh);
  nua_save_event (listener->nua, request->saved);
  return request;
}

void
sip_request_free (SipRequest *request)
{
  if (request == NULL)
    return;
  nua_destroy_event (request->saved);
  nua_handle_unref (request->nh);
  g_free (request);
}

void
sip_request_respond (SipRequest *request, int status, const char *phrase, const tagi_t *tags)
{
  nua_respond (request->nh, status, phrase, NUTAG_WITH_SAVED (request->saved), TAG_NEXT (tags));
}

char *
sip_text_to_quote (const char *text, gsize max)
{
  char *out = g_strndup (text, max);

  for (char *p = out; *p; p++)
    if (!g_ascii_isprint (*p) || *p == '"' || *p == '\\')
      *p = '\'';
  return out;
}

void
sip_request_count_refusal (SipPlugin *plugin, const char *peer, int status, const char *text)
{
  guint suppressed = 0;

  rfl_counter_add (plugin->counters.refused, 1);
  if (rfl_log_limit_pass (&plugin->refused_log, rfl_core_get_clock (plugin->core), &suppressed))
    rfl_info (&(RflLogFields){ .peer = peer }, "refused with %d: %s (%u more)", status, text,
              suppressed);
}

void
sip_request_refuse_with (SipListener *listener, SipRequest *request, const char *peer,
                         const SipRefusal *refusal, const char *text)
{
  g_autofree char *clean = sip_text_to_quote (text, MAX_WARNING);
  g_autofree char *warning = g_strdup_printf ("%u reflectord \"%s\"", refusal->warning, clean);
  g_autofree char *retry = g_strdup_printf ("%u", refusal->retry_after);
  tagi_t tags[] = { { TAG_IF (refusal->warning, SIPTAG_WARNING_STR (warning)) },
                    { TAG_IF (refusal->retry_after, SIPTAG_RETRY_AFTER_STR (retry)) },
                    { TAG_IF (refusal->status == 415, SIPTAG_ACCEPT_STR ("application/sdp")) },
                    { TAG_END () } };

  sip_request_count_refusal (listener->plugin, peer, refusal->status, clean);
  sip_request_respond (request, refusal->status, refusal->phrase, tags);
}

void
sip_request_refuse (SipListener *listener, SipRequest *request, const char *peer,
                    const GError *error)
{
  SipRefusal refusal = sip_refusal_from_error (error);

  sip_request_refuse_with (listener, request, peer, &refusal, error->message);
}
