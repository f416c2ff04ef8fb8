/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feeds the reader of the journal, once as it stands and once as fields of a record whose checksum
 * is right; what has been read must survive being written and read again.
 */
#include "plugins/sip/journal/orphan.h"
#include "tests/fuzz/fuzz.h"

#define MOST 16

static void
check_round_trip (const SipDialog *dialog)
{
  g_autoptr (GString) line = g_string_new (NULL);
  g_auto (SipRecords) again = { 0 };
  const SipDialog *copy;

  sip_orphan_is_sound (dialog);
  if (!sip_record_write (line, dialog))
    return;
  sip_records_read (&again, line->str, line->len, MOST);
  g_assert_cmpuint (again.damaged, ==, 0);
  copy = g_hash_table_lookup (again.dialogs, &dialog->id);
  g_assert_nonnull (copy);
  for (guint i = 0; i < SIP_DIALOG_N_TEXTS; i++)
    g_assert_cmpstr (copy->texts[i], ==, dialog->texts[i]);
}

static void
feed (const char *data, gsize size)
{
  g_auto (SipRecords) records = { 0 };
  GHashTableIter iter;
  gpointer value;

  sip_records_read (&records, data, size, MOST);
  g_assert_cmpuint (g_hash_table_size (records.dialogs), <=, MOST);
  g_hash_table_iter_init (&iter, records.dialogs);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    check_round_trip (value);
}

/* NUL between two texts */
static void
feed_texts (const char *data, gsize size)
{
  g_autoptr (SipDialog) dialog = g_new0 (SipDialog, 1);

  dialog->id = size;
  for (guint i = 0; i < SIP_DIALOG_N_TEXTS && size > 0; i++)
    {
      gsize n = strnlen (data, size);

      dialog->texts[i] = n > 0 ? g_strndup (data, n) : NULL;
      data += MIN (n + 1, size);
      size -= MIN (n + 1, size);
    }
  check_round_trip (dialog);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  feed ((const char *) data, size);
  feed_texts ((const char *) data, size);
  return 0;
}
