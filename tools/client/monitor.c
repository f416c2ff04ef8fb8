/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Command monitor: who sends, and how well it arrives here. Plays nothing. */
#include "config.h"

#include <stdio.h>
#include <unistd.h>

#include "tools/client/commands.h"

#define SECOND G_USEC_PER_SEC
/* A source that was silent for so long is shown as such. */
#define SILENT (2 * SECOND)

typedef struct {
  Client *client;
  ClientMedium *media[2];
  GHashTable *before; /* ClientSource → guint64 octets at the last look */
  gint64 looked;
  double interval;
  guint timer;
  guint lines; /* shown, to go up over */
} Monitor;

static const ClientFormat video_formats[] = { { 96, "VP8/90000", NULL },
                                              { 97, "H264/90000", "packetization-mode=1" },
                                              { 98, "VP9/90000", NULL },
                                              { 99, "H265/90000", NULL },
                                              { 0 } };
static const ClientFormat audio_formats[] = { { 0, "PCMU/8000", NULL },
                                              { 8, "PCMA/8000", NULL },
                                              { 9, "G722/8000", NULL },
                                              { 96, "opus/48000/2", NULL },
                                              { 101, "telephone-event/8000", NULL },
                                              { 0 } };
static const ClientMediumSpec audio = { .kind = "audio",
                                        .formats = audio_formats,
                                        .receive = TRUE };
static const ClientMediumSpec video = { .kind = "video",
                                        .formats = video_formats,
                                        .receive = TRUE };

static const char *
get_state (const ClientSource *source, gint64 now)
{
  return source->gone ? "gone" : now - source->last > SILENT ? "silent" : "sends";
}

static double
get_loss (const ClientSource *source)
{
  double expected = (double) source->packets + (double) MAX (source->lost, 0);

  return expected > 0 ? 100 * (double) MAX (source->lost, 0) / expected : 0;
}

static double
get_rate (Monitor *monitor, const ClientSource *source, gint64 now)
{
  guint64 *before = g_hash_table_lookup (monitor->before, GUINT_TO_POINTER (source->ssrc));
  double seconds = (double) (now - monitor->looked) / SECOND;
  guint64 grown;

  if (before == NULL)
    {
      before = g_new0 (guint64, 1);
      g_hash_table_insert (monitor->before, GUINT_TO_POINTER (source->ssrc), before);
    }
  grown = source->octets - *before;
  *before = source->octets;
  return seconds > 0 ? (double) grown * 8 / 1000 / seconds : 0;
}

static void
show_source (Monitor *monitor, const ClientMedium *medium, const ClientSource *source, gint64 now)
{
  const ClientFormat *format = client_medium_find_format (medium, source->pt);
  const char *kind = client_medium_get_spec (medium)->kind;
  const char *codec = format ? format->rtpmap : "?";
  double rate = get_rate (monitor, source, now);
  ClientLine *line = client_line_new ("source");

  client_line_text (line, "medium", kind);
  client_line_int (line, "ssrc", source->ssrc);
  client_line_text (line, "owner", source->cname);
  client_line_text (line, "codec", codec);
  client_line_int (line, "packets", (gint64) source->packets);
  client_line_int (line, "lost", source->lost);
  client_line_double (line, "loss_percent", get_loss (source));
  client_line_double (line, "jitter_ms", source->jitter);
  client_line_double (line, "kbit_s", rate);
  client_line_text (line, "state", get_state (source, now));
  client_tell (monitor->client, line,
               "%-6s %08x %-32.32s %-16.16s %10" G_GUINT64_FORMAT " %6.2f %8.1f %9.1f  %s", kind,
               source->ssrc, source->cname ? source->cname : "?", codec, source->packets,
               get_loss (source), source->jitter, rate, get_state (source, now));
  monitor->lines++;
}

static void
show_head (Monitor *monitor)
{
  if (client_get_settings (monitor->client)->json)
    return;
  if (isatty (STDOUT_FILENO) && monitor->lines > 0)
    printf ("\033[%uA\033[J", monitor->lines);
  printf ("%-6s %-8s %-32s %-16s %10s %6s %8s %9s  %s\n", "medium", "SSRC", "owner", "codec",
          "packets", "loss %", "jitter", "kbit/s", "state");
  monitor->lines = 1;
}

static gboolean
look (gpointer data)
{
  Monitor *monitor = data;
  gint64 now = g_get_monotonic_time ();
  guint n = 0;

  show_head (monitor);
  for (guint m = 0; m < G_N_ELEMENTS (monitor->media); m++)
    {
      const GPtrArray *sources = client_medium_get_sources (monitor->media[m]);

      for (guint i = 0; i < sources->len; i++, n++)
        show_source (monitor, monitor->media[m], sources->pdata[i], now);
    }
  monitor->looked = now;
  client_tell (monitor->client, client_line_int (client_line_new ("sources"), "count", n), NULL);
  return G_SOURCE_CONTINUE;
}

static void
joined (Client *client, gpointer user_data)
{
  Monitor *monitor = user_data;

  monitor->looked = g_get_monotonic_time ();
  monitor->timer = g_timeout_add ((guint) (monitor->interval * 1000), look, monitor);
}

static void
leaving (Client *client, gpointer user_data)
{
  Monitor *monitor = user_data;

  g_clear_handle_id (&monitor->timer, g_source_remove);
  look (monitor);
}

static int
run (int argc, char **argv)
{
  static const ClientFuncs funcs = { .joined = joined, .leaving = leaving };
  g_auto (ClientSettings) settings = { 0 };
  Monitor monitor = { .interval = 1 };
  const GOptionEntry entries[] = { { "interval", 'i', 0, G_OPTION_ARG_DOUBLE, &monitor.interval,
                                     "How often to tell (default: 1)", "SECONDS" },
                                   { NULL } };
  g_autoptr (Client) client = NULL;
  int status;

  if (!client_settings_parse (&settings, &client_command_monitor, entries, &argc, &argv, 0))
    return CLIENT_USAGE;
  if (!(monitor.interval >= 0.1 && monitor.interval <= 3600))
    return client_usage (&client_command_monitor, "--interval is 0.1 to 3600");
  if (settings.mode == NULL)
    settings.mode = g_strdup ("all");
  monitor.client = client = client_new (&settings, &funcs, &monitor);
  monitor.before = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  monitor.media[0] = client_add_medium (client, &audio);
  monitor.media[1] = client_add_medium (client, &video);
  status = client_run (client);
  g_hash_table_unref (monitor.before);
  return status;
}

const ClientCommand client_command_monitor = { "monitor", "ROOM",
                                               "Show who sends, with loss, jitter and bit rate",
                                               run };
