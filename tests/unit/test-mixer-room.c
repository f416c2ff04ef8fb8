/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin on a packet path in memory: from packets that come in to packets that go out, and what is
 * left behind when all have gone. Its threads are turned by hand.
 */
#include "plugins/mixer/mixer.h"
#include "tests/unit/path-fixture.h"
#include <string.h>

#define MS G_TIME_SPAN_MILLISECOND

typedef struct {
  Fixture *f;
  Mixer *mixer;
} House;

typedef struct {
  House *h;
  RflMedium *medium;
  char *address;
  RflFlow *flow;
  RflSource *source;
  RflLeg *leg;
  guint32 ssrc;
  guint16 seq;
} Phone;

static House *
house_new (void)
{
  House *h = g_new0 (House, 1);
  g_autoptr (GError) error = NULL;

  h->f = fixture_new (2);
  h->mixer = mixer_new (h->f->core);
  h->mixer->manual = TRUE;
  h->mixer->settings =
      (MixerSettings){ .rules = { .voice = { -50, 400 }, .max_speakers = 4, .pass_events = TRUE },
                       .threads = 2,
                       .max_rooms = 2,
                       .max_sources = 3,
                       .max_listeners = 3,
                       .tone_participants = 10 };
  g_assert_true (mixer_start (h->mixer, &error));
  g_assert_no_error (error);
  return h;
}

static void
house_free (House *h)
{
  mixer_free (h->mixer);
  fixture_free (h->f);
  g_free (h);
}

/* 10 ms of everything. */
static void
turn (House *h)
{
  fixture_step (h->f);
  for (guint i = 0; i < h->mixer->n_threads; i++)
    mix_thread_turn (h->mixer->threads[i], rfl_clock_now (h->f->clock));
  fixture_step (h->f);
  rfl_clock_advance (h->f->clock, 10 * MS);
}

static void
pass (House *h, guint ms)
{
  for (guint done = 0; done < ms; done += 10)
    turn (h);
}

static GPtrArray *
formats_of (guint8 pt, const char *encoding, guint rate, guint channels)
{
  GPtrArray *formats = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_format_free);

  g_ptr_array_add (formats, rfl_format_new (pt, encoding, rate, channels, NULL));
  g_ptr_array_add (formats, rfl_format_new (101, "telephone-event", 8000, 1, NULL));
  return formats;
}

static const RflMixer *
service (House *h, gpointer *self)
{
  const RflMixer *mixer =
      rfl_core_find_service (h->f->core, RFL_MIXER_SERVICE, RFL_MIXER_VERSION, self);

  g_assert_nonnull (mixer);
  return mixer;
}

/* As whoever makes legs does it: the new leg first, then the old one goes. */
static gboolean
attach (Phone *p, const GPtrArray *formats, GError **error)
{
  gpointer self;
  const RflMixer *mixer = service (p->h, &self);
  RflLegSpec spec = fixture_leg_spec (p->h->f, p->medium, p->address);
  RflLeg *old = p->leg;

  spec.mode = RFL_LEG_MIX;
  spec.feed = mixer->attach (self, p->medium, formats, 0, spec.pt, error);
  if (!spec.feed)
    return FALSE;
  p->leg = rfl_leg_new (&spec);
  rfl_leg_free (old);
  return TRUE;
}

static Phone *
phone_new (House *h, const char *session, guint n)
{
  Phone *p = g_new0 (Phone, 1);
  g_autofree char *name = g_strdup_printf ("phone %s %u", session, n);

  p->h = h;
  p->ssrc = 100 + n;
  p->address = g_strdup_printf ("192.0.2.%u:4000", n);
  p->medium = fixture_join (h->f, session, name, NULL, "audio");
  fixture_route (p->medium);
  p->flow = fixture_flow (h->f, p->address);
  return p;
}

static Phone *
phone_listening (House *h, const char *session, guint n)
{
  Phone *p = phone_new (h, session, n);
  g_autoptr (GPtrArray) formats = formats_of (0, "PCMU", 8000, 1);
  g_autoptr (GError) error = NULL;

  g_assert_true (attach (p, formats, &error));
  g_assert_no_error (error);
  return p;
}

static void
begin_to_send (Phone *p)
{
  p->source = fixture_source (p->medium, p->flow, p->ssrc, p->ssrc);
  g_assert_nonnull (p->source);
}

