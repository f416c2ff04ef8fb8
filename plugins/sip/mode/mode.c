/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules that give each medium of a call its mode: the first that matches and names the medium
 * decides. Reads no message: see invite.c and fork.c.
 */
#include "plugins/sip/mode/mode.h"
#include <string.h>

/* What is compared of a User-Agent. */
#define MAX_AGENT 255

typedef struct {
  GPatternSpec *room, *agent;    /* %NULL: any */
  gboolean has_audio, has_video; /* the rule speaks of it */
  SipModes modes;
} Rule;

struct _SipModeRules {
  GPtrArray *rules; /* Rule */
  SipModes fallback;
};

const char *const sip_mode_audio_choices[] = { "all", "mix", "one", NULL };
const char *const sip_mode_video_choices[] = { "all", "one", NULL };

const RflOption sip_mode_members[] = {
  { .name = "room",
    .type = RFL_OPTION_STRING,
    .help = "rooms it is for, * and ? stand for anything; absent: all" },
  { .name = "agent",
    .type = RFL_OPTION_STRING,
    .help = "likewise the phone's User-Agent; absent: all" },
  { .name = "audio",
    .type = RFL_OPTION_STRING,
    .choices = sip_mode_audio_choices,
    .help = "as audio_mode; absent: a later rule decides" },
  { .name = "video",
    .type = RFL_OPTION_STRING,
    .choices = sip_mode_video_choices,
    .help = "as video_mode; absent: a later rule decides" },
  RFL_OPTION_END
};

static void
rule_free (gpointer data)
{
  Rule *rule = data;

  g_clear_pointer (&rule->room, g_pattern_spec_free);
  g_clear_pointer (&rule->agent, g_pattern_spec_free);
  g_free (rule);
}

void
sip_mode_rules_free (SipModeRules *rules)
{
  if (rules == NULL)
    return;
  g_ptr_array_unref (rules->rules);
  g_free (rules);
}

/* The choices have been checked. Returns: whether it is said. */
static gboolean
read_mode (const RflSettings *from, const char *name, RflLegMode *out)
{
  const char *text = rfl_settings_get_string (from, name);

  if (text == NULL)
    return FALSE;
  *out = strcmp (text, "all") == 0   ? RFL_LEG_ALL
         : strcmp (text, "mix") == 0 ? RFL_LEG_MIX
                                     : RFL_LEG_ONE;
  return TRUE;
}

static gboolean
read_pattern (const RflSettings *from, const char *name, GPatternSpec **out, GError **error)
{
  const char *text = rfl_settings_get_string (from, name);

  if (text == NULL)
    return TRUE;
  if (*text == '\0')
    return rfl_settings_set_error (from, name, error, "an empty pattern matches nothing");
  *out = g_pattern_spec_new (text);
  return TRUE;
}

static gboolean
read_rule (GPtrArray *rules, const RflSettings *from, GError **error)
{
  Rule *rule = g_new0 (Rule, 1);

  g_ptr_array_add (rules, rule);
  rule->has_audio = read_mode (from, "audio", &rule->modes.audio);
  rule->has_video = read_mode (from, "video", &rule->modes.video);
  if (!read_pattern (from, "room", &rule->room, error)
      || !read_pattern (from, "agent", &rule->agent, error))
    return FALSE;
  if (rule->room == NULL && rule->agent == NULL)
    return rfl_settings_set_error (from, NULL, error,
                                   "names neither room nor agent: what is for all is audio_mode "
                                   "and video_mode");
  if (!rule->has_audio && !rule->has_video)
    return rfl_settings_set_error (from, NULL, error, "names neither audio nor video");
  return TRUE;
}

SipModeRules *
sip_mode_rules_read (const RflSettings *from, GError **error)
{
  g_autoptr (SipModeRules) rules = g_new0 (SipModeRules, 1);
  guint n = rfl_settings_get_n_groups (from, "modes");

  rules->rules = g_ptr_array_new_with_free_func (rule_free);
  read_mode (from, "audio_mode", &rules->fallback.audio);
  read_mode (from, "video_mode", &rules->fallback.video);
  for (guint i = 0; i < n; i++)
    if (!read_rule (rules->rules, rfl_settings_get_group (from, "modes", i), error))
      return NULL;
  return g_steal_pointer (&rules);
}

/* GLib's patterns walk over UTF-8 and trust it. */
static char *
comparable (const char *agent)
{
  return g_utf8_make_valid (agent, (gssize) strnlen (agent, MAX_AGENT));
}

static gboolean
matches (const Rule *rule, const char *room, const char *agent)
{
  return (rule->room == NULL || g_pattern_spec_match_string (rule->room, room))
         && (rule->agent == NULL || g_pattern_spec_match_string (rule->agent, agent));
}

SipModes
sip_mode_choose (const SipModeRules *rules, const char *room, const char *agent)
{
  g_autofree char *text = comparable (agent ? agent : "");
  SipModes modes = rules->fallback;
  gboolean audio = FALSE, video = FALSE;

  for (guint i = 0; i < rules->rules->len && !(audio && video); i++)
    {
      const Rule *rule = rules->rules->pdata[i];
      if (!matches (rule, room, text))
        continue;
      if (rule->has_audio && !audio)
        modes.audio = rule->modes.audio;
      if (rule->has_video && !video)
        modes.video = rule->modes.video;
      audio |= rule->has_audio;
      video |= rule->has_video;
    }
  return modes;
}

SipModes
sip_mode_of_all (RflLegMode mode)
{
  return (SipModes){ mode, mode == RFL_LEG_MIX ? RFL_LEG_ONE : mode };
}
