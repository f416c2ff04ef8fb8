/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages with linked reflectors: what they are told of the files that can be fetched here, each with a key of its own, and
 * what they tell (remote.c). Not for participants: announce.c.
 */
#define RFL_LOG_DOMAIN "files"
#include "plugins/files/files.h"

#include <string.h>

static gboolean
pass (FilesItem *item, const char *peer, const RflFileMessage *message)
{
  Files *files = item->files;
  g_autoptr (GBytes) body = rfl_file_message_write (message);

  /* what differs for participants is another message only to the codec */
  if (files->links->send (files->links_self, peer, RFL_FILE_CONTROL, item->info->room,
                          message->type & 0xff, body, NULL))
    return TRUE;
  rfl_counter_add (files->counters.untold, 1);
  return FALSE;
}

/* ---- telling ---- */

static gboolean
is_in_path (const RflFileMessage *message, const char *reflector)
{
  guint8 tag[RFL_FILE_TAG];

  rfl_file_tag (reflector, tag);
  for (guint i = 0; i < message->n_path; i++)
    if (memcmp (message->path[i], tag, RFL_FILE_TAG) == 0)
      return TRUE;
  return FALSE;
}

/* Returns: %FALSE if this peer is not to be told */
static gboolean
set_path (FilesItem *item, const char *peer, RflFileMessage *message)
{
  const FilesRemote *remote = files_find_remote (item->files, item->info->id);
  const FilesRoute *route = remote ? files_remote_get_route (remote) : NULL;

  if (remote && !route)
    return FALSE;
  if (route)
    {
      message->n_path = route->n_path;
      memcpy (message->path, route->path, sizeof message->path);
    }
  if (message->n_path >= RFL_FILE_MAX_PATH || is_in_path (message, peer))
    return FALSE;
  rfl_file_tag (rfl_core_get_id (item->files->core), message->path[message->n_path++]);
  return TRUE;
}

static FilesKey *
get_key (FilesItem *item, const char *peer)
{
  FilesKey *key = g_hash_table_lookup (item->links, peer);

  if (key)
    return key;
  key = g_new0 (FilesKey, 1);
  files_random (key->key, sizeof key->key);
  g_hash_table_insert (item->links, g_strdup (peer), key);
  http_add_link_key (item->files->http, item->info->id, peer, key->key);
  return key;
}

static void
take_back (FilesItem *item, const char *peer)
{
  FilesKey *key = g_hash_table_lookup (item->links, peer);
  RflFileMessage message = { .type = RFL_FILE_GONE, .flags = RFL_FILE_FLAG_AWAY };

  if (!key || !key->told)
    return;
  memcpy (message.file, item->info->id, RFL_FILE_ID);
  key->told = !pass (item, peer, &message);
  key->due = key->told;
}

static void
announce (FilesItem *item, const char *peer)
{
  Files *files = item->files;
  const FileInfo *info = item->info;
  RflFileMessage message = { .type = RFL_FILE_LINK_OFFERED,
                             .flags = files->tls ? RFL_FILE_FLAG_TLS : 0,
                             .port = files->options.port,
                             .size = info->size,
                             .name = info->name,
                             .owner = info->owner,
                             .media_type = info->type };
  RflAddress remote, local;
  char text[RFL_ADDRESS_STRLEN];
  FilesKey *key;

  if (!files->links->get_address (files->links_self, peer, &remote, &local))
    return;
  if (!set_path (item, peer, &message))
    {
      take_back (item, peer);
      return;
    }
  if (rfl_address_is_any (&local) && !rfl_address_local_for (&remote, &local))
    return;
  key = get_key (item, peer);
  message.address = (char *) rfl_address_format_ip (&local, text);
  memcpy (message.file, info->id, RFL_FILE_ID);
  memcpy (message.sha256, info->hash, RFL_FILE_SHA256);
  memcpy (message.passkey, key->key, RFL_FILE_PASSKEY);
  key->due = !pass (item, peer, &message);
  key->told |= !key->due;
  explicit_bzero (message.passkey, sizeof message.passkey);
}

void
files_link_announce (FilesItem *item)
{
  Files *files = item->files;
  g_autoptr (GPtrArray) peers = files->links ? files->links->list (files->links_self) : NULL;

  for (guint i = 0; peers && i < peers->len; i++)
    announce (item, peers->pdata[i]);
}

void
files_link_gone (FilesItem *item, const char *reason)
{
  RflFileMessage message = { .type = RFL_FILE_GONE, .reason = (char *) reason };
  GHashTableIter iter;
  gpointer peer, key;

  memcpy (message.file, item->info->id, RFL_FILE_ID);
  g_hash_table_iter_init (&iter, item->links);
  while (item->files->links && g_hash_table_iter_next (&iter, &peer, &key))
    if (((FilesKey *) key)->told)
      pass (item, peer, &message);
}

static gboolean
is_due (FilesItem *item, const char *peer)
{
  const FilesKey *key = g_hash_table_lookup (item->links, peer);

  return key && key->due;
}

void
files_link_tell_late (Files *files)
{
  g_autoptr (GPtrArray) peers = files->links ? files->links->list (files->links_self) : NULL;
  GHashTableIter iter;
  gpointer item;

  g_hash_table_iter_init (&iter, files->items);
  while (peers && g_hash_table_iter_next (&iter, NULL, &item))
    for (guint i = 0; i < peers->len; i++)
      if (is_due (item, peers->pdata[i]))
        announce (item, peers->pdata[i]);
}

/* ---- being told ---- */

void
files_on_link (const char *peer, const char *session, guint8 type, const guint8 *body, gsize len,
               gpointer data)
{
  Files *files = data;
  g_auto (RflFileMessage) message = { 0 };
  guint as = type == RFL_FILE_OFFERED ? RFL_FILE_LINK_OFFERED : type;

  if (!session || type == RFL_FILE_KEY || !rfl_file_message_read (&message, as, body, len, NULL))
    {
      rfl_counter_add (files->counters.malformed, 1);
      return;
    }
  if (as == RFL_FILE_LINK_OFFERED && !is_in_path (&message, rfl_core_get_id (files->core)))
    {
      files_on_remote (files, peer, session, &message);
      return;
    }
  /* a way through ourselves is none */
  if (as == RFL_FILE_LINK_OFFERED)
    message.flags = RFL_FILE_FLAG_AWAY;
  files_on_remote_gone (files, peer, &message);
}

/* ---- links come and go ---- */

static void
tell_addresses (Files *files)
{
  GArray *addresses = g_array_new (FALSE, FALSE, sizeof (RflAddress));
  g_autoptr (GPtrArray) peers = files->links->list (files->links_self);
  RflAddress remote, local;

  for (guint i = 0; i < peers->len; i++)
    if (files->links->get_address (files->links_self, peers->pdata[i], &remote, &local))
      g_array_append_val (addresses, remote);
  http_set_linked (files->http, addresses);
}

void
files_link_up (Files *files, const char *peer)
{
  g_autoptr (GPtrArray) list = files_list (files, NULL);

  if (!files->links)
    return;
  tell_addresses (files);
  for (guint i = 0; i < list->len; i++)
    announce (list->pdata[i], peer);
}

void
files_link_down (Files *files, const char *peer)
{
  g_autoptr (GPtrArray) list = files_list (files, NULL);

  if (!files->links)
    return;
  tell_addresses (files);
  http_drop_link_keys (files->http, peer);
  for (guint i = 0; i < list->len; i++)
    g_hash_table_remove (((FilesItem *) list->pdata[i])->links, peer);
  files_remotes_lost (files, peer);
}
