/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which codec a session speaks when it was begun on several reflectors: that of the lowest reflector id
 * among those who have participants in it. Where that is another one than ours, the session's formats
 * grow by it, participants here are asked to negotiate again, and those who cannot go on among
 * themselves. No call ends. Not for translating codecs.
 */
#include "plugins/interconnect/link.h"
#include <string.h>

static gboolean
has_number (const GPtrArray *formats, guint8 pt)
{
  for (guint i = 0; i < formats->len; i++)
    if (((const RflFormat *) formats->pdata[i])->pt == pt)
      return TRUE;
  return FALSE;
}

/* The number it has elsewhere may be taken here. */
static void
add_format (GPtrArray *formats, const RflFormat *format)
{
  RflFormat *copy = rfl_format_copy (format);

  for (guint8 pt = 127; pt >= 96 && has_number (formats, copy->pt); pt--)
    copy->pt = pt;
  g_ptr_array_add (formats, copy);
}

/* @told become formats of the route behind those that it has. Returns: %FALSE: there are too many */
static gboolean
grow (RflRoute *route, const GPtrArray *told)
{
  GPtrArray *formats = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_format_free);

  for (guint i = 0; i < route->formats->len; i++)
    g_ptr_array_add (formats, rfl_format_copy (route->formats->pdata[i]));
  for (guint i = 0; i < told->len; i++)
    if (rfl_route_find_format (route, told->pdata[i]) == RFL_PT_NONE
        && (i == 0 || formats->len < RFL_ROUTE_MAX_FORMATS))
      add_format (formats, told->pdata[i]);
  return rfl_route_set_formats (route, formats);
}

/* Whether somebody decides before @id: this reflector, or another one with participants. */
static gboolean
is_outranked (LinkPlugin *plugin, const RflSession *session, const char *id)
{
  if (session->n_local > 0 && strcmp (rfl_core_get_id (plugin->core), id) < 0)
    return TRUE;
  for (guint i = 0; i < session->participants->len; i++)
    {
      const RflParticipant *participant = session->participants->pdata[i];
      if (participant->origin && strcmp (participant->origin, id) < 0)
        return TRUE;
    }
  return FALSE;
}

static const RflFormat *
find (const GPtrArray *formats, const RflFormat *format)
{
  for (guint i = 0; i < formats->len; i++)
    if (rfl_format_matches (formats->pdata[i], format))
      return formats->pdata[i];
  return NULL;
}

typedef enum {
  SPEAKS, /* or does not take part */
  ASKED,
  LEFT_ALONE
} Fate;

/* Whoever gets a mix hears everybody, whatever the session speaks. */
static Fate
ask_again (RflParticipant *participant, const RflRoute *route)
{
  const RflFormat *codec = route->formats->pdata[route->codec];

  for (guint i = 0; i < participant->media->len; i++)
    {
      const RflMedium *medium = participant->media->pdata[i];
      if (medium->route != route || !medium->current || !medium->current->accepted
          || medium->current->mode == RFL_LEG_MIX || find (medium->current->answer, codec))
        continue;
      return find (medium->current->formats, codec) && rfl_participant_reoffer (participant)
                 ? ASKED
                 : LEFT_ALONE;
    }
  return SPEAKS;
}

static void
ask_all (LinkPlugin *plugin, const RflRoute *route, guint fates[3])
{
  const GPtrArray *participants = route->session->participants;

  for (guint i = 0; i < participants->len; i++)
    {
      RflParticipant *participant = participants->pdata[i];
      if (participant->origin)
        continue;
      Fate fate = ask_again (participant, route);
      fates[fate]++;
      if (fate != SPEAKS)
        link_count (plugin, fate == ASKED ? LINK_COUNT_ASKED_AGAIN : LINK_COUNT_KEPT_LOCAL);
    }
}

static void
follow (LinkPlugin *plugin, RflRoute *route, const RflParticipant *decider, guint8 codec)
{
  const RflFormat *before = route->formats->pdata[route->codec];
  const RflFormat *now = route->formats->pdata[codec];
  guint fates[3] = { 0 };

  rfl_route_set_codec (route, codec);
  link_media_map_again (plugin, route);
  link_presence_tell_session (plugin, route->session);
  link_rooms_update (plugin, route->session);
  ask_all (plugin, route, fates);
  link_complain (plugin, LINK_COUNT_CODEC_CHANGED, decider->origin,
                 "session %s: the %s codec changes from %s to %s, as reflector %s has it; of the "
                 "participants here %u are asked again, %u cannot and hear only each other",
                 route->session->name, route->kind, before->encoding, now->encoding,
                 decider->origin, fates[ASKED], fates[LEFT_ALONE]);
}

static void
begin (RflRoute *route, const GPtrArray *told)
{
  GPtrArray *copy = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_format_free);

  for (guint i = 0; i < MIN (told->len, RFL_ROUTE_MAX_FORMATS); i++)
    g_ptr_array_add (copy, rfl_format_copy (told->pdata[i]));
  rfl_route_set_formats (route, copy);
}

static void
take_medium (LinkPlugin *plugin, const RflMedium *medium, const GPtrArray *told)
{
  const RflParticipant *participant = medium->participant;
  RflRoute *route = medium->route;
  const RflFormat *wanted = told->pdata[0];

  if (route->formats->len == 0)
    {
      begin (route, told);
      return;
    }
  if (rfl_route_find_format (route, wanted) == route->codec)
    return;
  if (is_outranked (plugin, route->session, participant->origin))
    link_complain (plugin, LINK_COUNT_CODEC_KEPT, participant->origin,
                   "session %s: reflector %s has %s for %s, but others decide; it will follow",
                   route->session->name, participant->origin, wanted->encoding, route->kind);
  else if (rfl_route_find_format (route, wanted) == RFL_PT_NONE && !grow (route, told))
    link_complain (plugin, LINK_COUNT_LIMIT, participant->origin,
                   "session %s has had as many %s formats as it may; %s of reflector %s is none",
                   route->session->name, route->kind, wanted->encoding, participant->origin);
  else
    follow (plugin, route, participant, rfl_route_find_format (route, wanted));
}

void
link_codec_take (LinkPlugin *plugin, const RflParticipant *participant)
{
  for (guint i = 0; i < participant->media->len; i++)
    {
      const RflMedium *medium = participant->media->pdata[i];
      const GPtrArray *told = medium->current ? medium->current->formats : NULL;
      if (medium->route && told && told->len > 0 && !rfl_format_is_auxiliary (told->pdata[0]))
        take_medium (plugin, medium, told);
    }
}
