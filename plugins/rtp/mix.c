/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Audio with the service "mixer": who may speak another codec than the session's, and whose leg hangs
 * on which feed. Mixes nothing, and knows no mixer but by its interface.
 */
#include "plugins/rtp/codecs.h"
#include "plugins/rtp/mix.h"

#include <string.h>

/* Returns: (nullable): for audio only; there is no mix of pictures */
static const RflMixer *
find_mixer (const RtpKind *kind, gpointer *self)
{
  RtpPlugin *plugin = kind->plugin;

  if (kind != &plugin->kinds[RTP_AUDIO])
    return NULL;
  return rfl_core_find_service (plugin->core, RFL_MIXER_SERVICE, RFL_MIXER_VERSION, self);
}

gboolean
rtp_mix_is_possible (const RtpKind *kind)
{
  gpointer self;

  return find_mixer (kind, &self) != NULL;
}

static gboolean
knows (const RtpKind *kind, const RflFormat *format)
{
  gpointer self;
  const RflMixer *mixer = find_mixer (kind, &self);

  return mixer && mixer->knows (self, format);
}

/* RtpCodecFunc */
static gboolean
is_known (const RflFormat *codec, gpointer data)
{
  return knows (data, codec);
}

const RflFormat *
rtp_mix_choose (const RtpKind *kind, const RflFormat *codec, const GPtrArray *offer)
{
  const RflFormat *match = codec ? rtp_codecs_find (offer, codec) : NULL;

  if (match && knows (kind, match))
    return match;
  for (guint i = 0; i < offer->len; i++)
    if (!rfl_format_is_auxiliary (offer->pdata[i]) && knows (kind, offer->pdata[i]))
      return offer->pdata[i];
  return NULL;
}

void
rtp_mix_extend (const RtpKind *kind, GPtrArray *answer, const GPtrArray *offer)
{
  rtp_codecs_extend (answer, offer, is_known, (gpointer) kind);
}

GPtrArray *
rtp_mix_list (const RtpKind *kind)
{
  gpointer self;
  const RflMixer *mixer = find_mixer (kind, &self);

  return mixer ? mixer->list_formats (self) : NULL;
}

/* ---- formats of the route ---- */

gboolean
rtp_mix_has_room (const GPtrArray *formats, const RflFormat *codec)
{
  return rtp_codecs_find (formats, codec) || formats->len < RFL_ROUTE_MAX_FORMATS;
}

static GPtrArray *
copy_formats (const GPtrArray *formats)
{
  GPtrArray *copy = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_format_free);

  for (guint i = 0; i < formats->len; i++)
    g_ptr_array_add (copy, rfl_format_copy (formats->pdata[i]));
  return copy;
}

void
rtp_mix_append (RflRoute *route, const GPtrArray *answer)
{
  g_autoptr (GPtrArray) formats = copy_formats (route->formats);
  guint before = formats->len;

  for (guint i = 0; i < answer->len; i++)
    if (rtp_mix_has_room (formats, answer->pdata[i])
        && rtp_codecs_find (formats, answer->pdata[i]) == NULL)
      g_ptr_array_add (formats, rfl_format_copy (answer->pdata[i]));
  if (formats->len > before)
    rfl_route_set_formats (route, g_steal_pointer (&formats));
}

/* ---- what a participant sends ---- */

static const RflFormat *
find_number (const GPtrArray *formats, guint8 pt)
{
  for (guint i = 0; i < formats->len; i++)
    if (((const RflFormat *) formats->pdata[i])->pt == pt)
      return formats->pdata[i];
  return NULL;
}

gboolean
rtp_mix_learn (RtpMedium *m, guint8 pt)
{
  const RflMediumDesc *desc = m->medium->current;
  const RflFormat *format = find_number (desc->formats, pt);
  g_autoptr (GPtrArray) list = NULL;

  if (desc->mode == RFL_LEG_ONE || format == NULL || rfl_format_is_auxiliary (format)
      || !rtp_traffic_allows (&m->kind->traffic, format) || !knows (m->kind, format))
    return FALSE;
  if (!rtp_mix_has_room (m->medium->route->formats, format))
    {
      rfl_counter_add (m->peer->plugin->limited_formats, 1);
      return FALSE;
    }
  list = rtp_codecs_with_companions (format, desc->formats);
  if (m->learnt == NULL)
    m->learnt = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_format_free);
  for (guint i = 0; i < list->len; i++)
    if (rtp_codecs_find (m->learnt, list->pdata[i]) == NULL)
      g_ptr_array_add (m->learnt, rfl_format_copy (list->pdata[i]));
  rtp_mix_append (m->medium->route, list);
  return TRUE;
}

/* ---- the leg ---- */

static gboolean
is_same (const RflFormat *a, const RflFormat *b)
{
  return a->pt == b->pt && rfl_format_matches (a, b) && g_strcmp0 (a->fmtp, b->fmtp) == 0;
}

gboolean
rtp_mix_is_current (const RtpMedium *m)
{
  const RflMediumDesc *desc = m->medium->current;

  if (m->mixed == NULL)
    return TRUE;
  if (m->mixed->len != desc->answer->len || m->mixed_ptime != desc->ptime)
    return FALSE;
  for (guint i = 0; i < m->mixed->len; i++)
    if (!is_same (m->mixed->pdata[i], desc->answer->pdata[i]))
      return FALSE;
  return TRUE;
}

static void
note_refused (RtpMedium *m, const GError *error)
{
  RtpPlugin *plugin = m->peer->plugin;
  const RflParticipant *p = m->medium->participant;
  guint held_back;

  rfl_counter_add (plugin->unmixed, 1);
  if (rfl_log_limit_pass (&plugin->unmixed_log, plugin->clock, &held_back))
    rfl_info (&(RflLogFields){ p->session->name, p->id, NULL },
              "gets one speaker at a time, not the mix: %s (%u more)",
              error ? error->message : "there is no mixer any more", held_back);
}

void
rtp_mix_attach (RtpMedium *m, RflLegSpec *spec)
{
  const RflMediumDesc *desc = m->medium->current;
  guint8 pt[RFL_ROUTE_MAX_FORMATS];
  g_autoptr (GError) error = NULL;
  gpointer self;
  const RflMixer *mixer = find_mixer (m->kind, &self);

  memset (pt, RFL_PT_NONE, sizeof pt);
  if (mixer)
    spec->feed = mixer->attach (self, m->medium, desc->answer, desc->ptime, pt, &error);
  if (spec->feed == NULL)
    {
      spec->mode = RFL_LEG_ONE;
      note_refused (m, error);
      return;
    }
  memcpy (spec->pt, pt, sizeof pt);
  m->mixed = copy_formats (desc->answer);
  m->mixed_ptime = desc->ptime;
}

void
rtp_mix_detach (RtpMedium *m)
{
  gpointer self;
  const RflMixer *mixer = m->mixed ? find_mixer (m->kind, &self) : NULL;

  g_clear_pointer (&m->mixed, g_ptr_array_unref);
  if (mixer)
    mixer->detach (self, m->medium);
}
