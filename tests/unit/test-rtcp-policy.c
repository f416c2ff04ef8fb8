/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which RTCP passes to whom: what must not pass first, then SSRCs, legs of mode `one`, links. */
#include "tests/unit/rtcp-fixture.h"
#include <string.h>

typedef struct {
  Fixture *f;
  End *a, *b, *c; /* a sends SSRC 1, b SSRC 2, c nothing */
  GPtrArray *more;
} Room;

static void
set_up (Room *room, gconstpointer data)
{
  room->f = fixture_new (1);
  room->a = end_join (room->f, "a", NULL, RFL_LEG_ALL, 1);
  room->b = end_join (room->f, "b", NULL, RFL_LEG_ALL, 2);
  room->c = end_join (room->f, "c", NULL, RFL_LEG_ALL, 0);
  room->more = g_ptr_array_new_with_free_func ((GDestroyNotify) end_free);
}

static void
tear_down (Room *room, gconstpointer data)
{
  g_ptr_array_unref (room->more);
  end_free (room->a);
  end_free (room->b);
  end_free (room->c);
  fixture_free (room->f);
}

static End *
more (Room *room, End *end)
{
  g_ptr_array_add (room->more, end);
  return end;
}

static guint
count (Room *room, const char *name)
{
  g_autofree char *full = g_strconcat ("rtcp.", name, NULL);
  return (guint) fixture_count (room->f, full);
}

static void
invalid (Room *room, gconstpointer data)
{
  static const guint8 rows[][8] = { { 0x80, 201, 0, 2, 0, 0, 0, 1 },
                                    { 0x40, 201, 0, 1, 0, 0, 0, 1 },
                                    { 0x81, 201, 0, 1, 0, 0, 0, 1 },
                                    { 0x80, 0, 0, 1, 0, 0, 0, 1 } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    rfl_route_receive_rtcp (room->a->medium->route, room->a->medium, rows[i], sizeof rows[i]);
  rfl_route_receive_rtcp (room->a->medium->route, room->a->medium, rows[0], 0);
  end_expect (room->b, "");
  g_assert_cmpuint (count (room, "invalid"), ==, G_N_ELEMENTS (rows) + 1);
  g_assert_cmpuint (count (room, "received"), ==, G_N_ELEMENTS (rows) + 1);
}

/* Nobody speaks for another's source, ends it, or names it. */
static void
foreign (Room *room, gconstpointer data)
{
  static const char *const rows[] = { "SR 2 of 1", "RR 2", "SDES 2 b", "BYE 2", "XR 2" };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      end_send (room->a, rows[i]);
      g_assert_cmpuint (count (room, "foreign"), ==, i + 1);
      end_expect (room->b, "");
      end_expect (room->c, "");
    }
  g_assert_true (rfl_route_find_source (room->a->medium->route, 2) == room->b->source);
  end_send (room->a, "RR 1, SDES 2 b, SDES 1 a"); /* the rest passes */
  end_expect (room->c, "RR 1 SDES 1 a |");
}

/* SDES and BYE that name nobody, alone and with others. */
static void
of_nobody (Room *room, gconstpointer data)
{
  static const guint8 text[] = { 0x80, 202, 0, 0, 0x80, 203, 0,    0,   0x80, 201,
                                 0,    1,   0, 0, 0,    1,   0x80, 202, 0,    0 };
  End *d = more (room, end_join (room->f, "d", NULL, RFL_LEG_ONE, 0));

  for (gsize len = 4; len <= 8; len += 4)
    {
      g_autofree guint8 *copy = g_memdup2 (text, len);

      rfl_route_receive_rtcp (room->a->medium->route, room->a->medium, copy, len);
      end_expect (room->b, "");
    }
  rfl_route_receive_rtcp (room->a->medium->route, room->a->medium, text, sizeof text);
  end_expect (room->b, "RR 1 |");
  end_expect (d, "");
  g_assert_cmpuint (count (room, "invalid"), ==, 0);
}

