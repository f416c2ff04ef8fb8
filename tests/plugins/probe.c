/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plugin that does nothing but tell that it was called, built many times with different
 * descriptors, most of them wrong in one way. Macros: PROBE_NAME and what follows.
 */
#include "tests/plugins/probe.h"
#include <reflector/reflector.h>
#include <string.h>

#ifndef PROBE_FLAGS
#define PROBE_FLAGS RFL_PLUGIN_NONE
#endif
#ifndef PROBE_PROVIDES
#define PROBE_PROVIDES NULL
#endif
#ifndef PROBE_REQUIRES
#define PROBE_REQUIRES NULL
#endif
#ifndef PROBE_WANTS
#define PROBE_WANTS NULL
#endif
#ifndef PROBE_MAGIC
#define PROBE_MAGIC RFL_PLUGIN_MAGIC
#endif
#ifndef PROBE_MAJOR
#define PROBE_MAJOR RFL_ABI_MAJOR
#endif
#ifndef PROBE_MINOR
#define PROBE_MINOR RFL_ABI_MINOR
#endif
#ifndef PROBE_SIZE
#define PROBE_SIZE sizeof (RflPlugin)
#endif
#ifndef PROBE_FREE
#define PROBE_FREE probe_free
#endif
#ifndef PROBE_SYMBOL
#define PROBE_SYMBOL rfl_plugin
#endif
#ifndef PROBE_HELP
#define PROBE_HELP "Where to fail"
#endif
#ifndef PROBE_CLASSIC
#define PROBE_CLASSIC NULL
#endif

typedef struct {
  RflCore *core;
  char *fail;
} Probe;

static void
note (const Probe *probe, const char *what)
{
  gpointer self = NULL;
  const ProbeTrace *trace = rfl_core_find_service (probe->core, PROBE_SERVICE, 1, &self);

  if (trace)
    trace->note (self, PROBE_NAME, what);
}

static gboolean
step (const Probe *probe, const char *what, GError **error)
{
  note (probe, what);
  if (!probe->fail || strcmp (probe->fail, what) != 0)
    return TRUE;
  g_set_error (error, RFL_ERROR, RFL_ERROR_IO, "told to fail to %s", what);
  return FALSE;
}

static gpointer
probe_new (RflCore *core)
{
  Probe *probe = g_new0 (Probe, 1);

  probe->core = core;
  note (probe, "new");
  return probe;
}

static gboolean
probe_configure (gpointer self, const RflSettings *settings, GError **error)
{
  Probe *probe = self;

  probe->fail = g_strdup (rfl_settings_get_string (settings, "fail"));
  return step (probe, "configure", error);
}

static gboolean
probe_start (gpointer self, GError **error)
{
  return step (self, "start", error);
}

static RflReload
probe_reconfigure (gpointer self, const RflSettings *settings, GError **error)
{
  const char *fail = rfl_settings_get_string (settings, "fail");

  note (self, g_strcmp0 (fail, "none") == 0 ? "reconfigure" : fail);
  if (g_strcmp0 (fail, "restart") == 0)
    return RFL_RELOAD_RESTART;
  if (g_strcmp0 (fail, "reconfigure") != 0)
    return RFL_RELOAD_APPLIED;
  rfl_settings_set_error (settings, "fail", error, "told to fail");
  return RFL_RELOAD_FAILED;
}

static void
probe_stop (gpointer self)
{
  note (self, "stop");
}

G_GNUC_UNUSED static void
probe_free (gpointer self)
{
  Probe *probe = self;

  note (probe, "free");
  g_free (probe->fail);
  g_free (probe);
}

static void
probe_status (gpointer self, RflStatus *status)
{
  rfl_status_add_string (status, "fail", ((Probe *) self)->fail);
}

static const char *const fails[] = { "none", "configure", "start", "reconfigure", "restart", NULL };
static const RflOption options[] = { { .name = "fail",
                                       .type = RFL_OPTION_STRING,
                                       .fallback = "\"none\"",
                                       .choices = fails,
                                       .classic = PROBE_CLASSIC,
                                       .help = PROBE_HELP },
                                     RFL_OPTION_END };
static const char *const provides[] = { PROBE_PROVIDES, NULL };
static const char *const requires[] = { PROBE_REQUIRES, NULL };
static const char *const wants[] = { PROBE_WANTS, NULL };

RFL_EXPORT extern const RflPlugin PROBE_SYMBOL;
const RflPlugin PROBE_SYMBOL = { .magic = PROBE_MAGIC,
                                 .abi_major = PROBE_MAJOR,
                                 .abi_minor = PROBE_MINOR,
                                 .size = PROBE_SIZE,
                                 .name = PROBE_NAME,
                                 .version = "1",
                                 .summary = "Tells what is called",
                                 .flags = PROBE_FLAGS,
                                 .provides = provides,
                                 .requires = requires,
                                 .wants = wants,
                                 .options = options,
                                 .new = probe_new,
                                 .configure = probe_configure,
                                 .start = probe_start,
                                 .reconfigure = probe_reconfigure,
                                 .stop = probe_stop,
                                 .free = PROBE_FREE,
                                 .status = probe_status };
