/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One call by Sofia-SIP's nua: INVITE with digest, offers within the call, the roster's subscription, signs of life.
 * Not for media; nor for the stack itself: sip-stack.c.
 */
#include "config.h"

#include "tools/client/sip.h"

#include <sofia-sip/sip_status.h>
#include <string.h>

#define SUBSCRIPTION 600 /* s */

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

static void invite (ClientSip *sip, const char *www, const char *proxy);

static void
authorize (ClientSip *sip, int status, const sip_t *message)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *credentials = client_sip_write_credentials (
      sip, status == 401 ? message->sip_www_authenticate : message->sip_proxy_authenticate, &error);

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

void
client_sip_event (nua_event_t event, int status, char const *phrase, nua_t *nua, nua_magic_t *sip,
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
