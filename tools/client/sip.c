/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One call by Sofia-SIP's nua: INVITE with digest, offers within the call, the roster's subscription, signs of life,
 * BYE. Not for media. */
#include "config.h"

#include <string.h>

#define NUA_MAGIC_T struct _ClientSip
#include <sofia-sip/auth_digest.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nua.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/su_glib.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/tport_tag.h>

#include "tools/client/private.h"

#define MAX_MESSAGE 262144
/* How long the answer to our BYE is waited for, and the stack's own end. */
#define BYE_TIMEOUT (2 * G_TIME_SPAN_SECOND)
#define SHUTDOWN_T1X64 800 /* ms */
#define SUBSCRIPTION 600   /* s */

struct _ClientSip {
  Client *client;
  su_root_t *root;
  GSource *source;
  nua_t *nua;
  nua_handle_t *call;
  char *uri, *from;
  guint alive_timer;
  gboolean authorized, up, ending, ended, down;
};

/* ---- the stack's own log: nothing, since it may have secrets in it ---- */

SOFIAPUBVAR su_log_t tport_log[];
SOFIAPUBVAR su_log_t nta_log[];
SOFIAPUBVAR su_log_t nua_log[];
SOFIAPUBVAR su_log_t soa_log[];
SOFIAPUBVAR su_log_t nea_log[];
SOFIAPUBVAR su_log_t iptsec_log[];

G_GNUC_PRINTF (2, 0)
static void
log_nothing (void *stream, char const *format, va_list ap)
{
}

static void
silence (void)
{
  su_log_t *const logs[] = { su_log_default, tport_log, nta_log,   nua_log,
                             soa_log,        nea_log,   iptsec_log };

  for (guint i = 0; i < G_N_ELEMENTS (logs); i++)
    {
      su_log_redirect (logs[i], log_nothing, NULL);
      su_log_set_level (logs[i], 0);
    }
}

/* ---- the call's end ---- */

static void
lose (ClientSip *sip, ClientExit status, const char *why)
{
  sip->ended = TRUE;
  sip->up = FALSE;
  if (!sip->ending)
    client_lost (sip->client, status, "%s", why);
}

static char *
describe_refusal (int status, const char *phrase, const sip_t *message)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "the server refuses: %d %s", status, phrase);
  if (message->sip_warning && message->sip_warning->w_text)
    g_string_append_printf (text, " (%s)", message->sip_warning->w_text);
  if (message->sip_retry_after)
    g_string_append_printf (text, ", try again in %lu s",
                            (gulong) message->sip_retry_after->af_delta);
  return g_string_free (text, FALSE);
}

/* ---- digest ---- */

static void
read_challenge (su_home_t *home, const msg_auth_t *header, ClientChallenge *out)
{
  auth_challenge_t ac[1] = { { sizeof ac[0] } };

  memset (out, 0, sizeof *out);
  if (g_ascii_strcasecmp (header->au_scheme, "Digest") != 0
      || auth_digest_challenge_get (home, ac, header->au_params) < 0)
    return;
  *out = (ClientChallenge){ .realm = ac->ac_realm,
                            .nonce = ac->ac_nonce,
                            .opaque = ac->ac_opaque,
                            .algorithm = ac->ac_algorithm,
                            .has_qop = ac->ac_qop != NULL,
                            .qop_auth = ac->ac_auth != 0 };
}

static char *
write_credentials (ClientSip *sip, su_home_t *home, const msg_auth_t *headers, GError **error)
{
  ClientChallenge best = { 0 }, challenge;
  g_autofree char *cnonce = g_strdup_printf ("%08x%08x", g_random_int (), g_random_int ());
  char *password, *credentials;

  for (; headers != NULL; headers = headers->au_next)
    {
      read_challenge (home, headers, &challenge);
      if (client_challenge_rank (&challenge) > client_challenge_rank (&best))
        best = challenge;
    }
  if (client_challenge_rank (&best) == 0)
    {
      g_set_error_literal (error, CLIENT_ERROR, CLIENT_DENIED,
                           "the server wants credentials of a kind not known here");
      return NULL;
    }
  password = client_get_password (sip->client->settings, best.realm, error);
  if (password == NULL)
    return NULL;
  credentials = client_digest_write (&best, sip->client->settings->user, password, "INVITE",
                                     sip->uri, cnonce);
  client_free_secret (password);
  return credentials;
}

static void invite (ClientSip *sip, const char *www, const char *proxy);

