/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The thread that moves the octets of shares: its sockets, passkeys as they are used, queues. Told what there is by
 * the main thread, and tells it what happened. Knows no participant, no session and no link: only keys and whose
 * number they have.
 */
#pragma once

#include <gio/gio.h>
#include <reflector/address.h>
#include <reflector/share.h>

typedef struct _Relay Relay;

/**
 * RelayLimits:
 * @credit: octets on their way in each direction of a viewer of a channel
 * @queue: octets that wait for a viewer of a broadcast, and for a sharer
 * @viewers: of one share
 * @per_key: connections with one viewer's passkey; linked reflectors' are bounded by @viewers alone
 * @unproved, @per_address: connections that have not shown a passkey
 * @connect: seconds until a sharer must have connected
 * @ping, @silence, @stall: seconds
 */
typedef struct {
  guint credit, queue, viewers, per_key, unproved, per_address, connect, ping, silence, stall;
  GTlsCertificate *certificate; /* (nullable) */
  GTlsDatabase *authorities;    /* (nullable): of linked reflectors' certificates */
} RelayLimits;

/* What is counted; relay_get_stat() */
typedef enum {
  RELAY_ACCEPTED,
  RELAY_PAUSED,
  RELAY_EVICTED,
  RELAY_WRONG_KEY,
  RELAY_REFUSED,
  RELAY_LATE,
  RELAY_TLS_FAILED,
  RELAY_SKIPS,
  RELAY_SLOW,
  RELAY_BROKEN,
  RELAY_UPSTREAM_FAILED,
  RELAY_OCTETS_IN,
  RELAY_OCTETS_OUT,
  RELAY_N_STATS
} RelayStat;

/* Of one share; read by the main thread at any time. Counted by reference, with atomics of our own: ThreadSanitizer
 * does not see GLib's. */
typedef struct {
  guint refs, viewers;
  guint64 octets_in, octets_out;
} RelayGauge;

RelayGauge *relay_gauge_new (void);
RelayGauge *relay_gauge_ref (RelayGauge *gauge);
/* %NULL is allowed. */
void relay_gauge_unref (RelayGauge *gauge);

/**
 * RelayShare:
 * @doors: sockets that listen, which it takes: the sharer's (-1: none), the viewers'
 * @slot: told when they are closed
 * @sharer_key: of the sharer
 * @upstream: family not 0: the share comes from there, with @upstream_key
 */
typedef struct {
  char id[RFL_SHARE_MAX_ID + 1];
  RflShareKind kind;
  int doors[2];
  guint slot;
  guint8 sharer_key[RFL_SHARE_PASSKEY];
  RflAddress upstream;
  guint8 upstream_key[RFL_SHARE_PASSKEY];
  gboolean upstream_tls;
  RelayGauge *gauge; /* (transfer full) */
} RelayShare;

/* All on the main thread. */
typedef struct {
  void (*opened) (const char *id, gpointer user_data);
  /* Of its own accord: connections of it are closed already. */
  void (*ended) (const char *id, const char *reason, gpointer user_data);
  /* Its ports may be opened anew; for each share once, however it ended. */
  void (*freed) (guint slot, gpointer user_data);
  /* Something to be logged; at most a few are on their way. @peer: family may be 0 */
  void (*note) (RelayStat what, const char *id, const RflAddress *peer, const char *text,
                gpointer user_data);
} RelayFuncs;

/* @context: of the main thread. All that follows is called there. */
Relay *relay_new (GMainContext *context, const RelayFuncs *funcs, gpointer user_data);
gboolean relay_start (Relay *relay, GError **error);
/* Everything is closed when this returns; may be started again. */
void relay_stop (Relay *relay);
/* %NULL is allowed. */
void relay_free (Relay *relay);
/* References are taken. Of shares and connections to come. */
void relay_set_limits (Relay *relay, const RelayLimits *limits);
void relay_add (Relay *relay, const RelayShare *share);
/* Flushes what viewers have waiting if @flush. */
void relay_end (Relay *relay, const char *id, gboolean flush);
/* @holder: whose it is; @link: a linked reflector's */
void relay_add_key (Relay *relay, const char *id, guint64 holder, gboolean link,
                    const guint8 key[RFL_SHARE_PASSKEY]);
/* Closes the holder's connections, too. */
void relay_drop_key (Relay *relay, const char *id, guint64 holder);
/* Addresses that do not count against `per_address`. (transfer full) (element-type RflAddress) */
void relay_set_linked (Relay *relay, GArray *addresses);
guint64 relay_get_stat (const Relay *relay, RelayStat stat);
/* Connections that have not shown a passkey. */
guint relay_get_unproved (const Relay *relay);
