/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See mixer-fixture.h. Tests nothing itself. */
#include "tests/unit/mixer-fixture.h"
#include "plugins/mixer/codec/codec.h"
#include <math.h>
#include <reflector/rtp.h>
#include <string.h>

#define EVENT_PT 101
#define MS 1000

typedef struct {
  gint64 due;
  MixPacket *packet;
} Late;

static RflFormat *
parse_format (const char *codec)
{
  g_auto (GStrv) words = g_strsplit (codec, "/", 3);

  return rfl_format_new (96, words[0], (guint) g_ascii_strtoull (words[1], NULL, 10),
                         words[2] ? (guint) g_ascii_strtoull (words[2], NULL, 10) : 1, NULL);
}

static gboolean
is_for (const Person *p, const RflFrame *frame)
{
  if (!p->listener || frame->feed != p->feed)
    return FALSE;
  if (frame->only)
    return (gconstpointer) frame->only == p;
  for (guint i = 0; i < frame->n_except; i++)
    if ((gconstpointer) frame->except[i] == p)
      return FALSE;
  return TRUE;
}

static void
hear (Person *p, const RflFrame *frame)
{
  gint16 pcm[5760];
  gint n;

  if (p->n_frames++ == 0)
    p->first_timestamp = frame->timestamp;
  p->timestamp = frame->timestamp;
  p->n_marked += frame->marker ? 1 : 0;
  p->n_past_block += frame->past_block ? 1 : 0;
  p->n_csrc = frame->n_csrc;
  if (frame->n_csrc)
    memcpy (p->csrc, frame->csrc, frame->n_csrc * sizeof *frame->csrc);
  if (frame->format == MIX_FORMAT_SILENCE || frame->format == MIX_FORMAT_REFRESH)
    p->n_silence++;
  n = mix_decoder_decode (p->decoder, frame->payload, frame->len, pcm, G_N_ELEMENTS (pcm));
  g_assert_cmpint (n, ==, p->rate / 1000 * p->ptime);
  g_array_append_vals (p->heard, pcm, (guint) n);
}

static void
get_event (Person *p, const RflFrame *frame)
{
  p->n_events++;
  p->event_timestamp = frame->timestamp;
  g_byte_array_append (p->events, frame->payload, (guint) frame->len);
}

static gboolean
emit (gpointer user_data, const RflFrame *frame)
{
  Fixture *f = user_data;

  g_assert_cmpuint (frame->len, >, 0);
  g_assert_cmpuint (frame->len, <=, RFL_FRAME_MAX_PAYLOAD);
  f->frames++;
  for (guint i = 0; i < f->people->len; i++)
    {
      Person *p = f->people->pdata[i];
      if (!is_for (p, frame))
        continue;
      if (frame->format == MIX_FORMAT_EVENT || frame->format == MIX_FORMAT_EVENT_8000)
        get_event (p, frame);
      else if (frame->format == MIX_FORMAT_NOISE)
        p->n_silence++;
      else
        hear (p, frame);
    }
  return TRUE;
}

static void
person_free (gpointer data)
{
  Person *p = data;
  Late *late;

  while ((late = g_queue_pop_head (&p->late)) != NULL)
    {
      g_free (late->packet);
      g_free (late);
    }
  if (p->encoder)
    mix_encoder_free (p->encoder);
  mix_decoder_free (p->decoder);
  if (p->meter)
    g_atomic_rc_box_release (p->meter);
  g_array_unref (p->heard);
  g_byte_array_unref (p->events);
  g_free (p->codec);
  g_free (p);
}

Fixture *
mixer_fixture_new (void)
{
  Fixture *f = g_new0 (Fixture, 1);

  f->rules = (MixRules){ .voice = { .threshold = -50, .hangover = 400 },
                         .max_speakers = 8,
                         .pass_events = TRUE };
  f->now = G_USEC_PER_SEC;
  f->engine = mix_engine_new (&f->rules, emit, f);
  f->people = g_ptr_array_new_with_free_func (person_free);
  f->formats = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_format_free);
  f->groups = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  f->room = mix_room_new ();
  mix_engine_add_room (f->engine, f->room);
  return f;
}

void
mixer_fixture_free (Fixture *f)
{
  mix_engine_free (f->engine);
  g_hash_table_unref (f->groups);
  g_ptr_array_unref (f->people);
  g_ptr_array_unref (f->formats);
  g_free (f);
}

