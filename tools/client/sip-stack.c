/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sofia-SIP's stack: its start, and its end after the call's. Not for what is said: sip.c.
 */
#include "config.h"

#include "tools/client/sip.h"

#include <sofia-sip/nta_tag.h>
#include <sofia-sip/su_glib.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/tport_tag.h>
#include <string.h>

#define MAX_MESSAGE 262144
/* How long the answer to our BYE is waited for, and the stack's own end. */
#define BYE_TIMEOUT (2 * G_TIME_SPAN_SECOND)
#define SHUTDOWN_T1X64 800 /* ms */

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

/* ---- its start ---- */

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
      sip->root, client_sip_event, sip, NUTAG_URL (bind), NUTAG_PROXY (proxy),
      NUTAG_MEDIA_ENABLE (0), NUTAG_AUTOANSWER (0), NUTAG_AUTOALERT (0), NUTAG_AUTOACK (1),
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

/* ---- its end ---- */

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
