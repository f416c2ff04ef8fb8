/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Several listeners, each with its own rules; what their groups must not say; and a reload that opens
 * and closes them. */
#include "plugins/sip/listen/listen.h"
#include "tests/unit/sip-house.h"
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static void
bad (void)
{
  static const char *const texts[] = {
    "listeners = ( { address = \"example.org\"; } );",
    "listeners = ( { address = \"0.0.0.0\"; } );",
    "listeners = ( { address = \"\"; } );",
    "listeners = ( { transports = [ \"tls\" ]; } );",
    "listeners = ( { transports = [ ]; } );",
    "listeners = ( { realm = \"\"; } );",
    "listeners = ( { realm = \"a:b\"; } );",
    "listeners = ( { realm = \"a\\\"b\"; } );",
    "listeners = ( { advertise = \"::\"; } );",
    "listeners = ( { address = \"127.0.0.1\"; }, { address = \"127.0.0.1\"; } );",
    "listeners = ( { }, { } );",
    "addresses = [ \"127.0.0.1\", \"127.0.0.1\" ];",
    "addresses = [ \"::\" ];",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (RflSettings) from =
          rfl_settings_new_from_text ("sip", sip_options, texts[i], NULL);
      g_autoptr (GPtrArray) listens = NULL;
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", texts[i]);
      g_assert_nonnull (from);
      listens = sip_listens_read (from, &error);
      g_assert_null (listens);
      g_assert_error (error, RFL_ERROR, RFL_ERROR_CONFIG);
    }
}

/* TCP on one port and UDP on another of one address are two places. */
static void
good (void)
{
  static const char text[] =
      "listeners = ( { port = 5070; transports = [ \"udp\" ]; }, "
      "{ port = 5070; transports = [ \"tcp\" ]; authenticate = \"off\"; }, "
      "{ address = \"::1\"; realm = \"here\"; advertise = \"192.0.2.1\"; } );";
  g_autoptr (RflSettings) from = rfl_settings_new_from_text ("sip", sip_options, text, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) listens = sip_listens_read (from, &error);
  const SipListen *first, *last;

  g_assert_no_error (error);
  g_assert_cmpuint (listens->len, ==, 3);
  first = listens->pdata[0];
  last = listens->pdata[2];
  g_assert_true (first->udp && !first->tcp && first->local.family == 0);
  g_assert_cmpuint (first->local.port, ==, 5070);
  g_assert_cmpstr (last->realm, ==, "here");
  g_assert_cmpint (last->authenticate, ==, SIP_AUTHENTICATE_AUTO);
  g_assert_true (last->udp && last->tcp && last->advertise.family == AF_INET);
}

static char **
challenge (gpointer self, const char *realm, gboolean stale)
{
  char *values[] = { g_strdup_printf ("Digest realm=\"%s\", nonce=\"n\"", realm ? realm : "own"),
                     NULL };

  return g_memdup2 (values, sizeof values);
}

static RflDigestVerdict
check (gpointer self, const RflDigest *digest)
{
  return g_strcmp0 (digest->asked_realm, digest->realm) == 0 ? RFL_DIGEST_OK : RFL_DIGEST_WRONG;
}

static const RflCredentials credentials = { .challenge = challenge, .check = check };

static char *
invite (Phone *phone, const char *realm)
{
  g_autofree char *headers =
      g_strdup_printf (CONTACT SDP
                       "Authorization: Digest username=\"a\", realm=\"%s\", nonce=\"n\", "
                       "uri=\"sip:room@127.0.0.1\", response=\"0\"\r\n",
                       realm);
  char *answer = NULL;

  g_clear_pointer (&phone->tag, g_free);
  phone_send (phone, "INVITE", "sip:room@127.0.0.1", headers, OFFER);
  while (answer == NULL || g_str_has_prefix (answer, "SIP/2.0 1"))
    {
      g_free (answer);
      answer = phone_receive (phone);
      g_assert_nonnull (answer);
    }
  phone_send (phone, "ACK", phone->contact ? phone->contact : "sip:room@127.0.0.1", NULL, NULL);
  return answer;
}

