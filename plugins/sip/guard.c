/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parser class with guarded headers. Whatever becomes the target or the route of a
 * request that the stack itself sends later (the BYE of a call that nobody ACKs, or that
 * an operator ends) must be a sip or sips URI with a host: the stack asserts that or
 * recurses without end, and of requests inside a dialog the application hears too late.
 * Not a check of what only the application reads: the Request-URI may be anything here.
 */
#include "plugins/sip/guard.h"
#include <glib.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>
#include <stdlib.h>
#include <string.h>

/* More of them in one header line are refused: the library parses lists recursively. */
#define MAX_URIS 64

static gboolean
is_plain_host (const char *host)
{
  return host != NULL && *host != '\0' && strlen (host) <= 255;
}

static gboolean
is_sip (const url_t *url)
{
  return (url->url_type == url_sip || url->url_type == url_sips) && is_plain_host (url->url_host);
}

static gboolean
is_list_too_long (const char *text, gsize len)
{
  guint n = 0;

  for (gsize i = 0; i < len && n <= MAX_URIS; i++)
    n += text[i] == ',';
  return n > MAX_URIS;
}

/* Contact, Route and Record-Route begin alike: links, display name, URI. */
static const url_t *
url_of (const msg_hclass_t *class, const sip_header_t *h)
{
  return class == sip_contact_class ? h->sh_contact->m_url : h->sh_route->r_url;
}

/* With the original class in place from the start, the other members of a list are made
 * with it too, and every later comparison of classes in the library holds. */
static issize_t
parse_guarded (msg_hclass_t *class, su_home_t *home, msg_header_t *header, char *text, isize_t len)
{
  issize_t used;

  header->sh_class = class;
  if (is_list_too_long (text, len))
    return -1;
  used = class->hc_parse (home, header, text, len);
  for (msg_header_t *h = header; used >= 0 && h; h = h->sh_next)
    if (!is_sip (url_of (class, (const sip_header_t *) h)))
      return -1;
  return used;
}

static issize_t
parse_contact (su_home_t *home, msg_header_t *header, char *text, isize_t len)
{
  return parse_guarded (sip_contact_class, home, header, text, len);
}

static issize_t
parse_record_route (su_home_t *home, msg_header_t *header, char *text, isize_t len)
{
  return parse_guarded (sip_record_route_class, home, header, text, len);
}

static issize_t
parse_route (su_home_t *home, msg_header_t *header, char *text, isize_t len)
{
  return parse_guarded (sip_route_class, home, header, text, len);
}

struct _SipGuard {
  msg_mclass_t *parser;
  struct msg_hclass_s contact, record_route, route;
};

/* The wrapper takes the original's place in the hash, where names are looked up; the
 * original moves to a free slot behind it, where the library looks classes up. */
static void
put_in_place (msg_mclass_t *parser, msg_hclass_t *original, msg_hclass_t *wrapper)
{
  msg_href_t *shorts = (msg_href_t *) parser->mc_short, moved;
  char letter = original->hc_short[0];

  for (int i = 0; i < parser->mc_hash_size; i++)
    if (parser->mc_hash[i].hr_class == original)
      {
        moved = parser->mc_hash[i];
        parser->mc_hash[i].hr_class = wrapper;
        if (msg_mclass_insert (parser, &moved) < 0)
          break;
        if (letter && shorts)
          shorts[letter - 'a'].hr_class = wrapper;
        return;
      }
  g_error ("sofia-sip's header table is not as expected");
}

static void
wrap (SipGuard *guard, struct msg_hclass_s *wrapper, msg_hclass_t *original, msg_parse_f *parse)
{
  *wrapper = *original;
  wrapper->hc_parse = parse;
  wrapper->hc_critical = 1;
  put_in_place (guard->parser, original, wrapper);
}

SipGuard *
sip_guard_new (void)
{
  SipGuard *guard = g_new0 (SipGuard, 1);

  guard->parser = msg_mclass_clone (sip_default_mclass (), 0, 0);
  if (guard->parser == NULL)
    g_error ("cannot clone sofia-sip's parser");
  wrap (guard, &guard->contact, sip_contact_class, parse_contact);
  wrap (guard, &guard->record_route, sip_record_route_class, parse_record_route);
  wrap (guard, &guard->route, sip_route_class, parse_route);
  return guard;
}

const msg_mclass_t *
sip_guard_get_parser (const SipGuard *guard)
{
  return guard->parser;
}

void
sip_guard_free (SipGuard *guard)
{
  if (guard == NULL)
    return;
  free (guard->parser);
  g_free (guard);
}
