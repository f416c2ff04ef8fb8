/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* WAV files with 16 bits of linear PCM at 8,000 Hz. Resamples nothing.
 */
#pragma once

#include <glib.h>

#define WAV_RATE 8000

/* Reads a whole file; of two channels the mean. Errors: of CLIENT_ERROR. Returns: (transfer full) (element-type
 * gint16) */
GArray *wav_read (const char *path, GError **error);

typedef struct _WavWriter WavWriter;

/* A new file, or the old one emptied. Errors: of CLIENT_ERROR */
WavWriter *wav_writer_new (const char *path, GError **error);
/* Adds to what is at @position (samples from the beginning); silence where nothing was put. Returns: %FALSE with errno
 * of a full disk and the like */
gboolean wav_writer_add (WavWriter *writer, guint64 position, const gint16 *samples, gsize n);
guint64 wav_writer_get_length (const WavWriter *writer);
/* Writes the header. Returns: %FALSE with errno. Frees @writer. */
gboolean wav_writer_close (WavWriter *writer);
