/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this side offers: to a participant without media everything there could be, to one
 * that has media what is in force. Answers nothing: see offer.c.
 */
#include "plugins/rtp/codecs.h"
#include "plugins/rtp/mix.h"
#include "plugins/rtp/rtp.h"

#include <string.h>

#define FIRST_DYNAMIC 96
#define LAST_DYNAMIC 127
/* Of the header extension for audio levels (RFC 6464): what clients that know of it mostly choose. */
#define LEVEL_NUMBER 1

/* Dynamic numbers are used once in a whole offer: some phones keep one table for all. */
typedef struct {
  gboolean used[LAST_DYNAMIC + 1];
} Numbers;

static guint8
take_number (const RtpTraffic *traffic, Numbers *numbers)
{
  for (guint8 pt = FIRST_DYNAMIC; pt <= LAST_DYNAMIC; pt++)
    if (!numbers->used[pt] && rtp_traffic_allows_number (traffic, pt))
      {
        numbers->used[pt] = TRUE;
        return pt;
      }
  return RFL_PT_NONE;
}

static void
add_format (GPtrArray *out, const RtpKind *kind, const RflFormat *format, Numbers *numbers)
{
  guint8 pt = rtp_codecs_static_number (format);

  if (pt == RFL_PT_NONE)
    pt = take_number (&kind->traffic, numbers);
  if (pt != RFL_PT_NONE && rtp_traffic_allows_number (&kind->traffic, pt))
    g_ptr_array_add (out, rfl_format_new (pt, format->encoding, format->clock_rate,
                                          format->channels, format->fmtp));
}

static gboolean
is_events (const RflFormat *format)
{
  return g_ascii_strcasecmp (format->encoding, "telephone-event") == 0;
}

static gboolean
has_events (const GPtrArray *formats, guint clock_rate)
{
  for (guint i = 0; i < formats->len; i++)
    {
      const RflFormat *format = formats->pdata[i];
      if (is_events (format) && format->clock_rate == clock_rate)
        return TRUE;
    }
  return FALSE;
}

/* RFC 4733 §2.1: its rate is that of the codec it goes with. */
static void
add_telephone_events (GPtrArray *out, const RtpKind *kind, Numbers *numbers)
{
  guint n = out->len;

  for (guint i = 0; i < n; i++)
    {
      guint rate = ((const RflFormat *) out->pdata[i])->clock_rate;
      g_autoptr (RflFormat) events = rfl_format_new (0, "telephone-event", rate, 1, "0-16");
      if (!has_events (out, rate))
        add_format (out, kind, events, numbers);
    }
}

static void
add_configured (GPtrArray *out, const RtpKind *kind, Numbers *numbers)
{
  for (guint i = 0; i < kind->preferences->len; i++)
    add_format (out, kind, kind->preferences->pdata[i], numbers);
}

static void
add_copies (GPtrArray *out, const GPtrArray *formats)
{
  for (guint i = 0; i < formats->len; i++)
    g_ptr_array_add (out, rfl_format_copy (formats->pdata[i]));
}

/* Formats have come from different participants, who may have used one number for two. */
static void
add_numbered (GPtrArray *out, const RtpKind *kind, const RflFormat *format, Numbers *numbers)
{
  gboolean taken = format->pt > LAST_DYNAMIC;

  for (guint i = 0; i < out->len && !taken; i++)
    taken = ((const RflFormat *) out->pdata[i])->pt == format->pt;
  if (taken)
    add_format (out, kind, format, numbers);
  else
    g_ptr_array_add (out, rfl_format_copy (format));
}

/* The session's formats, its codec first. */
static void
add_session (GPtrArray *out, const RtpKind *kind, const RflRoute *route, Numbers *numbers)
{
  add_numbered (out, kind, route->formats->pdata[route->codec], numbers);
  for (guint i = 0; i < route->formats->len; i++)
    if (i != route->codec)
      add_numbered (out, kind, route->formats->pdata[i], numbers);
}

/* What the session speaks by now, if the participant has said that it speaks it, too. Whoever gets the
 * mix needs nothing else than what it has. */
static void
add_new_codec (GPtrArray *out, const RflMedium *medium)
{
  const RflRoute *route = medium->route;
  const RflFormat *codec, *match;

  if (!medium->current->accepted || medium->current->mode == RFL_LEG_MIX || !route
      || route->formats->len == 0)
    return;
  codec = route->formats->pdata[route->codec];
  match = rtp_codecs_find (medium->current->formats, codec);
  if (match && !rtp_codecs_find (medium->current->answer, codec))
    g_ptr_array_add (out, rfl_format_copy (match));
}

