/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The control channel's engine with a clock and a way out: RTCP APP packets on the first medium that has one.
 * Not for what messages mean. */
#include "config.h"

#include "tools/client/private.h"

static void poll_soon (Client *client);

static ClientMedium *
get_medium (const Client *client)
{
  for (guint i = 0; i < client->media->len; i++)
    {
      ClientMedium *medium = client->media->pdata[i];
      if (!medium->refused && medium->remote.port != 0)
        return medium;
    }
  return NULL;
}

/* ---- RflControlChannelOps ---- */

static void
transmit (const guint8 *data, gsize len, gpointer user_data)
{
  Client *client = user_data;
  ClientMedium *medium = get_medium (client);
  g_autoptr (GByteArray) packet = NULL;

  if (medium == NULL)
    return;
  packet = rfl_control_wrap (medium->ssrc, client->identity, data, len);
  client_medium_send_raw (medium, packet->data, packet->len);
}

static void
deliver (const char *service, guint8 type, const guint8 *body, gsize len, gpointer user_data)
{
  Client *client = user_data;

  if (client->funcs->control && !client->leaving)
    client->funcs->control (client, service, type, body, len, client->user_data);
}

static void
changed (gboolean up, const char *why, gpointer user_data)
{
  Client *client = user_data;

  if (client->leaving)
    return;
  if (client->settings->verbose)
    client_tell (client,
                 client_line_text (client_line_new (up ? "control-up" : "control-down"), "why",
                                   why),
                 "Control channel is %s%s%s", up ? "up" : "down", why ? ": " : "", why ? why : "");
  if (up && client->funcs->control_up)
    client->funcs->control_up (client, client->user_data);
  else if (!up && client->funcs->control_down)
    client->funcs->control_down (client, why, client->user_data);
}

static const RflControlChannelOps ops = { transmit, deliver, changed };

/* ---- its clock ---- */

static gboolean
on_timer (gpointer data)
{
  Client *client = data;
  gint64 now = g_get_monotonic_time (), next;

  client->control_timer = 0;
  if (client->control == NULL)
    return G_SOURCE_REMOVE;
  next = rfl_control_channel_poll (client->control, now);
  if (client->control_timer == 0 && next != G_MAXINT64)
    client->control_timer =
        g_timeout_add ((guint) CLAMP ((next - now + 999) / 1000, 1, G_TIME_SPAN_MINUTE), on_timer,
                       client);
  return G_SOURCE_REMOVE;
}

/* Not from within: callbacks of the channel may send. */
static void
poll_soon (Client *client)
{
  g_clear_handle_id (&client->control_timer, g_source_remove);
  client->control_timer = g_idle_add (on_timer, client);
}

/* ---- for the rest ---- */

void
client_control_start (Client *client)
{
  const RflControlChannelConfig config = { .active = TRUE };

  client->control = rfl_control_channel_new (&config, &ops, client);
  poll_soon (client);
}

void
client_control_receive (Client *client, const guint8 *data, gsize len)
{
  gint64 now = g_get_monotonic_time ();
  RflRtcpIter iter;
  RflRtcp rtcp;

  rfl_rtcp_iter_init (&iter, data, len);
  while (client->control && rfl_rtcp_iter_next (&iter, &rtcp))
    {
      gsize inner_len;
      const guint8 *inner = rfl_control_get_data (rtcp.data, rtcp.len, &inner_len);

      if (inner == NULL)
        continue;
      rfl_control_channel_receive (client->control, inner, inner_len, now);
      poll_soon (client);
    }
}

void
client_control_stop (Client *client)
{
  g_clear_handle_id (&client->control_timer, g_source_remove);
  if (client->control == NULL)
    return;
  rfl_control_channel_close (client->control);
  rfl_control_channel_free (g_steal_pointer (&client->control));
}

gboolean
client_send_control (Client *client, const char *service, guint8 type, GByteArray *body,
                     GError **error)
{
  if (client->control == NULL)
    {
      g_set_error_literal (error, RFL_ERROR, RFL_ERROR_UNAVAILABLE, "not in the room");
      return FALSE;
    }
  if (!rfl_control_channel_send (client->control, service, type, body ? body->data : NULL,
                                 body ? body->len : 0, error))
    return FALSE;
  poll_soon (client);
  return TRUE;
}

gboolean
client_control_is_up (const Client *client)
{
  return client->control != NULL && rfl_control_channel_is_up (client->control);
}
