/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RTCP as text, and legs that note what they are handed. Tests nothing itself. */
#include "tests/unit/rtcp-fixture.h"

#include <stdlib.h>
#include <string.h>

static void
send_rtcp (RflLeg *leg, RflMedium *from, const guint8 *data, gsize len)
{
  End *end = rfl_leg_get_user_data (leg);

  g_assert_true (rfl_rtcp_validate (data, len));
  g_ptr_array_add (end->got, g_bytes_new (data, len));
  g_ptr_array_add (end->from, from);
}

static const RflLegOps ops = { send_rtcp };

const RflLegOps *
end_ops (void)
{
  return &ops;
}

static End *
end_new (void)
{
  End *end = g_new0 (End, 1);

  end->got = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  end->from = g_ptr_array_new ();
  return end;
}

static char *
new_remote (Fixture *f)
{
  static const char format[] = "192.0.2.%u:4000";

  return g_strdup_printf (format, f->participants->len);
}

End *
end_join (Fixture *f, const char *name, const char *origin, RflLegMode mode, guint32 wire_ssrc)
{
  End *end = end_new ();
  g_autofree char *remote = NULL;
  RflLegSpec spec;

  end->medium = fixture_join (f, "room", name, origin, "video");
  fixture_route (end->medium);
  remote = new_remote (f);
  if (origin == NULL)
    {
      spec = fixture_leg_spec (f, end->medium, remote);
      spec.mode = mode;
      spec.ops = &ops;
      spec.user_data = end;
      end->leg = rfl_leg_new (&spec);
    }
  if (wire_ssrc == 0)
    return end;
  end->flow = fixture_flow (f, remote);
  end->source = fixture_source (end->medium, end->flow, wire_ssrc, wire_ssrc);
  rfl_source_set_back (end->source, end->leg);
  return end;
}

End *
end_link (Fixture *f, End *any)
{
  End *end = end_new ();
  RflLegSpec spec = fixture_leg_spec (f, any->medium, "198.51.100.1:5564");

  spec.owner = NULL;
  spec.flags = RFL_LEG_LOCAL_ONLY | RFL_LEG_LABELLED;
  spec.ops = &ops;
  spec.user_data = end;
  end->leg = rfl_leg_new (&spec);
  return end;
}

void
end_free (End *end)
{
  rfl_source_free (end->source);
  rfl_leg_free (end->leg);
  rfl_flow_free (end->flow);
  g_ptr_array_unref (end->got);
  g_ptr_array_unref (end->from);
  g_free (end);
}

/* ---- packets as text ---- */

static void
print_ssrcs (const RflRtcp *rtcp, GString *out)
{
  RflRtcpReportBlock block;
  guint32 ssrc;

  for (guint i = 0; rfl_rtcp_get_report (rtcp, i, &block); i++)
    g_string_append_printf (out, "%s%u", i ? " " : " of ", block.ssrc);
  for (guint i = 1; rfl_rtcp_get_bye (rtcp, i, &ssrc); i++)
    g_string_append_printf (out, " %u", ssrc);
  for (guint i = 0; rfl_rtcp_get_feedback_ssrc (rtcp, i, &ssrc); i++)
    g_string_append_printf (out, " %u", ssrc);
}

static void
print_packet (const RflRtcp *rtcp, GString *out)
{
  static const char *const names[] = { "SR", "RR", "SDES", "BYE", "APP", "FB", "FB", "XR" };
  const char *name = names[rtcp->type - RFL_RTCP_SR], *cname;
  gsize len;

  if (rtcp->type == RFL_RTCP_PSFB)
    name = rtcp->count == RFL_PSFB_PLI ? "PLI" : rtcp->count == RFL_PSFB_FIR ? "FIR" : "PSFB";
  g_string_append_printf (out, "%s %u", name, rtcp->ssrc);
  cname = rfl_rtcp_get_cname (rtcp, 0, &len);
  if (cname != NULL)
    g_string_append_printf (out, " %.*s", (int) len, cname);
  print_ssrcs (rtcp, out);
  g_string_append_c (out, ' ');
}

