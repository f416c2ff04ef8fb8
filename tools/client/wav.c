/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading and writing WAV. Knows no RTP. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tools/client/client.h"
#include "tools/client/wav.h"

#define HEADER 44
#define MAX_FILE (G_GUINT64_CONSTANT (1) << 30)

static guint32
get (const guint8 *p, guint octets)
{
  guint32 value = 0;

  for (guint i = octets; i > 0; i--)
    value = value << 8 | p[i - 1];
  return value;
}

static void
put (guint8 *p, guint octets, guint32 value)
{
  for (guint i = 0; i < octets; i++)
    p[i] = (guint8) (value >> (8 * i));
}

/* ---- reading ---- */

typedef struct {
  const guint8 *format, *data;
  gsize format_len, data_len;
} Chunks;

static gboolean
find_chunks (const guint8 *file, gsize len, Chunks *out)
{
  if (len < 12 || memcmp (file, "RIFF", 4) != 0 || memcmp (file + 8, "WAVE", 4) != 0)
    return FALSE;
  for (gsize at = 12; at + 8 <= len;)
    {
      gsize size = get (file + at + 4, 4), left = len - at - 8;
      gsize there = MIN (size, left); /* a recording that was cut off */

      if (memcmp (file + at, "fmt ", 4) == 0)
        {
          out->format = file + at + 8;
          out->format_len = there;
        }
      else if (memcmp (file + at, "data", 4) == 0)
        {
          out->data = file + at + 8;
          out->data_len = there;
          break;
        }
      at += 8 + there + (there & 1);
    }
  return out->format != NULL && out->format_len >= 16 && out->data != NULL;
}

static GArray *
read_samples (const Chunks *chunks, guint channels)
{
  gsize n = chunks->data_len / (2 * channels);
  GArray *samples = g_array_sized_new (FALSE, FALSE, sizeof (gint16), (guint) n);

  for (gsize i = 0; i < n; i++)
    {
      int sum = 0;
      gint16 value;

      for (guint c = 0; c < channels; c++)
        sum += (gint16) get (chunks->data + 2 * (i * channels + c), 2);
      value = (gint16) (sum / (int) channels);
      g_array_append_val (samples, value);
    }
  return samples;
}

static GArray *
refuse (GError **error, const char *path, const char *what)
{
  g_set_error (error, CLIENT_ERROR, CLIENT_FAILED,
               "%s: %s; ffmpeg -i FILE -ar 8000 -ac 1 -c:a pcm_s16le OUT.wav makes one that is "
               "understood",
               path, what);
  return NULL;
}

GArray *
wav_read (const char *path, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autofree char *file = NULL;
  Chunks chunks = { 0 };
  gsize len;
  guint channels;

  if (!g_file_get_contents (path, &file, &len, &reason))
    {
      g_set_error (error, CLIENT_ERROR, CLIENT_FAILED, "%s", reason->message);
      return NULL;
    }
  if (len > MAX_FILE || !find_chunks ((const guint8 *) file, len, &chunks))
    return refuse (error, path, "this is no WAV file");
  channels = get (chunks.format + 2, 2);
  if (get (chunks.format, 2) != 1 || get (chunks.format + 14, 2) != 16)
    return refuse (error, path, "this is not linear PCM of 16 bits");
  if (get (chunks.format + 4, 4) != WAV_RATE)
    return refuse (error, path, "the rate is not 8000 Hz, and nothing is resampled here");
  if (channels < 1 || channels > 2)
    return refuse (error, path, "there are more than two channels");
  if (chunks.data_len < 2 * channels)
    return refuse (error, path, "there is no sound in it");
  return read_samples (&chunks, channels);
}

/* ---- writing ---- */

struct _WavWriter {
  int fd;
  guint64 length; /* samples */
};

WavWriter *
wav_writer_new (const char *path, GError **error)
{
  int fd = open (path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  WavWriter *writer;

  if (fd < 0)
    {
      g_set_error (error, CLIENT_ERROR, CLIENT_FAILED, "%s: %s", path, g_strerror (errno));
      return NULL;
    }
  writer = g_new0 (WavWriter, 1);
  writer->fd = fd;
  return writer;
}

gboolean
wav_writer_add (WavWriter *writer, guint64 position, const gint16 *samples, gsize n)
{
  g_autofree guint8 *there = g_malloc0 (2 * n);
  gssize size = (gssize) (2 * n);
  off_t at = (off_t) (HEADER + 2 * position);

  if ((position + n) * 2 > G_MAXUINT32 - HEADER)
    {
      errno = EFBIG; /* a WAV file has 4 GiB */
      return FALSE;
    }
  if (position < writer->length && pread (writer->fd, there, (gsize) size, at) < 0)
    return FALSE;
  for (gsize i = 0; i < n; i++)
    {
      int sum = (gint16) get (there + 2 * i, 2) + samples[i];
      put (there + 2 * i, 2, (guint32) (guint16) (gint16) CLAMP (sum, G_MININT16, G_MAXINT16));
    }
  writer->length = MAX (writer->length, position + n);
  return pwrite (writer->fd, there, (gsize) size, at) == size;
}

guint64
wav_writer_get_length (const WavWriter *writer)
{
  return writer->length;
}

gboolean
wav_writer_close (WavWriter *writer)
{
  guint8 header[HEADER] = "RIFF....WAVEfmt ";
  guint32 octets = (guint32) (2 * writer->length);
  gboolean good;

  put (header + 4, 4, HEADER - 8 + octets);
  put (header + 16, 4, 16);
  put (header + 20, 2, 1);
  put (header + 22, 2, 1);
  put (header + 24, 4, WAV_RATE);
  put (header + 28, 4, 2 * WAV_RATE);
  put (header + 32, 2, 2);
  put (header + 34, 2, 16);
  memcpy (header + 36, "data", 4);
  put (header + 40, 4, octets);
  good = pwrite (writer->fd, header, HEADER, 0) == HEADER;
  good = close (writer->fd) == 0 && good;
  g_free (writer);
  return good;
}
