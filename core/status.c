/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The writer behind RflStatus: one JSON value (RFC 8259), written as it is told. What is in
 * it is for core.c, the path and the plugins to say.
 */
#include "core/status.h"
#include <math.h>
#include <string.h>

#define MAX_DEPTH 16

/**
 * @floor: levels below belong to somebody else and are not ended from here
 * @empty: whether nothing stands at this level yet, so that no comma is due
 */
struct _RflStatus {
  GString *text;
  guint depth;
  guint floor;
  char close[MAX_DEPTH];
  gboolean empty[MAX_DEPTH];
};

static void
append_escape (GString *text, gunichar c)
{
  static const char *const shorts = "\"\"\\\\\bb\ff\nn\rr\tt";

  for (const char *s = shorts; *s; s += 2)
    if ((gunichar) s[0] == c)
      {
        g_string_append_c (text, '\\');
        g_string_append_c (text, s[1]);
        return;
      }
  if (c < 0x20 || (c >= 0x7f && c < 0xa0))
    g_string_append_printf (text, "\\u%04x", c);
  else
    g_string_append_unichar (text, c);
}

static void
append_string (GString *text, const char *value)
{
  g_autofree char *valid = g_utf8_make_valid (value, -1);

  g_string_append_c (text, '"');
  for (const char *p = valid; *p; p = g_utf8_next_char (p))
    append_escape (text, g_utf8_get_char (p));
  g_string_append_c (text, '"');
}

/* Comma and key of the next value. Returns: %FALSE if a value cannot stand here. */
static gboolean
begin_value (RflStatus *status, const char *key)
{
  guint top = status->depth - 1;

  g_return_val_if_fail (status->depth > 0, FALSE);
  g_return_val_if_fail ((key != NULL) == (status->close[top] == '}'), FALSE);
  if (!status->empty[top])
    g_string_append_c (status->text, ',');
  status->empty[top] = FALSE;
  if (key)
    {
      append_string (status->text, key);
      g_string_append_c (status->text, ':');
    }
  return TRUE;
}

static void
push (RflStatus *status, char open, char close)
{
  g_string_append_c (status->text, open);
  status->close[status->depth] = close;
  status->empty[status->depth++] = TRUE;
}

static void
pop (RflStatus *status)
{
  g_string_append_c (status->text, status->close[--status->depth]);
}

void
rfl_status_add_int (RflStatus *status, const char *key, gint64 value)
{
  if (begin_value (status, key))
    g_string_append_printf (status->text, "%" G_GINT64_FORMAT, value);
}

void
rfl_status_add_double (RflStatus *status, const char *key, double value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  if (begin_value (status, key))
    g_string_append (status->text,
                     isfinite (value) ? g_ascii_dtostr (buffer, sizeof buffer, value) : "null");
}

void
rfl_status_add_bool (RflStatus *status, const char *key, gboolean value)
{
  if (begin_value (status, key))
    g_string_append (status->text, value ? "true" : "false");
}

void
rfl_status_add_string (RflStatus *status, const char *key, const char *value)
{
  if (!begin_value (status, key))
    return;
  if (value)
    append_string (status->text, value);
  else
    g_string_append (status->text, "null");
}

void
rfl_status_begin_object (RflStatus *status, const char *key)
{
  g_return_if_fail (status->depth < MAX_DEPTH);
  if (begin_value (status, key))
    push (status, '{', '}');
}

void
rfl_status_begin_array (RflStatus *status, const char *key)
{
  g_return_if_fail (status->depth < MAX_DEPTH);
  if (begin_value (status, key))
    push (status, '[', ']');
}

void
rfl_status_end (RflStatus *status)
{
  g_return_if_fail (status->depth > status->floor);
  pop (status);
}

RflStatus *
rfl_status_new (void)
{
  RflStatus *status = g_new0 (RflStatus, 1);

  status->text = g_string_new (NULL);
  push (status, '{', '}');
  status->floor = 1;
  return status;
}

void
rfl_status_call (RflStatus *status, const char *key, RflStatusFunc func, gpointer self)
{
  guint floor = status->floor;

  rfl_status_begin_object (status, key);
  status->floor = status->depth;
  func (self, status);
  while (status->depth > status->floor)
    pop (status);
  status->floor = floor;
  rfl_status_end (status);
}

char *
rfl_status_finish (RflStatus *status)
{
  char *text;

  while (status->depth > 0)
    pop (status);
  g_string_append_c (status->text, '\n');
  text = g_string_free (status->text, FALSE);
  g_free (status);
  return text;
}
