/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Command bridge: the SIP for a local RTP tool that has none. Packets pass as they are, whatever SSRCs they have;
 * reports of our own tell the reflector whose they are. Codes nothing. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "tools/client/commands.h"
#include "tools/client/local.h"

#define MAX_FORMATS 8

typedef struct _Bridge Bridge;

typedef struct {
  Bridge *bridge;
  const char *kind;
  char *in, *out;
  char **formats_text;
  RflAddress from, to;
  ClientFormat formats[MAX_FORMATS + 1];
  ClientMediumSpec spec;
  ClientMedium *medium; /* %NULL: this kind is not wanted */
  LocalPair *pair;
  GHashTable *remote; /* SSRCs that came from the room */
  guint64 to_room, to_tool;
} Side;

struct _Bridge {
  Client *client;
  Side sides[2];
  char *sdp;
  gboolean listen_only;
};

/* ---- packets ---- */

static guint32
get_u32 (const guint8 *p)
{
  return (guint32) p[0] << 24 | (guint32) p[1] << 16 | (guint32) p[2] << 8 | p[3];
}

/* From the tool, or from a group in which we hear what we have sent ourselves. */
static void
from_tool (const guint8 *data, gsize len, gpointer user_data)
{
  Side *side = user_data;
  RflPacketClass class = rfl_packet_classify (data, len);
  guint32 ssrc;

  if ((class != RFL_CLASS_RTP && class != RFL_CLASS_RTCP) || len < 12
      || !client_is_joined (side->bridge->client))
    return;
  ssrc = get_u32 (data + (class == RFL_CLASS_RTP ? 8 : 4));
  if (g_hash_table_contains (side->remote, GUINT_TO_POINTER (ssrc)))
    return;
  side->to_room++;
  client_medium_send_raw (side->medium, data, len);
}

static Side *
find_side (Bridge *bridge, const ClientMedium *medium)
{
  return bridge->sides[0].medium == medium ? &bridge->sides[0] : &bridge->sides[1];
}

static void
pass (Side *side, guint32 ssrc, const guint8 *data, gsize len, gboolean rtcp)
{
  if (g_hash_table_size (side->remote) < 4096)
    g_hash_table_add (side->remote, GUINT_TO_POINTER (ssrc));
  side->to_tool++;
  local_pair_send (side->pair, data, len, rtcp);
}

static void
got_rtp (Client *client, ClientMedium *medium, const RflRtp *rtp, const guint8 *data, gsize len,
         gpointer user_data)
{
  pass (find_side (user_data, medium), rtp->ssrc, data, len, FALSE);
}

static void
got_rtcp (Client *client, ClientMedium *medium, const guint8 *data, gsize len, gpointer user_data)
{
  if (len >= 8)
    pass (find_side (user_data, medium), get_u32 (data + 4), data, len, TRUE);
}

/* ---- what is told ---- */

/* For ffmpeg and the like: where what the room sends is to be received. */
static char *
write_sdp (const Bridge *bridge)
{
  GString *out = g_string_new ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=reflector\r\nt=0 0\r\n");

  for (guint i = 0; i < G_N_ELEMENTS (bridge->sides); i++)
    {
      const Side *side = &bridge->sides[i];
      const ClientFormat *format = side->medium ? client_medium_get_format (side->medium) : NULL;
      char ip[RFL_ADDRESS_STRLEN];

      if (format == NULL || side->to.port == 0)
        continue;
      g_string_append_printf (out, "m=%s %u RTP/AVP %u\r\nc=IN IP%d %s\r\na=rtpmap:%u %s\r\n",
                              side->kind, side->to.port, format->pt,
                              side->to.family == AF_INET6 ? 6 : 4,
                              rfl_address_format_ip (&side->to, ip), format->pt, format->rtpmap);
      if (format->fmtp)
        g_string_append_printf (out, "a=fmtp:%u %s\r\n", format->pt, format->fmtp);
    }
  return g_string_free (out, FALSE);
}

