/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin's options and what becomes of them. Opens nothing. */
#include "plugins/sip/listen/listen.h"
#include "plugins/sip/instance.h"
#include "plugins/sip/mode/mode.h"
#include <string.h>

static const char *const authenticate_choices[] = { "auto", "on", "off", NULL };
static const char *const register_choices[] = { "auto", "on", "off", NULL };
static const char *const subscribers_choices[] = { "participants", "authenticated", "all", NULL };
static const char *const second_call_choices[] = { "allow", "replace", "refuse", NULL };

const RflOption sip_options[] = {
  { .name = "port",
    .type = RFL_OPTION_INT,
    .fallback = "5060",
    .min = 1,
    .max = 65535,
    .help = "UDP and TCP port to listen on" },
  { .name = "addresses",
    .type = RFL_OPTION_STRINGS,
    .help = "numeric local addresses to listen on; empty: all that the host has" },
  { .name = "transports",
    .type = RFL_OPTION_STRINGS,
    .fallback = "[ \"udp\", \"tcp\" ]",
    .help = "any of udp and tcp" },
  { .name = "advertise",
    .type = RFL_OPTION_STRING,
    .help = "numeric address to write into Contact instead of the one that the request came to" },
  { .name = "authenticate",
    .type = RFL_OPTION_STRING,
    .fallback = "\"auto\"",
    .choices = authenticate_choices,
    .help = "challenge callers: auto (when the auth plugin has users), on, off" },
  { .name = "max_calls",
    .type = RFL_OPTION_INT,
    .fallback = "6000",
    .min = 1,
    .max = 100000,
    .help = "calls at a time; more get 503" },
  { .name = "max_connections",
    .type = RFL_OPTION_INT,
    .fallback = "500",
    .min = 1,
    .max = 5000,
    .help = "TCP connections at a time; above, those without a call are closed" },
  { .name = "max_connections_of_address",
    .type = RFL_OPTION_INT,
    .fallback = "100",
    .min = 1,
    .max = 5000,
    .help = "TCP connections of one address at a time; above, those without a call are closed" },
  { .name = "first_message",
    .type = RFL_OPTION_INT,
    .fallback = "30",
    .min = 1,
    .max = 3600,
    .help = "seconds in which a new TCP connection must bring a whole request" },
  { .name = "idle",
    .type = RFL_OPTION_INT,
    .fallback = "1800",
    .min = 1,
    .max = 86400,
    .help = "seconds after which a silent TCP connection is closed" },
  { .name = "transaction_timeout",
    .type = RFL_OPTION_INT,
    .fallback = "32",
    .min = 1,
    .max = 64,
    .help = "seconds to wait for an ACK or for an answer to BYE (64*T1 of RFC 3261)" },
  { .name = "register",
    .type = RFL_OPTION_STRING,
    .fallback = "\"auto\"",
    .choices = register_choices,
    .help = "take registrations: auto (of authenticated users), on (of anybody), off" },
  { .name = "max_registrations",
    .type = RFL_OPTION_INT,
    .fallback = "1000",
    .min = 1,
    .max = 100000,
    .help = "registered names; for a further one 503" },
  { .name = "max_contacts",
    .type = RFL_OPTION_INT,
    .fallback = "5",
    .min = 1,
    .max = 20,
    .help = "registered contacts of one name; a further one takes the place of the oldest" },
  { .name = "min_expires",
    .type = RFL_OPTION_INT,
    .fallback = "60",
    .min = 1,
    .max = 3600,
    .help = "seconds that a registration must at least want; else 423" },
  { .name = "max_expires",
    .type = RFL_OPTION_INT,
    .fallback = "7200",
    .min = 60,
    .max = 86400,
    .help = "seconds that a registration lasts at most" },
  { .name = "journal",
    .type = RFL_OPTION_STRING,
    .help =
        "file from which a restart after a crash learns whom to send BYE; empty: none; by default "
        "dialogs in $STATE_DIRECTORY or LOCALSTATEDIR/lib/reflectord" },
  { .name = "message_rate",
    .type = RFL_OPTION_INT,
    .fallback = "5",
    .min = 1,
    .max = 1000,
    .help = "text messages a second that a participant may send to its room; more get 503" },
  { .name = "max_queued_messages",
    .type = RFL_OPTION_INT,
    .fallback = "16",
    .min = 1,
    .max = 1000,
    .help = "text messages that wait for one participant; more are lost for it" },
  { .name = "session_expires",
    .type = RFL_OPTION_INT,
    .fallback = "1800",
    .min = 0,
    .max = 86400,
    .help = "seconds without a refresh after which a call of a client with session timers (RFC "
            "4028) ends, unless it wants less; 0: no session timers" },
  { .name = "min_se",
    .type = RFL_OPTION_INT,
    .fallback = "90",
    .min = 90,
    .max = 86400,
    .help = "the fewest seconds of that kind that a client may want; less gets 422" },
  { .name = "second_call",
    .type = RFL_OPTION_STRING,
    .fallback = "\"allow\"",
    .choices = second_call_choices,
    .help = "somebody in the room calls it once more: allow, replace (the old call ends, if "
            "credentials or address show that it is his), refuse (486)" },
  { .name = "invite_rate",
    .type = RFL_OPTION_DOUBLE,
    .fallback = "100.0",
    .max = 100000,
    .help = "INVITEs a second that one address may send outside of calls; 0: any number" },
  { .name = "invite_burst",
    .type = RFL_OPTION_INT,
    .fallback = "1000",
    .min = 1,
    .max = 1000000,
    .help = "as many of them at once" },
  { .name = "request_rate",
    .type = RFL_OPTION_DOUBLE,
    .fallback = "50.0",
    .max = 100000,
    .help = "other requests a second that one address may send outside of calls; 0: any number" },
  { .name = "request_burst",
    .type = RFL_OPTION_INT,
    .fallback = "1000",
    .min = 1,
    .max = 1000000,
    .help = "as many of them at once" },
  { .name = "wrong_rate",
    .type = RFL_OPTION_DOUBLE,
    .fallback = "0.2",
    .max = 1000,
    .help =
        "wrong credentials a second of one address that get a new challenge, others 503; 0: all" },
  { .name = "wrong_burst",
    .type = RFL_OPTION_INT,
    .fallback = "20",
    .min = 1,
    .max = 100000,
    .help = "as many of them at once" },
  { .name = "wrong_attempts",
    .type = RFL_OPTION_INT,
    .fallback = "5",
    .max = 1000,
    .help =
        "wrong passwords of a user name from one address before further ones are refused unseen "
        "for a second, then two, four, eight ...; 0: any number" },
  { .name = "wrong_wait",
    .type = RFL_OPTION_INT,
    .fallback = "300",
    .min = 1,
    .max = 86400,
    .help = "the most seconds of that" },
  { .name = "max_wrong_users",
    .type = RFL_OPTION_INT,
    .fallback = "10000",
    .min = 16,
    .max = 1000000,
    .help = "pairs of address and user name whose wrong passwords are remembered" },
  { .name = "sha256_agents",
    .type = RFL_OPTION_STRINGS,
    .fallback = "[ \"Linphonec/5\" ]",
    .help = "parts of the User-Agent of phones that are challenged with SHA-256 where auth offers "
            "it, not only with "
            "MD5; \"\": all phones" },
  { .name = "unlimited",
    .type = RFL_OPTION_STRINGS,
    .help = "addresses or networks (10.0.0.0/8) without these limits: proxies in front" },
  { .name = "overload_lag",
    .type = RFL_OPTION_INT,
    .fallback = "250",
    .max = 60000,
    .help = "milliseconds by which the daemon may come late, twice in a row, before new calls get "
            "503; 0: never" },
  { .name = "listeners",
    .type = RFL_OPTION_GROUPS,
    .members = sip_listen_options,
    .help = "where to listen instead of port, addresses and transports, each with its own rules" },
  { .name = "call_registered",
    .type = RFL_OPTION_BOOL,
    .fallback = "true",
    .help =
        "call the phones that are registered under a room's name when somebody calls the room" },
  { .name = "ring_time",
    .type = RFL_OPTION_INT,
    .fallback = "30",
    .min = 1,
    .max = 180,
    .help = "seconds that a registered phone rings" },
  { .name = "ring_interval",
    .type = RFL_OPTION_INT,
    .fallback = "10",
    .min = 0,
    .max = 3600,
    .help = "seconds at least between two calls to the same registered name" },
  { .name = "subscribers",
    .type = RFL_OPTION_STRING,
    .fallback = "\"participants\"",
    .choices = subscribers_choices,
    .help = "who may subscribe to the roster of a room (RFC 4575): participants (of that room), "
            "authenticated (and everybody with credentials), all (anybody)" },
  { .name = "max_subscriptions",
    .type = RFL_OPTION_INT,
    .fallback = "2000",
    .min = 0,
    .max = 100000,
    .help = "subscriptions to rosters at a time; more get 503" },
  { .name = "max_subscriptions_of_room",
    .type = RFL_OPTION_INT,
    .fallback = "500",
    .min = 0,
    .max = 100000,
    .help = "subscriptions to the roster of one room; more get 503" },
  { .name = "min_subscription",
    .type = RFL_OPTION_INT,
    .fallback = "60",
    .min = 1,
    .max = 3600,
    .help = "seconds that a subscription must at least want; else 423" },
  { .name = "max_subscription",
    .type = RFL_OPTION_INT,
    .fallback = "3600",
    .min = 60,
    .max = 86400,
    .help = "seconds that a subscription lasts at most without a refresh" },
  { .name = "notify_interval",
    .type = RFL_OPTION_INT,
    .fallback = "1000",
    .min = 0,
    .max = 60000,
    .help = "milliseconds at least between two NOTIFYs of a subscription; what changes meanwhile "
            "comes in one" },
  { .name = "max_roster",
    .type = RFL_OPTION_INT,
    .fallback = "500",
    .min = 1,
    .max = 10000,
    .help = "users of a room that subscribers are told of; more are counted only" },
  { .name = "audio_mode",
    .type = RFL_OPTION_STRING,
    .fallback = "\"mix\"",
    .choices = sip_mode_audio_choices,
    .help = "what callers hear whose URI has no mode=: all (every source as it is), mix (one "
            "stream, the sum of the others), one (one stream, the active speaker)" },
  { .name = "video_mode",
    .type = RFL_OPTION_STRING,
    .fallback = "\"one\"",
    .choices = sip_mode_video_choices,
    .help = "what they see: all, one" },
  { .name = "modes",
    .type = RFL_OPTION_GROUPS,
    .members = sip_mode_members,
    .help = "exceptions from audio_mode and video_mode; of those that match the first decides" },
  RFL_OPTION_END
};