static void
hang_up (Phone *p)
{
  gpointer self;
  const RflMixer *mixer = service (p->h, &self);

  rfl_source_free (p->source);
  p->source = NULL;
  rfl_leg_free (p->leg);
  p->leg = NULL;
  mixer->detach (self, p->medium);
}

static void
phone_free (Phone *p)
{
  if (p->leg)
    hang_up (p);
  rfl_source_free (p->source);
  rfl_flow_free (p->flow);
  rfl_participant_leave (p->medium->participant, "done");
  g_free (p->address);
  g_free (p);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Phone, phone_free)

static void
say (Phone *p)
{
  TestRtp rtp = test_rtp (0, p->seq, p->seq * 160u, p->ssrc, 160);

  p->seq++;
  fixture_inject (p->h->f, p->address, &rtp);
}

/* 20 ms in which those of @phones speak who have a source. */
static void
talk (House *h, Phone *const *phones, guint n, guint times)
{
  for (guint i = 0; i < times; i++)
    {
      for (guint k = 0; k < n; k++)
        if (phones[k]->source)
          say (phones[k]);
      pass (h, 20);
    }
}

/* What @p has got since the last time; everybody else's is gone, too. */
static guint
got (Phone *p, GPtrArray *sent, RflRtp *out, guint max)
{
  return sent_to (sent, p->address, out, max);
}

static gboolean
names (const RflRtp *rtp, guint32 ssrc)
{
  for (guint i = 0; i < rtp->n_csrc; i++)
    {
      guint32 csrc;
      memcpy (&csrc, rtp->csrc + 4 * i, 4);
      if (g_ntohl (csrc) == ssrc)
        return TRUE;
    }
  return FALSE;
}

static void
test_in_to_out (void)
{
  House *h = house_new ();
  {
    g_autoptr (Phone) a = phone_listening (h, "room", 1), b = phone_listening (h, "room", 2);
    g_autoptr (Phone) c = phone_listening (h, "room", 3);
    Phone *all[] = { a, b, c };
    RflRtp rtp[64];

    begin_to_send (a);
    begin_to_send (b);
    talk (h, all, 3, 5);
    g_ptr_array_unref (test_network_take_sent (h->f->net));
    talk (h, all, 3, 20);
    {
      g_autoptr (GPtrArray) sent = test_network_take_sent (h->f->net);
      g_assert_cmpuint (got (a, sent, rtp, 64), ==, 20);
      g_assert_true (names (&rtp[0], b->ssrc) && !names (&rtp[0], a->ssrc));
      g_assert_cmpuint (got (c, sent, rtp, 64), ==, 20);
      for (guint i = 0; i < 20; i++)
        {
          g_assert_cmpuint (rtp[i].n_csrc, ==, 2);
          g_assert_cmpuint (rtp[i].payload_len, ==, 160);
          g_assert_cmpuint ((guint16) (rtp[i].seq - rtp[0].seq), ==, i);
          g_assert_cmpuint (rtp[i].timestamp - rtp[0].timestamp, ==, i * 160);
          g_assert_cmpuint (rtp[i].ssrc, ==, rtp[0].ssrc);
        }
    }
  }
  house_free (h);
}

static void
test_level_and_tones (void)
{
  House *h = house_new ();
  {
    g_autoptr (Phone) a = phone_listening (h, "room", 1), b = phone_listening (h, "room", 2);
    Phone *all[] = { a, b };
    gpointer self;
    const RflMixer *mixer = service (h, &self);
    RflSession *session = a->medium->participant->session;
    gint dbov = 0;

    begin_to_send (a);
    g_assert_true (mixer->get_level (self, a->source, &dbov));
    g_assert_cmpint (dbov, ==, -127);
    talk (h, all, 2, 10);
    g_assert_true (mixer->get_level (self, a->source, &dbov));
    g_assert_cmpint (dbov, >, -30);
    g_assert_false (mixer->play (self, session, NULL, "jingle"));
    g_assert_true (mixer->play (self, session, NULL, "join"));
    g_assert_true (mixer->play (self, session, b->medium->participant, "muted"));
    hang_up (b);
    g_assert_false (mixer->play (self, session, b->medium->participant, "muted"));
    hang_up (a);
    g_assert_false (mixer->play (self, session, NULL, "join"));
  }
  house_free (h);
}

