/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text in a room by MESSAGE: what is refused, who gets what, and who gets no more. */
#include "plugins/sip/text/message.h"
#include "plugins/sip/request/uri.h"
#include "tests/unit/sip-house.h"
#include <string.h>

#define TEXT "Content-Type: text/plain\r\n"
#define ROOM "sip:room@127.0.0.1"

static char *
try_message (Phone *phone, const char *headers, const char *body, const char *status)
{
  g_autofree char *start = g_strdup_printf ("SIP/2.0 %s", status);

  phone_send (phone, "MESSAGE", phone->contact ? phone->contact : ROOM, headers, body);
  return phone_expect (phone, start);
}

static void
say (Phone *phone, const char *body, const char *status)
{
  g_free (try_message (phone, TEXT, body, status));
}

/* The next MESSAGE must have @must_have in it; answers with @status, if there is one. */
static void
hear (Phone *phone, const char *must_have, const char *status)
{
  g_autofree char *message = phone_expect (phone, "MESSAGE ");

  if (!strstr (message, must_have))
    g_error ("no %s in %s", must_have, message);
  if (status)
    phone_answer (phone, message, status);
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

static gboolean
two_confirmed (gpointer data)
{
  GHashTableIter iter;
  gpointer call;
  guint n = 0;

  g_hash_table_iter_init (&iter, ((House *) data)->sip->calls);
  while (g_hash_table_iter_next (&iter, &call, NULL))
    n += ((SipCall *) call)->state == SIP_CALL_CONFIRMED;
  return n == 2;
}

static void
both_call (House *house, Phone *one, Phone *two)
{
  house_call (one);
  house_call (two);
  phone_run_until (house->context, two_confirmed, house);
}

static void
hang_up (Phone *phone)
{
  g_autofree char *ok = NULL;

  phone_send (phone, "BYE", phone->contact, NULL, NULL);
  ok = phone_expect (phone, "SIP/2.0 200");
}

static void
bad_bodies (void)
{
  static const struct {
    const char *headers, *body, *status, *must_have;
  } rows[] = {
    { TEXT, NULL, "400", "says nothing" },
    { NULL, "hello", "415", "Accept: text/plain" },
    { "Content-Type: text/html\r\n", "<b>", "415", "Accept: text/plain" },
    { "Content-Type: message/cpim\r\n", "From: <sip:x@y>\r\n\r\nhi", "415", "Accept: text/plain" },
    { "Content-Type: application/im-iscomposing+xml\r\n", "<isComposing/>", "415", NULL },
    { "Content-Type: text/plain;charset=iso-8859-1\r\n", "gr\xfc\xdf", "415", NULL },
    { TEXT "Content-Encoding: gzip\r\n", "hello", "415", NULL },
    { TEXT, "not \xff UTF-8", "415", NULL },
    { TEXT, "\xed\xa0\x80", "415", NULL },
  };
  g_autofree char *long_text = g_strnfill (RFL_TEXT_MAX + 1, 'x');
  House *house = house_new ("message_rate = 100;");
  g_autoptr (Phone) one = house_phone (house), two = house_phone (house);
  g_autofree char *too_long = NULL;

  both_call (house, one, two);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *answer = try_message (one, rows[i].headers, rows[i].body, rows[i].status);
      if (rows[i].must_have && !strstr (answer, rows[i].must_have))
        g_error ("row %u: no %s in %s", i, rows[i].must_have, answer);
    }
  too_long = try_message (one, TEXT, long_text, "413");
  hear_nothing (two);
  long_text[RFL_TEXT_MAX] = '\0';
  say (one, long_text, "202");
  hear (two, long_text, "200 OK");
  house_free (house);
}

static void
strangers (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) one = house_phone (house), stranger = house_phone (house);
  g_autofree char *text = NULL, *answer = NULL, *no_room = NULL, *elsewhere = NULL;

  house_call (one);
  phone_run_until (house->context, house_is_confirmed, house);
  text = g_strdup_printf ("MESSAGE " ROOM " SIP/2.0\r\n"
                          "Via: SIP/2.0/UDP %s;branch=z9hG4bKs1;rport\r\n"
                          "From: <sip:mallory@127.0.0.1>;tag=m\r\nTo: <" ROOM ">\r\n"
                          "Call-ID: s1\r\nCSeq: 1 MESSAGE\r\n" TEXT "Content-Length: 2\r\n\r\nhi",
                          stranger->host);
  phone_send_raw (stranger, text, -1);
  answer = phone_expect (stranger, "SIP/2.0 403");
  phone_send (stranger, "MESSAGE", "sip:other@127.0.0.1", TEXT, "hi");
  no_room = phone_expect (stranger, "SIP/2.0 404");
  phone_send (stranger, "MESSAGE", "sip:127.0.0.1", TEXT, "hi");
  elsewhere = phone_expect (stranger, "SIP/2.0 404");
  hear_nothing (one);
  house_free (house);
}

