/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers that are short: errors and JSON, and the fields that all answers have. Not for files: download.c. */
#include "plugins/files/http/private.h"

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
  gsize len = json->len;

  reply_common (request);
  soup_server_message_set_status (request->msg, status, NULL);
  soup_server_message_set_response (request->msg, "application/json", SOUP_MEMORY_TAKE,
                                    g_string_free (json, FALSE), len);
}

void
reply_error (Request *request, guint status, const char *why)
{
  GString *json = g_string_new ("{\"error\": ");

  if (status == SOUP_STATUS_UNAUTHORIZED)
    http_count (request->http, HTTP_UNAUTHORIZED, 1);
  else if (status == SOUP_STATUS_FORBIDDEN)
    http_note (request->http, HTTP_FORBIDDEN, &request->peer, why);
  else if (status == SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE
           || status == SOUP_STATUS_INSUFFICIENT_STORAGE)
    http_note (request->http, HTTP_OVER_QUOTA, &request->peer, why);
  if (status == SOUP_STATUS_SERVICE_UNAVAILABLE)
    soup_message_headers_replace (soup_server_message_get_response_headers (request->msg),
                                  "Retry-After", "10");
  reply_append_string (json, why);
  g_string_append (json, "}\n");
  reply_json (request, status, json);
}
