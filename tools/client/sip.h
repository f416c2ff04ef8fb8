/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the client's call by Sofia-SIP share. Others use private.h.
 */
#pragma once

#define NUA_MAGIC_T struct _ClientSip
#include <sofia-sip/nua.h>

#include "tools/client/private.h"

struct _ClientSip {
  Client *client;
  su_root_t *root;
  GSource *source;
  nua_t *nua;
  nua_handle_t *call;
  char *uri, *from;
  guint alive_timer;
  gboolean authorized, up, ending, ended, down;
};

/* sip.c: whatever the stack tells */
void client_sip_event (nua_event_t event, int status, char const *phrase, nua_t *nua,
                       nua_magic_t *sip, nua_handle_t *nh, nua_hmagic_t *hmagic,
                       sip_t const *message, tagi_t tags[]);

/* sip-digest.c: the answer to the best of these challenges to an INVITE. Errors: of CLIENT_ERROR. Returns: (transfer full) */
char *client_sip_write_credentials (ClientSip *sip, const msg_auth_t *challenges, GError **error);
