/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The packet path's fixture. Tests nothing itself. */
#include "tests/unit/path-fixture.h"
#include <string.h>

static void
on_unknown (const RflArrival *arrival, gpointer user_data)
{
  Fixture *f = user_data;

  f->n_unknown++;
  f->last = *arrival;
  g_array_append_val (f->tickets, arrival->ticket);
  if (f->on_unknown)
    f->on_unknown (f, arrival);
}

static void
on_unmapped (const RflArrival *arrival, gpointer user_data)
{
  Fixture *f = user_data;

  f->n_unmapped++;
  if (f->on_unmapped)
    f->on_unmapped (f, arrival);
}

static void
on_rtcp (const RflArrival *arrival, gpointer user_data)
{
  Fixture *f = user_data;
  f->n_rtcp++;
  f->last = *arrival;
}

static void
on_other (const RflArrival *arrival, gpointer user_data)
{
  Fixture *f = user_data;
  f->n_other++;
  f->last = *arrival;
}

Fixture *
fixture_new (guint n_workers)
{
  Fixture *f = g_new0 (Fixture, 1);
  RflCoreOptions options = { .n_workers = n_workers, .manual_workers = TRUE };
  RflPortSpec spec = { .name = "rtp.audio",
                       .port = 5566,
                       .unknown = on_unknown,
                       .rtcp = on_rtcp,
                       .other = on_other,
                       .unmapped = on_unmapped,
                       .user_data = f };
  g_autoptr (GError) error = NULL;

  f->net = test_network_new ();
  f->clock = rfl_clock_new_manual (G_USEC_PER_SEC);
  options.clock = f->clock;
  options.transport = test_network_add_host (f->net, HOST " 2001:db8::1");
  f->core = rfl_core_new (&options);
  rfl_core_start (f->core, &error);
  g_assert_no_error (error);
  f->path = rfl_core_get_path (f->core);
  f->port = rfl_port_open (f->path, &spec, &error);
  g_assert_no_error (error);
  f->participants = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_participant_unref);
  f->flows = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_flow_free);
  f->sources = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_source_free);
  f->legs = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_leg_free);
  f->tickets = g_array_new (FALSE, FALSE, sizeof (guint64));
  fixture_step (f);
  return f;
}

void
fixture_free (Fixture *f)
{
  g_ptr_array_unref (f->legs);
  g_ptr_array_unref (f->sources);
  g_ptr_array_unref (f->flows);
  g_ptr_array_unref (f->participants);
  rfl_port_close (f->port);
  rfl_core_free (f->core);
  test_network_free (f->net);
  g_array_unref (f->tickets);
  g_free (f);
}

static void
on_joined (RflParticipant *participant, const GError *error, gpointer user_data)
{
  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

RflMedium *
fixture_join (Fixture *f, const char *session, const char *name, const char *origin,
              const char *kind)
{
  RflParticipantSpec spec = { .identity = name, .origin = origin };
  RflParticipant *participant = rfl_participant_new (f->core, &spec);
  GPtrArray *offers = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_medium_desc_free);
  RflMediumDesc *desc = rfl_medium_desc_new (kind);
  gboolean joined = FALSE;

  desc->accepted = TRUE;
  g_ptr_array_add (offers, desc);
  g_ptr_array_add (f->participants, participant);
  rfl_participant_join (participant, session, offers, on_joined, &joined);
  g_assert_true (joined);
  return participant->media->pdata[0];
}

RflRoute *
fixture_route (RflMedium *medium)
{
  RflRoute *route = rfl_session_get_route (medium->participant->session, medium->kind);
  GPtrArray *formats;

  if (route->formats->len)
    return route;
  formats = g_ptr_array_new ();
  if (strcmp (medium->kind, "video") == 0)
    g_ptr_array_add (formats, rfl_format_new (96, "VP8", 90000, 1, NULL));
  else
    {
      g_ptr_array_add (formats, rfl_format_new (0, "PCMU", 8000, 1, NULL));
      g_ptr_array_add (formats, rfl_format_new (101, "telephone-event", 8000, 1, NULL));
    }
  g_assert_true (rfl_route_set_formats (route, formats));
  return route;
}

RflFlow *
fixture_flow (Fixture *f, const char *remote)
{
  RflAddress address = test_address (remote);
  RflFlow *flow = rfl_flow_new (f->port, &address, NULL);

  g_assert_nonnull (flow);
  return flow;
}

RflFlow *
fixture_add_flow (Fixture *f, const char *remote)
{
  RflFlow *flow = fixture_flow (f, remote);

  g_ptr_array_add (f->flows, flow);
  return flow;
}

