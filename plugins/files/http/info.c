/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is told of files, and asked about them, between the two threads. Not for the octets of files. */
#include "plugins/files/http/http.h"

#include <reflector/file.h>
#include <string.h>

FileInfo *
file_info_new (void)
{
  FileInfo *info = g_new0 (FileInfo, 1);

  info->refs = 1;
  return info;
}

/* Atomics of our own: ThreadSanitizer does not see GLib's. */
FileInfo *
file_info_ref (FileInfo *info)
{
  __atomic_add_fetch (&info->refs, 1, __ATOMIC_RELAXED);
  return info;
}

void
file_info_unref (FileInfo *info)
{
  if (!info || __atomic_sub_fetch (&info->refs, 1, __ATOMIC_ACQ_REL) > 0)
    return;
  g_free (info->room);
  g_free (info->name);
  g_free (info->type);
  g_free (info->owner);
  g_free (info->who);
  g_free (info->via);
  explicit_bzero (info, sizeof *info);
  g_free (info);
}

char *
file_info_get_path (const FileInfo *info)
{
  g_autofree char *name = rfl_file_escape_name (info->name);
  char key[2 * FILE_KEY + 1];

  rfl_file_hex_write (info->key, FILE_KEY, key);
  return g_strdup_printf ("/files/%s/%s", key, name);
}

static void
free_secret (char *text)
{
  if (text)
    explicit_bzero (text, strlen (text));
  g_free (text);
}

void
http_ask_free (HttpAsk *ask)
{
  if (!ask)
    return;
  g_free (ask->room);
  free_secret (ask->token);
  free_secret (ask->authorization);
  g_free (ask->method);
  g_free (ask->target);
  g_free (ask->name);
  g_free (ask->file_type);
  g_free (ask->why);
  g_strfreev (ask->challenges);
  g_free (ask->who);
  g_free (ask->owner);
  g_free (ask->real_room);
  g_free (ask->base);
  g_free (ask);
}
