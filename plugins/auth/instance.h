/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin's functions as its descriptor names them (instance.c), and what they say about users
 * (report.c). Not for other plugins. */
#pragma once

#include <reflector/plugin.h>

#include "plugins/auth/judge.h"

gpointer auth_instance_new (RflCore *core);
gboolean auth_instance_configure (gpointer self, const RflSettings *settings, GError **error);
gboolean auth_instance_start (gpointer self, GError **error);
RflReload auth_instance_reconfigure (gpointer self, const RflSettings *settings, GError **error);
void auth_instance_stop (gpointer self);
void auth_instance_free (gpointer self);
void auth_instance_status (gpointer self, RflStatus *status);

/* Logs which algorithm which realm does without, and because of how many users. */
void auth_report_users (const AuthConfig *config);
/* Returns: (transfer full): the algorithms that challenges of the plugin's realm have, for people */
char *auth_report_offered (const AuthConfig *config);
