/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Wrong passwords: who has to wait, for how long, and who does not; first the table with a clock of its own, then
 * the plugin with a phone that guesses. */
#include "plugins/sip/auth/backoff.h"
#include "plugins/sip/gate/gate.h"
#include "tests/unit/sip-house.h"
#include <string.h>

#define COUNT(house, name) rfl_counter_read (rfl_counter_get ((house)->core, name, "test"))
#define SECOND G_TIME_SPAN_SECOND

/* ---- the table ---- */

typedef struct {
  RflClock *clock;
  SipBackoff *backoff;
  RflAddress here, there;
} Table;

static void
set_up (Table *t, gconstpointer data)
{
  t->clock = rfl_clock_new_manual (SECOND);
  t->backoff = sip_backoff_new (t->clock);
  sip_backoff_set (t->backoff, 3, 60 * SECOND, 16);
  g_assert_true (rfl_address_parse (&t->here, "192.0.2.1", 5060));
  g_assert_true (rfl_address_parse (&t->there, "192.0.2.2", 5060));
}

static void
tear_down (Table *t, gconstpointer data)
{
  sip_backoff_free (t->backoff);
  rfl_clock_free (t->clock);
}

static void
fail (Table *t, const char *user, guint times)
{
  for (guint i = 0; i < times; i++)
    sip_backoff_note_wrong (t->backoff, &t->here, user);
}

static guint
wait_of (Table *t, const char *user)
{
  return sip_backoff_wait (t->backoff, &t->here, user);
}

/* 1, 2, 4 ... seconds, and never more than what was set. */
static void
doubling (Table *t, gconstpointer data)
{
  guint expected = 1;

  fail (t, "ann", 2);
  g_assert_cmpuint (wait_of (t, "ann"), ==, 0);
  for (guint i = 0; i < 50; i++)
    {
      fail (t, "ann", 1);
      g_assert_cmpuint (wait_of (t, "ann"), ==, expected);
      rfl_clock_advance (t->clock, expected * SECOND - 1);
      g_assert_cmpuint (wait_of (t, "ann"), ==, 1);
      rfl_clock_advance (t->clock, 1);
      g_assert_cmpuint (wait_of (t, "ann"), ==, 0);
      expected = MIN (2 * expected, 60);
    }
}

/* Another name, another address, but not another port and not another address of the same /64. */
static void
others (Table *t, gconstpointer data)
{
  RflAddress six, same, other;

  fail (t, "ann", 3);
  g_assert_cmpuint (wait_of (t, "ben"), ==, 0);
  g_assert_cmpuint (wait_of (t, "Ann"), ==, 0);
  g_assert_cmpuint (sip_backoff_wait (t->backoff, &t->there, "ann"), ==, 0);
  t->here.port = 1;
  g_assert_cmpuint (wait_of (t, "ann"), ==, 1);
  g_assert_true (rfl_address_parse (&six, "2001:db8::1", 1));
  g_assert_true (rfl_address_parse (&same, "2001:db8::2", 1));
  g_assert_true (rfl_address_parse (&other, "2001:db8:0:1::1", 1));
  for (guint i = 0; i < 3; i++)
    sip_backoff_note_wrong (t->backoff, &six, "ann");
  g_assert_cmpuint (sip_backoff_wait (t->backoff, &same, "ann"), ==, 1);
  g_assert_cmpuint (sip_backoff_wait (t->backoff, &other, "ann"), ==, 0);
}

static void
right_again (Table *t, gconstpointer data)
{
  fail (t, "ann", 5);
  sip_backoff_note_right (t->backoff, &t->there, "ann");
  g_assert_cmpuint (wait_of (t, "ann"), ==, 4);
  sip_backoff_note_right (t->backoff, &t->here, "ann");
  g_assert_cmpuint (wait_of (t, "ann"), ==, 0);
  g_assert_cmpuint (sip_backoff_count (t->backoff), ==, 0);
  fail (t, "ann", 2);
  g_assert_cmpuint (wait_of (t, "ann"), ==, 0);
}

static void
forgotten (Table *t, gconstpointer data)
{
  fail (t, "ann", 20);
  rfl_clock_advance (t->clock, G_TIME_SPAN_HOUR - 1);
  fail (t, "ann", 1);
  g_assert_cmpuint (wait_of (t, "ann"), ==, 60);
  rfl_clock_advance (t->clock, G_TIME_SPAN_HOUR);
  fail (t, "ann", 2);
  g_assert_cmpuint (wait_of (t, "ann"), ==, 0);
  g_assert_cmpuint (sip_backoff_count (t->backoff), ==, 1);
}

