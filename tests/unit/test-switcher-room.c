/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who gets the turn in a session, and whom its legs follow then: by a mixer's levels, by those in packets,
 * by what G.711 says, by packets alone. */
#include "core/path/path-private.h"
#include "plugins/switcher/instance.h"
#include "tests/unit/path-fixture.h"
#include <string.h>

#define MS G_TIME_SPAN_MILLISECOND
#define MAX_PEOPLE 4

/* @mixed: level of the fake mixer, 1: it cannot tell; @written: of the packets, -1: none; @fill: their payload */
typedef struct {
  RflParticipant *participant;
  RflSource *audio, *video;
  RflLeg *hears, *sees;
  char *at;
  gint mixed, written;
  guint octets;
  guint8 fill;
  gboolean sends, films;
  guint16 seq;
} Person;

typedef struct {
  Fixture *f;
  Switcher *switcher;
  Person people[MAX_PEOPLE];
  guint n;
  gboolean mixing;
  const char *codec;
} House;

static gboolean
get_level (gpointer self, const RflSource *source, gint *dbov)
{
  House *house = self;

  for (guint i = 0; i < house->n; i++)
    if (house->people[i].audio == source && house->people[i].mixed != 1)
      {
        *dbov = house->people[i].mixed;
        return TRUE;
      }
  return FALSE;
}

static const RflMixer mixer = { .get_level = get_level };

static void
on_joined (RflParticipant *participant, const GError *error, gpointer user_data)
{
  g_assert_no_error (error);
}

static void
set_codec (const House *h, RflMedium *medium)
{
  RflRoute *route = rfl_session_get_route (medium->participant->session, medium->kind);
  GPtrArray *formats;

  if (route->formats->len)
    return;
  formats = g_ptr_array_new ();
  g_ptr_array_add (formats, rfl_format_new (0, h->codec, 8000, 1, NULL));
  g_ptr_array_add (formats, rfl_format_new (101, "telephone-event", 8000, 1, NULL));
  g_assert_true (rfl_route_set_formats (route, formats));
}

/* With audio and video, both of which it sends; @origin: behind a link. */
static Person *
join (House *h, const char *name, const char *origin, gboolean films)
{
  RflParticipantSpec spec = { .identity = name, .origin = origin };
  GPtrArray *offers = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_medium_desc_free);
  Person *p = &h->people[h->n];
  RflMedium *media[2];
  RflFlow *flow;

  for (guint i = 0; i < 2; i++)
    {
      RflMediumDesc *desc = rfl_medium_desc_new (i ? "video" : "audio");
      desc->accepted = TRUE;
      g_ptr_array_add (offers, desc);
    }
  *p = (Person){ .mixed = 1, .written = -1, .octets = 160, .sends = TRUE, .films = films };
  p->participant = rfl_participant_new (h->f->core, &spec);
  g_ptr_array_add (h->f->participants, p->participant);
  rfl_participant_join (p->participant, "room", offers, on_joined, NULL);
  p->at = g_strdup_printf ("192.0.2.%u:4000", 1 + h->n);
  flow = fixture_add_flow (h->f, p->at);
  set_codec (h, p->participant->media->pdata[0]);
  for (guint i = 0; i < 2; i++)
    {
      RflLegSpec leg;

      media[i] = p->participant->media->pdata[i];
      leg = fixture_leg_spec (h->f, media[i], p->at);
      leg.mode = RFL_LEG_ONE;
      *(i ? &p->sees : &p->hears) = fixture_add_leg_spec (h->f, &leg);
    }
  p->audio = fixture_add_source (h->f, media[0], flow, 100 + h->n, 100 + h->n);
  rfl_source_set_audio_level (p->audio, 3);
  p->video = fixture_add_source (h->f, media[1], flow, 200 + h->n, 200 + h->n);
  h->n++;
  return p;
}

static House *
house_new (gboolean mixing)
{
  const VoiceRules rules = {
    .threshold = -50, .margin = 6, .speech_time = 400 * MS, .hold_time = 2000 * MS
  };
  House *h = g_new0 (House, 1);
  g_autoptr (GError) error = NULL;

  h->f = fixture_new (2);
  h->codec = "G722";
  h->mixing = mixing;
  if (mixing)
    rfl_core_offer_service (h->f->core, RFL_MIXER_SERVICE, RFL_MIXER_VERSION, &mixer, h, &error);
  g_assert_no_error (error);
  h->switcher = switcher_new (h->f->core);
  switcher_set_rules (h->switcher, &rules, 10000 * MS, 100 * MS);
  switcher_start (h->switcher, &error);
  g_assert_no_error (error);
  return h;
}

static void
house_free (House *h)
{
  switcher_free (h->switcher);
  if (h->mixing)
    rfl_core_withdraw_service (h->f->core, RFL_MIXER_SERVICE);
  for (guint i = 0; i < h->n; i++)
    g_free (h->people[i].at);
  fixture_free (h->f);
  g_free (h);
}

