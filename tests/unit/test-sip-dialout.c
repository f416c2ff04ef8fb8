/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls of ours to registered names: who is rung, who is not, what becomes of each answer. */
#include "plugins/sip/dialout/dialout.h"
#include "tests/unit/sip-house.h"
#include <reflector/caller.h>
#include <string.h>

#define BOB "<sip:bob@127.0.0.1>"

/* Registers @name (a To header) with @contact, from @phone's address. */
static void
register_name (Phone *phone, const char *name, const char *contact)
{
  g_autofree char *ok = NULL;
  g_autofree char *text = g_strdup_printf (
      "REGISTER sip:127.0.0.1 SIP/2.0\r\n"
      "Via: SIP/2.0/%s %s;branch=z9hG4bKr%s;rport\r\nFrom: %s;tag=r1\r\nTo: %s\r\n"
      "Call-ID: r%s\r\nCSeq: 1 REGISTER\r\nContact: %s\r\nContent-Length: 0\r\n\r\n",
      phone->tcp ? "TCP" : "UDP", phone->host, phone->call_id, name, name, phone->call_id, contact);

  phone_send_raw (phone, text, -1);
  ok = phone_expect (phone, "SIP/2.0 200");
  g_clear_pointer (&phone->contact, g_free);
}

static Phone *
bobs_phone (House *house)
{
  Phone *phone = house_phone (house);
  g_autofree char *contact = g_strdup_printf ("<sip:bob@%s>", phone->host);

  register_name (phone, BOB, contact);
  return phone;
}

static void
append_lines (GString *out, const char *request, const char *name)
{
  g_auto (GStrv) lines = g_strsplit (request, "\r\n", -1);

  for (char **line = lines; *line && **line; line++)
    if (g_str_has_prefix (*line, name))
      g_string_append_printf (out, "%s%s\r\n", *line, strcmp (name, "To:") == 0 ? ";tag=b1" : "");
}

/* A final answer that makes a dialog; @more: full header lines */
static void
answer_with (Phone *phone, const char *request, const char *status, const char *more,
             const char *body)
{
  static const char *const names[] = { "Via:", "From:", "To:", "Call-ID:", "CSeq:" };
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "SIP/2.0 %s\r\n", status);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    append_lines (text, request, names[i]);
  g_string_append_printf (text, "Contact: <sip:bob@%s>\r\n%sContent-Length: %zu\r\n\r\n%s",
                          phone->host, more, strlen (body), body);
  phone_send_raw (phone, text->str, text->len);
  g_string_free (text, TRUE);
}

static void
hear_nothing (Phone *phone)
{
  g_autofree char *message = phone_receive_for (phone, 100);

  if (message)
    g_error ("not expected: %s", message);
}

static guint64
counter (House *house, const char *name)
{
  return rfl_counter_read (rfl_counter_get (house->core, name, ""));
}

static void
call_room (House *house, Phone *phone, const char *room)
{
  g_autofree char *ok = NULL;

  phone_invite (phone, room);
  ok = phone_expect (phone, "SIP/2.0 200");
  phone_ack (phone);
}

static guint
people (House *house, const char *room)
{
  RflSession *session = rfl_core_find_session (house->core, room);

  return session ? session->participants->len : 0;
}

static gboolean
bob_is_in (gpointer house)
{
  return people (house, "bob") == 2;
}

static gboolean
bob_is_out (gpointer house)
{
  return people (house, "bob") == 1;
}

static gboolean
nothing_rings (gpointer data)
{
  return sip_dialout_count (((House *) data)->sip->dialout) == 0;
}

