/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin on a network in memory with a clock moved by hand: participants join with
 * descriptions of media, and packets go in and come out. 203.0.113.9 is a NAT.
 */
#include "plugins/rtp/rtp.h"

#include "core/config/config.h"
#include "core/core-private.h"
#include "core/status.h"
#include "tests/helpers/memory-transport.h"

#include <stdlib.h>
#include <string.h>

#define SECOND G_TIME_SPAN_SECOND
#define HERE "192.0.2.1"

typedef struct {
  RflCore *core;
  TestNetwork *net;
  GPtrArray *sent; /* TestDatagram that nobody has asked for yet */
  RtpPlugin *plugin;
} Fixture;

/* ---- a client ---- */

typedef struct {
  Fixture *f;
  RflParticipant *participant;
  RflAddress rtp[2], rtcp[2]; /* audio, video: as the reflector sees them */
  guint16 seq;
  guint decided;
  GError *error;
  char *ended;
} Client;

static RflAddress
at (const char *ip, guint16 port)
{
  RflAddress address;
  g_assert_true (rfl_address_parse (&address, ip, port));
  return address;
}

static void
settle (Fixture *f)
{
  while (rfl_path_step (rfl_core_get_path (f->core)) > 0)
    ;
}

static void
pass_time (Fixture *f, gint64 time)
{
  rfl_clock_advance (rfl_core_get_clock (f->core), time);
  settle (f);
}

static void
on_ended (RflParticipant *participant, const char *reason, gpointer data)
{
  Client *c = data;
  g_assert_null (c->ended);
  c->ended = g_strdup (reason);
}

static const RflParticipantOps client_ops = { on_ended };

static Client *
client_new (Fixture *f, const char *name, const char *ip, guint16 port)
{
  Client *c = g_new0 (Client, 1);
  g_autofree char *identity = g_strdup_printf ("sip:%s@example.net", name);
  RflParticipantSpec spec = {
    .identity = identity, .signalling = at (ip, 5060), .ops = &client_ops, .user_data = c
  };

  c->f = f;
  c->participant = rfl_participant_new (f->core, &spec);
  for (guint i = 0; i < 2; i++)
    {
      c->rtp[i] = at (ip, port + 2 * i);
      c->rtcp[i] = at (ip, port + 2 * i + 1);
    }
  return c;
}

static void
client_free (Client *c)
{
  if (c == NULL)
    return;
  rfl_participant_unref (c->participant);
  g_clear_error (&c->error);
  g_free (c->ended);
  g_free (c);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Client, client_free)

static void
on_decided (RflParticipant *participant, const GError *error, gpointer data)
{
  Client *c = data;
  c->decided++;
  g_clear_error (&c->error);
  c->error = error ? g_error_copy (error) : NULL;
}

static RflMediumDesc *
desc_of (const Client *c, const char *kind, const char *const *formats)
{
  RflMediumDesc *desc = rfl_medium_desc_new (kind);
  guint i = strcmp (kind, "video") == 0;

  for (; *formats; formats++)
    {
      g_auto (GStrv) words = g_strsplit_set (*formats, " /", 3);
      g_ptr_array_add (desc->formats,
                       rfl_format_new (atoi (words[0]), words[1], atoi (words[2]), 1, NULL));
    }
  desc->direction = RFL_DIRECTION_BOTH;
  desc->rtp = c->rtp[i];
  desc->rtcp = c->rtcp[i];
  desc->local = at (HERE, 0);
  return desc;
}

#define FORMATS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static RflMediumDesc *
pcmu (const Client *c)
{
  return desc_of (c, "audio", FORMATS ("0 PCMU/8000", "101 telephone-event/8000"));
}

static RflMediumDesc *
behind_nat (RflMediumDesc *desc)
{
  desc->rtp = at ("10.0.0.7", 4000);
  desc->rtcp = at ("10.0.0.7", 4001);
  return desc;
}

static void
join_with (Client *c, const char *room, GPtrArray *offers)
{
  rfl_participant_join (c->participant, room, offers, on_decided, c);
  settle (c->f);
}

static GPtrArray *
list_of (RflMediumDesc *first, RflMediumDesc *second)
{
  GPtrArray *list = g_ptr_array_new ();
  g_ptr_array_add (list, first);
  if (second)
    g_ptr_array_add (list, second);
  return list;
}

static void
join (Client *c, const char *room, RflMediumDesc *first, RflMediumDesc *second)
{
  join_with (c, room, list_of (first, second));
}

static void
assert_joined (const Client *c)
{
  g_assert_no_error (c->error);
  g_assert_cmpuint (c->decided, ==, 1);
}

static void
offer (Client *c, RflMediumDesc *first, RflMediumDesc *second)
{
  rfl_participant_offer (c->participant, list_of (first, second), on_decided, c);
  settle (c->f);
  g_assert_no_error (c->error);
}

