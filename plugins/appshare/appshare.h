/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of appshare's main thread know of each other. Sockets are the relay's (relay/). */
#pragma once

#include "plugins/appshare/relay/relay.h"
#include <reflector/reflector.h>

typedef struct _AppShare AppShare;
typedef struct _AppLost AppLost;

#define APP_MAX_SLOTS 1000

typedef enum {
  APP_ASKING,  /* RFL_EVENT_SHARE_OPENING is out */
  APP_GRANTED, /* its sharer has to connect */
  APP_OPEN
} AppState;

/* One who may view, and has been told. */
typedef struct {
  guint64 holder;
  guint8 key[RFL_SHARE_PASSKEY];
} AppKey;

/**
 * AppItem: one share
 * @participant: (nullable): the owner, of this reflector
 * @via: (nullable): the linked reflector that announced it
 * @path: (element-type utf8): reflectors that the announcement has passed, this one not
 * @ways: other ways to it, the shortest one first; @lost: it has ended here because @via does not lead to it any more
 * @viewers: AppKey by participant's id; @links: by reflector's id
 * @slot: of the port ranges, -1: none; @ports: the sharer's, the viewers', 0: none
 */
typedef struct {
  guint refs;
  AppShare *app;
  char *id, *session, *title, *owner;
  RflParticipant *participant;
  char *via;
  RflShareKind kind;
  AppState state;
  guint32 request;
  GPtrArray *path, *ways;
  gboolean lost;
  int slot;
  guint16 ports[2];
  RelayShare spec; /* of one from elsewhere: where */
  guint8 sharer_key[RFL_SHARE_PASSKEY];
  GHashTable *viewers, *links;
  RelayGauge *gauge;
} AppItem;

typedef struct {
  guint per_session, per_participant;
  guint16 sharer_port, client_port;
  guint n_ports;
  char *bind;
  RflAddress address, external, local; /* family 0: not set */
} AppOptions;

typedef struct {
  RflCounter *requests, *refused, *opened, *closed, *malformed, *links_refused, *untold, *rerouted;
  RflCounter *relay[RELAY_N_STATS];
} AppCounters;

struct _AppShare {
  RflCore *core;
  RflClock *clock;
  Relay *relay;
  AppOptions options;
  RelayLimits limits;
  gboolean tls;
  GHashTable *items;             /* by id */
  GHashTable *lost;              /* AppLost by id: those whose way is gone, and which have others */
  gboolean slots[APP_MAX_SLOTS]; /* taken, until the relay has closed them */
  gboolean retry;                /* somebody has not been told */
  guint64 next_holder;
  GArray *hooks;
  const RflControl *control;
  gpointer control_self;
  guint control_id;
  const RflLinks *links;
  gpointer links_self;
  guint links_id;
  gboolean offered, running;
  RflTimer *timer;
  guint64 seen[RELAY_N_STATS];
  AppCounters counters;
  RflLogLimit log_request, log_peer, log_link;
};

/* options.c */
extern const RflOption appshare_options[];
gboolean appshare_read_options (AppShare *app, const RflSettings *settings, GError **error);
void app_options_clear (AppOptions *options);

/* instance.c: the plugin */
gpointer appshare_new (RflCore *core);
gboolean appshare_configure (gpointer self, const RflSettings *settings, GError **error);
gboolean appshare_start (gpointer self, GError **error);
RflReload appshare_reconfigure (gpointer self, const RflSettings *settings, GError **error);
void appshare_stop (gpointer self);
void appshare_free (gpointer self);

/* status.c */
void appshare_status (gpointer self, RflStatus *status);
void app_count_relay (AppShare *app);
AppCounters app_counters_new (RflCore *core);

/* item.c: making, opening, end */
AppItem *app_item_new (AppShare *app, const char *id, const char *session);
/* From the table and everywhere else; everybody is told, and RFL_EVENT_SHARE_CLOSED if it was open. */
void app_item_end (AppItem *item, const char *reason, gboolean flush);
/* Ports of its own, and the relay knows it. */
gboolean app_item_bind (AppItem *item, GError **error);
void app_item_opened (AppItem *item);
AppItem *app_find (AppShare *app, const char *id);
/* (transfer full): those that are there now; one that ends meanwhile stays readable */
GPtrArray *app_list (AppShare *app);
/* Aborts if the system has no random octets. */
void app_random (guint8 *out, gsize len);

/* ports.c */
int app_listen (const char *bind_to, guint16 port, GError **error);

/* request.c: what participants ask */
void app_on_control (RflParticipant *participant, guint8 type, const guint8 *body, gsize len,
                     gpointer app);
gboolean app_send (AppShare *app, RflParticipant *participant, const RflShareMessage *message);
const RflAddress *app_address_for (const AppShare *app, const RflParticipant *participant,
                                   RflAddress *room);
void app_refuse (AppShare *app, RflParticipant *participant, guint32 request, guint code,
                 const char *reason);

/* announce.c: what participants are told */
void app_announce (AppItem *item, RflParticipant *participant);
void app_announce_all (AppItem *item);
/* Everything of its session. @again: also what it has been told before */
void app_tell_newcomer (AppShare *app, RflParticipant *participant, gboolean again);
void app_say_ended (AppItem *item, const char *reason);
void app_forget_viewer (AppShare *app, RflParticipant *participant);

/* links.c */
void app_on_link (const char *peer, const char *session, guint8 type, const guint8 *body, gsize len,
                  gpointer app);
void app_link_up (AppShare *app, const char *peer);
void app_link_down (AppShare *app, const char *peer);
void app_link_announce (AppItem *item, const char *peer);
void app_link_announce_all (AppItem *item);
void app_link_ended (AppItem *item, const char *reason);
/* Its passkey is dead, and its connections. */
void app_forget_link (AppItem *item, const char *peer);

/* ways.c */
GPtrArray *app_ways_new (void);
void app_lost_free (gpointer lost);
/* @message: a second ANNOUNCE of it, by @peer */
void app_ways_add (AppItem *item, const char *peer, const RflShareMessage *message);
void app_ways_drop (AppShare *app, const char *share, const char *peer);
void app_ways_drop_peer (AppShare *app, const char *peer);
/* Those to a share that is announced again. (transfer full) */
GPtrArray *app_ways_take (AppShare *app, const char *share);
/* It ends here, and for whoever has it from here; if there is another way, it comes again after a moment. */
void app_way_lost (AppItem *item, const char *reason, gboolean flush);
void app_ways_tick (AppShare *app);

/* service.c */
extern const RflShares app_shares;
