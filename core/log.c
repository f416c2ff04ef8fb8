/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Log lines with fields, and the writer that brings them to the journal or to standard error.
 * Not a file logger: rotation and the like are for whoever reads standard error.
 */
#include "core/log.h"
#include "core/log-output.h"
#include <reflector/clock.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct _RflLog {
  _Atomic int level;
  _Atomic gboolean has_sink;
  gboolean forced;
  gboolean journal;
  GMutex mutex; /* of what follows */
  LogOutput output;
  RflLogSink sink;
  gpointer user_data;
};

typedef struct {
  const char *key, *label;
} FieldLabel;

static const FieldLabel labels[] = { { "RFL_SESSION", "session" },
                                     { "RFL_PARTICIPANT", "participant" },
                                     { "RFL_PEER", "peer" } };

/* Also what the operator writes as `log_level`. */
static const struct {
  GLogLevelFlags level;
  const char *name, *priority, *shown;
} levels[] = { { G_LOG_LEVEL_ERROR, "fatal", "2", "FATAL" },
               { G_LOG_LEVEL_CRITICAL, "error", "3", "ERROR" },
               { G_LOG_LEVEL_WARNING, "warning", "4", "WARNING" },
               { G_LOG_LEVEL_MESSAGE, "notice", "5", "NOTICE" },
               { G_LOG_LEVEL_INFO, "info", "6", "INFO" },
               { G_LOG_LEVEL_DEBUG, "debug", "7", "DEBUG" } };

static guint
level_index (GLogLevelFlags level)
{
  for (guint i = 0; i < G_N_ELEMENTS (levels); i++)
    if (level & levels[i].level)
      return i;
  return G_N_ELEMENTS (levels) - 1;
}

GLogLevelFlags
rfl_log_level_from_name (const char *name)
{
  for (guint i = 1; i < G_N_ELEMENTS (levels); i++)
    if (strcmp (levels[i].name, name) == 0)
      return levels[i].level;
  return 0;
}

void
rfl_log_full (const char *domain, GLogLevelFlags level, const RflLogFields *about,
              const char *format, ...)
{
  g_autofree char *message = NULL;
  GLogField fields[6] = { { "PRIORITY", levels[level_index (level)].priority, -1 },
                          { "GLIB_DOMAIN", domain, -1 } };
  const char *values[] = { about ? about->session : NULL, about ? about->participant : NULL,
                           about ? about->peer : NULL };
  gsize n = 3;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  fields[2] = (GLogField){ "MESSAGE", message, -1 };
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    if (values[i])
      fields[n++] = (GLogField){ labels[i].key, values[i], -1 };
  g_log_structured_array (level, fields, n);
}

/* Nobody who can choose a name may forge a line or move the terminal's cursor: control
 * characters, direction marks and octets that are no UTF-8 are written as numbers. */
static void
append_escaped (GString *line, const char *value, gssize length, gboolean quoted)
{
  const char *end = value + (length < 0 ? (gssize) strlen (value) : length);

  while (value < end)
    {
      gunichar c = g_utf8_get_char_validated (value, end - value);
      if (c >= (gunichar) -2)
        {
          g_string_append_printf (line, "\\x%02x", (guchar) *value++);
          continue;
        }
      if (g_unichar_iscntrl (c) || g_unichar_type (c) == G_UNICODE_FORMAT || c == 0x2028
          || c == 0x2029)
        g_string_append_printf (line, c < 0x100 ? "\\x%02x" : "\\u%04x", c);
      else if (quoted && (c == '"' || c == '\\'))
        g_string_append_printf (line, "\\%c", (char) c);
      else
        g_string_append_unichar (line, c);
      value = g_utf8_next_char (value);
    }
}

static const GLogField *
find_field (const GLogField *fields, gsize n, const char *key)
{
  for (gsize i = 0; i < n; i++)
    if (strcmp (fields[i].key, key) == 0)
      return &fields[i];
  return NULL;
}

/* Quotes what would not read back as one word. */
static void
append_field (GString *line, const char *label, const GLogField *field)
{
  const char *value = field->value;
  gsize length = field->length < 0 ? strlen (value) : (gsize) field->length;
  gboolean quoted = length == 0 || memchr (value, ' ', length) || memchr (value, '"', length)
                    || memchr (value, '=', length);

  g_string_append_printf (line, " %s=%s", label, quoted ? "\"" : "");
  append_escaped (line, value, length, quoted);
  if (quoted)
    g_string_append_c (line, '"');
}