static void
send_audio (House *h, Person *p)
{
  TestRtp rtp = test_rtp (0, p->seq, 160u * p->seq, p->audio->wire_ssrc, p->octets);
  const guint8 extension[] = { 0xbe, 0xde, 0, 1, 0x30, (guint8) p->written, 0, 0 };

  if (p->fill)
    memset (rtp.data + RFL_RTP_MIN_HEADER, p->fill, p->octets);
  if (p->written >= 0)
    {
      memmove (rtp.data + 20, rtp.data + 12, rtp.len - 12);
      memcpy (rtp.data + 12, extension, sizeof extension);
      rtp.data[0] |= 0x10;
      rtp.len += sizeof extension;
    }
  fixture_inject (h->f, p->at, &rtp);
}

/* Everybody sends audio each 20 ms, and a picture that is a keyframe. */
static void
run (House *h, guint milliseconds)
{
  for (guint t = 0; t < milliseconds; t += 20)
    {
      for (guint i = 0; i < h->n; i++)
        {
          Person *p = &h->people[i];

          if (p->audio == NULL)
            continue;
          p->seq++;
          if (p->sends)
            send_audio (h, p);
          if (p->films)
            fixture_send (h->f, p->at, 96, p->seq, 1800u * p->seq, p->video->wire_ssrc);
        }
      fixture_step (h->f);
      rfl_clock_advance (h->f->clock, 20 * MS);
      g_ptr_array_unref (test_network_take_sent (h->f->net));
    }
  fixture_step (h->f);
}

/* The index of whom @leg follows, -1: nobody. */
static gint
followed (const House *h, const RflLeg *leg)
{
  RflLegStats stats;

  rfl_leg_get_stats (leg, &stats);
  for (guint i = 0; i < h->n; i++)
    if (stats.following && h->people[i].audio
        && (h->people[i].audio->ssrc == stats.following
            || h->people[i].video->ssrc == stats.following))
      return (gint) i;
  return -1;
}

static void
assert_seen (const House *h, guint by, gint whom)
{
  g_assert_cmpint (followed (h, h->people[by].sees), ==, whom);
}

/* A speaks, then B: everybody sees B within a second of the first word, B sees A. */
static void
test_mixer (void)
{
  House *h = house_new (TRUE);
  Person *a = join (h, "sip:a@x", NULL, TRUE), *b = join (h, "sip:b@x", NULL, TRUE);
  Person *c = join (h, "sip:c@x", "elsewhere", TRUE);

  join (h, "sip:d@x", NULL, TRUE);
  a->mixed = b->mixed = c->mixed = -70;
  run (h, 1000);
  a->mixed = -20;
  run (h, 1000);
  for (guint i = 1; i < 4; i++)
    {
      assert_seen (h, i, 0);
      g_assert_cmpint (followed (h, h->people[i].hears), ==, 0);
    }
  a->mixed = -70;
  b->mixed = -20;
  run (h, 800);
  assert_seen (h, 0, 1);
  assert_seen (h, 1, 0);
  assert_seen (h, 2, 1);
  assert_seen (h, 3, 1);
  g_assert_cmpint (followed (h, b->hears), ==, 0);
  b->mixed = -70;
  c->mixed = -30; /* behind a link */
  run (h, 800);
  assert_seen (h, 0, 2);
  assert_seen (h, 2, 1);
  g_assert_cmpuint (fixture_count (h->f, "switcher.turns"), ==, 3);
  house_free (h);
}

/* Neither a cough nor somebody who is not much louder takes the picture; who has no camera, or a still
 * one, never. */
static void
test_hysteresis (void)
{
  House *h = house_new (TRUE);
  Person *a = join (h, "sip:a@x", NULL, TRUE), *b = join (h, "sip:b@x", NULL, TRUE);
  Person *c = join (h, "sip:c@x", NULL, FALSE);

  a->mixed = -25;
  b->mixed = c->mixed = -70;
  run (h, 1000);
  assert_seen (h, 1, 0);
  b->mixed = -5;
  run (h, 300);
  b->mixed = -70;
  run (h, 1000);
  assert_seen (h, 2, 0);
  b->mixed = -21;
  run (h, 4000);
  assert_seen (h, 2, 0);
  b->mixed = -10;
  run (h, 1000);
  assert_seen (h, 2, 1);
  a->mixed = b->mixed = -70;
  c->mixed = -10;
  run (h, 1000);
  assert_seen (h, 0, 1);
  assert_seen (h, 1, 0);
  assert_seen (h, 2, 1);
  b->films = FALSE; /* and nobody sees a frozen picture for long */
  run (h, 2500);
  assert_seen (h, 2, 0);
  house_free (h);
}

