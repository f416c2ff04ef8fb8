/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* REGISTER over loopback: what is refused, what is kept, what is answered. */
#include "plugins/sip/registrar/registrar.h"
#include "tests/unit/sip-house.h"
#include <string.h>

#define TO "<sip:alice@127.0.0.1>"
#define HERE "Contact: <sip:alice@10.0.0.1:5070>"

static void
send_register (Phone *phone, const char *to, const char *headers)
{
  guint cseq = ++phone->cseq;
  g_autofree char *text =
      g_strdup_printf ("REGISTER sip:127.0.0.1 SIP/2.0\r\n"
                       "Via: SIP/2.0/%s %s;branch=z9hG4bKr%s%u;rport\r\n"
                       "From: %s;tag=r1\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u REGISTER\r\n"
                       "Max-Forwards: 70\r\n%s%sContent-Length: 0\r\n\r\n",
                       phone->tcp ? "TCP" : "UDP", phone->host, phone->call_id, cseq, to, to,
                       phone->call_id, cseq, headers, *headers ? "\r\n" : "");

  phone_send_raw (phone, text, -1);
}

/* The answer to a REGISTER, which must start with @status. */
static char *
register_as (Phone *phone, const char *to, const char *headers, const char *status)
{
  g_autofree char *start = g_strdup_printf ("SIP/2.0 %s", status);

  send_register (phone, to, headers);
  return phone_expect (phone, start);
}

static void
refuse_with (House *house, const char *to, const char *headers, const char *status,
             const char *must_have)
{
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *answer = NULL;

  g_test_message ("%s %s", to, headers);
  answer = register_as (phone, to, headers, status);
  if (must_have && !strstr (answer, must_have))
    g_error ("no %s in %s", must_have, answer);
}

static SipLocation *
location (House *house)
{
  return sip_registrar_get_location (house->sip->registrar);
}

static char *
long_text (const char *before, guint n, const char *after)
{
  g_autofree char *many = g_strnfill (n, 'x');

  return g_strconcat (before, many, after, NULL);
}

static void
refused (void)
{
  static const struct {
    const char *to, *headers, *status, *must_have;
  } rows[] = {
    { "<tel:+49123>", HERE, "400", NULL },
    { "<urn:service:sos>", HERE, "400", NULL },
    { "<sip:127.0.0.1>", HERE, "404", NULL },
    { "<sip:%ff@127.0.0.1>", HERE, "400", NULL },
    { TO, "Contact: <tel:+49123>", "400 Bad", NULL },
    { TO, "Contact: <sip:a@10.0.0.1>, *", "400 Bad", NULL },
    { TO, "Contact: *", "400", "stands alone" },
    { TO, "Contact: *\r\nExpires: 60", "400", "stands alone" },
    { TO, "Contact: *\r\nContact: *\r\nExpires: 0", "400", NULL },
    { TO, "Contact: <sip:a@10.0.0.1?Route=%3csip:10.0.0.2;lr%3e>", "400", "has headers" },
    { TO, HERE ";expires=59", "423", "Min-Expires: 60" },
    { TO, HERE "\r\nExpires: 1", "423", "Min-Expires: 60" },
    { TO, HERE "\r\nRequire: path", "420", "Unsupported: path" },
    { TO,
      "Contact: <sip:1@h>,<sip:2@h>,<sip:3@h>,<sip:4@h>,<sip:5@h>\r\nContact: <sip:6@h>;expires=60",
      "403", "At most 5 contacts" },
  };
  g_autofree char *uri = long_text ("Contact: <sip:a@10.0.0.1;x=", 600, ">");
  g_autofree char *name = long_text ("<sip:", 300, "@127.0.0.1>");
  House *house = house_new ("register = \"on\";");

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    refuse_with (house, rows[i].to, rows[i].headers, rows[i].status, rows[i].must_have);
  refuse_with (house, TO, uri, "400", "too long");
  refuse_with (house, name, HERE, "404", "too long");
  g_assert_cmpuint (sip_location_count (location (house)), ==, 0);
  house_free (house);
}