RflSource *
fixture_source (RflMedium *medium, RflFlow *flow, guint32 wire_ssrc, guint32 ssrc)
{
  RflPtMap map;
  RflSourceSpec spec = { .route = fixture_route (medium),
                         .owner = medium,
                         .flow = flow,
                         .wire_ssrc = wire_ssrc,
                         .ssrc = ssrc,
                         .map = &map };

  memset (&map, RFL_PT_NONE, sizeof map);
  if (strcmp (medium->kind, "video") == 0)
    map.index[96] = 0;
  else
    {
      map.index[0] = 0;
      map.index[101] = 1;
    }
  return rfl_source_new (&spec);
}

RflSource *
fixture_add_source (Fixture *f, RflMedium *medium, RflFlow *flow, guint32 wire_ssrc, guint32 ssrc)
{
  RflSource *source = fixture_source (medium, flow, wire_ssrc, ssrc);

  if (source)
    g_ptr_array_add (f->sources, source);
  return source;
}

RflLegSpec
fixture_leg_spec (Fixture *f, RflMedium *medium, const char *remote)
{
  RflLegSpec spec = { .route = fixture_route (medium), .owner = medium, .port = f->port };

  spec.remote = test_address (remote);
  memset (spec.pt, RFL_PT_NONE, sizeof spec.pt);
  if (strcmp (medium->kind, "video") == 0)
    spec.pt[0] = 96;
  else
    {
      spec.pt[0] = 0;
      spec.pt[1] = 101;
    }
  return spec;
}

RflLeg *
fixture_add_leg_spec (Fixture *f, const RflLegSpec *spec)
{
  RflLeg *leg = rfl_leg_new (spec);

  g_ptr_array_add (f->legs, leg);
  return leg;
}

RflLeg *
fixture_add_leg (Fixture *f, RflMedium *medium, const char *remote)
{
  RflLegSpec spec = fixture_leg_spec (f, medium, remote);
  return fixture_add_leg_spec (f, &spec);
}

void
fixture_drop_flow (Fixture *f, RflFlow *flow)
{
  g_assert_true (g_ptr_array_remove (f->flows, flow));
}

void
fixture_drop_source (Fixture *f, RflSource *source)
{
  g_assert_true (g_ptr_array_remove (f->sources, source));
}

void
fixture_drop_leg (Fixture *f, RflLeg *leg)
{
  g_assert_true (g_ptr_array_remove (f->legs, leg));
}

TestRtp
test_rtp (guint8 pt, guint16 seq, guint32 timestamp, guint32 ssrc, gsize len)
{
  RflRtp rtp = { .pt = pt, .seq = seq, .timestamp = timestamp, .ssrc = ssrc };
  TestRtp out;

  out.len = rfl_rtp_write (&rtp, out.data, sizeof out.data);
  for (gsize i = 0; i < len; i++)
    out.data[out.len++] = (guint8) (seq + i);
  return out;
}

void
fixture_inject (Fixture *f, const char *from, const TestRtp *rtp)
{
  g_assert_true (test_network_inject (f->net, from[0] == '[' ? "[2001:db8::1]:5566" : PORT, from,
                                      rtp->data, rtp->len));
}

void
fixture_send (Fixture *f, const char *from, guint8 pt, guint16 seq, guint32 timestamp, guint32 ssrc)
{
  static const guint8 keyframe[] = { 0x10, 0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 1, 0xf0, 0 };
  TestRtp rtp = test_rtp (pt, seq, timestamp, ssrc, 160);

  if (pt == 96)
    memcpy (rtp.data + RFL_RTP_MIN_HEADER, keyframe, sizeof keyframe);
  fixture_inject (f, from, &rtp);
  fixture_step (f);
}

void
fixture_step (Fixture *f)
{
  rfl_path_step (f->path);
}

guint64
fixture_count (Fixture *f, const char *counter)
{
  return rfl_counter_read (rfl_counter_get (f->core, counter, ""));
}

guint
sent_to (GPtrArray *sent, const char *to, RflRtp *out, guint max)
{
  RflAddress address = test_address (to);
  guint n = 0;

  for (guint i = 0; i < sent->len; i++)
    {
      TestDatagram *d = sent->pdata[i];
      if (!rfl_address_equal (&d->to, &address))
        continue;
      if (out && n < max)
        g_assert_true (rfl_rtp_parse (&out[n], d->data, d->len));
      n++;
    }
  return n;
}
