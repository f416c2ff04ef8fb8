/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The journal of dialogs on the main thread: every call has its line in memory, lines go to the
 * writer in batches, and from time to time the file is written anew from memory, which is also how
 * it recovers from a full disk. What happens in the last moment before a crash is lost.
 * Not the place where bytes meet the disk: see journal-writer.c.
 */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/journal/journal.h"
#include "plugins/sip/call/call.h"
#include "plugins/sip/journal/journal-dialog.h"
#include "plugins/sip/journal/journal-file.h"
#include "plugins/sip/journal/journal-lines.h"
#include "plugins/sip/journal/journal-record.h"
#include "plugins/sip/journal/journal-writer.h"
#include "plugins/sip/journal/orphan.h"
#include <sofia-sip/sip_header.h>
#include <unistd.h>

/* How long lines are gathered. */
#define BATCH (20 * G_TIME_SPAN_MILLISECOND)
#define LOOK G_TIME_SPAN_SECOND
#define RETRY (5 * G_TIME_SPAN_SECOND)
#define HEARTBEAT (60 * G_TIME_SPAN_SECOND)
/* Above this and twice of what is alive the file is written anew. */
#define COMPACT_ABOVE (1024 * 1024)
/* A disk that is so far behind gets a fresh file instead, when it is there again. */
#define MAX_BACKLOG (4 * 1024 * 1024)
/* A phone that its reflector left a day ago has noticed. */
#define MAX_AGE (24 * 3600)

/**
 * SipJournal:
 * @writer: %NULL until the file is ours
 * @lock: descriptor of the lock file, or -1
 * @lines: what the file is to say
 * @appended: octets since the file was last replaced
 * @broken: nothing is appended until a replacement has been written
 * @replacing: a replacement is on its way
 * @complained: the failure has been told
 */
struct _SipJournal {
  SipPlugin *plugin;
  RflClock *clock;
  char *path;
  int lock;
  SipWriter *writer;
  SipLines *lines;
  GString *batch;
  guint64 next_id;
  gsize appended;
  gboolean broken, replacing, complained;
  RflTimer *batch_timer, *look_timer;
  gint64 retry_at, heartbeat_at;
  RflCounter *errors, *unrecorded;
};

static gint64
wall_time (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

/* ---- to the disk ---- */

static void
complain (SipJournal *self, const char *what, const char *why)
{
  rfl_counter_add (self->errors, 1);
  if (!self->complained)
    rfl_warning (NULL,
                 "the journal of dialogs cannot be %s: %s; a crash would leave phones behind "
                 "(tried again every %d s)",
                 what, why, (int) (RETRY / G_TIME_SPAN_SECOND));
  self->complained = TRUE;
  self->retry_at = rfl_clock_now (self->clock) + RETRY;
}

static void
replace_file (SipJournal *self)
{
  GString *text = g_string_sized_new (sip_lines_get_octets (self->lines) + 64);

  sip_lines_append_to (self->lines, text);
  if (text->len > 0)
    sip_record_write_alive (text, wall_time ());
  g_string_truncate (self->batch, 0);
  self->appended = 0;
  self->broken = FALSE;
  self->replacing = TRUE;
  sip_writer_replace (self->writer, text);
}

static void
flush (gpointer user_data)
{
  SipJournal *self = user_data;

  if (self->broken || self->batch->len == 0)
    return;
  if (sip_writer_get_backlog (self->writer) > MAX_BACKLOG)
    {
      self->broken = TRUE;
      g_string_truncate (self->batch, 0);
      complain (self, "written", "the disk is too slow");
      return;
    }
  self->appended += self->batch->len;
  sip_writer_append (self->writer, g_steal_pointer (&self->batch));
  self->batch = g_string_new (NULL);
}

static gboolean
can_record (const SipJournal *self)
{
  return self->writer != NULL && !self->broken;
}

static void
batch_grows (SipJournal *self)
{
  if (!rfl_timer_is_running (self->batch_timer))
    rfl_timer_start (self->batch_timer, BATCH);
}

/* ---- opening ---- */

/* Not when the predecessor's phones have ended the call by themselves long since: after their
 * session interval, or when somebody looked at them during a day. */
static gboolean
is_too_old (const SipDialog *dialog, gint64 died)
{
  gint64 age = wall_time () - MAX (died, dialog->since);

  return age > MAX_AGE || (dialog->expires > 0 && age > dialog->expires);
}

static void
adopt (SipJournal *self, SipRecords *records)
{
  guint n = 0, old = 0;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, records->dialogs);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      g_autoptr (GString) line = g_string_new (NULL);
      SipDialog *dialog = value;

      g_hash_table_iter_steal (&iter);
      if (is_too_old (dialog, records->alive) || !sip_record_write (line, dialog)
          || sip_lines_get (self->lines, dialog->id, NULL))
        {
          sip_dialog_free (dialog);
          old++;
          continue;
        }
      sip_lines_set (self->lines, dialog->id, line);
      sip_orphans_add (self->plugin->orphans, dialog);
      n++;
    }
  if (n + old + records->damaged > 0)
    rfl_notice (NULL,
                "the journal tells of %u calls that a crash has left behind (%u too old, %u "
                "damaged lines)",
                n, old, records->damaged);
}

static gboolean
try_open (SipJournal *self)
{
  g_auto (SipRecords) records = { 0 };
  g_autofree char *data = NULL;
  g_autoptr (GError) error = NULL;
  gsize len = 0;

  if (self->lock < 0)
    self->lock = sip_journal_file_lock (self->path, &error);
  if (self->lock < 0 || !sip_journal_file_read (self->path, &data, &len, &error))
    {
      complain (self, "opened", error->message);
      return FALSE;
    }
  sip_records_read (&records, data, len, SIP_MAX_ORPHANS);
  self->writer = sip_writer_new (self->path);
  adopt (self, &records);
  replace_file (self);
  return TRUE;
}