/* The phone's own request in the dialog that it was called in. */
static void
send_in_dialog (Phone *phone, const char *invite, const char *method)
{
  GString *text = g_string_new (NULL);
  g_autofree char *from = NULL, *call_id = NULL, *target = NULL;
  const char *line = strstr (invite, "\r\nFrom:") + 7;

  from = g_strndup (line, strcspn (line, "\r"));
  line = strstr (invite, "\r\nCall-ID:") + 10;
  call_id = g_strndup (line, strcspn (line, "\r"));
  line = strstr (invite, "\r\nContact: <") + 12;
  target = g_strndup (line, strcspn (line, ">"));
  g_string_append_printf (text,
                          "%s %s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=z9hG4bKd%s;rport\r\n"
                          "From: " BOB ";tag=b1\r\nTo:%s\r\nCall-ID:%s\r\nCSeq: 7 %s\r\n"
                          "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
                          method, target, phone->tcp ? "TCP" : "UDP", phone->host, method, from,
                          call_id, method);
  phone_send_raw (phone, text->str, text->len);
  g_string_free (text, TRUE);
}

static void
nobody_is_rung (void)
{
  static const struct {
    const char *settings, *name, *room;
  } rows[] = {
    { "register = \"on\";", BOB, "carol" },
    /* The caller is alice herself. */
    { "register = \"on\";", "<sip:alice@127.0.0.1>", "alice" },
    { "register = \"on\"; call_registered = false;", BOB, "bob" },
    { "register = \"on\"; max_calls = 1;", BOB, "bob" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      House *house = house_new (rows[i].settings);
      g_autoptr (Phone) phone = house_phone (house), caller = house_phone (house);
      g_autofree char *contact = g_strdup_printf ("<sip:x@%s>", phone->host);

      register_name (phone, rows[i].name, contact);
      call_room (house, caller, rows[i].room);
      hear_nothing (phone);
      g_assert_cmpuint (counter (house, "sip.rung"), ==, 0);
      house_free (house);
    }
}

/* Whoever forges an address makes no phone ring: his ACK does not come. */
static void
not_before_the_ack (void)
{
  House *house = house_new ("register = \"on\";");
  g_autoptr (Phone) bob = bobs_phone (house), caller = house_phone (house);
  g_autofree char *ok = NULL, *invite = NULL;

  phone_invite (caller, "bob");
  ok = phone_expect (caller, "SIP/2.0 200");
  hear_nothing (bob);
  phone_ack (caller);
  invite = phone_expect (bob, "INVITE sip:bob@");
  phone_answer (bob, invite, "486 Busy Here");
  house_free (house);
}

/* The REGISTER is all that the gate lets in: what follows belongs to a call. */
static void
answered (void)
{
  House *house = house_new ("register = \"on\"; request_rate = 0.01; request_burst = 1;");
  g_autoptr (Phone) bob = bobs_phone (house), caller = house_phone (house);
  g_autofree char *invite = NULL, *ack = NULL, *ok = NULL;

  call_room (house, caller, "bob");
  invite = phone_expect (bob, "INVITE sip:bob@");
  g_assert_nonnull (strstr (invite, "\r\nFrom: \"Alice\" <sip:alice@127.0.0.1>;tag="));
  g_assert_nonnull (strstr (invite, "\r\nTo: " BOB "\r\n"));
  g_assert_nonnull (strstr (invite, "\r\nContact: <sip:bob@127.0.0.1:"));
  g_assert_nonnull (strstr (invite, "\r\nContent-Length: 0\r\n"));
  answer_with (bob, invite, "180 Ringing", "", "");
  hear_nothing (bob);
  g_assert_cmpuint (people (house, "bob"), ==, 1);
  answer_with (bob, invite, "200 OK", SDP, OFFER);
  ack = phone_expect (bob, "ACK ");
  g_assert_nonnull (strstr (ack, "\r\nm=audio 5566 RTP/AVP 0\r\n"));
  phone_run_until (house->context, bob_is_in, house);
  g_assert_cmpuint (counter (house, "sip.rung_answered"), ==, 1);
  /* From here on it is a call like any other: the room hears of its end. */
  send_in_dialog (bob, invite, "BYE");
  ok = phone_expect (bob, "SIP/2.0 200");
  phone_run_until (house->context, bob_is_out, house);
  house_free (house);
}

static void
ended_by_us (void)
{
  House *house = house_new ("register = \"on\";");
  g_autoptr (Phone) bob = bobs_phone (house), caller = house_phone (house);
  g_autofree char *invite = NULL, *ack = NULL, *bye = NULL;

  call_room (house, caller, "bob");
  invite = phone_expect (bob, "INVITE ");
  answer_with (bob, invite, "200 OK", SDP, OFFER);
  ack = phone_expect (bob, "ACK ");
  rfl_participant_end (rfl_core_find_session (house->core, "bob")->participants->pdata[1], "test");
  bye = phone_expect (bob, "BYE sip:bob@");
  g_assert_nonnull (strstr (bye, "\r\nReason: SIP;cause=200"));
  phone_answer (bob, bye, "200 OK");
  house_free (house);
}

/* The first who answers comes in, the other is cancelled; if he answers all the same, he is
 * acknowledged and sent away. */
static void
two_phones (void)
{
  House *house = house_new ("register = \"on\";");
  g_autoptr (Phone) one = bobs_phone (house), two = bobs_phone (house),
                    caller = house_phone (house);
  g_autofree char *first = NULL, *second = NULL, *ack = NULL, *cancel = NULL, *late = NULL,
                  *bye = NULL;

  call_room (house, caller, "bob");
  first = phone_expect (one, "INVITE ");
  second = phone_expect (two, "INVITE ");
  answer_with (one, first, "180 Ringing", "", "");
  answer_with (two, second, "180 Ringing", "", "");
  answer_with (two, second, "200 OK", SDP, OFFER);
  ack = phone_expect (two, "ACK ");
  cancel = phone_expect (one, "CANCEL ");
  phone_answer (one, cancel, "200 OK");
  answer_with (one, first, "200 OK", SDP, OFFER);
  late = phone_expect (one, "ACK ");
  g_assert_nonnull (strstr (late, "\r\nm=audio 0 RTP/AVP 0\r\n"));
  bye = phone_expect (one, "BYE ");
  phone_answer (one, bye, "200 OK");
  phone_run_until (house->context, nothing_rings, house);
  g_assert_cmpuint (people (house, "bob"), ==, 2);
  house_free (house);
}

static void
refused (void)
{
  static const char *const answers[] = {
    "486 Busy Here",
    "603 Decline",
    "404 Not Found",
    "500 Broken",
    "302 Elsewhere\r\nContact: <sip:victim@127.0.0.1:9>",
    "401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\"",
    "503 Later\r\nRetry-After: 1",
    "422 Short\r\nMin-SE: 1800"
  };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      House *house = house_new ("register = \"on\";");
      g_autoptr (Phone) bob = bobs_phone (house), caller = house_phone (house),
                        other = house_phone (house);
      g_autofree char *invite = NULL, *ack = NULL;

      g_test_message ("%s", answers[i]);
      call_room (house, caller, "bob");
      invite = phone_expect (bob, "INVITE ");
      phone_answer (bob, invite, answers[i]);
      ack = phone_expect (bob, "ACK ");
      phone_run_until (house->context, nothing_rings, house);
      g_assert_cmpuint (counter (house, "sip.rung_unanswered"), ==, 1);
      g_assert_cmpuint (people (house, "bob"), ==, 1);
      /* And not again at once. */
      call_room (house, other, "bob");
      hear_nothing (bob);
      g_assert_cmpuint (counter (house, "sip.rung_limited"), ==, 1);
      house_free (house);
    }
}

