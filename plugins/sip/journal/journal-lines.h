/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The journal as it is to be: one line for each dialog that is up, in memory, from which the file is
 * written anew. Knows neither what a line says nor a file.
 */
#pragma once

#include <glib.h>

typedef struct _SipLines SipLines;

SipLines *sip_lines_new (void);
void sip_lines_free (SipLines *lines);
/* Copies @line; the one that @id had goes. */
void sip_lines_set (SipLines *lines, guint64 id, const GString *line);
/* (nullable): @len octets, without a NUL; lent, until it is set again or removed. @len: (out) (nullable) */
const char *sip_lines_get (const SipLines *lines, guint64 id, gsize *len);
/* Returns: whether there was one */
gboolean sip_lines_remove (SipLines *lines, guint64 id);
guint sip_lines_count (const SipLines *lines);
/* Of all lines. */
gsize sip_lines_get_octets (const SipLines *lines);
/* All lines, in no order. */
void sip_lines_append_to (const SipLines *lines, GString *text);
