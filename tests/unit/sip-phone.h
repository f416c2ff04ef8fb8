/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A phone made of text for tests of plugins/sip: it sends what it is told, malformed too,
 * and waits for answers by running the main context. Keeps only what a dialog needs.
 */
#pragma once

#include <glib.h>

/**
 * Phone:
 * @host: how it names itself in Via and Contact; not always where it is
 * @tag: To tag of the last answer, or %NULL
 * @closed: the other end closed the connection
 * @contact: the URI in the Contact of the last 2xx, or %NULL
 */
typedef struct {
  GMainContext *context;
  int fd;
  gboolean tcp, closed;
  guint16 port, server_port;
  char *host, *call_id, *tag, *contact;
  guint cseq;
  GString *input;
} Phone;

Phone *phone_new (GMainContext *context, guint16 server_port, gboolean tcp);
void phone_free (Phone *phone);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Phone, phone_free)

/* Any octets. */
void phone_send_raw (Phone *phone, const char *data, gssize len);
/* A request of this phone's dialog; @headers has full lines; CSeq counts up except for ACK
 * and CANCEL. */
void phone_send (Phone *phone, const char *method, const char *uri, const char *headers,
                 const char *body);
/* An INVITE with an SDP offer. */
void phone_invite (Phone *phone, const char *room);
void phone_ack (Phone *phone);
/* An answer to @request with @status, e.g. "200 OK". */
void phone_answer (Phone *phone, const char *request, const char *status);
/* The same with further @headers (full lines) and @body. */
void phone_answer_with (Phone *phone, const char *request, const char *status, const char *headers,
                        const char *body);
/* Waits at most five seconds. Returns: (transfer full): one message, or %NULL. */
char *phone_receive (Phone *phone);
char *phone_receive_for (Phone *phone, guint ms);
/* Skips provisional and repeated messages until one starts with @start; fails the test if
 * none comes. (transfer full) */
char *phone_expect (Phone *phone, const char *start);
/* (transfer full): the offer that phone_invite() sends, with @direction */
char *phone_offer (const Phone *phone, const char *direction);
/* Runs the context until @done says so; fails the test after five seconds. */
void phone_run_until (GMainContext *context, gboolean (*done) (gpointer), gpointer data);
