/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Command record: what is heard, into one WAV file or one for each source. Plays nothing. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "tools/client/commands.h"
#include "tools/client/g711.h"
#include "tools/client/wav.h"

#define MAX_PAYLOAD 1500
/* A timestamp that is this far from the clock belongs to a stream that began anew. */
#define MAX_DRIFT (5 * WAV_RATE)
#define MAX_FILES 64

/* Where one source is in the recording */
typedef struct {
  guint32 ssrc, timestamp; /* of the sample at @position */
  gint64 position;
  guint16 highest;
  guint64 seen;    /* bit n: highest - n is in already */
  WavWriter *file; /* of its own, with --each */
} Track;

typedef struct {
  Client *client;
  const char *path;
  gboolean each;
  gint64 began;
  WavWriter *file;
  GHashTable *tracks;
  guint timer;
} Record;

static void
fail (Record *record)
{
  g_autoptr (GError) error =
      g_error_new (CLIENT_ERROR, CLIENT_FAILED, "%s: %s", record->path, g_strerror (errno));

  client_fail (record->client, error);
}

static void
close_file (Record *record, WavWriter *file)
{
  if (file != NULL && !wav_writer_close (file))
    fail (record);
}

/* ---- tracks ---- */

/* talk.wav becomes talk-1a2b3c4d.wav */
static char *
name_file (const Record *record, guint32 ssrc)
{
  gboolean has = g_str_has_suffix (record->path, ".wav");
  g_autofree char *stem = g_strndup (record->path, strlen (record->path) - (has ? 4 : 0));

  return g_strdup_printf ("%s-%08x.wav", stem, ssrc);
}

static gint64
get_clock (const Record *record)
{
  return (g_get_monotonic_time () - record->began) * WAV_RATE / G_USEC_PER_SEC;
}

static gboolean
open_own_file (Record *record, Track *track)
{
  g_autofree char *path = name_file (record, track->ssrc);
  g_autoptr (GError) error = NULL;

  track->file = wav_writer_new (path, &error);
  if (track->file == NULL)
    {
      client_fail (record->client, error);
      return FALSE;
    }
  client_tell (record->client,
               client_line_int (client_line_text (client_line_new ("file"), "file", path), "ssrc",
                                track->ssrc),
               "%s", path);
  return TRUE;
}

static Track *
find_track (Record *record, const RflRtp *rtp)
{
  Track *track = g_hash_table_lookup (record->tracks, GUINT_TO_POINTER (rtp->ssrc));

  if (track != NULL || g_hash_table_size (record->tracks) >= MAX_FILES)
    return track;
  track = g_new0 (Track, 1);
  track->ssrc = rtp->ssrc;
  track->timestamp = rtp->timestamp;
  track->position = get_clock (record);
  track->highest = (guint16) (rtp->seq - 1);
  g_hash_table_insert (record->tracks, GUINT_TO_POINTER (rtp->ssrc), track);
  return record->each && !open_own_file (record, track) ? NULL : track;
}

/* Whether the packet is no double, of the last 64. */
static gboolean
is_new (Track *track, guint16 seq)
{
  gint16 ahead = rfl_seq_diff (seq, track->highest);

  if (ahead > 0)
    {
      track->seen = (ahead < 64 ? track->seen << ahead : 0) | 1;
      track->highest = seq;
      return TRUE;
    }
  if (ahead <= -64 || (track->seen & (G_GUINT64_CONSTANT (1) << -ahead)))
    return ahead <= -3000 && (track->highest = seq, track->seen = 1, TRUE);
  track->seen |= G_GUINT64_CONSTANT (1) << -ahead;
  return TRUE;
}

/* Where its samples go: by timestamps as long as they agree with the clock. */
static gint64
place (const Record *record, Track *track, guint32 timestamp)
{
  gint64 clock = get_clock (record);
  gint64 position = track->position + (gint32) (timestamp - track->timestamp);

  if (ABS (position - clock) > MAX_DRIFT)
    {
      track->timestamp = timestamp;
      track->position = position = clock;
    }
  return position;
}

static void
got_rtp (Client *client, ClientMedium *medium, const RflRtp *rtp, const guint8 *data, gsize len,
         gpointer user_data)
{
  Record *record = user_data;
  gint16 samples[MAX_PAYLOAD];
  gsize n = MIN (rtp->payload_len, MAX_PAYLOAD);
  Track *track;
  gint64 position;

  if ((rtp->pt != 0 && rtp->pt != 8) || n == 0)
    return;
  track = find_track (record, rtp);
  if (track == NULL || !is_new (track, rtp->seq))
    return;
  for (gsize i = 0; i < n; i++)
    samples[i] = g711_decode (rtp->pt == 8 ? G711_ALAW : G711_ULAW, rtp->payload[i]);
  position = place (record, track, rtp->timestamp);
  if (position >= 0
      && !wav_writer_add (record->each ? track->file : record->file, (guint64) position, samples,
                          n))
    fail (record);
}

/* ---- the whole ---- */

static gboolean
on_tick (gpointer data)
{
  Record *record = data;

  client_progress (record->client, "%s: %.0f s, %u sources", record->path,
                   (double) get_clock (record) / WAV_RATE, g_hash_table_size (record->tracks));
  return G_SOURCE_CONTINUE;
}

static void
joined (Client *client, gpointer user_data)
{
  Record *record = user_data;

  record->began = g_get_monotonic_time ();
  record->timer = g_timeout_add (1000, on_tick, record);
}

static void
leaving (Client *client, gpointer user_data)
{
  Record *record = user_data;
  double seconds = (double) get_clock (record) / WAV_RATE;

  g_clear_handle_id (&record->timer, g_source_remove);
  client_tell (client,
               client_line_int (client_line_double (client_line_text (client_line_new ("recorded"),
                                                                      "file", record->path),
                                                    "seconds", seconds),
                                "sources", g_hash_table_size (record->tracks)),
               "%s: %.1f s recorded of %u sources", record->path, seconds,
               g_hash_table_size (record->tracks));
}

static void
close_all (Record *record)
{
  GHashTableIter iter;
  gpointer track;

  g_hash_table_iter_init (&iter, record->tracks);
  while (g_hash_table_iter_next (&iter, NULL, &track))
    close_file (record, ((Track *) track)->file);
  close_file (record, record->file);
  g_hash_table_unref (record->tracks);
}

static const ClientMediumSpec audio = { .kind = "audio", .formats = client_g711, .receive = TRUE };

static int
run (int argc, char **argv)
{
  static const ClientFuncs funcs = { .joined = joined, .leaving = leaving, .rtp = got_rtp };
  g_auto (ClientSettings) settings = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (Client) client = NULL;
  Record record = { 0 };
  const GOptionEntry entries[] = { { "each", 'e', 0, G_OPTION_ARG_NONE, &record.each,
                                     "A file for each source, FILE-SSRC.wav", NULL },
                                   { NULL } };
  int status;

  if (!client_settings_parse (&settings, &client_command_record, entries, &argc, &argv, 1))
    return CLIENT_USAGE;
  if (settings.mode == NULL && record.each)
    settings.mode = g_strdup ("all");
  record.path = argv[1];
  record.client = client = client_new (&settings, &funcs, &record);
  record.file = record.each ? NULL : wav_writer_new (record.path, &error);
  if (error != NULL)
    {
      client_fail (client, error);
      return CLIENT_FAILED;
    }
  record.tracks = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  client_add_medium (client, &audio);
  status = client_run (client);
  close_all (&record);
  return status;
}

const ClientCommand client_command_record = { "record", "FILE.wav ROOM",
                                              "Record what is heard, together or each source apart",
                                              run };
