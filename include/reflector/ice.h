/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ICE (RFC 8445): what descriptions say of it, and the service "ice" that answers checks and proves addresses.
 * Whoever has media ports hands what is neither RTP nor RTCP to the service; whoever ties addresses to
 * participants watches it. Main thread.
 */
#pragma once

#include <reflector/port.h>
#include <reflector/types.h>

G_BEGIN_DECLS

#define RFL_ICE_SERVICE "ice"
#define RFL_ICE_VERSION 1

/* RFC 8839 §5.4 */
#define RFL_ICE_MIN_UFRAG 4
#define RFL_ICE_MIN_PWD 22
#define RFL_ICE_MAX_SECRET 256
/* Candidates of one m-line that are looked at. */
#define RFL_ICE_MAX_CANDIDATES 32

/**
 * RflIceCandidate:
 * @component: 1 RTP, 2 RTCP
 * @address: of UDP, numeric
 */
typedef struct {
  guint8 component;
  guint32 priority;
  RflAddress address;
} RflIceCandidate;

/**
 * RflIceDesc:
 *
 * One m-line's part of ICE, the session's attributes included. @ufrag and @pwd are secrets of a call: never to be
 * logged.
 *
 * @candidates: (element-type RflIceCandidate)
 * @lite: the maker answers checks and sends none
 * @complete: no candidates follow (a=end-of-candidates, or nothing said of trickling)
 * @mismatch: of an answer: the offer's default address is none of its candidates, so ICE is not used; then
 *   nothing else is set
 */
struct _RflIceDesc {
  char *ufrag, *pwd;
  GArray *candidates;
  gboolean lite, complete, mismatch;
};

RFL_EXPORT RflIceDesc *rfl_ice_desc_new (void);
RFL_EXPORT RflIceDesc *rfl_ice_desc_copy (const RflIceDesc *desc);
/* %NULL is allowed. */
RFL_EXPORT void rfl_ice_desc_free (RflIceDesc *desc);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RflIceDesc, rfl_ice_desc_free)

/**
 * RflIceWatch:
 * @proved: whoever is at @arrival's remote address has answered for itself with the credentials of @medium,
 *   and wants what is for @component there from now on
 * @consent: whether @medium's participant still wants packets of @component where it is (RFC 7675); %TRUE at
 *   first and after each restart
 */
typedef struct {
  void (*proved) (RflMedium *medium, guint component, const RflArrival *arrival,
                  gpointer user_data);
  void (*consent) (RflMedium *medium, guint component, gboolean given, gpointer user_data);
} RflIceWatch;

/**
 * RflIce:
 * @receive: a datagram that is neither RTP nor RTCP; STUN is answered from the port it came to
 * @watch: @watch is static, of the one who has the ports. Returns: %FALSE if somebody watches already
 * @unwatch: its ports are about to close
 */
typedef struct {
  void (*receive) (gpointer self, const RflArrival *arrival);
  gboolean (*watch) (gpointer self, const RflIceWatch *watch, gpointer user_data);
  void (*unwatch) (gpointer self);
} RflIce;

G_END_DECLS
