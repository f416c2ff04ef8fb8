/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lines of the journal of dialogs, written and read. What is read may be torn or hostile: only
 * the form is checked here, what a URI is worth is for whoever uses it.
 */
#include "plugins/sip/journal/journal-record.h"
#include <string.h>

#define CRC_DIGITS 8

void
sip_dialog_free (SipDialog *dialog)
{
  if (dialog == NULL)
    return;
  for (guint i = 0; i < SIP_DIALOG_N_TEXTS; i++)
    g_free (dialog->texts[i]);
  g_free (dialog);
}

/* Four bits at a time: the table is small, and lines are short. */
static guint32
crc32 (const char *data, gsize len)
{
  static const guint32 table[16] = { 0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
                                     0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
                                     0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                     0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c };
  guint32 crc = 0xffffffff;

  for (gsize i = 0; i < len; i++)
    {
      crc ^= (guint8) data[i];
      crc = table[crc & 15] ^ (crc >> 4);
      crc = table[crc & 15] ^ (crc >> 4);
    }
  return ~crc;
}

/* ---- writing ---- */

static void
append_text (GString *out, const char *text)
{
  static const char digits[] = "0123456789ABCDEF";

  g_string_append_c (out, ' ');
  if (text == NULL || *text == '\0')
    g_string_append_c (out, '-');
  else if (strcmp (text, "-") == 0)
    g_string_append (out, "%2D");
  else
    for (const guint8 *p = (const guint8 *) text; *p; p++)
      if (g_ascii_isgraph (*p) && *p != '%')
        g_string_append_c (out, *p);
      else
        {
          g_string_append_c (out, '%');
          g_string_append_c (out, digits[*p >> 4]);
          g_string_append_c (out, digits[*p & 15]);
        }
}

static void
end_line (GString *out, gsize start)
{
  g_string_append_printf (out, " %08x\n", crc32 (out->str + start, out->len - start));
}

gboolean
sip_record_write (GString *out, const SipDialog *dialog)
{
  gsize start = out->len;

  g_string_append_printf (out, "A %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " %u %s", dialog->id,
                          dialog->since, dialog->expires, dialog->tcp ? "tcp" : "udp");
  for (guint i = 0; i < SIP_DIALOG_N_TEXTS; i++)
    append_text (out, dialog->texts[i]);
  end_line (out, start);
  if (out->len - start <= SIP_RECORD_MAX)
    return TRUE;
  g_string_truncate (out, start);
  return FALSE;
}

void
sip_record_write_end (GString *out, guint64 id)
{
  gsize start = out->len;

  g_string_append_printf (out, "E %" G_GUINT64_FORMAT, id);
  end_line (out, start);
}

void
sip_record_write_alive (GString *out, gint64 time)
{
  gsize start = out->len;

  g_string_append_printf (out, "T %" G_GINT64_FORMAT, time);
  end_line (out, start);
}

/* ---- reading ---- */

static char *
unescape (const char *text)
{
  GString *out;

  if (strcmp (text, "-") == 0)
    return NULL;
  out = g_string_new (NULL);
  for (; *text; text++)
    {
      int high, low;

      if (*text != '%')
        {
          g_string_append_c (out, *text);
          continue;
        }
      high = g_ascii_xdigit_value (text[1]);
      low = high < 0 ? -1 : g_ascii_xdigit_value (text[2]);
      if (low < 0 || high + low == 0)
        {
          g_string_free (out, TRUE);
          return NULL;
        }
      g_string_append_c (out, (char) (high << 4 | low));
      text += 2;
    }
  return g_string_free (out, FALSE);
}

