/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Service "shares": what other plugins see and end. */
#include "plugins/appshare/appshare.h"

static RflShareInfo
info_of (const AppItem *item)
{
  const RelayGauge *gauge = item->gauge;
  RflShareInfo info = { .id = item->id,
                        .session = item->session,
                        .title = item->title,
                        .owner = item->owner,
                        .participant = item->participant,
                        .via = item->via,
                        .kind = item->kind,
                        .open = item->state == APP_OPEN,
                        .port = item->ports[1],
                        .viewers = __atomic_load_n (&gauge->viewers, __ATOMIC_RELAXED),
                        .octets_in = __atomic_load_n (&gauge->octets_in, __ATOMIC_RELAXED),
                        .octets_out = __atomic_load_n (&gauge->octets_out, __ATOMIC_RELAXED) };

  return info;
}

static gboolean
find (gpointer self, const char *id, RflShareFunc func, gpointer user_data)
{
  AppItem *item = app_find (self, id);
  RflShareInfo info;

  if (!item)
    return FALSE;
  info = info_of (item);
  func (&info, user_data);
  return TRUE;
}

/* @func may end some. */
static void
each (gpointer self, RflShareFunc func, gpointer user_data)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) items = app_list (self);

  for (guint i = 0; i < items->len; i++)
    g_ptr_array_add (ids, g_strdup (((AppItem *) items->pdata[i])->id));
  for (guint i = 0; i < ids->len; i++)
    find (self, ids->pdata[i], func, user_data);
}

static gboolean
end (gpointer self, const char *id, const char *reason, GError **error)
{
  AppItem *item = app_find (self, id);

  if (item)
    {
      app_item_end (item, reason ? reason : "ended by the reflector", FALSE);
      return TRUE;
    }
  g_set_error (error, RFL_ERROR, RFL_ERROR_NOT_FOUND, "there is no share %s", id);
  return FALSE;
}

const RflShares app_shares = { each, find, end };