/* One wants credentials of its realm, the other one nothing. */
static void
rules (void)
{
  guint port = house_find_port ();
  g_autofree char *text =
      g_strdup_printf ("listeners = ( { address = \"127.0.0.1\"; port = %u; realm = \"guests\"; "
                       "advertise = \"192.0.2.7\"; }, "
                       "{ address = \"127.0.0.1\"; port = %u; authenticate = \"off\"; transports = "
                       "[ \"udp\" ]; } );",
                       port, port + 1);
  House *house = house_new (text);
  g_autoptr (Phone) strict = phone_new (house->context, port, FALSE);
  g_autoptr (Phone) open = phone_new (house->context, port + 1, FALSE);
  g_autofree char *wrong = NULL, *right = NULL, *none = NULL, *bye = NULL;

  g_assert_cmpuint (house->sip->listeners->len, ==, 2);
  g_assert_true (rfl_core_offer_service (house->core, RFL_CREDENTIALS_SERVICE,
                                         RFL_CREDENTIALS_VERSION, &credentials, house, NULL));
  wrong = invite (strict, "own");
  g_assert_true (g_str_has_prefix (wrong, "SIP/2.0 401"));
  g_assert_nonnull (strstr (wrong, "\r\nWWW-Authenticate: Digest realm=\"guests\""));
  right = invite (strict, "guests");
  g_assert_true (g_str_has_prefix (right, "SIP/2.0 200"));
  g_assert_nonnull (strstr (right, "@192.0.2.7:"));
  none = invite (open, "whatever");
  g_assert_true (g_str_has_prefix (none, "SIP/2.0 200"));
  g_assert_nonnull (strstr (none, "@127.0.0.1:"));
  phone_send (strict, "BYE", strict->contact, NULL, NULL);
  bye = phone_expect (strict, "SIP/2.0 200");
  house_hang_up (house, open);
  rfl_core_withdraw_service (house->core, RFL_CREDENTIALS_SERVICE);
  house_free (house);
}

static gboolean
has_one_listener (gpointer house)
{
  return ((House *) house)->sip->listeners->len == 1;
}

/* Another port by a reload: the call on the old one goes on, and ends there; nothing new begins there, by
 * whatever rules. */
static void
reload (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) old = house_phone (house), new = NULL, stranger = NULL;
  g_autofree char *text =
      g_strdup_printf ("port = %u; addresses = [ \"127.0.0.1\" ]; journal = \"\";",
                       (guint) house->port + 1);
  g_autoptr (RflSettings) from = rfl_settings_new_from_text ("sip", sip_options, text, NULL);
  g_autofree char *options = NULL, *late = NULL;

  house_call (old);
  g_assert_cmpint (sip_instance_reconfigure (house->sip, from, NULL), ==, RFL_RELOAD_APPLIED);
  g_assert_cmpuint (house->sip->listeners->len, ==, 2);
  new = phone_new (house->context, house->port + 1, FALSE);
  phone_send (new, "OPTIONS", "sip:127.0.0.1", NULL, NULL);
  options = phone_expect (new, "SIP/2.0 200");
  stranger = house_phone (house);
  phone_invite (stranger, "room");
  late = phone_expect (stranger, "SIP/2.0 503");
  phone_send (stranger, "ACK", "sip:room@127.0.0.1", NULL, NULL);
  g_assert_cmpuint (g_hash_table_size (house->sip->calls), ==, 1);
  house_hang_up (house, old);
  ((SipListener *) house->sip->listeners->pdata[0])->gone -= G_TIME_SPAN_MINUTE;
  phone_run_until (house->context, has_one_listener, house);
  house_free (house);
}

static int
take (guint16 port)
{
  struct sockaddr_in here = { .sin_family = AF_INET,
                              .sin_port = g_htons (port),
                              .sin_addr.s_addr = g_htonl (INADDR_LOOPBACK) };
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (bind (fd, (struct sockaddr *) &here, sizeof here), ==, 0);
  return fd;
}

