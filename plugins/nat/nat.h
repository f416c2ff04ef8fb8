/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin's instance and what its files know of each other. The agent is pure and has a header of its own, as
 * has the TCP service. Opens no media port: those who have some hand in what comes there.
 */
#pragma once

#include "plugins/nat/agent.h"
#include "plugins/nat/checkip.h"

#include <reflector/reflector.h>

typedef struct _NatPlugin NatPlugin;
typedef struct _NatPeer NatPeer;

/* Why a STUN request got an error or nothing; each has a counter. */
typedef enum {
  NAT_REFUSED_MALFORMED,
  NAT_REFUSED_OTHER,
  NAT_REFUSED_RATE,
  NAT_REFUSED_UNKNOWN,
  NAT_REFUSED_INTEGRITY,
  NAT_REFUSED_ROLE,
  NAT_REFUSED_ATTRIBUTE,
  NAT_REFUSED_PORT,
  NAT_N_REFUSED
} NatRefused;

/**
 * NatMedium: one m-line
 * @current, @next: the agents of what is in force and of what is being negotiated; often the same
 * @port: by component: where its proof came to
 */
typedef struct {
  RflMedium *medium;
  NatAgent *current, *next;
  RflPort *ports[NAT_COMPONENTS];
} NatMedium;

/**
 * NatPeer: a participant of this reflector that has offered ICE
 * @plugin: %NULL once the plugin has stopped
 * @media: (element-type NatMedium): by index, %NULL for those without
 */
struct _NatPeer {
  NatPlugin *plugin;
  RflParticipant *participant;
  GPtrArray *media;
};

/**
 * NatPlugin:
 * @agents: ufrag -> NatAgent, lent
 * @peers: NatPeer, the set of all
 * @ice, @check_rate, @stun_rate: options
 * @offered: whether the service is
 */
struct _NatPlugin {
  RflCore *core;
  RflClock *clock;
  gboolean ice, offered;
  guint check_rate;
  double stun_rate;
  CheckipSpec checkip_spec;

  GHashTable *agents, *peers;
  GArray *hooks; /* guint */
  RflTimer *consent_timer;
  RflRates *rates;
  Checkip *checkip;
  const RflIceWatch *watch;
  gpointer watch_data;

  RflCounter *refused[NAT_N_REFUSED];
  RflCounter *answered, *checks, *indications, *mismatches, *lite_peers, *restarts, *consent_lost,
      *consent_back;
  RflLogLimit refused_log, consent_log;
};

extern const RflOption nat_options[];
/* instance.c: the plugin's life, which plugin.c names in the descriptor */
gpointer nat_plugin_new (RflCore *core);
gboolean nat_plugin_configure (gpointer self, const RflSettings *settings, GError **error);
gboolean nat_plugin_start (gpointer self, GError **error);
RflReload nat_plugin_reconfigure (gpointer self, const RflSettings *settings, GError **error);
void nat_plugin_stop (gpointer self);
void nat_plugin_free (gpointer self);
/* status.c */
void nat_plugin_status (gpointer self, RflStatus *status);
const char *nat_refused_name (NatRefused reason);

/* stun.c: the service's function, and a check's way to its agent */
void nat_receive (gpointer self, const RflArrival *arrival);

/* offer.c: which media have ICE. Hooks; of each @data is the NatPlugin */
RflHookResult nat_offer_hook (RflEvent *event, gpointer data, GError **error);
RflHookResult nat_wanted_hook (RflEvent *event, gpointer data, GError **error);
RflHookResult nat_joined_hook (RflEvent *event, gpointer data, GError **error);
RflHookResult nat_changed_hook (RflEvent *event, gpointer data, GError **error);
RflHookResult nat_left_hook (RflEvent *event, gpointer data, GError **error);
/* (nullable): the record of a medium that has ICE or is about to */
NatMedium *nat_medium_find (const RflMedium *medium);
void nat_peer_detach (NatPeer *peer);

/* consent.c */
#define NAT_CONSENT_INTERVAL G_TIME_SPAN_SECOND
void nat_consent_timer (gpointer data);
/* A check has come for the pair: if its consent was lost, it is back. */
void nat_consent_given (NatPlugin *plugin, NatMedium *m, guint component);
