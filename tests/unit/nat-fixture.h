/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugins nat and rtp on a network in memory, and clients that speak STUN. */
#pragma once

#include "tests/unit/rtp-fixture.h"

#include "plugins/nat/nat.h"

#define THEIR_UFRAG "abcd"
#define THEIR_PWD "aaaaaaaaaaaaaaaaaaaaaa"

typedef struct {
  Fixture rtp; /* first, for the functions of rtp-fixture.h */
  NatPlugin *nat;
} NatFixture;

/* What a check says beside its credentials. */
typedef struct {
  guint32 priority;
  gboolean use_candidate, controlled, unknown;
  const char *pwd;   /* %NULL: the right one */
  const char *ufrag; /* %NULL: the one it was told */
} CheckSpec;

typedef struct {
  const char *name;
  void (*func) (NatFixture *f, gconstpointer unused);
  const char *settings; /* of nat */
} NatTest;

/* @tests: ended by a %NULL name. Returns: for main() */
int nat_tests_run (int argc, char **argv, const char *group, const NatTest *tests);
/* @desc with ICE whose candidates are its addresses. */
RflMediumDesc *with_ice (RflMediumDesc *desc, const char *ufrag);
Client *ice_client (NatFixture *f, const char *name, const char *ip, guint16 port, gboolean nat);
/* Sends a check for the audio of @c. Returns: the error it got, 0 for success, -1 for nothing */
int check (NatFixture *f, const Client *c, const RflAddress *from, guint16 port,
           const CheckSpec *spec);
/* Sends @len octets of STUN. Returns: as check() */
int ask (NatFixture *f, const RflAddress *from, guint16 port, const guint8 *data, gsize len,
         RflStun *answer, guint8 room[RFL_STUN_MAX]);
