/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Being in a room for its files: the passkey, and what is offered (doc/file-protocol.md §2). Not for HTTP: transfer.h. */
#pragma once

#include <reflector/file.h>

#include "tools/client/client.h"

typedef struct _Guest Guest;

/* Options of both commands. */
typedef struct {
  char *authorities;
  gboolean any_certificate;
} GuestOptions;

#define GUEST_TLS_ENTRIES(options)                                                                 \
  { "tls-ca",                                                                                      \
    0,                                                                                             \
    0,                                                                                             \
    G_OPTION_ARG_FILENAME,                                                                         \
    &(options)->authorities,                                                                       \
    "Who may sign the reflector's certificate, where files go over TLS (default: as the system)",  \
    "FILE" },                                                                                      \
  {                                                                                                \
    "tls-insecure", 0, 0, G_OPTION_ARG_NONE, &(options)->any_certificate,                          \
        "Take any certificate of the reflector", NULL                                              \
  }

void guest_options_clear (GuestOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GuestOptions, guest_options_clear)

/**
 * GuestFuncs:
 * @ready: the passkey is there, and what was offered so far; once
 * @offered, @gone: (nullable): afterwards
 * @leaving: what is under way ends
 */
typedef struct {
  void (*ready) (Guest *guest, gpointer user_data);
  void (*offered) (Guest *guest, const RflFileMessage *file, gpointer user_data);
  void (*gone) (Guest *guest, const RflFileMessage *file, gpointer user_data);
  void (*leaving) (Guest *guest, gpointer user_data);
} GuestFuncs;

/* In the room until somebody leaves. Returns: the exit status */
int guest_run (const ClientSettings *settings, const GuestFuncs *funcs, gpointer user_data);
/* What the end of a transfer means for the exit status. */
ClientExit guest_get_exit (const GError *error);
Client *guest_get_client (Guest *guest);
/* Lent: BASE, ROOM, PASSKEY, PAGE */
const RflFileMessage *guest_get_key (const Guest *guest);
/* Lent; by id in hexadecimal digits (element-type RflFileMessage) */
GHashTable *guest_get_files (Guest *guest);
