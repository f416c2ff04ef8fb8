/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two minutes without RTCP, seen from both sides of a link: the plugins rtp and interconnect, twice,
 * on a network in memory and with clocks moved by hand. What SIP makes of it is another test's.
 */
#include "plugins/interconnect/link.h"
#undef RFL_LOG_DOMAIN
#include "plugins/rtp/rtp.h"

#include "core/config/config.h"
#include "core/core-private.h"
#include "tests/helpers/memory-transport.h"
#include <string.h>

#define STEP (100 * G_TIME_SPAN_MILLISECOND)

typedef struct {
  RflCore *core;
  RtpPlugin *rtp;
  LinkPlugin *link;
} Site;

typedef struct {
  TestNetwork *net;
  Site sites[2];
} World;

/* @ended: why the reflector has ended it, or %NULL */
typedef struct {
  RflParticipant *participant;
  RflAddress rtp, rtcp, to_rtp, to_rtcp;
  guint32 ssrc;
  guint16 seq;
  gboolean joined;
  char *ended;
} Person;

static void
site_start (World *world, guint i)
{
  Site *site = &world->sites[i];
  g_autofree char *ip = g_strdup_printf ("10.0.0.%u", i + 1);
  g_autofree char *peers = g_strdup_printf ("peers = ( { host = \"10.0.0.%u\"; } );", 2 - i);
  g_autoptr (GError) error = NULL;
  g_autoptr (RflSettings) rtp = rfl_settings_new_from_text ("rtp", rtp_options, "", &error);
  g_autoptr (RflSettings) link =
      rfl_settings_new_from_text ("interconnect", link_options, peers, &error);
  RflCoreOptions options = { .clock = rfl_clock_new_manual (1000 * G_TIME_SPAN_SECOND),
                             .transport = test_network_add_host (world->net, ip),
                             .n_workers = 2,
                             .manual_workers = TRUE };

  g_assert_no_error (error);
  site->core = rfl_core_new (&options);
  site->rtp = rtp_plugin_new (site->core);
  site->link = link_plugin_new (site->core);
  rtp_plugin_configure (site->rtp, rtp, &error);
  g_assert_no_error (error);
  link_plugin_configure (site->link, link, &error);
  g_assert_no_error (error);
  rfl_core_start (site->core, &error);
  rtp_plugin_start (site->rtp, &error);
  g_assert_no_error (error);
  link_plugin_start (site->link, &error);
  g_assert_no_error (error);
}

static void
settle (World *world)
{
  gboolean busy = TRUE;

  while (busy)
    {
      busy = FALSE;
      for (guint i = 0; i < 2; i++)
        busy |= rfl_path_step (rfl_core_get_path (world->sites[i].core)) > 0;
    }
}

static void
pass (World *world, gint64 time)
{
  for (; time > 0; time -= STEP)
    {
      for (guint i = 0; i < 2; i++)
        rfl_clock_advance (rfl_core_get_clock (world->sites[i].core), STEP);
      settle (world);
      g_ptr_array_unref (test_network_take_sent (world->net));
    }
}

static void
set_up (World *world, gconstpointer unused)
{
  world->net = test_network_new ();
  for (guint i = 0; i < 2; i++)
    site_start (world, i);
  pass (world, G_TIME_SPAN_SECOND);
}

static void
tear_down (World *world, gconstpointer unused)
{
  for (guint i = 0; i < 2; i++)
    {
      link_plugin_stop (world->sites[i].link);
      rtp_plugin_stop (world->sites[i].rtp);
      settle (world);
    }
  for (guint i = 0; i < 2; i++)
    {
      link_plugin_free (world->sites[i].link);
      rtp_plugin_free (world->sites[i].rtp);
      rfl_core_free (world->sites[i].core);
    }
  test_network_free (world->net);
}

/* ---- people ---- */

static void
on_ended (RflParticipant *participant, const char *reason, gpointer data)
{
  Person *person = data;

  g_assert_null (person->ended);
  person->ended = g_strdup (reason);
}

static void
on_joined (RflParticipant *participant, const GError *error, gpointer data)
{
  g_assert_no_error (error);
  ((Person *) data)->joined = TRUE;
}

static RflMediumDesc *
make_offer (const Person *person)
{
  RflMediumDesc *desc = rfl_medium_desc_new ("audio");

  g_ptr_array_add (desc->formats, rfl_format_new (0, "PCMU", 8000, 1, NULL));
  desc->direction = RFL_DIRECTION_BOTH;
  desc->rtp = person->rtp;
  desc->rtcp = person->rtcp;
  desc->local = person->to_rtp;
  desc->local.port = 0;
  return desc;
}