/* ---- once a second ---- */

static void
check_writer (SipJournal *self)
{
  int error = sip_writer_take_error (self->writer);

  if (error != 0)
    {
      self->broken = TRUE;
      self->replacing = FALSE;
      g_string_truncate (self->batch, 0);
      complain (self, "written", g_strerror (error));
    }
  else if (self->replacing && sip_writer_get_backlog (self->writer) == 0)
    {
      self->replacing = FALSE;
      if (self->complained)
        rfl_notice (NULL, "the journal of dialogs is written again");
      self->complained = FALSE;
    }
}

/* So that the next process knows when this one was alive. */
static void
beat (SipJournal *self, gint64 now)
{
  if (now < self->heartbeat_at || !can_record (self) || sip_lines_count (self->lines) == 0)
    return;
  self->heartbeat_at = now + HEARTBEAT;
  sip_record_write_alive (self->batch, wall_time ());
  batch_grows (self);
}

static void
look (gpointer user_data)
{
  SipJournal *self = user_data;
  gint64 now = rfl_clock_now (self->clock);

  if (self->writer)
    check_writer (self);
  if (self->writer == NULL)
    {
      /* At the end nobody is there to take what it tells of. */
      if (now >= self->retry_at && !self->plugin->stopping)
        try_open (self);
      return;
    }
  if (sip_writer_get_backlog (self->writer) == 0
      && (self->broken ? now >= self->retry_at
                       : self->appended > COMPACT_ABOVE
                             && self->appended > 2 * sip_lines_get_octets (self->lines)))
    replace_file (self);
  beat (self, now);
}

/* ---- life ---- */

SipJournal *
sip_journal_new (SipPlugin *plugin)
{
  SipJournal *self;
  g_autofree char *path = sip_journal_file_choose (plugin->settings.journal);

  if (path == NULL)
    return NULL;
  self = g_new0 (SipJournal, 1);
  self->plugin = plugin;
  self->clock = rfl_core_get_clock (plugin->core);
  self->path = g_steal_pointer (&path);
  self->lock = -1;
  self->lines = sip_lines_new ();
  self->batch = g_string_new (NULL);
  /* So no number of the predecessor's, whose ends are written to the same file, comes again. */
  self->next_id = rfl_core_get_epoch (plugin->core);
  self->errors = rfl_counter_get (plugin->core, "sip.journal_errors",
                                  "failures to open or write the journal of dialogs");
  self->unrecorded =
      rfl_counter_get (plugin->core, "sip.journal_unrecorded", "dialogs too long for the journal");
  self->batch_timer = rfl_timer_new (self->clock, "sip.journal-batch", flush, self);
  self->look_timer = rfl_timer_new (self->clock, "sip.journal", look, self);
  rfl_timer_repeat (self->look_timer, LOOK);
  try_open (self);
  return self;
}

void
sip_journal_free (SipJournal *self)
{
  if (self == NULL)
    return;
  rfl_timer_free (self->batch_timer);
  rfl_timer_free (self->look_timer);
  if (self->writer)
    replace_file (self);
  sip_writer_free (self->writer);
  if (self->lock >= 0)
    close (self->lock);
  sip_lines_free (self->lines);
  g_string_free (self->batch, TRUE);
  g_free (self->path);
  g_free (self);
}

/* ---- dialogs ---- */

static void
forget (SipJournal *self, guint64 id)
{
  if (!sip_lines_remove (self->lines, id) || !can_record (self))
    return;
  sip_record_write_end (self->batch, id);
  batch_grows (self);
}

void
sip_journal_forget (SipJournal *self, SipCall *call)
{
  if (self && call->journal_id != 0)
    forget (self, call->journal_id);
  call->journal_id = 0;
}

void
sip_journal_forget_orphan (SipJournal *self, guint64 id)
{
  if (self)
    forget (self, id);
}

static void
record (SipJournal *self, SipDialog *dialog)
{
  g_autoptr (GString) line = g_string_sized_new (512);
  gsize old_len;
  const char *old = sip_lines_get (self->lines, dialog->id, &old_len);

  if (old)
    sip_dialog_keep_routes (dialog, old, old_len);
  if (!sip_record_write (line, dialog))
    {
      rfl_counter_add (self->unrecorded, 1);
      return;
    }
  sip_lines_set (self->lines, dialog->id, line);
  if (!can_record (self))
    return;
  g_string_append_len (self->batch, line->str, line->len);
  batch_grows (self);
}

void
sip_journal_note (SipJournal *self, SipCall *call, const sip_t *sip)
{
  g_autoptr (SipDialog) dialog = NULL;

  if (self == NULL || (dialog = sip_dialog_from_call (call, sip)) == NULL)
    return;
  while (call->journal_id == 0)
    call->journal_id = ++self->next_id;
  dialog->id = call->journal_id;
  dialog->since = wall_time ();
  record (self, dialog);
}

void
sip_journal_note_request (SipJournal *self, SipCall *call, const SipRequest *request)
{
  msg_t *msg = self && request ? nua_saved_event_request (request->saved) : NULL;

  if (msg)
    sip_journal_note (self, call, sip_object (msg));
}

void
sip_journal_status (const SipJournal *self, RflStatus *status)
{
  rfl_status_begin_object (status, "journal");
  rfl_status_add_string (status, "path", self ? self->path : NULL);
  rfl_status_add_bool (status, "works", self && can_record (self) && !self->complained);
  rfl_status_add_int (status, "dialogs", self ? sip_lines_count (self->lines) : 0);
  rfl_status_end (status);
}
