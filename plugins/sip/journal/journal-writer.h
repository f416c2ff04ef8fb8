/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A thread that writes one file, so that nobody waits for a disk. Knows nothing of what it
 * writes. Every function is for the main thread.
 */
#pragma once

#include <glib.h>

typedef struct _SipWriter SipWriter;

/* @path: copied; nothing is touched before the first job. Appending begins after the first
 * successful replacement. */
SipWriter *sip_writer_new (const char *path);
/* Waits for what is under way. %NULL is allowed. */
void sip_writer_free (SipWriter *writer);

/* (transfer full): adds @text at the end; forgotten after a failure, until a replacement succeeds. */
void sip_writer_append (SipWriter *writer, GString *text);
/* (transfer full): the file becomes @text, by a new file and rename(). */
void sip_writer_replace (SipWriter *writer, GString *text);

/* Octets that are not dealt with yet; 0: idle. */
gsize sip_writer_get_backlog (const SipWriter *writer);
/* Returns: errno of a failure since the last call, or 0. */
int sip_writer_take_error (SipWriter *writer);
