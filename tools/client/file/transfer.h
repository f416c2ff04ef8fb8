/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file to or from a reflector by HTTP (doc/file-protocol.md §4, §5): goes on where it broke, and is whole at its end.
 * Knows no room.
 */
#pragma once

#include <gio/gio.h>
#include <reflector/file.h>

typedef struct _Transfer Transfer;

/* @error: %NULL: done. RFL_ERROR_FORBIDDEN: the reflector refuses; RFL_ERROR_UNAVAILABLE: it does not answer;
 * RFL_ERROR_MALFORMED: a wrong hash; else of GIO */
typedef struct {
  void (*progress) (guint64 octets, guint64 size, gpointer user_data);
  void (*done) (const GError *error, gpointer user_data);
} TransferFuncs;

/**
 * TransferSpec:
 * @path: of the file here; for a download: what becomes of it when it is whole. Until then it is beside it, called by its
 *   hash
 * @url: where it is fetched; or the room's folder, "BASE/rooms/ROOM/files"
 * @name, @type: (nullable): of an upload
 * @passkey: (nullable): 32 hexadecimal digits
 * @sha256, @size: of a download, as it was offered
 * @authorities: (nullable), @any_certificate: of TLS
 * @silence: seconds without an octet, after which it is tried again; @patience: after which it is given up
 */
typedef struct {
  const char *path, *url, *name, *type, *passkey;
  guint8 sha256[RFL_FILE_SHA256];
  guint64 size;
  GTlsDatabase *authorities;
  gboolean any_certificate;
  guint silence, patience;
} TransferSpec;

/* @spec: must stay, @funcs: static. Nothing is called before the main loop runs. */
Transfer *transfer_put (const TransferSpec *spec, const TransferFuncs *funcs, gpointer user_data);
Transfer *transfer_get (const TransferSpec *spec, const TransferFuncs *funcs, gpointer user_data);
/* Nothing is called any more; a part stays where it is. %NULL is allowed. */
void transfer_free (Transfer *transfer);
/* (nullable): after an upload: the body of the answer, JSON */
const char *transfer_get_answer (const Transfer *transfer);