/* Where nobody is authenticated, anybody could take anybody's name. */
static void
closed (void)
{
  static const char *const settings[] = { "", "register = \"off\";" };

  for (guint i = 0; i < G_N_ELEMENTS (settings); i++)
    {
      House *house = house_new (settings[i]);
      g_autoptr (Phone) phone = house_phone (house);
      g_autofree char *answer = register_as (phone, TO, HERE, "405");
      const char *allow = strstr (answer, "\r\nAllow: INVITE");

      g_assert_nonnull (allow);
      g_assert_null (strstr (answer, "UPDATE, REGISTER"));
      house_free (house);
    }
}

static void
limits (void)
{
  House *house = house_new ("register = \"on\"; max_registrations = 1; max_contacts = 1;");

  refuse_with (house, TO, HERE, "200", NULL);
  refuse_with (house, "<sip:bob@127.0.0.1>", HERE, "503", "Retry-After:");
  refuse_with (house, TO, "Contact: <sip:other@10.0.0.1>", "200", "<sip:other@10.0.0.1>");
  g_assert_cmpuint (sip_location_find (location (house), "alice")->bindings->len, ==, 1);
  rfl_core_drain (house->core);
  refuse_with (house, TO, HERE, "503", "Retry-After:");
  house_free (house);
}

/* A late request of the same phone changes nothing. */
static void
late (void)
{
  House *house = house_new ("register = \"on\";");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *ok = NULL, *old = NULL;

  phone->cseq = 10;
  ok = register_as (phone, TO, HERE, "200");
  phone->cseq = 5;
  old = register_as (phone, TO, HERE ";expires=0", "500");
  g_assert_cmpuint (sip_location_count (location (house)), ==, 1);
  house_free (house);
}

static void
registered (void)
{
  House *house = house_new ("register = \"on\"; max_expires = 4000;");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *first = NULL, *second = NULL, *asked = NULL, *gone = NULL, *none = NULL;
  const SipBinding *binding;
  SipName *name;

  first = register_as (phone, "\"Alice \\\"A\\\"\" " TO, HERE, "200");
  g_assert_nonnull (strstr (first, "\r\nContact: <sip:alice@10.0.0.1:5070>;expires=3600\r\n"));
  name = sip_location_find (location (house), "alice");
  g_assert_cmpstr (name->identity, ==, "sip:alice@127.0.0.1");
  g_assert_cmpstr (name->display_name, ==, "Alice \"A\"");
  binding = name->bindings->pdata[0];
  g_assert_cmpuint (binding->remote.port, ==, phone->port);
  g_assert_false (binding->tcp);
  g_assert_false (binding->proxied);
  second = register_as (phone, TO, "m: <sip:b@10.0.0.2>;q=0.5;expires=9999\r\nExpires: 70", "200");
  g_assert_nonnull (strstr (second, "<sip:b@10.0.0.2>;expires=4000;q=0.500"));
  g_assert_nonnull (strstr (second, HERE));
  asked = register_as (phone, TO, "", "200");
  g_assert_nonnull (strstr (asked, "<sip:b@10.0.0.2>"));
  gone = register_as (phone, TO, "Contact: <SIP:alice@10.0.0.1:5070>;expires=0", "200");
  g_assert_null (strstr (gone, "10.0.0.1"));
  none = register_as (phone, TO, "Contact: *\r\nExpires: 0", "200");
  g_assert_null (strstr (none, "\r\nContact:"));
  g_assert_cmpuint (sip_location_count (location (house)), ==, 0);
  house_free (house);
}