static const RflMediumDesc *
current (const Client *c, guint index)
{
  const RflMedium *medium = c->participant->media->pdata[index];
  return medium->current;
}

static Client *
joined_client (Fixture *f, const char *name, const char *ip, guint16 port, const char *room)
{
  Client *c = client_new (f, name, ip, port);
  join (c, room, pcmu (c), NULL);
  assert_joined (c);
  return c;
}

/* ---- packets ---- */

static void
send_from (Fixture *f, const RflAddress *from, guint16 port, const guint8 *data, gsize len)
{
  RflAddress to = at (HERE, port);
  g_assert_true (test_network_inject_from (f->net, &to, from, data, len));
  settle (f);
}

static void
send_rtp_from (Fixture *f, const RflAddress *from, guint16 port, guint8 pt, guint32 ssrc,
               guint16 seq)
{
  RflRtp rtp = { .pt = pt, .ssrc = ssrc, .seq = seq, .timestamp = 160u * seq };
  guint8 data[32] = { 0 };

  rfl_rtp_write (&rtp, data, sizeof data);
  send_from (f, from, port, data, sizeof data);
}

static void
say (Client *c, guint8 pt, guint32 ssrc)
{
  send_rtp_from (c->f, &c->rtp[0], 5566, pt, ssrc, ++c->seq);
}

static void
show (Client *c, guint8 pt, guint32 ssrc)
{
  send_rtp_from (c->f, &c->rtp[1], 5568, pt, ssrc, ++c->seq);
}

static void
report_from (Fixture *f, const RflAddress *from, guint16 port, guint32 ssrc, const char *cname)
{
  guint8 data[256];
  RflRtcpWriter w;

  rfl_rtcp_writer_init (&w, data, sizeof data);
  rfl_rtcp_write_rr (&w, ssrc, NULL, 0);
  rfl_rtcp_write_sdes (&w, ssrc, cname);
  send_from (f, from, port, data, w.len);
}

static void
report (Client *c, guint32 ssrc)
{
  report_from (c->f, &c->rtcp[0], 5567, ssrc, "nobody");
}

static GBytes *
next_at (Fixture *f, const RflAddress *where)
{
  g_autoptr (GPtrArray) sent = NULL;

  settle (f);
  sent = test_network_take_sent (f->net);
  g_ptr_array_extend_and_steal (f->sent, g_steal_pointer (&sent));
  for (guint i = 0; i < f->sent->len; i++)
    {
      const TestDatagram *datagram = f->sent->pdata[i];
      if (rfl_address_equal (&datagram->to, where))
        {
          GBytes *bytes = g_bytes_new (datagram->data, datagram->len);
          g_ptr_array_remove_index (f->sent, i);
          return bytes;
        }
    }
  return NULL;
}

/* The next packet at @where is RTP like this. */
static void
assert_rtp (Fixture *f, const RflAddress *where, guint8 pt, guint32 ssrc, guint16 seq)
{
  g_autoptr (GBytes) packet = next_at (f, where);
  RflRtp rtp;

  g_assert_nonnull (packet);
  g_assert_true (rfl_rtp_parse (&rtp, g_bytes_get_data (packet, NULL), g_bytes_get_size (packet)));
  g_assert_cmpuint (rtp.pt, ==, pt);
  g_assert_cmphex (rtp.ssrc, ==, ssrc);
  g_assert_cmpuint (rtp.seq, ==, seq);
}

static void
assert_nothing (Fixture *f, const RflAddress *where)
{
  g_autoptr (GBytes) packet = next_at (f, where);
  g_assert_null (packet);
}

static gboolean
got_rtcp (Fixture *f, const RflAddress *where, RflRtcpType type, guint32 ssrc)
{
  GBytes *packet;
  gboolean found = FALSE;

  while ((packet = next_at (f, where)) != NULL)
    {
      RflRtcpIter iter;
      RflRtcp rtcp;
      rfl_rtcp_iter_init (&iter, g_bytes_get_data (packet, NULL), g_bytes_get_size (packet));
      while (rfl_rtcp_iter_next (&iter, &rtcp))
        found |= rtcp.type == type && (ssrc == 0 || rtcp.ssrc == ssrc);
      g_bytes_unref (packet);
    }
  return found;
}

static guint64
count (Fixture *f, const char *name)
{
  return rfl_counter_read (rfl_counter_get (f->core, name, ""));
}

/* ---- fixture ---- */