/* Reports about what no source sends tell nobody anything. */
static void
unknown_blocks (Room *room, gconstpointer data)
{
  end_send (room->c, "RR 3 of 77");
  end_expect (room->a, "RR 3 |");
  end_send (room->c, "RR 3 of 77 2 0 1 4294967295, SDES 3 c");
  end_expect (room->a, "RR 3 of 2 1 SDES 3 c |");
  end_send (room->b, "SR 2 of 3 1");
  end_expect (room->c, "SR 2 of 1 |");
  g_assert_cmpuint (count (room, "blocks_unknown"), ==, 5);
}

/* An SSRC like any other, of a receiver and of a source. */
static void
ssrc_zero (Room *room, gconstpointer data)
{
  End *zero;

  end_send (room->c, "RR 0 of 1 0, SDES 0 c, BYE 0");
  g_free (end_take (room->a));
  end_expect (room->b, "RR 0 of 1 SDES 0 c BYE 0 |");
  zero = more (room, end_join (room->f, "zero", NULL, RFL_LEG_ALL, 0));
  zero->flow = fixture_flow (room->f, "192.0.2.99:4000");
  zero->source = fixture_source (zero->medium, zero->flow, 0, 0);
  end_send (room->c, "RR 0 of 1, SDES 0 c");
  g_assert_cmpuint (count (room, "foreign"), ==, 2);
  end_send (room->c, "RR 3 of 0");
  end_expect (room->a, "RR 3 of 0 |");
}

/* More packets than anybody sends: the first ones are looked at. */
static void
long_compounds (Room *room, gconstpointer data)
{
  guint8 text[8 * 100];
  RflRtcpWriter w;
  gsize len;

  rfl_rtcp_writer_init (&w, text, sizeof text);
  for (guint i = 0; i < 100; i++)
    rfl_rtcp_write_rr (&w, 1, NULL, 0);
  rfl_route_receive_rtcp (room->a->medium->route, room->a->medium, text, w.len);
  g_bytes_get_data (g_ptr_array_index (room->b->got, 0), &len);
  g_assert_cmpuint (len, ==, 8 * 32);
}

/* Well-formed by chance or not at all; nothing of it ends what others send. */
static void
random_octets (Room *room, gconstpointer data)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (4);
  guint8 text[256] = { 0 };

  for (guint i = 0; i < 20000; i++)
    {
      gsize len = 4 * (gsize) g_rand_int_range (random, 0, 64);

      for (gsize k = 0; k < len; k++)
        text[k] = (guint8) g_rand_int (random);
      if (len > 0)
        {
          text[0] = (guint8) (0x80 | (text[0] & 0x1f));
          text[1] = (guint8) (200 + text[1] % 8);
          text[2] = 0;
          text[3] = (guint8) (i % 4 ? len / 4 - 1 : text[3] % 64);
        }
      rfl_route_receive_rtcp (room->c->medium->route, room->c->medium, text, len);
    }
  g_free (end_take (room->a)); /* asserts what it was handed is well-formed */
  g_free (end_take (room->b));
  g_assert_nonnull (rfl_route_find_source (room->a->medium->route, 1));
  g_assert_nonnull (rfl_route_find_source (room->a->medium->route, 2));
  g_assert_cmpuint (count (room, "received"), ==, 20000);
}

/* Feedback ends here: one receiver must not degrade everybody. */
static void
feedback_ends (Room *room, gconstpointer data)
{
  static const char *const rows[] = { "NACK 2 1", "TMMBR 2 1", "REMB 2 1" };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *compound = g_strdup_printf ("RR 2 of 1, SDES 2 b, %s", rows[i]);

      end_send (room->b, rows[i]);
      end_expect (room->a, "");
      end_send (room->b, compound);
      end_expect (room->a, "RR 2 of 1 SDES 2 b |");
      g_assert_cmpuint (count (room, "ended"), ==, 2 * (i + 1));
    }
}

