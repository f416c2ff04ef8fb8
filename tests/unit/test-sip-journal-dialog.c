/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the journal keeps of a call, for each kind of caller. What becomes of it after a crash is in
 * test-sip-journal.
 */
#include "plugins/sip/journal/journal-record.h"
#include "tests/unit/sip-house.h"
#include <glib/gstdio.h>
#include <string.h>

typedef struct {
  House *house;
  char *dir, *path;
  SipRecords records;
} Site;

static void
site_init (Site *site)
{
  g_autofree char *more = NULL;

  memset (site, 0, sizeof *site);
  site->dir = g_dir_make_tmp ("test-journal-dialog-XXXXXX", NULL);
  site->path = g_build_filename (site->dir, "dialogs", NULL);
  more = g_strdup_printf ("journal = \"%s\";", site->path);
  site->house = house_new (more);
}

static void
site_clear (Site *site)
{
  g_autofree char *lock = g_strconcat (site->path, ".lock", NULL);

  sip_records_clear (&site->records);
  house_free (site->house);
  g_remove (site->path);
  g_remove (lock);
  g_assert_cmpint (g_rmdir (site->dir), ==, 0);
  g_free (site->dir);
  g_free (site->path);
}

static gboolean
has_record (gpointer data)
{
  Site *site = data;
  g_autofree char *text = NULL;
  gsize len;

  sip_records_clear (&site->records);
  if (!g_file_get_contents (site->path, &text, &len, NULL))
    return FALSE;
  sip_records_read (&site->records, text, len, 10);
  return g_hash_table_size (site->records.dialogs) > 0;
}

/* @from, @more: lines. Returns: what the journal has then */
static const SipDialog *
call (Site *site, Phone *phone, const char *from, const char *more)
{
  g_autofree char *text = g_strdup_printf (
      "INVITE sip:room@127.0.0.1 SIP/2.0\r\n"
      "Via: SIP/2.0/%s %s;branch=z9hG4bKi1;rport\r\n%sTo: <sip:room@127.0.0.1>\r\nCall-ID: %s\r\n"
      "CSeq: 1 INVITE\r\n%s" SDP "Content-Length: %zu\r\n\r\n%s",
      phone->tcp ? "TCP" : "UDP", phone->host, from, phone->call_id, more, strlen (OFFER), OFFER);
  g_autofree char *ok = NULL, *ack = NULL;
  GHashTableIter iter;
  gpointer dialog;

  phone_send_raw (phone, text, -1);
  ok = phone_expect (phone, "SIP/2.0 200");
  ack = g_strdup_printf (
      "ACK %s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=z9hG4bKa1;rport\r\n%s"
      "To: <sip:room@127.0.0.1>;tag=%s\r\nCall-ID: %s\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n",
      phone->contact, phone->tcp ? "TCP" : "UDP", phone->host, from, phone->tag, phone->call_id);
  phone_send_raw (phone, ack, -1);
  phone_run_until (site->house->context, has_record, site);
  g_hash_table_iter_init (&iter, site->records.dialogs);
  g_assert_true (g_hash_table_iter_next (&iter, NULL, &dialog));
  return dialog;
}

static void
end (Site *site, Phone *phone)
{
  g_autofree char *bye = NULL;

  sip_calls_end_all (site->house->sip, "enough");
  bye = phone_expect (phone, "BYE ");
  phone_answer (phone, bye, "200 OK");
  phone_run_until (site->house->context, house_is_empty, site->house);
}

#define FROM "From: <sip:alice@127.0.0.1>;tag=f1\r\n"
/* Where requests cannot go, so that they go back. */
#define AWAY "Contact: <sip:alice@192.0.2.1:9>\r\n"

