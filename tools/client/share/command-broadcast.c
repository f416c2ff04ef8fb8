/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reflector-client broadcast: standard input to whoever in the room wants to see it. Not for services with two
 * ways (command-share.c).
 */
#include "config.h"

#include <gio/gunixinputstream.h>
#include <unistd.h>

#include "tools/client/share/caster.h"
#include "tools/client/commands.h"
#include "tools/client/share/offer.h"

typedef struct {
  Client *client; /* once there is an offer, with it */
  Offer *offer;
  Caster *caster;
  CasterMarks marks;
  guint timer;
} Broadcast;

static const char *const names[] = { "auto", "mpegts", "anywhere" };

static gboolean
on_second (gpointer user_data)
{
  Broadcast *broadcast = user_data;

  client_progress (broadcast->client, "%.1f MB sent",
                   (double) caster_get_octets (broadcast->caster) / 1e6);
  return G_SOURCE_CONTINUE;
}

static void
on_started (CasterMarks marks, gpointer user_data)
{
  Broadcast *broadcast = user_data;

  client_tell (broadcast->client,
               client_line_text (client_line_new ("started"), "marks", names[marks]),
               "the stream has begun; viewers may join %s",
               marks == CASTER_MPEGTS ? "at its random access points" : "anywhere");
}

static void
on_closed (guint64 octets, const GError *error, gpointer user_data)
{
  Broadcast *broadcast = user_data;
  ClientLine *line = client_line_new ("sent");

  client_line_int (line, "octets", (gint64) octets);
  client_tell (broadcast->client, line, "%.1f MB sent", (double) octets / 1e6);
  if (error == NULL)
    client_leave (broadcast->client, CLIENT_OK);
  else
    offer_closed (broadcast->offer, error);
}

static void
opened (Offer *offer, GIOStream *io, GBytes *rest, gpointer user_data)
{
  static const CasterFuncs funcs = { on_started, on_closed };
  g_autoptr (GInputStream) input = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  Broadcast *broadcast = user_data;

  broadcast->offer = offer;
  broadcast->client = offer_get_client (offer);
  broadcast->caster = caster_new (io, rest, input, broadcast->marks, &funcs, broadcast);
  broadcast->timer = g_timeout_add_seconds (1, on_second, broadcast);
}

/* That it ends when its input has is no news. */
static gboolean
has_ended (gpointer user_data)
{
  Broadcast *broadcast = user_data;

  return broadcast->caster != NULL && caster_has_ended (broadcast->caster);
}

static void
leaving (gpointer user_data)
{
  Broadcast *broadcast = user_data;

  g_clear_handle_id (&broadcast->timer, g_source_remove);
  g_clear_pointer (&broadcast->caster, caster_free);
}

static int
run_broadcast (int argc, char **argv)
{
  g_auto (ClientSettings) settings = { 0 };
  g_auto (OfferOptions) options = { 0 };
  g_autofree char *marks = NULL;
  const GOptionEntry entries[] = {
    { "marks", 0, 0, G_OPTION_ARG_STRING, &marks,
      "Where viewers may begin: mpegts (random access points of a transport stream), anywhere, "
      "auto "
      "(the default: by the first octets)",
      "HOW" },
    { "title", 0, 0, G_OPTION_ARG_STRING, &options.title, "What the room is told that it is",
      "TEXT" },
    OFFER_TLS_ENTRIES (&options),
    G_OPTION_ENTRY_NULL,
  };
  static const OfferFuncs funcs = { opened, has_ended, leaving };
  Broadcast broadcast = { 0 };

  if (!client_settings_parse (&settings, &client_command_broadcast, entries, &argc, &argv, 0))
    return CLIENT_USAGE;
  while (marks != NULL && broadcast.marks < G_N_ELEMENTS (names)
         && !g_str_equal (marks, names[broadcast.marks]))
    broadcast.marks++;
  if (broadcast.marks == G_N_ELEMENTS (names))
    return client_usage (&client_command_broadcast, "--marks %s: no such way", marks);
  return offer_run (&settings, RFL_SHARE_BROADCAST, &options, &funcs, &broadcast);
}

const ClientCommand client_command_broadcast = { "broadcast", "ROOM",
                                                 "Send a stream on standard input to the room",
                                                 run_broadcast };
