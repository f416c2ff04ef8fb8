/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin's life: options, ports, hooks and timers. What they are for is in the files
 * they name.
 */
#include "plugins/rtp/codecs.h"
#include "plugins/rtp/rtp.h"

#include <string.h>

gpointer
rtp_plugin_new (RflCore *core)
{
  RtpPlugin *plugin = g_new0 (RtpPlugin, 1);

  plugin->core = core;
  plugin->clock = rfl_core_get_clock (core);
  plugin->kinds[RTP_AUDIO].name = g_intern_static_string ("audio");
  plugin->kinds[RTP_AUDIO].required = TRUE;
  plugin->kinds[RTP_VIDEO].name = g_intern_static_string ("video");
  for (guint i = 0; i < RTP_N_KINDS; i++)
    {
      RtpKind *kind = &plugin->kinds[i];
      kind->plugin = plugin;
      kind->pairs[RTP_FIRST_PAIR] = (RtpPair){ .kind = kind, .key = kind->name };
      kind->pairs[RTP_SECOND_PAIR] = (RtpPair){ .kind = kind };
    }
  plugin->kinds[RTP_AUDIO].pairs[RTP_SECOND_PAIR].key = g_intern_static_string ("audio 2");
  plugin->kinds[RTP_VIDEO].pairs[RTP_SECOND_PAIR].key = g_intern_static_string ("video 2");
  plugin->latch = rtp_latch_new (&rtp_medium_latch_ops);
  plugin->peers = g_hash_table_new (NULL, NULL);
  plugin->keyframes = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  plugin->hooks = g_array_new (FALSE, FALSE, sizeof (guint));
  g_queue_init (&plugin->turns);
  return plugin;
}

RtpKind *
rtp_plugin_find_kind (RtpPlugin *plugin, const char *name)
{
  for (guint i = 0; i < RTP_N_KINDS; i++)
    if (strcmp (plugin->kinds[i].name, name) == 0)
      return &plugin->kinds[i];
  return NULL;
}

/* ---- settings ---- */

/* The part of the settings that may change while calls are up. */
typedef struct {
  GPtrArray *preferences[RTP_N_KINDS];
  RflAddress address, address_external, address_local;
  GArray *advertised;
  RtpPortUse uses[RTP_N_KINDS]; /* but for the ports */
} Values;

