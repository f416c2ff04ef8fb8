/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One session: who speaks in it, and what each of its legs of mode `one` therefore follows. Main thread.
 * Not for when it is looked at: plugin.c.
 */
#pragma once

#include "plugins/switcher/hear.h"

/* Hears, judges, tells the legs. To be called each `interval`. */
void switcher_room_look (SwitcherView *view, RflSession *session);
/* What it keeps of @session goes; its legs follow whom they like. */
void switcher_room_forget (RflSession *session);
/* (nullable): whose turn it is; @speaking: (out): whether he is heard now */
RflParticipant *switcher_room_get_speaker (SwitcherView *view, RflSession *session,
                                           gboolean *speaking);
