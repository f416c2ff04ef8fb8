/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is in a room, as NOTIFYs of the conference package tell it (RFC 4575). Pure.
 */
#pragma once

#include <glib.h>

/* One endpoint (call) of a user */
typedef struct {
  char *status; /* connected, on-hold, …; never %NULL */
  char *name;   /* or %NULL */
  char *joined; /* RFC 3339, or %NULL */
  char *media;  /* "audio sendrecv, video recvonly"; never %NULL */
} ConferenceCall;

typedef struct {
  char *entity, *name; /* name or %NULL */
  GPtrArray *calls;    /* ConferenceCall */
} ConferenceUser;

typedef struct {
  GPtrArray *users; /* ConferenceUser, in the order told */
  guint count;      /* that the server says there are */
} Conference;

Conference *conference_new (void);
void conference_free (Conference *conference);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Conference, conference_free)
/* Takes one document, full or partial. Returns: %FALSE if it is none; then nothing has changed. */
gboolean conference_update (Conference *conference, const char *xml);
