/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Drives the running plugin over loopback with a script of messages that knows the tags of its
 * dialog; after each script the plugin answers an OPTIONS and keeps to its limit of calls. Not for
 * a machine with a network when it fuzzes: a Contact may name anybody (`unshare -rn`).
 *
 * A script is text: a line "%u" or "%t" begins a datagram or a piece of a TCP stream, and a line
 * "%k" ends all participants. LF is sent as CRLF. {t} is the To tag of the last answer, {r} the
 * plugin's Contact, {c} the Call-ID, {n} the next CSeq, {s} the same again, {p} the phone's port.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/sip-house.h"

#define MAX_STEPS 16 /* per script */
#define MAX_CALLS 64

typedef struct {
  House *house;
  Phone *udp, *tcp;
} Live;

/* One plugin for all inputs: what one leaves behind is what the next one meets. */
static House *
get_house (void)
{
  static House *house;

  if (house == NULL)
    {
      g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
      house = house_new ("transaction_timeout = 1; max_calls = 64; "
                         "unlimited = [ \"127.0.0.0/8\" ];");
    }
  return house;
}

static void
fill_in (GString *out, Phone *phone, char what)
{
  if (what == 't')
    g_string_append (out, phone->tag ? phone->tag : "none");
  else if (what == 'r')
    g_string_append (out, phone->contact ? phone->contact : "sip:room@127.0.0.1");
  else if (what == 'c')
    g_string_append (out, phone->call_id);
  else if (what == 'n')
    g_string_append_printf (out, "%u", ++phone->cseq);
  else if (what == 's')
    g_string_append_printf (out, "%u", phone->cseq);
  else if (what == 'p')
    g_string_append_printf (out, "%u", phone->port);
}

static GString *
expand (Phone *phone, const char *text, gsize len)
{
  GString *out = g_string_new (NULL);

  for (gsize i = 0; i < len && out->len < 60000; i++)
    if (i + 2 < len && text[i] == '{' && text[i + 2] == '}')
      {
        fill_in (out, phone, text[i + 1]);
        i += 2;
      }
    else if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r'))
      g_string_append (out, "\r\n");
    else
      g_string_append_c (out, text[i]);
  return out;
}

/* Answers what the plugin asks, so that its calls end. On loopback what was sent has come. */
static void
listen_to (Phone *phone)
{
  for (guint i = 0; i < 8 && !phone->closed; i++)
    {
      g_autofree char *message = NULL;

      for (guint turn = 0; turn < 16 && g_main_context_iteration (phone->context, FALSE); turn++)
        ;
      message = phone_receive_for (phone, 0);
      if (message == NULL)
        return;
      if (!g_str_has_prefix (message, "SIP/2.0"))
        phone_answer (phone, message, "200 OK");
    }
}

static void
end_all (House *house)
{
  g_autoptr (GList) all = g_hash_table_get_values (house->core->participants);

  for (GList *next = all; next; next = next->next)
    rfl_participant_end (next->data, "enough");
}

static void
step (Live *live, const char *text, gsize len)
{
  Phone *phone = text[1] == 't' ? live->tcp : live->udp;
  const char *end = memchr (text, '\n', len);

  if (text[1] == 'k')
    end_all (live->house);
  else if (end != NULL && !phone->closed)
    {
      gsize head = end + 1 - text;
      GString *out = expand (phone, text + head, len - head);
      if (out->len > 0)
        phone_send_raw (phone, out->str, out->len);
      g_string_free (out, TRUE);
    }
  listen_to (phone);
}

static gboolean
starts_step (const char *text, gsize left)
{
  return left > 2 && text[0] == '%' && strchr ("utk", text[1]) && text[1] && text[2] == '\n';
}

static void
play (Live *live, const char *text, gsize len)
{
  gsize start = 0;
  guint n = 0;

  if (!starts_step (text, len))
    return;
  for (gsize i = 1; i <= len && n < MAX_STEPS; i++)
    if (i == len || (text[i - 1] == '\n' && starts_step (text + i, len - i)))
      {
        step (live, text + start, i - start);
        start = i;
        n++;
      }
}

static void
check_alive (House *house)
{
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *ok = NULL;

  phone_send (phone, "OPTIONS", "sip:127.0.0.1", NULL, NULL);
  ok = phone_expect (phone, "SIP/2.0 200");
  g_assert_cmpuint (g_hash_table_size (house->sip->calls), <=, MAX_CALLS);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static guint n;
  House *house = get_house ();
  Live live = { house, house_phone (house), phone_new (house->context, house->port, TRUE) };

  play (&live, (const char *) data, size);
  end_all (house);
  listen_to (live.udp);
  listen_to (live.tcp);
  check_alive (house);
  phone_free (live.udp);
  phone_free (live.tcp);
  if (++n % 500 == 0)
    phone_run_until (house->context, house_is_empty, house);
  return 0;
}
