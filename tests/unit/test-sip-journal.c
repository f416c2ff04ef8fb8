/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The journal of dialogs: what it refuses to read, what a restart does with it, and that no disk
 * costs a call. A crash is a copy of the file while the call is up.
 */
#include "plugins/sip/journal/journal-file.h"
#include "plugins/sip/journal/orphan.h"
#include "tests/unit/sip-house.h"
#include <fcntl.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static SipDialog *
make_dialog (guint64 id)
{
  static const char *const texts[SIP_DIALOG_N_TEXTS] = {
    "127.0.0.1", "sip:127.0.0.1:9;transport=udp", "call id %\n", "sip:room@127.0.0.1",
    "here",      "sip:alice@127.0.0.1",           "there",       "sip:alice@127.0.0.1:9",
    NULL
  };
  SipDialog *dialog = g_new0 (SipDialog, 1);

  dialog->id = id;
  dialog->since = 1000 + (gint64) id;
  dialog->expires = 90;
  for (guint i = 0; i < SIP_DIALOG_N_TEXTS; i++)
    dialog->texts[i] = g_strdup (texts[i]);
  return dialog;
}

static void
set_text (SipDialog *dialog, SipDialogText which, const char *text)
{
  g_free (dialog->texts[which]);
  dialog->texts[which] = g_strdup (text);
}

/* ---- records ---- */

static void
damaged (void)
{
  g_autoptr (SipDialog) dialog = make_dialog (7);
  g_autoptr (GString) good = g_string_new (NULL);

  g_assert_true (sip_record_write (good, dialog));
  for (gsize i = 0; i < good->len; i++)
    {
      g_autoptr (GString) bad = g_string_new_len (good->str, good->len);
      g_auto (SipRecords) records = { 0 }, torn = { 0 };

      bad->str[i] ^= 1;
      g_string_append_len (bad, good->str, good->len);
      sip_records_read (&records, bad->str, bad->len, 10);
      g_assert_cmpuint (records.damaged, >=, 1);
      g_assert_cmpuint (g_hash_table_size (records.dialogs), ==, i + 1 == good->len ? 0 : 1);
      sip_records_read (&torn, good->str, i, 10);
      g_assert_cmpuint (torn.damaged, ==, i > 0);
      g_assert_cmpuint (g_hash_table_size (torn.dialogs), ==, 0);
    }
}

/* With a right checksum, but of nonsense. */
static void
nonsense (void)
{
  static const char *const texts[] = { "%4", "%zz", "%00", "" };
  g_auto (SipRecords) records = { 0 };
  g_autoptr (GString) file = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (SipDialog) dialog = make_dialog (i + 1);
      set_text (dialog, SIP_DIALOG_CALL_ID, texts[i]);
      g_assert_true (sip_record_write (file, dialog));
    }
  sip_record_write_end (file, 99);
  sip_records_read (&records, file->str, file->len, 2);
  g_assert_cmpuint (records.damaged, ==, 0);
  g_assert_cmpuint (g_hash_table_size (records.dialogs), ==, 2);
}

static void
too_long (void)
{
  g_autoptr (SipDialog) dialog = make_dialog (1);
  g_autofree char *text = g_strnfill (SIP_RECORD_MAX / 3, '%');
  g_autoptr (GString) file = g_string_new ("before");

  set_text (dialog, SIP_DIALOG_TARGET, text);
  g_assert_false (sip_record_write (file, dialog));
  g_assert_cmpstr (file->str, ==, "before");
}

static void
there_and_back (void)
{
  g_autoptr (SipDialog) a = make_dialog (1), b = make_dialog (G_MAXUINT64);
  g_auto (SipRecords) records = { 0 };
  g_autoptr (GString) file = g_string_new (NULL);
  const SipDialog *read;

  b->tcp = TRUE;
  set_text (b, SIP_DIALOG_ROUTES, "-");
  sip_record_write (file, a);
  sip_record_write (file, b);
  sip_record_write_end (file, 1);
  sip_record_write_alive (file, 5000);
  sip_records_read (&records, file->str, file->len, 10);
  g_assert_cmpuint (records.damaged, ==, 0);
  g_assert_cmpint (records.alive, ==, b->since < 0 ? 5000 : MAX (b->since, 5000));
  g_assert_cmpuint (g_hash_table_size (records.dialogs), ==, 1);
  read = g_hash_table_lookup (records.dialogs, &b->id);
  g_assert_true (read->tcp);
  g_assert_cmpuint (read->expires, ==, 90);
  for (guint i = 0; i < SIP_DIALOG_N_TEXTS; i++)
    g_assert_cmpstr (read->texts[i], ==, b->texts[i]);
}

