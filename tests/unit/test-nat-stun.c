/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* STUN without ICE on media ports: who gets an answer, which, and how often. */
#include "tests/unit/nat-fixture.h"

#include <string.h>

static const guint16 ports[] = { 5566, 5567, 5568, 5569, 5570, 5571, 5572, 5573 };
static const guint8 request[] = { 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1,  2,
                                  3, 4, 5, 6, 7,    8,    9,    10,   11, 12 };

static int
plain (NatFixture *f, const RflAddress *from, guint16 port)
{
  guint8 room[RFL_STUN_MAX];
  RflStun answer;

  return ask (f, from, port, request, sizeof request, &answer, room);
}

static int
raw (NatFixture *f, const guint8 *data, gsize len)
{
  RflAddress from = at ("198.51.100.9", 4000);
  guint8 room[RFL_STUN_MAX];
  RflStun answer;

  return ask (f, &from, 5566, data, len, &answer, room);
}

/* Nothing of this is answered. */
static void
bad (NatFixture *f, gconstpointer unused)
{
  guint8 data[sizeof request + 4];

  memcpy (data, request, sizeof request);
  g_assert_cmpint (raw (f, data, 19), ==, -1);
  data[7] = 0; /* RFC 3489 */
  g_assert_cmpint (raw (f, data, sizeof request), ==, -1);
  g_assert_cmpuint (count (&f->rtp, "nat.refused_malformed"), ==, 2);
  memcpy (data, request, sizeof request);
  data[0] = 1; /* an answer to nothing */
  g_assert_cmpint (raw (f, data, sizeof request), ==, -1);
  data[0] = 0;
  data[1] = 3; /* Allocate */
  g_assert_cmpint (raw (f, data, sizeof request), ==, -1);
  g_assert_cmpuint (count (&f->rtp, "nat.refused_other"), ==, 2);
  data[1] = 0x11;
  g_assert_cmpint (raw (f, data, sizeof request), ==, -1);
  g_assert_cmpuint (count (&f->rtp, "nat.indications"), ==, 1);
}

static void
unknown_attribute (NatFixture *f, gconstpointer unused)
{
  static const guint8 data[] = { 0, 1, 0, 4, 0x21, 0x12, 0xa4, 0x42, 1, 2,    3, 4,
                                 5, 6, 7, 8, 9,    10,   11,   12,   0, 0x30, 0, 0 };

  g_assert_cmpint (raw (f, data, sizeof data), ==, 420);
  g_assert_cmpuint (count (&f->rtp, "nat.refused_attribute"), ==, 1);
}

/* From wherever, on every port; nobody needs to be in a call. */
static void
every_port (NatFixture *f, gconstpointer unused)
{
  RflAddress from = at ("198.51.100.9", 4000);

  for (guint i = 0; i < G_N_ELEMENTS (ports); i++)
    g_assert_cmpint (plain (f, &from, ports[i]), ==, 0);
  g_assert_cmpuint (count (&f->rtp, "nat.answered"), ==, G_N_ELEMENTS (ports));
}

/* A bucket for each address, whatever the port. */
static void
limited (NatFixture *f, gconstpointer unused)
{
  RflAddress from = at ("198.51.100.9", 4000), other = at ("198.51.100.10", 4000);

  for (guint i = 0; i < 10; i++)
    {
      from.port++;
      g_assert_cmpint (plain (f, &from, 5566), ==, i < 4 ? 0 : -1);
    }
  g_assert_cmpuint (count (&f->rtp, "nat.refused_rate"), ==, 6);
  g_assert_cmpint (plain (f, &other, 5566), ==, 0);
  pass_time (&f->rtp, SECOND);
  g_assert_cmpint (plain (f, &from, 5566), ==, 0);
}

/* It is no evidence: whoever can be answered there may be anybody. */
static void
proves_nothing (NatFixture *f, gconstpointer unused)
{
  g_autoptr (Client) alice = client_new (&f->rtp, "alice", "198.51.100.1", 4000);
  RflAddress there = at ("198.51.100.1", 6666);

  join (alice, "room", behind_nat (pcmu (alice)), NULL);
  g_assert_cmpint (plain (f, &there, 5566), ==, 0);
  g_assert_cmpuint (count (&f->rtp, "rtp.latched"), ==, 0);
  g_assert_cmpuint (count (&f->rtp, "rtp.proved"), ==, 0);
}

/* RFC 6263 §4: what keeps a hole open and means nothing. */
static void
keepalives (NatFixture *f, gconstpointer unused)
{
  static const guint8 zero[4] = { 0 }, version0[12] = { 0x40 };
  RflAddress from = at ("198.51.100.9", 4000);

  send_from (&f->rtp, &from, 5570, zero, 0);
  send_from (&f->rtp, &from, 5571, version0, sizeof version0);
  g_assert_cmpuint (count (&f->rtp, "rtp.keepalives"), ==, 2);
  from.port++;
  send_rtp_from (&f->rtp, &from, 5570, 20, 1, 1);
  report_from (&f->rtp, &from, 5571, 1, "somebody");
  g_assert_cmpuint (count (&f->rtp, "rtp.keepalives"), ==, 4);
  g_assert_cmpuint (count (&f->rtp, "rtp.refused_stranger"), ==, 0);
  assert_nothing (&f->rtp, &from);
}

int
main (int argc, char **argv)
{
  static const NatTest tests[] = {
    { "bad", bad, "" },
    { "unknown-attribute", unknown_attribute, "" },
    { "every-port", every_port, "" },
    { "limited", limited, "stun_rate = 2;" },
    { "proves-nothing", proves_nothing, "" },
    { "keepalives", keepalives, "" },
    { NULL },
  };

  return nat_tests_run (argc, argv, "stun", tests);
}
