/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Command play: a WAV file as our voice, in real time. Hears nothing. */
#include "config.h"

#include "tools/client/commands.h"
#include "tools/client/g711.h"
#include "tools/client/wav.h"

#define FRAME (WAV_RATE / 50)
#define FRAME_TIME (G_USEC_PER_SEC / 50)
/* Behind by more than that (a stopped process), it goes on from here instead of making up for it. */
#define MAX_BEHIND (10 * FRAME_TIME)

typedef struct {
  Client *client;
  ClientMedium *medium;
  GArray *samples;
  const char *file;
  gboolean loop;
  guint64 at; /* samples sent, with repetitions */
  gint64 due;
  guint timer;
  gboolean spoken; /* whether the next packet continues */
} Play;

static gboolean
is_over (const Play *play)
{
  return !play->loop && play->at >= play->samples->len;
}

static void
send_frame (Play *play)
{
  const ClientFormat *format = client_medium_get_format (play->medium);
  G711Law law = format && format->pt == 8 ? G711_ALAW : G711_ULAW;
  guint8 payload[FRAME];

  for (guint i = 0; i < FRAME; i++, play->at++)
    {
      gint16 sample =
          is_over (play) ? 0 : g_array_index (play->samples, gint16, play->at % play->samples->len);
      payload[i] = g711_encode (law, sample);
    }
  client_medium_send (play->medium, payload, FRAME, !play->spoken, FRAME);
  play->spoken = TRUE;
}

static gboolean
on_tick (gpointer data)
{
  Play *play = data;
  gint64 now = g_get_monotonic_time ();

  if (now - play->due > MAX_BEHIND)
    play->due = now;
  for (; play->due <= now && !is_over (play); play->due += FRAME_TIME)
    send_frame (play);
  if (play->at / FRAME % 10 == 0)
    client_progress (play->client, "%s: %.1f of %.1f s", play->file, (double) play->at / WAV_RATE,
                     (double) play->samples->len / WAV_RATE);
  if (!is_over (play))
    return G_SOURCE_CONTINUE;
  play->timer = 0;
  client_leave (play->client, CLIENT_OK);
  return G_SOURCE_REMOVE;
}

static void
joined (Client *client, gpointer user_data)
{
  Play *play = user_data;

  play->due = g_get_monotonic_time ();
  play->timer = g_timeout_add (10, on_tick, play);
}

static void
leaving (Client *client, gpointer user_data)
{
  Play *play = user_data;
  double seconds = (double) (play->loop ? play->at : MIN (play->at, play->samples->len)) / WAV_RATE;

  g_clear_handle_id (&play->timer, g_source_remove);
  client_tell (client,
               client_line_double (client_line_text (client_line_new ("played"), "file",
                                                     play->file),
                                   "seconds", seconds),
               "%s: %.1f s played", play->file, seconds);
}

static const ClientMediumSpec audio = { .kind = "audio", .formats = client_g711, .send = TRUE };

static int
run (int argc, char **argv)
{
  static const ClientFuncs funcs = { .joined = joined, .leaving = leaving };
  g_auto (ClientSettings) settings = { 0 };
  g_autoptr (GArray) samples = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (Client) client = NULL;
  Play play = { 0 };
  const GOptionEntry entries[] = { { "loop", 'l', 0, G_OPTION_ARG_NONE, &play.loop,
                                     "From the beginning again, without end", NULL },
                                   { NULL } };

  if (!client_settings_parse (&settings, &client_command_play, entries, &argc, &argv, 1))
    return CLIENT_USAGE;
  play.file = argv[1];
  play.client = client = client_new (&settings, &funcs, &play);
  play.samples = samples = wav_read (play.file, &error);
  if (samples == NULL)
    {
      client_fail (client, error);
      return CLIENT_FAILED;
    }
  play.medium = client_add_medium (client, &audio);
  return client_run (client);
}

const ClientCommand client_command_play = { "play", "FILE.wav ROOM",
                                            "Speak a WAV file (PCM, 16 bits, 8000 Hz) to the room",
                                            run };
