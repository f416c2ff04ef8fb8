/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The journal of dialogs: a file from which the next process learns whom its crashed predecessor
 * has left behind. Not what is then said to them: see orphan.h.
 */
#pragma once

#include "plugins/sip/request/respond.h"

/**
 * sip_journal_new:
 *
 * Opens the journal that the settings name and hands the predecessor's dialogs to
 * sip_orphans_add(). Where that cannot be done the calls go on without, a warning says so and it is
 * tried again every few seconds. Main thread, as all of this.
 *
 * Returns: (transfer full) (nullable): %NULL: switched off
 */
SipJournal *sip_journal_new (SipPlugin *plugin);
/* Leaves the file empty if all calls are over. %NULL is allowed. */
void sip_journal_free (SipJournal *journal);

/* The call's INVITE or UPDATE is about to be answered with 2xx, or (dial-out) its own INVITE was:
 * @sip is that request or that response. Replaces what was noted before. @journal may be %NULL. */
void sip_journal_note (SipJournal *journal, SipCall *call, const sip_t *sip);
/* The same for a request that waits for its answer. */
void sip_journal_note_request (SipJournal *journal, SipCall *call, const SipRequest *request);
/* Its dialog is over. */
void sip_journal_forget (SipJournal *journal, SipCall *call);
/* The orphan is dealt with. */
void sip_journal_forget_orphan (SipJournal *journal, guint64 id);

void sip_journal_status (const SipJournal *journal, RflStatus *status);