static void
set_up (Fixture *f, gconstpointer settings)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RflSettings) s =
      rfl_settings_new_from_text ("rtp", rtp_options, settings ? settings : "", &error);
  RflCoreOptions options = { .manual_workers = TRUE, .n_workers = 2 };

  g_assert_no_error (error);
  f->net = test_network_new ();
  f->sent = test_network_take_sent (f->net);
  options.transport = test_network_add_host (f->net, HERE);
  options.clock = rfl_clock_new_manual (1000 * SECOND);
  f->core = rfl_core_new (&options);
  f->plugin = rtp_plugin_new (f->core);
  g_assert_true (rtp_plugin_configure (f->plugin, s, &error));
  rfl_core_start (f->core, &error);
  g_assert_no_error (error);
  rtp_plugin_start (f->plugin, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  settle (f);
  rtp_plugin_stop (f->plugin);
  rtp_plugin_free (f->plugin);
  rfl_core_free (f->core);
  g_ptr_array_unref (f->sent);
  test_network_free (f->net);
}

/* ---- offers ---- */

static void
test_no_audio_codec (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_new (f, "alice", "198.51.100.1", 4000);
  g_autoptr (Client) b = joined_client (f, "bob", "198.51.100.2", 4000, "room");
  g_autoptr (Client) c = client_new (f, "carol", "198.51.100.3", 4000);

  join (a, "other", desc_of (a, "audio", FORMATS ("96 nonsense/8000")), NULL);
  g_assert_error (a->error, RFL_ERROR, RFL_ERROR_NO_CODEC);
  g_assert_nonnull (strstr (a->error->message, "PCMU/8000, PCMA/8000"));
  join (c, "room", desc_of (c, "audio", FORMATS ("8 PCMA/8000")),
        desc_of (c, "video", FORMATS ("96 VP8/90000")));
  g_assert_error (c->error, RFL_ERROR, RFL_ERROR_NO_CODEC);
  g_assert_nonnull (strstr (c->error->message, "audio codec is PCMU/8000"));
  /* What was refused has decided nothing. */
  g_assert_cmpuint (rfl_session_get_route (b->participant->session, "video")->formats->len, ==, 0);
}

static void
test_nothing_offered (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_new (f, "alice", "198.51.100.1", 4000);
  g_autoptr (Client) b = client_new (f, "bob", "198.51.100.2", 4000);
  g_autoptr (Client) c = client_new (f, "carol", "198.51.100.3", 4000);
  RflMediumDesc *disabled = pcmu (c);

  join_with (a, "room", g_ptr_array_new ());
  g_assert_error (a->error, RFL_ERROR, RFL_ERROR_NO_CODEC);
  join (b, "room", desc_of (b, "message", FORMATS ("0 MSRP/1000")), NULL);
  g_assert_error (b->error, RFL_ERROR, RFL_ERROR_NO_CODEC);
  disabled->rtp.port = 0;
  join (c, "room", disabled, NULL);
  g_assert_error (c->error, RFL_ERROR, RFL_ERROR_NO_CODEC);
}

static void
test_video_without_match (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_new (f, "alice", "198.51.100.1", 4000);
  g_autoptr (Client) b = client_new (f, "bob", "198.51.100.2", 4000);
  g_autoptr (Client) c = client_new (f, "carol", "198.51.100.3", 4000);

  join (a, "room", pcmu (a), desc_of (a, "video", FORMATS ("96 VP8/90000")));
  assert_joined (a);
  g_assert_true (current (a, 0)->accepted && current (a, 1)->accepted);
  join (b, "room", pcmu (b), desc_of (b, "video", FORMATS ("96 H264/90000")));
  assert_joined (b);
  g_assert_true (current (b, 0)->accepted);
  g_assert_false (current (b, 1)->accepted);
  join (c, "room", desc_of (c, "video", FORMATS ("96 H264/90000")), NULL);
  g_assert_error (c->error, RFL_ERROR, RFL_ERROR_NO_CODEC);
}

static void
test_one_line_per_kind (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_new (f, "alice", "198.51.100.1", 4000);
  GPtrArray *offers = list_of (pcmu (a), pcmu (a));

  ((RflMediumDesc *) offers->pdata[0])->rtp.port = 0;
  g_ptr_array_add (offers, pcmu (a));
  g_ptr_array_add (offers, desc_of (a, "application", FORMATS ("96 x/1000")));
  join_with (a, "room", offers);
  assert_joined (a);
  g_assert_false (current (a, 0)->accepted);
  g_assert_true (current (a, 1)->accepted);
  g_assert_false (current (a, 2)->accepted);
  g_assert_false (current (a, 3)->accepted);
}

static void
test_video_only (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_new (f, "alice", "198.51.100.1", 4000);
  g_autoptr (Client) b = client_new (f, "bob", "198.51.100.2", 4000);

  join (a, "room", desc_of (a, "video", FORMATS ("96 VP8/90000")), NULL);
  assert_joined (a);
  join (b, "room", desc_of (b, "audio", FORMATS ("8 PCMA/8000")),
        desc_of (b, "video", FORMATS ("100 VP8/90000")));
  assert_joined (b);
  show (a, 96, 0xa);
  assert_rtp (f, &b->rtp[1], 100, 0xa, 1);
}