static void
authorize (ClientSip *sip, int status, const sip_t *message)
{
  su_home_t home[1] = { SU_HOME_INIT (home) };
  g_autoptr (GError) error = NULL;
  g_autofree char *credentials = NULL;

  su_home_init (home);
  credentials = write_credentials (sip, home,
                                   status == 401 ? message->sip_www_authenticate
                                                 : message->sip_proxy_authenticate,
                                   &error);
  su_home_deinit (home);
  sip->authorized = TRUE;
  if (credentials == NULL)
    lose (sip, (ClientExit) error->code, error->message);
  else
    invite (sip, status == 401 ? credentials : NULL, status == 407 ? credentials : NULL);
}

/* ---- the call ---- */

static void
invite (ClientSip *sip, const char *www, const char *proxy)
{
  g_autofree char *offer = client_write_offer (sip->client);
  nua_handle_t *before = sip->call;

  /* A new call for each try: the stack has no answer of its own to SHA-256, so it is not asked for one. */
  sip->call = nua_handle (sip->nua, NULL, NUTAG_URL (sip->uri), SIPTAG_TO_STR (sip->uri),
                          SIPTAG_FROM_STR (sip->from), TAG_END ());
  nua_invite (sip->call, SIPTAG_CONTENT_TYPE_STR ("application/sdp"), SIPTAG_PAYLOAD_STR (offer),
              TAG_IF (www, SIPTAG_AUTHORIZATION_STR (www)),
              TAG_IF (proxy, SIPTAG_PROXY_AUTHORIZATION_STR (proxy)), TAG_END ());
  if (before != NULL)
    nua_handle_destroy (before);
}

void
client_sip_invite (ClientSip *sip)
{
  invite (sip, NULL, NULL);
}

static gboolean
on_alive (gpointer data)
{
  ClientSip *sip = data;

  nua_options (sip->call, TAG_END ());
  return G_SOURCE_CONTINUE;
}

static char *
get_body (const sip_t *message)
{
  const sip_payload_t *payload = message ? message->sip_payload : NULL;

  return payload && payload->pl_data ? g_strndup (payload->pl_data, payload->pl_len) : NULL;
}

/* What the stack says itself when nobody answers is marked; the name of the mark is in no public header. */
#define INTERNAL_MESSAGE (1 << 15)

static gboolean
is_own (const sip_t *message)
{
  return message == NULL || (message->sip_flags & INTERNAL_MESSAGE) != 0;
}

static void
on_answer (ClientSip *sip, int status, const char *phrase, const sip_t *message)
{
  g_autofree char *text = NULL, *sdp = get_body (message);

  if (status < 200)
    return;
  if (status < 300)
    {
      sip->up = TRUE;
      if (sip->alive_timer == 0)
        sip->alive_timer =
            g_timeout_add_seconds ((guint) sip->client->settings->keep_alive, on_alive, sip);
      client_answered (sip->client, sdp);
      return;
    }
  if (is_own (message))
    {
      text = g_strdup_printf ("%s does not answer (%s)", sip->client->settings->server, phrase);
      lose (sip, CLIENT_UNREACHABLE, text);
    }
  else if ((status == 401 || status == 407) && !sip->authorized)
    authorize (sip, status, message);
  else if (status == 401 || status == 407)
    lose (sip, CLIENT_DENIED, "the server does not accept this user and password");
  else
    {
      text = describe_refusal (status, phrase, message);
      lose (sip, CLIENT_REFUSED, text);
    }
}

static void
on_offer (ClientSip *sip, nua_handle_t *nh, int status, const sip_t *message)
{
  g_autofree char *sdp = NULL, *answer = NULL;

  if (status >= 200)
    return;
  if (nh != sip->call || !sip->up || sip->ending)
    {
      nua_respond (nh, SIP_486_BUSY_HERE, NUTAG_WITH_THIS (sip->nua), TAG_END ());
      return;
    }
  sdp = get_body (message);
  answer = client_offered (sip->client, sdp);
  if (answer == NULL)
    nua_respond (nh, SIP_488_NOT_ACCEPTABLE, NUTAG_WITH_THIS (sip->nua), TAG_END ());
  else
    nua_respond (nh, SIP_200_OK, NUTAG_WITH_THIS (sip->nua),
                 SIPTAG_CONTENT_TYPE_STR ("application/sdp"), SIPTAG_PAYLOAD_STR (answer),
                 TAG_END ());
}

