/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which ports the media have: options for each, or lines UDP_PORT and UDP_RANGE as files of old
 * hold them. Every medium has one port for RTP and one for RTCP, so a range gives its first pairs.
 */
#define RFL_LOG_DOMAIN "rtp"
#include "plugins/rtp/classic.h"

#include <reflector/log.h>
#include <string.h>

/* clang-format off */
#define LINE_MEMBERS                                                                               \
  { .name = "type", .type = RFL_OPTION_STRING, .required = TRUE,                                   \
    .help = "RTP, RTCP, or RTP/RTCP: that port and the next" },                                    \
  { .name = "max_clients", .type = RFL_OPTION_INT, .required = TRUE, .min = -1,                    \
    .max = 1000000, .help = "participants who send; -1: no limit of its own" },                    \
  { .name = "max_lurkers", .type = RFL_OPTION_INT, .required = TRUE, .min = -1,                    \
    .max = 1000000, .help = "participants who only receive; -1: no limit of its own" }
/* clang-format on */

const RflOption rtp_port_members[] = {
  { .name = "port",
    .type = RFL_OPTION_INT,
    .required = TRUE,
    .min = 1,
    .max = 65535,
    .help = "UDP port" },
  LINE_MEMBERS,
  { .name = "media", .type = RFL_OPTION_STRING, .required = TRUE, .help = "audio or video" },
  RFL_OPTION_END
};

const RflOption rtp_range_members[] = {
  { .name = "first",
    .type = RFL_OPTION_INT,
    .required = TRUE,
    .min = 1,
    .max = 65535,
    .help = "lowest UDP port" },
  { .name = "last",
    .type = RFL_OPTION_INT,
    .required = TRUE,
    .min = 1,
    .max = 65535,
    .help = "highest UDP port" },
  LINE_MEMBERS,
  { .name = "media",
    .type = RFL_OPTION_STRING,
    .required = TRUE,
    .help = "audio or video: its first pair of ports; all: audio's, then video's" },
  RFL_OPTION_END
};

/* Of the option second_ports; written out it is no wish either. */
#define DEFAULT_SECOND 4

enum {
  RTP,
  RTCP,
  N_TYPES
};

static const char *const kind_names[RTP_N_KINDS] = { "audio", "video" };
static const char *const type_names[N_TYPES] = { "RTP", "RTCP" };
static const char *const option_names[RTP_N_KINDS][N_TYPES] = {
  { "audio_port", "audio_rtcp_port" }, { "video_port", "video_rtcp_port" }
};
/* A default written out is no wish: --check-config prints them all. */
static const guint16 default_ports[RTP_N_KINDS][N_TYPES] = { { 5566, 5567 }, { 5568, 5569 } };
static const char *const limit_names[RTP_N_KINDS][RTP_N_ROLES] = {
  { "audio_max_clients", "audio_max_lurkers" }, { "video_max_clients", "video_max_lurkers" }
};

/**
 * Slot:
 * @by: the settings that say it; %NULL: nobody, it is a default
 * @option: of @by
 */
typedef struct {
  gint64 port;
  const RflSettings *by;
  const char *option;
} Slot;

typedef struct {
  const RflSettings *settings;
  Slot slot[RTP_N_KINDS][N_TYPES];
  RtpPortUse *uses;
} Reading;

/* One line, of either kind. @option: that holds the port */
typedef struct {
  const RflSettings *settings;
  const char *option;
  gint64 first, last;
  gboolean types[N_TYPES];
  guint media;
} Line;

/* "rtp/avp", "RTP+RTCP" … without what stands between. */
static gboolean
read_type (Line *line, GError **error)
{
  const char *text = rfl_settings_get_string (line->settings, "type");
  g_autoptr (GString) plain = g_string_new (NULL);

  for (const char *p = text; *p; p++)
    if (!strchr ("/+,_-&", *p))
      g_string_append_c (plain, g_ascii_toupper (*p));
  if (strcmp (plain->str, "RTP") == 0 || strcmp (plain->str, "RTPAVP") == 0
      || strcmp (plain->str, "RTPAVPF") == 0)
    line->types[RTP] = TRUE;
  else if (strcmp (plain->str, "RTCP") == 0)
    line->types[RTCP] = TRUE;
  else if (strcmp (plain->str, "RTPRTCP") == 0 || strcmp (plain->str, "BOTH") == 0)
    line->types[RTP] = line->types[RTCP] = TRUE;
  else
    return rfl_settings_set_error (line->settings, "type", error,
                                   "is \"%s\", must be RTP, RTCP or RTP/RTCP", text);
  return TRUE;
}