static void
assert_answer (const Client *c, const char *expected)
{
  char text[RFL_ADDRESS_STRLEN];
  g_assert_cmpstr (rfl_address_format (&current (c, 0)->answer_rtp, text), ==, expected);
}

static void
test_answer_address (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  char text[RFL_ADDRESS_STRLEN];

  assert_answer (a, HERE ":5566");
  g_assert_cmpstr (rfl_address_format (&current (a, 0)->answer_rtcp, text), ==, HERE ":5567");
}

static void
test_answer_per_network (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = joined_client (f, "bob", "10.1.1.1", 4000, "room");
  g_autoptr (Client) c = joined_client (f, "carol", "fd00::7", 4000, "room");

  assert_answer (a, "203.0.113.200:5566");
  assert_answer (b, "10.0.0.200:5566");
  assert_answer (c, HERE ":5566"); /* none of the configured ones is IPv6 */
}

static void
test_bad_settings (Fixture *f, gconstpointer unused)
{
  static const char *const bad[] = { "address = \"nowhere\";", "address_local = \"0.0.0.0\";",
                                     "audio_codecs = [ \"PCMU\" ];",
                                     "video_codecs = [ \"VP8/90000\", \"\" ];",
                                     "audio_port = 5567;" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (RflSettings) s = rfl_settings_new_from_text ("rtp", rtp_options, bad[i], &error);
      gpointer plugin = rtp_plugin_new (f->core);
      g_assert_no_error (error);
      g_assert_false (rtp_plugin_configure (plugin, s, &error));
      g_assert_error (error, RFL_ERROR, RFL_ERROR_CONFIG);
      rtp_plugin_free (plugin);
    }
}

static void
test_reconfigure (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RflSettings) good =
      rfl_settings_new_from_text ("rtp", rtp_options, "audio_codecs = [ \"PCMA/8000\" ];", NULL);
  g_autoptr (RflSettings) bad =
      rfl_settings_new_from_text ("rtp", rtp_options, "address = \"x\";", NULL);
  g_autoptr (RflSettings) ports =
      rfl_settings_new_from_text ("rtp", rtp_options, "audio_port = 7000;", NULL);
  g_autoptr (Client) a = client_new (f, "alice", "198.51.100.1", 4000);

  g_assert_cmpint (rtp_plugin_reconfigure (f->plugin, bad, &error), ==, RFL_RELOAD_FAILED);
  g_assert_error (error, RFL_ERROR, RFL_ERROR_CONFIG);
  g_assert_cmpint (rtp_plugin_reconfigure (f->plugin, ports, NULL), ==, RFL_RELOAD_RESTART);
  g_assert_cmpint (rtp_plugin_reconfigure (f->plugin, good, NULL), ==, RFL_RELOAD_APPLIED);
  join (a, "room", pcmu (a), NULL);
  g_assert_error (a->error, RFL_ERROR, RFL_ERROR_NO_CODEC);
}

/* ---- strangers ---- */

static void
test_stranger (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = joined_client (f, "bob", "198.51.100.2", 4000, "room");
  RflAddress stranger = at ("198.51.100.66", 4000), neighbour = at ("198.51.100.1", 4444);

  say (a, 0, 0xa);
  assert_rtp (f, &b->rtp[0], 0, 0xa, 1);
  send_rtp_from (f, &stranger, 5566, 0, 0xa, 2);
  send_rtp_from (f, &stranger, 5566, 0, 0x666, 1);
  send_rtp_from (f, &neighbour, 5566, 0, 0xa, 3);
  send_rtp_from (f, &neighbour, 5566, 0, 0x666, 1);
  send_rtp_from (f, &a->rtp[0], 5567, 0, 0xa, 2); /* RTP on the RTCP port */
  report_from (f, &stranger, 5567, 0xa, "sip:alice@example.net");
  assert_nothing (f, &b->rtp[0]);
  assert_nothing (f, &b->rtcp[0]);
  assert_nothing (f, &stranger);
  assert_nothing (f, &neighbour);
  g_assert_cmpuint (count (f, "rtp.refused_stranger"), >=, 3);
  g_assert_cmpuint (count (f, "rtp.refused_taken"), >=, 1);
}

static void
test_amplification (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) m = client_new (f, "mallory", "198.51.100.66", 4000);
  RflMediumDesc *desc = pcmu (m);
  RflAddress victim = desc->rtp = at ("203.0.113.1", 4000), reports = at ("203.0.113.1", 4001);

  desc->rtcp = reports;
  join (m, "room", desc, NULL);
  assert_joined (m);
  for (guint i = 0; i < 10; i++)
    say (a, 0, 0xa);
  report (a, 0xa);
  say (m, 0, 0x666);
  say (a, 0, 0xa);
  assert_nothing (f, &victim);
  assert_nothing (f, &reports);
  assert_rtp (f, &m->rtp[0], 0, 0xa, 11);
}