/* An answer that cannot be used is no answer, but wants an ACK and a BYE. */
static void
bad_answers (void)
{
  static const struct {
    const char *headers, *body;
  } rows[] = { { "", "" },
               { SDP, "v=1\r\n" },
               { "Content-Type: text/plain\r\n", "hello" },
               { SDP, "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                      "m=audio 40000 RTP/SAVP 0\r\n" } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      House *house = house_new ("register = \"on\";");
      g_autoptr (Phone) bob = bobs_phone (house), caller = house_phone (house);
      g_autofree char *invite = NULL, *ack = NULL, *bye = NULL;

      call_room (house, caller, "bob");
      invite = phone_expect (bob, "INVITE ");
      answer_with (bob, invite, "200 OK", rows[i].headers, rows[i].body);
      ack = phone_expect (bob, "ACK ");
      bye = phone_expect (bob, "BYE ");
      phone_answer (bob, bye, "200 OK");
      phone_run_until (house->context, nothing_rings, house);
      g_assert_cmpuint (people (house, "bob"), ==, 1);
      house_free (house);
    }
}

/* The room does not take him after all. */
static void
not_let_in (void)
{
  House *house = house_new ("register = \"on\";");
  g_autoptr (Phone) bob = bobs_phone (house), caller = house_phone (house);
  g_autofree char *invite = NULL, *ack = NULL, *bye = NULL;

  call_room (house, caller, "bob");
  invite = phone_expect (bob, "INVITE ");
  house->refuse = RFL_ERROR_NO_CODEC;
  answer_with (bob, invite, "200 OK", SDP, OFFER);
  ack = phone_expect (bob, "ACK ");
  g_assert_nonnull (strstr (ack, "\r\nm=audio 0 RTP/AVP 0\r\n"));
  bye = phone_expect (bob, "BYE ");
  phone_answer (bob, bye, "200 OK");
  g_assert_cmpuint (people (house, "bob"), ==, 1);
  house_free (house);
}

