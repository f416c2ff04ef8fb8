/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which formats cross a link, and under which numbers. Every peer takes the session's codec and what goes
 * with any; a peer that mixes takes whatever there is. Not which codec a session has: see codec.c.
 */
#include "plugins/interconnect/link.h"
#include <reflector/mixer.h>
#include <string.h>

#define FIRST_DYNAMIC 96
#define LAST_DYNAMIC 127

static const RflMixer *
find_mixer (const LinkPlugin *plugin, gpointer *self)
{
  return rfl_core_find_service (plugin->core, RFL_MIXER_SERVICE, RFL_MIXER_VERSION, self);
}

guint32
link_codec_features (const LinkPlugin *plugin)
{
  gpointer self;

  return find_mixer (plugin, &self) ? LINK_FEATURE_MIXES : 0;
}

gboolean
link_codec_is_whole (const LinkPeer *peer)
{
  return (peer->features & LINK_FEATURE_MIXES) != 0;
}

/* ---- numbers ---- */

/* Formats are only appended, so that nothing behind one of them changes its number. */
static void
number_all (const RflRoute *route, guint n, guint8 numbers[RFL_ROUTE_MAX_FORMATS])
{
  gboolean used[LAST_DYNAMIC + 1] = { FALSE };

  for (guint i = 0; i < n; i++)
    {
      guint8 pt = ((const RflFormat *) route->formats->pdata[i])->pt;
      if (pt > LAST_DYNAMIC || used[pt])
        for (pt = LAST_DYNAMIC; pt > FIRST_DYNAMIC && used[pt];)
          pt--;
      used[pt] = TRUE;
      numbers[i] = pt;
    }
}

guint8
link_codec_number (const RflRoute *route, guint index)
{
  guint8 numbers[RFL_ROUTE_MAX_FORMATS];

  number_all (route, index + 1, numbers);
  return numbers[index];
}

static void
add (GPtrArray *out, const RflRoute *route, guint index)
{
  RflFormat *copy = rfl_format_copy (route->formats->pdata[index]);

  copy->pt = link_codec_number (route, index);
  g_ptr_array_add (out, copy);
}

static GPtrArray *
format_list (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_format_free);
}

/* ---- what crosses ---- */

static void
add_companions (GPtrArray *out, const RflRoute *route, gboolean of_codec)
{
  const RflFormat *codec = route->formats->pdata[route->codec];

  for (guint i = 0; i < route->formats->len; i++)
    {
      const RflFormat *format = route->formats->pdata[i];
      if (i != route->codec && rfl_format_is_auxiliary (format)
          && (format->clock_rate == codec->clock_rate) == of_codec)
        add (out, route, i);
    }
}

/* Those of the codec's own rate first: a message does not have all. */
GPtrArray *
link_codec_formats (const RflRoute *route)
{
  GPtrArray *out = format_list ();

  if (route->codec >= route->formats->len)
    return out;
  add (out, route, route->codec);
  add_companions (out, route, TRUE);
  add_companions (out, route, FALSE);
  return out;
}

static gboolean
is_in (const GPtrArray *list, const RflFormat *format)
{
  for (guint i = 0; i < list->len; i++)
    if (rfl_format_matches (list->pdata[i], format))
      return TRUE;
  return FALSE;
}

static void
add_negotiated (GPtrArray *out, const RflRoute *route, const GPtrArray *formats)
{
  for (guint i = 0; i < formats->len && out->len < LINK_MAX_FORMATS; i++)
    {
      guint8 index = rfl_route_find_format (route, formats->pdata[i]);
      if (index < route->formats->len && !is_in (out, formats->pdata[i]))
        add (out, route, index);
    }
}

GPtrArray *
link_codec_of_source (const LinkPeer *peer, const RflSource *source)
{
  const RflMediumDesc *desc = source->owner->current;
  GPtrArray *out;

  if (!link_codec_is_whole (peer) || desc == NULL)
    return link_codec_formats (source->route);
  out = format_list ();
  add_negotiated (out, source->route, desc->answer);
  add_negotiated (out, source->route, desc->formats);
  return out;
}

void
link_codec_fill (const LinkPeer *peer, const RflRoute *route, guint8 pt[RFL_ROUTE_MAX_FORMATS])
{
  guint8 numbers[RFL_ROUTE_MAX_FORMATS];
  gboolean whole = link_codec_is_whole (peer);

  memset (pt, RFL_PT_NONE, RFL_ROUTE_MAX_FORMATS);
  number_all (route, route->formats->len, numbers);
  for (guint i = 0; i < route->formats->len; i++)
    if (whole || i == route->codec || rfl_format_is_auxiliary (route->formats->pdata[i]))
      pt[i] = numbers[i];
}

/* ---- what is taken ---- */

void
link_codec_admit (LinkPlugin *plugin, RflRoute *route, const GPtrArray *formats)
{
  g_autoptr (GPtrArray) all = format_list ();
  guint before = route->formats->len;
  gpointer self;
  const RflMixer *mixer = find_mixer (plugin, &self);

  if (mixer == NULL || before == 0)
    return;
  for (guint i = 0; i < before; i++)
    g_ptr_array_add (all, rfl_format_copy (route->formats->pdata[i]));
  for (guint i = 0; i < formats->len && all->len < RFL_ROUTE_MAX_FORMATS; i++)
    if (!is_in (all, formats->pdata[i]) && mixer->knows (self, formats->pdata[i]))
      g_ptr_array_add (all, rfl_format_copy (formats->pdata[i]));
  if (all->len > before)
    rfl_route_set_formats (route, g_steal_pointer (&all));
}