static void
test_format_not_agreed (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = joined_client (f, "bob", "198.51.100.2", 4000, "room");

  say (a, 8, 0xa);
  g_assert_cmpuint (count (f, "rtp.refused_format"), ==, 1);
  pass_time (f, SECOND);
  say (a, 0, 0xa);
  say (a, 8, 0xa);
  assert_rtp (f, &b->rtp[0], 0, 0xa, 2);
  assert_nothing (f, &b->rtp[0]);
}

static void
test_max_sources (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = joined_client (f, "bob", "198.51.100.2", 4000, "room");

  for (guint ssrc = 1; ssrc <= 3; ssrc++)
    say (a, 0, ssrc);
  assert_rtp (f, &b->rtp[0], 0, 1, 1);
  assert_rtp (f, &b->rtp[0], 0, 2, 2);
  assert_nothing (f, &b->rtp[0]);
  g_assert_cmpuint (count (f, "rtp.refused_sources"), ==, 1);
  pass_time (f, 4 * SECOND);
  say (a, 0, 2);
  assert_rtp (f, &b->rtp[0], 0, 2, 4);
  pass_time (f, 2 * SECOND);
  say (a, 0, 3); /* the silent one gives way */
  assert_rtp (f, &b->rtp[0], 0, 3, 5);
}

/* ---- reflection ---- */

static void
test_two_talk (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_new (f, "alice", "198.51.100.1", 4000);
  g_autoptr (Client) b = client_new (f, "bob", "198.51.100.2", 4000);
  g_autoptr (Client) c = joined_client (f, "carol", "198.51.100.3", 4000, "other");

  join (a, "room",
        desc_of (a, "audio", FORMATS ("96 opus/48000", "98 GSM/8000", "101 telephone-event/8000")),
        NULL);
  assert_joined (a);
  join (b, "room", desc_of (b, "audio", FORMATS ("3 GSM/8000", "97 telephone-event/8000")), NULL);
  assert_joined (b);
  say (a, 98, 0xa);
  assert_rtp (f, &b->rtp[0], 3, 0xa, 1);
  say (a, 101, 0xa);
  assert_rtp (f, &b->rtp[0], 97, 0xa, 2);
  say (b, 3, 0xb);
  assert_rtp (f, &a->rtp[0], 98, 0xb, 1);
  say (b, 97, 0xb);
  assert_rtp (f, &a->rtp[0], 101, 0xb, 2);
  assert_nothing (f, &a->rtp[0]);
  assert_nothing (f, &b->rtp[0]);
  assert_nothing (f, &c->rtp[0]);
}

static void
test_rtcp_passes (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = joined_client (f, "bob", "198.51.100.2", 4000, "room");

  report (a, 0xa);
  g_assert_true (got_rtcp (f, &b->rtcp[0], RFL_RTCP_SDES, 0xa));
  assert_nothing (f, &a->rtcp[0]);
}

static void
test_behind_nat (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = client_new (f, "bob", "203.0.113.9", 30000);
  RflAddress inside = at ("10.0.0.7", 4000);

  join (b, "room", behind_nat (pcmu (b)), NULL);
  assert_joined (b);
  say (a, 0, 0xa);
  assert_nothing (f, &b->rtp[0]);
  assert_nothing (f, &inside);
  say (b, 0, 0xb);
  assert_rtp (f, &a->rtp[0], 0, 0xb, 1);
  say (a, 0, 0xa);
  assert_rtp (f, &b->rtp[0], 0, 0xa, 2);
  report (a, 0xa);
  assert_nothing (f, &b->rtcp[0]);
  report (b, 0xb);
  report (a, 0xa);
  g_assert_true (got_rtcp (f, &b->rtcp[0], RFL_RTCP_SDES, 0xa));
  assert_nothing (f, &inside);
}

static void
test_nat_moves (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = client_new (f, "bob", "203.0.113.9", 30000);
  RflAddress old = b->rtp[0];

  join (b, "room", behind_nat (pcmu (b)), NULL);
  say (b, 0, 0xb);
  assert_rtp (f, &a->rtp[0], 0, 0xb, 1);
  b->rtp[0].port = 31000;
  pass_time (f, SECOND);
  say (b, 0, 0xb);
  assert_nothing (f, &a->rtp[0]);
  pass_time (f, SECOND);
  say (b, 0, 0xb);
  assert_rtp (f, &a->rtp[0], 0, 0xb, 3);
  g_assert_cmpuint (count (f, "rtp.moved"), ==, 1);
  say (a, 0, 0xa);
  assert_rtp (f, &b->rtp[0], 0, 0xa, 1);
  assert_nothing (f, &old);
  /* After so long a silence that the source itself is gone. */
  pass_time (f, 60 * SECOND);
  g_assert_cmpuint (rfl_session_get_route (b->participant->session, "audio")->sources->len, ==, 0);
  b->rtp[0].port = 32000;
  say (b, 0, 0xb);
  assert_rtp (f, &a->rtp[0], 0, 0xb, 4);
  say (a, 0, 0xa);
  assert_rtp (f, &b->rtp[0], 0, 0xa, 2);
}