/* Names that somebody makes up push out each other, not who has to wait. */
static void
bounded (Table *t, gconstpointer data)
{
  fail (t, "ann", 10);
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);
      fail (t, name, 2);
    }
  g_assert_cmpuint (sip_backoff_count (t->backoff), ==, 16);
  g_assert_cmpuint (sip_backoff_count_waiting (t->backoff), ==, 1);
  g_assert_cmpuint (wait_of (t, "ann"), ==, 60);
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);
      fail (t, name, 3);
    }
  g_assert_cmpuint (sip_backoff_count (t->backoff), ==, 16);
  sip_backoff_set (t->backoff, 3, 60 * SECOND, 4);
  g_assert_cmpuint (sip_backoff_count (t->backoff), ==, 4);
  g_assert_cmpuint (wait_of (t, "999"), ==, 1);
}

static void
switched_off (Table *t, gconstpointer data)
{
  fail (t, "ann", 10);
  sip_backoff_set (t->backoff, 0, 60 * SECOND, 16);
  g_assert_cmpuint (wait_of (t, "ann"), ==, 0);
  fail (t, "ann", 10);
  g_assert_cmpuint (wait_of (t, "ann"), ==, 0);
  g_assert_cmpuint (sip_backoff_count (t->backoff), ==, 0);
}

/* ---- the plugin ---- */

typedef struct {
  House *house;
  RflClock *clock;
  guint n_checks;
} Site;

static char **
challenge (gpointer self, const char *realm, gboolean stale)
{
  const char *const values[] = { "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256",
                                 "Digest realm=\"r\", nonce=\"n\", algorithm=MD5", NULL };

  return g_strdupv ((char **) values);
}

static RflDigestVerdict
check (gpointer self, const RflDigest *digest)
{
  ((Site *) self)->n_checks++;
  return strcmp (digest->response, "right") == 0 ? RFL_DIGEST_OK : RFL_DIGEST_WRONG;
}

static const RflCredentials credentials = { .challenge = challenge, .check = check };

static void
site_open (Site *site, const char *settings)
{
  site->clock = rfl_clock_new_manual (SECOND);
  site->house = house_new_with_clock (settings, site->clock);
  g_assert_true (rfl_core_offer_service (site->house->core, RFL_CREDENTIALS_SERVICE,
                                         RFL_CREDENTIALS_VERSION, &credentials, site, NULL));
}

static void
site_close (Site *site)
{
  rfl_core_withdraw_service (site->house->core, RFL_CREDENTIALS_SERVICE);
  house_free (site->house);
}

/* The status that @user gets for @response; @more: headers. */
static char *
ask (Phone *phone, const char *user, const char *response, const char *more)
{
  g_autofree char *headers =
      g_strdup_printf ("%sAuthorization: Digest username=\"%s\", realm=\"r\", nonce=\"n\", "
                       "uri=\"sip:room@h\", response=\"%s\"\r\n",
                       more, user, response);

  g_clear_pointer (&phone->tag, g_free);
  phone_send (phone, "MESSAGE", "sip:room@127.0.0.1", headers, NULL);
  return phone_expect (phone, "SIP/2.0 ");
}

static void
assert_status (Phone *phone, const char *user, const char *response, const char *status)
{
  g_autofree char *answer = ask (phone, user, response, "");

  if (!g_str_has_prefix (answer + strlen ("SIP/2.0 "), status))
    g_error ("%s, not %s", answer, status);
}

/* The fourth guess is refused without a look, the right one too; a colleague is not, nor is he counted. */
static void
unseen (void)
{
  Site site = { 0 };
  g_autoptr (Phone) phone = NULL;
  g_autofree char *refused = NULL;

  site_open (&site, "wrong_attempts = 3; wrong_rate = 0.0;");
  phone = house_phone (site.house);
  for (guint i = 0; i < 3; i++)
    assert_status (phone, "ann", "wrong", "401");
  g_assert_cmpuint (site.n_checks, ==, 3);
  refused = ask (phone, "ann", "wrong", "");
  g_assert_true (g_str_has_prefix (refused, "SIP/2.0 500 Too Many Wrong Passwords\r\n"));
  g_assert_nonnull (strstr (refused, "\r\nRetry-After: 1\r\n"));
  assert_status (phone, "ann", "right", "500");
  g_assert_cmpuint (site.n_checks, ==, 3);
  g_assert_cmpuint (COUNT (site.house, "sip.unseen_credentials"), ==, 2);
  assert_status (phone, "ben", "wrong", "401");
  assert_status (phone, "ben", "right", "404");
  assert_status (phone, "ann", "right", "500");
  rfl_clock_advance (site.clock, SECOND);
  assert_status (phone, "ann", "right", "404");
  assert_status (phone, "ann", "wrong", "401");
  site_close (&site);
}

