/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What transfer.c, put.c and get.c know of each other. */
#pragma once

#include <libsoup/soup.h>

#include "tools/client/file/transfer.h"

#define TRANSFER_CHUNK (128 * 1024)
/* Octets of an answer to an upload: one line of JSON */
#define TRANSFER_REPLY 16384

/**
 * Transfer:
 * @funcs: %NULL: nobody waits for it any more
 * @path: of what is read or written here
 * @sum: of what is here; @at: octets of it that have been passed on, of @size
 * @since: when something has moved last
 * @attempt, @hashed: of the direction
 */
struct _Transfer {
  guint refs;
  const TransferSpec *spec;
  const TransferFuncs *funcs;
  gpointer user_data;
  char *path;
  int fd;
  GChecksum *sum;
  guint8 hash[RFL_FILE_SHA256];
  guint64 at, size;
  gint64 since;
  SoupSession *session;
  SoupMessage *msg;
  GInputStream *stream;
  GCancellable *cancel;
  guint retry;
  int reason; /* errno of what could not be opened */
  char *answer;
  char reply[TRANSFER_REPLY]; /* body of one, as it comes */
  void (*attempt) (Transfer *transfer);
  void (*hashed) (Transfer *transfer, gssize octets);
};

/* transfer.c */
Transfer *transfer_new (const TransferSpec *spec, const TransferFuncs *funcs, gpointer user_data);
void transfer_ref (Transfer *transfer);
void transfer_unref (Transfer *transfer);
void transfer_finish (Transfer *transfer, const GError *error);
void transfer_refuse (Transfer *transfer, const char *why);
/* So many octets more. */
void transfer_moved (Transfer *transfer, gsize len);
/* In a moment; with @error if that has gone on for too long. */
void transfer_try_again (Transfer *transfer, const GError *error);
char *transfer_get_reason (SoupMessage *msg, GBytes *body);
/* And first its answer, which may look at it when it is closed. */
void transfer_forget_message (Transfer *transfer);
SoupMessage *transfer_new_message (Transfer *transfer, const char *method, const char *url);
/* Of all that is in @fd, in another thread; then @hashed */
void transfer_hash (Transfer *transfer);