/* ---- hold, new offers, leaving ---- */

static void
test_hold (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = joined_client (f, "bob", "198.51.100.2", 4000, "room");
  RflMediumDesc *hold = pcmu (b);

  say (a, 0, 0xa);
  assert_rtp (f, &b->rtp[0], 0, 0xa, 1);
  hold->direction = RFL_DIRECTION_SEND;
  offer (b, hold, NULL);
  say (a, 0, 0xa);
  report (a, 0xa);
  assert_nothing (f, &b->rtp[0]);
  assert_nothing (f, &b->rtcp[0]);
  say (b, 0, 0xb);
  assert_rtp (f, &a->rtp[0], 0, 0xb, 1);
  hold = pcmu (b);
  hold->direction = RFL_DIRECTION_NONE;
  offer (b, hold, NULL);
  say (b, 0, 0xb);
  assert_nothing (f, &a->rtp[0]);
  g_assert_cmpuint (count (f, "rtp.refused_hold"), ==, 1);
  pass_time (f, SECOND);
  offer (b, pcmu (b), NULL);
  say (b, 0, 0xb);
  assert_rtp (f, &a->rtp[0], 0, 0xb, 3);
  say (a, 0, 0xa);
  assert_rtp (f, &b->rtp[0], 0, 0xa, 3);
}

static void
test_hold_without_address (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = joined_client (f, "bob", "198.51.100.2", 4000, "room");
  RflMediumDesc *hold = pcmu (b);

  say (b, 0, 0xb);
  hold->rtp = at ("0.0.0.0", 4000);
  offer (b, hold, NULL);
  say (a, 0, 0xa);
  assert_nothing (f, &b->rtp[0]);
  offer (b, pcmu (b), NULL);
  say (a, 0, 0xa);
  assert_rtp (f, &b->rtp[0], 0, 0xa, 2);
}

static void
test_new_address (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = joined_client (f, "bob", "198.51.100.2", 4000, "room");
  RflAddress old = b->rtp[0];
  RflMediumDesc *desc;

  say (b, 0, 0xb);
  assert_rtp (f, &a->rtp[0], 0, 0xb, 1);
  b->rtp[0].port = 6000;
  desc = desc_of (b, "audio", FORMATS ("0 PCMU/8000", "120 telephone-event/8000"));
  offer (b, desc, NULL);
  say (a, 101, 0xa);
  assert_rtp (f, &b->rtp[0], 120, 0xa, 1);
  say (b, 120, 0xb);
  assert_rtp (f, &a->rtp[0], 101, 0xb, 2);
  assert_nothing (f, &old);
}

static void
test_video_comes_and_goes (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = client_new (f, "bob", "198.51.100.2", 4000);
  RflMediumDesc *none;

  join (b, "room", pcmu (b), desc_of (b, "video", FORMATS ("96 H264/90000")));
  assert_joined (b);
  show (b, 96, 0xb);
  offer (a, pcmu (a), desc_of (a, "video", FORMATS ("100 H264/90000")));
  show (b, 96, 0xb);
  assert_rtp (f, &a->rtp[1], 100, 0xb, 2);
  none = desc_of (a, "video", FORMATS ("100 H264/90000"));
  none->rtp.port = 0;
  offer (a, pcmu (a), none);
  show (b, 96, 0xb);
  assert_nothing (f, &a->rtp[1]);
}

static void
test_leaving (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = joined_client (f, "bob", "198.51.100.2", 4000, "room");
  g_autoptr (Client) c = NULL;

  say (a, 0, 0xa);
  say (b, 0, 0xb);
  assert_rtp (f, &b->rtp[0], 0, 0xa, 1);
  rfl_participant_leave (b->participant, "bye");
  settle (f);
  say (a, 0, 0xa);
  assert_nothing (f, &b->rtp[0]);
  say (b, 0, 0xb);
  assert_rtp (f, &a->rtp[0], 0, 0xb, 1);
  assert_nothing (f, &a->rtp[0]);
  /* The address is free for the next one there. */
  c = joined_client (f, "carol", "198.51.100.2", 4000, "room");
  say (c, 0, 0xc);
  assert_rtp (f, &a->rtp[0], 0, 0xc, 1);
}

