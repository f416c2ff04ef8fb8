/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of other reflectors as the main thread knows them (doc/file-protocol.md §7): ways to them come and go, the shortest is
 * used. Not for messages: links.c; nor for octets: fetch/.
 */
#define RFL_LOG_DOMAIN "files"
#include "plugins/files/files.h"

#include <string.h>

FilesRemote *
files_find_remote (Files *files, const guint8 id[FILE_ID])
{
  char name[2 * FILE_ID + 1];

  rfl_file_hex_write (id, FILE_ID, name);
  return g_hash_table_lookup (files->remotes, name);
}

static void
route_free (gpointer route)
{
  explicit_bzero (route, sizeof (FilesRoute));
  g_free (route);
}

void
files_remote_free (gpointer data)
{
  FilesRemote *remote = data;

  file_info_unref (remote->info);
  g_hash_table_unref (remote->routes);
  g_free (remote->via);
  g_free (remote);
}

void
files_remote_forget (Files *files, const guint8 id[FILE_ID])
{
  char name[2 * FILE_ID + 1];

  rfl_file_hex_write (id, FILE_ID, name);
  g_hash_table_remove (files->remotes, name);
}

const FilesRoute *
files_remote_get_route (const FilesRemote *remote)
{
  return remote->via ? g_hash_table_lookup (remote->routes, remote->via) : NULL;
}

/* ---- the way in use ---- */

/* Shorter, else the one that is in use, else the first by name: everybody decides alike. */
static gboolean
is_better (const FilesRemote *remote, const char *peer, const FilesRoute *route, const char *best,
           const FilesRoute *best_route)
{
  if (!best)
    return TRUE;
  if (route->n_path != best_route->n_path)
    return route->n_path < best_route->n_path;
  if (g_strcmp0 (best, remote->via) == 0)
    return FALSE;
  return g_strcmp0 (peer, remote->via) == 0 || strcmp (peer, best) < 0;
}

static const char *
find_best (const FilesRemote *remote, const FilesRoute **out)
{
  const char *best = NULL;
  GHashTableIter iter;
  gpointer peer, route;

  *out = NULL;
  g_hash_table_iter_init (&iter, remote->routes);
  while (g_hash_table_iter_next (&iter, &peer, &route))
    if (is_better (remote, peer, route, best, *out))
      {
        best = peer;
        *out = route;
      }
  return best;
}

static gboolean
use (FilesRemote *remote, const char *peer, const FilesRoute *route)
{
  Files *files = remote->files;
  HttpRemote there = { .info = remote->info, .tls = route->tls };
  RflAddress local;

  if (!files->links->get_address (files->links_self, peer, &there.upstream, &local))
    return FALSE;
  there.upstream.port = route->port;
  memcpy (there.upstream_key, route->key, FILE_KEY);
  http_add_remote (files->http, &there);
  explicit_bzero (there.upstream_key, FILE_KEY);
  return TRUE;
}

void
files_remote_choose (FilesRemote *remote)
{
  Files *files = remote->files;
  const FilesRoute *route;
  g_autofree char *best = g_strdup (find_best (remote, &route));
  FilesItem *item;

  if (remote->asked)
    return;
  if (route && !use (remote, best, route))
    g_clear_pointer (&best, g_free);
  if (!best && remote->via)
    remote->since = rfl_clock_now (files->clock);
  if (!best)
    http_remote_away (files->http, remote->info->id);
  g_free (remote->via);
  remote->via = g_steal_pointer (&best);
  item = files_find (files, remote->info->id);
  if (item)
    files_link_announce (item);
}

void
files_look_for_remotes (Files *files)
{
  gint64 now = rfl_clock_now (files->clock);
  g_autoptr (GPtrArray) lost = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, files->remotes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const FilesRemote *remote = value;
      if (!remote->via && !remote->asked
          && now - remote->since > files->options.orphan_time * G_TIME_SPAN_SECOND)
        g_ptr_array_add (lost, value);
    }
  for (guint i = 0; i < lost->len; i++)
    http_remove (files->http, ((FilesRemote *) lost->pdata[i])->info->id,
                 "the reflector that has it cannot be reached");
}

/* ---- offers ---- */

static void
refuse (Files *files, const char *peer, const char *room, const char *why)
{
  RflLogFields fields = { room, NULL, peer };
  guint held_back;

  rfl_counter_add (files->counters.links_refused, 1);
  if (rfl_log_limit_pass (&files->log_link, files->clock, &held_back))
    rfl_notice (&fields, "a file of another reflector is not passed on: %s (%u more)", why,
                held_back);
}

typedef struct {
  Files *files;
  guint8 id[FILE_ID];
} Asked;