static void
tell_side (const Bridge *bridge, const Side *side)
{
  const ClientFormat *format = client_medium_get_format (side->medium);
  char from[RFL_ADDRESS_STRLEN], to[RFL_ADDRESS_STRLEN] = "";
  ClientLine *line = client_line_new ("bridged");

  if (side->to.port != 0)
    rfl_address_format (&side->to, to);
  client_line_text (client_line_text (line, "medium", side->kind), "codec",
                    format ? format->rtpmap : NULL);
  client_line_int (line, "payload_type", format ? format->pt : -1);
  client_line_text (client_line_text (line, "from", rfl_address_format (&side->from, from)), "to",
                    *to ? to : NULL);
  client_tell (bridge->client, line, "%s: %s as payload type %d, from %s, to %s", side->kind,
               format ? format->rtpmap : "refused", format ? format->pt : -1, from,
               *to ? to : "wherever the tool sends from");
}

static void
joined (Client *client, gpointer user_data)
{
  Bridge *bridge = user_data;
  g_autofree char *sdp = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (bridge->sides); i++)
    if (bridge->sides[i].medium)
      tell_side (bridge, &bridge->sides[i]);
  if (bridge->sdp == NULL)
    return;
  sdp = write_sdp (bridge);
  if (!g_file_set_contents (bridge->sdp, sdp, -1, &error))
    client_fail (client, error);
}

static void
leaving (Client *client, gpointer user_data)
{
  const Bridge *bridge = user_data;

  for (guint i = 0; i < G_N_ELEMENTS (bridge->sides); i++)
    {
      const Side *side = &bridge->sides[i];
      ClientLine *line;

      if (side->medium == NULL)
        continue;
      line = client_line_text (client_line_new ("passed"), "medium", side->kind);
      client_line_int (line, "to_room", (gint64) side->to_room);
      client_line_int (line, "to_tool", (gint64) side->to_tool);
      client_tell (client, line,
                   "%s: %" G_GUINT64_FORMAT " packets to the room, %" G_GUINT64_FORMAT
                   " to the tool",
                   side->kind, side->to_room, side->to_tool);
    }
}

/* ---- options ---- */

/* PT=NAME/RATE[/CHANNELS][;FMTP]; cuts @text */
static gboolean
parse_format (char *text, ClientFormat *out)
{
  char *equals = strchr (text, '='), *semicolon = strchr (text, ';');
  guint64 pt;

  if (equals == NULL || (semicolon && semicolon < equals))
    return FALSE;
  *equals = '\0';
  if (semicolon)
    *semicolon = '\0';
  if (!g_ascii_string_to_unsigned (text, 10, 0, 127, &pt, NULL) || !strchr (equals + 1, '/')
      || strpbrk (equals + 1, " \r\n") || (semicolon && strpbrk (semicolon + 1, "\r\n")))
    return FALSE;
  *out = (ClientFormat){ (guint8) pt, equals + 1, semicolon ? semicolon + 1 : NULL };
  return TRUE;
}

static gboolean
set_formats (Side *side, GError **error)
{
  static const ClientFormat video = { 96, "VP8/90000", NULL };

  if (side->formats_text == NULL)
    {
      side->formats[0] = side->kind[0] == 'a' ? client_g711[0] : video;
      if (side->kind[0] == 'a')
        side->formats[1] = client_g711[1];
      return TRUE;
    }
  for (guint i = 0; side->formats_text[i] != NULL; i++)
    if (i >= MAX_FORMATS || !parse_format (side->formats_text[i], &side->formats[i]))
      {
        g_set_error (error, CLIENT_ERROR, CLIENT_USAGE,
                     "a %s format is PT=NAME/RATE[/CHANNELS][;FMTP], and there are eight at most",
                     side->kind);
        return FALSE;
      }
  return TRUE;
}

static gboolean
set_side (Side *side, GError **error)
{
  if (side->in == NULL)
    return TRUE;
  if (!local_parse (side->in, &side->from) || (side->out && !local_parse (side->out, &side->to)))
    {
      g_set_error (error, CLIENT_ERROR, CLIENT_USAGE, "%s of --%s is no [ADDRESS:]PORT",
                   side->out ? "an address" : side->in, side->kind);
      return FALSE;
    }
  if (side->out == NULL && local_is_multicast (&side->from))
    side->to = side->from;
  if (side->to.port != 0 && side->to.family != side->from.family)
    {
      g_set_error (error, CLIENT_ERROR, CLIENT_USAGE, "--%s and --%s-to have different IP versions",
                   side->kind, side->kind);
      return FALSE;
    }
  return set_formats (side, error);
}