static void
values_clear (Values *values)
{
  for (guint i = 0; i < RTP_N_KINDS; i++)
    g_clear_pointer (&values->preferences[i], g_ptr_array_unref);
  g_clear_pointer (&values->advertised, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Values, values_clear)

static gboolean
read_address (const RflSettings *s, const char *name, RflAddress *out, GError **error)
{
  const char *text = rfl_settings_get_string (s, name);

  memset (out, 0, sizeof *out);
  if (text == NULL)
    return TRUE;
  if (!rfl_address_parse (out, text, 0) || rfl_address_is_any (out))
    return rfl_settings_set_error (s, name, error, "\"%s\" is not the IP address of a host", text);
  return TRUE;
}

static gboolean
read_codecs (const RflSettings *s, const char *name, GPtrArray **out, GError **error)
{
  const char *bad = NULL;

  *out = rtp_codecs_parse (rfl_settings_get_strings (s, name), &bad);
  if (*out == NULL)
    return rfl_settings_set_error (s, name, error,
                                   "\"%s\" is not a codec like \"PCMU/8000\" or "
                                   "\"opus/48000/2\"",
                                   bad);
  return TRUE;
}

static gboolean
read_values (const RflSettings *s, Values *values, GError **error)
{
  return read_codecs (s, "audio_codecs", &values->preferences[RTP_AUDIO], error)
         && read_codecs (s, "video_codecs", &values->preferences[RTP_VIDEO], error)
         && read_address (s, "address", &values->address, error)
         && read_address (s, "address_external", &values->address_external, error)
         && read_address (s, "address_local", &values->address_local, error)
         && (values->advertised = rtp_advertise_read (s, error)) != NULL
         && rtp_ports_read (s, values->uses, error);
}

static void
take_values (RtpPlugin *plugin, const RflSettings *s, Values *values)
{
  for (guint i = 0; i < RTP_N_KINDS; i++)
    {
      g_clear_pointer (&plugin->kinds[i].preferences, g_ptr_array_unref);
      plugin->kinds[i].preferences = g_steal_pointer (&values->preferences[i]);
      plugin->kinds[i].traffic = values->uses[i].traffic;
      for (guint role = 0; role < RTP_N_ROLES; role++)
        plugin->kinds[i].max_seats[role] = values->uses[i].max[role];
    }
  plugin->max_in_session[RTP_CLIENT] = rfl_settings_get_int (s, "max_participants");
  plugin->max_in_session[RTP_LURKER] = rfl_settings_get_int (s, "max_lurkers");
  plugin->address = values->address;
  plugin->address_external = values->address_external;
  plugin->address_local = values->address_local;
  g_clear_pointer (&plugin->advertised, g_array_unref);
  plugin->advertised = g_steal_pointer (&values->advertised);
  plugin->video_bandwidth = rfl_settings_get_int (s, "video_bandwidth") * 1000;
  plugin->inactivity = rfl_settings_get_int (s, "inactivity_timeout") * G_USEC_PER_SEC;
  plugin->max_sources = rfl_settings_get_int (s, "max_sources");
}

static void
get_ports (const RtpPortUse *use, guint16 out[RTP_N_PAIRS][2])
{
  out[RTP_FIRST_PAIR][0] = use->rtp;
  out[RTP_FIRST_PAIR][1] = use->rtcp;
  out[RTP_SECOND_PAIR][0] = use->second_rtp;
  out[RTP_SECOND_PAIR][1] = use->second_rtcp;
}

gboolean
rtp_plugin_configure (gpointer self, const RflSettings *s, GError **error)
{
  RtpPlugin *plugin = self;
  g_auto (Values) values = { 0 };

  if (!read_values (s, &values, error))
    return FALSE;
  for (guint i = 0; i < RTP_N_KINDS; i++)
    {
      guint16 ports[RTP_N_PAIRS][2];
      get_ports (&values.uses[i], ports);
      for (guint k = 0; k < RTP_N_PAIRS; k++)
        {
          plugin->kinds[i].pairs[k].rtp_number = ports[k][0];
          plugin->kinds[i].pairs[k].rtcp_number = ports[k][1];
        }
    }
  take_values (plugin, s, &values);
  return TRUE;
}

static gboolean
has_ports (const RtpKind *kind, const RtpPortUse *use)
{
  guint16 ports[RTP_N_PAIRS][2];
  gboolean same = TRUE;

  get_ports (use, ports);
  for (guint k = 0; k < RTP_N_PAIRS; k++)
    same &= kind->pairs[k].rtp_number == ports[k][0] && kind->pairs[k].rtcp_number == ports[k][1];
  return same;
}

RflReload
rtp_plugin_reconfigure (gpointer self, const RflSettings *s, GError **error)
{
  RtpPlugin *plugin = self;
  g_auto (Values) values = { 0 };

  if (!read_values (s, &values, error))
    return RFL_RELOAD_FAILED;
  for (guint i = 0; i < RTP_N_KINDS; i++)
    if (!has_ports (&plugin->kinds[i], &values.uses[i]))
      return RFL_RELOAD_RESTART;
  take_values (plugin, s, &values);
  return RFL_RELOAD_APPLIED;
}

/* ---- start and stop ---- */

static gboolean
open_port (RtpPair *pair, const char *suffix, guint16 number, RflPort **out, GError **error)
{
  RtpKind *kind = pair->kind;
  g_autofree char *name =
      g_strconcat ("rtp.", kind->name, pair == &kind->pairs[RTP_SECOND_PAIR] ? "-2" : "", suffix,
                   NULL);
  RflPortSpec spec = { .name = name,
                       .port = number,
                       .unknown = rtp_arrival_unknown,
                       .unmapped = rtp_arrival_unmapped,
                       .rtcp = rtp_arrival_rtcp,
                       .other = kind->plugin->ice ? rtp_arrival_other : NULL,
                       .user_data = pair };

  *out = rfl_port_open (rfl_core_get_path (kind->plugin->core), &spec, error);
  return *out != NULL;
}

static gboolean
open_ports (RtpPlugin *plugin, GError **error)
{
  for (guint i = 0; i < RTP_N_KINDS * RTP_N_PAIRS; i++)
    {
      RtpPair *pair = &plugin->kinds[i / RTP_N_PAIRS].pairs[i % RTP_N_PAIRS];
      if (pair->rtp_number != 0
          && (!open_port (pair, "", pair->rtp_number, &pair->rtp_port, error)
              || !open_port (pair, "-rtcp", pair->rtcp_number, &pair->rtcp_port, error)))
        return FALSE;
    }
  return TRUE;
}

static void
close_ports (RtpPlugin *plugin)
{
  for (guint i = 0; i < RTP_N_KINDS * RTP_N_PAIRS; i++)
    {
      RtpPair *pair = &plugin->kinds[i / RTP_N_PAIRS].pairs[i % RTP_N_PAIRS];
      g_clear_pointer (&pair->rtp_port, rfl_port_close);
      g_clear_pointer (&pair->rtcp_port, rfl_port_close);
    }
}

static void
find_ice (RtpPlugin *plugin)
{
  plugin->ice =
      rfl_core_find_service (plugin->core, RFL_ICE_SERVICE, RFL_ICE_VERSION, &plugin->ice_self);
  if (plugin->ice && !plugin->ice->watch (plugin->ice_self, &rtp_proof_watch, plugin))
    plugin->ice = NULL;
}

/* It outlives this plugin, which wants it. */
static void
leave_ice (RtpPlugin *plugin)
{
  if (plugin->ice)
    plugin->ice->unwatch (plugin->ice_self);
  plugin->ice = NULL;
}

static gboolean
add_hooks (RtpPlugin *plugin, GError **error)
{
  static const char *const after_codecs[] = { "rtp/codecs", NULL };
  static const char *const after_seats[] = { "rtp/seats", NULL };
  const RflHook hooks[] = {
    { "rtp/codecs", RFL_EVENT_MEDIA_OFFERED, RFL_HOOK_NORMAL, NULL, NULL, rtp_offer_hook, plugin },
    { "rtp/seats", RFL_EVENT_MEDIA_OFFERED, RFL_HOOK_NORMAL, NULL, after_codecs,
      rtp_seats_check_hook, plugin },
    { "rtp/turn", RFL_EVENT_MEDIA_OFFERED, RFL_HOOK_NORMAL, NULL, after_seats, rtp_turn_hook,
      plugin },
    { "rtp/seat", RFL_EVENT_MEDIA_OFFERED, RFL_HOOK_LATE, NULL, NULL, rtp_seats_take_hook, plugin },
    { "rtp/wanted", RFL_EVENT_OFFER_WANTED, RFL_HOOK_NORMAL, NULL, NULL, rtp_wanted_hook, plugin },
    { "rtp/joined", RFL_EVENT_PARTICIPANT_JOINED, RFL_HOOK_NORMAL, NULL, NULL, rtp_peer_joined_hook,
      plugin },
    { "rtp/changed", RFL_EVENT_MEDIUM_CHANGED, RFL_HOOK_NORMAL, NULL, NULL, rtp_peer_changed_hook,
      plugin },
    { "rtp/confirmed", RFL_EVENT_PARTICIPANT_CONFIRMED, RFL_HOOK_NORMAL, NULL, NULL,
      rtp_peer_confirmed_hook, plugin },
    { "rtp/formats", RFL_EVENT_FORMATS_CHANGED, RFL_HOOK_NORMAL, NULL, NULL, rtp_peer_formats_hook,
      plugin },
    { "rtp/left", RFL_EVENT_PARTICIPANT_LEFT, RFL_HOOK_NORMAL, NULL, NULL, rtp_peer_left_hook,
      plugin },
    { "rtp/keyframe", RFL_EVENT_SOURCE_APPEARED, RFL_HOOK_LATE, NULL, NULL,
      rtp_keyframe_appeared_hook, plugin },
    { "rtp/keyframe-end", RFL_EVENT_SOURCE_VANISHED, RFL_HOOK_NORMAL, NULL, NULL,
      rtp_keyframe_vanished_hook, plugin },
  };

  return rfl_bus_add_hooks (rfl_core_get_bus (plugin->core), hooks, G_N_ELEMENTS (hooks),
                            plugin->hooks, error);
}

static void
get_counters (RtpPlugin *plugin)
{
  for (guint i = 0; i < RTP_N_REFUSED; i++)
    {
      g_autofree char *name = g_strconcat ("rtp.refused_", rtp_refused_name (i), NULL);
      plugin->refused[i] = rfl_counter_get (plugin->core, name, "packets refused for this reason");
    }
  rtp_seats_get_counters (plugin);
  plugin->latched =
      rfl_counter_get (plugin->core, "rtp.latched", "remote addresses tied to a participant");
  plugin->moved = rfl_counter_get (plugin->core, "rtp.moved", "addresses that moved");
  plugin->proved = rfl_counter_get (plugin->core, "rtp.proved", "addresses that ICE has proved");
  plugin->second =
      rfl_counter_get (plugin->core, "rtp.second_ports", "media that were told the second ports");
  plugin->keepalives =
      rfl_counter_get (plugin->core, "rtp.keepalives",
                       "datagrams that keep a NAT's holes open, and others that are nothing");
  plugin->deferred = rfl_counter_get (plugin->core, "rtp.deferred",
                                      "answers that waited for another participant's packets");
  plugin->inactive =
      rfl_counter_get (plugin->core, "rtp.inactive", "participants ended for inactivity");
  plugin->limited_formats =
      rfl_counter_get (plugin->core, "rtp.limited_formats",
                       "codecs refused: no more formats in a session's medium");
  plugin->unmixed = rfl_counter_get (plugin->core, "rtp.unmixed",
                                     "media that the mixer has refused and that get one speaker");
  plugin->rtcp_unsent = rfl_counter_get (plugin->core, "rtp.rtcp_unsent",
                                         "RTCP for participants whose address is not known");
}

gboolean
rtp_plugin_start (gpointer self, GError **error)
{
  RtpPlugin *plugin = self;

  get_counters (plugin);
  plugin->turn_timer = rfl_timer_new (plugin->clock, "rtp turns", rtp_turns_run, plugin);
  plugin->keyframe_timer =
      rfl_timer_new (plugin->clock, "rtp keyframes", rtp_keyframe_timer, plugin);
  plugin->activity_timer =
      rfl_timer_new (plugin->clock, "rtp activity", rtp_activity_timer, plugin);
  find_ice (plugin);
  if (!open_ports (plugin, error) || !add_hooks (plugin, error))
    {
      rtp_plugin_stop (plugin);
      return FALSE;
    }
  rfl_timer_repeat (plugin->activity_timer, RTP_ACTIVITY_INTERVAL);
  return TRUE;
}

void
rtp_plugin_stop (gpointer self)
{
  RtpPlugin *plugin = self;
  GHashTableIter iter;
  gpointer peer;

  rfl_bus_remove_hooks (rfl_core_get_bus (plugin->core), plugin->hooks);
  g_clear_pointer (&plugin->turn_timer, rfl_timer_free);
  g_clear_pointer (&plugin->keyframe_timer, rfl_timer_free);
  g_clear_pointer (&plugin->activity_timer, rfl_timer_free);
  rtp_turns_clear (plugin);
  for (;;)
    {
      g_hash_table_iter_init (&iter, plugin->peers);
      if (!g_hash_table_iter_next (&iter, &peer, NULL))
        break;
      rtp_peer_detach (peer);
    }
  g_hash_table_remove_all (plugin->keyframes);
  leave_ice (plugin);
  close_ports (plugin);
}

void
rtp_plugin_free (gpointer self)
{
  RtpPlugin *plugin = self;

  rtp_plugin_stop (plugin);
  for (guint i = 0; i < RTP_N_KINDS; i++)
    g_clear_pointer (&plugin->kinds[i].preferences, g_ptr_array_unref);
  g_clear_pointer (&plugin->advertised, g_array_unref);
  rtp_latch_free (plugin->latch);
  g_hash_table_unref (plugin->peers);
  g_hash_table_unref (plugin->keyframes);
  g_array_unref (plugin->hooks);
  g_free (plugin);
}
