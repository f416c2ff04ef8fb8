/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The header side of digest authentication (RFC 3261 §22, RFC 8760). The stack's own
 * verification accepts replays and logs secrets, so only its header parser is used; the
 * credentials service judges. Never logs what it reads.
 */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/auth/digest.h"
#include "plugins/sip/auth/backoff.h"
#include "plugins/sip/request/arrival.h"
#include "plugins/sip/gate/gate.h"
#include "plugins/sip/listen/listen.h"
#include <sofia-sip/auth_digest.h>
#include <string.h>

static const RflCredentials *
find_service (const SipPlugin *plugin, gpointer *self)
{
  return rfl_core_find_service (plugin->core, RFL_CREDENTIALS_SERVICE, RFL_CREDENTIALS_VERSION,
                                self);
}

gboolean
sip_digest_is_wanted (const SipListener *listener)
{
  gpointer self;

  switch (listener->listen->authenticate)
    {
    case SIP_AUTHENTICATE_ON:
      return TRUE;
    case SIP_AUTHENTICATE_OFF:
      return FALSE;
    default:
      return find_service (listener->plugin, &self) != NULL;
    }
}

/**
 * Asked:
 * @service, @self: who judges
 * @client: from where, for @backoff
 * @wait: (out): seconds that none of these answers is looked at; the longest
 */
typedef struct {
  const RflCredentials *service;
  gpointer self;
  const char *realm;
  SipBackoff *backoff;
  RflAddress client;
  guint wait;
} Asked;

/* Behind a proxy that has no limits the client is where the proxy says that it is (RFC 3261 §18.2.1). */
static RflAddress
get_client (const SipPlugin *plugin, const SipRequest *request, const sip_t *sip)
{
  const sip_via_t *via = sip->sip_via ? sip->sip_via->v_next : NULL;
  const char *said = via && via->v_received ? via->v_received : via ? via->v_host : NULL;
  RflAddress remote, behind;
  gboolean tcp;

  sip_request_get_remote (request, &remote, &tcp);
  if (said && sip_gate_is_exempt (plugin->gate, &remote) && rfl_address_parse (&behind, said, 0))
    return behind;
  return remote;
}

/* What the name's wrong answers allow. */
static RflDigestVerdict
check_digest (Asked *asked, const RflDigest *digest)
{
  guint wait =
      digest->username ? sip_backoff_wait (asked->backoff, &asked->client, digest->username) : 0;
  RflDigestVerdict verdict;

  asked->wait = MAX (asked->wait, wait);
  if (wait > 0)
    return RFL_DIGEST_WRONG;
  verdict = asked->service->check (asked->self, digest);
  if (digest->username == NULL)
    return verdict;
  if (verdict == RFL_DIGEST_WRONG)
    sip_backoff_note_wrong (asked->backoff, &asked->client, digest->username);
  else
    sip_backoff_note_right (asked->backoff, &asked->client, digest->username);
  return verdict;
}

static RflDigestVerdict
check_header (Asked *asked, const sip_request_t *request, const sip_authorization_t *header,
              char **user)
{
  su_home_t home[1] = { SU_HOME_INIT (home) };
  auth_response_t ar = { .ar_size = sizeof ar };
  RflDigestVerdict verdict = RFL_DIGEST_WRONG;

  su_home_init (home);
  if (auth_digest_response_get (home, &ar, header->au_params) > 0 && ar.ar_uri
      && sip_digest_uri_fits (request->rq_url, ar.ar_uri))
    {
      RflDigest digest = { .method = request->rq_method_name,
                           .asked_realm = asked->realm,
                           .username = ar.ar_username,
                           .realm = ar.ar_realm,
                           .nonce = ar.ar_nonce,
                           .uri = ar.ar_uri,
                           .response = ar.ar_response,
                           .algorithm = ar.ar_algorithm,
                           .cnonce = ar.ar_cnonce,
                           .qop = ar.ar_qop,
                           .nc = ar.ar_nc,
                           .opaque = ar.ar_opaque };
      verdict = check_digest (asked, &digest);
      if (verdict == RFL_DIGEST_OK && *user == NULL)
        *user = g_strdup (ar.ar_username);
    }
  su_home_deinit (home);
  return verdict;
}

/* The best of all: a phone may answer several challenges at once. @user: of the right one.
 * Returns: whether there was any answer. */
static gboolean
check_headers (Asked *asked, const sip_t *sip, RflDigestVerdict *best, char **user)
{
  guint n = 0;

  *best = RFL_DIGEST_WRONG;
  for (const sip_authorization_t *h = sip->sip_authorization; h && n < 4; h = h->au_next)
    {
      RflDigestVerdict verdict;

      if (h->au_scheme == NULL || g_ascii_strcasecmp (h->au_scheme, "Digest") != 0
          || h->au_params == NULL)
        continue;
      verdict = check_header (asked, sip->sip_request, h, user);
      *best = MIN (*best, verdict);
      n++;
    }
  return n > 0;
}

static gboolean
is_md5 (const char *challenge)
{
  const char *algorithm = strstr (challenge, "algorithm=");

  return algorithm == NULL
         || g_ascii_strncasecmp (algorithm + strlen ("algorithm="), "MD5", 3) == 0;
}

