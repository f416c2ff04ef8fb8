/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reflectors with files, and what the tests of them need around them: participants whose messages are kept, links among
 * them, a clock that stands still, HTTP clients on loopback. Tests nothing itself.
 */
#pragma once

#include "core/config/config.h"
#include "core/core-private.h"
#include "plugins/files/files.h"

typedef struct {
  RflCore *core;
  RflClock *clock;
  Files *files;
  const char *id;
  char *spool;
  GPtrArray *told;   /* Told: all messages to participants, by age */
  GPtrArray *people; /* RflParticipant */
  GPtrArray *peers;  /* Houses that it is linked with */
  gboolean full;     /* neither control nor links take messages */
  guint hook;
  RflLinksFunc links_func;
  gpointer links_data;
} House;

typedef struct {
  RflParticipant *to;
  RflFileMessage message;
  char *text; /* (nullable): said, not told */
} Told;

/* @options: the inside of the group; it listens at 127.0.0.1:@port. Its clock is a manual one. */
House *house_new (const char *id, guint16 port, const char *options);
void house_free (House *house);
/* Of each other, at 127.0.0.1; RFL_EVENT_LINK_UP */
void house_link (House *a, House *b);
void house_unlink (House *a, House *b);
/* A message over the link from @from, as it is. */
void house_say (House *house, const char *from, const char *session, guint8 type, GBytes *body);
/* Joins; @speaks: control, too */
RflParticipant *house_join (House *house, const char *session, const char *name, gboolean speaks);
/* Iterates until a message of @type to @to that nobody has taken comes (0: a text). Lent. */
Told *house_await (House *house, RflParticipant *to, guint type);
gboolean house_was_told (House *house, RflParticipant *to, guint type);
guint64 house_count (House *house, const char *counter);
/* (transfer none): the only file it knows; %NULL: it has none. Asserts that there are not more. */
const FilesItem *house_get_file (House *house);

/* Until the function says so; fails after 20 s. */
typedef gboolean (*Until) (gpointer data);
void wait_until (Until until, gpointer data);
void wait_file (House *house, gboolean there);
/* Main contexts run so long. */
void run_for (guint milliseconds);

/* As the participant whose KEY @key is. Returns: the status. */
guint client_put (const RflFileMessage *key, const char *name, const char *content, gsize len);
/* @body: (out) (transfer full) (nullable). Returns: the status, 0: it broke off */
guint client_get (const char *url, GBytes **body);
