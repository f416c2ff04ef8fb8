/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The answer that a guard gives itself: small, complete, and the connection's last. Not for
 * answers of resources.
 */
#include "config.h"

#include <string.h>

#include "plugins/files/http/guard-door.h"

static const char *
phrase (guint status)
{
  static const struct {
    guint status;
    const char *phrase;
  } known[] = {
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 408, "Request Timeout" },
    { 409, "Conflict" },
    { 411, "Length Required" },
    { 413, "Content Too Large" },
    { 414, "URI Too Long" },
    { 416, "Range Not Satisfiable" },
    { 417, "Expectation Failed" },
    { 422, "Unprocessable Content" },
    { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" },
    { 501, "Not Implemented" },
    { 503, "Service Unavailable" },
    { 505, "HTTP Version Not Supported" },
    { 507, "Insufficient Storage" },
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (known); i++)
    if (known[i].status == status)
      return known[i].phrase;
  return status < 500 ? "Refused" : "Failed";
}

/* IMF-fixdate (RFC 9110 §5.6.7): English in every locale */
static char *
date_new (void)
{
  static const char days[] = "MonTueWedThuFriSatSun";
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();

  return g_strdup_printf ("%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
                          days + 3 * (g_date_time_get_day_of_week (now) - 1),
                          g_date_time_get_day_of_month (now),
                          months + 3 * (g_date_time_get_month (now) - 1),
                          g_date_time_get_year (now), g_date_time_get_hour (now),
                          g_date_time_get_minute (now), g_date_time_get_second (now));
}

/* Of a JSON text. Reasons may come from afar. */
static char *
escape (const char *text)
{
  GString *out = g_string_new (NULL);

  for (; *text; text++)
    if (*text == '"' || *text == '\\')
      g_string_append_printf (out, "\\%c", *text);
    else if ((guchar) *text < 0x20)
      g_string_append_c (out, ' ');
    else
      g_string_append_c (out, *text);
  return g_string_free (out, FALSE);
}

char *
guard_answer_new (guint status, const char *fields, const char *why, gboolean with_body)
{
  g_autofree char *date = date_new ();
  g_autofree char *text = escape (why);
  g_autofree char *body = g_strdup_printf ("{\"error\": \"%s\"}\n", text);

  return g_strdup_printf ("HTTP/1.1 %u %s\r\n"
                          "Date: %s\r\n"
                          "Connection: close\r\n"
                          "Content-Type: application/json\r\n"
                          "Content-Length: %" G_GSIZE_FORMAT "\r\n"
                          "Cache-Control: no-store\r\n"
                          "X-Content-Type-Options: nosniff\r\n"
                          "Content-Security-Policy: default-src 'none'\r\n"
                          "Referrer-Policy: no-referrer\r\n"
                          "%s%s\r\n%s",
                          status, phrase (status), date, strlen (body),
                          status == 405 ? "Allow: GET, HEAD, PUT, DELETE, OPTIONS\r\n" : "",
                          fields ? fields : "", with_body ? body : "");
}
