/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the command line into the room and out again: resolving, sockets, the call, the main loop, the end.
 * Not for what is done in the room. */
#include "config.h"

#include <glib-unix.h>
#include <signal.h>
#include <string.h>

#include "tools/client/private.h"

Client *
client_new (const ClientSettings *settings, const ClientFuncs *funcs, gpointer user_data)
{
  Client *client = g_new0 (Client, 1);

  client->settings = settings;
  client->funcs = funcs;
  client->user_data = user_data;
  client->loop = g_main_loop_new (NULL, FALSE);
  client->media =
      g_ptr_array_new_with_free_func ((GDestroyNotify) (void (*) (void)) client_medium_free);
  client->identity = g_strdup_printf (strchr (settings->server, ':') ? "sip:%s@[%s]" : "sip:%s@%s",
                                      settings->user, settings->server);
  return client;
}

void
client_free (Client *client)
{
  if (client == NULL)
    return;
  g_ptr_array_unref (client->media);
  g_main_loop_unref (client->loop);
  g_free (client->identity);
  g_free (client);
}

ClientMedium *
client_add_medium (Client *client, const ClientMediumSpec *spec)
{
  ClientMedium *medium = client_medium_new (client, spec);

  g_ptr_array_add (client->media, medium);
  return medium;
}

const ClientSettings *
client_get_settings (const Client *client)
{
  return client->settings;
}

const char *
client_get_identity (const Client *client)
{
  return client->identity;
}

const RflAddress *
client_get_server (const Client *client)
{
  return &client->server;
}

gboolean
client_is_joined (const Client *client)
{
  return client->joined && !client->leaving;
}

/* ---- the end ---- */

void
client_leave (Client *client, ClientExit status)
{
  if (client->resigned)
    return;
  client->resigned = TRUE;
  client->status = status;
  g_main_loop_quit (client->loop);
}

void
client_fail (Client *client, const GError *error)
{
  ClientExit status = error->domain == CLIENT_ERROR ? (ClientExit) error->code
                      : g_error_matches (error, RFL_ERROR, RFL_ERROR_FORBIDDEN) ? CLIENT_REFUSED
                                                                                : CLIENT_FAILED;

  if (client->resigned)
    return;
  client_complain (client, status, error->message);
  client_leave (client, status);
}

void
client_lost (Client *client, ClientExit status, const char *format, ...)
{
  va_list args;
  g_autoptr (GError) error = NULL;

  va_start (args, format);
  error = g_error_new_valist (CLIENT_ERROR, status, format, args);
  va_end (args);
  client_fail (client, error);
}

