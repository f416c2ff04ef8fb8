/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin's instance and its SIP stack: one Sofia-SIP root on core's main context, and on
 * it one listener (nua) for each local address, so that every request tells which local
 * address it came to. Not about single calls: see call.h.
 */
#pragma once

#include <reflector/reflector.h>

typedef struct _SipPlugin SipPlugin;
typedef struct _SipListener SipListener;
typedef struct _SipCall SipCall;
typedef struct _SipConnections SipConnections;
typedef struct _SipShortage SipShortage;
typedef struct _SipGate SipGate;
typedef struct _SipListen SipListen;
typedef struct _SipListening SipListening;
typedef struct _SipRegistrar SipRegistrar;
typedef struct _SipJournal SipJournal;
typedef struct _SipOrphans SipOrphans;
typedef struct _SipMessages SipMessages;
typedef struct _SipTalk SipTalk;
typedef struct _SipDialout SipDialout;
typedef struct _SipTarget SipTarget;
typedef struct _SipIndex SipIndex;
typedef struct _SipConference SipConference;
typedef struct _SipModeRules SipModeRules;

#define NUA_MAGIC_T SipListener
#define NUA_HMAGIC_T SipCall
#include <sofia-sip/su_glib.h>
#include <sofia-sip/nua.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>

#include "plugins/sip/stack/guard.h"

#define SIP_METHODS "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, INFO, MESSAGE, SUBSCRIBE"
#define SIP_EVENTS "conference"
#define SIP_METHODS_OF_REGISTRAR SIP_METHODS ", REGISTER"
#define SIP_MAX_MESSAGE (32 * 1024)
#define SIP_MAX_LISTENERS 32u
/* As many as there can be calls. */
#define SIP_MAX_ORPHANS 100000

typedef enum {
  SIP_AUTHENTICATE_AUTO,
  SIP_AUTHENTICATE_ON,
  SIP_AUTHENTICATE_OFF
} SipAuthenticate;

typedef enum {
  SIP_REGISTRAR_AUTO,
  SIP_REGISTRAR_ON,
  SIP_REGISTRAR_OFF
} SipRegistrarMode;

/* What becomes of a call by somebody who is in the room already. */
typedef enum {
  SIP_SECOND_CALL_ALLOW,
  SIP_SECOND_CALL_REPLACE,
  SIP_SECOND_CALL_REFUSE
} SipSecondCall;
/* Rates per second and address, 0: no limit (gate.h); @overload_lag in ms, @wrong_wait in seconds.
 * @exempt: (element-type GInetAddressMask)
 * @sha256_agents: parts of User-Agents that bear more than an MD5 challenge */
typedef struct {
  double invite_rate, request_rate, wrong_rate;
  guint invite_burst, request_burst, wrong_burst;
  guint wrong_attempts, wrong_wait, max_wrong_users;
  char **sha256_agents;
  guint overload_lag;
  GPtrArray *exempt;
} SipLimits;

/* Who may subscribe to a room's roster; each includes those before it. */
typedef enum {
  SIP_SUBSCRIBERS_PARTICIPANTS,
  SIP_SUBSCRIBERS_AUTHENTICATED,
  SIP_SUBSCRIBERS_ALL
} SipSubscribers;

/* Times in seconds, @notify_interval in ms. */
typedef struct {
  SipSubscribers subscribers;
  guint max_subscriptions, max_subscriptions_of_room, min_subscription, max_subscription;
  guint notify_interval, max_roster;
} SipConferenceSettings;

/* What configure() read; times in seconds. */
typedef struct {
  GPtrArray *listens; /* SipListen, at least one; see listen.h */
  guint max_calls, max_connections, max_connections_of_address, first_message;
  guint idle, transaction_timeout;
  SipRegistrarMode registrar;
  guint max_registrations, max_contacts, min_expires, max_expires;
  SipLimits limits;
  char *journal; /* %NULL: the default; empty: none */
  guint message_rate, max_queued_messages;
  gboolean call_registered;
  guint ring_time, ring_interval;
  guint session_expires, min_se; /* session_expires 0: no session timers */
  SipSecondCall second_call;
  SipConferenceSettings conference;
  SipModeRules *modes; /* mode/mode.h */
} SipSettings;