/* As a route's formats: appended, copied to the room each time. */
static guint8
route_format (Fixture *f, const RflFormat *format)
{
  GPtrArray *copy = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_format_free);

  for (guint i = 0; i < f->formats->len; i++)
    if (rfl_format_matches (f->formats->pdata[i], format))
      {
        g_ptr_array_unref (copy);
        return (guint8) i;
      }
  g_ptr_array_add (f->formats, rfl_format_copy (format));
  for (guint i = 0; i < f->formats->len; i++)
    g_ptr_array_add (copy, rfl_format_copy (f->formats->pdata[i]));
  mix_room_set_formats (f->room, copy);
  return (guint8) (f->formats->len - 1);
}

static Person *
person_new (Fixture *f)
{
  Person *p = g_new0 (Person, 1);

  p->f = f;
  p->id = 1000 + f->people->len;
  p->ssrc = (guint32) p->id;
  p->heard = g_array_new (FALSE, FALSE, sizeof (gint16));
  p->events = g_byte_array_new ();
  g_ptr_array_add (f->people, p);
  return p;
}

static void
talk_with (Person *p, const char *codec, double hz, double amplitude)
{
  g_autoptr (RflFormat) format = parse_format (codec);

  p->codec = g_strdup (codec);
  p->format = route_format (p->f, format);
  p->encoder = mix_encoder_new (mix_codec_find (format), format);
  p->hz = hz;
  p->amplitude = amplitude;
  p->meter = g_atomic_rc_box_new0 (MixMeter);
  p->source = mix_source_new (p->id, p->ssrc, (gpointer) p, p->meter);
  mix_engine_add_source (p->f->engine, p->f->room, p->source);
}

void
listen_with (Person *p, const char *codec, guint ptime, const MixTaste *taste)
{
  g_autoptr (RflFormat) format = parse_format (codec);
  g_autofree char *key = g_strdup_printf ("%s %u", codec, ptime);
  static const MixTaste steady = { MIX_FORMAT_SILENCE, MIX_FORMAT_EVENT };

  p->feed = (gpointer) g_intern_string (key);
  p->group = g_hash_table_lookup (p->f->groups, key);
  if (!p->group)
    {
      p->group = mix_group_new (p->feed, format, ptime);
      mix_room_add_group (p->f->room, p->group);
      g_hash_table_insert (p->f->groups, g_steal_pointer (&key), p->group);
    }
  mix_decoder_free (p->decoder);
  p->decoder = mix_decoder_new (mix_codec_find (format), format);
  p->rate = mix_decoder_get_rate (p->decoder);
  p->ptime = ptime;
  if (!p->listener)
    p->listener = mix_listener_new ((gpointer) p);
  mix_room_place_listener (p->f->room, p->listener, p->group, taste ? taste : &steady);
}

Person *
talker (Fixture *f, const char *codec, double hz, double amplitude)
{
  Person *p = person_new (f);

  talk_with (p, codec, hz, amplitude);
  return p;
}

Person *
listener (Fixture *f, const char *codec, guint ptime)
{
  Person *p = person_new (f);

  listen_with (p, codec, ptime, NULL);
  return p;
}

Person *
phone (Fixture *f, const char *codec, double hz, double amplitude)
{
  Person *p = person_new (f);

  talk_with (p, codec, hz, amplitude);
  listen_with (p, codec, 20, NULL);
  return p;
}

void
leave (Person *p)
{
  if (p->source)
    mix_engine_remove_source (p->f->engine, p->source);
  if (p->listener)
    mix_listener_free (p->listener);
  p->source = NULL;
  p->listener = NULL;
}

/* ---- what they say ---- */

static gsize
make_payload (Person *p, const RflFormat *format, guint8 *out, gsize size)
{
  guint rate = mix_codec_get_rate (mix_codec_find (format), format), n = rate / 50;
  gint16 pcm[960];

  if (p->garbage)
    {
      for (guint i = 0; i < 80; i++)
        out[i] = (guint8) g_test_rand_int ();
      return (gsize) g_test_rand_int_range (1, 80);
    }
  for (guint i = 0; i < n; i++)
    pcm[i] = (gint16) lround (p->amplitude * sin (2 * G_PI * p->hz * (p->said + i) / rate));
  p->said += n;
  return mix_encoder_encode (p->encoder, pcm, n, out, size);
}

static MixPacket *
make_packet (Person *p)
{
  const RflFormat *format = p->f->formats->pdata[p->format];
  RflRtp rtp = { .pt = 96, .seq = p->seq++, .timestamp = p->timestamp_out, .ssrc = p->ssrc };
  MixPacket *packet = g_malloc0 (sizeof *packet + 2000);

  packet->source_id = p->id;
  packet->format = p->format;
  packet->muted = p->muted;
  packet->len = (guint) rfl_rtp_write (&rtp, packet->data, 12);
  packet->len += (guint) make_payload (p, format, packet->data + 12, 1988);
  p->timestamp_out += format->clock_rate / 50;
  return packet;
}

