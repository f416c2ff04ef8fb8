/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The folder on the disk. A file is there as a whole, with its description, or it is a part: written first,
 * synchronised, described, and renamed last. Not for who may: store.c.
 */
#define RFL_LOG_DOMAIN "files"
#include "plugins/files/http/private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <reflector/log.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PAGE_KEY "page-key"
#define GROUP "file"

static gboolean
fail (GError **error, const char *what, const char *path)
{
  g_set_error (error, RFL_ERROR, RFL_ERROR_IO, "%s: cannot %s: %s", path, what, g_strerror (errno));
  return FALSE;
}

char *
spool_path (const Store *store, const guint8 *id, const char *suffix)
{
  g_autofree char *hex = store_hex (id, FILE_ID);

  return g_strdup_printf ("%s/%s%s", store->folder, hex, suffix);
}

void
spool_remove (const Store *store, const guint8 *id, const char *suffix)
{
  g_autofree char *path = spool_path (store, id, suffix);

  g_unlink (path);
}

guint64
spool_get_free (const Store *store)
{
  struct statvfs st;

  return statvfs (store->folder, &st) == 0 ? (guint64) st.f_bavail * st.f_frsize : 0;
}

/* ---- descriptions ---- */

static void
set_hex (GKeyFile *file, const char *name, const guint8 *octets, gsize len)
{
  g_autofree char *hex = store_hex (octets, len);

  g_key_file_set_string (file, GROUP, name, hex);
}

static gboolean
get_hex (GKeyFile *file, const char *name, guint8 *out, gsize len)
{
  g_autofree char *hex = g_key_file_get_string (file, GROUP, name, NULL);

  return store_unhex (hex, out, len);
}

static gboolean
save (GKeyFile *file, const char *path, GError **error)
{
  gsize len;
  g_autofree char *text = g_key_file_to_data (file, &len, NULL);
  g_autoptr (GError) why = NULL;

  if (g_file_set_contents_full (path, text, (gssize) len,
                                G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600,
                                &why))
    return TRUE;
  g_set_error (error, RFL_ERROR, RFL_ERROR_IO, "%s", why->message);
  return FALSE;
}

static gboolean
describe (const FileInfo *info, const guint8 *owner_key, const char *path, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();

  g_key_file_set_string (file, GROUP, "room", info->room);
  g_key_file_set_string (file, GROUP, "name", info->name);
  g_key_file_set_string (file, GROUP, "type", info->type);
  g_key_file_set_string (file, GROUP, "owner", info->owner);
  g_key_file_set_string (file, GROUP, "who", info->who);
  g_key_file_set_uint64 (file, GROUP, "size", info->size);
  g_key_file_set_int64 (file, GROUP, "added", info->added);
  set_hex (file, "hash", info->hash, FILE_HASH);
  set_hex (file, "key", info->key, FILE_KEY);
  set_hex (file, "owner_key", owner_key, FILE_KEY);
  return save (file, path, error);
}

gboolean
spool_describe_part (const Store *store, const Part *part, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *path = spool_path (store, part->id, SPOOL_META);

  g_key_file_set_string (file, GROUP, "room", part->room);
  g_key_file_set_string (file, GROUP, "name", part->name);
  g_key_file_set_string (file, GROUP, "type", part->type);
  g_key_file_set_string (file, GROUP, "owner", part->owner);
  g_key_file_set_string (file, GROUP, "who", part->who);
  g_key_file_set_uint64 (file, GROUP, "size", part->size);
  set_hex (file, "hash", part->hash, FILE_HASH);
  return save (file, path, error);
}

/* ---- keeping ---- */

static gboolean
sync_folder (const char *folder, GError **error)
{
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean good = fd >= 0 && fsync (fd) == 0;

  if (!good)
    fail (error, "synchronise it", folder);
  if (fd >= 0)
    close (fd);
  return good;
}

gboolean
spool_keep (const char *folder, int fd, const char *part, const FileInfo *info,
            const guint8 *owner_key, GError **error)
{
  g_autofree char *id = store_hex (info->id, FILE_ID);
  g_autofree char *meta = g_strdup_printf ("%s/%s" SPOOL_META, folder, id);
  g_autofree char *path = g_strdup_printf ("%s/%s" SPOOL_FILE, folder, id);

  if (fsync (fd) < 0)
    return fail (error, "synchronise it", part);
  if (!describe (info, owner_key, meta, error))
    return FALSE;
  if (g_rename (part, path) < 0)
    return fail (error, "rename it", part);
  return sync_folder (folder, error);
}

/* ---- what is there at the start ---- */

static gboolean
has_size (const char *path, guint64 size)
{
  struct stat st;

  return stat (path, &st) == 0 && S_ISREG (st.st_mode) && (guint64) st.st_size == size;
}

static FileInfo *
read_info (GKeyFile *file, const guint8 *id, guint8 *owner_key)
{
  FileInfo *info = file_info_new ();

  memcpy (info->id, id, FILE_ID);
  info->room = g_key_file_get_string (file, GROUP, "room", NULL);
  info->name = g_key_file_get_string (file, GROUP, "name", NULL);
  info->type = g_key_file_get_string (file, GROUP, "type", NULL);
  info->owner = g_key_file_get_string (file, GROUP, "owner", NULL);
  info->who = g_key_file_get_string (file, GROUP, "who", NULL);
  info->size = g_key_file_get_uint64 (file, GROUP, "size", NULL);
  info->added = g_key_file_get_int64 (file, GROUP, "added", NULL);
  if (info->room && info->name && info->type && info->owner && info->who
      && get_hex (file, "hash", info->hash, FILE_HASH) && get_hex (file, "key", info->key, FILE_KEY)
      && get_hex (file, "owner_key", owner_key, FILE_KEY))
    return info;
  file_info_unref (info);
  return NULL;
}

