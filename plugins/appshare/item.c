/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shares as the main thread knows them: making, ports, opening, end. Not for who is told: announce.c, links.c. */
#define RFL_LOG_DOMAIN "appshare"
#include "plugins/appshare/appshare.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

void
app_random (guint8 *out, gsize len)
{
  while (len > 0)
    {
      gssize n = getrandom (out, len, 0);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        g_error ("getrandom: %s", g_strerror (errno));
      out += n;
      len -= (gsize) n;
    }
}

AppItem *
app_find (AppShare *app, const char *id)
{
  return id ? g_hash_table_lookup (app->items, id) : NULL;
}

static void
key_free (gpointer key)
{
  explicit_bzero (key, sizeof (AppKey));
  g_free (key);
}

AppItem *
app_item_new (AppShare *app, const char *id, const char *session)
{
  AppItem *item = g_new0 (AppItem, 1);
  guint64 number;

  app_random ((guint8 *) &number, sizeof number);
  item->refs = 1;
  item->app = app;
  item->id = id ? g_strdup (id) : g_strdup_printf ("%016" G_GINT64_MODIFIER "x", number);
  item->session = g_strdup (session);
  item->slot = -1;
  item->path = g_ptr_array_new_with_free_func (g_free);
  item->ways = app_ways_new ();
  item->viewers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, key_free);
  item->links = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, key_free);
  item->gauge = relay_gauge_new ();
  g_hash_table_insert (app->items, item->id, item);
  return item;
}

static void
item_unref (gpointer data)
{
  AppItem *item = data;

  if (--item->refs > 0)
    return;
  g_hash_table_unref (item->viewers);
  g_hash_table_unref (item->links);
  g_ptr_array_unref (item->path);
  g_ptr_array_unref (item->ways);
  relay_gauge_unref (item->gauge);
  explicit_bzero (item->sharer_key, sizeof item->sharer_key);
  explicit_bzero (item->spec.sharer_key, RFL_SHARE_PASSKEY);
  explicit_bzero (item->spec.upstream_key, RFL_SHARE_PASSKEY);
  g_free (item->via);
  g_free (item->title);
  g_free (item->owner);
  g_free (item->session);
  g_free (item->id);
  g_free (item);
}

GPtrArray *
app_list (AppShare *app)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (item_unref);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, app->items);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      ((AppItem *) value)->refs++;
      g_ptr_array_add (list, value);
    }
  return list;
}

static void
emit (AppItem *item, RflEventType type)
{
  RflEvent *event = rfl_event_new (type);

  if (item->participant)
    rfl_event_set_participant (event, item->participant);
  rfl_event_set_name (event, item->id);
  rfl_bus_emit (rfl_core_get_bus (item->app->core), event, NULL, NULL);
}

static void
note (AppItem *item, const char *what, const char *why)
{
  RflLogFields fields = { item->session, item->participant ? item->participant->id : NULL,
                          item->via };
  guint held_back;

  if (rfl_log_limit_pass (&item->app->log_request, item->app->clock, &held_back))
    rfl_info (&fields, "share %s of %s %s%s%s (%u more)", item->id, item->owner, what,
              why ? ": " : "", why ? why : "", held_back);
}

/* ---- ports ---- */

static gboolean
try_slot (AppItem *item, guint slot, GError **error)
{
  const AppOptions *options = &item->app->options;
  guint16 sharer = item->via ? 0 : (guint16) (options->sharer_port + slot);
  guint16 client = (guint16) (options->client_port + slot);
  int *doors = item->spec.doors;

  doors[0] = doors[1] = -1;
  if (sharer && (doors[0] = app_listen (options->bind, sharer, error)) < 0)
    return FALSE;
  doors[1] = app_listen (options->bind, client, error);
  if (doors[1] < 0)
    {
      if (doors[0] >= 0)
        close (doors[0]);
      return FALSE;
    }
  item->slot = (int) slot;
  item->spec.slot = slot;
  item->ports[0] = sharer;
  item->ports[1] = client;
  item->app->slots[slot] = TRUE;
  return TRUE;
}

static gboolean
find_slot (AppItem *item, GError **error)
{
  guint n = item->app->options.n_ports;
  gboolean tried = FALSE;

  for (guint slot = 0; slot < n; slot++)
    {
      if (item->app->slots[slot])
        continue;
      g_clear_error (error);
      if (try_slot (item, slot, error))
        return TRUE;
      tried = TRUE;
    }
  if (!tried)
    g_set_error (error, RFL_ERROR, RFL_ERROR_LIMIT, "there are %u shares already", n);
  return FALSE;
}

gboolean
app_item_bind (AppItem *item, GError **error)
{
  g_autoptr (GError) why = NULL;

  if (!find_slot (item, &why))
    {
      g_propagate_error (error, g_steal_pointer (&why));
      return FALSE;
    }
  g_strlcpy (item->spec.id, item->id, sizeof item->spec.id);
  item->spec.kind = item->kind;
  memcpy (item->spec.sharer_key, item->sharer_key, RFL_SHARE_PASSKEY);
  item->spec.gauge = relay_gauge_ref (item->gauge);
  relay_add (item->app->relay, &item->spec);
  return TRUE;
}

/* ---- its life ---- */

void
app_item_opened (AppItem *item)
{
  item->state = APP_OPEN;
  rfl_counter_add (item->app->counters.opened, 1);
  note (item, "is open", NULL);
  app_announce_all (item);
  app_link_announce_all (item);
  emit (item, RFL_EVENT_SHARE_OPENED);
}

void
app_item_end (AppItem *item, const char *reason, gboolean flush)
{
  AppShare *app = item->app;
  gboolean was_open = item->state == APP_OPEN;

  if (app_find (app, item->id) != item)
    return;
  g_hash_table_remove (app->items, item->id);
  if (item->slot >= 0)
    relay_end (app->relay, item->id, flush);
  note (item, "has ended", reason);
  app_say_ended (item, reason);
  app_link_ended (item, reason);
  if (was_open)
    {
      rfl_counter_add (app->counters.closed, 1);
      emit (item, RFL_EVENT_SHARE_CLOSED);
    }
  item_unref (item);
}