static void
say (Person *p)
{
  Late *late = g_new0 (Late, 1);

  late->packet = make_packet (p);
  late->due = p->f->now;
  if (p->jitter)
    late->due += g_test_rand_int_range (0, (gint32) p->jitter) * MS;
  if (p->lossy && (guint) g_test_rand_int_range (0, 100) < p->lossy)
    late->due = G_MAXINT64;
  g_queue_push_tail (&p->late, late);
}

static void
deliver (Person *p)
{
  for (GList *link = p->late.head, *next; link; link = next)
    {
      Late *late = link->data;
      next = link->next;
      if (late->due > p->f->now && late->due != G_MAXINT64)
        continue;
      if (late->due != G_MAXINT64 && p->source)
        mix_engine_receive (p->f->engine, late->packet);
      g_free (late->packet);
      g_free (late);
      g_queue_delete_link (&p->late, link);
    }
}

static void
speak (Person *p)
{
  if (!p->source || p->amplitude < 0)
    return;
  p->said_ms += MIX_GRID * (1 + p->skew / 1e6);
  while (p->said_ms >= 20)
    {
      say (p);
      p->said_ms -= 20;
    }
  deliver (p);
}

void
pass (Fixture *f, guint ms)
{
  for (guint done = 0; done < ms; done += MIX_GRID)
    {
      for (guint i = 0; i < f->people->len; i++)
        speak (f->people->pdata[i]);
      mix_engine_step (f->engine);
      f->now += MIX_GRID * MS;
    }
}

void
forget_heard (Fixture *f)
{
  for (guint i = 0; i < f->people->len; i++)
    g_array_set_size (((Person *) f->people->pdata[i])->heard, 0);
}

static const gint16 *
last (const Person *p, guint ms, guint *n)
{
  *n = p->rate / 1000 * ms;
  g_assert_cmpuint (p->heard->len, >=, *n);
  return (const gint16 *) (gconstpointer) p->heard->data + p->heard->len - *n;
}

static double
amplitude_of (const gint16 *pcm, guint n, double cycles)
{
  double re = 0, im = 0, weight = 0;

  for (guint i = 0; i < n; i++)
    {
      double window = 1 - cos (2 * G_PI * i / n);
      re += window * pcm[i] * cos (2 * G_PI * cycles * i);
      im += window * pcm[i] * sin (2 * G_PI * cycles * i);
      weight += window;
    }
  return 2 * sqrt (re * re + im * im) / weight;
}

double
loudness (const Person *p, double hz, guint ms)
{
  guint n;
  const gint16 *pcm = last (p, ms, &n);

  return amplitude_of (pcm, n, hz / p->rate);
}

double
mean_loudness (const Person *p, double hz, guint ms)
{
  guint n, part = p->rate / 10, parts;
  const gint16 *pcm = last (p, ms, &n);
  double sum = 0;

  parts = n / part;
  for (guint i = 0; i < parts; i++)
    sum += amplitude_of (pcm + i * part, part, hz / p->rate);
  return sum / parts;
}

guint
roughness (const Person *p, guint ms)
{
  guint n, most = 0;
  const gint16 *pcm = last (p, ms, &n);

  for (guint i = 1; i < n; i++)
    most = MAX (most, (guint) ABS (pcm[i] - pcm[i - 1]));
  return most;
}

void
press (Person *p, guint8 event, guint16 duration, gboolean end, guint32 timestamp)
{
  g_autoptr (RflFormat) format = rfl_format_new (EVENT_PT, "telephone-event", 8000, 1, NULL);
  RflRtp rtp = { .pt = EVENT_PT, .seq = p->seq++, .timestamp = timestamp, .ssrc = p->ssrc };
  g_autofree MixPacket *packet = g_malloc0 (sizeof *packet + 16);
  const guint8 payload[] = { event, end ? 0x8a : 0x0a, (guint8) (duration >> 8),
                             (guint8) duration };

  packet->source_id = p->id;
  packet->format = route_format (p->f, format);
  packet->len = (guint) rfl_rtp_write (&rtp, packet->data, 12);
  memcpy (packet->data + packet->len, payload, sizeof payload);
  packet->len += sizeof payload;
  mix_engine_receive (p->f->engine, packet);
}

MixStats *
stats (Fixture *f)
{
  return mix_engine_get_stats (f->engine);
}
