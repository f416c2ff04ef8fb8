/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a viewer may begin to read an MPEG transport stream (ISO/IEC 13818-1). Changes no octet of
 * it, and understands no picture.
 */
#pragma once

#include <glib.h>

#define TS_PACKET 188
/* What must have been seen before ts_looks_right() can say. */
#define TS_PROOF (2 * TS_PACKET + 1)

typedef struct _TsScanner TsScanner;

/* Takes a piece of the stream; @mark: a viewer may begin with it. */
typedef void (*TsFunc) (const guint8 *data, gsize len, gboolean mark, gpointer user_data);

/* Whether @data, of at least TS_PROOF octets, begins like a transport stream. */
gboolean ts_looks_right (const guint8 *data, gsize len);

TsScanner *ts_scanner_new (void);
void ts_scanner_free (TsScanner *scanner);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TsScanner, ts_scanner_free)

/* Gives all of @data to @func, in order and cut so that marks stand at the beginning of pieces; holds back what
 * is less than a packet. */
void ts_scanner_feed (TsScanner *scanner, const guint8 *data, gsize len, TsFunc func,
                      gpointer user_data);
/* Gives what was held back. */
void ts_scanner_finish (TsScanner *scanner, TsFunc func, gpointer user_data);

/* The tables that whoever begins late needs first: the last PAT and PMT. Whether they are others than at the last
 * call. @header: 2 * TS_PACKET octets, written only then. */
gboolean ts_scanner_get_header (TsScanner *scanner, guint8 *header);
