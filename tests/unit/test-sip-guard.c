/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guarded SIP parser: headers that crash the stack later, lists without end, and what
 * must still pass, in long and short form. */
#include "plugins/sip/stack/guard.h"
#include <glib.h>
#include <sofia-sip/msg.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_buffer.h>
#include <sofia-sip/msg_parser.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>
#include <string.h>

static const char request[] = "INVITE sip:room@127.0.0.1 SIP/2.0\r\n"
                              "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK1;rport\r\n"
                              "From: <sip:alice@127.0.0.1>;tag=1\r\n"
                              "To: <sip:room@127.0.0.1>\r\n"
                              "Call-ID: 1\r\n"
                              "CSeq: 1 INVITE\r\n"
                              "Max-Forwards: 70\r\n"
                              "%s\r\n"
                              "Content-Length: 0\r\n\r\n";

/* Whether the message is one that the stack answers with 400. */
static gboolean
is_refused (const SipGuard *guard, const char *header)
{
  g_autofree char *text = g_strdup_printf (request, header);
  msg_t *msg = msg_make (sip_guard_get_parser (guard), 0, text, strlen (text));
  const sip_t *sip = sip_object (msg);
  gboolean refused;

  g_assert_nonnull (sip);
  g_assert_nonnull (sip->sip_request);
  g_assert_nonnull (sip->sip_cseq);
  refused = (sip->sip_flags & MSG_FLG_ERROR) != 0;
  if (refused)
    g_assert_nonnull (sip->sip_error);
  msg_destroy (msg);
  return refused;
}

static void
bad (void)
{
  static const char *const headers[] = { "Contact: <tel:+49123>",
                                         "Contact: *",
                                         "Contact: <http://example.org/>",
                                         "Contact: <mailto:a@example.org>",
                                         "Contact: <urn:service:sos>",
                                         "Contact: <xyz:a@b>",
                                         "Contact: <sip:>",
                                         "Contact: <sip:alice@>",
                                         "Contact: tel:+49123;x=y",
                                         "m: <tel:+49123>",
                                         "M: *",
                                         "CONTACT : <tel:1>",
                                         "Contact: <sip:a@127.0.0.1>, <tel:1>",
                                         "Contact: <sip:a@127.0.0.1>\r\nContact: <tel:1>",
                                         "Contact: <sip:a@127.0.0.1>\r\nm: <im:a@b>",
                                         "Record-Route: <tel:1>",
                                         "Record-Route: <http://p/>;lr",
                                         "Record-Route: <sip:;lr>",
                                         "Record-Route: <sip:p;lr>, <urn:x>",
                                         "Route: <tel:1>",
                                         "Route: <sip:p;lr>, <pres:a@b>",
                                         "Contact: <",
                                         "Contact: \"",
                                         "Record-Route: ," };
  SipGuard *guard = sip_guard_new ();

  for (guint i = 0; i < G_N_ELEMENTS (headers); i++)
    if (!is_refused (guard, headers[i]))
      g_error ("passed: %s", headers[i]);
  sip_guard_free (guard);
}

static void
good (void)
{
  static const char *const headers[] = {
    "Subject: none",
    "Contact: <sip:alice@127.0.0.1:5070>",
    "Contact: sip:alice@host.example",
    "Contact: \"Alice\" <sip:alice@[::1]:5070;transport=tcp>;expires=60",
    "Contact: <sip:203.0.113.11;transport=udp>;+sip.instance=\"<urn:uuid:e3c0feee>\"",
    "m: <sips:a@b>",
    "Contact: <sip:a@b>, <sip:c@d>",
    "Record-Route: <sip:p1;lr>, <sip:p2:5080;transport=tcp;lr>",
    "Record-Route: <sip:p1;lr>\r\nRecord-Route: <sip:p2;lr>",
    "Route: <sip:p;lr>"
  };
  SipGuard *guard = sip_guard_new ();

  for (guint i = 0; i < G_N_ELEMENTS (headers); i++)
    if (is_refused (guard, headers[i]))
      g_error ("refused: %s", headers[i]);
  sip_guard_free (guard);
}

/* REGISTER may say `*`, alone; everything else stays as it is in other requests. */
static void
star (void)
{
  static const char text[] = "REGISTER sip:127.0.0.1 SIP/2.0\r\n"
                             "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK1;rport\r\n"
                             "From: <sip:alice@127.0.0.1>;tag=1\r\n"
                             "To: <sip:alice@127.0.0.1>\r\n"
                             "Call-ID: 1\r\nCSeq: 1 REGISTER\r\nExpires: 0\r\n"
                             "%s\r\nContent-Length: 0\r\n\r\n";
  static const struct {
    const char *header;
    gboolean refused;
  } rows[] = { { "Contact: <tel:+49123>", TRUE },
               { "Contact: *, <sip:a@b>", TRUE },
               { "Contact: <sip:a@b>, *", TRUE },
               { "Record-Route: *", TRUE },
               { "Contact: *", FALSE },
               { "m: *", FALSE },
               { "Contact: <sip:a@b>;expires=0", FALSE } };
  SipGuard *guard = sip_guard_new ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *message = g_strdup_printf (text, rows[i].header);
      msg_t *msg = msg_make (sip_guard_get_parser (guard), 0, message, strlen (message));
      gboolean refused = (sip_object (msg)->sip_flags & MSG_FLG_ERROR) != 0;
      if (refused != rows[i].refused)
        g_error ("%s: %s", refused ? "refused" : "passed", rows[i].header);
      msg_destroy (msg);
    }
  sip_guard_free (guard);
}

