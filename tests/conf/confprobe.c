/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plugin with an option of every type, for the tests of the configuration, and with a guest in
 * a session, for those of the daemon. Handles no media.
 */
#include <reflector/address.h>
#include <reflector/bus.h>
#include <reflector/plugin.h>
#include <reflector/session.h>

typedef struct {
  RflCore *core;
  const char *guest;
  RflParticipant *participant;
  guint hook;
} Probe;

static const char *const colours[] = { "red", "green", NULL };
static const char *const guests[] = { "none", "leaves", "stays", NULL };

static const RflOption peers[] = {
  { .name = "host", .type = RFL_OPTION_STRING, .required = TRUE, .help = "Its address." },
  { .name = "port",
    .type = RFL_OPTION_INT,
    .fallback = "5564",
    .min = 1,
    .max = 65535,
    .help = "Its port." },
  RFL_OPTION_END
};

static const RflOption options[] = {
  { .name = "on", .type = RFL_OPTION_BOOL, .fallback = "true", .help = "A switch." },
  { .name = "port",
    .type = RFL_OPTION_INT,
    .fallback = "7",
    .min = 1,
    .max = 65535,
    .help = "A port." },
  { .name = "size", .type = RFL_OPTION_INT, .fallback = "5000000000L", .help = "Any integer." },
  { .name = "ratio",
    .type = RFL_OPTION_DOUBLE,
    .fallback = "0.5",
    .min = 0,
    .max = 1,
    .help = "A fraction." },
  { .name = "address",
    .type = RFL_OPTION_STRING,
    .classic = "PROBE_ADDRESS",
    .help = "A numeric address, which only the plugin can judge." },
  { .name = "colour",
    .type = RFL_OPTION_STRING,
    .fallback = "\"red\"",
    .choices = colours,
    .help = "A choice." },
  { .name = "names", .type = RFL_OPTION_STRINGS, .fallback = "[ \"a\", \"b\" ]", .help = "Names." },
  { .name = "guest",
    .type = RFL_OPTION_STRING,
    .fallback = "\"none\"",
    .choices = guests,
    .help = "Whether somebody is here, and what he does when the daemon drains." },
  { .name = "peers",
    .type = RFL_OPTION_GROUPS,
    .members = peers,
    .classic = "PROBE_PEER",
    .help = "Others." },
  RFL_OPTION_END
};

static gpointer
probe_new (RflCore *core)
{
  Probe *self = g_new0 (Probe, 1);

  self->core = core;
  return self;
}

static gboolean
probe_configure (gpointer data, const RflSettings *settings, GError **error)
{
  Probe *self = data;
  const char *text = rfl_settings_get_string (settings, "address");
  RflAddress address;

  if (text && !rfl_address_parse (&address, text, 0))
    return rfl_settings_set_error (settings, "address", error,
                                   "is \"%s\", must be a numeric address", text);
  self->guest = g_intern_string (rfl_settings_get_string (settings, "guest"));
  return TRUE;
}

static RflReload
probe_reconfigure (gpointer data, const RflSettings *settings, GError **error)
{
  return probe_configure (data, settings, error) ? RFL_RELOAD_APPLIED : RFL_RELOAD_FAILED;
}

static RflHookResult
draining (RflEvent *event, gpointer data, GError **error)
{
  Probe *self = data;

  rfl_participant_leave (self->participant, "the daemon drains");
  return RFL_HOOK_CONTINUE;
}

static void
joined (RflParticipant *participant, const GError *error, gpointer data)
{
  g_assert_no_error (error);
}

static gboolean
probe_start (gpointer data, GError **error)
{
  Probe *self = data;
  const RflParticipantSpec spec = { .identity = "sip:guest@example.com" };
  const RflHook hook = {
    .name = "confprobe/drain", .event = RFL_EVENT_DRAINING, .func = draining, .user_data = self
  };

  if (g_str_equal (self->guest, "none"))
    return TRUE;
  self->participant = rfl_participant_new (self->core, &spec);
  rfl_participant_join (self->participant, "room",
                        g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_medium_desc_free),
                        joined, NULL);
  if (g_str_equal (self->guest, "stays"))
    return TRUE;
  self->hook = rfl_bus_add_hook (rfl_core_get_bus (self->core), &hook, error);
  return self->hook != 0;
}

static void
probe_stop (gpointer data)
{
  Probe *self = data;

  rfl_bus_remove_hook (rfl_core_get_bus (self->core), self->hook);
  if (self->participant)
    rfl_participant_leave (self->participant, "the daemon ends");
  g_clear_pointer (&self->participant, rfl_participant_unref);
}

RFL_PLUGIN (.name = "confprobe", .version = "1", .summary = "For tests", .options = options,
            .new = probe_new, .configure = probe_configure, .reconfigure = probe_reconfigure,
            .start = probe_start, .stop = probe_stop, .free = g_free);