char *
end_take (End *end)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < end->got->len; i++)
    {
      gsize len;
      const guint8 *data = g_bytes_get_data (g_ptr_array_index (end->got, i), &len);
      RflRtcpIter iter;
      RflRtcp rtcp;

      g_assert_true (data[1] == RFL_RTCP_SR || data[1] == RFL_RTCP_RR);
      rfl_rtcp_iter_init (&iter, data, len);
      while (rfl_rtcp_iter_next (&iter, &rtcp))
        print_packet (&rtcp, out);
      g_string_append_c (out, '|');
    }
  g_ptr_array_set_size (end->got, 0);
  g_ptr_array_set_size (end->from, 0);
  return g_string_free (out, FALSE);
}

/* ---- text as packets ---- */

static void
write_report (RflRtcpWriter *w, char **words, guint32 ssrc)
{
  static const RflRtcpSenderInfo info = { 1, 2, 3, 4 };
  RflRtcpReportBlock blocks[31] = { { 0 } };
  guint n = 0;

  for (guint i = 3; i < g_strv_length (words); i++)
    {
      blocks[n].fraction_lost = (guint8) (n + 1);
      blocks[n++].ssrc = (guint32) atol (words[i]);
    }
  if (strcmp (words[0], "SR") == 0)
    rfl_rtcp_write_sr (w, ssrc, &info, blocks, n);
  else
    rfl_rtcp_write_rr (w, ssrc, blocks, n);
}

/* What the writer has no function for, as @type and @count with @extra words behind the SSRC. */
static void
write_other (RflRtcpWriter *w, guint8 type, guint8 count, const guint32 *words, guint n)
{
  guint8 data[64] = { (guint8) (0x80 | count), type, 0, (guint8) n };

  for (guint i = 0; i < n; i++)
    for (guint k = 0; k < 4; k++)
      data[4 + 4 * i + k] = (guint8) (words[i] >> (24 - 8 * k));
  rfl_rtcp_write_raw (w, data, 4 + 4 * n);
}

static void
write_packet (RflRtcpWriter *w, const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  guint32 ssrc = (guint32) atol (words[1]), other = words[2] ? (guint32) atol (words[2]) : 0;
  const char *kind = words[0];

  if (strcmp (kind, "SR") == 0 || strcmp (kind, "RR") == 0)
    write_report (w, words, ssrc);
  else if (strcmp (kind, "SDES") == 0)
    rfl_rtcp_write_sdes (w, ssrc, words[2]);
  else if (strcmp (kind, "BYE") == 0)
    rfl_rtcp_write_bye (w, ssrc, words[2]);
  else if (strcmp (kind, "PLI") == 0)
    rfl_rtcp_write_pli (w, ssrc, other);
  else if (strcmp (kind, "FIR") == 0)
    rfl_rtcp_write_fir (w, ssrc, other, words[2] && words[3] ? (guint8) atol (words[3]) : 1);
  else if (strcmp (kind, "APP") == 0)
    rfl_rtcp_write_app (w, 1, ssrc, words[2], NULL, 0);
  else if (strcmp (kind, "NACK") == 0)
    write_other (w, RFL_RTCP_RTPFB, RFL_RTPFB_NACK, (guint32[]){ ssrc, other, 7 }, 3);
  else if (strcmp (kind, "TMMBR") == 0)
    write_other (w, RFL_RTCP_RTPFB, RFL_RTPFB_TMMBR, (guint32[]){ ssrc, 0, other, 7 }, 4);
  else if (strcmp (kind, "REMB") == 0)
    write_other (w, RFL_RTCP_PSFB, 15, (guint32[]){ ssrc, 0, 7 }, 3);
  else if (strcmp (kind, "XR") == 0)
    write_other (w, RFL_RTCP_XR, 0, (guint32[]){ ssrc, 0x04000002, 1, 2 }, 4);
  else
    g_assert_not_reached ();
}

void
end_send (End *end, const char *text)
{
  g_auto (GStrv) packets = g_strsplit (text, ", ", -1);
  guint8 data[1500];
  RflRtcpWriter w;

  rfl_rtcp_writer_init (&w, data, sizeof data);
  for (guint i = 0; packets[i] != NULL; i++)
    write_packet (&w, packets[i]);
  g_assert_false (w.overflow);
  rfl_route_receive_rtcp (end->medium->route, end->medium, data, w.len);
}