static void
set_address (RflMediumDesc *desc, const RtpKind *kind, const RflParticipant *p)
{
  rtp_offer_address (kind->plugin, &p->signalling, &desc->local, &desc->answer_rtp);
  desc->answer_rtcp = desc->answer_rtp;
  rtp_pair_answer (&kind->pairs[RTP_FIRST_PAIR], desc);
}

/* What the mixer knows beside what is there, with telephone events of its rates. */
static void
add_mixable (GPtrArray *out, const RtpKind *kind, Numbers *numbers)
{
  g_autoptr (GPtrArray) known = rtp_mix_list (kind);

  for (guint i = 0; known && i < known->len; i++)
    if (rtp_codecs_find (out, known->pdata[i]) == NULL)
      add_format (out, kind, known->pdata[i], numbers);
}

static RflMediumDesc *
make_new (const RtpKind *kind, const RflParticipant *p, Numbers *numbers)
{
  const RflRoute *route = rfl_session_get_route (p->session, kind->name);
  RflMediumDesc *desc = rfl_medium_desc_new (kind->name);

  if (route->formats->len > 0)
    add_session (desc->answer, kind, route, numbers);
  else
    add_configured (desc->answer, kind, numbers);
  add_mixable (desc->answer, kind, numbers);
  if (kind == &kind->plugin->kinds[RTP_AUDIO])
    {
      if (route->formats->len == 0 || rtp_mix_is_possible (kind))
        add_telephone_events (desc->answer, kind, numbers);
      desc->answer_audio_level = LEVEL_NUMBER;
    }
  desc->direction = RFL_DIRECTION_BOTH;
  desc->local = p->local;
  desc->accepted = desc->answer->len > 0;
  set_address (desc, kind, p);
  return desc;
}

/* The session's formats keep their numbers, which new ones must not meet. */
static void
note_used (Numbers *numbers, const GPtrArray *formats)
{
  for (guint i = 0; i < formats->len; i++)
    numbers->used[((const RflFormat *) formats->pdata[i])->pt & 0x7f] = TRUE;
}

static void
offer_all (RtpPlugin *plugin, RflParticipant *p, GPtrArray *out)
{
  Numbers numbers = { { FALSE } };

  for (guint i = 0; i < RTP_N_KINDS; i++)
    note_used (&numbers, rfl_session_get_route (p->session, plugin->kinds[i].name)->formats);
  for (guint i = 0; i < RTP_N_KINDS; i++)
    {
      RflMediumDesc *desc = make_new (&plugin->kinds[i], p, &numbers);
      if (desc->accepted)
        g_ptr_array_add (out, desc);
      else
        rfl_medium_desc_free (desc);
    }
}

/* Also the m-lines of other plugins, whose places must be kept. This side holds nobody, so
 * whoever asks anew gets both directions offered, even while it has put us on hold. */
static RflMediumDesc *
copy_current (const RflMedium *medium)
{
  const RflMediumDesc *current = medium->current;
  RflMediumDesc *desc = rfl_medium_desc_new (medium->kind);

  if (current == NULL)
    return desc;
  add_new_codec (desc->answer, medium);
  add_copies (desc->answer, current->answer);
  desc->direction = current->accepted ? RFL_DIRECTION_BOTH : RFL_DIRECTION_NONE;
  desc->mode = current->mode;
  desc->local = current->local;
  desc->accepted = current->accepted;
  desc->answer_rtp = current->answer_rtp;
  desc->answer_rtcp = current->answer_rtcp;
  desc->answer_mux = current->answer_mux;
  desc->answer_rsize = current->answer_rsize;
  desc->answer_audio_level = current->answer_audio_level;
  return desc;
}

RflHookResult
rtp_wanted_hook (RflEvent *event, gpointer data, GError **error)
{
  RtpPlugin *plugin = data;
  RflParticipant *p = event->participant;

  if (p->origin)
    return RFL_HOOK_CONTINUE;
  if (p->media->len == 0)
    offer_all (plugin, p, event->offers);
  for (guint i = 0; i < p->media->len; i++)
    g_ptr_array_add (event->offers, copy_current (p->media->pdata[i]));
  return RFL_HOOK_CONTINUE;
}
