/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was there a moment ago, as numbers: a table of fixed size in which later entries push out
 * earlier ones, so that nobody can make it grow. A wrong "no" is possible, a wrong "yes" is not
 * likely. */
#pragma once

#include <reflector/reflector.h>

typedef struct _SipRecent SipRecent;

/* @span: microseconds that something is remembered at most */
SipRecent *sip_recent_new (RflClock *clock, gint64 span);
void sip_recent_free (SipRecent *recent);
/* A number for up to four strings, each may be %NULL; another one in each process. */
guint64 sip_recent_hash (const SipRecent *recent, const char *a, const char *b, const char *c,
                         const char *d);
void sip_recent_add (SipRecent *recent, guint64 hash);
gboolean sip_recent_has (const SipRecent *recent, guint64 hash);