static void
on_decided (RflEvent *event, const GError *error, gpointer data)
{
  g_autofree Asked *asked = data;
  FilesRemote *remote = files_find_remote (asked->files, asked->id);

  if (!remote || !remote->asked)
    return;
  remote->asked = FALSE;
  if (!error)
    {
      files_remote_choose (remote);
      return;
    }
  refuse (asked->files, NULL, remote->info->room, error->message);
  files_remote_forget (asked->files, asked->id);
}

static FilesRemote *
remote_new (Files *files, const char *peer, const char *room, const RflFileMessage *message)
{
  FilesRemote *remote = g_new0 (FilesRemote, 1);
  FileInfo *info = file_info_new ();
  char *name = g_malloc (2 * FILE_ID + 1);

  memcpy (info->id, message->file, FILE_ID);
  files_random (info->key, FILE_KEY);
  info->room = g_strdup (room);
  info->name = g_strdup (message->name);
  info->type = g_strdup (message->media_type ? message->media_type : "application/octet-stream");
  info->owner = g_strdup (message->owner ? message->owner : "");
  info->who = g_strdup ("");
  info->via = g_strdup (peer);
  info->size = message->size;
  memcpy (info->hash, message->sha256, FILE_HASH);
  info->added = g_get_real_time () / G_TIME_SPAN_SECOND;
  remote->files = files;
  remote->info = info;
  remote->routes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, route_free);
  remote->asked = TRUE;
  rfl_file_hex_write (info->id, FILE_ID, name);
  g_hash_table_insert (files->remotes, name, remote);
  return remote;
}

static guint
count_of_room (Files *files, const char *room)
{
  GHashTableIter iter;
  gpointer value;
  guint n = 0;

  g_hash_table_iter_init (&iter, files->remotes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (g_str_equal (((FilesRemote *) value)->info->room, room))
      n++;
  return n;
}

/* Why it is not taken: (nullable) */
static const char *
get_objection (Files *files, const FilesRemote *remote, const char *room,
               const RflFileMessage *message)
{
  const FilesItem *item = files_find (files, message->file);

  if (!remote && item)
    return "it is our own";
  if (remote
      && (remote->info->size != message->size
          || memcmp (remote->info->hash, message->sha256, FILE_HASH) != 0
          || !g_str_equal (remote->info->room, room)))
    return "it was another one before";
  if (!remote && g_hash_table_size (files->remotes) >= files->options.max_remote)
    return "there are as many as may be (files.max_remote)";
  if (!remote && count_of_room (files, room) >= files->limits.files)
    return "the room has as many as may be (files.max_files)";
  return NULL;
}

static void
ask (FilesRemote *remote)
{
  const FileInfo *info = remote->info;
  FilesOffer offer = { NULL, info->room, info->name, info->type, info->size };
  Asked *asked = g_new (Asked, 1);

  asked->files = remote->files;
  memcpy (asked->id, info->id, FILE_ID);
  files_offer (remote->files, &offer, on_decided, asked);
}

void
files_on_remote (Files *files, const char *peer, const char *room, const RflFileMessage *message)
{
  FilesRemote *remote = files_find_remote (files, message->file);
  const char *objection = get_objection (files, remote, room, message);
  gboolean is_new = !remote;
  FilesRoute *route;

  if (objection)
    {
      refuse (files, peer, room, objection);
      return;
    }
  if (is_new)
    remote = remote_new (files, peer, room, message);
  route = g_new0 (FilesRoute, 1);
  memcpy (route->key, message->passkey, FILE_KEY);
  route->port = message->port;
  route->tls = message->flags & RFL_FILE_FLAG_TLS;
  route->n_path = message->n_path;
  memcpy (route->path, message->path, sizeof route->path);
  g_hash_table_replace (remote->routes, g_strdup (peer), route);
  if (is_new)
    ask (remote);
  else
    files_remote_choose (remote);
}

/* ---- ends ---- */

void
files_on_remote_gone (Files *files, const char *peer, const RflFileMessage *message)
{
  FilesRemote *remote = files_find_remote (files, message->file);

  if (!remote || !g_hash_table_remove (remote->routes, peer))
    return;
  if (message->flags & RFL_FILE_FLAG_AWAY)
    files_remote_choose (remote);
  else if (files_find (files, message->file))
    http_remove (files->http, message->file,
                 message->reason ? message->reason : "removed at its reflector");
  else
    files_remote_forget (files, message->file);
}

void
files_remotes_lost (Files *files, const char *peer)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, files->remotes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (g_hash_table_remove (((FilesRemote *) value)->routes, peer))
      g_ptr_array_add (list, value);
  for (guint i = 0; i < list->len; i++)
    files_remote_choose (list->pdata[i]);
}
