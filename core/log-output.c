/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes log lines without waiting. Not where they are made (log.c). */
#include "core/log-output.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

/* A full disk says so; a pipe that nobody reads would block. One that has room takes at least
 * PIPE_BUF octets without that. */
static gboolean
has_room (int fd)
{
  struct pollfd want = { .fd = fd, .events = POLLOUT };

  return poll (&want, 1, 0) == 1 && want.revents & POLLOUT;
}

static GString *
make_text (const LogOutput *output, const char *line, const char *stamp)
{
  GString *text = g_string_new (output->torn ? "\n" : NULL);

  if (output->untold > 0)
    g_string_append_printf (text,
                            "%s WARNING reflectord: %" G_GUINT64_FORMAT
                            " lines could not be written here\n",
                            stamp, output->untold);
  g_string_append_printf (text, "%s %s\n", stamp, line);
  return text;
}

/* Returns: how much could be written without waiting. */
static gsize
write_all (int fd, const GString *text)
{
  gsize done = 0;

  while (done < text->len && has_room (fd))
    {
      gssize n = write (fd, text->str + done, MIN (text->len - done, PIPE_BUF));
      if (n > 0)
        done += n;
      else if (n == 0 || errno != EINTR)
        break;
    }
  return done;
}

void
log_output_write (LogOutput *output, const char *line)
{
  gint64 now = g_get_real_time ();
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (now / G_USEC_PER_SEC);
  g_autofree char *time = g_date_time_format (date, "%Y-%m-%dT%H:%M:%S");
  g_autofree char *stamp = g_strdup_printf ("%s.%03dZ", time, (int) (now % G_USEC_PER_SEC / 1000));
  g_autoptr (GString) text = make_text (output, line, stamp);
  gsize written = write_all (output->fd, text);

  if (written == text->len)
    {
      output->torn = FALSE;
      output->untold = 0;
      return;
    }
  output->torn |= written > 0;
  output->lost++;
  output->untold++;
}