void
sip_settings_init (SipSettings *settings)
{
  memset (settings, 0, sizeof *settings);
  sip_limits_init (&settings->limits);
}

void
sip_settings_clear (SipSettings *settings)
{
  g_clear_pointer (&settings->listens, g_ptr_array_unref);
  sip_limits_clear (&settings->limits);
  g_clear_pointer (&settings->journal, g_free);
  g_clear_pointer (&settings->modes, sip_mode_rules_free);
}

static SipRegistrarMode
read_register (const RflSettings *from)
{
  const char *text = rfl_settings_get_string (from, "register");

  if (g_strcmp0 (text, "on") == 0)
    return SIP_REGISTRAR_ON;
  return g_strcmp0 (text, "off") == 0 ? SIP_REGISTRAR_OFF : SIP_REGISTRAR_AUTO;
}

static gboolean
read_registrar (SipSettings *settings, const RflSettings *from, GError **error)
{
  settings->registrar = read_register (from);
  settings->max_registrations = rfl_settings_get_int (from, "max_registrations");
  settings->max_contacts = rfl_settings_get_int (from, "max_contacts");
  settings->min_expires = rfl_settings_get_int (from, "min_expires");
  settings->max_expires = rfl_settings_get_int (from, "max_expires");
  if (settings->max_expires >= settings->min_expires)
    return TRUE;
  return rfl_settings_set_error (from, "max_expires", error, "less than min_expires");
}