static gboolean
knows_more_than_md5 (const SipPlugin *plugin, const sip_t *sip)
{
  const char *agent = sip->sip_user_agent ? sip->sip_user_agent->g_string : NULL;

  for (char **known = plugin->settings.limits.sha256_agents; known && *known; known++)
    if (**known == '\0' || (agent && strstr (agent, *known)))
      return TRUE;
  return FALSE;
}

/* Many phones do not pass over a challenge that they cannot answer, as RFC 3261 §22.3 has it, wherever it stands. So who is
 * not known to do so gets what RFC 3261 knew, as far as there is any. (transfer full) */
static char **
make_challenges (const SipListener *listener, const RflCredentials *service, gpointer self,
                 const sip_t *sip, gboolean stale)
{
  char **values = service->challenge (self, listener->listen->realm, stale);
  guint n = 0;

  if (knows_more_than_md5 (listener->plugin, sip))
    return values;
  for (guint i = 0; values[i]; i++)
    n += is_md5 (values[i]);
  for (guint from = 0, to = 0; n > 0 && to <= n; from++)
    if (values[from] == NULL || is_md5 (values[from]))
      values[to++] = values[from];
    else
      g_free (values[from]);
  return values;
}

static void
challenge (SipListener *listener, SipRequest *request, const sip_t *sip, const Asked *asked,
           gboolean stale)
{
  g_auto (GStrv) values = make_challenges (listener, asked->service, asked->self, sip, stale);
  guint n = g_strv_length (values);
  g_autofree tagi_t *tags = g_new0 (tagi_t, n + 1);

  for (guint i = 0; i < n; i++)
    {
      tags[i].t_tag = siptag_www_authenticate_str;
      tags[i].t_value = (tag_value_t) values[i];
    }
  rfl_counter_add (listener->plugin->counters.challenged, 1);
  sip_request_respond (request, SIP_401_UNAUTHORIZED, tags);
}

char *
sip_digest_make_challenge (SipListener *listener, const sip_t *sip)
{
  gpointer self = NULL;
  const RflCredentials *service = find_service (listener->plugin, &self);
  g_auto (GStrv) values = service ? make_challenges (listener, service, self, sip, FALSE) : NULL;
  GString *lines;

  if (values == NULL)
    return NULL;
  lines = g_string_sized_new (256);
  for (char **value = values; *value; value++)
    g_string_append_printf (lines, "WWW-Authenticate: %s\r\n", *value);
  rfl_counter_add (listener->plugin->counters.challenged, 1);
  return g_string_free (lines, FALSE);
}

/* RFC 3261 §21.5.1: not 503, which would be about this whole server to a proxy in front (§21.5.4); not 403, after
 * which some phones never try again. */
static void
refuse_unseen (SipListener *listener, SipRequest *request, const char *peer, guint wait)
{
  SipRefusal refusal = { 500, "Too Many Wrong Passwords", 399, wait };

  rfl_counter_add (listener->plugin->counters.unseen_credentials, 1);
  sip_request_refuse_with (listener, request, peer, &refusal,
                           "Too many wrong passwords for this user name");
}

/* Returns: whether such an answer gets 503 for now; then it has got it. Who answers right is not
 * held up by neighbours who do not. */
static gboolean
note_wrong (SipListener *listener, SipRequest *request, const char *peer)
{
  SipRefusal refusal = { SIP_503_SERVICE_UNAVAILABLE, 399, 0 };
  SipPlugin *plugin = listener->plugin;
  RflAddress remote;
  gboolean tcp;
  guint suppressed = 0;

  rfl_counter_add (plugin->counters.wrong_credentials, 1);
  if (rfl_log_limit_pass (&plugin->refused_log, rfl_core_get_clock (plugin->core), &suppressed))
    rfl_notice (&(RflLogFields){ .peer = peer }, "wrong credentials (%u more)", suppressed);
  sip_request_get_remote (request, &remote, &tcp);
  refusal.retry_after = sip_gate_note_wrong (plugin->gate, &remote);
  if (refusal.retry_after > 0)
    sip_request_refuse_with (listener, request, peer, &refusal, "Too many wrong credentials");
  return refusal.retry_after > 0;
}

gboolean
sip_digest_check (SipListener *listener, SipRequest *request, const sip_t *sip, const char *peer,
                  char **user)
{
  g_autofree char *name = NULL;
  gpointer self = NULL;
  const RflCredentials *service = find_service (listener->plugin, &self);
  RflDigestVerdict verdict;
  gboolean answered;
  Asked asked;

  if (service == NULL)
    {
      g_autoptr (GError) error =
          g_error_new_literal (RFL_ERROR, RFL_ERROR_UNAVAILABLE, "Nobody can check credentials");
      sip_request_refuse (listener, request, peer, error);
      return FALSE;
    }
  asked = (Asked){ .service = service,
                   .self = self,
                   .realm = listener->listen->realm,
                   .backoff = sip_gate_get_backoff (listener->plugin->gate),
                   .client = get_client (listener->plugin, request, sip) };
  answered = check_headers (&asked, sip, &verdict, &name);
  if (answered && verdict == RFL_DIGEST_OK)
    {
      if (user)
        *user = g_steal_pointer (&name);
      return TRUE;
    }
  if (asked.wait > 0)
    refuse_unseen (listener, request, peer, asked.wait);
  else if (!answered || verdict != RFL_DIGEST_WRONG || !note_wrong (listener, request, peer))
    challenge (listener, request, sip, &asked, answered && verdict != RFL_DIGEST_WRONG);
  return FALSE;
}