static void
on_bye (ClientSip *sip, const sip_t *message)
{
  const char *reason = message && message->sip_reason ? message->sip_reason->re_text : NULL;
  g_autofree char *text = g_strdup_printf ("the server has ended the call%s%s", reason ? ": " : "",
                                           reason ? reason : "");

  lose (sip, CLIENT_ENDED, text);
}

static void
on_state (ClientSip *sip, tagi_t tags[])
{
  int state = nua_callstate_init;

  tl_gets (tags, NUTAG_CALLSTATE_REF (state), TAG_END ());
  if (state != nua_callstate_terminated || sip->ended)
    return;
  if (sip->up)
    lose (sip, CLIENT_ENDED, "the call has ended");
}

/* The answer to a sign of life. */
static void
on_alive_answer (ClientSip *sip, int status, const sip_t *message)
{
  if (status == 481)
    lose (sip, CLIENT_ENDED, "the server does not know our call any more");
  else if (status >= 300 && is_own (message))
    lose (sip, CLIENT_UNREACHABLE, "the server does not answer any more");
}

/* ---- the roster ---- */

void
client_sip_subscribe (ClientSip *sip, gboolean once)
{
  g_autofree char *expires = g_strdup_printf ("%d", once ? 0 : SUBSCRIPTION);

  nua_subscribe (sip->call, SIPTAG_EVENT_STR ("conference"), SIPTAG_EXPIRES_STR (expires),
                 SIPTAG_ACCEPT_STR ("application/conference-info+xml"), TAG_END ());
}

static void
on_subscribed (ClientSip *sip, int status, const char *phrase, const sip_t *message)
{
  g_autofree char *text = NULL;

  if (status < 300)
    return;
  text = !is_own (message) ? describe_refusal (status, phrase, message)
                           : g_strdup_printf ("no answer to SUBSCRIBE (%s)", phrase);
  if (!sip->ending)
    client_lost (sip->client, is_own (message) ? CLIENT_UNREACHABLE : CLIENT_REFUSED, "%s", text);
}

static void
on_notify (ClientSip *sip, const sip_t *message)
{
  Client *client = sip->client;
  const sip_subscription_state_t *state = message ? message->sip_subscription_state : NULL;
  g_autofree char *body = get_body (message);

  if (client->funcs->roster && !client->leaving)
    client->funcs->roster (client, state ? state->ss_substate : "active", body, client->user_data);
}

/* Text of somebody in the room (MESSAGE) */
static void
on_message (ClientSip *sip, const sip_t *message)
{
  g_autofree char *body = get_body (message), *from = NULL;
  const url_t *url = message && message->sip_from ? message->sip_from->a_url : NULL;

  if (body == NULL || url == NULL || sip->client->leaving)
    return;
  from = g_strdup_printf ("sip:%s@%s", url->url_user ? url->url_user : "", url->url_host);
  client_tell (sip->client,
               client_line_text (client_line_text (client_line_new ("message"), "from", from),
                                 "text", body),
               sip->client->settings->verbose ? "%s: %s" : NULL, from, body);
}

/* ---- events ---- */

static void
on_event (nua_event_t event, int status, char const *phrase, nua_t *nua, nua_magic_t *sip,
          nua_handle_t *nh, nua_hmagic_t *hmagic, sip_t const *message, tagi_t tags[])
{
  if (event == nua_r_shutdown)
    sip->down = status >= 200;
  else if (event == nua_i_invite)
    on_offer (sip, nh, status, message);
  else if (nh == NULL || nh != sip->call)
    return; /* of a try before */
  else if (event == nua_r_invite)
    on_answer (sip, status, phrase, message);
  else if (event == nua_i_bye)
    on_bye (sip, message);
  else if (event == nua_r_bye && status >= 200)
    sip->ended = TRUE;
  else if (event == nua_i_state)
    on_state (sip, tags);
  else if (event == nua_r_options)
    on_alive_answer (sip, status, message);
  else if (event == nua_r_subscribe)
    on_subscribed (sip, status, phrase, message);
  else if (event == nua_i_notify)
    on_notify (sip, message);
  else if (event == nua_i_message)
    on_message (sip, message);
}

/* ---- life ---- */