/* A PIN's prompt reaches who is kept out; nothing else does. */
static void
test_kept_out (void)
{
  House *h = house_new ();
  {
    g_autoptr (Phone) a = phone_listening (h, "room", 1), b = phone_listening (h, "room", 2);
    Phone *all[] = { a, b };
    gpointer self;
    const RflMixer *mixer = service (h, &self);

    rfl_medium_set_blocked (b->medium, RFL_DIRECTION_BOTH);
    begin_to_send (a);
    begin_to_send (b);
    talk (h, all, 2, 5);
    g_ptr_array_unref (test_network_take_sent (h->f->net));
    talk (h, all, 2, 20);
    {
      g_autoptr (GPtrArray) sent = test_network_take_sent (h->f->net);
      RflRtp rtp[64];
      g_assert_cmpuint (got (b, sent, NULL, 0), ==, 0);
      g_assert_cmpuint (got (a, sent, rtp, 64), ==, 20);
      g_assert_cmpuint (rtp[5].n_csrc, ==, 0);
    }
    g_assert_true (
        mixer->play (self, b->medium->participant->session, b->medium->participant, "pin"));
    talk (h, all, 2, 15);
    {
      g_autoptr (GPtrArray) sent = test_network_take_sent (h->f->net);
      g_assert_cmpuint (got (b, sent, NULL, 0), ==, 15);
    }
    rfl_medium_set_blocked (b->medium, RFL_DIRECTION_NONE);
    talk (h, all, 2, 40);
    {
      g_autoptr (GPtrArray) sent = test_network_take_sent (h->f->net);
      RflRtp rtp[64];
      g_assert_cmpuint (got (b, sent, rtp, 64), >=, 38);
      g_assert_true (names (&rtp[30], a->ssrc));
    }
  }
  house_free (h);
}

static void
test_limits (void)
{
  House *h = house_new ();
  {
    g_autoptr (Phone) a = phone_listening (h, "one", 1), b = phone_listening (h, "two", 2);
    g_autoptr (Phone) c = phone_new (h, "three", 3), d = phone_listening (h, "one", 4);
    g_autoptr (Phone) e = phone_listening (h, "one", 5), g = phone_new (h, "one", 6);
    g_autoptr (GPtrArray) pcmu = formats_of (0, "PCMU", 8000, 1);
    g_autoptr (GPtrArray) strange = formats_of (98, "speex", 16000, 1);
    g_autoptr (GError) error = NULL;
    Phone *all[] = { a, d, e, g };
    gint dbov;
    gpointer self;

    g_assert_false (attach (c, pcmu, &error));
    g_assert_error (error, RFL_ERROR, RFL_ERROR_LIMIT);
    g_clear_error (&error);
    g_assert_false (attach (g, pcmu, &error));
    g_assert_error (error, RFL_ERROR, RFL_ERROR_LIMIT);
    g_clear_error (&error);
    g_assert_false (attach (a, strange, &error));
    g_assert_error (error, RFL_ERROR, RFL_ERROR_NO_CODEC);
    g_assert_cmpuint (fixture_count (h->f, "mixer.limited_rooms"), ==, 1);
    g_assert_cmpuint (fixture_count (h->f, "mixer.limited_listeners"), ==, 1);
    for (guint i = 0; i < G_N_ELEMENTS (all); i++)
      begin_to_send (all[i]);
    g_assert_cmpuint (fixture_count (h->f, "mixer.limited_sources"), ==, 1);
    talk (h, all, 4, 5);
    g_assert_nonnull (b);
    g_assert_true (service (h, &self)->get_level (self, e->source, &dbov));
    g_assert_false (service (h, &self)->get_level (self, g->source, &dbov));
  }
  house_free (h);
}