static void
over_tcp (void)
{
  House *house = house_new ("register = \"on\";");
  g_autoptr (Phone) phone = phone_new (house->context, house->port, TRUE);
  g_autofree char *ok = NULL, *again = NULL;
  SipName *name;

  ok = register_as (phone, TO, HERE ";transport=tcp;+sip.instance=\"<urn:x>\"", "200");
  name = sip_location_find (location (house), "alice");
  g_assert_true (((SipBinding *) name->bindings->pdata[0])->tcp);
  again = register_as (phone, TO, "Contact: <sip:alice@10.0.0.1:5071>;+sip.instance=\"<urn:x>\"",
                       "200");
  g_assert_cmpuint (name->bindings->len, ==, 1);
  g_assert_false (((const SipBinding *) name->bindings->pdata[0])->proven);
  house_free (house);
}

/* It is no part of the call, whose target stays what it was. */
static void
inside_a_call (void)
{
  House *house = house_new ("register = \"on\";");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *answer = NULL, *bye = NULL;

  house_call (phone);
  phone_send (phone, "REGISTER", "sip:127.0.0.1", "Contact: *\r\nExpires: 0\r\n", NULL);
  answer = phone_expect (phone, "SIP/2.0 403");
  rfl_participant_end (house_participant (house), "test");
  bye = phone_expect (phone, "BYE ");
  phone_answer (phone, bye, "200 OK");
  phone_run_until (house->context, house_is_empty, house);
  house_free (house);
}

static char **
challenge (gpointer self, const char *realm, gboolean stale)
{
  const char *const values[] = { "Digest realm=\"r\", nonce=\"n\"", NULL };

  return g_strdupv ((char **) values);
}

static RflDigestVerdict
check (gpointer self, const RflDigest *digest)
{
  g_assert_cmpstr (digest->method, ==, "REGISTER");
  return ((House *) self)->verdict;
}

static const RflCredentials credentials = { .challenge = challenge, .check = check };

static gboolean
is_proven (House *house)
{
  const SipName *name = sip_location_find (location (house), "alice");

  return ((const SipBinding *) name->bindings->pdata[0])->proven;
}

static void
own_name_only (void)
{
  static const char as_alice[] =
      HERE "\r\nAuthorization: Digest username=\"alice\", realm=\"r\", nonce=\"n\", "
           "uri=\"sip:127.0.0.1\", response=\"0123\"";
  House *house = house_new ("");

  g_assert_true (rfl_core_offer_service (house->core, RFL_CREDENTIALS_SERVICE,
                                         RFL_CREDENTIALS_VERSION, &credentials, house, NULL));
  refuse_with (house, TO, HERE, "401", "WWW-Authenticate: Digest");
  house->verdict = RFL_DIGEST_WRONG;
  refuse_with (house, TO, as_alice, "401", NULL);
  house->verdict = RFL_DIGEST_OK;
  refuse_with (house, "<sip:bob@127.0.0.1>", as_alice, "403", "Another user's name");
  refuse_with (house, "<sip:Alice@127.0.0.1>", as_alice, "403", NULL);
  g_assert_cmpuint (sip_location_count (location (house)), ==, 0);
  refuse_with (house, TO, as_alice, "200", "expires=3600");
  refuse_with (house, "<sip:%61lice@127.0.0.1>", as_alice, "200", NULL);
  g_assert_cmpuint (sip_location_count (location (house)), ==, 1);
  /* So that a phone that is called by its name may say something outside of its call. */
  g_assert_true (is_proven (house));
  rfl_core_withdraw_service (house->core, RFL_CREDENTIALS_SERVICE);
  house_free (house);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/register/refused", refused);
  g_test_add_func ("/sip/register/closed", closed);
  g_test_add_func ("/sip/register/limits", limits);
  g_test_add_func ("/sip/register/late", late);
  g_test_add_func ("/sip/register/registered", registered);
  g_test_add_func ("/sip/register/over-tcp", over_tcp);
  g_test_add_func ("/sip/register/inside-a-call", inside_a_call);
  g_test_add_func ("/sip/register/own-name-only", own_name_only);
  return g_test_run ();
}