static void
test_leaves (void)
{
  House *h = house_new (TRUE);
  Person *a = join (h, "sip:a@x", NULL, TRUE), *b = join (h, "sip:b@x", NULL, TRUE);

  join (h, "sip:c@x", NULL, TRUE);
  a->mixed = -20;
  b->mixed = -70;
  run (h, 1000);
  a->mixed = -70;
  b->mixed = -20;
  run (h, 1000);
  assert_seen (h, 2, 1);
  fixture_drop_source (h->f, b->audio);
  fixture_drop_source (h->f, b->video);
  b->audio = b->video = NULL;
  rfl_participant_leave (b->participant, "over");
  run (h, 1500);
  assert_seen (h, 2, 0);
  house_free (h);
}

/* By what the packets say; those of one who is muted say nothing. */
static void
test_written (void)
{
  House *h = house_new (FALSE);
  Person *a = join (h, "sip:a@x", NULL, TRUE), *b = join (h, "sip:b@x", NULL, TRUE);

  join (h, "sip:c@x", NULL, TRUE);
  a->written = 20;
  b->written = 127;
  run (h, 1000);
  assert_seen (h, 2, 0);
  a->written = 127;
  b->written = 25;
  run (h, 800);
  assert_seen (h, 2, 1);
  assert_seen (h, 1, 0);
  ((RflMedium *) b->participant->media->pdata[0])->blocked = RFL_DIRECTION_SEND;
  a->written = 60;
  run (h, 1000);
  assert_seen (h, 2, 1);
  a->written = 40;
  run (h, 800);
  assert_seen (h, 2, 0);
  house_free (h);
}

/* More sources than the tap began with. */
static void
test_many_sources (void)
{
  House *h = house_new (FALSE);
  Person *a = join (h, "sip:a@x", NULL, TRUE), *b = join (h, "sip:b@x", NULL, TRUE);
  RflMedium *medium = a->participant->media->pdata[0];
  RflFlow *flow = fixture_add_flow (h->f, "192.0.2.77:4000");

  a->written = b->written = 127;
  run (h, 200);
  for (guint i = 0; i < 40; i++)
    {
      RflSource *source = fixture_source (medium, flow, 5000 + i, 5000 + i);
      run (h, 100);
      if (i % 2)
        rfl_source_free (source);
      else
        g_ptr_array_add (h->f->sources, source);
    }
  b->written = 20;
  run (h, 800);
  assert_seen (h, 0, 1);
  house_free (h);
}

/* Without levels: who pauses says by his packets when he speaks, comfort noise is none; who never pauses
 * says nothing. */
static void
test_activity (void)
{
  House *h = house_new (FALSE);
  Person *a = join (h, "sip:a@x", NULL, TRUE), *b = join (h, "sip:b@x", NULL, TRUE);

  join (h, "sip:c@x", NULL, TRUE);
  a->written = b->written = -1;
  run (h, 1000);
  g_assert_cmpuint (fixture_count (h->f, "switcher.turns"), ==, 0);
  b->octets = 2;
  run (h, 500);
  b->octets = 160;
  run (h, 800);
  assert_seen (h, 0, 1);
  assert_seen (h, 2, 1);
  g_assert_cmpuint (fixture_count (h->f, "switcher.turns"), ==, 1);
  b->sends = FALSE;
  a->sends = FALSE;
  run (h, 500);
  a->sends = TRUE;
  run (h, 800);
  assert_seen (h, 1, 0);
  assert_seen (h, 2, 0);
  house_free (h);
}

/* Phones that always send, without levels: what they send says it. */
static void
test_law (const char *codec, guint8 loud, guint8 soft, guint8 silent)
{
  House *h = house_new (FALSE);
  Person *a, *b;

  h->codec = codec;
  a = join (h, "sip:a@x", NULL, TRUE);
  b = join (h, "sip:b@x", NULL, TRUE);
  join (h, "sip:c@x", "elsewhere", TRUE)->fill = silent;
  a->fill = b->fill = silent;
  run (h, 12000);
  g_assert_cmpuint (fixture_count (h->f, "switcher.turns"), ==, 0);
  a->fill = soft;
  run (h, 800);
  assert_seen (h, 1, 0);
  b->fill = loud; /* interrupts who is softer */
  run (h, 3000);
  assert_seen (h, 0, 1);
  assert_seen (h, 1, 0);
  assert_seen (h, 2, 1);
  a->fill = b->fill = silent;
  h->people[2].fill = loud;
  run (h, 800);
  assert_seen (h, 0, 2);
  g_assert_cmpuint (fixture_count (h->f, "switcher.turns"), ==, 3);
  a->written = 10; /* levels that are written count for more */
  h->people[2].fill = silent;
  run (h, 800);
  assert_seen (h, 1, 0);
  house_free (h);
}

