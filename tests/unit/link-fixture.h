/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of the interconnection share: reflectors in one process, each with a core, the
 * plugin and callers without protocol, on a network in memory whose links have a delay and
 * can lose; one clock for all. Not for sockets or threads.
 */
#pragma once

#include "plugins/interconnect/link.h"

#include "core/core-private.h"
#include "tests/helpers/memory-transport.h"
#include <reflector/rtp.h>

#define MS G_TIME_SPAN_MILLISECOND
#define MAX_SITES 3

typedef struct _World World;
typedef struct _Site Site;

/* One caller: audio, and video on request. @heard: TestDatagram that reached it, RTP only;
 * @rtcp: the others */
typedef struct {
  Site *site;
  RflParticipant *participant;
  RflAddress address;
  RflLeg *legs[2];
  RflFlow *flows[2];
  guint16 seq;
  GPtrArray *heard, *rtcp;
  char *kinds;
  guint n_asked; /* to negotiate again */
} Person;

/* @ups, @downs, @joined, @left: events since the start; @audio: what a new session here
 * would speak, under the number @pt; @also: what its callers speak, too, or %NULL */
struct _Site {
  World *world;
  guint index;
  RflCore *core;
  LinkPlugin *link;
  RflPort *ports[2];
  GPtrArray *people; /* Person */
  const char *codec, *also;
  guint8 pt;
  guint ups, downs, joined, left;
};

/* Of each datagram between reflectors. Returns: %FALSE: it is lost. */
typedef gboolean (*WorldFilter) (World *world, const TestDatagram *datagram);

struct _World {
  TestNetwork *net;
  gint64 now;
  Site sites[MAX_SITES];
  guint n_sites;
  GQueue flying;
  gint64 delay;
  double loss;
  GRand *random;
  WorldFilter filter;
  guint n_relayed;     /* RTP datagrams that left a relay port */
  gpointer data;       /* of the test's filter */
  const char *options; /* further ones of the plugin */
};

/* For main(): what the plugin logs is silent and its warnings are not fatal; others' are. */
void world_set_log_writer (void);

/* @n reflectors, each linked with all others; they are up when this returns. */
World *world_new (guint n);
World *world_new_down (guint n);
/* With callers of "room", audio only, by turns at each reflector, who are known everywhere. */
World *world_new_with (guint n, Person **people, guint n_people);
void world_free (World *world);
void world_run (World *world, gint64 time);
/* Long enough for all messages between reflectors to arrive and to be answered. */
void world_settle (World *world);

/* As kill -9 does: not a word to anybody. */
void site_kill (Site *site);
void site_start (Site *site);
/* The address of site @i's relay port, 5564 or 5565. */
RflAddress site_relay (guint i, guint16 port);
guint64 site_count (Site *site, const char *counter);
LinkPeer *site_peer (Site *site, guint other);
/* Whether @site knows the participant, from wherever. */
gboolean site_knows (Site *site, const char *id);

/* In how many points what @b knows of @a differs from what @a tells; they go to the test's log. */
guint world_compare (World *world, guint a, guint b);

/* A caller of @session with "audio", or "audio video". The id lives as long as @site. */
Person *person_join (Site *site, const char *session, const char *kinds);
void person_leave (Person *person);
const char *person_id (const Person *person);
/* One RTP packet of @kind (0 audio, 1 video) in the site's payload type. */
void person_send (Person *person, guint kind, guint32 ssrc);
/* @n of them, 20 ms apart. */
void person_talk (Person *person, guint32 ssrc, guint n);
/* How many RTP packets with @ssrc it has heard. */
guint person_heard (const Person *person, guint32 ssrc);
/* The same, and that none came twice. */
guint person_heard_once (const Person *person, guint32 ssrc);
void person_forget (Person *person);
void person_send_rtcp (Person *person, const RflRtcpWriter *w);
