/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers that are short: errors and JSON, and the fields that all answers have. Not for files: download.c. */
#include "plugins/files/http/private.h"

#include "plugins/files/http/guard.h"
#include <string.h>

void
reply_append_string (GString *json, const char *text)
{
  g_string_append_c (json, '"');
  for (; *text; text++)
    if (*text == '"' || *text == '\\')
      g_string_append_printf (json, "\\%c", *text);
    else if ((guchar) *text < 0x20 || *text == 0x7f)
      g_string_append_printf (json, "\\u%04x", (guchar) *text);
    else
      g_string_append_c (json, *text);
  g_string_append_c (json, '"');
}

void
reply_common (Request *request)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (request->msg);

  soup_message_headers_replace (headers, "X-Content-Type-Options", "nosniff");
  soup_message_headers_replace (headers, "Referrer-Policy", "no-referrer");
  soup_message_headers_replace (headers, "Content-Security-Policy",
                                request->route == ROUTE_PAGE
                                    ? "default-src 'none'; script-src 'self'; style-src 'self'; "
                                      "connect-src 'self'; img-src 'self' data:; base-uri 'none'; "
                                      "form-action 'none'; frame-ancestors 'none'"
                                    : "default-src 'none'; sandbox");
  if (!soup_message_headers_get_one (headers, "Cache-Control"))
    soup_message_headers_replace (headers, "Cache-Control", "no-store");
  /* one request for each connection: there is nothing to smuggle one into */
  soup_message_headers_replace (headers, "Connection", "close");
}

void
reply_json (Request *request, guint status, GString *json)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (request->msg);
  gsize len = json->len;

  reply_common (request);
  /* a file's may have been promised before, and libsoup remembers that */
  soup_message_headers_set_encoding (headers, SOUP_ENCODING_CONTENT_LENGTH);
  soup_message_headers_set_content_length (headers, (goffset) len);
  soup_server_message_set_status (request->msg, status, NULL);
  soup_server_message_set_response (request->msg, "application/json", SOUP_MEMORY_TAKE,
                                    g_string_free (json, FALSE), len);
}

static void
append_field (const char *name, const char *value, gpointer fields)
{
  static const char *const passed[] = { "Allow",         "Content-Range",    "Retry-After",
                                        "Upload-Offset", "WWW-Authenticate", NULL };

  if (g_strv_contains (passed, name))
    g_string_append_printf (fields, "%s: %s\r\n", name, value);
}

static GIOStream *
get_guard (const Request *request)
{
  GSocketAddress *address = soup_server_message_get_remote_address (request->msg);

  return address ? g_object_get_data (G_OBJECT (address), HTTP_GUARD) : NULL;
}

/* The library learns of it when it writes: the octet for that gets nowhere. (A connection that is stolen from it
 * takes the message along, for ever.) */
void
reply_cut (Request *request)
{
  GIOStream *guard = get_guard (request);

  if (guard)
    guard_cut (guard);
  soup_message_body_append (soup_server_message_get_response_body (request->msg),
                            SOUP_MEMORY_STATIC, "", 1);
  soup_server_message_unpause (request->msg);
}

/* Instead of the library, which would read the body first. */
static gboolean
refuse_body (Request *request, guint status, const char *why)
{
  GIOStream *guard = get_guard (request);
  SoupMessageHeaders *fields = soup_server_message_get_request_headers (request->msg);
  GString *more;
  gboolean done;

  if (!guard || guard_get_unread (guard) == 0
      || soup_message_headers_get_expectations (fields) & SOUP_EXPECTATION_CONTINUE)
    return FALSE;
  more = g_string_new (NULL);
  soup_message_headers_foreach (soup_server_message_get_response_headers (request->msg),
                                append_field, more);
  done = guard_refuse (guard, status, more->str, why);
  g_string_free (more, TRUE);
  return done;
}

static void
count_error (Request *request, guint status, const char *why)
{
  if (status == SOUP_STATUS_UNAUTHORIZED)
    http_count (request->http, HTTP_UNAUTHORIZED, 1);
  else if (status == SOUP_STATUS_FORBIDDEN)
    http_note (request->http, HTTP_FORBIDDEN, &request->peer, why);
  else if (status == SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE
           || status == SOUP_STATUS_INSUFFICIENT_STORAGE)
    http_note (request->http, HTTP_OVER_QUOTA, &request->peer, why);
}

void
reply_error (Request *request, guint status, const char *why)
{
  GString *json;

  count_error (request, status, why);
  if (status == SOUP_STATUS_SERVICE_UNAVAILABLE)
    soup_message_headers_replace (soup_server_message_get_response_headers (request->msg),
                                  "Retry-After", "10");
  if (refuse_body (request, status, why))
    return;
  json = g_string_new ("{\"error\": ");
  reply_append_string (json, why);
  g_string_append (json, "}\n");
  reply_json (request, status, json);
}