static void
kinds (void)
{
  static const struct {
    const char *from, *more;
    const char *remote_uri, *remote_tag, *target, *routes;
    guint expires;
  } rows[] = {
    { "From: <sip:alice@127.0.0.1>\r\n", AWAY, "sip:alice@127.0.0.1", NULL, "sip:alice@192.0.2.1:9",
      NULL, 0 }, /* of RFC 2543 */
    { "From: \"A, B\" <sip:alice@127.0.0.1?Subject=x>;tag=f1\r\n", AWAY, "sip:alice@127.0.0.1",
      "f1", "sip:alice@192.0.2.1:9", NULL, 0 },
    { "From: <tel:+49123>;tag=f1\r\n", AWAY, "tel:+49123", "f1", "sip:alice@192.0.2.1:9", NULL, 0 },
    { FROM, "Contact: <sip:alice@192.0.2.1;transport=udp?Route=%3Csip:x%3E>\r\n",
      "sip:alice@127.0.0.1", "f1", "sip:alice@192.0.2.1;transport=udp", NULL, 0 },
    { FROM, AWAY "Supported: timer\r\nSession-Expires: 600;refresher=uac\r\n",
      "sip:alice@127.0.0.1", "f1", "sip:alice@192.0.2.1:9", NULL, 600 },
    { FROM, AWAY "Record-Route: <sip:proxy.invalid;lr>, <sip:[::1]:5?a=b>\r\n",
      "sip:alice@127.0.0.1", "f1", "sip:alice@192.0.2.1:9", "<sip:proxy.invalid;lr>,<sip:[::1]:5>",
      0 },
  };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (rows); i++)
    {
      gboolean tcp = i % 2;
      g_autoptr (Phone) phone = NULL;
      g_autofree char *hop = NULL;
      const SipDialog *dialog;
      Site site;

      g_test_message ("%u over %s", i / 2, tcp ? "TCP" : "UDP");
      site_init (&site);
      phone = phone_new (site.house->context, site.house->port, tcp);
      hop = g_strdup_printf ("sip:127.0.0.1:%u;transport=%s", phone->port, tcp ? "tcp" : "udp");
      dialog = call (&site, phone, rows[i / 2].from, rows[i / 2].more);
      g_assert_cmpstr (dialog->texts[SIP_DIALOG_NEXT_HOP], ==, hop);
      g_assert_cmpint (dialog->tcp, ==, tcp);
      g_assert_cmpstr (dialog->texts[SIP_DIALOG_LOCAL_IP], ==, "127.0.0.1");
      g_assert_cmpstr (dialog->texts[SIP_DIALOG_LOCAL_URI], ==, "sip:room@127.0.0.1");
      g_assert_cmpstr (dialog->texts[SIP_DIALOG_LOCAL_TAG], ==, phone->tag);
      g_assert_cmpstr (dialog->texts[SIP_DIALOG_REMOTE_URI], ==, rows[i / 2].remote_uri);
      g_assert_cmpstr (dialog->texts[SIP_DIALOG_REMOTE_TAG], ==, rows[i / 2].remote_tag);
      g_assert_cmpstr (dialog->texts[SIP_DIALOG_TARGET], ==, rows[i / 2].target);
      g_assert_cmpstr (dialog->texts[SIP_DIALOG_ROUTES], ==, rows[i / 2].routes);
      g_assert_cmpuint (dialog->expires, ==, rows[i / 2].expires);
      end (&site, phone);
      site_clear (&site);
    }
}

/* Along a route of numbers there is no other next hop. */
static void
numeric_route (void)
{
  g_autoptr (Phone) phone = NULL, proxy = NULL;
  g_autofree char *more = NULL, *routes = NULL;
  const SipDialog *dialog;
  Site site;

  site_init (&site);
  phone = house_phone (site.house);
  proxy = house_phone (site.house);
  routes = g_strdup_printf ("<sip:127.0.0.1:%u;lr>,<sip:proxy.invalid;lr>", proxy->port);
  more = g_strdup_printf (AWAY "Record-Route: %s\r\n", routes);
  dialog = call (&site, phone, FROM, more);
  g_assert_cmpstr (dialog->texts[SIP_DIALOG_NEXT_HOP], ==, NULL);
  g_assert_cmpstr (dialog->texts[SIP_DIALOG_ROUTES], ==, routes);
  end (&site, proxy);
  site_clear (&site);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  g_test_add_func ("/sip/journal-dialog/kinds", kinds);
  g_test_add_func ("/sip/journal-dialog/numeric-route", numeric_route);
  return g_test_run ();
}