static gboolean
read_media (Line *line, gboolean all, GError **error)
{
  const char *text = rfl_settings_get_string (line->settings, "media");

  line->media = rtp_media_from_text (text);
  if (line->media == 0 || (!all && line->media == 3))
    return rfl_settings_set_error (line->settings, "media", error, "is \"%s\", must be %s", text,
                                   all ? "audio, video or all" : "audio or video");
  return TRUE;
}

static gboolean
set_slot (Reading *reading, const Line *line, guint kind, guint type, gint64 port, GError **error)
{
  Slot *slot = &reading->slot[kind][type];

  if (port > 65535)
    return rfl_settings_set_error (line->settings, line->option, error, "leaves no port for %s",
                                   type_names[type]);
  if (slot->by && slot->port != port)
    return rfl_settings_set_error (line->settings, line->option, error,
                                   "%s has the %s port %" G_GINT64_FORMAT
                                   " already, and one serves everybody",
                                   kind_names[kind], type_names[type], slot->port);
  *slot = (Slot){ port, line->settings, line->option };
  return TRUE;
}

/* The smallest of all that are given. */
static void
limit (RtpPortUse *use, const Line *line)
{
  static const char *const names[RTP_N_ROLES] = { "max_clients", "max_lurkers" };

  for (guint role = 0; role < RTP_N_ROLES; role++)
    {
      gint64 max = rfl_settings_get_int (line->settings, names[role]);
      if (max >= 0)
        use->max[role] = use->max[role] < 0 ? max : MIN (use->max[role], max);
    }
}

/* RTP at @port, RTCP there or at the next one. Returns: how many ports are used, or 0 */
static guint
use_ports (Reading *reading, const Line *line, guint kind, gint64 port, GError **error)
{
  guint n = 0;

  for (guint type = 0; type < N_TYPES; type++)
    if (line->types[type] && !set_slot (reading, line, kind, type, port + (n++ > 0 ? 1 : 0), error))
      return 0;
  limit (&reading->uses[kind], line);
  return n;
}

static gboolean
read_port_line (Reading *reading, const RflSettings *settings, GError **error)
{
  Line line = { .settings = settings, .option = "port" };

  if (!read_type (&line, error) || !read_media (&line, FALSE, error))
    return FALSE;
  line.first = rfl_settings_get_int (settings, "port");
  return use_ports (reading, &line, line.media == 1 ? RTP_AUDIO : RTP_VIDEO, line.first, error) > 0;
}

/* In a range RTP is at the even ports, RTCP at the next (RFC 3550 §11). */
static gboolean
read_range_line (Reading *reading, const RflSettings *settings, GError **error)
{
  Line line = { .settings = settings, .option = "first" };
  gint64 last = rfl_settings_get_int (settings, "last"), next;

  if (!read_type (&line, error) || !read_media (&line, TRUE, error))
    return FALSE;
  next = line.first = rfl_settings_get_int (settings, "first");
  if (last < line.first)
    return rfl_settings_set_error (settings, "last", error, "is below the first port");
  line.types[RTCP] = TRUE;
  for (guint kind = 0; kind < RTP_N_KINDS; kind++)
    {
      if (!(line.media & 1u << kind))
        continue;
      if (line.types[RTP])
        next += next % 2;
      if (next + line.types[RTP] > last)
        return rfl_settings_set_error (settings, "last", error, "the range has no %s left for %s",
                                       line.types[RTP] ? "even port and its next one" : "port",
                                       kind_names[kind]);
      guint n = use_ports (reading, &line, kind, next, error);
      if (n == 0)
        return FALSE;
      next += n;
    }
  if (next <= last)
    rfl_notice (NULL,
                "of the range %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
                " the ports from %" G_GINT64_FORMAT " on stay closed: one pair serves everybody",
                line.first, last, next);
  return TRUE;
}

static void
read_options (Reading *reading)
{
  const RflSettings *s = reading->settings;

  for (guint kind = 0; kind < RTP_N_KINDS; kind++)
    {
      for (guint type = 0; type < N_TYPES; type++)
        {
          const char *name = option_names[kind][type];
          gint64 port = rfl_settings_get_int (s, name);
          reading->slot[kind][type] =
              (Slot){ port, port != default_ports[kind][type] ? s : NULL, name };
        }
      for (guint role = 0; role < RTP_N_ROLES; role++)
        reading->uses[kind].max[role] = rfl_settings_get_int (s, limit_names[kind][role]);
    }
}