/* A whole file, with its description. */
static gboolean
take_file (Store *store, GKeyFile *file, const guint8 *id)
{
  g_autofree char *path = spool_path (store, id, SPOOL_FILE);
  guint8 owner_key[FILE_KEY];
  FileInfo *info = read_info (file, id, owner_key);
  StoreItem *item;

  if (!info || !has_size (path, info->size))
    {
      file_info_unref (info);
      return FALSE;
    }
  item = store_add (store, info);
  item->file = g_steal_pointer (&path);
  memcpy (item->owner_key, owner_key, FILE_KEY);
  return TRUE;
}

static gboolean
take_part (Store *store, GKeyFile *file, const guint8 *id)
{
  g_autofree char *path = spool_path (store, id, SPOOL_PART);
  g_autofree char *room = g_key_file_get_string (file, GROUP, "room", NULL);
  g_autofree char *who = g_key_file_get_string (file, GROUP, "who", NULL);
  guint64 size = g_key_file_get_uint64 (file, GROUP, "size", NULL);
  guint8 hash[FILE_HASH];
  struct stat st;
  Part *part;

  if (!room || !who || !get_hex (file, "hash", hash, FILE_HASH) || stat (path, &st) < 0
      || (guint64) st.st_size > size)
    return FALSE;
  part = store_add_part (store, room, who, size);
  memcpy (part->id, id, FILE_ID);
  memcpy (part->hash, hash, FILE_HASH);
  part->has_hash = TRUE;
  part->have = (guint64) st.st_size;
  part->name = g_key_file_get_string (file, GROUP, "name", NULL);
  part->type = g_key_file_get_string (file, GROUP, "type", NULL);
  part->owner = g_key_file_get_string (file, GROUP, "owner", NULL);
  if (!part->name || !part->type || !part->owner)
    {
      store_forget_part (store, part);
      return FALSE;
    }
  store_break_part (store, part);
  return TRUE;
}

static void
take_meta (Store *store, const char *name)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *path = g_build_filename (store->folder, name, NULL);
  g_autofree char *hex = g_strndup (name, strlen (name) - strlen (SPOOL_META));
  guint8 id[FILE_ID];

  if (store_unhex (hex, id, FILE_ID)
      && g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL)
      && !take_file (store, file, id))
    take_part (store, file, id);
}

static gboolean
is_known (Store *store, const char *name)
{
  g_autofree char *hex = g_strndup (name, 2 * FILE_ID);
  const char *suffix = name + strlen (hex);
  guint8 id[FILE_ID];

  if (!store_unhex (hex, id, FILE_ID))
    return FALSE;
  if (store_find (store, id))
    return g_str_equal (suffix, SPOOL_FILE) || g_str_equal (suffix, SPOOL_META);
  for (guint i = 0; i < store->parts->len; i++)
    if (memcmp (((Part *) store->parts->pdata[i])->id, id, FILE_ID) == 0)
      return g_str_equal (suffix, SPOOL_PART) || g_str_equal (suffix, SPOOL_META);
  return FALSE;
}

/* Only what has a name that we give. */
static gboolean
is_ours (const char *name)
{
  static const char *const suffixes[] = { SPOOL_FILE, SPOOL_PART, SPOOL_META, SPOOL_CACHE };
  const char *dot = strchr (name, '.');

  if (strspn (name, "0123456789abcdef") != 2 * FILE_ID || !dot)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    if (g_str_has_prefix (dot, suffixes[i]))
      return TRUE; /* also what was being written under a name of its own */
  return FALSE;
}

static gboolean
read_folder (Store *store, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  GDir *dir = g_dir_open (store->folder, 0, error);
  const char *name;

  if (!dir)
    return FALSE;
  while ((name = g_dir_read_name (dir)))
    g_ptr_array_add (names, g_strdup (name));
  g_dir_close (dir);
  for (guint i = 0; i < names->len; i++)
    if (g_str_has_suffix (names->pdata[i], SPOOL_META))
      take_meta (store, names->pdata[i]);
  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *path = g_build_filename (store->folder, names->pdata[i], NULL);
      if (is_ours (names->pdata[i]) && !is_known (store, names->pdata[i]))
        g_unlink (path);
    }
  return TRUE;
}

static gboolean
read_page_key (Store *store, GError **error)
{
  g_autofree char *path = g_build_filename (store->folder, PAGE_KEY, NULL);
  g_autofree char *text = NULL;
  gsize len;

  if (g_file_get_contents (path, &text, &len, NULL) && len == sizeof store->page_key)
    {
      memcpy (store->page_key, text, len);
      explicit_bzero (text, len);
      return TRUE;
    }
  http_random (store->page_key, sizeof store->page_key);
  return g_file_set_contents_full (path, (const char *) store->page_key, sizeof store->page_key,
                                   G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

/* Two daemons would remove each other's files. */
static gboolean
lock (Store *store, GError **error)
{
  store->lock = open (store->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (store->lock < 0)
    return fail (error, "open it", store->folder);
  return flock (store->lock, LOCK_EX | LOCK_NB) == 0
         || fail (error, "lock it (is it another reflector's?)", store->folder);
}

gboolean
spool_open (Store *store, const char *folder, GError **error)
{
  store->folder = g_strdup (folder);
  if (g_mkdir_with_parents (folder, 0700) < 0)
    return fail (error, "make it", folder);
  return lock (store, error) && read_page_key (store, error) && read_folder (store, error);
}
