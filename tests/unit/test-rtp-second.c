/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The second ports, for those whom nothing tells from a neighbour behind the same NAT (203.0.113.9), and the
 * addresses that are told by network. What keeps holes open there is tested with nat.
 */
#include "tests/unit/rtp-fixture.h"

static guint16
told (const Client *c, guint index)
{
  return current (c, index)->answer_rtp.port;
}

static Client *
hidden_client (Fixture *f, const char *name, guint16 port)
{
  Client *c = client_new (f, name, "203.0.113.9", port);

  join (c, "room", behind_nat (pcmu (c)), NULL);
  return c;
}

/* Nobody waits, and each is heard as himself whoever speaks first. */
static void
two_at_once (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = hidden_client (f, "alice", 30000);
  g_autoptr (Client) b = hidden_client (f, "bob", 31000);
  g_autoptr (Client) c = joined_client (f, "carol", "198.51.100.1", 4000, "room");

  assert_joined (a);
  assert_joined (b);
  g_assert_cmpuint (told (a, 0), ==, 5566);
  g_assert_cmpuint (told (b, 0), ==, 5570);
  g_assert_cmpuint (current (b, 0)->answer_rtcp.port, ==, 5571);
  g_assert_cmpuint (count (f, "rtp.second_ports"), ==, 1);
  send_rtp_from (f, &b->rtp[0], 5570, 0, 0xb, 1);
  say (a, 0, 0xa);
  assert_rtp (f, &c->rtp[0], 0, 0xb, 1);
  assert_rtp (f, &b->rtp[0], 0, 0xa, 1);
  send_rtp_from (f, &b->rtp[0], 5570, 0, 0xb, 2);
  assert_rtp (f, &a->rtp[0], 0, 0xb, 2);
  assert_nothing (f, &a->rtp[0]);
}

/* To the other's ports nothing of his is taken. */
static void
wrong_port (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = hidden_client (f, "alice", 30000);
  g_autoptr (Client) b = hidden_client (f, "bob", 31000);

  say (a, 0, 0xa);
  say (b, 0, 0xb);
  g_assert_cmpuint (count (f, "rtp.latched"), ==, 1);
  g_assert_cmpuint (count (f, "rtp.refused_taken"), ==, 1);
  assert_nothing (f, &a->rtp[0]);
}

/* RTCP goes from and to the second port, too. */
static void
rtcp (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = hidden_client (f, "alice", 30000);
  g_autoptr (Client) b = hidden_client (f, "bob", 31000);

  send_rtp_from (f, &b->rtp[0], 5570, 0, 0xb, 1);
  say (a, 0, 0xa);
  report_from (f, &a->rtcp[0], 5567, 0xa, "alice");
  report_from (f, &b->rtcp[0], 5571, 0xb, "bob");
  report_from (f, &a->rtcp[0], 5567, 0xa, "alice");
  g_assert_true (got_rtcp (f, &b->rtcp[0], RFL_RTCP_RR, 0xa));
  g_assert_true (got_rtcp (f, &a->rtcp[0], RFL_RTCP_RR, 0xb));
}

/* The third waits until one of the two is known, and gets that one's ports. */
static void
third (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = hidden_client (f, "alice", 30000);
  g_autoptr (Client) b = hidden_client (f, "bob", 31000);
  g_autoptr (Client) c = hidden_client (f, "carol", 32000);

  assert_joined (a);
  g_assert_cmpuint (c->decided, ==, 0);
  send_rtp_from (f, &b->rtp[0], 5570, 0, 0xb, 1);
  assert_joined (c);
  g_assert_cmpuint (told (c, 0), ==, 5570);
  send_rtp_from (f, &c->rtp[0], 5570, 0, 0xc, 1);
  assert_rtp (f, &b->rtp[0], 0, 0xc, 1);
}

/* Who is there stays there: a re-INVITE names the same ports. */
static void
stays (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = hidden_client (f, "alice", 30000);
  g_autoptr (Client) b = hidden_client (f, "bob", 31000);

  send_rtp_from (f, &b->rtp[0], 5570, 0, 0xb, 1);
  offer (b, behind_nat (pcmu (b)), NULL);
  g_assert_cmpuint (told (b, 0), ==, 5570);
  say (a, 0, 0xa);
  assert_rtp (f, &b->rtp[0], 0, 0xa, 1);
}

/* Who announces himself needs none. */
static void
told_apart (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = hidden_client (f, "alice", 30000);
  g_autoptr (Client) b = client_new (f, "bob", "203.0.113.9", 31000);
  RflMediumDesc *desc = behind_nat (pcmu (b));
  guint32 ssrc = 0xb;

  assert_joined (a);
  g_array_append_val (desc->ssrcs, ssrc);
  join (b, "room", desc, NULL);
  g_assert_cmpuint (told (b, 0), ==, 5566);
}

static void
none (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = hidden_client (f, "alice", 30000);
  g_autoptr (Client) b = hidden_client (f, "bob", 31000);

  assert_joined (a);
  g_assert_cmpuint (b->decided, ==, 0);
}

static void
advertised (Fixture *f, gconstpointer unused)
{
  static const struct {
    const char *from, *told;
  } rows[] = { { "10.1.2.3", "10.0.0.99" },
               { "10.128.0.1", "10.0.0.98" },
               { "198.51.100.1", "198.51.100.99" },
               { "203.0.113.77", "192.0.2.99" } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (Client) c = joined_client (f, "client", rows[i].from, 4000, "room");
      char text[RFL_ADDRESS_STRLEN];

      g_assert_cmpstr (rfl_address_format_ip (&current (c, 0)->answer_rtp, text), ==, rows[i].told);
    }
}

static void
bad_networks (void)
{
  static const char *const bad[] = {
    "10.0.0.0/8", "=10.1.1.1",          "10.0.0.0/33=10.1.1.1", "10.0.0.0/x=1.2.3.4",
    "a=b",        "10.0.0.0/8=0.0.0.0", "10.0.0.0/8=1.2.3.4=5", "10.0.0.0/-1=1.2.3.4"
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *text = g_strdup_printf ("advertise = [ \"%s\" ];", bad[i]);
      g_autoptr (GError) error = NULL;
      g_autoptr (RflSettings) s = rfl_settings_new_from_text ("rtp", rtp_options, text, &error);
      g_autoptr (GArray) list = NULL;

      g_assert_no_error (error);
      list = rtp_advertise_read (s, &error);
      g_test_message ("%s", bad[i]);
      g_assert_null (list);
      g_assert_error (error, RFL_ERROR, RFL_ERROR_CONFIG);
    }
}

int
main (int argc, char **argv)
{
  static const RtpTest tests[] = {
    { "two-at-once", two_at_once, NULL },
    { "wrong-port", wrong_port, NULL },
    { "rtcp", rtcp, NULL },
    { "third", third, NULL },
    { "stays", stays, NULL },
    { "told-apart", told_apart, NULL },
    { "none", none, "second_ports = 0;" },
    { "advertised", advertised,
      "advertise = [ \"10.0.0.0/9=10.0.0.99\", \"10.0.0.0/8=10.0.0.98\", "
      "\"198.51.100.1=198.51.100.99\" ]; address = \"192.0.2.99\";" },
    { NULL },
  };
  int result = rtp_tests_run (argc, argv, "second", tests);

  bad_networks ();
  return result;
}
