/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rtp plugin on a network in memory with a clock moved by hand, and clients of it that have
 * an address and say what the test makes them say. No SIP here.
 */
#pragma once

#include "plugins/rtp/rtp.h"

#include "core/config/config.h"
#include "core/core-private.h"
#include "tests/helpers/memory-transport.h"

#define SECOND G_TIME_SPAN_SECOND
#define HERE "192.0.2.1"

typedef struct {
  RflCore *core;
  TestNetwork *net;
  GPtrArray *sent; /* TestDatagram that nobody has asked for yet */
  RtpPlugin *plugin;
} Fixture;

/* @decided: how often its join or offer was; @ended: by whom else than itself, why */
typedef struct {
  Fixture *f;
  RflParticipant *participant;
  RflAddress rtp[2], rtcp[2]; /* audio, video: as the reflector sees them */
  guint16 seq;
  guint decided;
  GError *error;
  char *ended;
} Client;

#define FORMATS(...) ((const char *const[]){ __VA_ARGS__, NULL })

RflAddress at (const char *ip, guint16 port);
/* Lets the path do all there is to do. */
void settle (Fixture *f);
void pass_time (Fixture *f, gint64 time);
Client *client_new (Fixture *f, const char *name, const char *ip, guint16 port);
void client_free (Client *c);
RflMediumDesc *desc_of (const Client *c, const char *kind, const char *const *formats);
RflMediumDesc *pcmu (const Client *c);
/* @desc with private addresses, as a client behind a NAT writes them. */
RflMediumDesc *behind_nat (RflMediumDesc *desc);
void join_with (Client *c, const char *room, GPtrArray *offers);
/* @second may be %NULL. */
GPtrArray *list_of (RflMediumDesc *first, RflMediumDesc *second);
void join (Client *c, const char *room, RflMediumDesc *first, RflMediumDesc *second);
void assert_joined (const Client *c);
/* A later offer; c->error is what came of it. */
void offer_list (Client *c, GPtrArray *offers);
/* A later offer; it must be agreed. */
void offer (Client *c, RflMediumDesc *first, RflMediumDesc *second);
/* What the medium at @index has agreed on. */
const RflMediumDesc *current (const Client *c, guint index);
/* A client in @room with PCMU and telephone-event. */
Client *joined_client (Fixture *f, const char *name, const char *ip, guint16 port,
                       const char *room);
void send_from (Fixture *f, const RflAddress *from, guint16 port, const guint8 *data, gsize len);
void send_rtp_from (Fixture *f, const RflAddress *from, guint16 port, guint8 pt, guint32 ssrc,
                    guint16 seq);
/* One more packet of audio ... */
void say (Client *c, guint8 pt, guint32 ssrc);
/* ... and of video. */
void show (Client *c, guint8 pt, guint32 ssrc);
void report_from (Fixture *f, const RflAddress *from, guint16 port, guint32 ssrc,
                  const char *cname);
/* RR and SDES from its audio RTCP address. */
void report (Client *c, guint32 ssrc);
/* Returns: (transfer full) (nullable): the next packet that has come to @where */
GBytes *next_at (Fixture *f, const RflAddress *where);
/* The next packet at @where is RTP like this. */
void assert_rtp (Fixture *f, const RflAddress *where, guint8 pt, guint32 ssrc, guint16 seq);
void assert_nothing (Fixture *f, const RflAddress *where);
/* Whether among all that has come to @where there is such an RTCP packet. @ssrc 0: any */
gboolean got_rtcp (Fixture *f, const RflAddress *where, RflRtcpType type, guint32 ssrc);
guint64 count (Fixture *f, const char *name);
/* @settings: what is in the group, or %NULL */
void set_up (Fixture *f, gconstpointer settings);
/* @before: (nullable): called before the plugin starts */
void set_up_with (Fixture *f, const char *settings, void (*before) (Fixture *f));
void tear_down (Fixture *f, gconstpointer unused);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Client, client_free)

typedef struct {
  const char *name;
  void (*func) (Fixture *f, gconstpointer unused);
  const char *settings;
} RtpTest;

/* Runs @tests (ended by a %NULL name) as /rtp/@group/NAME. Returns: for main(). */
int rtp_tests_run (int argc, char **argv, const char *group, const RtpTest *tests);