/* What the stack could not bear (a target that is no sip URI aborts the process), or what would put more
 * into the BYE than belongs there. */
static void
unsound (void)
{
  static const struct {
    SipDialogText which;
    const char *text;
  } rows[] = {
    { SIP_DIALOG_LOCAL_IP, "host" },
    { SIP_DIALOG_LOCAL_IP, NULL },
    { SIP_DIALOG_NEXT_HOP, "tel:1" },
    { SIP_DIALOG_CALL_ID, NULL },
    { SIP_DIALOG_CALL_ID, "a\r\nContact: *" },
    { SIP_DIALOG_LOCAL_URI, "sip:a@b>;x=<" },
    { SIP_DIALOG_LOCAL_TAG, "a;b" },
    { SIP_DIALOG_LOCAL_TAG, NULL },
    { SIP_DIALOG_REMOTE_URI, NULL },
    { SIP_DIALOG_REMOTE_URI, "sip:a b@c" },
    { SIP_DIALOG_REMOTE_TAG, "a>" },
    { SIP_DIALOG_TARGET, "tel:1" },
    { SIP_DIALOG_TARGET, "*" },
    { SIP_DIALOG_TARGET, "sip:" },
    { SIP_DIALOG_TARGET, "sip:a@b?Route=c" },
    { SIP_DIALOG_TARGET, NULL },
    { SIP_DIALOG_ROUTES, "<http://a>" },
    { SIP_DIALOG_ROUTES, "<sip:a;lr>,<tel:1>" },
    { SIP_DIALOG_ROUTES, "<sip:a?b=c>" },
    { SIP_DIALOG_ROUTES, "nonsense" },
  };
  g_autoptr (SipDialog) sound = make_dialog (1);

  set_text (sound, SIP_DIALOG_CALL_ID, "id");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *good = sound->texts[rows[i].which];

      g_test_message ("row %u", i);
      sound->texts[rows[i].which] = g_strdup (rows[i].text);
      g_assert_false (sip_orphan_is_sound (sound));
      set_text (sound, rows[i].which, good);
    }
  set_text (sound, SIP_DIALOG_ROUTES, "<sip:127.0.0.1:5;lr>,<sip:[::1];lr>");
  set_text (sound, SIP_DIALOG_REMOTE_URI, "tel:1");
  g_assert_true (sip_orphan_is_sound (sound));
}

/* ---- a house with a journal ---- */

/* @bell: where the phone's Contact says it is */
typedef struct {
  char *dir, *path;
  House *house;
  int bell;
  guint16 bell_port;
  char message[4096];
} Site;

static void
site_open (Site *site, const char *more)
{
  g_autofree char *options = g_strdup_printf ("journal = \"%s\"; %s", site->path, more);

  site->house = house_new (options);
}

static void
site_init (Site *site)
{
  struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr.s_addr = g_htonl (0x7f000001) };
  socklen_t len = sizeof here;

  memset (site, 0, sizeof *site);
  site->dir = g_dir_make_tmp ("sip-journal-XXXXXX", NULL);
  site->path = g_build_filename (site->dir, "dialogs", NULL);
  site->bell = socket (AF_INET, SOCK_DGRAM, 0);
  g_assert_cmpint (bind (site->bell, (struct sockaddr *) &here, sizeof here), ==, 0);
  g_assert_cmpint (getsockname (site->bell, (struct sockaddr *) &here, &len), ==, 0);
  site->bell_port = ntohs (here.sin_port);
}

static void
remove_all (const char *dir)
{
  g_autoptr (GDir) open = g_dir_open (dir, 0, NULL);

  for (const char *name; (name = g_dir_read_name (open)) != NULL;)
    {
      g_autofree char *path = g_build_filename (dir, name, NULL);
      g_remove (path);
    }
  g_rmdir (dir);
}

static void
site_clear (Site *site)
{
  if (site->house)
    house_free (site->house);
  remove_all (site->dir);
  close (site->bell);
  g_free (site->dir);
  g_free (site->path);
}

static char *
site_file (Site *site, gsize *len)
{
  char *text = NULL;

  if (!g_file_get_contents (site->path, &text, len, NULL))
    *len = 0;
  return text;
}

