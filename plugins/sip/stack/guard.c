/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parser class with every header guarded. Whatever becomes the target or the route of a
 * request that the stack itself sends later (the BYE of a call that nobody ACKs, or that
 * an operator ends) must be a sip or sips URI with a host: the stack asserts that or
 * recurses without end, and of requests inside a dialog the application hears too late
 * (defect S2). And the number of headers is bounded: the library walks its lists for each
 * header it adds, so that one datagram of 64 KiB costs seconds (defect S5), and takes
 * comma-separated lists by recursion. The one Contact that is no URI, `*`, may stand alone in a
 * REGISTER: it never becomes a target.
 * And a phone that refuses a text keeps its call (defect S6): see spare_dialog().
 * Not a check of what only the application reads: the Request-URI may be anything here.
 */
#include "plugins/sip/stack/guard.h"
#include <glib.h>
#include <sofia-sip/msg.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINES 200
#define MAX_COMMAS 64
/* Room for each class twice. */
#define HASH_SIZE 509

/**
 * Wrapper:
 * @class: what the parser finds; first, so that a pointer to it is one to the wrapper
 * @original: what it stands for
 * @guard: whose it is
 */
typedef struct {
  struct msg_hclass_s class;
  msg_hclass_t *original;
  const SipGuard *guard;
} Wrapper;

struct _SipGuard {
  msg_mclass_t *parser;
  GPtrArray *wrappers;
  SipGuardDropFunc drop; /* or %NULL */
  gpointer drop_data;
  issize_t (*extract_body) (msg_t *, msg_pub_t *, char[], isize_t, int);
  SipGuardFunc func;
  gpointer user_data;
};

static gboolean
is_sip (const url_t *url)
{
  return (url->url_type == url_sip || url->url_type == url_sips) && url->url_host != NULL
         && *url->url_host != '\0' && strlen (url->url_host) <= 255;
}

static gboolean
is_target (const msg_hclass_t *class)
{
  return class == sip_contact_class || class == sip_route_class || class == sip_record_route_class;
}

/* RFC 3261 §10.2.2; the first line stands before all headers. */
static gboolean
is_star (su_home_t *home, const msg_hclass_t *class, const msg_header_t *header)
{
  const sip_t *sip = sip_object ((msg_t *) home);

  return class == sip_contact_class && sip->sip_request
         && sip->sip_request->rq_method == sip_method_register
         && ((const sip_contact_t *) header)->m_url->url_type == url_any && header->sh_next == NULL;
}

static gboolean
are_sip (const msg_hclass_t *class, const msg_header_t *header)
{
  for (const msg_header_t *h = header; h; h = h->sh_next)
    {
      const sip_header_t *sip = (const sip_header_t *) h;
      if (!is_sip (class == sip_contact_class ? sip->sh_contact->m_url : sip->sh_route->r_url))
        return FALSE;
    }
  return TRUE;
}

static guint
count (const char *text, gsize len, char what)
{
  const char *end = text + len;
  guint n = 0;

  while ((text = memchr (text, what, end - text)) != NULL)
    {
      n++;
      text++;
    }
  return n;
}

/* The message itself is the home that its headers are parsed in; `sip_user` is the
 * application's, and counts. Too many: the message ends here, as a bad one. */
static gboolean
count_line (su_home_t *home)
{
  sip_t *sip = sip_object ((msg_t *) home);
  guint n = GPOINTER_TO_UINT (sip->sip_user) + 1;

  sip->sip_user = GUINT_TO_POINTER (n);
  if (n <= MAX_LINES)
    return TRUE;
  sip->sip_flags |= MSG_FLG_COMPLETE | MSG_FLG_ERROR;
  return FALSE;
}

/* A 404 to anything inside of a dialog ends it (RFC 5057 §5.1), in this stack without a BYE, so
 * that the phone stays behind; and a 401 waits for credentials that never come, the BYE behind it.
 * Neither is meant by a phone that does not know what to do with a MESSAGE. Of a NOTIFY any refusal ends the
 * subscription (RFC 6665 §4.2.2), and nothing else. */
static void
spare_dialog (su_home_t *home, const msg_header_t *header)
{
  sip_t *sip = sip_object ((msg_t *) home);

  if (sip->sip_status == NULL || sip->sip_status->st_status < 300)
    return;
  if (((const sip_cseq_t *) header)->cs_method == sip_method_message)
    sip->sip_status->st_status = 400;
  else if (((const sip_cseq_t *) header)->cs_method == sip_method_notify)
    sip->sip_status->st_status = 481;
}

/* With the original class in place from the start, the other members of a list are made
 * with it too, and every later comparison of classes in the library holds. A header that
 * is added to an earlier one comes with its original class already. */
static issize_t
parse_header (su_home_t *home, msg_header_t *header, char *text, isize_t len)
{
  msg_hclass_t *class = header->sh_class;
  issize_t used;

  if (class->hc_parse == parse_header)
    class = header->sh_class = ((const Wrapper *) class)->original;
  if (!count_line (home))
    return -1;
  if (class != sip_unknown_class && count (text, len, ',') > MAX_COMMAS)
    return -1;
  used = class->hc_parse (home, header, text, len);
  if (used >= 0 && class == sip_cseq_class)
    spare_dialog (home, header);
  if (used < 0 || !is_target (class) || is_star (home, class, header))
    return used;
  return are_sip (class, header) ? used : -1;
}