/* Without a word about RTCP it is next to an RTP port that was chosen. */
static gboolean
complete (Reading *reading, GError **error)
{
  for (guint kind = 0; kind < RTP_N_KINDS; kind++)
    {
      const Slot *rtp = &reading->slot[kind][RTP];
      Slot *rtcp = &reading->slot[kind][RTCP];
      if (rtcp->by || !rtp->by || rtp->by == reading->settings)
        continue;
      if (rtp->port == 65535)
        return rfl_settings_set_error (rtp->by, rtp->option, error, "leaves no port for RTCP");
      *rtcp = (Slot){ rtp->port + 1, rtp->by, rtp->option };
    }
  return TRUE;
}

static gboolean
check_distinct (const Reading *reading, GError **error)
{
  const Slot *slots = &reading->slot[0][0];

  for (guint i = 0; i < RTP_N_KINDS * N_TYPES; i++)
    for (guint k = 0; k < i; k++)
      {
        /* At the one that somebody wrote. */
        guint at = slots[i].by ? i : k, other = slots[i].by ? k : i;
        const Slot *slot = &slots[at];
        if (slots[i].port == slots[k].port)
          return rfl_settings_set_error (slot->by ? slot->by : reading->settings, slot->option,
                                         error,
                                         "port %" G_GINT64_FORMAT
                                         " is used twice, for %s of %s too",
                                         slot->port, type_names[other % N_TYPES],
                                         kind_names[other / N_TYPES]);
      }
  return TRUE;
}

static gboolean
is_used (const RtpPortUse uses[RTP_N_KINDS], guint port)
{
  for (guint i = 0; i < RTP_N_KINDS; i++)
    if (port == uses[i].rtp || port == uses[i].rtcp || port == uses[i].second_rtp
        || port == uses[i].second_rtcp)
      return TRUE;
  return FALSE;
}

/* So many above the first ones. Where the default does not fit there are none. */
static gboolean
set_second (const RflSettings *s, RtpPortUse uses[RTP_N_KINDS], guint kind, GError **error)
{
  guint above = (guint) rfl_settings_get_int (s, "second_ports");
  RtpPortUse *use = &uses[kind];
  guint rtp = use->rtp + above, rtcp = use->rtcp + above;

  if (above == 0)
    return TRUE;
  if (rtp <= G_MAXUINT16 && rtcp <= G_MAXUINT16 && !is_used (uses, rtp) && !is_used (uses, rtcp))
    {
      use->second_rtp = (guint16) rtp;
      use->second_rtcp = (guint16) rtcp;
      return TRUE;
    }
  if (above != DEFAULT_SECOND)
    return rfl_settings_set_error (s, "second_ports", error, "ports %u and %u for %s are not free",
                                   rtp, rtcp, kind_names[kind]);
  rfl_notice (NULL, "no second ports for %s: %u or %u has another use", kind_names[kind], rtp,
              rtcp);
  return TRUE;
}

gboolean
rtp_ports_read (const RflSettings *s, RtpPortUse uses[RTP_N_KINDS], GError **error)
{
  Reading reading = { .settings = s, .uses = uses };

  memset (uses, 0, RTP_N_KINDS * sizeof *uses);
  read_options (&reading);
  for (guint i = 0; i < rfl_settings_get_n_groups (s, "udp_ports"); i++)
    if (!read_port_line (&reading, rfl_settings_get_group (s, "udp_ports", i), error))
      return FALSE;
  for (guint i = 0; i < rfl_settings_get_n_groups (s, "udp_ranges"); i++)
    if (!read_range_line (&reading, rfl_settings_get_group (s, "udp_ranges", i), error))
      return FALSE;
  if (!complete (&reading, error) || !check_distinct (&reading, error))
    return FALSE;
  for (guint kind = 0; kind < RTP_N_KINDS; kind++)
    {
      uses[kind].rtp = reading.slot[kind][RTP].port;
      uses[kind].rtcp = reading.slot[kind][RTCP].port;
    }
  for (guint kind = 0; kind < RTP_N_KINDS; kind++)
    if (!set_second (s, uses, kind, error))
      return FALSE;
  return rtp_traffic_read (s, uses, error);
}