static gboolean
has_record (gpointer data)
{
  gsize len;
  g_autofree char *text = site_file (data, &len);
  g_auto (SipRecords) records = { 0 };

  sip_records_read (&records, text, len, 10);
  return g_hash_table_size (records.dialogs) > 0;
}

static gboolean
has_no_record (gpointer data)
{
  return !has_record (data);
}

static gboolean
bell_rings (gpointer data)
{
  Site *site = data;
  gssize n = recv (site->bell, site->message, sizeof site->message - 1, MSG_DONTWAIT);

  if (n > 0)
    site->message[n] = '\0';
  return n > 0;
}

static gboolean
no_orphans (gpointer data)
{
  return sip_orphans_count (((Site *) data)->house->sip->orphans) == 0;
}

static void
wait_for (Site *site, gboolean (*done) (gpointer))
{
  phone_run_until (site->house->context, done, site);
}

static Phone *
site_call (Site *site)
{
  Phone *phone = house_phone (site->house);

  g_free (phone->host);
  phone->host = g_strdup_printf ("127.0.0.1:%u", site->bell_port);
  house_call (phone);
  wait_for (site, has_record);
  return phone;
}

static void
answer_bye (Site *site, const char *status)
{
  g_autoptr (Phone) phone = house_phone (site->house);

  phone_answer (phone, site->message, status);
}

/* What the file has while a phone is in a call that ends thereafter. */
static char *
crash (Site *site, Phone **phone)
{
  gsize len;
  char *text;

  site_open (site, "");
  *phone = site_call (site);
  text = site_file (site, &len);
  house_hang_up (site->house, *phone);
  house_free (g_steal_pointer (&site->house));
  return text;
}

static void
restart (Site *site, const char *file)
{
  g_assert_true (g_file_set_contents (site->path, file, -1, NULL));
  site_open (site, "transaction_timeout = 1;");
}

static guint64
count (Site *site, const char *name)
{
  return rfl_counter_read (rfl_counter_get (site->house->core, name, ""));
}

static void
clean_stop (void)
{
  Site site;
  g_autoptr (Phone) phone = NULL;
  g_autofree char *old = NULL, *left = NULL;
  gsize len = 1;

  site_init (&site);
  old = crash (&site, &phone);
  g_assert_cmpuint (strlen (old), >, 0);
  left = site_file (&site, &len);
  g_assert_nonnull (left);
  g_assert_cmpuint (len, ==, 0);
  site_clear (&site);
}

static void
after_crash (void)
{
  Site site;
  g_autoptr (Phone) phone = NULL;
  g_autofree char *file = NULL, *id = NULL, *from = NULL;

  site_init (&site);
  file = crash (&site, &phone);
  restart (&site, file);
  wait_for (&site, bell_rings);
  id = g_strdup_printf ("\r\nCall-ID: %s\r\n", phone->call_id);
  from = g_strdup_printf ("\r\nFrom: <sip:room@127.0.0.1>;tag=%s\r\n", phone->tag);
  g_assert_true (g_str_has_prefix (site.message, "BYE sip:alice@127.0.0.1:"));
  g_assert_nonnull (strstr (site.message, id));
  g_assert_nonnull (strstr (site.message, from));
  g_assert_nonnull (strstr (site.message, "\r\nTo: <sip:alice@127.0.0.1>;tag=f1\r\n"));
  g_assert_nonnull (strstr (site.message, "\r\nReason: SIP;cause=503"));
  g_assert_cmpuint (g_ascii_strtoull (strstr (site.message, "\r\nCSeq: ") + 8, NULL, 10), >=,
                    1 << 30);
  g_assert_true (has_record (&site));
  answer_bye (&site, "200 OK");
  wait_for (&site, has_no_record);
  g_assert_cmpuint (count (&site, "sip.orphans_ended"), ==, 1);
  site_clear (&site);
}

/* It crashes again before the phone has answered: the next one asks again. Who never answers is
 * given up. */
static void
after_two_crashes (void)
{
  Site site;
  g_autoptr (Phone) phone = NULL;
  g_autofree char *file = NULL, *again = NULL;
  gsize len;

  site_init (&site);
  file = crash (&site, &phone);
  restart (&site, file);
  wait_for (&site, has_record);
  again = site_file (&site, &len);
  house_free (g_steal_pointer (&site.house));
  while (bell_rings (&site))
    ;
  restart (&site, again);
  wait_for (&site, bell_rings);
  wait_for (&site, no_orphans);
  wait_for (&site, has_no_record);
  g_assert_cmpuint (count (&site, "sip.orphans_failed"), ==, 1);
  site_clear (&site);
}

