/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Routes on the main thread: formats, and the registers of sources and legs. Not for either
 * of those: source.c, leg.c.
 */
#include "core/path/path-private.h"
#include <string.h>

static void
fill_copy (PathRoute *route, guint worker)
{
  WorkerRoute *copy = copies_get (&route->copies, worker);

  leg_group_init (&copy->common);
  leg_group_init (&copy->owned);
  copy->sources = g_ptr_array_new ();
  copy->video = strcmp (route->public.kind, "video") == 0;
}

static PathRoute *
route_new (RflPath *path, RflSession *session, const char *kind)
{
  PathRoute *route = g_new0 (PathRoute, 1);

  route->path = path;
  route->public.session = session;
  route->public.kind = g_intern_string (kind);
  route->public.formats = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_format_free);
  route->public.sources = g_ptr_array_new ();
  route->public.legs = g_ptr_array_new ();
  route->by_ssrc = g_hash_table_new (g_direct_hash, g_direct_equal);
  route->aliases = g_ptr_array_new ();
  route->taps = g_array_new (FALSE, FALSE, sizeof (StageEntry));
  copies_init (&route->copies, path, sizeof (WorkerRoute));
  for (guint w = 0; w < path->n_workers; w++)
    fill_copy (route, w);
  g_ptr_array_add (path->routes, route);
  return route;
}

RflRoute *
rfl_session_get_route (RflSession *session, const char *kind)
{
  PathRoute *route;

  for (guint i = 0; i < session->routes->len; i++)
    {
      RflRoute *known = session->routes->pdata[i];
      if (strcmp (known->kind, kind) == 0)
        return known;
    }
  route = route_new (rfl_session_get_core (session)->path, session, kind);
  g_ptr_array_add (session->routes, route);
  return &route->public;
}

static void
route_free_memory (gpointer data)
{
  PathRoute *route = data;

  for (guint w = 0; w < route->path->n_workers; w++)
    {
      WorkerRoute *copy = copies_get (&route->copies, w);
      leg_group_clear (&copy->common);
      leg_group_clear (&copy->owned);
      g_free (copy->ones.entries);
      g_ptr_array_unref (copy->sources);
    }
  copies_clear (&route->copies);
  g_ptr_array_unref (route->public.formats);
  g_ptr_array_unref (route->public.sources);
  g_ptr_array_unref (route->public.legs);
  g_hash_table_unref (route->by_ssrc);
  g_ptr_array_unref (route->aliases);
  g_array_unref (route->taps);
  g_free (route->compiled);
  g_free (route);
}

void
rfl_route_free (RflRoute *public)
{
  PathRoute *route = (PathRoute *) public;

  if (public == NULL)
    return;
  g_warn_if_fail (public->sources->len == 0 && public->legs->len == 0);
  while (public->sources->len)
    rfl_source_free (public->sources->pdata[0]);
  while (public->legs->len)
    rfl_leg_free (public->legs->pdata[0]);
  g_ptr_array_remove (route->path->routes, route);
  path_retire (route->path, route, route_free_memory);
}

void
rfl_route_drop_owner (RflRoute *route, RflMedium *owner)
{
  for (guint i = route->sources->len; i > 0; i--)
    {
      RflSource *source = route->sources->pdata[i - 1];
      if (source->owner == owner)
        rfl_source_free (source);
    }
}

void
rfl_route_block (RflRoute *route, RflMedium *medium)
{
  for (guint i = 0; i < route->sources->len; i++)
    {
      RflSource *source = route->sources->pdata[i];
      if (source->owner == medium)
        source_mute (source, (medium->blocked & RFL_DIRECTION_SEND) != 0);
    }
  for (guint i = 0; i < route->legs->len; i++)
    {
      RflLeg *leg = route->legs->pdata[i];
      if (leg->owner == medium)
        leg_block (leg, (medium->blocked & RFL_DIRECTION_RECEIVE) != 0);
    }
}

/* Whether @formats begins with what is there. */
static gboolean
only_appends (const RflRoute *route, const GPtrArray *formats)
{
  if (formats->len < route->formats->len)
    return FALSE;
  for (guint i = 0; i < route->formats->len; i++)
    if (!rfl_format_matches (route->formats->pdata[i], formats->pdata[i]))
      return FALSE;
  return TRUE;
}

static void
emit_changed (const RflRoute *route)
{
  RflEvent *event = rfl_event_new (RFL_EVENT_FORMATS_CHANGED);

  rfl_event_set_session (event, route->session);
  rfl_event_set_name (event, route->kind);
  rfl_bus_emit (((const PathRoute *) route)->path->core->bus, event, NULL, NULL);
}

gboolean
rfl_route_set_formats (RflRoute *public, GPtrArray *formats)
{
  PathRoute *route = (PathRoute *) public;
  Message message = { .type = MESSAGE_ROUTE_FORMATS };
  gboolean in_use = public->sources->len || public->legs->len, changed;

  g_ptr_array_set_free_func (formats, (GDestroyNotify) rfl_format_free);
  if (formats->len > RFL_ROUTE_MAX_FORMATS || (in_use && !only_appends (public, formats)))
    {
      g_ptr_array_unref (formats);
      return FALSE;
    }
  changed = formats->len != public->formats->len || !only_appends (public, formats);
  g_ptr_array_unref (public->formats);
  public->formats = formats;
  for (guint i = 0; i < formats->len; i++)
    {
      const RflFormat *format = formats->pdata[i];
      message.formats.rate[i] = format->clock_rate;
      message.formats.codec[i] = wire_video_find (format->encoding);
      message.formats.companions |= (guint) rfl_format_is_auxiliary (format) << i;
    }
  path_post (route->path, &message, &route->copies, NULL);
  if (changed)
    emit_changed (public);
  return TRUE;
}

void
rfl_route_set_codec (RflRoute *route, guint index)
{
  g_return_if_fail (index < route->formats->len);
  if (route->codec == index)
    return;
  route->codec = index;
  emit_changed (route);
}

guint8
rfl_route_find_format (const RflRoute *route, const RflFormat *format)
{
  for (guint i = 0; i < route->formats->len; i++)
    if (rfl_format_matches (route->formats->pdata[i], format))
      return i;
  return RFL_PT_NONE;
}

RflSource *
rfl_route_find_source (const RflRoute *route, guint32 ssrc)
{
  return g_hash_table_lookup (((const PathRoute *) route)->by_ssrc, GUINT_TO_POINTER (ssrc));
}

const GPtrArray *
rfl_route_get_aliases (const RflRoute *route)
{
  return ((const PathRoute *) route)->aliases;
}
