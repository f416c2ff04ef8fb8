/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines into a file, a pipe or a terminal that may be full: a line that does not fit now is lost and
 * counted, since nobody may wait for a log. Knows nothing of levels and fields.
 */
#pragma once

#include <glib.h>

/**
 * LogOutput:
 * @torn: the last line was written in part
 * @lost: lines, since the beginning
 * @untold: those of them that no line has told of
 */
typedef struct {
  int fd;
  gboolean torn;
  guint64 lost, untold;
} LogOutput;

/* Writes @line and a newline at once, after one about lost lines if there were any. One call at a
 * time. */
void log_output_write (LogOutput *output, const char *line);
