/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Service "files", of plugin files: which files the rooms have at present, and their removal. Not for putting one there:
 * that is HTTP's (doc/file-protocol.md). To refuse one: RFL_EVENT_FILE_OFFERED.
 */
#pragma once

#include <reflector/error.h>
#include <reflector/file.h>
#include <reflector/types.h>

G_BEGIN_DECLS

#define RFL_FILES_SERVICE "files"
#define RFL_FILES_VERSION 1

/* The data of RFL_EVENT_FILE_OFFERED: what the file will be. */
typedef struct {
  guint64 size;
  char type[RFL_FILE_MAX_TYPE + 1];
} RflFileOffer;

/**
 * RflFileInfo:
 * @id: 32 hexadecimal digits, the same at all reflectors
 * @session: by name; it need not be there at present
 * @owner: whose it is, as participants are told
 * @via: (nullable): id of the linked reflector that it is fetched from; %NULL: it is here, or @away
 * @away: it is of another reflector, none of whom can be reached at present
 * @added: since when it is known here, seconds since 1970
 */
typedef struct {
  const char *id, *session, *name, *type, *owner, *via;
  guint64 size;
  const guint8 *sha256;
  gint64 added;
  gboolean away;
} RflFileInfo;

typedef void (*RflFileFunc) (const RflFileInfo *info, gpointer user_data);

/**
 * RflFiles:
 * @each: calls @func for each file that can be fetched here, or could if its reflector were there. @session: (nullable):
 *   of this one alone
 * @find: calls @func for that of @id. Returns: %FALSE if there is none
 * @remove: soon, for everybody here and behind; of another reflector's file this one's knowledge alone.
 *   @reason: (nullable): told to participants. RFL_ERROR_NOT_FOUND
 *
 * Main thread. What @info points to is lent for the call.
 */
typedef struct {
  void (*each) (gpointer self, const char *session, RflFileFunc func, gpointer user_data);
  gboolean (*find) (gpointer self, const char *id, RflFileFunc func, gpointer user_data);
  gboolean (*remove) (gpointer self, const char *id, const char *reason, GError **error);
} RflFiles;

G_END_DECLS