static void
too_many (void)
{
  House *house = house_new ("message_rate = 2;");
  g_autoptr (Phone) one = house_phone (house);
  g_autofree char *answer = NULL;

  house_call (one);
  say (one, "1", "202");
  say (one, "2", "202");
  answer = try_message (one, TEXT, "3", "503");
  g_assert_nonnull (strstr (answer, "Retry-After:"));
  house_free (house);
}

static void
said_inside_and_outside (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) one = house_phone (house), two = house_phone (house);
  g_autofree char *heard = NULL, *tag = NULL;

  both_call (house, one, two);
  say (one, "hello", "202");
  heard = phone_expect (two, "MESSAGE sip:alice@");
  g_assert_nonnull (strstr (heard, two->call_id));
  tag = g_strdup_printf ("\r\nFrom: \"Alice\" <sip:alice@127.0.0.1>;tag=%s\r\n", two->tag);
  g_assert_nonnull (strstr (heard, tag));
  g_assert_nonnull (strstr (heard, "\r\nContent-Type: text/plain\r\n"));
  g_assert_true (g_str_has_suffix (heard, "\r\n\r\nhello"));
  phone_answer (two, heard, "200 OK");
  hear_nothing (one);
  /* Outside of its dialog, but as the same, and from the same address. */
  g_clear_pointer (&one->tag, g_free);
  g_clear_pointer (&one->contact, g_free);
  g_free (one->call_id);
  one->call_id = g_strdup ("outside");
  say (one, "gr\xc3\xbc\xc3\x9f", "202");
  hear (two, "text/plain;charset=UTF-8", "200 OK");
  g_assert_cmpuint (counter (house, "sip.texts"), ==, 2);
  g_assert_cmpuint (counter (house, "sip.messages_sent"), ==, 2);
  hang_up (two);
  house_free (house);
}

static void
one_at_a_time (void)
{
  House *house = house_new ("max_queued_messages = 1;");
  g_autoptr (Phone) one = house_phone (house), two = house_phone (house);
  g_autofree char *first = NULL;

  both_call (house, one, two);
  say (one, "first", "202");
  say (one, "second", "202");
  say (one, "third", "202");
  first = phone_expect (two, "MESSAGE ");
  g_assert_true (g_str_has_suffix (first, "first"));
  g_assert_cmpuint (counter (house, "sip.messages_dropped"), ==, 1);
  phone_answer (two, first, "200 OK");
  hear (two, "second", "200 OK");
  say (one, "fourth", "202");
  hear (two, "fourth", "200 OK");
  house_free (house);
}

/* A phone says that it is connected when the 200 has come, which is before we have its ACK. */
static void
before_the_ack (void)
{
  House *house = house_new ("max_queued_messages = 2;");
  g_autoptr (Phone) one = house_phone (house), two = house_phone (house);
  g_autoptr (Phone) three = house_phone (house);
  g_autofree char *ok = NULL, *also = NULL;

  house_call (one);
  phone_run_until (house->context, house_is_confirmed, house);
  phone_invite (two, "room");
  ok = phone_expect (two, "SIP/2.0 200");
  phone_invite (three, "room");
  also = phone_expect (three, "SIP/2.0 200");
  say (one, "first", "202");
  say (one, "second", "202");
  say (one, "third", "202");
  hear_nothing (two);
  g_assert_cmpuint (counter (house, "sip.messages_sent"), ==, 0);
  g_assert_cmpuint (counter (house, "sip.messages_dropped"), ==, 2);
  phone_ack (two);
  hear (two, "first", "200 OK");
  hear (two, "second", "200 OK");
  hear_nothing (two);
  g_assert_cmpuint (counter (house, "sip.messages_sent"), ==, 2);
  phone_ack (three);
  hear (three, "first", "200 OK");
  house_free (house);
}

/* Whatever a phone refuses with, it keeps its call and gets no more. */
static void
deaf (void)
{
  static const char *const answers[] = {
    "405 Method Not Allowed", "415 Unsupported Media Type", "404 Not Found", "500 Broken",
    "302 Elsewhere", "481 Call Does Not Exist",
    /* The stack would wait for credentials, and the BYE behind it. */
    "401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\""
  };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      House *house = house_new ("");
      g_autoptr (Phone) one = house_phone (house), two = house_phone (house);
      g_autofree char *bye = NULL;

      g_test_message ("%s", answers[i]);
      both_call (house, one, two);
      say (one, "first", "202");
      say (one, "second", "202");
      hear (two, "first", answers[i]);
      hear_nothing (two);
      say (one, "third", "202");
      hear_nothing (two);
      g_assert_cmpuint (counter (house, "sip.messages_refused"), ==, 1);
      g_assert_true (two_confirmed (house));
      sip_calls_end_all (house->sip, "test");
      bye = phone_expect (two, "BYE ");
      house_free (house);
    }
}