static void
given_up (Phone *bob, const char *invite)
{
  g_autofree char *cancel = phone_expect (bob, "CANCEL "), *ack = NULL;

  phone_answer (bob, cancel, "200 OK");
  phone_answer (bob, invite, "487 Request Terminated");
  ack = phone_expect (bob, "ACK ");
}

static void
no_answer (void)
{
  House *house = house_new ("register = \"on\"; ring_time = 1;");
  g_autoptr (Phone) bob = bobs_phone (house), caller = house_phone (house);
  g_autofree char *invite = NULL;

  call_room (house, caller, "bob");
  invite = phone_expect (bob, "INVITE ");
  answer_with (bob, invite, "180 Ringing", "", "");
  given_up (bob, invite);
  phone_run_until (house->context, nothing_rings, house);
  g_assert_cmpuint (people (house, "bob"), ==, 1);
  house_free (house);
}

static void
caller_leaves (void)
{
  House *house = house_new ("register = \"on\";");
  g_autoptr (Phone) bob = bobs_phone (house), caller = house_phone (house);
  g_autofree char *invite = NULL, *ok = NULL;

  call_room (house, caller, "bob");
  invite = phone_expect (bob, "INVITE ");
  answer_with (bob, invite, "180 Ringing", "", "");
  phone_send (caller, "BYE", caller->contact, NULL, NULL);
  ok = phone_expect (caller, "SIP/2.0 200");
  given_up (bob, invite);
  house_free (house);
}

static void
drained (void)
{
  House *house = house_new ("register = \"on\";");
  g_autoptr (Phone) bob = bobs_phone (house), caller = house_phone (house);
  g_autofree char *invite = NULL;

  call_room (house, caller, "bob");
  invite = phone_expect (bob, "INVITE ");
  answer_with (bob, invite, "180 Ringing", "", "");
  rfl_core_drain (house->core);
  given_up (bob, invite);
  house_free (house);
}

/* The plugin stops while a phone rings, and while one has just answered. */
static void
stopped (void)
{
  for (guint i = 0; i < 2; i++)
    {
      House *house = house_new ("register = \"on\";");
      g_autoptr (Phone) bob = bobs_phone (house), caller = house_phone (house);
      g_autofree char *invite = NULL;

      call_room (house, caller, "bob");
      invite = phone_expect (bob, "INVITE ");
      answer_with (bob, invite, "180 Ringing", "", "");
      if (i == 1)
        answer_with (bob, invite, "200 OK", SDP, OFFER);
      house_free (house);
    }
}