/* The rest of what has been received follows the first line, up to a NUL; lines that are no
 * headers at all are met by no function of ours, so they are counted here. */
static issize_t
parse_first_line (su_home_t *home, msg_header_t *header, char *text, isize_t len)
{
  /* Where headers are copied, the buffer is what sh_data points into. */
  const char *rest =
      header->sh_data ? (const char *) header->sh_data + header->sh_len : text + len + 1;
  const char *end = strstr (rest, "\r\n\r\n");
  const SipGuard *guard = ((const Wrapper *) header->sh_class)->guard;

  header->sh_class = ((const Wrapper *) header->sh_class)->original;
  /* Without a first line it is nothing that the stack could answer. */
  if (guard->drop && guard->drop ((msg_t *) home, guard->drop_data))
    return -1;
  if (count (rest, end ? (gsize) (end - rest) : strlen (rest), '\n') > MAX_LINES)
    return -1;
  return header->sh_class->hc_parse (home, header, text, len);
}

/* Behind the last header. A message that arrives in pieces is taken when its body is whole (its size
 * is bounded), so that there is one moment at which it is complete. */
static issize_t
extract_body (msg_t *msg, msg_pub_t *public, char text[], isize_t size, int end)
{
  const SipGuard *guard = ((const Wrapper *) msg_mclass (msg)->mc_request->hr_class)->guard;
  sip_t *sip = (sip_t *) public;
  issize_t used;

  if ((sip->sip_flags & MSG_FLG_BODY) && !end && sip->sip_content_length
      && (gsize) size < sip->sip_content_length->l_length)
    return 0;
  used = guard->extract_body (msg, public, text, size, end);
  if (used >= 0 && guard->func && sip->sip_request
      && (sip->sip_flags & (MSG_FLG_COMPLETE | MSG_FLG_ERROR)) == MSG_FLG_COMPLETE
      && !guard->func (msg, sip, guard->user_data))
    sip->sip_request = NULL; /* the stack takes it for nothing */
  return used;
}

static msg_hclass_t *
wrap (SipGuard *guard, msg_hclass_t *original, msg_parse_f *parse)
{
  Wrapper *wrapper = g_new0 (Wrapper, 1);

  wrapper->class = *original;
  wrapper->class.hc_parse = parse;
  wrapper->original = original;
  wrapper->guard = guard;
  if (is_target (original))
    wrapper->class.hc_critical = 1;
  g_ptr_array_add (guard->wrappers, wrapper);
  return &wrapper->class;
}

/* The wrapper takes the original's place in the hash, where names are looked up; the
 * original moves to a free slot behind it, where the library looks classes up. */
static void
wrap_named (SipGuard *guard, msg_hclass_t *original)
{
  msg_mclass_t *parser = guard->parser;
  /* As pointers: the array is larger than its declaration says. */
  msg_href_t *shorts = (msg_href_t *) parser->mc_short, *hash = parser->mc_hash, moved;
  msg_hclass_t *wrapper = wrap (guard, original, parse_header);
  char letter = original->hc_short[0];

  for (int i = 0; i < parser->mc_hash_size; i++)
    if (hash[i].hr_class == original)
      {
        moved = hash[i];
        hash[i].hr_class = wrapper;
        if (msg_mclass_insert (parser, &moved) < 0)
          break;
        if (letter && shorts)
          shorts[letter - 'a'].hr_class = wrapper;
        return;
      }
  g_error ("sofia-sip's header table is not as expected");
}

SipGuard *
sip_guard_new (void)
{
  const msg_mclass_t *original = sip_default_mclass ();
  const msg_href_t *hash = original->mc_hash;
  SipGuard *guard = g_new0 (SipGuard, 1);
  msg_mclass_t *parser = guard->parser = msg_mclass_clone (original, HASH_SIZE, 0);

  if (parser == NULL)
    g_error ("cannot clone sofia-sip's parser");
  guard->wrappers = g_ptr_array_new_with_free_func (g_free);
  for (int i = 0; i < original->mc_hash_size; i++)
    if (hash[i].hr_class)
      wrap_named (guard, hash[i].hr_class);
  guard->extract_body = parser->mc_extract_body;
  parser->mc_extract_body = extract_body;
  parser->mc_unknown->hr_class = wrap (guard, parser->mc_unknown->hr_class, parse_header);
  parser->mc_request->hr_class = wrap (guard, parser->mc_request->hr_class, parse_first_line);
  parser->mc_status->hr_class = wrap (guard, parser->mc_status->hr_class, parse_first_line);
  return guard;
}

void
sip_guard_set_drop (SipGuard *guard, SipGuardDropFunc drop, gpointer data)
{
  guard->drop = drop;
  guard->drop_data = data;
}

const msg_mclass_t *
sip_guard_get_parser (const SipGuard *guard)
{
  return guard->parser;
}

void
sip_guard_set_func (SipGuard *guard, SipGuardFunc func, gpointer user_data)
{
  guard->func = func;
  guard->user_data = user_data;
}

gboolean
sip_guard_has_func (const SipGuard *guard)
{
  return guard->func != NULL;
}

void
sip_guard_free (SipGuard *guard)
{
  if (guard == NULL)
    return;
  free (guard->parser);
  g_ptr_array_unref (guard->wrappers);
  g_free (guard);
}
