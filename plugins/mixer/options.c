/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The option table. Not for what the options do. */
#include "config.h"

#include "plugins/mixer/codec/codec.h"
#include "plugins/mixer/mixer.h"

static const char *const event_choices[] = { "pass", "consume", NULL };

const RflOption mixer_options[] = {
  { .name = "threads",
    .type = RFL_OPTION_INT,
    .fallback = "0",
    .min = 0,
    .max = MIXER_MAX_THREADS,
    .help = "Threads that mix; 0: one for each two processors. Needs a restart" },
  { .name = "max_rooms",
    .type = RFL_OPTION_INT,
    .fallback = "1000",
    .min = 1,
    .max = 100000,
    .help = "Sessions that are mixed at a time" },
  { .name = "max_sources",
    .type = RFL_OPTION_INT,
    .fallback = "300",
    .min = 1,
    .max = 10000,
    .help = "Sources of a session that are decoded; further ones are not heard in the mix" },
  { .name = "max_listeners",
    .type = RFL_OPTION_INT,
    .fallback = "10000",
    .min = 1,
    .max = 100000,
    .help = "Participants of a session who hear the mix" },
  { .name = "max_speakers",
    .type = RFL_OPTION_INT,
    .fallback = "8",
    .min = 1,
    .max = MIX_MAX_SPEAKERS,
    .help = "Sources that are heard at a time: the loudest" },
  { .name = "opus_bitrate",
    .type = RFL_OPTION_INT,
    .fallback = "32000",
    .min = MIX_OPUS_MIN_BITRATE,
    .max = 128000,
    .help = "Bits a second of the mix in Opus, at most; a receiver may ask for less" },
  { .name = "speech_level",
    .type = RFL_OPTION_INT,
    .fallback = "-50",
    .min = -90,
    .max = -20,
    .help = "dBov from which on a source is taken for speaking" },
  { .name = "speech_hangover",
    .type = RFL_OPTION_INT,
    .fallback = "400",
    .min = 0,
    .max = 5000,
    .help = "Milliseconds that a source is heard on after it fell below that" },
  { .name = "automatic_level",
    .type = RFL_OPTION_BOOL,
    .help = "Bring all speakers to one loudness; else each stays as loud as it comes" },
  { .name = "telephone_events",
    .type = RFL_OPTION_STRING,
    .fallback = "\"pass\"",
    .choices = event_choices,
    .help = "Keys (RFC 4733): pass them to the others who hear the mix, or consume them" },
  { .name = "join_tone",
    .type = RFL_OPTION_BOOL,
    .fallback = "true",
    .help = "A tone to those who hear the mix when somebody comes" },
  { .name = "leave_tone",
    .type = RFL_OPTION_BOOL,
    .fallback = "true",
    .help = "A tone to those who hear the mix when somebody goes" },
  { .name = "tone_participants",
    .type = RFL_OPTION_INT,
    .fallback = "10",
    .min = 1,
    .max = 100000,
    .help = "No such tones in sessions of more participants than this" },
  { .name = "alone_tone",
    .type = RFL_OPTION_INT,
    .fallback = "30",
    .min = 0,
    .max = 3600,
    .help = "Seconds between tones that tell somebody that nobody else is there; 0: none" },
  RFL_OPTION_END
};

static guint
get (const RflSettings *settings, const char *name)
{
  return (guint) rfl_settings_get_int (settings, name);
}

void
mixer_settings_read (MixerSettings *out, const RflSettings *settings)
{
  *out = (MixerSettings){
    .threads = get (settings, "threads"),
    .max_rooms = get (settings, "max_rooms"),
    .max_sources = get (settings, "max_sources"),
    .max_listeners = get (settings, "max_listeners"),
    .opus_bitrate = get (settings, "opus_bitrate"),
    .join_tone = rfl_settings_get_bool (settings, "join_tone"),
    .leave_tone = rfl_settings_get_bool (settings, "leave_tone"),
    .tone_participants = get (settings, "tone_participants"),
    .alone_interval = get (settings, "alone_tone"),
  };
  out->rules = (MixRules){
    .voice = { .threshold = (gint) rfl_settings_get_int (settings, "speech_level"),
               .hangover = get (settings, "speech_hangover") },
    .max_speakers = get (settings, "max_speakers"),
    .automatic_level = rfl_settings_get_bool (settings, "automatic_level"),
    .pass_events = g_str_equal (rfl_settings_get_string (settings, "telephone_events"), "pass"),
  };
}
