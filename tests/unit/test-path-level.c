/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Audio levels of packets that leave (RFC 6464): under the number that each receiver agreed to, or not at all. */
#include "tests/unit/path-fixture.h"
#include <string.h>

#define A "192.0.2.1:4000"
#define B "192.0.2.2:4000"

typedef struct {
  Fixture *f;
  RflSource *source;
  RflLeg *leg;
} Pair;

static Pair
pair_new (guint8 source_number, guint8 leg_number, RflLegMode mode)
{
  Pair pair = { .f = fixture_new (1) };
  RflMedium *a = fixture_join (pair.f, "room", "a", NULL, "audio");
  RflMedium *b = fixture_join (pair.f, "room", "b", NULL, "audio");
  RflLegSpec spec = fixture_leg_spec (pair.f, b, B);

  pair.source = fixture_add_source (pair.f, a, fixture_add_flow (pair.f, A), 1, 1);
  rfl_source_set_audio_level (pair.source, source_number);
  spec.mode = mode;
  spec.audio_level = leg_number;
  pair.leg = fixture_add_leg_spec (pair.f, &spec);
  return pair;
}

/* @n_csrc, then the header extension @block of whole words, then ten octets. */
static TestRtp
packet (guint16 seq, guint n_csrc, const guint8 *block, gsize len)
{
  TestRtp rtp = test_rtp (0, seq, 160u * seq, 1, 0);

  rtp.data[0] |= 0x10 | n_csrc;
  for (guint i = 0; i < 4 * n_csrc; i++)
    rtp.data[rtp.len++] = (guint8) (0xc0 + i);
  memcpy (rtp.data + rtp.len, block, len);
  rtp.len += len;
  memset (rtp.data + rtp.len, 0x77, 10);
  rtp.len += 10;
  return rtp;
}

static RflRtp
pass (Pair *pair, const TestRtp *in, GPtrArray **sent)
{
  RflRtp rtp;

  fixture_inject (pair->f, A, in);
  fixture_step (pair->f);
  *sent = test_network_take_sent (pair->f->net);
  g_assert_cmpuint ((*sent)->len, ==, 1);
  g_assert_cmpuint (sent_to (*sent, B, &rtp, 1), ==, 1);
  g_assert_cmpuint (rtp.payload_len, ==, 10);
  for (guint i = 0; i < 10; i++)
    g_assert_cmpuint (rtp.payload[i], ==, 0x77);
  return rtp;
}

typedef struct {
  const char *name;
  guint8 from, to;
  guint8 block[12];
  gsize len;
  guint8 out[12]; /* what follows the CSRC list; an octet of 0 as the first: no extension */
  gsize out_len;
} Case;

#define SHORT(id) 0xbe, 0xde, 0, 1, (id) << 4, 0x85, 0, 0
#define LONG(id) 0x10, 0, 0, 1, id, 1, 0x85, 0
#define BOTH(a, b) 0xbe, 0xde, 0, 2, (a) << 4 | 1, 9, 9, 0, (b) << 4, 0x85, 0, 0

static const Case cases[] = {
  { "none-agreed", 3, RFL_LEVEL_NONE, { SHORT (3) }, 8, { 0 }, 0 },
  { "none-agreed-others", 3, RFL_LEVEL_NONE, { BOTH (1, 3) }, 12, { 0 }, 0 },
  { "not-written", 3, 5, { SHORT (4) }, 8, { 0 }, 0 },
  { "empty-element", 3, 5, { 0x10, 0, 0, 1, 3, 0, 0, 0 }, 8, { 0 }, 0 },
  { "cut-element", 3, 5, { 0xbe, 0xde, 0, 1, 0, 0, 0, 0x30 }, 8, { 0 }, 0 },
  { "no-words", 3, 5, { 0xbe, 0xde, 0, 0 }, 4, { 0 }, 0 },
  { "renumbered", 3, 5, { SHORT (3) }, 8, { SHORT (5) }, 8 },
  { "alone", 3, 14, { BOTH (1, 3) }, 12, { SHORT (14) }, 8 },
  { "from-long", 3, 5, { LONG (3) }, 8, { SHORT (5) }, 8 },
  { "same", 3, 3, { BOTH (1, 3) }, 12, { BOTH (1, 3) }, 12 },
  { "as-is", 3, RFL_LEVEL_AS_IS, { BOTH (1, 3) }, 12, { BOTH (1, 3) }, 12 },
  { "unknown-source", 0, 5, { BOTH (1, 3) }, 12, { BOTH (1, 3) }, 12 },
  { "unknown-source-none", 0, RFL_LEVEL_NONE, { SHORT (3) }, 8, { SHORT (3) }, 8 },
};

