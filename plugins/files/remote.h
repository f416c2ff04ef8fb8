/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of other reflectors: the ways by which linked reflectors offer them, and the one in use. Not for who is told here of
 * them: that is as with any other file.
 */
#pragma once

#include "plugins/files/http/http.h"
#include <reflector/reflector.h>

typedef struct _Files Files;

/* What a linked reflector has offered. */
typedef struct {
  guint8 key[FILE_KEY];
  guint16 port;
  gboolean tls;
  guint n_path;
  guint8 path[RFL_FILE_MAX_PATH][RFL_FILE_TAG];
} FilesRoute;

/**
 * FilesRemote: a file of another reflector
 * @routes: FilesRoute by linked reflector's id
 * @via: (nullable): whose is in use; %NULL: none can be at present
 * @since: when it was lost, microseconds of the clock
 * @asked: RFL_EVENT_FILE_OFFERED is out
 */
typedef struct {
  Files *files;
  FileInfo *info;
  GHashTable *routes;
  char *via;
  gint64 since;
  gboolean asked;
} FilesRemote;

/* remote.c */
/* (nullable) */
FilesRemote *files_find_remote (Files *files, const guint8 id[FILE_ID]);
void files_remote_free (gpointer remote);
/* The best of its routes is in use from now on; linked reflectors are told what has changed. */
void files_remote_choose (FilesRemote *remote);
/* (nullable): the way in use */
const FilesRoute *files_remote_get_route (const FilesRemote *remote);
void files_remote_forget (Files *files, const guint8 id[FILE_ID]);
/* Those that nobody has offered for too long go. */
void files_look_for_remotes (Files *files);
/* A linked reflector offers it. */
void files_on_remote (Files *files, const char *peer, const char *room,
                      const RflFileMessage *message);
/* It does not any more. @ended: for good, and for all */
void files_on_remote_gone (Files *files, const char *peer, const RflFileMessage *message);
/* Nothing that the linked reflector has offered can be fetched there. */
void files_remotes_lost (Files *files, const char *peer);
