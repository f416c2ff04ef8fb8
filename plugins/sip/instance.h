/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin's functions as its descriptor names them (instance.c). */
#pragma once

#include <reflector/plugin.h>

extern const RflOption sip_options[];

gpointer sip_instance_new (RflCore *core);
gboolean sip_instance_configure (gpointer self, const RflSettings *settings, GError **error);
gboolean sip_instance_start (gpointer self, GError **error);
RflReload sip_instance_reconfigure (gpointer self, const RflSettings *settings, GError **error);
void sip_instance_stop (gpointer self);
void sip_instance_free (gpointer self);
void sip_instance_status (gpointer self, RflStatus *status);