/* settings-limits.c */
void sip_limits_init (SipLimits *limits);
void sip_limits_clear (SipLimits *limits);
gboolean sip_limits_read (SipLimits *limits, const RflSettings *from, GError **error);

/* settings-conference.c */
gboolean sip_conference_settings_read (SipConferenceSettings *settings, const RflSettings *from,
                                       GError **error);

void sip_settings_init (SipSettings *settings);
void sip_settings_clear (SipSettings *settings);
gboolean sip_settings_read (SipSettings *settings, const RflSettings *from, GError **error);

/**
 * SipListener:
 * @local: its address and port
 * @has_udp, @has_tcp: what it was made with
 * @listen: what holds for it; of the settings
 * @gone: since when its address is not there or not wanted, or 0
 * @guard: its parser, which belongs to the plugin
 * @udp, @tcp: the stack's sockets, the latter listening, or -1
 * @accept: stands before the listening socket, or %NULL
 * @down: nua_shutdown() has ended
 */
struct _SipListener {
  SipPlugin *plugin;
  nua_t *nua;
  SipGuard *guard;
  RflAddress local;
  gboolean has_udp, has_tcp;
  const SipListen *listen;
  gint64 gone;
  int udp, tcp;
  GSource *accept;
  gboolean down;
};

typedef struct {
  RflCounter *invites, *joined, *refused, *challenged, *wrong_credentials, *unseen_credentials,
      *cancelled, *ended, *closed_connections, *abandoned_connections, *refused_connections,
      *silent_connections, *replaced, *bad_answers, *picture_requests, *reoffers, *reoffers_refused;
} SipCounters;

struct _SipPlugin {
  RflCore *core;
  SipSettings settings;
  su_root_t *root;
  GSource *source, *pulse;
  GPtrArray *guards; /* SipGuard; those of listeners that are gone have no function */
  SipGate *gate;
  GPtrArray *listeners; /* SipListener */
  SipListening *listening;
  GHashTable *calls; /* SipCall, a reference each */
  SipIndex *index;
  SipConnections *connections;
  SipRegistrar *registrar;
  SipJournal *journal; /* %NULL: none */
  SipOrphans *orphans;
  SipMessages *messages;
  SipDialout *dialout;
  SipConference *conference;
  SipCounters counters;
  RflLogLimit refused_log, call_log, stack_log;
  guint draining_hook;
  gboolean running, stopping;
};

gboolean sip_stack_start (SipPlugin *plugin, GError **error);
/* Ends all calls with a BYE and waits for their answers, about a second; at most four. */
void sip_stack_stop (SipPlugin *plugin);

/* Returns: (transfer full): a listener on @local, or %NULL with RFL_ERROR_IO. For listen.c, as is: */
SipListener *sip_stack_listen (SipPlugin *plugin, const SipListen *listen, const RflAddress *local,
                               GError **error);
/* Its nua_shutdown() has ended, or all ends. */
void sip_stack_unlisten (SipListener *listener);

/* What Sofia-SIP says, as debug lines of ours. */
void sip_log_redirect (SipPlugin *plugin);
void sip_log_restore (void);

/* The event callback of every listener (dispatch.c). */
void sip_dispatch (nua_event_t event, int status, char const *phrase, nua_t *nua,
                   SipListener *listener, nua_handle_t *nh, SipCall *call, sip_t const *sip,
                   tagi_t tags[]);

/* (element-type RflAddress) (nullable): the addresses of this host that a listener can bind; %NULL, with errno, if they
 * cannot be known */
GPtrArray *sip_local_addresses (void);

/* What can be done without descriptors (shortage.c). */
SipShortage *sip_shortage_new (void);
void sip_shortage_free (SipShortage *shortage);
/* Whether no more than a few are left. */
gboolean sip_shortage_is_near (void);
/* Without any left, turns away those who wait to be accepted. Returns: how many */
guint sip_shortage_relieve (SipShortage *shortage, const GPtrArray *listeners);