static SipSecondCall
read_second_call (const RflSettings *from)
{
  const char *text = rfl_settings_get_string (from, "second_call");

  if (g_strcmp0 (text, "replace") == 0)
    return SIP_SECOND_CALL_REPLACE;
  return g_strcmp0 (text, "refuse") == 0 ? SIP_SECOND_CALL_REFUSE : SIP_SECOND_CALL_ALLOW;
}

static gboolean
read_session_timers (SipSettings *settings, const RflSettings *from, GError **error)
{
  settings->session_expires = rfl_settings_get_int (from, "session_expires");
  settings->min_se = rfl_settings_get_int (from, "min_se");
  if (settings->session_expires != 0 && settings->session_expires < settings->min_se)
    return rfl_settings_set_error (from, "session_expires", error,
                                   "%u is less than min_se, which is %u", settings->session_expires,
                                   settings->min_se);
  return TRUE;
}

gboolean
sip_settings_read (SipSettings *settings, const RflSettings *from, GError **error)
{
  settings->listens = sip_listens_read (from, error);
  if (settings->listens == NULL)
    return FALSE;
  settings->modes = sip_mode_rules_read (from, error);
  if (settings->modes == NULL)
    return FALSE;
  settings->max_calls = rfl_settings_get_int (from, "max_calls");
  settings->max_connections = rfl_settings_get_int (from, "max_connections");
  settings->message_rate = rfl_settings_get_int (from, "message_rate");
  settings->max_queued_messages = rfl_settings_get_int (from, "max_queued_messages");
  settings->call_registered = rfl_settings_get_bool (from, "call_registered");
  settings->ring_time = rfl_settings_get_int (from, "ring_time");
  settings->ring_interval = rfl_settings_get_int (from, "ring_interval");
  settings->max_connections_of_address = rfl_settings_get_int (from, "max_connections_of_address");
  settings->first_message = rfl_settings_get_int (from, "first_message");
  settings->idle = rfl_settings_get_int (from, "idle");
  settings->journal = g_strdup (rfl_settings_get_string (from, "journal"));
  settings->transaction_timeout = rfl_settings_get_int (from, "transaction_timeout");
  settings->second_call = read_second_call (from);
  return sip_limits_read (&settings->limits, from, error)
         && sip_conference_settings_read (&settings->conference, from, error)
         && read_session_timers (settings, from, error) && read_registrar (settings, from, error);
}