static gboolean
on_signal (gpointer data)
{
  client_leave (data, CLIENT_OK);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_duration (gpointer data)
{
  Client *client = data;

  client->duration_timer = 0;
  client_leave (client, CLIENT_OK);
  return G_SOURCE_REMOVE;
}

static gboolean
on_join_timeout (gpointer data)
{
  Client *client = data;

  client->join_timer = 0;
  client_lost (client, CLIENT_UNREACHABLE, "%s does not let us in nor refuse us",
               client->settings->server);
  return G_SOURCE_REMOVE;
}

/* ---- session descriptions ---- */

static char *
write_sdp (Client *client, guint version)
{
  g_autofree ClientSdpLine *lines = g_new0 (ClientSdpLine, client->media->len + 1);

  for (guint i = 0; i < client->media->len; i++)
    {
      const ClientMedium *medium = client->media->pdata[i];
      lines[i] = (ClientSdpLine){ medium->spec, medium->refused ? 0 : medium->local.port,
                                  medium->ssrc, version > 1 ? medium->format : NULL };
    }
  return client_sdp_write (&client->local, client->identity, version, lines, client->media->len);
}

char *
client_write_offer (Client *client)
{
  return write_sdp (client, 1);
}

static gboolean
agree (ClientMedium *medium, const ClientSdpMedium *line, GError **error)
{
  medium->format = NULL;
  medium->refused = line->address.port == 0;
  if (medium->refused)
    return TRUE;
  for (guint i = 0; i < line->n_pts && medium->format == NULL; i++)
    medium->format = client_medium_find_format (medium, line->pts[i]);
  if (medium->format == NULL || !line->mux)
    {
      g_set_error (error, CLIENT_ERROR, CLIENT_REFUSED, "the server's answer for %s has %s",
                   medium->spec->kind,
                   line->mux ? "no format of ours" : "RTCP on a port of its own (no a=rtcp-mux)");
      return FALSE;
    }
  return client_medium_connect (medium, &line->address, error);
}

static gboolean
take_sdp (Client *client, const char *sdp, GError **error)
{
  ClientSdpMedium lines[CLIENT_SDP_MAX_LINES];
  int n = sdp != NULL ? client_sdp_read (sdp, lines) : -1;
  gboolean any = FALSE;

  if (n < (int) client->media->len)
    {
      g_set_error_literal (error, CLIENT_ERROR, CLIENT_FAILED,
                           "the server's session description cannot be read");
      return FALSE;
    }
  for (guint i = 0; i < client->media->len; i++)
    {
      ClientMedium *medium = client->media->pdata[i];
      if (!agree (medium, &lines[i], error))
        return FALSE;
      any |= !medium->refused;
    }
  if (!any)
    g_set_error_literal (error, CLIENT_ERROR, CLIENT_REFUSED, "the server refuses all media");
  return any;
}

gboolean
client_answered (Client *client, const char *sdp)
{
  g_autoptr (GError) error = NULL;

  g_clear_handle_id (&client->join_timer, g_source_remove);
  if (!take_sdp (client, sdp, &error))
    {
      client_fail (client, error);
      return FALSE;
    }
  if (client->joined)
    return TRUE;
  client->joined = TRUE;
  client_tell (client,
               client_line_text (client_line_text (client_line_new ("joined"), "room",
                                                   client->settings->room),
                                 "identity", client->identity),
               client->settings->verbose ? "In %s as %s" : NULL, client->settings->room,
               client->identity);
  client_control_start (client);
  if (client->settings->duration > 0)
    client->duration_timer =
        g_timeout_add ((guint) (client->settings->duration * 1000), on_duration, client);
  if (client->funcs->joined)
    client->funcs->joined (client, client->user_data);
  return TRUE;
}

char *
client_offered (Client *client, const char *sdp)
{
  g_autoptr (GError) error = NULL;

  if (sdp != NULL && !take_sdp (client, sdp, &error))
    {
      client_fail (client, error);
      return NULL;
    }
  return write_sdp (client, 2);
}

/* ---- the way in ---- */

static gboolean
resolve (Client *client, GError **error)
{
  const ClientSettings *s = client->settings;
  g_autoptr (GResolver) resolver = NULL;
  g_autoptr (GError) reason = NULL;
  GList *found;
  g_autofree char *ip = NULL;

  if (rfl_address_parse (&client->server, s->server, s->port))
    return TRUE;
  resolver = g_resolver_get_default ();
  found = g_resolver_lookup_by_name (resolver, s->server, NULL, &reason);
  if (found != NULL)
    ip = g_inet_address_to_string (found->data);
  g_resolver_free_addresses (found);
  if (ip != NULL && rfl_address_parse (&client->server, ip, s->port))
    return TRUE;
  g_set_error (error, CLIENT_ERROR, CLIENT_UNREACHABLE, "%s: %s", s->server,
               reason ? reason->message : "no address");
  return FALSE;
}

static gboolean
find_local (Client *client, GError **error)
{
  const char *wanted = client->settings->local;

  if (wanted && rfl_address_parse (&client->local, wanted, 0))
    return TRUE;
  if (wanted)
    {
      g_set_error (error, CLIENT_ERROR, CLIENT_USAGE, "%s is no numeric address", wanted);
      return FALSE;
    }
  if (rfl_address_local_for (&client->server, &client->local))
    return TRUE;
  g_set_error (error, CLIENT_ERROR, CLIENT_UNREACHABLE, "there is no route to %s",
               client->settings->server);
  return FALSE;
}

static gboolean
start (Client *client, GError **error)
{
  if (!resolve (client, error) || !find_local (client, error))
    return FALSE;
  for (guint i = 0; i < client->media->len; i++)
    if (!client_medium_open (client->media->pdata[i], error))
      return FALSE;
  client->sip = client_sip_new (client, error);
  if (client->sip == NULL)
    return FALSE;
  client->signals[0] = g_unix_signal_add (SIGINT, on_signal, client);
  client->signals[1] = g_unix_signal_add (SIGTERM, on_signal, client);
  /* silent servers end earlier, by the transaction; this one is for those who only ever ring */
  client->join_timer =
      g_timeout_add_seconds ((guint) client->settings->timeout * 3, on_join_timeout, client);
  client_sip_invite (client->sip);
  return TRUE;
}

static void
finish (Client *client)
{
  g_clear_handle_id (&client->join_timer, g_source_remove);
  g_clear_handle_id (&client->duration_timer, g_source_remove);
  if (client->joined && client->funcs->leaving)
    client->funcs->leaving (client, client->user_data);
  client->leaving = TRUE;
  client_control_stop (client);
  for (guint i = 0; i < client->media->len; i++)
    client_medium_close (client->media->pdata[i]);
  g_clear_pointer (&client->sip, client_sip_free);
  for (guint i = 0; i < G_N_ELEMENTS (client->signals); i++)
    g_clear_handle_id (&client->signals[i], g_source_remove);
}

int
client_run (Client *client)
{
  g_autoptr (GError) error = NULL;

  g_return_val_if_fail (client->media->len > 0, CLIENT_FAILED);
  if (!start (client, &error))
    client_fail (client, error);
  if (!client->resigned)
    g_main_loop_run (client->loop);
  finish (client);
  client_tell (client, client_line_int (client_line_new ("left"), "status", client->status), NULL);
  return client->status;
}

void
client_subscribe (Client *client, gboolean once)
{
  if (client->sip)
    client_sip_subscribe (client->sip, once);
}
