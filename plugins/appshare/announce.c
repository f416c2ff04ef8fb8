/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What participants of this reflector are told of shares, each with a passkey of its own. Not for other reflectors. */
#include "plugins/appshare/appshare.h"

#include <string.h>

/* (nullable): the key it has been told; a new one that the relay knows if @make */
static AppKey *
get_key (AppItem *item, GHashTable *keys, const char *id, gboolean link)
{
  AppKey *key = g_hash_table_lookup (keys, id);

  if (key)
    return key;
  key = g_new (AppKey, 1);
  key->holder = ++item->app->next_holder;
  app_random (key->key, sizeof key->key);
  g_hash_table_insert (keys, g_strdup (id), key);
  relay_add_key (item->app->relay, item->id, key->holder, link, key->key);
  return key;
}

static void
forget_key (AppItem *item, GHashTable *keys, const char *id)
{
  AppKey *key = g_hash_table_lookup (keys, id);

  if (!key)
    return;
  relay_drop_key (item->app->relay, item->id, key->holder);
  g_hash_table_remove (keys, id);
}

void
app_announce (AppItem *item, RflParticipant *participant)
{
  AppShare *app = item->app;
  char text[RFL_ADDRESS_STRLEN];
  RflAddress room;
  const RflAddress *address;
  RflShareMessage message = { .type = RFL_SHARE_ANNOUNCE,
                              .share = item->id,
                              .kind = item->kind,
                              .title = item->title,
                              .owner = item->owner,
                              .port = item->ports[1],
                              .flags = app->tls ? RFL_SHARE_FLAG_TLS : 0 };

  if (item->participant == participant || item->state != APP_OPEN
      || participant->state != RFL_PARTICIPANT_JOINED || participant->waiting || !app->control
      || !app->control->speaks (app->control_self, participant))
    return;
  address = app_address_for (app, participant, &room);
  if (address)
    message.address = (char *) rfl_address_format_ip (address, text);
  memcpy (message.passkey, get_key (item, item->viewers, participant->id, FALSE)->key,
          RFL_SHARE_PASSKEY);
  if (!address || !app_send (app, participant, &message))
    {
      rfl_counter_add (app->counters.untold, 1);
      forget_key (item, item->viewers, participant->id);
      app->retry = TRUE;
    }
  explicit_bzero (message.passkey, sizeof message.passkey);
}

void
app_announce_all (AppItem *item)
{
  RflSession *session = rfl_core_find_session (item->app->core, item->session);

  for (guint i = 0; session && i < session->participants->len; i++)
    {
      RflParticipant *participant = session->participants->pdata[i];
      if (!g_hash_table_contains (item->viewers, participant->id))
        app_announce (item, participant);
    }
}

void
app_tell_newcomer (AppShare *app, RflParticipant *participant, gboolean again)
{
  g_autoptr (GPtrArray) items = app_list (app);

  for (guint i = 0; participant->session && i < items->len; i++)
    {
      AppItem *item = items->pdata[i];
      if (g_str_equal (item->session, participant->session->name)
          && (again || !g_hash_table_contains (item->viewers, participant->id)))
        app_announce (item, participant);
    }
}

void
app_say_ended (AppItem *item, const char *reason)
{
  RflShareMessage message = { .type = RFL_SHARE_ENDED,
                              .share = item->id,
                              .reason = (char *) reason };
  GHashTableIter iter;
  gpointer id;

  if (item->participant && item->state != APP_ASKING)
    app_send (item->app, item->participant, &message);
  g_hash_table_iter_init (&iter, item->viewers);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    {
      RflParticipant *participant = rfl_core_find_participant (item->app->core, id);
      if (participant)
        app_send (item->app, participant, &message);
    }
}

void
app_forget_viewer (AppShare *app, RflParticipant *participant)
{
  g_autoptr (GPtrArray) items = app_list (app);

  for (guint i = 0; i < items->len; i++)
    {
      AppItem *item = items->pdata[i];
      if (item->participant == participant)
        app_item_end (item, "its owner has left", FALSE);
      else
        forget_key (item, item->viewers, participant->id);
    }
}

/* ---- links ---- */

void
app_link_announce (AppItem *item, const char *peer)
{
  AppShare *app = item->app;
  RflAddress remote, local;
  char text[RFL_ADDRESS_STRLEN];
  RflShareMessage message = { .type = RFL_SHARE_ANNOUNCE,
                              .share = item->id,
                              .kind = item->kind,
                              .title = item->title,
                              .owner = item->owner,
                              .port = item->ports[1],
                              .flags = app->tls ? RFL_SHARE_FLAG_TLS : 0 };

  if (item->state != APP_OPEN || g_strcmp0 (item->via, peer) == 0
      || item->path->len >= RFL_SHARE_MAX_PATH
      || g_ptr_array_find_with_equal_func (item->path, peer, g_str_equal, NULL)
      || !app->links->get_address (app->links_self, peer, &remote, &local))
    return;
  if (rfl_address_is_any (&local) && !rfl_address_local_for (&remote, &local))
    return;
  message.address = (char *) rfl_address_format_ip (&local, text);
  memcpy (message.passkey, get_key (item, item->links, peer, TRUE)->key, RFL_SHARE_PASSKEY);
  message.path = g_ptr_array_new ();
  for (guint i = 0; i < item->path->len; i++)
    g_ptr_array_add (message.path, item->path->pdata[i]);
  g_ptr_array_add (message.path, (char *) rfl_core_get_id (app->core));
  g_autoptr (GBytes) body = rfl_share_message_write (&message);
  if (!app->links->send (app->links_self, peer, RFL_SHARE_CONTROL, item->session, message.type,
                         body, NULL))
    rfl_counter_add (app->counters.untold, 1);
  g_ptr_array_unref (message.path);
  explicit_bzero (message.passkey, sizeof message.passkey);
}

void
app_link_announce_all (AppItem *item)
{
  AppShare *app = item->app;
  g_autoptr (GPtrArray) peers = app->links ? app->links->list (app->links_self) : NULL;

  for (guint i = 0; peers && i < peers->len; i++)
    app_link_announce (item, peers->pdata[i]);
}

void
app_link_ended (AppItem *item, const char *reason)
{
  AppShare *app = item->app;
  RflShareMessage message = { .type = RFL_SHARE_ENDED,
                              .share = item->id,
                              .code = item->lost ? RFL_ERROR_UNAVAILABLE : 0,
                              .reason = (char *) reason };
  g_autoptr (GBytes) body = rfl_share_message_write (&message);
  GHashTableIter iter;
  gpointer peer;

  g_hash_table_iter_init (&iter, item->links);
  while (app->links && g_hash_table_iter_next (&iter, &peer, NULL))
    app->links->send (app->links_self, peer, RFL_SHARE_CONTROL, item->session, message.type, body,
                      NULL);
}

void
app_forget_link (AppItem *item, const char *peer)
{
  forget_key (item, item->links, peer);
}
