/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text in a room by MESSAGE (RFC 3428): what participants say is read in message.c, what is
 * said to them is sent in message-send.c. Nothing is stored for later.
 */
#pragma once

#include "plugins/sip/call/call.h"

SipMessages *sip_messages_new (SipPlugin *plugin);
/* After all calls have gone. */
void sip_messages_free (SipMessages *messages);

/* A MESSAGE; @call: if it came inside of a call. */
void sip_messages_on_message (SipListener *listener, nua_handle_t *nh, SipCall *call,
                              const sip_t *sip);
/* Sends what was said while the call waited for its ACK. */
void sip_messages_on_ack (SipCall *call);
/* The answer to one of ours. */
void sip_messages_on_answer (SipCall *call, int status);

/* What a call has said lately and is yet to hear. %NULL is allowed. */
void sip_talk_free (SipTalk *talk);

/**
 * sip_talk_may_speak:
 *
 * Takes one of the messages that a participant may send in a second.
 */
gboolean sip_talk_may_speak (SipCall *call);

/**
 * SipTextRefusal:
 * @SIP_TEXT_TYPE: not text/plain in UTF-8
 */
typedef enum {
  SIP_TEXT_OK,
  SIP_TEXT_EMPTY,
  SIP_TEXT_TYPE,
  SIP_TEXT_TOO_LONG
} SipTextRefusal;

/* @text: (out) (transfer full): of a MESSAGE, if it can be taken */
SipTextRefusal sip_message_read (const sip_t *sip, char **text);