/* A contact may name anybody: what is called is where the registration came from. */
static void
contact_behind_nat (void)
{
  House *house = house_new ("register = \"on\";");
  g_autoptr (Phone) bob = house_phone (house), caller = house_phone (house);
  g_autofree char *invite = NULL;

  register_name (bob, BOB, "<sip:bob@10.9.8.7:5070>");
  call_room (house, caller, "bob");
  invite = phone_expect (bob, "INVITE sip:bob@10.9.8.7:5070 ");
  phone_answer (bob, invite, "486 Busy Here");
  phone_run_until (house->context, nothing_rings, house);
  house_free (house);
}

static void
over_tcp (void)
{
  House *house = house_new ("register = \"on\";");
  g_autoptr (Phone) bob = phone_new (house->context, house->port, TRUE);
  g_autoptr (Phone) caller = house_phone (house);
  g_autofree char *invite = NULL, *ack = NULL;

  register_name (bob, BOB, "<sip:bob@10.9.8.7:5070;transport=tcp>");
  call_room (house, caller, "bob");
  invite = phone_expect (bob, "INVITE sip:bob@10.9.8.7:5070;transport=tcp ");
  g_assert_nonnull (strstr (invite, "\r\nVia: SIP/2.0/TCP "));
  answer_with (bob, invite, "200 OK", SDP, OFFER);
  ack = phone_expect (bob, "ACK ");
  phone_run_until (house->context, bob_is_in, house);
  house_free (house);
}

static void
by_service (void)
{
  House *house = house_new ("register = \"on\"; call_registered = false;");
  g_autoptr (Phone) bob = bobs_phone (house);
  g_autofree char *invite = NULL, *ack = NULL;
  g_autoptr (GError) unknown = NULL, again = NULL, there = NULL;
  gpointer self;
  const RflCaller *caller =
      rfl_core_find_service (house->core, RFL_CALLER_SERVICE, RFL_CALLER_VERSION, &self);

  g_assert_false (caller->call (self, "a room", "carol", &unknown));
  g_assert_error (unknown, RFL_ERROR, RFL_ERROR_NOT_FOUND);
  g_assert_true (caller->call (self, "a room", "bob", NULL));
  g_assert_false (caller->call (self, "a room", "bob", &again));
  g_assert_error (again, RFL_ERROR, RFL_ERROR_LIMIT);
  invite = phone_expect (bob, "INVITE ");
  g_assert_nonnull (strstr (invite, "\r\nFrom: <sip:a%20room@127.0.0.1>;tag="));
  answer_with (bob, invite, "200 OK", SDP, OFFER);
  ack = phone_expect (bob, "ACK ");
  g_assert_cmpuint (people (house, "a room"), ==, 1);
  g_assert_false (caller->call (self, "a room", "bob", &there));
  g_assert_error (there, RFL_ERROR, RFL_ERROR_FORBIDDEN);
  house_free (house);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/dialout/nobody-is-rung", nobody_is_rung);
  g_test_add_func ("/sip/dialout/not-before-the-ack", not_before_the_ack);
  g_test_add_func ("/sip/dialout/answered", answered);
  g_test_add_func ("/sip/dialout/ended-by-us", ended_by_us);
  g_test_add_func ("/sip/dialout/two-phones", two_phones);
  g_test_add_func ("/sip/dialout/refused", refused);
  g_test_add_func ("/sip/dialout/bad-answers", bad_answers);
  g_test_add_func ("/sip/dialout/not-let-in", not_let_in);
  g_test_add_func ("/sip/dialout/no-answer", no_answer);
  g_test_add_func ("/sip/dialout/caller-leaves", caller_leaves);
  g_test_add_func ("/sip/dialout/drained", drained);
  g_test_add_func ("/sip/dialout/stopped", stopped);
  g_test_add_func ("/sip/dialout/contact-behind-nat", contact_behind_nat);
  g_test_add_func ("/sip/dialout/over-tcp", over_tcp);
  g_test_add_func ("/sip/dialout/by-service", by_service);
  return g_test_run ();
}