/* ---- keyframes ---- */

static void
test_keyframe_for_newcomer (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_new (f, "alice", "198.51.100.1", 4000);
  g_autoptr (Client) b = client_new (f, "bob", "198.51.100.2", 4000);

  join (a, "room", desc_of (a, "video", FORMATS ("96 VP8/90000")), NULL);
  show (a, 96, 0xa);
  pass_time (f, 2 * SECOND);
  got_rtcp (f, &a->rtcp[1], RFL_RTCP_PSFB, 0);
  pass_time (f, 2 * SECOND);
  g_assert_false (got_rtcp (f, &a->rtcp[1], RFL_RTCP_PSFB, 0));
  join (b, "room", desc_of (b, "video", FORMATS ("96 VP8/90000")), NULL);
  g_assert_true (got_rtcp (f, &a->rtcp[1], RFL_RTCP_PSFB, 0));
  pass_time (f, SECOND / 2);
  g_assert_false (got_rtcp (f, &a->rtcp[1], RFL_RTCP_PSFB, 0));
  pass_time (f, SECOND);
  g_assert_true (got_rtcp (f, &a->rtcp[1], RFL_RTCP_PSFB, 0));
  pass_time (f, 10 * SECOND);
  g_assert_false (got_rtcp (f, &a->rtcp[1], RFL_RTCP_PSFB, 0));
}

/* ---- activity ---- */

static void
test_silent_from_the_start (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");

  pass_time (f, 119 * SECOND);
  g_assert_null (a->ended);
  pass_time (f, 6 * SECOND);
  g_assert_cmpstr (a->ended, ==, "no RTCP for 120 s");
}

static void
test_rtp_counts_at_first (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");

  for (guint i = 0; i < 30; i++)
    {
      say (a, 0, 0xa);
      pass_time (f, 10 * SECOND);
    }
  g_assert_null (a->ended);
  report (a, 0xa);
  for (guint i = 0; i < 12; i++)
    {
      g_assert_null (a->ended);
      say (a, 0, 0xa);
      pass_time (f, 10 * SECOND);
    }
  pass_time (f, 5 * SECOND);
  g_assert_cmpstr (a->ended, ==, "no RTCP for 120 s");
}

static void
test_alive_on_hold (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  RflMediumDesc *hold = pcmu (a);

  hold->direction = RFL_DIRECTION_NONE;
  offer (a, hold, NULL);
  for (guint i = 0; i < 30; i++)
    {
      report (a, 0xa);
      pass_time (f, 10 * SECOND);
    }
  g_assert_null (a->ended);
}

/* ---- turns ---- */

static void
test_turns_end_with_a_packet (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_new (f, "alice", "203.0.113.9", 30000);
  g_autoptr (Client) b = client_new (f, "bob", "203.0.113.9", 31000);
  g_autoptr (Client) c = client_new (f, "carol", "203.0.113.9", 32000);

  join (a, "room", behind_nat (pcmu (a)), NULL);
  join (b, "room", behind_nat (pcmu (b)), NULL);
  join (c, "room", behind_nat (pcmu (c)), NULL);
  g_assert_cmpuint (a->decided, ==, 1);
  g_assert_cmpuint (b->decided + c->decided, ==, 0);
  say (a, 0, 0xa);
  g_assert_cmpuint (b->decided, ==, 1);
  g_assert_cmpuint (c->decided, ==, 0);
  say (b, 0, 0xb);
  assert_joined (c);
  say (c, 0, 0xc);
  say (b, 0, 0xb);
  assert_rtp (f, &a->rtp[0], 0, 0xb, 1);
  assert_rtp (f, &a->rtp[0], 0, 0xc, 1);
  assert_rtp (f, &c->rtp[0], 0, 0xb, 2);
}