static GString *
make_line (GLogLevelFlags level, const GLogField *fields, gsize n)
{
  GString *line = g_string_new (levels[level_index (level)].shown);
  const GLogField *domain = find_field (fields, n, "GLIB_DOMAIN");
  const GLogField *message = find_field (fields, n, "MESSAGE");

  g_string_append_printf (line, " %s: ", domain ? (const char *) domain->value : "-");
  if (message)
    append_escaped (line, message->value, message->length, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (labels); i++)
    {
      const GLogField *field = find_field (fields, n, labels[i].key);
      if (field)
        append_field (line, labels[i].label, field);
    }
  return line;
}

GLogWriterOutput
rfl_log_write (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  RflLog *log = user_data;
  gboolean sink = atomic_load (&log->has_sink);
  GString *line;

  if (!sink && (int) (level & G_LOG_LEVEL_MASK) > atomic_load (&log->level))
    return G_LOG_WRITER_HANDLED;
  if (!sink && log->journal
      && g_log_writer_journald (level, fields, n_fields, NULL) == G_LOG_WRITER_HANDLED)
    return G_LOG_WRITER_HANDLED;
  line = make_line (level, fields, n_fields);
  g_mutex_lock (&log->mutex);
  if (log->sink)
    log->sink (level & G_LOG_LEVEL_MASK, line->str, log->user_data);
  else if (!sink)
    log_output_write (&log->output, line->str);
  g_mutex_unlock (&log->mutex);
  g_string_free (line, TRUE);
  return G_LOG_WRITER_HANDLED;
}

RflLog *
rfl_log_new (void)
{
  RflLog *log = g_new0 (RflLog, 1);

  g_mutex_init (&log->mutex);
  atomic_init (&log->level, G_LOG_LEVEL_MESSAGE);
  log->output.fd = STDERR_FILENO;
  log->journal = g_log_writer_is_journald (STDERR_FILENO);
  return log;
}

void
rfl_log_install (RflLog *log)
{
  g_log_set_writer_func (rfl_log_write, log, NULL);
}

void
rfl_log_set_level (RflLog *log, GLogLevelFlags level)
{
  if (!log->forced)
    atomic_store (&log->level, level);
}

gboolean
rfl_log_force_level (RflLog *log, const char *name)
{
  GLogLevelFlags level = rfl_log_level_from_name (name);

  if (level == 0)
    return FALSE;
  atomic_store (&log->level, level);
  log->forced = TRUE;
  return TRUE;
}

guint64
rfl_log_get_lost (RflLog *log)
{
  guint64 lost;

  g_mutex_lock (&log->mutex);
  lost = log->output.lost;
  g_mutex_unlock (&log->mutex);
  return lost;
}

void
rfl_log_set_sink (RflLog *log, RflLogSink sink, gpointer user_data)
{
  g_mutex_lock (&log->mutex);
  log->sink = sink;
  log->user_data = user_data;
  atomic_store (&log->has_sink, sink != NULL);
  g_mutex_unlock (&log->mutex);
}

void
rfl_log_free (RflLog *log)
{
  if (!log)
    return;
  g_mutex_clear (&log->mutex);
  g_free (log);
}

#define LIMIT_BURST 10

gboolean
rfl_log_limit_pass (RflLogLimit *limit, RflClock *clock, guint *suppressed)
{
  gint64 now = rfl_clock_now (clock);
  gint64 earned = (now - limit->last) / G_USEC_PER_SEC;

  if (limit->last == 0)
    {
      limit->last = MAX (now, 1);
      limit->tokens = LIMIT_BURST;
    }
  else if (earned > 0)
    {
      limit->last += earned * G_USEC_PER_SEC;
      limit->tokens = MIN (limit->tokens + earned, LIMIT_BURST);
    }
  if (limit->tokens == 0)
    {
      limit->suppressed++;
      return FALSE;
    }
  limit->tokens--;
  *suppressed = limit->suppressed;
  limit->suppressed = 0;
  return TRUE;
}
