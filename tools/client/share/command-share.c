/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reflector-client share: any TCP service, or a program for each viewer, shown to the room. Not for streams
 * (command-broadcast.c).
 */
#include "config.h"

#include "tools/client/commands.h"
#include "tools/client/share/offer.h"
#include "tools/client/share/sharer.h"

typedef struct {
  Client *client; /* once there is an offer, with it */
  Offer *offer;
  Sharer *sharer;
  SharerSpec spec;
} Share;

/* ---- viewers ---- */

static void
on_viewer_came (guint32 channel, gpointer user_data)
{
  Share *share = user_data;

  client_tell (share->client, client_line_int (client_line_new ("viewer-came"), "viewer", channel),
               "viewer %u has come", channel);
}

static void
on_viewer_left (guint32 channel, guint64 sent, guint64 received, const GError *error,
                gpointer user_data)
{
  Share *share = user_data;
  ClientLine *line = client_line_new ("viewer-left");

  client_line_int (line, "viewer", channel);
  client_line_int (line, "sent", (gint64) sent);
  client_line_int (line, "received", (gint64) received);
  client_line_text (line, "error", error != NULL ? error->message : NULL);
  client_tell (share->client, line, "viewer %u has left%s%s", channel, error != NULL ? ": " : "",
               error != NULL ? error->message : "");
}

static void
on_share_closed (const GError *error, gpointer user_data)
{
  Share *share = user_data;

  offer_closed (share->offer, error);
}

static void
opened (Offer *offer, GIOStream *io, GBytes *rest, gpointer user_data)
{
  static const SharerFuncs funcs = { on_viewer_came, on_viewer_left, on_share_closed };
  Share *share = user_data;

  share->offer = offer;
  share->client = offer_get_client (offer);
  share->sharer = sharer_new (io, rest, &share->spec, &funcs, share);
}

static void
leaving (gpointer user_data)
{
  Share *share = user_data;

  g_clear_pointer (&share->sharer, sharer_free);
}

static int
run_share (int argc, char **argv)
{
  g_auto (ClientSettings) settings = { 0 };
  g_auto (OfferOptions) options = { 0 };
  g_autofree char *target = NULL, *command = NULL;
  g_auto (GStrv) words = NULL;
  g_autoptr (GSocketConnectable) address = NULL;
  g_autoptr (GError) error = NULL;
  const GOptionEntry entries[] = {
    { "target", 0, 0, G_OPTION_ARG_STRING, &target, "Connect each viewer to this service",
      "HOST:PORT" },
    { "command", 0, 0, G_OPTION_ARG_STRING, &command,
      "Run this for each viewer, who is its standard input and output", "COMMAND" },
    { "title", 0, 0, G_OPTION_ARG_STRING, &options.title, "What the room is told that it is",
      "TEXT" },
    OFFER_TLS_ENTRIES (&options),
    G_OPTION_ENTRY_NULL,
  };
  static const OfferFuncs funcs = { .opened = opened, .leaving = leaving };
  Share share = { 0 };

  if (!client_settings_parse (&settings, &client_command_share, entries, &argc, &argv, 0))
    return CLIENT_USAGE;
  if ((target == NULL) == (command == NULL))
    return client_usage (&client_command_share, "either --target or --command must be given");
  if (target != NULL && (address = g_network_address_parse (target, 0, &error)) == NULL)
    return client_usage (&client_command_share, "--target: %s", error->message);
  if (target != NULL && g_network_address_get_port (G_NETWORK_ADDRESS (address)) == 0)
    return client_usage (&client_command_share, "--target %s: a port is missing", target);
  if (command != NULL && !g_shell_parse_argv (command, NULL, &words, &error))
    return client_usage (&client_command_share, "--command: %s", error->message);
  share.spec = (SharerSpec){ .target = address, .command = (const char *const *) words };
  return offer_run (&settings, RFL_SHARE_CHANNEL, &options, &funcs, &share);
}

const ClientCommand client_command_share = { "share", "ROOM",
                                             "Show a TCP service or a program to the room",
                                             run_share };
