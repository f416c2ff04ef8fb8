/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reflectors that share, with what the tests of appshare need around them: participants whose messages are kept,
 * links between two of them, and TCP clients on loopback. Tests nothing itself.
 */
#pragma once

#include "core/config/config.h"
#include "core/core-private.h"
#include "plugins/appshare/appshare.h"

typedef struct {
  RflCore *core;
  AppShare *app;
  const char *id;
  GPtrArray *told;   /* Told: all messages to participants, by age */
  GPtrArray *people; /* RflParticipant */
  gboolean full;     /* control takes no messages */
  GPtrArray *peers;  /* House: the linked ones */
  gboolean cut;      /* its messages are lost */
  RflControlFunc control_func;
  RflLinksFunc links_func;
  gpointer control_data, links_data;
} House;

typedef struct {
  RflParticipant *to;
  RflShareMessage message;
} Told;

/* @options: the inside of the group; ports are given here: @port and @port + 100 */
House *house_new (const char *id, guint16 port, const char *options);
void house_free (House *house);
/* Each other's peers, at 127.0.0.1; RFL_EVENT_LINK_UP */
void house_link (House *a, House *b);
void house_unlink (House *a, House *b);
/* Joins, and speaks control. */
RflParticipant *house_join (House *house, const char *session, const char *name);
/* A message of a participant. */
void house_say (House *house, RflParticipant *from, const RflShareMessage *message);
void house_request (House *house, RflParticipant *from, guint32 request, RflShareKind kind);
/* Iterates until a message of @type to @to that nobody has taken comes. Lent. */
RflShareMessage *house_await (House *house, RflParticipant *to, guint8 type);
gboolean house_was_told (House *house, RflParticipant *to, guint8 type);
guint64 house_count (House *house, const char *counter);

typedef gboolean (*Until) (gpointer data);
void wait_until (Until until, gpointer data);
void wait_count (House *house, const char *counter, guint64 at_least);
/* Main contexts run so long. */
void run_for (guint milliseconds);

/* A blocking client; reads fail after 10 s. Returns: the socket */
int client_connect (guint16 port);
/* Connects and shows the passkey of a GRANT or ANNOUNCE; asserts the answer OK. */
int client_enter (const RflShareMessage *message);
void client_hello (int fd, const RflShareMessage *message);
void client_write (int fd, gconstpointer data, gsize len);
void client_read (int fd, gpointer data, gsize len);
/* Up to a line's end, or the end. (transfer full) */
char *client_line (int fd);
/* The peer has closed it, and nothing else comes. */
void client_assert_closed (int fd);
void client_frame (int fd, guint8 type, guint8 flags, guint32 channel, gconstpointer data,
                   gsize len);
/* The next frame but PING; @payload: 65,536 octets */
RflShareFrame client_read_frame (int fd, guint8 *payload);
/* Asserts that the next frame is OPEN. Returns: its channel */
guint32 client_await_open (int sharer);
/* Asserts that the next frame is DATA with @text. */
void client_await_text (int sharer, guint32 channel, const char *text);
void client_credit (int fd, guint32 channel, guint32 n);
/* A share with its sharer connected. Returns: its socket */
int house_share (House *house, RflParticipant *owner, guint32 request, RflShareKind kind);

/* Nothing but criticals is logged. */
void fixture_be_quiet (void);
