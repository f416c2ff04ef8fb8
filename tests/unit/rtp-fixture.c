/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See rtp-fixture.h. Tests nothing itself. */
#include "tests/unit/rtp-fixture.h"

#include <string.h>

/* ---- a client ---- */

RflAddress
at (const char *ip, guint16 port)
{
  RflAddress address;
  g_assert_true (rfl_address_parse (&address, ip, port));
  return address;
}

void
settle (Fixture *f)
{
  while (rfl_path_step (rfl_core_get_path (f->core)) > 0)
    ;
}

void
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

Client *
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

void
client_free (Client *c)
{
  if (c == NULL)
    return;
  rfl_participant_unref (c->participant);
  g_clear_error (&c->error);
  g_free (c->ended);
  g_free (c);
}

static void
on_decided (RflParticipant *participant, const GError *error, gpointer data)
{
  Client *c = data;
  c->decided++;
  g_clear_error (&c->error);
  c->error = error ? g_error_copy (error) : NULL;
}

RflMediumDesc *
desc_of (const Client *c, const char *kind, const char *const *formats)
{
  RflMediumDesc *desc = rfl_medium_desc_new (kind);
  guint i = strcmp (kind, "video") == 0;

  for (; *formats; formats++)
    {
      g_auto (GStrv) words = g_strsplit_set (*formats, " /", 3);
      g_ptr_array_add (desc->formats,
                       rfl_format_new ((guint) g_ascii_strtoull (words[0], NULL, 10), words[1],
                                       (guint) g_ascii_strtoull (words[2], NULL, 10), 1, NULL));
    }
  desc->direction = RFL_DIRECTION_BOTH;
  desc->rtp = c->rtp[i];
  desc->rtcp = c->rtcp[i];
  desc->local = at (HERE, 0);
  return desc;
}

RflMediumDesc *
pcmu (const Client *c)
{
  return desc_of (c, "audio", FORMATS ("0 PCMU/8000", "101 telephone-event/8000"));
}

RflMediumDesc *
behind_nat (RflMediumDesc *desc)
{
  desc->rtp = at ("10.0.0.7", 4000);
  desc->rtcp = at ("10.0.0.7", 4001);
  return desc;
}

void
join_with (Client *c, const char *room, GPtrArray *offers)
{
  rfl_participant_join (c->participant, room, offers, on_decided, c);
  settle (c->f);
}

GPtrArray *
list_of (RflMediumDesc *first, RflMediumDesc *second)
{
  GPtrArray *list = g_ptr_array_new ();
  g_ptr_array_add (list, first);
  if (second)
    g_ptr_array_add (list, second);
  return list;
}

void
join (Client *c, const char *room, RflMediumDesc *first, RflMediumDesc *second)
{
  join_with (c, room, list_of (first, second));
}

void
assert_joined (const Client *c)
{
  g_assert_no_error (c->error);
  g_assert_cmpuint (c->decided, ==, 1);
}

void
offer_list (Client *c, GPtrArray *offers)
{
  rfl_participant_offer (c->participant, offers, on_decided, c);
  settle (c->f);
}

void
offer (Client *c, RflMediumDesc *first, RflMediumDesc *second)
{
  offer_list (c, list_of (first, second));
  g_assert_no_error (c->error);
}

const RflMediumDesc *
current (const Client *c, guint index)
{
  const RflMedium *medium = c->participant->media->pdata[index];
  return medium->current;
}

Client *
joined_client (Fixture *f, const char *name, const char *ip, guint16 port, const char *room)
{
  Client *c = client_new (f, name, ip, port);
  join (c, room, pcmu (c), NULL);
  assert_joined (c);
  return c;
}

/* ---- packets ---- */

void
send_from (Fixture *f, const RflAddress *from, guint16 port, const guint8 *data, gsize len)
{
  RflAddress to = at (HERE, port);
  g_assert_true (test_network_inject_from (f->net, &to, from, data, len));
  settle (f);
}

void
send_rtp_from (Fixture *f, const RflAddress *from, guint16 port, guint8 pt, guint32 ssrc,
               guint16 seq)
{
  RflRtp rtp = { .pt = pt, .ssrc = ssrc, .seq = seq, .timestamp = 160u * seq };
  guint8 data[32] = { 0 };

  rfl_rtp_write (&rtp, data, sizeof data);
  send_from (f, from, port, data, sizeof data);
}

void
say (Client *c, guint8 pt, guint32 ssrc)
{
  send_rtp_from (c->f, &c->rtp[0], 5566, pt, ssrc, ++c->seq);
}

void
show (Client *c, guint8 pt, guint32 ssrc)
{
  send_rtp_from (c->f, &c->rtp[1], 5568, pt, ssrc, ++c->seq);
}

void
report_from (Fixture *f, const RflAddress *from, guint16 port, guint32 ssrc, const char *cname)
{
  guint8 data[256];
  RflRtcpWriter w;

  rfl_rtcp_writer_init (&w, data, sizeof data);
  rfl_rtcp_write_rr (&w, ssrc, NULL, 0);
  rfl_rtcp_write_sdes (&w, ssrc, cname);
  send_from (f, from, port, data, w.len);
}

void
report (Client *c, guint32 ssrc)
{
  report_from (c->f, &c->rtcp[0], 5567, ssrc, "nobody");
}

GBytes *
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
void
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

void
assert_nothing (Fixture *f, const RflAddress *where)
{
  g_autoptr (GBytes) packet = next_at (f, where);
  g_assert_null (packet);
}

gboolean
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

guint64
count (Fixture *f, const char *name)
{
  return rfl_counter_read (rfl_counter_get (f->core, name, ""));
}

/* ---- fixture ---- */

void
set_up (Fixture *f, gconstpointer settings)
{
  set_up_with (f, settings, NULL);
}

void
set_up_with (Fixture *f, const char *settings, void (*before) (Fixture *f))
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
  if (before)
    before (f);
  rtp_plugin_start (f->plugin, &error);
  g_assert_no_error (error);
}

void
tear_down (Fixture *f, gconstpointer unused)
{
  settle (f);
  rtp_plugin_stop (f->plugin);
  rtp_plugin_free (f->plugin);
  rfl_core_free (f->core);
  g_ptr_array_unref (f->sent);
  test_network_free (f->net);
}

int
rtp_tests_run (int argc, char **argv, const char *group, const RtpTest *tests)
{
  g_test_init (&argc, &argv, NULL);
  for (; tests->name; tests++)
    {
      g_autofree char *path = g_strconcat ("/rtp/", group, "/", tests->name, NULL);
      g_test_add (path, Fixture, tests->settings, set_up, tests->func, tear_down);
    }
  return g_test_run ();
}
