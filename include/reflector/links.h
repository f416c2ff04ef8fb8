/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Service "links", of plugin interconnect: messages of other plugins to linked reflectors, in the links'
 * own reliable stream (doc/link-protocol.md, "Services"). Not for media, and not for participants behind a
 * link: only direct peers are told; whoever needs more hops passes it on himself.
 */
#pragma once

#include <reflector/address.h>
#include <reflector/error.h>
#include <reflector/types.h>

G_BEGIN_DECLS

#define RFL_LINKS_SERVICE "links"
#define RFL_LINKS_VERSION 1
/* Octets of one message's body. */
#define RFL_LINKS_MAX_BODY 900

/**
 * RflLinksFunc:
 * @peer: id of the reflector, as in RFL_EVENT_LINK_UP; lent
 * @session: (nullable): the name of the session it is about, which need not exist here
 * @body: lent, its grammar not looked at yet; %NULL if there is none
 */
typedef void (*RflLinksFunc) (const char *peer, const char *session, guint8 type,
                              const guint8 *body, gsize len, gpointer user_data);

/**
 * RflLinks:
 * @add: one listener for the messages of one @service. Returns: an id above 0; 0: there is one already
 * @remove: not called again. 0 is ignored
 * @send: in order and each once, while the link is up. What has not arrived when it goes down is lost: tell
 *   the peer everything again after RFL_EVENT_LINK_UP, and forget what it told at RFL_EVENT_LINK_DOWN.
 *   @session: (nullable); @body: (nullable). RFL_ERROR_UNAVAILABLE: there is no such peer or its link is down;
 *   RFL_ERROR_LIMIT: too much is waiting for it already; RFL_ERROR_MALFORMED: @body has more than
 *   RFL_LINKS_MAX_BODY octets, or does not fit beside a long @session: together at most 1,000
 * @list: (transfer full) (element-type utf8): ids of the peers whose links are up
 * @get_address: @remote: the peer's address, @local: ours towards it; ports are 0. For TCP relays, and to know
 *   a linked reflector's connection. Returns: %FALSE if there is no such peer whose link is up
 *
 * Main thread. A peer of an older version skips such messages.
 */
typedef struct {
  guint (*add) (gpointer self, const char service[4], RflLinksFunc func, gpointer user_data);
  void (*remove) (gpointer self, guint id);
  gboolean (*send) (gpointer self, const char *peer, const char service[4], const char *session,
                    guint8 type, GBytes *body, GError **error);
  GPtrArray *(*list) (gpointer self);
  gboolean (*get_address) (gpointer self, const char *peer, RflAddress *remote, RflAddress *local);
} RflLinks;

G_END_DECLS
