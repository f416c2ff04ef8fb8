/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Telling the service manager what the daemon is doing. Not for telling anybody else. */
#pragma once

/* Sends @state ("READY=1") to $NOTIFY_SOCKET as sd_notify(3) does; without that variable,
 * nothing happens. */
void notify_service_manager (const char *state);