/* A call that ends with a message under way, or with messages waiting, leaves nothing. */
static void
leaving (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) one = house_phone (house), two = house_phone (house);
  g_autofree char *message = NULL;

  both_call (house, one, two);
  say (one, "first", "202");
  say (one, "second", "202");
  message = phone_expect (two, "MESSAGE ");
  hang_up (two);
  phone_answer (two, message, "200 OK");
  say (one, "third", "202");
  hear_nothing (two);
  house_free (house);
}

static void
never (RflParticipant *participant, const GError *error, gpointer user_data)
{
  g_assert_no_error (error);
}

/* Another reflector may tell of anybody. */
static void
strange_names (void)
{
  static const struct {
    const char *identity, *display, *from;
  } rows[] = {
    { "sip:bob@example.org", "a\"b\\c\r\nX-Evil: 1",
      "\r\nFrom: \"a\\\"b\\\\c  X-Evil: 1\" <sip:bob@example.org>;tag=" },
    { "not a uri>\r\nX-Evil: 1", NULL,
      "\r\nFrom: \"not a uri>  X-Evil: 1\" <sip:anonymous@anonymous.invalid>;tag=" },
    { "sip:bob@example.org?Route=%3csip:x%3e", NULL, "<sip:anonymous@anonymous.invalid>;tag=" },
    { "mixer", "The mixer", "\r\nFrom: \"The mixer\" <sip:anonymous@anonymous.invalid>;tag=" },
  };
  House *house = house_new ("");
  g_autoptr (Phone) one = house_phone (house);

  house_call (one);
  phone_run_until (house->context, house_is_confirmed, house);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      RflParticipantSpec spec = { .identity = rows[i].identity,
                                  .display_name = rows[i].display,
                                  .origin = "other" };
      g_autoptr (RflParticipant) bob = rfl_participant_new (house->core, &spec);

      rfl_participant_join (bob, "room", g_ptr_array_new (), never, NULL);
      g_assert_true (rfl_session_send_text (bob->session, bob, "hi", NULL));
      hear (one, rows[i].from, "200 OK");
    }
  g_assert_true (
      rfl_session_send_text (rfl_core_find_session (house->core, "room"), NULL, "news", NULL));
  hear (one, "\r\nFrom: <sip:room@127.0.0.1>;tag=", "200 OK");
  house_free (house);
}

static void
to_one_alone (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) one = house_phone (house);
  RflSession *session;

  house_call (one);
  phone_run_until (house->context, house_is_confirmed, house);
  session = rfl_core_find_session (house->core, "room");
  g_assert_true (rfl_participant_send_text (session->participants->pdata[0], "psst", NULL));
  hear (one, "\r\nFrom: <sip:room@127.0.0.1>;tag=", "200 OK");
  house_free (house);
}

static void
plain_uris (void)
{
  static const char *const bad[] = { "",           "sip:",          "sip:@host", "sip:a@",
                                     "sip:a@b@c",  "tel:+49",       "sip:a b@c", "sip:a@b;c",
                                     "sip:a@b<c>", "sip:\xc3\xbc@b" };
  static const char *const good[] = { "sip:a@b", "sips:a%20b@[::1]:5060", "sip:host:5060" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *from = sip_uri_write_from (bad[i], "x");
      g_assert_cmpstr (from, ==, "\"x\" <sip:anonymous@anonymous.invalid>");
    }
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autofree char *from = sip_uri_write_from (good[i], NULL);
      g_autofree char *expected = g_strdup_printf ("<%s>", good[i]);
      g_assert_cmpstr (from, ==, expected);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/message/plain-uris", plain_uris);
  g_test_add_func ("/sip/message/bad-bodies", bad_bodies);
  g_test_add_func ("/sip/message/strangers", strangers);
  g_test_add_func ("/sip/message/before-the-ack", before_the_ack);
  g_test_add_func ("/sip/message/too-many", too_many);
  g_test_add_func ("/sip/message/said-inside-and-outside", said_inside_and_outside);
  g_test_add_func ("/sip/message/one-at-a-time", one_at_a_time);
  g_test_add_func ("/sip/message/deaf", deaf);
  g_test_add_func ("/sip/message/leaving", leaving);
  g_test_add_func ("/sip/message/strange-names", strange_names);
  g_test_add_func ("/sip/message/to-one-alone", to_one_alone);
  return g_test_run ();
}
