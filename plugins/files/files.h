/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the plugin's main thread know of each other. Sockets, disk and HTTP are another thread's (http/). */
#pragma once

#include "plugins/files/http/http.h"
#include "plugins/files/remote.h"
#include <reflector/reflector.h>

/**
 * FilesItem: one file that can be fetched here
 * @told: participants of this reflector, by id, that know of it
 * @links: (element-type FilesKey): by reflector's id: who may fetch it from here
 * @since: when its room was last there, microseconds of the clock; 0: it is
 */
typedef struct {
  Files *files;
  FileInfo *info;
  GHashTable *told, *links;
  gint64 since;
} FilesItem;

/* @told: it knows of the file; @due: what it knows is not the last */
typedef struct {
  guint8 key[FILE_KEY];
  gboolean told, due;
} FilesKey;

/* A participant of this reflector, and its passkey. @since: when it came; @told: it knows the passkey; @due: there
 * is something that it does not know yet */
typedef struct {
  RflParticipant *participant; /* lent: it ends before */
  guint8 passkey[FILE_KEY];
  gint64 since;
  gboolean told, due;
} FilesGuest;

/* Somebody wants to give a room a file. @participant: (nullable): who, of this reflector; @type: (nullable) */
typedef struct {
  RflParticipant *participant;
  const char *room, *name, *type;
  guint64 size;
} FilesOffer;

typedef struct {
  char *spool, *bind;
  guint16 port;
  gboolean anyone, by_message;
  guint max_remote;
  guint orphan_time;                   /* seconds */
  RflAddress address, external, local; /* family 0: not set */
} FilesOptions;

typedef struct {
  RflCounter *offered, *gone, *refused, *malformed, *untold, *links_refused;
  RflCounter *http[HTTP_N_STATS];
} FilesCounters;

struct _Files {
  RflCore *core;
  RflClock *clock;
  Http *http;
  FilesOptions options;
  HttpLimits limits;
  gboolean tls;
  GHashTable *items;   /* by id in hexadecimal digits */
  GHashTable *remotes; /* FilesRemote by id in hexadecimal digits */
  GHashTable *guests;  /* FilesGuest by participant's id */
  GHashTable *wrong;   /* of wrong.c */
  GHashTable *pages;   /* names of those rooms by the tokens of their pages */
  GHashTable *rooms;   /* names of sessions that there are at present */
  GArray *hooks;
  const RflControl *control;
  gpointer control_self;
  guint control_id;
  const RflLinks *links;
  gpointer links_self;
  guint links_id;
  gboolean offered, running;
  RflTimer *timer;
  guint64 seen[HTTP_N_STATS];
  FilesCounters counters;
  RflLogLimit log_request, log_peer, log_link;
};

/* options.c */
extern const RflOption files_options[];
gboolean files_read_options (Files *files, const RflSettings *settings, GError **error);
void files_options_clear (FilesOptions *options);

/* instance.c: the plugin */
gpointer files_new (RflCore *core);
gboolean files_configure (gpointer self, const RflSettings *settings, GError **error);
gboolean files_start (gpointer self, GError **error);
RflReload files_reconfigure (gpointer self, const RflSettings *settings, GError **error);
void files_stop (gpointer self);
void files_free (gpointer self);

/* status.c */
void files_status (gpointer self, RflStatus *status);
void files_count_http (Files *files);
FilesCounters files_counters_new (RflCore *core);

/* item.c: what can be fetched */
void files_item_free (gpointer item);
void files_on_offered (FileInfo *info, gpointer files);
void files_on_gone (const guint8 id[FILE_ID], const char *reason, gpointer files);
FilesItem *files_find (Files *files, const guint8 id[FILE_ID]);
/* (transfer full) (element-type FilesItem): those of a room, or all with %NULL; lent items */
GPtrArray *files_list (Files *files, const char *room);
/* Rooms that have come back, and those that have not. */
void files_look_for_rooms (Files *files);

/* guest.c: participants of this reflector */
void files_guest_free (gpointer guest);
/* (nullable): whom it belongs to, in the room */
FilesGuest *files_find_passkey (Files *files, const char *room, const char *hex);
/* Whether it is joined and let in. */
gboolean files_is_in (const RflParticipant *participant);
/* Its guest, made if it is in and has none. (nullable) */
FilesGuest *files_get_guest (Files *files, RflParticipant *participant);
void files_forget_guest (Files *files, RflParticipant *participant);
/* (nullable): one of this reflector in the room with this user part of its identity (sip:USER@HOST) */
RflParticipant *files_find_user (Files *files, const char *room, const char *user);

/* wrong.c: those who guess passwords */
/* Microseconds until this user at this address may try once more. */
gint64 files_wrong_wait (Files *files, const RflAddress *peer, const char *user);
void files_wrong_count (Files *files, const RflAddress *peer, const char *user);
void files_wrong_forget (Files *files, const RflAddress *peer, const char *user);

/* judge.c: who may do what */
void files_on_ask (HttpAsk *ask, gpointer files);

/* address.c: what is told of where we are */
/* (transfer full) (nullable): "http://ADDRESS:PORT" for one at @remote who came to @local (family 0: not known) */
char *files_get_base (const Files *files, const RflAddress *remote, const RflAddress *local);
/* (transfer full): the path of a room's page, "/page/TOKEN/" */
char *files_get_page (const Files *files, const char *room);
/* A room has a page as long as somebody is in it. */
void files_open_page (Files *files, const char *room);
void files_close_page (Files *files, const char *room);
/* (nullable): the room of a page's token, lent */
const char *files_find_page (const Files *files, const char *token);
void files_random (guint8 *out, gsize len);

/* announce.c: what participants are told */
void files_announce (FilesItem *item);
void files_say_gone (FilesItem *item, const char *reason);
/* Its passkey and everything of its room that it has not been told. */
void files_tell_newcomer (Files *files, RflParticipant *participant);
/* The same, whatever it has been told. */
void files_tell_again (Files *files, RflParticipant *participant);
/* All of them, what could not be told before. */
void files_tell_late (Files *files);
void files_forget_told (Files *files, RflParticipant *participant);

/* links.c: linked reflectors */
void files_on_link (const char *peer, const char *session, guint8 type, const guint8 *body,
                    gsize len, gpointer files);
void files_link_up (Files *files, const char *peer);
void files_link_down (Files *files, const char *peer);
/* To all that it has not come from. */
void files_link_announce (FilesItem *item);
void files_link_gone (FilesItem *item, const char *reason);
/* What could not be told before. */
void files_link_tell_late (Files *files);

/* service.c */
extern const RflFiles files_service;
/* RFL_EVENT_FILE_OFFERED; @done is told whether it was refused. */
void files_offer (Files *files, const FilesOffer *offer, RflEventDoneFunc done, gpointer user_data);
