/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asking the reflector for a share and going through its door: what `share` and `broadcast` have in common. Not for
 * what goes through it.
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

/* @io (transfer full), @rest: behind the door */
typedef void (*OfferFunc) (GIOStream *io, GBytes *rest, gpointer user_data);

/* @kind: RFL_SHARE_CHANNEL or RFL_SHARE_BROADCAST; @options must stay */
Offer *offer_new (Client *client, guint8 kind, const OfferOptions *options, OfferFunc func,
                  gpointer user_data);
void offer_free (Offer *offer);
/* To be called from the client's functions of these names; failures leave the room. */
void offer_joined (Offer *offer);
void offer_control_up (Offer *offer);
void offer_control (Offer *offer, const char *service, guint8 type, const guint8 *body, gsize len);
/* The share's connection is gone: tells why, and leaves. */
void offer_closed (Offer *offer, const GError *error);
/* The share's id, or %NULL before it was granted. */
const char *offer_get_share (const Offer *offer);
