/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Going into a room, asking the reflector for a share and going through its door: what `share` and `broadcast` have
 * in common. Not for what goes through it.
 */
#pragma once

#include "tools/client/client.h"
#include "tools/client/share/dial.h"

typedef struct _Offer Offer;

/* ---- options of all three commands ---- */

typedef struct {
  char *title, *authorities;
  gboolean any_certificate;
} OfferOptions;

/* Entries of --tls-ca and --tls-insecure, to be put into the command's own. */
#define OFFER_TLS_ENTRIES(options)                                                                 \
  { "tls-ca",                                                                                      \
    0,                                                                                             \
    0,                                                                                             \
    G_OPTION_ARG_FILENAME,                                                                         \
    &(options)->authorities,                                                                       \
    "Who may sign the reflector's certificate, where shares go over TLS (default: as the system)", \
    "FILE" },                                                                                      \
  {                                                                                                \
    "tls-insecure", 0, 0, G_OPTION_ARG_NONE, &(options)->any_certificate,                          \
        "Take any certificate of the reflector", NULL                                              \
  }

void offer_options_clear (OfferOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OfferOptions, offer_options_clear)
/* Puts what @options say of TLS into @door. Errors: of GIO. */
gboolean offer_options_apply (const OfferOptions *options, ShareDoor *door, GError **error);

/* ---- the offer ---- */

typedef struct {
  /* The share is ours. @io (transfer full), @rest: behind its door */
  void (*opened) (Offer *offer, GIOStream *io, GBytes *rest, gpointer user_data);
  /* (nullable): whether all of it has been said, so that its end is no news */
  gboolean (*has_ended) (gpointer user_data);
  /* The room is being left: no more of opened()'s @io, if there was one. May be called twice. */
  void (*leaving) (gpointer user_data);
} OfferFuncs;

/* A client in a room that shares something of @kind, RFL_SHARE_CHANNEL or RFL_SHARE_BROADCAST, until its end.
 * Returns: the exit status */
int offer_run (const ClientSettings *settings, RflShareKind kind, const OfferOptions *options,
               const OfferFuncs *funcs, gpointer user_data);
Client *offer_get_client (Offer *offer);
/* The share's connection is gone: tells why, and leaves. */
void offer_closed (Offer *offer, const GError *error);
