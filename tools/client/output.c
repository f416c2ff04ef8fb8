/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is told while in a room: lines of JSON, or text and a progress line. Not what it says. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/client/private.h"

/* What others say must not move a terminal's cursor; C1 controls count too. */
static char *
clean (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *out = g_string_new (NULL);

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);
      g_string_append_unichar (out, c != '\n' && g_unichar_iscntrl (c) ? 0xfffd : c);
    }
  return g_string_free (out, FALSE);
}

static void
wipe_progress (Client *client)
{
  if (client->progress_shown)
    fputs ("\r\033[K", stderr);
  client->progress_shown = FALSE;
}

void
client_tell (Client *client, ClientLine *line, const char *format, ...)
{
  g_autofree char *json = client_line_end (line);

  if (client->settings->json)
    puts (json);
  else if (format != NULL)
    {
      va_list args;
      g_autofree char *text = NULL, *shown = NULL;

      va_start (args, format);
      text = g_strdup_vprintf (format, args);
      va_end (args);
      shown = clean (text);
      wipe_progress (client);
      puts (shown);
    }
  fflush (stdout);
}

void
client_progress (Client *client, const char *format, ...)
{
  va_list args;
  g_autofree char *text = NULL, *shown = NULL;

  if (client->settings->json || !isatty (STDERR_FILENO))
    return;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  shown = clean (text);
  fprintf (stderr, "\r\033[K%s", shown);
  fflush (stderr);
  client->progress_shown = TRUE;
}

void
client_complain (Client *client, ClientExit status, const char *message)
{
  g_autofree char *shown = clean (message);

  wipe_progress (client);
  if (client->settings->json)
    {
      g_autofree char *json = client_line_end (
          client_line_int (client_line_text (client_line_new ("error"), "message", message),
                           "status", status));
      puts (json);
      fflush (stdout);
    }
  fprintf (stderr, "reflector-client: %s\n", shown);
}
