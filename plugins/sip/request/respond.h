/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers to requests: which status an error becomes, and a request that can be answered
 * later. Not the content of a 200 OK to an INVITE: see answer.h. */
#pragma once

#include "plugins/sip/stack/stack.h"

/**
 * SipRefusal:
 * @phrase: reason phrase; static, since the stack keeps the pointer
 * @warning: Warning code (RFC 3261 §20.43), or 0
 * @retry_after: seconds, or 0
 */
typedef struct {
  int status;
  const char *phrase;
  guint warning;
  guint retry_after;
} SipRefusal;

/* Whether anything new may begin; else RFL_ERROR_UNAVAILABLE: the server is going down. */
gboolean sip_request_may_begin (const SipPlugin *plugin, GError **error);

SipRefusal sip_refusal_from_error (const GError *error);

/**
 * SipRequest:
 *
 * A request that waits for its answer. Answering or freeing it ends it.
 */
typedef struct {
  nua_handle_t *nh;
  nua_saved_event_t saved[1];
} SipRequest;

/* Inside the event's callback only. */
SipRequest *sip_request_save (SipListener *listener, nua_handle_t *nh);
void sip_request_free (SipRequest *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SipRequest, sip_request_free)

/* @phrase: static; @tags may be %NULL; @request is borrowed. */
void sip_request_respond (SipRequest *request, int status, const char *phrase, const tagi_t *tags);
/* Answers with @error's status, counts and logs. */
void sip_request_refuse (SipListener *listener, SipRequest *request, const char *peer,
                         const GError *error);
/* The same for what is no error of core's; @text goes into log and Warning. */
void sip_request_refuse_with (SipListener *listener, SipRequest *request, const char *peer,
                              const SipRefusal *refusal, const char *text);
/* (transfer full): at most @max octets of @text, for a quoted string: plain ASCII that needs no escapes */
char *sip_text_to_quote (const char *text, gsize max);
/* For what is answered otherwise: counts and logs. */
void sip_request_count_refusal (SipPlugin *plugin, const char *peer, int status, const char *text);