static void
check (const Case *c, RflLegMode mode, guint n_csrc)
{
  Pair pair = pair_new (c->from, c->to, mode);
  TestRtp in = packet (7, n_csrc, c->block, c->len);
  g_autoptr (GPtrArray) sent = NULL;
  RflRtp rtp = pass (&pair, &in, &sent);
  RflLegStats stats;

  g_test_message ("%s, mode %u, %u CSRC", c->name, mode, n_csrc);
  g_assert_cmpuint (rtp.n_csrc, ==, n_csrc);
  for (guint i = 0; i < 4 * n_csrc; i++)
    g_assert_cmpuint (rtp.csrc[i], ==, 0xc0 + i);
  g_assert_cmpuint (rtp.header_len, ==, 12 + 4 * n_csrc + c->out_len);
  if (c->out_len)
    g_assert_cmpmem (rtp.extension - 4, rtp.extension_len + 4, c->out, c->out_len);
  else
    g_assert_null (rtp.extension);
  rfl_leg_get_stats (pair.leg, &stats);
  g_assert_cmpuint (stats.octets, ==, 10);
  fixture_free (pair.f);
}

static void
test_case (gconstpointer data)
{
  for (guint n_csrc = 0; n_csrc <= 15; n_csrc += 5)
    {
      check (data, RFL_LEG_ALL, n_csrc);
      check (data, RFL_LEG_ONE, n_csrc);
    }
}

/* Numbers change while packets flow; packets without extension are what they were. */
static void
test_changes (void)
{
  static const guint8 block[] = { SHORT (3) };
  Pair pair = pair_new (3, RFL_LEVEL_NONE, RFL_LEG_ALL);
  TestRtp in = packet (7, 0, block, sizeof block), plain = test_rtp (0, 8, 160, 1, 0);
  g_autoptr (GPtrArray) first = NULL, second = NULL, third = NULL, fourth = NULL;
  RflRtp rtp;

  memset (plain.data + plain.len, 0x77, 10);
  plain.len += 10;
  g_assert_null (pass (&pair, &in, &first).extension);
  rfl_leg_set_audio_level (pair.leg, 4);
  rtp = pass (&pair, &in, &second);
  g_assert_cmpuint (rtp.extension[0], ==, 4 << 4);
  rfl_source_set_audio_level (pair.source, 9);
  g_assert_null (pass (&pair, &in, &third).extension);
  rtp = pass (&pair, &plain, &fourth);
  g_assert_cmpuint (rtp.header_len, ==, 12);
  g_assert_cmpuint (rtp.seq, ==, 8);
  fixture_free (pair.f);
}

/* Legs that differ in the number only: each has its own, and all others' packets are shared as before. */
static void
test_many (void)
{
  static const guint8 block[] = { SHORT (3) };
  Pair pair = pair_new (3, 1, RFL_LEG_ALL);
  RflMedium *c = fixture_join (pair.f, "room", "c", NULL, "audio");
  TestRtp in = packet (7, 0, block, sizeof block);
  g_autoptr (GPtrArray) sent = NULL;

  for (guint i = 2; i <= 14; i++)
    {
      g_autofree char *remote = g_strdup_printf ("192.0.2.100:%u", i);
      RflLegSpec spec = fixture_leg_spec (pair.f, c, remote);
      spec.audio_level = i;
      fixture_add_leg_spec (pair.f, &spec);
    }
  fixture_inject (pair.f, A, &in);
  fixture_step (pair.f);
  sent = test_network_take_sent (pair.f->net);
  g_assert_cmpuint (sent->len, ==, 14);
  for (guint i = 2; i <= 14; i++)
    {
      g_autofree char *remote = g_strdup_printf ("192.0.2.100:%u", i);
      RflRtp rtp;
      g_assert_cmpuint (sent_to (sent, remote, &rtp, 1), ==, 1);
      g_assert_cmpuint (rtp.extension[0], ==, i << 4);
      g_assert_cmpuint (rtp.extension[1], ==, 0x85);
    }
  fixture_free (pair.f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/path/level/%s", cases[i].name);
      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/path/level/changes", test_changes);
  g_test_add_func ("/path/level/many", test_many);
  return g_test_run ();
}
