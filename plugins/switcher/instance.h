/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The instance of the plugin switcher. Not for what it decides: room.h. */
#pragma once

#include "plugins/switcher/room.h"

typedef struct _Switcher Switcher;

extern const RflOption switcher_options[];

Switcher *switcher_new (RflCore *core);
gboolean switcher_configure (Switcher *self, const RflSettings *settings, GError **error);
gboolean switcher_start (Switcher *self, GError **error);
void switcher_stop (Switcher *self);
void switcher_free (Switcher *self);
void switcher_status (Switcher *self, RflStatus *status);
/* What the tests set without a file. */
void switcher_set_rules (Switcher *self, const VoiceRules *rules, gint64 turn_time,
                         gint64 interval);