/* Any answer is one: 481 (over already), a challenge. */
static void
other_answers (void)
{
  static const struct {
    const char *status, *counter;
  } rows[] = { { "481 No", "sip.orphans_unknown" }, { "401 Who?", "sip.orphans_failed" } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      Site site;
      g_autoptr (Phone) phone = NULL;
      g_autofree char *file = NULL;

      site_init (&site);
      file = crash (&site, &phone);
      restart (&site, file);
      wait_for (&site, bell_rings);
      answer_bye (&site, rows[i].status);
      wait_for (&site, no_orphans);
      g_assert_cmpuint (count (&site, rows[i].counter), ==, 1);
      site_clear (&site);
    }
}

static gboolean
door_opens (gpointer fd)
{
  struct pollfd pfd = { .fd = GPOINTER_TO_INT (fd), .events = POLLIN };

  return poll (&pfd, 1, 0) == 1;
}

/* The connection of a call over TCP is gone: the Contact is tried, then where it came from. */
static void
over_tcp (void)
{
  struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr.s_addr = g_htonl (0x7f000001) };

  for (guint i = 0; i < 2; i++)
    {
      int door = socket (AF_INET, SOCK_STREAM, 0), connection;
      g_autoptr (SipDialog) dialog = make_dialog (1);
      g_autoptr (GString) file = g_string_new (NULL);
      g_autofree char *open = NULL;
      Site site;

      site_init (&site);
      here.sin_port = htons (site.bell_port);
      g_assert_cmpint (bind (door, (struct sockaddr *) &here, sizeof here), ==, 0);
      g_assert_cmpint (listen (door, 1), ==, 0);
      open = g_strdup_printf ("sip:127.0.0.1:%u;transport=tcp", site.bell_port);
      dialog->tcp = TRUE;
      dialog->since = g_get_real_time () / G_USEC_PER_SEC;
      set_text (dialog, SIP_DIALOG_CALL_ID, "id");
      set_text (dialog, SIP_DIALOG_TARGET, i == 0 ? open : "sip:a@127.0.0.1:9;transport=tcp");
      set_text (dialog, SIP_DIALOG_NEXT_HOP, i == 1 ? open : "sip:127.0.0.1:9;transport=tcp");
      sip_record_write (file, dialog);
      restart (&site, file->str);
      phone_run_until (site.house->context, door_opens, GINT_TO_POINTER (door));
      connection = accept (door, NULL, NULL);
      phone_run_until (site.house->context, door_opens, GINT_TO_POINTER (connection));
      g_assert_cmpint (recv (connection, site.message, sizeof site.message - 1, 0), >, 0);
      g_assert_true (g_str_has_prefix (site.message, "BYE "));
      close (connection);
      close (door);
      site_clear (&site);
    }
}

/* After the session interval, or a day, the phone has gone by itself. */
static void
too_old (void)
{
  Site site;
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (SipDialog) dialog = make_dialog (1);
      g_autoptr (GString) file = g_string_new (NULL);

      site_init (&site);
      dialog->since = i == 0 ? now - 200 : now - 25 * 3600;
      dialog->expires = i == 0 ? 90 : 0;
      sip_record_write (file, dialog);
      restart (&site, file->str);
      g_assert_cmpuint (sip_orphans_count (site.house->sip->orphans), ==, 0);
      site_clear (&site);
    }
}

/* What cannot be used is forgotten, and the daemon lives. */
static void
hostile_file (void)
{
  Site site;
  g_autoptr (SipDialog) dialog = make_dialog (1);
  g_autoptr (GString) file = g_string_new ("\xff\n\n A \nA 1 2 3\n");

  site_init (&site);
  dialog->since = g_get_real_time () / G_USEC_PER_SEC;
  set_text (dialog, SIP_DIALOG_TARGET, "tel:1");
  sip_record_write (file, dialog);
  restart (&site, file->str);
  g_assert_cmpuint (sip_orphans_count (site.house->sip->orphans), ==, 1);
  wait_for (&site, no_orphans);
  wait_for (&site, has_no_record);
  g_assert_cmpuint (count (&site, "sip.orphans_failed"), ==, 1);
  site_clear (&site);
}

/* ---- disks ---- */