static gboolean
open_sides (Bridge *bridge, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (bridge->sides); i++)
    {
      Side *side = &bridge->sides[i];

      if (side->in == NULL)
        continue;
      side->bridge = bridge;
      side->remote = g_hash_table_new (NULL, NULL);
      side->spec =
          (ClientMediumSpec){ side->kind, side->formats, !bridge->listen_only, TRUE, TRUE };
      side->pair = local_pair_new (&side->from, &side->to, from_tool, side, error);
      if (side->pair == NULL)
        return FALSE;
      side->medium = client_add_medium (bridge->client, &side->spec);
    }
  return TRUE;
}

static void
side_clear (Side *side)
{
  local_pair_free (side->pair);
  g_clear_pointer (&side->remote, g_hash_table_unref);
  g_free (side->in);
  g_free (side->out);
  g_strfreev (side->formats_text);
}

static int
bridge_run (Bridge *bridge, const ClientSettings *settings)
{
  static const ClientFuncs funcs = {
    .joined = joined, .leaving = leaving, .rtp = got_rtp, .rtcp = got_rtcp
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (Client) client = client_new (settings, &funcs, bridge);

  bridge->client = client;
  if (open_sides (bridge, &error))
    return client_run (client);
  client_fail (client, error);
  return CLIENT_FAILED;
}

static int
parse_and_run (Bridge *bridge, int argc, char **argv)
{
  g_auto (ClientSettings) settings = { 0 };
  g_autoptr (GError) error = NULL;
  Side *a = &bridge->sides[0], *v = &bridge->sides[1];
  const GOptionEntry entries[] = {
    { "audio", 0, 0, G_OPTION_ARG_STRING, &a->in, "Where the tool sends audio (RTCP: PORT+1)",
      "[ADDRESS:]PORT" },
    { "audio-to", 0, 0, G_OPTION_ARG_STRING, &a->out,
      "Where it receives audio (default: where it sends from)", "[ADDRESS:]PORT" },
    { "audio-format", 0, 0, G_OPTION_ARG_STRING_ARRAY, &a->formats_text,
      "Its format, may be repeated (default: 0=PCMU/8000, 8=PCMA/8000)", "PT=NAME/RATE" },
    { "video", 0, 0, G_OPTION_ARG_STRING, &v->in, "Where the tool sends video (RTCP: PORT+1)",
      "[ADDRESS:]PORT" },
    { "video-to", 0, 0, G_OPTION_ARG_STRING, &v->out,
      "Where it receives video (default: where it sends from)", "[ADDRESS:]PORT" },
    { "video-format", 0, 0, G_OPTION_ARG_STRING_ARRAY, &v->formats_text,
      "Its format, may be repeated (default: 96=VP8/90000)", "PT=NAME/RATE" },
    { "listen-only", 0, 0, G_OPTION_ARG_NONE, &bridge->listen_only, "The tool sends nothing",
      NULL },
    { "write-sdp", 0, 0, G_OPTION_ARG_FILENAME, &bridge->sdp,
      "Write a session description for a tool that receives", "FILE" },
    { NULL }
  };

  if (!client_settings_parse (&settings, &client_command_bridge, entries, &argc, &argv, 0))
    return CLIENT_USAGE;
  if (a->in == NULL && v->in == NULL)
    return client_usage (&client_command_bridge, "--audio or --video is missing");
  if (!set_side (a, &error) || !set_side (v, &error))
    return client_usage (&client_command_bridge, "%s", error->message);
  return bridge_run (bridge, &settings);
}

static int
run (int argc, char **argv)
{
  Bridge bridge = { .sides = { { .kind = "audio" }, { .kind = "video" } } };
  int status = parse_and_run (&bridge, argc, argv);

  side_clear (&bridge.sides[0]);
  side_clear (&bridge.sides[1]);
  g_free (bridge.sdp);
  return status;
}

const ClientCommand client_command_bridge = {
  "bridge", "ROOM", "Signal for a local RTP tool (ffmpeg, GStreamer, multicast)", run
};
