/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin switcher: the descriptor. What it does: instance.c. */
#include "config.h"

#include "plugins/switcher/instance.h"

static gpointer new (RflCore *core)
{
  return switcher_new (core);
}

static gboolean
configure (gpointer self, const RflSettings *settings, GError **error)
{
  return switcher_configure (self, settings, error);
}

static RflReload
reconfigure (gpointer self, const RflSettings *settings, GError **error)
{
  return switcher_configure (self, settings, error) ? RFL_RELOAD_APPLIED : RFL_RELOAD_FAILED;
}

static gboolean
start (gpointer self, GError **error)
{
  return switcher_start (self, error);
}

static void
stop (gpointer self)
{
  switcher_stop (self);
}

static void
free_instance (gpointer self)
{
  switcher_free (self);
}

static void
status (gpointer self, RflStatus *out)
{
  switcher_status (self, out);
}

static const char *const wants[] = { RFL_MIXER_SERVICE, NULL };

RFL_PLUGIN (.name = "switcher", .version = PACKAGE_VERSION,
            .summary = "shows who speaks to those who get one source at a time",
            .flags = RFL_PLUGIN_DEFAULT, .wants = wants, .options = switcher_options, .new = new,
            .configure = configure, .start = start, .reconfigure = reconfigure, .stop = stop,
            .free = free_instance, .status = status);