/* Another codec in the middle of a call; the room follows. */
static void
test_moved (void)
{
  House *h = house_new ();
  {
    g_autoptr (Phone) a = phone_listening (h, "room", 1), b = phone_listening (h, "room", 2);
    g_autoptr (GPtrArray) g722 = formats_of (9, "G722", 8000, 1);
    g_autoptr (GPtrArray) opus = formats_of (96, "opus", 48000, 2);
    g_autoptr (GPtrArray) pcmu = formats_of (0, "PCMU", 8000, 1);
    const GPtrArray *turns[] = { g722, opus, pcmu, opus };
    Phone *all[] = { a, b };
    RflRtp rtp[64];

    begin_to_send (a);
    for (guint i = 0; i < G_N_ELEMENTS (turns); i++)
      {
        g_autoptr (GPtrArray) sent = NULL;
        g_assert_true (attach (b, turns[i], NULL));
        talk (h, all, 2, 3);
        g_ptr_array_unref (test_network_take_sent (h->f->net));
        talk (h, all, 2, 10);
        sent = test_network_take_sent (h->f->net);
        g_assert_cmpuint (got (b, sent, rtp, 64), ==, 10);
        g_assert_cmpuint (rtp[9].pt, ==, ((RflFormat *) turns[i]->pdata[0])->pt);
        g_assert_true (names (&rtp[9], a->ssrc));
      }
  }
  house_free (h);
}

static void
test_nothing_left (void)
{
  House *h = house_new ();

  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (Phone) a = phone_listening (h, "room", 1), b = phone_listening (h, "room", 2);
      Phone *all[] = { a, b };
      begin_to_send (a);
      begin_to_send (b);
      talk (h, all, 2, 5);
      hang_up (a);
      talk (h, all, 2, 2);
      hang_up (b);
      g_assert_cmpuint (g_hash_table_size (h->mixer->rooms), ==, 0);
      pass (h, 40);
      g_assert_cmpuint (h->mixer->limbo.length, ==, 0);
      for (guint k = 0; k < h->mixer->n_threads; k++)
        g_assert_cmpuint (h->mixer->load[k], ==, 0);
    }
  house_free (h);
}

/* Two sessions go to two threads. */
static void
test_shared_out (void)
{
  House *h = house_new ();
  {
    g_autoptr (Phone) a = phone_listening (h, "one", 1), b = phone_listening (h, "two", 2);
    g_assert_cmpuint (h->mixer->load[0], ==, h->mixer->load[1]);
    g_assert_nonnull (a);
    g_assert_nonnull (b);
  }
  house_free (h);
}

static void
test_coming_and_going (void)
{
  House *h = house_new ();
  {
    g_autoptr (Phone) a = NULL, b = NULL;
    h->mixer->settings.join_tone = h->mixer->settings.leave_tone = TRUE;
    h->mixer->settings.alone_interval = 10;
    a = phone_listening (h, "room", 1);
    pass (h, 1000);
    g_assert_cmpuint (fixture_count (h->f, "mixer.tones"), ==, 0);
    pass (h, 11500);
    g_assert_cmpuint (fixture_count (h->f, "mixer.tones"), ==, 2); /* alone at 2 s and 12 s */
    b = phone_listening (h, "room", 2);
    g_assert_cmpuint (fixture_count (h->f, "mixer.tones"), ==, 3);
    pass (h, 20000);
    g_assert_cmpuint (fixture_count (h->f, "mixer.tones"), ==, 3);
    g_clear_pointer (&b, phone_free);
    g_assert_cmpuint (fixture_count (h->f, "mixer.tones"), ==, 4);
    pass (h, 3000);
    g_assert_cmpuint (fixture_count (h->f, "mixer.tones"), ==, 5);
  }
  house_free (h);
}

static void
test_stopped_with_rooms (void)
{
  House *h = house_new ();
  Phone *a = phone_listening (h, "room", 1);

  begin_to_send (a);
  talk (h, &a, 1, 5);
  /* a plugin that hangs legs on feeds stops before the mixer */
  rfl_leg_free (a->leg);
  a->leg = NULL;
  mixer_stop (h->mixer);
  talk (h, &a, 1, 1);
  phone_free (a);
  house_free (h);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mixer/room/in-to-out", test_in_to_out);
  g_test_add_func ("/mixer/room/level-and-tones", test_level_and_tones);
  g_test_add_func ("/mixer/room/kept-out", test_kept_out);
  g_test_add_func ("/mixer/room/limits", test_limits);
  g_test_add_func ("/mixer/room/moved", test_moved);
  g_test_add_func ("/mixer/room/nothing-left", test_nothing_left);
  g_test_add_func ("/mixer/room/shared-out", test_shared_out);
  g_test_add_func ("/mixer/room/coming-and-going", test_coming_and_going);
  g_test_add_func ("/mixer/room/stopped-with-rooms", test_stopped_with_rooms);
  return g_test_run ();
}