/* Several answers in one request are as many guesses, and none of them gets another one in. */
static void
several_at_once (void)
{
  static const char second[] = "Authorization: Digest username=\"ann\", realm=\"r\", nonce=\"n\", "
                               "uri=\"sip:room@h\", response=\"right\"\r\n";
  Site site = { 0 };
  g_autoptr (Phone) phone = NULL;
  g_autofree char *answer = NULL;

  site_open (&site, "wrong_attempts = 2; wrong_rate = 0.0;");
  phone = house_phone (site.house);
  assert_status (phone, "ann", "wrong", "401");
  assert_status (phone, "ann", "wrong", "401");
  answer = ask (phone, "ben", "wrong", second);
  g_assert_true (g_str_has_prefix (answer, "SIP/2.0 500"));
  g_assert_cmpuint (site.n_checks, ==, 3);
  site_close (&site);
}

/* Behind a proxy without limits it is the client's address that counts, as the proxy has seen it; who is no such
 * proxy may write into Via what he likes. */
static void
behind_a_proxy (void)
{
  static const char *const settings[] = { "unlimited = [ \"127.0.0.1\" ];", "" };

  for (guint i = 0; i < G_N_ELEMENTS (settings); i++)
    {
      g_autofree char *text =
          g_strdup_printf ("wrong_attempts = 1; wrong_rate = 0.0; %s", settings[i]);
      Site site = { 0 };
      g_autoptr (Phone) phone = NULL;
      g_autofree char *first = NULL, *same = NULL, *other = NULL;

      site_open (&site, text);
      phone = house_phone (site.house);
      first =
          ask (phone, "ann", "wrong", "Via: SIP/2.0/UDP h;branch=z9hG4bKa;received=192.0.2.1\r\n");
      same = ask (phone, "ann", "wrong", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKb\r\n");
      other = ask (phone, "ann", "wrong",
                   "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKc;received=192.0.2.2\r\n");
      g_assert_true (g_str_has_prefix (first, "SIP/2.0 401"));
      g_assert_true (g_str_has_prefix (same, "SIP/2.0 500"));
      g_assert_true (g_str_has_prefix (other, i == 0 ? "SIP/2.0 401" : "SIP/2.0 500"));
      site_close (&site);
    }
}

/* ---- which challenges ---- */

static guint
count_challenges (Phone *phone, const char *method, const char *agent)
{
  g_autofree char *answer = NULL;
  guint n = 0;

  g_clear_pointer (&phone->tag, g_free);
  phone_send (phone, method, "sip:room@127.0.0.1", agent, NULL);
  answer = phone_expect (phone, "SIP/2.0 401");
  g_assert_nonnull (strstr (answer, "algorithm=MD5"));
  for (const char *p = answer; (p = strstr (p, "\r\nWWW-Authenticate: ")) != NULL; p++)
    n++;
  g_assert_cmpint (n == 2, ==, strstr (answer, "algorithm=SHA-256") != NULL);
  if (strcmp (method, "INVITE") == 0)
    phone_send (phone, "ACK", "sip:room@127.0.0.1", NULL, NULL);
  return n;
}

/* Before a transaction is made (INVITE over UDP), and after. */
static void
agents (void)
{
  static const struct {
    const char *settings, *agent;
    guint n;
  } rows[] = {
    { "", "", 1 },
    { "", "User-Agent: baresip v1.0.0 (x86_64/Linux)\r\n", 1 },
    { "", "User-Agent: X\r\n", 1 },
    { "sha256_agents = [ \"a/1\", \"X/2\" ];", "User-Agent: My X/2.1\r\n", 2 },
    { "sha256_agents = [ \"a/1\", \"X/2\" ];", "User-Agent: My X/3.1\r\n", 1 },
    { "sha256_agents = [ \"\" ];", "", 2 },
    { "sha256_agents = [ ];", "User-Agent: My X/2.1\r\n", 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      Site site = { 0 };
      g_autoptr (Phone) phone = NULL, other = NULL;

      g_test_message ("%u", i);
      site_open (&site, rows[i].settings);
      phone = house_phone (site.house);
      other = house_phone (site.house);
      g_assert_cmpuint (count_challenges (phone, "INVITE", rows[i].agent), ==, rows[i].n);
      g_assert_cmpuint (count_challenges (other, "MESSAGE", rows[i].agent), ==, rows[i].n);
      site_close (&site);
    }
}

#define ADD(name, func) g_test_add ("/sip/backoff/" name, Table, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  ADD ("doubling", doubling);
  ADD ("others", others);
  ADD ("right-again", right_again);
  ADD ("forgotten", forgotten);
  ADD ("bounded", bounded);
  ADD ("switched-off", switched_off);
  g_test_add_func ("/sip/backoff/unseen", unseen);
  g_test_add_func ("/sip/backoff/several-at-once", several_at_once);
  g_test_add_func ("/sip/backoff/behind-a-proxy", behind_a_proxy);
  g_test_add_func ("/sip/backoff/agents", agents);
  return g_test_run ();
}
