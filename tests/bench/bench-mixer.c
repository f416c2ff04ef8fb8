/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPU time of the mixing alone, without sockets: rooms of given sizes with three who speak, all others
 * listening, silent or not sending at all. Prints one line for each. Not a test.
 */
#include "config.h"

#include "plugins/mixer/codec/codec.h"
#include "plugins/mixer/engine/engine.h"
#include <math.h>
#include <reflector/rtp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SPEAKERS 3
#define PACKET 400

static char *arg_codec = NULL, *arg_sizes = NULL;
static int arg_seconds = 20;
static gboolean arg_lurk = FALSE;
static const GOptionEntry options[] = {
  { "codec", 0, 0, G_OPTION_ARG_STRING, &arg_codec, "as in a=rtpmap (opus/48000/2)", "CODEC" },
  { "sizes", 0, 0, G_OPTION_ARG_STRING, &arg_sizes, "of rooms (3,10,50,200)", "LIST" },
  { "seconds", 0, 0, G_OPTION_ARG_INT, &arg_seconds, "of media time", "S" },
  { "lurk", 0, 0, G_OPTION_ARG_NONE, &arg_lurk, "who does not speak sends nothing", NULL },
  { NULL }
};

typedef struct {
  MixEncoder *encoder;
  guint64 said;
} Mouth;

static gboolean
count (gpointer frames, const RflFrame *frame)
{
  (*(guint64 *) frames)++;
  return TRUE;
}

static double
cpu_now (void)
{
  struct timespec used;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &used);
  return (double) used.tv_sec + (double) used.tv_nsec / 1e9;
}

static RflFormat *
parse (const char *codec)
{
  g_auto (GStrv) words = g_strsplit (codec, "/", 3);

  if (g_strv_length (words) < 2)
    g_error ("%s is no codec", codec);
  return rfl_format_new (96, words[0], (guint) g_ascii_strtoull (words[1], NULL, 10),
                         words[2] ? (guint) g_ascii_strtoull (words[2], NULL, 10) : 1, NULL);
}

static void
make_packet (Mouth *mouth, const RflFormat *format, guint who, guint seq, MixPacket *out)
{
  guint rate = mix_codec_get_rate (mix_codec_find (format), format), n = rate / 50;
  RflRtp rtp = {
    .pt = 96, .seq = (guint16) seq, .timestamp = seq * (format->clock_rate / 50), .ssrc = who
  };
  gint16 pcm[960] = { 0 };

  for (guint i = 0; who < SPEAKERS && i < n; i++)
    pcm[i] = (gint16) lround (6000 * sin (2 * G_PI * (300 + 170 * who) * (mouth->said + i) / rate));
  mouth->said += n;
  *out = (MixPacket){ .source_id = who };
  out->len = (guint) rfl_rtp_write (&rtp, out->data, PACKET);
  out->len += (guint) mix_encoder_encode (mouth->encoder, pcm, n, out->data + 12, PACKET - 12);
}

static MixEngine *
make_room (const RflFormat *format, guint size, guint64 *frames)
{
  const MixRules rules = { .voice = { -50, 400 }, .max_speakers = 8 };
  const MixTaste taste = { MIX_FORMAT_SILENCE, MIX_N_FORMATS };
  MixEngine *engine = mix_engine_new (&rules, count, frames);
  MixRoom *room = mix_room_new ();
  MixGroup *group = mix_group_new (NULL, format, 20);
  GPtrArray *formats = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_format_free);

  mix_engine_add_room (engine, room);
  g_ptr_array_add (formats, rfl_format_copy (format));
  mix_room_set_formats (room, formats);
  mix_room_add_group (room, group);
  for (guint i = 0; i < size; i++)
    {
      MixMeter *meter = g_atomic_rc_box_new0 (MixMeter);
      gpointer medium = GUINT_TO_POINTER (i + 1); /* only compared */
      mix_engine_add_source (engine, room, mix_source_new (i, i, medium, meter));
      mix_room_place_listener (room, mix_listener_new (medium), group, &taste);
      g_atomic_rc_box_release (meter);
    }
  return engine;
}

/* Returns: CPU seconds of the engine */
static double
run (MixEngine *engine, const RflFormat *format, guint size)
{
  guint senders = arg_lurk ? MIN (size, SPEAKERS) : size;
  g_autofree Mouth *mouths = g_new0 (Mouth, senders);
  g_autofree guint8 *packets = g_malloc0 ((sizeof (MixPacket) + PACKET) * senders);
  double used = 0;

  for (guint i = 0; i < senders; i++)
    mouths[i].encoder = mix_encoder_new (mix_codec_find (format), format);
  for (guint seq = 0; seq < (guint) arg_seconds * 50; seq++)
    {
      double begin;
      for (guint i = 0; i < senders; i++)
        make_packet (&mouths[i], format, i, seq,
                     (MixPacket *) (gpointer) (packets + i * (sizeof (MixPacket) + PACKET)));
      begin = cpu_now ();
      for (guint i = 0; i < senders; i++)
        mix_engine_receive (engine,
                            (MixPacket *) (gpointer) (packets + i * (sizeof (MixPacket) + PACKET)));
      mix_engine_step (engine);
      mix_engine_step (engine);
      used += cpu_now () - begin;
    }
  for (guint i = 0; i < senders; i++)
    mix_encoder_free (mouths[i].encoder);
  return used;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (RflFormat) format = NULL;
  g_auto (GStrv) sizes = NULL;

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    g_error ("%s", error->message);
  format = parse (arg_codec ? arg_codec : "opus/48000/2");
  if (!mix_codec_find (format))
    g_error ("%s is not known", arg_codec);
  sizes = g_strsplit (arg_sizes ? arg_sizes : "3,10,50,200", ",", -1);
  printf ("%-8s %6s %14s %16s %12s\n", "codec", "size", "% of a CPU", "us/s each", "encoded/s");
  for (char **size = sizes; *size; size++)
    {
      guint n = (guint) g_ascii_strtoull (*size, NULL, 10);
      guint64 frames = 0;
      MixEngine *engine = make_room (format, n, &frames);
      double used = run (engine, format, n) / arg_seconds;
      printf ("%-8s %6u %14.2f %16.0f %12.0f\n", format->encoding, n, used * 100, used * 1e6 / n,
              (double) mix_engine_get_stats (engine)->encoded / arg_seconds);
      mix_engine_free (engine);
    }
  return 0;
}