/* The journal cannot be written, then it can: calls do not notice, and all of them are in it. */
static void
comes_back (void)
{
  Site site;
  g_autoptr (Phone) phone = NULL;
  g_autofree char *real = NULL;

  site_init (&site);
  real = g_strdup (site.path);
  g_free (site.path);
  site.path = g_build_filename (real, "below", NULL);
  site_open (&site, "");
  g_assert_cmpuint (count (&site, "sip.journal_errors"), ==, 1);
  phone = house_phone (site.house);
  house_call (phone);
  g_assert_cmpint (g_mkdir (real, 0700), ==, 0);
  for (guint i = 0; i < 3 && !has_record (&site); i++)
    {
      gint64 end = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;
      while (!has_record (&site) && g_get_monotonic_time () < end)
        g_main_context_iteration (site.house->context, TRUE);
    }
  g_assert_true (has_record (&site));
  house_hang_up (site.house, phone);
  house_free (g_steal_pointer (&site.house));
  remove_all (real);
  site_clear (&site);
}

static void
locked (void)
{
  Site site;
  g_autoptr (GError) error = NULL;
  int lock;

  site_init (&site);
  lock = sip_journal_file_lock (site.path, NULL);
  g_assert_cmpint (lock, >=, 0);
  g_assert_cmpint (sip_journal_file_lock (site.path, &error), ==, -1);
  g_assert_error (error, RFL_ERROR, RFL_ERROR_IO);
  site_open (&site, "");
  g_assert_cmpuint (count (&site, "sip.journal_errors"), ==, 1);
  close (lock);
  site_clear (&site);
}

static void
not_a_file (void)
{
  Site site;
  g_autoptr (GError) error = NULL;
  g_autofree char *data = NULL, *other = NULL;
  gsize len;

  site_init (&site);
  g_assert_cmpint (mkfifo (site.path, 0600), ==, 0);
  g_assert_false (sip_journal_file_read (site.path, &data, &len, &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_IO);
  g_clear_error (&error);
  g_remove (site.path);
  other = g_strconcat (site.path, ".other", NULL);
  g_assert_true (g_file_set_contents (other, "x", 1, NULL));
  g_assert_cmpint (symlink (other, site.path), ==, 0);
  g_assert_false (sip_journal_file_read (site.path, &data, &len, &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_IO);
  site_clear (&site);
}

static void
default_path (void)
{
  g_autofree char *none = NULL, *given = NULL, *state = NULL;
  g_autofree char *dir = g_dir_make_tmp ("sip-state-XXXXXX", NULL);
  g_autofree char *two = g_strconcat (dir, ":/nowhere", NULL);
  g_autofree char *expected = g_build_filename (dir, "dialogs", NULL);

  none = sip_journal_file_choose ("");
  g_assert_null (none);
  given = sip_journal_file_choose ("/x/y");
  g_assert_cmpstr (given, ==, "/x/y");
  g_setenv ("STATE_DIRECTORY", two, TRUE);
  state = sip_journal_file_choose (NULL);
  g_assert_cmpstr (state, ==, expected);
  g_setenv ("STATE_DIRECTORY", "/nowhere", TRUE);
  g_assert_null (sip_journal_file_choose (NULL));
  g_unsetenv ("STATE_DIRECTORY");
  g_rmdir (dir);
}

static GLogWriterOutput
quiet (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
  return G_LOG_WRITER_HANDLED;
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (quiet, NULL, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  g_test_add_func ("/sip/journal/damaged", damaged);
  g_test_add_func ("/sip/journal/nonsense", nonsense);
  g_test_add_func ("/sip/journal/too-long", too_long);
  g_test_add_func ("/sip/journal/there-and-back", there_and_back);
  g_test_add_func ("/sip/journal/unsound", unsound);
  g_test_add_func ("/sip/journal/not-a-file", not_a_file);
  g_test_add_func ("/sip/journal/default-path", default_path);
  g_test_add_func ("/sip/journal/locked", locked);
  g_test_add_func ("/sip/journal/hostile-file", hostile_file);
  g_test_add_func ("/sip/journal/too-old", too_old);
  g_test_add_func ("/sip/journal/comes-back", comes_back);
  g_test_add_func ("/sip/journal/other-answers", other_answers);
  g_test_add_func ("/sip/journal/over-tcp", over_tcp);
  g_test_add_func ("/sip/journal/after-two-crashes", after_two_crashes);
  g_test_add_func ("/sip/journal/after-crash", after_crash);
  g_test_add_func ("/sip/journal/clean-stop", clean_stop);
  return g_test_run ();
}
