/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Claims, and packets with their verdicts, for tests of latching. Not the plugin around it: that is
 * rtp-fixture.c's.
 */
#include "tests/unit/latch-fixture.h"

static gboolean
progress (gpointer data, guint32 ssrc, gint64 *last_seen, guint16 *last_seq)
{
  Owner *owner = data;

  *last_seen = owner->seen;
  *last_seq = owner->seq;
  return owner->ssrc == ssrc;
}

static const RtpLatchOps ops = { progress };

static void
set_up (Fixture *f, gconstpointer unused)
{
  f->latch = rtp_latch_new (&ops);
  f->now = 1000 * SECOND;
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  rtp_latch_free (f->latch);
}

RflAddress
at (const char *ip, guint16 port)
{
  RflAddress address;
  g_assert_true (rfl_address_parse (&address, ip, port));
  return address;
}

RtpClaim *
waiting (Fixture *f, Owner *owner, const char *signalling, const char *sdp_ip, guint16 port,
         guint32 ssrc)
{
  g_autoptr (GArray) ssrcs = g_array_new (FALSE, FALSE, sizeof ssrc);
  const char *const cnames[] = { owner->name, NULL };
  RtpClaimSpec spec = { .kind = g_intern_static_string ("audio"),
                        .signalling = at (signalling, 5060),
                        .sdp_rtp = at (sdp_ip, port),
                        .sdp_rtcp = at (sdp_ip, port + 1),
                        .ssrcs = ssrcs,
                        .cnames = cnames,
                        .sends = TRUE };

  if (ssrc)
    g_array_append_val (ssrcs, ssrc);
  return rtp_claim_new (f->latch, &spec, f->now, owner);
}

RtpClaim *
claim (Fixture *f, Owner *owner, const char *signalling, const char *sdp_ip, guint16 port,
       guint32 ssrc)
{
  RtpClaim *c = waiting (f, owner, signalling, sdp_ip, port, ssrc);
  rtp_claim_answered (c, FALSE, f->now);
  return c;
}

RtpVerdict
rtp (Fixture *f, const char *ip, guint16 port, guint32 ssrc, guint16 seq, RtpClaim **out)
{
  RtpSigns signs = {
    .kind = g_intern_static_string ("audio"), .remote = at (ip, port), .ssrc = ssrc, .seq = seq
  };
  RtpClaim *ignored;
  return rtp_latch_rtp (f->latch, &signs, f->now, out ? out : &ignored);
}

RtpVerdict
rtcp (Fixture *f, const char *ip, guint16 port, guint32 ssrc, const char *cname, RtpClaim **out)
{
  RtpSigns signs = { .kind = g_intern_static_string ("audio"),
                     .remote = at (ip, port),
                     .ssrc = ssrc,
                     .cname = cname,
                     .cname_len = cname ? strlen (cname) : 0 };
  RtpClaim *ignored;
  return rtp_latch_rtcp (f->latch, &signs, f->now, out ? out : &ignored);
}

void
assert_target (const RtpClaim *c, gboolean of_rtcp, const char *expected)
{
  char text[RFL_ADDRESS_STRLEN] = "nowhere";
  RflAddress target;

  if (of_rtcp ? rtp_claim_get_rtcp_target (c, &target) : rtp_claim_get_rtp_target (c, &target))
    rfl_address_format (&target, text);
  g_assert_cmpstr (text, ==, expected);
}

int
run_tests (int argc, char **argv, const LatchTest *tests, guint n)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *path = g_strconcat ("/rtp/latch/", tests[i].name, NULL);
      g_test_add (path, Fixture, NULL, set_up, tests[i].func, tear_down);
    }
  return g_test_run ();
}