static char *
write_uri (const Client *client)
{
  const ClientSettings *s = client->settings;
  g_autofree char *user = g_uri_escape_string (s->room, "&=+$,", FALSE);
  gboolean six = strchr (s->server, ':') != NULL;
  g_autofree char *port = s->port != 5060 ? g_strdup_printf (":%u", s->port) : g_strdup ("");

  return g_strdup_printf ("sip:%s@%s%s%s%s%s%s%s%s%s", user, six ? "[" : "", s->server,
                          six ? "]" : "", port, s->tcp ? ";transport=tcp" : "",
                          s->mode ? ";mode=" : "", s->mode ? s->mode : "", s->pin ? ";pin=" : "",
                          s->pin ? s->pin : "");
}

static nua_t *
create_nua (ClientSip *sip)
{
  const Client *client = sip->client;
  const char *transport = client->settings->tcp ? "tcp" : "udp";
  char ip[RFL_ADDRESS_STRLEN], server[RFL_ADDRESS_STRLEN];
  gboolean six = client->local.family == AF_INET6;
  g_autofree char *bind = NULL, *proxy = NULL;

  rfl_address_format_ip (&client->local, ip);
  bind = g_strdup_printf (six ? "sip:[%s]:*;transport=%s" : "sip:%s:*;transport=%s", ip, transport);
  proxy = g_strdup_printf ("sip:%s;transport=%s;lr", rfl_address_format (&client->server, server),
                           transport);
  return nua_create (
      sip->root, on_event, sip, NUTAG_URL (bind), NUTAG_PROXY (proxy), NUTAG_MEDIA_ENABLE (0),
      NUTAG_AUTOANSWER (0), NUTAG_AUTOALERT (0), NUTAG_AUTOACK (1),
      SIPTAG_ALLOW_STR ("INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, NOTIFY, MESSAGE, INFO"),
      NUTAG_APPL_METHOD (NULL), NUTAG_APPL_METHOD ("INVITE"), SIPTAG_SUPPORTED_STR ("timer"),
      NUTAG_SESSION_TIMER (0), NUTAG_M_USERNAME (client->settings->user),
      NUTAG_DETECT_NETWORK_UPDATES (NUA_NW_DETECT_NOTHING),
      SIPTAG_USER_AGENT_STR ("reflector-client/" PACKAGE_VERSION), NTATAG_MAXSIZE (MAX_MESSAGE),
      NTATAG_SIP_T1X64 (client->settings->timeout * 1000), NTATAG_USE_NAPTR (0), NTATAG_USE_SRV (0),
      TPTAG_LOG (0), TAG_END ());
}

ClientSip *
client_sip_new (Client *client, GError **error)
{
  ClientSip *sip = g_new0 (ClientSip, 1);

  sip->client = client;
  sip->uri = write_uri (client);
  sip->from = g_strdup_printf ("<%s>", client->identity);
  su_init ();
  silence ();
  sip->root = su_glib_root_create (NULL);
  su_root_threading (sip->root, 0);
  sip->source = g_source_ref (su_glib_root_gsource (sip->root));
  g_source_set_can_recurse (sip->source, TRUE);
  g_source_attach (sip->source, NULL);
  sip->nua = create_nua (sip);
  if (sip->nua != NULL)
    return sip;
  g_set_error (error, CLIENT_ERROR, CLIENT_FAILED, "no socket for SIP can be opened");
  client_sip_free (sip);
  return NULL;
}

static gboolean
wake (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static void
wait_until (const gboolean *what)
{
  gint64 end = g_get_monotonic_time () + BYE_TIMEOUT;
  guint tick = g_timeout_add (50, wake, NULL);

  while (!*what && g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (tick);
}

static void
hang_up (ClientSip *sip)
{
  sip->ending = TRUE;
  if (sip->call == NULL || sip->ended)
    return;
  if (sip->up)
    nua_bye (sip->call, TAG_END ());
  else
    nua_cancel (sip->call, TAG_END ());
  wait_until (&sip->ended);
}

void
client_sip_free (ClientSip *sip)
{
  g_clear_handle_id (&sip->alive_timer, g_source_remove);
  if (sip->nua != NULL)
    {
      hang_up (sip);
      nua_set_params (sip->nua, NTATAG_SIP_T1X64 (SHUTDOWN_T1X64), TAG_END ());
      if (sip->call)
        nua_handle_destroy (sip->call);
      sip->call = NULL;
      nua_shutdown (sip->nua);
      wait_until (&sip->down);
      nua_destroy (sip->nua);
    }
  su_root_destroy (sip->root);
  g_source_destroy (sip->source);
  g_source_unref (sip->source);
  su_deinit ();
  g_free (sip->uri);
  g_free (sip->from);
  g_free (sip);
}