static gboolean
has_two_listeners (gpointer house)
{
  return ((House *) house)->sip->listeners->len == 2;
}

/* A reload to a port that somebody else has: the call goes on, and the port is taken when it is free. */
static void
taken (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) old = house_phone (house), new = NULL;
  int other = take (house->port + 1);
  g_autofree char *text =
      g_strdup_printf ("port = %u; addresses = [ \"127.0.0.1\" ]; journal = \"\";",
                       (guint) house->port + 1);
  g_autoptr (RflSettings) from = rfl_settings_new_from_text ("sip", sip_options, text, NULL);
  g_autofree char *answer = NULL;

  house_call (old);
  g_assert_cmpint (sip_instance_reconfigure (house->sip, from, NULL), ==, RFL_RELOAD_APPLIED);
  g_assert_cmpuint (house->sip->listeners->len, ==, 1);
  house_hang_up (house, old);
  close (other);
  phone_run_until (house->context, has_two_listeners, house);
  new = phone_new (house->context, house->port + 1, FALSE);
  phone_send (new, "OPTIONS", "sip:127.0.0.1", NULL, NULL);
  answer = phone_expect (new, "SIP/2.0 200");
  house_free (house);
}

/* All addresses of the host are wanted, and nobody tells which: what is open stays. */
static void
cannot_tell (void)
{
  House *house = house_new ("");
  g_autofree char *text = g_strdup_printf ("port = %u; journal = \"\";", house->port);
  g_autoptr (RflSettings) from = rfl_settings_new_from_text ("sip", sip_options, text, NULL);
  g_autoptr (Phone) phone = house_phone (house), other = NULL;
  struct rlimit before;
  SipListener *one = house->sip->listeners->pdata[0];

  house_call (phone);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &(struct rlimit){ 0, before.rlim_max }), ==, 0);
  g_assert_cmpint (sip_instance_reconfigure (house->sip, from, NULL), ==, RFL_RELOAD_APPLIED);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);
  g_assert_true (has_one_listener (house) && one->gone == 0);
  g_assert_true (one->listen == house->sip->settings.listens->pdata[0]);
  house_hang_up (house, phone);
  other = house_phone (house);
  house_call (other);
  house_hang_up (house, other);
  house_free (house);
}

/* On all addresses but those that another listener names. */
static void
everywhere (void)
{
  guint port = house_find_port ();
  g_autofree char *text =
      g_strdup_printf ("listeners = ( { port = %u; transports = [ \"udp\" ]; realm = \"all\"; }, "
                       "{ address = \"127.0.0.1\"; port = %u; realm = \"one\"; } );",
                       port, port);
  House *house = house_new (text);
  g_autoptr (GPtrArray) addresses = sip_local_addresses ();
  guint n = 0;

  for (guint i = 0; i < house->sip->listeners->len; i++)
    {
      const SipListener *listener = house->sip->listeners->pdata[i];
      gboolean here = (listener->local.ip[0] == 127 && listener->local.family == AF_INET);

      n += here;
      g_assert_cmpstr (listener->listen->realm, ==, here ? "one" : "all");
      g_assert_cmpint (listener->has_tcp, ==, here);
    }
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpuint (house->sip->listeners->len, ==, MIN (addresses->len, SIP_MAX_LISTENERS));
  house_free (house);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  g_test_add_func ("/sip/listeners/bad", bad);
  g_test_add_func ("/sip/listeners/good", good);
  g_test_add_func ("/sip/listeners/rules", rules);
  g_test_add_func ("/sip/listeners/reload", reload);
  g_test_add_func ("/sip/listeners/taken", taken);
  g_test_add_func ("/sip/listeners/cannot-tell", cannot_tell);
  g_test_add_func ("/sip/listeners/everywhere", everywhere);
  return g_test_run ();
}