static void
test_turns_end_with_time (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_new (f, "alice", "203.0.113.9", 30000);
  g_autoptr (Client) b = client_new (f, "bob", "203.0.113.9", 31000);

  join (a, "room", behind_nat (pcmu (a)), NULL);
  join (b, "room", behind_nat (pcmu (b)), NULL);
  pass_time (f, SECOND - 20 * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpuint (b->decided, ==, 0);
  pass_time (f, 40 * G_TIME_SPAN_MILLISECOND);
  assert_joined (b);
  say (b, 0, 0xb);
  say (a, 0, 0xa);
  assert_nothing (f, &b->rtp[0]);
  report_from (f, &a->rtcp[0], 5567, 0xa, "sip:alice@example.net");
  pass_time (f, SECOND);
  say (a, 0, 0xa);
  assert_rtp (f, &b->rtp[0], 0, 0xa, 2);
}

static void
test_giving_up_while_waiting (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_new (f, "alice", "203.0.113.9", 30000);
  g_autoptr (Client) b = client_new (f, "bob", "203.0.113.9", 31000);
  g_autoptr (Client) c = client_new (f, "carol", "203.0.113.9", 32000);

  join (a, "room", behind_nat (pcmu (a)), NULL);
  join (b, "room", behind_nat (pcmu (b)), NULL);
  join (c, "room", behind_nat (pcmu (c)), NULL);
  rfl_participant_leave (b->participant, "CANCEL");
  g_assert_error (b->error, RFL_ERROR, RFL_ERROR_CANCELLED);
  say (a, 0, 0xa);
  assert_joined (c);
  say (c, 0, 0xc);
  assert_rtp (f, &a->rtp[0], 0, 0xc, 1);
}

static void
test_crowd (Fixture *f, gconstpointer unused)
{
  Client *crowd[RTP_LATCH_MAX_WAITING + 3];
  guint n = G_N_ELEMENTS (crowd), decided = 0;

  for (guint i = 0; i < n; i++)
    {
      crowd[i] = client_new (f, "crowd", "203.0.113.9", 30000 + 10 * i);
      join (crowd[i], "room", behind_nat (pcmu (crowd[i])), NULL);
      decided += crowd[i]->decided;
    }
  g_assert_cmpuint (decided, ==, 3); /* the first, and the two beyond the limit */
  for (guint i = 0; i < n; i++)
    pass_time (f, SECOND + 20 * G_TIME_SPAN_MILLISECOND);
  for (guint i = 0; i < n; i++)
    {
      assert_joined (crowd[i]);
      client_free (crowd[i]);
    }
}

/* ---- the end ---- */

static void
test_stop_while_busy (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = client_new (f, "bob", "203.0.113.9", 31000);
  g_autoptr (Client) c = client_new (f, "carol", "203.0.113.9", 32000);
  g_autoptr (GError) error = NULL;

  join (b, "room", behind_nat (pcmu (b)), NULL);
  join (c, "room", behind_nat (pcmu (c)), NULL);
  say (a, 0, 0xa);
  rtp_plugin_stop (f->plugin);
  g_assert_error (c->error, RFL_ERROR, RFL_ERROR_CANCELLED);
  settle (f);
  rtp_plugin_start (f->plugin, &error);
  g_assert_no_error (error);
}

static void
test_status (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autofree char *text = NULL;
  RflStatus *status = rfl_status_new ();

  say (a, 0, 10);
  report (a, 10);
  rfl_status_call (status, "rtp", rtp_plugin_status, f->plugin);
  text = rfl_status_finish (status);
  g_assert_nonnull (strstr (text, "\"sip:alice@example.net\""));
  g_assert_nonnull (strstr (text, "198.51.100.1:4000"));
  g_assert_nonnull (strstr (text, "198.51.100.1:4001"));
  g_assert_nonnull (strstr (text, "10"));
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *name;
    void (*func) (Fixture *f, gconstpointer unused);
    const char *settings;
  } tests[] = {
    { "no-audio-codec", test_no_audio_codec },
    { "nothing-offered", test_nothing_offered },
    { "video-without-match", test_video_without_match },
    { "one-line-per-kind", test_one_line_per_kind },
    { "video-only", test_video_only },
    { "answer-address", test_answer_address },
    { "answer-per-network", test_answer_per_network,
      "address_external = \"203.0.113.200\"; address_local = \"10.0.0.200\";" },
    { "bad-settings", test_bad_settings },
    { "reconfigure", test_reconfigure },
    { "stranger", test_stranger },
    { "amplification", test_amplification },
    { "format-not-agreed", test_format_not_agreed },
    { "max-sources", test_max_sources, "max_sources = 2;" },
    { "two-talk", test_two_talk },
    { "rtcp-passes", test_rtcp_passes },
    { "behind-nat", test_behind_nat },
    { "nat-moves", test_nat_moves },
    { "hold", test_hold },
    { "hold-without-address", test_hold_without_address },
    { "new-address", test_new_address },
    { "video-comes-and-goes", test_video_comes_and_goes },
    { "leaving", test_leaving },
    { "keyframe-for-newcomer", test_keyframe_for_newcomer },
    { "silent-from-the-start", test_silent_from_the_start },
    { "rtp-counts-at-first", test_rtp_counts_at_first },
    { "alive-on-hold", test_alive_on_hold },
    { "turns-end-with-a-packet", test_turns_end_with_a_packet },
    { "turns-end-with-time", test_turns_end_with_time },
    { "giving-up-while-waiting", test_giving_up_while_waiting },
    { "crowd", test_crowd },
    { "stop-while-busy", test_stop_while_busy },
    { "status", test_status },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/rtp/plugin/", tests[i].name, NULL);
      g_test_add (path, Fixture, tests[i].settings, set_up, tests[i].func, tear_down);
    }
  return g_test_run ();
}
