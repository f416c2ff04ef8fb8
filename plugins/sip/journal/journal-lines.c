/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of journal-lines.h. */
#include "plugins/sip/journal/journal-lines.h"
#include <string.h>

typedef struct {
  guint64 id;
  gsize len;
  char text[];
} Line;

/**
 * SipLines:
 * @table: (element-type Line): by id
 */
struct _SipLines {
  GHashTable *table;
  gsize octets;
};

SipLines *
sip_lines_new (void)
{
  SipLines *lines = g_new0 (SipLines, 1);

  lines->table = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  return lines;
}

void
sip_lines_free (SipLines *lines)
{
  g_hash_table_unref (lines->table);
  g_free (lines);
}

void
sip_lines_set (SipLines *lines, guint64 id, const GString *line)
{
  Line *one = g_malloc (sizeof *one + line->len);

  one->id = id;
  one->len = line->len;
  memcpy (one->text, line->str, line->len);
  sip_lines_remove (lines, id);
  g_hash_table_replace (lines->table, one, one);
  lines->octets += line->len;
}

const char *
sip_lines_get (const SipLines *lines, guint64 id, gsize *len)
{
  const Line *one = g_hash_table_lookup (lines->table, &id);

  if (one && len)
    *len = one->len;
  return one ? one->text : NULL;
}

gboolean
sip_lines_remove (SipLines *lines, guint64 id)
{
  const Line *one = g_hash_table_lookup (lines->table, &id);

  if (one == NULL)
    return FALSE;
  lines->octets -= one->len;
  return g_hash_table_remove (lines->table, &id);
}

guint
sip_lines_count (const SipLines *lines)
{
  return g_hash_table_size (lines->table);
}

gsize
sip_lines_get_octets (const SipLines *lines)
{
  return lines->octets;
}

void
sip_lines_append_to (const SipLines *lines, GString *text)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, lines->table);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Line *one = value;
      g_string_append_len (text, one->text, (gssize) one->len);
    }
}
