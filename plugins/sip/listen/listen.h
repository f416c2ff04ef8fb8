/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which addresses are listened on: those that the settings name, or all that the host has, as they come
 * and go. Not how a listener's requests are answered: see dispatch.c.
 */
#pragma once

#include "plugins/sip/stack/stack.h"

/**
 * SipListen:
 *
 * One place to listen, and what holds for those who call there.
 *
 * @local: address and port; family 0: that port on all addresses of the host
 * @realm: %NULL: that of who offers credentials
 * @advertise: family 0: none
 */
struct _SipListen {
  RflAddress local;
  gboolean udp, tcp;
  SipAuthenticate authenticate;
  char *realm;
  RflAddress advertise;
};

/* Members of a group of the option `listeners`. */
extern const RflOption sip_listen_options[];
/* (element-type SipListen): out of `listeners`, else out of the simple options. RFL_ERROR_CONFIG. */
GPtrArray *sip_listens_read (const RflSettings *from, GError **error);

/* Opens what must be open; RFL_ERROR_IO. Then follows the host's addresses. Main thread, as all. */
gboolean sip_listeners_start (SipPlugin *plugin, GError **error);
/* The settings have changed. Listeners that are not wanted any more go when their calls are over. */
void sip_listeners_update (SipPlugin *plugin);
/* Follows no more; all stay open. */
void sip_listeners_freeze (SipPlugin *plugin);
/* After the last event. */
void sip_listeners_free (SipPlugin *plugin);

/* ---- the host's addresses (local.c) ---- */

typedef struct _SipLocalWatch SipLocalWatch;

/* @func: called soon after addresses came or went, perhaps without need */
SipLocalWatch *sip_local_watch_new (RflCore *core, RflTimerFunc func, gpointer user_data);
/* %NULL is allowed. */
void sip_local_watch_free (SipLocalWatch *watch);
