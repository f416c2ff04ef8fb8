/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which file is the journal, whose it is, and what it held. Main thread, at start and now and then. */
#pragma once

#include <glib.h>

/**
 * sip_journal_file_choose:
 * @setting: the option; %NULL: the default
 *
 * The default is `dialogs` in $STATE_DIRECTORY (systemd's) or in the state directory of the
 * installation, if there is one that can be written.
 *
 * Returns: (transfer full) (nullable): %NULL: no journal, which is told where it was not asked for
 */
char *sip_journal_file_choose (const char *setting);
/* Returns: a descriptor whose closing gives the lock back, or -1 with RFL_ERROR_IO. */
int sip_journal_file_lock (const char *path, GError **error);
/* What is there; nothing, if there is no file. RFL_ERROR_IO. */
gboolean sip_journal_file_read (const char *path, char **data, gsize *len, GError **error);