static void
endless_list (void)
{
  static const char *const names[] = { "Contact", "Record-Route", "Route" };
  SipGuard *guard = sip_guard_new ();

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      GString *header = g_string_new (names[i]);
      g_string_append (header, ": <sip:a@b>");
      while (header->len < 60000)
        g_string_append (header, ",<sip:a@b>");
      g_assert_true (is_refused (guard, header->str));
      g_string_free (header, TRUE);
    }
  sip_guard_free (guard);
}

/* S5: the library takes seconds for these. A bound in the count of what it is given, since
 * time cannot be asserted: 300 lines are refused, whatever they are. */
static void
endless_lines (void)
{
  static const char *const lines[] = { "x",
                                       "X: y",
                                       "m: <sip:a>",
                                       "k: a",
                                       "l: 0",
                                       "Subject",
                                       "s",
                                       "v: SIP/2.0/UDP a",
                                       "Warning: 1 a \"\"" };
  SipGuard *guard = sip_guard_new ();

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      GString *header = g_string_new (lines[i]);
      for (guint n = 0; n < 300; n++)
        g_string_append_printf (header, "\r\n%s", lines[i]);
      g_autofree char *text = g_strdup_printf (request, header->str);
      msg_t *msg = msg_make (sip_guard_get_parser (guard), 0, text, strlen (text));
      g_assert_true (sip_object (msg)->sip_flags & MSG_FLG_ERROR);
      msg_destroy (msg);
      g_string_free (header, TRUE);
    }
  sip_guard_free (guard);
}

/* The same where the first line comes alone, as on TCP. */
static void
endless_lines_in_pieces (void)
{
  SipGuard *guard = sip_guard_new ();
  msg_t *msg = msg_create (sip_guard_get_parser (guard), 0);
  guint n;

  for (n = 0; n < 300 && !(sip_object (msg)->sip_flags & MSG_FLG_ERROR); n++)
    {
      const char *piece = n == 0 ? "OPTIONS sip:a@b SIP/2.0\r\nV" : ": a\r\nX";
      msg_iovec_t iov[2] = { { 0 } };
      g_assert_cmpint (msg_recv_iovec (msg, iov, 2, strlen (piece), 0), ==, 1);
      memcpy (iov[0].mv_base, piece, strlen (piece));
      msg_recv_commit (msg, strlen (piece), 0);
      msg_extract (msg);
    }
  g_assert_cmpuint (n, >, 150);
  g_assert_cmpuint (n, <, 300);
  msg_destroy (msg);
  sip_guard_free (guard);
}

/* What the library makes itself with the original classes must find its place (responses
 * became 500 when it did not). */
static void
library_finds_its_classes (void)
{
  SipGuard *guard = sip_guard_new ();
  g_autofree char *text = g_strdup_printf (request, "Contact: <sip:a@b>");
  msg_t *msg = msg_make (sip_guard_get_parser (guard), 0, text, strlen (text));
  msg_t *reply = msg_create (sip_guard_get_parser (guard), 0);
  sip_t *in = sip_object (msg), *out = sip_object (reply);

  g_assert_true (in->sip_contact->m_common->h_class == sip_contact_class);
  g_assert_cmpint (sip_add_dup (reply, out, (sip_header_t *) in->sip_contact), ==, 0);
  g_assert_cmpint (sip_add_make (reply, out, sip_record_route_class, "<sip:p;lr>"), ==, 0);
  g_assert_nonnull (out->sip_contact);
  g_assert_nonnull (out->sip_record_route);
  msg_destroy (reply);
  msg_destroy (msg);
  sip_guard_free (guard);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/guard/bad", bad);
  g_test_add_func ("/sip/guard/good", good);
  g_test_add_func ("/sip/guard/star", star);
  g_test_add_func ("/sip/guard/endless-list", endless_list);
  g_test_add_func ("/sip/guard/endless-lines", endless_lines);
  g_test_add_func ("/sip/guard/endless-lines-in-pieces", endless_lines_in_pieces);
  g_test_add_func ("/sip/guard/library-finds-its-classes", library_finds_its_classes);
  return g_test_run ();
}