static void
reports_pass (Room *room, gconstpointer data)
{
  static const char text[] = "SR 1 of 2, SDES 1 a, XR 1";

  end_send (room->a, text);
  end_expect (room->a, "");
  g_assert_true (g_ptr_array_index (room->b->from, 0) == room->a->medium);
  end_expect (room->b, "SR 1 of 2 SDES 1 a XR 1 |");
  end_expect (room->c, "SR 1 of 2 SDES 1 a XR 1 |");
  end_send (room->c, "RR 77 of 1 2, SDES 77 c");
  end_expect (room->a, "RR 77 of 1 2 SDES 77 c |");
}

/* Octet by octet, padding and the profile's extension too. */
static void
unchanged (Room *room, gconstpointer data)
{
  static const guint8 text[] = { 0x80, 201, 0, 2, 0, 0, 0, 1, 'e', 'x', 't', '.', 0xa1, 202,
                                 0,    3,   0, 0, 0, 1, 1, 1, 'a', 0,   0,   0,   0,    4 };
  gconstpointer got;
  gsize len;

  rfl_route_receive_rtcp (room->a->medium->route, room->a->medium, text, sizeof text);
  g_assert_cmpuint (room->b->got->len, ==, 1);
  got = g_bytes_get_data (g_ptr_array_index (room->b->got, 0), &len);
  g_assert_cmpmem (got, len, text, sizeof text);
}