static gboolean
read_dialog (SipDialog *dialog, char **fields)
{
  guint64 id, since, expires;

  if (g_strv_length (fields) != 5 + SIP_DIALOG_N_TEXTS
      || !g_ascii_string_to_unsigned (fields[1], 10, 0, G_MAXUINT64, &id, NULL)
      || !g_ascii_string_to_unsigned (fields[2], 10, 0, G_MAXINT64, &since, NULL)
      || !g_ascii_string_to_unsigned (fields[3], 10, 0, G_MAXUINT, &expires, NULL))
    return FALSE;
  dialog->id = id;
  dialog->since = (gint64) since;
  dialog->expires = (guint) expires;
  dialog->tcp = strcmp (fields[4], "tcp") == 0;
  for (guint i = 0; i < SIP_DIALOG_N_TEXTS; i++)
    dialog->texts[i] = unescape (fields[5 + i]);
  return dialog->tcp || strcmp (fields[4], "udp") == 0;
}

static gboolean
add_dialog (SipRecords *records, char **fields, guint max)
{
  g_autoptr (SipDialog) dialog = g_new0 (SipDialog, 1);

  if (!read_dialog (dialog, fields))
    return FALSE;
  records->alive = MAX (records->alive, dialog->since);
  if (g_hash_table_size (records->dialogs) < max
      || g_hash_table_contains (records->dialogs, &dialog->id))
    {
      SipDialog *owned = g_steal_pointer (&dialog);
      g_hash_table_replace (records->dialogs, &owned->id, owned);
    }
  return TRUE;
}

static gboolean
read_fields (SipRecords *records, char **fields, guint max)
{
  guint64 number;

  if (fields[0] == NULL || fields[1] == NULL)
    return FALSE;
  if (strcmp (fields[0], "A") == 0)
    return add_dialog (records, fields, max);
  if (fields[2] != NULL
      || !g_ascii_string_to_unsigned (fields[1], 10, 0, G_MAXUINT64, &number, NULL))
    return FALSE;
  if (strcmp (fields[0], "E") == 0)
    g_hash_table_remove (records->dialogs, &number);
  else if (strcmp (fields[0], "T") == 0 && number <= G_MAXINT64)
    records->alive = MAX (records->alive, (gint64) number);
  else
    return FALSE;
  return TRUE;
}

/* @line: without its newline */
static gboolean
read_line (SipRecords *records, const char *line, gsize len, guint max)
{
  g_autofree char *text = NULL, *crc = NULL;
  g_auto (GStrv) fields = NULL;

  if (len < CRC_DIGITS + 1 || len >= SIP_RECORD_MAX || memchr (line, '\0', len))
    return FALSE;
  len -= CRC_DIGITS + 1;
  crc = g_strdup_printf (" %08x", crc32 (line, len));
  if (memcmp (crc, line + len, CRC_DIGITS + 1) != 0)
    return FALSE;
  text = g_strndup (line, len);
  fields = g_strsplit (text, " ", 5 + SIP_DIALOG_N_TEXTS + 1);
  return read_fields (records, fields, max);
}

static void
free_dialog (gpointer data)
{
  sip_dialog_free (data);
}

void
sip_records_read (SipRecords *records, const char *data, gsize len, guint max)
{
  const char *end = data + len;

  memset (records, 0, sizeof *records);
  records->dialogs = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, free_dialog);
  while (data < end)
    {
      const char *newline = memchr (data, '\n', end - data);
      const char *stop = newline ? newline : end;

      if (newline == NULL || !read_line (records, data, stop - data, max))
        records->damaged++;
      data = stop + 1;
    }
}

void
sip_records_clear (SipRecords *records)
{
  g_clear_pointer (&records->dialogs, g_hash_table_unref);
}

void
sip_dialog_keep_routes (SipDialog *dialog, const char *line, gsize len)
{
  g_auto (SipRecords) records = { 0 };
  SipDialog *before;

  sip_records_read (&records, line, len, 1);
  before = g_hash_table_lookup (records.dialogs, &dialog->id);
  g_free (dialog->texts[SIP_DIALOG_ROUTES]);
  dialog->texts[SIP_DIALOG_ROUTES] =
      before ? g_steal_pointer (&before->texts[SIP_DIALOG_ROUTES]) : NULL;
}
