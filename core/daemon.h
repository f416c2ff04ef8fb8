/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The running daemon, once its core is loaded: signals, readiness, the drain. Not the command
 * line.
 */
#pragma once

#include "core/core-private.h"

/* Starts @core and returns when it has been stopped again: %FALSE with @error if it could not
 * start. */
gboolean daemon_run (RflCore *core, GError **error);