static void
test_mu_law (void)
{
  test_law ("PCMU", 0x80, 0xbf, 0xff);
}

static void
test_a_law (void)
{
  test_law ("PCMA", 0xaa, 0x85, 0xd5);
}

/* A variable bit rate has less to send in silence. */
static void
test_sizes (void)
{
  House *h = house_new (FALSE);
  Person *a = join (h, "sip:a@x", NULL, TRUE), *b = join (h, "sip:b@x", NULL, TRUE);

  join (h, "sip:c@x", NULL, TRUE);
  a->octets = b->octets = 120;
  run (h, 500);
  a->octets = b->octets = 45;
  run (h, 1000);
  g_assert_cmpuint (fixture_count (h->f, "switcher.turns"), ==, 0);
  a->octets = 110;
  run (h, 800);
  assert_seen (h, 2, 0);
  a->octets = 45;
  b->octets = 90;
  run (h, 800);
  assert_seen (h, 2, 1);
  assert_seen (h, 1, 0);
  house_free (h);
}

/* Nobody can tell who of three speaks: the turn goes round, until somebody is heard. */
static void
test_round (void)
{
  House *h = house_new (FALSE);
  Person *d;
  guint seen = 0;

  for (guint i = 0; i < 3; i++)
    join (h, "sip:a@x", NULL, TRUE);
  d = join (h, "sip:d@x", NULL, TRUE);
  d->written = 127;
  run (h, 9500);
  g_assert_cmpuint (fixture_count (h->f, "switcher.turns"), ==, 0);
  for (guint i = 0; i < 3; i++)
    {
      run (h, i ? 10000 : 1000);
      seen |= 1u << followed (h, d->sees);
    }
  g_assert_cmpuint (seen, ==, 7);
  g_assert_cmpuint (fixture_count (h->f, "switcher.turns"), ==, 3);
  d->written = 20;
  run (h, 800);
  assert_seen (h, 0, 3);
  run (h, 12000);
  assert_seen (h, 0, 3);
  house_free (h);
}

static void
test_no_round (void)
{
  const VoiceRules rules = { .threshold = -50, .margin = 6, .speech_time = 400 * MS };
  House *h = house_new (FALSE);

  join (h, "sip:a@x", NULL, TRUE);
  join (h, "sip:b@x", NULL, TRUE);
  switcher_set_rules (h->switcher, &rules, 0, 100 * MS);
  run (h, 60000);
  g_assert_cmpuint (fixture_count (h->f, "switcher.turns"), ==, 0);
  house_free (h);
}

/* Packets are looked into only while nobody knows better. */
static void
test_tap (void)
{
  House *h = house_new (TRUE);
  Person *a;
  const PathRoute *route;

  h->codec = "PCMU";
  a = join (h, "sip:a@x", NULL, TRUE);
  route = (const PathRoute *) a->audio->route;
  run (h, 500);
  g_assert_cmpuint (route->taps->len, ==, 1);
  a->mixed = -20;
  run (h, 6000);
  g_assert_cmpuint (route->taps->len, ==, 0);
  a->mixed = 1;
  run (h, 500);
  g_assert_cmpuint (route->taps->len, ==, 1);
  house_free (h);
}

/* It stops: legs follow whom they like, nothing is left behind. */
static void
test_stop (void)
{
  House *h = house_new (TRUE);
  Person *a = join (h, "sip:a@x", NULL, TRUE), *b = join (h, "sip:b@x", NULL, TRUE);
  g_autoptr (GError) error = NULL;

  join (h, "sip:c@x", NULL, TRUE);
  a->mixed = -20;
  b->mixed = -70;
  run (h, 1000);
  switcher_stop (h->switcher);
  a->films = FALSE;
  run (h, 1500);
  g_assert_cmpint (followed (h, h->people[2].sees), ==, 1);
  g_assert_true (switcher_start (h->switcher, &error));
  house_free (h);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/switcher/room/mixer", test_mixer);
  g_test_add_func ("/switcher/room/hysteresis", test_hysteresis);
  g_test_add_func ("/switcher/room/leaves", test_leaves);
  g_test_add_func ("/switcher/room/written", test_written);
  g_test_add_func ("/switcher/room/many-sources", test_many_sources);
  g_test_add_func ("/switcher/room/activity", test_activity);
  g_test_add_func ("/switcher/room/mu-law", test_mu_law);
  g_test_add_func ("/switcher/room/a-law", test_a_law);
  g_test_add_func ("/switcher/room/sizes", test_sizes);
  g_test_add_func ("/switcher/room/round", test_round);
  g_test_add_func ("/switcher/room/no-round", test_no_round);
  g_test_add_func ("/switcher/room/tap", test_tap);
  g_test_add_func ("/switcher/room/stop", test_stop);
  return g_test_run ();
}