static Person *
person_join (World *world, guint site, guint number)
{
  static const RflParticipantOps ops = { .ended = on_ended };
  g_autofree char *ip = g_strdup_printf ("198.51.100.%u", number);
  g_autofree char *here = g_strdup_printf ("10.0.0.%u", site + 1);
  g_autofree char *identity = g_strdup_printf ("sip:p%u@example.net", number);
  GPtrArray *offers = g_ptr_array_new ();
  Person *person = g_new0 (Person, 1);
  RflParticipantSpec spec = { .identity = identity, .ops = &ops, .user_data = person };

  rfl_address_parse (&person->rtp, ip, 4000);
  rfl_address_parse (&person->rtcp, ip, 4001);
  rfl_address_parse (&person->to_rtp, here, 5566);
  rfl_address_parse (&person->to_rtcp, here, 5567);
  rfl_address_parse (&spec.signalling, ip, 5060);
  person->ssrc = 0x100 + number;
  person->participant = rfl_participant_new (world->sites[site].core, &spec);
  g_ptr_array_add (offers, make_offer (person));
  rfl_participant_join (person->participant, "room", offers, on_joined, person);
  settle (world);
  g_assert_true (person->joined);
  return person;
}

static void
person_free (Person *person)
{
  rfl_participant_unref (person->participant);
  g_free (person->ended);
  g_free (person);
}

static void
say (World *world, Person *person)
{
  RflRtp rtp = { .ssrc = person->ssrc, .seq = ++person->seq, .timestamp = 160u * person->seq };
  guint8 data[32] = { 0 };

  rfl_rtp_write (&rtp, data, sizeof data);
  test_network_inject_from (world->net, &person->to_rtp, &person->rtp, data, sizeof data);
  settle (world);
}

static void
report (World *world, Person *person)
{
  guint8 data[256];
  RflRtcpWriter w;

  rfl_rtcp_writer_init (&w, data, sizeof data);
  rfl_rtcp_write_rr (&w, person->ssrc, NULL, 0);
  rfl_rtcp_write_sdes (&w, person->ssrc, person->participant->identity);
  test_network_inject_from (world->net, &person->to_rtcp, &person->rtcp, data, w.len);
  settle (world);
}

/* How many take part in the room, seen from this reflector; 0: there is no such room. */
static guint
members (World *world, guint site)
{
  const RflSession *session = rfl_core_find_session (world->sites[site].core, "room");

  return session ? session->participants->len : 0;
}

/* ---- tests ---- */

/* RTP alone does not keep alive who has sent RTCP before. */
static void
gone_everywhere (World *world, gconstpointer unused)
{
  Person *anna = person_join (world, 0, 1), *ben = person_join (world, 1, 2);

  say (world, anna);
  report (world, anna);
  pass (world, G_TIME_SPAN_SECOND);
  g_assert_cmpuint (members (world, 0), ==, 2);
  g_assert_cmpuint (members (world, 1), ==, 2);
  for (guint i = 0; i < 118; i++)
    {
      say (world, anna);
      report (world, ben);
      pass (world, G_TIME_SPAN_SECOND);
    }
  g_assert_null (anna->ended);
  g_assert_cmpuint (members (world, 1), ==, 2);
  for (guint i = 0; i < 8; i++)
    {
      report (world, ben);
      pass (world, G_TIME_SPAN_SECOND);
    }
  g_assert_cmpstr (anna->ended, ==, "no RTCP for 120 s");
  g_assert_null (ben->ended);
  g_assert_cmpuint (members (world, 0), ==, 1);
  g_assert_cmpuint (members (world, 1), ==, 1);
  g_assert_null (rfl_core_find_participant (world->sites[1].core, anna->participant->id));
  person_free (anna);
  person_free (ben);
}

/* Both fall silent: nothing is left of the room on either side. */
static void
room_ends (World *world, gconstpointer unused)
{
  Person *anna = person_join (world, 0, 1), *ben = person_join (world, 1, 2);

  report (world, anna);
  say (world, ben);
  pass (world, 60 * G_TIME_SPAN_SECOND);
  report (world, ben);
  pass (world, 66 * G_TIME_SPAN_SECOND);
  g_assert_nonnull (anna->ended);
  g_assert_null (ben->ended);
  g_assert_cmpuint (members (world, 0), ==, 1);
  pass (world, 60 * G_TIME_SPAN_SECOND);
  g_assert_nonnull (ben->ended);
  g_assert_cmpuint (members (world, 0), ==, 0);
  g_assert_cmpuint (members (world, 1), ==, 0);
  person_free (anna);
  person_free (ben);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/inactivity/gone-everywhere", World, NULL, set_up, gone_everywhere, tear_down);
  g_test_add ("/inactivity/room-ends", World, NULL, set_up, room_ends, tear_down);
  return g_test_run ();
}
