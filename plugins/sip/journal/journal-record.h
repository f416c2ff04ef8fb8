/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the journal of dialogs says about one dialog, as a line of text. Not about files: see
 * journal.h.
 *
 *   A ID SINCE EXPIRES udp|tcp LOCAL-IP NEXT-HOP CALL-ID LOCAL-URI LOCAL-TAG REMOTE-URI REMOTE-TAG
 *     TARGET ROUTES CRC
 *   E ID CRC      the dialog has ended
 *   T TIME CRC    the process was alive
 *
 * Numbers are decimal, times seconds since 1970, CRC is that of zlib over the line before it, in
 * eight hexadecimal digits. In the other fields octets that are no visible ASCII, and %, are
 * written as %XX; an empty field is "-".
 */
#pragma once

#include <glib.h>

/* Of a whole line with its newline; a dialog that needs more is not recorded. */
#define SIP_RECORD_MAX 8192

typedef enum {
  SIP_DIALOG_LOCAL_IP,
  SIP_DIALOG_NEXT_HOP, /* where its signalling came from as a SIP URI; empty past a proxy */
  SIP_DIALOG_CALL_ID,
  SIP_DIALOG_LOCAL_URI,
  SIP_DIALOG_LOCAL_TAG,
  SIP_DIALOG_REMOTE_URI,
  SIP_DIALOG_REMOTE_TAG,
  SIP_DIALOG_TARGET,
  SIP_DIALOG_ROUTES, /* of a Route header, in the order in which we send them; or empty */
  SIP_DIALOG_N_TEXTS
} SipDialogText;

/**
 * SipDialog:
 * @since: when its last offer was answered
 * @expires: session interval (RFC 4028) in seconds, or 0
 * @texts: each may be %NULL, which is empty
 *
 * There is no CSeq: see orphan.c.
 */
typedef struct {
  guint64 id;
  gint64 since;
  guint expires;
  gboolean tcp;
  char *texts[SIP_DIALOG_N_TEXTS];
} SipDialog;

/* %NULL is allowed. */
void sip_dialog_free (SipDialog *dialog);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SipDialog, sip_dialog_free)
/* A dialog's routes stay as they were first (RFC 3261 §12.2): in @dialog as in the line that was written before. */
void sip_dialog_keep_routes (SipDialog *dialog, const char *line, gsize len);

/* Appends one line. Returns: %FALSE, and nothing appended, if it would be too long. */
gboolean sip_record_write (GString *out, const SipDialog *dialog);
void sip_record_write_end (GString *out, guint64 id);
void sip_record_write_alive (GString *out, gint64 time);

/**
 * SipRecords:
 * @dialogs: (element-type SipDialog): those without an end, by id
 * @alive: the latest time that any record tells
 * @damaged: lines that were none
 */
typedef struct {
  GHashTable *dialogs;
  gint64 alive;
  guint damaged;
} SipRecords;

/* Reads anything: what is no record is skipped up to the next newline. At most @max dialogs. */
void sip_records_read (SipRecords *records, const char *data, gsize len, guint max);
void sip_records_clear (SipRecords *records);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SipRecords, sip_records_clear)