/* What passes is a compound that starts with a report, whatever it was before. */
static void
compounds (Room *room, gconstpointer data)
{
  static const char *const rows[][2] = {
    { "SDES 1 a", "RR 1 SDES 1 a |" },
    { "SDES 1 a, RR 1 of 2", "RR 1 SDES 1 a RR 1 of 2 |" },
    { "APP 1 PING, SDES 1 a", "RR 1 SDES 1 a |" },
    { "APP 1 PING", "" },
    { "PLI 1 2, RR 1", "RR 1 |" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      end_send (room->a, rows[i][0]);
      end_expect (room->c, rows[i][1]);
    }
}

static void
hold (Room *room, gconstpointer data)
{
  rfl_leg_set_active (room->b->leg, FALSE);
  end_send (room->a, "RR 1");
  end_expect (room->b, "");
  end_expect (room->c, "RR 1 |");
  rfl_leg_set_active (room->b->leg, TRUE);
  end_send (room->a, "RR 1");
  end_expect (room->b, "RR 1 |");
}

/* d sends SSRC 1 as a does, and is known by an alias to everybody but itself. */
static void
alias (Room *room, gconstpointer data)
{
  End *d = more (room, end_join (room->f, "d", NULL, RFL_LEG_ALL, 1));
  guint32 ssrc = d->source->ssrc;
  g_autofree char *sender =
      g_strdup_printf ("SR %u of 2 SDES %u d XR %u BYE %u |", ssrc, ssrc, ssrc, ssrc);
  g_autofree char *report = g_strdup_printf ("RR 2 of 1 %u", ssrc);
  g_autofree char *others = g_strdup_printf ("RR 2 of 1 %u |", ssrc);

  g_assert_cmpuint (ssrc, !=, 1);
  end_send (room->b, report);
  end_expect (d, "RR 2 of 1 1 |"); /* of its own, as it is on its wire */
  end_expect (room->a, others);
  g_assert_cmpuint (count (room, "foreign"), ==, 0);
  end_send (d, "SR 1 of 2, SDES 1 d, XR 1, BYE 1");
  end_expect (room->a, sender);
  end_expect (room->b, sender);
  g_assert_nonnull (rfl_route_find_source (room->a->medium->route, 1));
  g_assert_null (rfl_route_find_source (room->a->medium->route, ssrc));
  d->source = NULL;
}

static void
bye (Room *room, gconstpointer data)
{
  end_send (room->a, "RR 1, SDES 1 a, BYE 1 done");
  end_expect (room->b, "RR 1 SDES 1 a BYE 1 |");
  g_assert_null (rfl_route_find_source (room->a->medium->route, 1));
  g_assert_nonnull (rfl_route_find_source (room->a->medium->route, 2));
  room->a->source = NULL;
  end_send (room->a, "BYE 1"); /* again */
  end_expect (room->b, "RR 1 BYE 1 |");
}

static RflHookResult
note_message (RflEvent *event, gpointer user_data, GError **error)
{
  GString *log = user_data;
  RflRtcpIter iter;
  RflRtcp rtcp;
  gsize len;
  const guint8 *data = g_bytes_get_data (event->data, &len);

  rfl_rtcp_iter_init (&iter, data, len);
  g_assert_true (rfl_rtcp_iter_next (&iter, &rtcp));
  g_string_append_printf (log, "%s %u %.4s|", event->participant->identity, rtcp.ssrc, rtcp.body);
  g_assert_true (event->medium->participant == event->participant);
  if (g_str_has_prefix ((const char *) rtcp.body, "QUIT"))
    rfl_participant_leave (event->participant, "quits");
  return RFL_HOOK_CONTINUE;
}

static guint
hook_messages (Room *room, GString *log)
{
  RflHook hook = { .name = "test/message",
                   .event = RFL_EVENT_CONTROL_MESSAGE,
                   .func = note_message,
                   .user_data = log };

  return rfl_bus_add_hook (rfl_core_get_bus (room->f->core), &hook, NULL);
}

static void
messages (Room *room, gconstpointer data)
{
  g_autoptr (GString) log = g_string_new (NULL);
  guint id = hook_messages (room, log);

  end_send (room->a, "APP 1 PING");
  end_send (room->b, "RR 2, APP 9 ONEx, APP 2 TWOx");
  g_assert_cmpstr (log->str, ==, "a 1 PING|b 9 ONEx|b 2 TWOx|");
  g_assert_cmpuint (count (room, "messages"), ==, 3);
  rfl_bus_remove_hook (rfl_core_get_bus (room->f->core), id);
}

/* A hook takes the sender out of the session in the middle of its compound. */
static void
leaves (Room *room, gconstpointer data)
{
  g_autoptr (GString) log = g_string_new (NULL);
  guint id = hook_messages (room, log);

  end_send (room->a, "RR 1, APP 1 QUIT, APP 1 MORE, BYE 1, PLI 1 2");
  g_assert_cmpstr (log->str, ==, "a 1 QUIT|");
  room->a->source = NULL;
  end_expect (room->b, "RR 1 BYE 1 |"); /* no request for a keyframe */
  rfl_bus_remove_hook (rfl_core_get_bus (room->f->core), id);
}

static void
send_video (Room *room, const char *from, guint16 seq, guint32 ssrc)
{
  fixture_send (room->f, from, 96, seq, 3000u * seq, ssrc);
}

static guint32
ssrc_of (RflLeg *leg)
{
  RflLegStats stats;

  rfl_leg_get_stats (leg, &stats);
  return stats.ssrc;
}

/* Reports about the stream that only this leg has end here; the rest is as ever. */
static void
one_reports (Room *room, gconstpointer data)
{
  End *d = more (room, end_join (room->f, "d", NULL, RFL_LEG_ONE, 4));
  g_autofree char *text = NULL;

  send_video (room, "192.0.2.1:4000", 1, 1);
  g_free (end_take (room->a)); /* the path has asked for a keyframe */
  text = g_strdup_printf ("SR 4 of %u, SDES 4 d, XR 4", ssrc_of (d->leg));
  end_send (d, text);
  end_expect (room->a, "SR 4 SDES 4 d |");
  g_free (text);
  text = g_strdup_printf ("RR 4 of 1 %u 2, SDES 4 d", ssrc_of (d->leg));
  end_send (d, text);
  end_expect (room->a, "RR 4 of 1 2 SDES 4 d |");
}

/* It gets what is about its own source, and nothing of the others' timelines. */
static void
one_receives (Room *room, gconstpointer data)
{
  End *d = more (room, end_join (room->f, "d", NULL, RFL_LEG_ONE, 1)); /* an alias, too */
  g_autofree char *text = g_strdup_printf ("SR 2 of 1 %u, SDES 2 b, BYE 2", d->source->ssrc);

  end_send (room->a, "SR 1 of 2, SDES 1 a, XR 1");
  end_expect (d, "");
  end_send (room->b, text);
  end_expect (d, "RR 2 of 1 |");
  room->b->source = NULL;
}

/* What came over a link goes to participants only. */
static void
links (Room *room, gconstpointer data)
{
  End *link = more (room, end_link (room->f, room->a));
  End *far = more (room, end_join (room->f, "far", "other", RFL_LEG_ALL, 0));

  end_send (room->a, "SR 1 of 2, SDES 1 a");
  end_expect (link, "SR 1 of 2 SDES 1 a |");
  end_send (far, "RR 9 of 1, SDES 9 far");
  end_expect (link, "");
  end_expect (room->a, "RR 9 of 1 SDES 9 far |");
}

/* Behind a link sources have the names that the peer's route gave them, not the labels of the
 * link; their ends are told by the link, not by their BYE. */
static void
far_sources (Room *room, gconstpointer data)
{
  End *far = more (room, end_join (room->f, "far", "other", RFL_LEG_ALL, 0));
  End *twin = more (room, end_join (room->f, "twin", "other", RFL_LEG_ALL, 0));
  g_autofree char *mapped = NULL;

  far->flow = fixture_flow (room->f, "198.51.100.1:5564");
  far->source = fixture_source (far->medium, far->flow, 1001, 5);
  twin->source = fixture_source (twin->medium, far->flow, 1002, 1); /* a's, so aliased */
  end_send (far, "SR 5, SDES 5 far, BYE 5");
  end_expect (room->a, "SR 5 SDES 5 far BYE 5 |");
  g_assert_true (rfl_route_find_source (far->medium->route, 5) == far->source);
  mapped = g_strdup_printf ("SR %u SDES %u twin |", twin->source->ssrc, twin->source->ssrc);
  end_send (twin, "SR 1, SDES 1 twin");
  end_expect (room->a, mapped);
  g_assert_cmpuint (count (room, "foreign"), ==, 0);
  rfl_source_free (g_steal_pointer (&twin->source)); /* before the flow, which far frees */
  end_send (twin, "SR 1");
  end_expect (room->a, "");
  g_assert_cmpuint (count (room, "foreign"), ==, 1);
}

#define ADD(name, func) g_test_add ("/rtcp-policy/" name, Room, NULL, set_up, func, tear_down)

/* What one sends is repeated to all by the main thread: the more they are, the less often. It is heard
 * all the same. */
static void
copies (Room *room, gconstpointer data)
{
  room->f->core->rtcp.copy_rate = 30; /* ten a second for three legs, twice as many at once */
  for (guint i = 0; i < 30; i++)
    end_send (room->a, "SR 1, SDES 1 a");
  g_assert_cmpuint (room->b->got->len, ==, 20);
  g_assert_cmpuint (room->c->got->len, ==, 20);
  g_assert_cmpuint (count (room, "copies_limited"), ==, 10);
  g_free (end_take (room->c));
  end_send (room->b, "SR 2"); /* each for itself */
  end_expect (room->c, "SR 2 |");
  rfl_clock_advance (room->f->clock, 200 * G_TIME_SPAN_MILLISECOND);
  for (guint i = 0; i < 30; i++)
    end_send (room->a, "SR 1");
  end_expect (room->c, "SR 1 |SR 1 |");
  end_send (room->a, "BYE 1");
  end_expect (room->c, "");
  g_assert_null (rfl_route_find_source (room->b->medium->route, 1));
}

/* Of a muted participant others learn who it is and what it receives, and when it goes. */
static void
muted (Room *room, gconstpointer data)
{
  End *link = more (room, end_link (room->f, room->a));

  rfl_medium_set_blocked (room->a->medium, RFL_DIRECTION_SEND);
  end_send (room->a, "SR 1 of 2, SDES 1 a");
  end_expect (room->b, "RR 1 of 2 SDES 1 a |");
  end_expect (room->c, "RR 1 of 2 SDES 1 a |");
  end_expect (link, "RR 1 of 2 SDES 1 a |");
  end_send (room->a, "SR 1, SDES 1 a");
  end_expect (room->b, "RR 1 SDES 1 a |");
  end_send (room->b, "SR 2 of 1"); /* it is told what others receive of it: nothing, by and by */
  end_expect (room->a, "SR 2 of 1 |");
  g_free (end_take (room->c));
  rfl_medium_set_blocked (room->a->medium, RFL_DIRECTION_NONE);
  g_assert_cmpuint (count (room, "keyframes_sent"), ==, 1); /* whoever watches has missed some */
  end_send (room->a, "SR 1");
  end_expect (room->c, "SR 1 |");
  end_send (room->a, "BYE 1");
}

/* Whoever is kept from everything does not learn who is there. */
static void
kept_out (Room *room, gconstpointer data)
{
  rfl_medium_set_blocked (room->c->medium, RFL_DIRECTION_RECEIVE);
  end_send (room->a, "SR 1, SDES 1 a");
  end_expect (room->b, "SR 1 SDES 1 a |");
  end_expect (room->c, "");
  end_send (room->c, "RR 3 of 1, SDES 3 c"); /* it is heard, all the same */
  end_expect (room->a, "RR 3 of 1 SDES 3 c |");
  rfl_medium_set_blocked (room->c->medium, RFL_DIRECTION_NONE);
  g_free (end_take (room->a));
  end_send (room->a, "SR 1, SDES 1 a");
  end_expect (room->c, "SR 1 SDES 1 a |");
}

/* A mixed stream: reports about it end here, its listener gets what others say of his own source,
 * and for a keyframe there is nobody to ask. */
static void
mixed (Room *room, gconstpointer data)
{
  RflRoute *route = room->a->medium->route;
  RflFeed *feed = rfl_feed_new (route, 48000);
  RflMedium *medium = fixture_join (room->f, "room", "d", NULL, "video");
  RflLegSpec spec = fixture_leg_spec (room->f, medium, "192.0.2.4:4000");
  g_autofree char *text = NULL, *pli = NULL;
  End d = { .medium = medium };
  RflLegStats stats;
  RflLeg *leg;

  spec.mode = RFL_LEG_MIX;
  spec.feed = feed;
  leg = rfl_leg_new (&spec);
  rfl_leg_get_stats (leg, &stats);
  g_assert_cmpuint (stats.ssrc, !=, 0);
  text = g_strdup_printf ("RR 4 of %u 1", stats.ssrc);
  end_send (&d, text);
  end_expect (room->a, "RR 4 of 1 |");
  end_expect (room->b, "RR 4 of 1 |");
  pli = g_strdup_printf ("RR 4, PLI 4 %u", stats.ssrc);
  end_send (&d, pli);
  end_expect (room->a, "RR 4 |");
  g_assert_cmpuint (count (room, "keyframes_sent"), ==, 0);
  rfl_leg_free (leg);
  rfl_feed_free (feed);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("invalid", invalid);
  ADD ("foreign", foreign);
  ADD ("of-nobody", of_nobody);
  ADD ("unknown-blocks", unknown_blocks);
  ADD ("ssrc-zero", ssrc_zero);
  ADD ("long-compounds", long_compounds);
  ADD ("random-octets", random_octets);
  ADD ("feedback-ends", feedback_ends);
  ADD ("reports-pass", reports_pass);
  ADD ("unchanged", unchanged);
  ADD ("compounds", compounds);
  ADD ("hold", hold);
  ADD ("alias", alias);
  ADD ("bye", bye);
  ADD ("copies", copies);
  ADD ("messages", messages);
  ADD ("leaves", leaves);
  ADD ("one-reports", one_reports);
  ADD ("one-receives", one_receives);
  ADD ("links", links);
  ADD ("far-sources", far_sources);
  ADD ("muted", muted);
  ADD ("kept-out", kept_out);
  ADD ("mixed", mixed);
  return g_test_run ();
}
