/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checkip: what it makes of what it gets, and what it answers. Its sockets are tested with a running daemon. */
#include "plugins/nat/checkip.h"
#include <string.h>

static const struct {
  const char *text;
  CheckipKind kind;
} rows[] = {
  { "", CHECKIP_WAIT },
  { "\n", CHECKIP_LINE },
  { "hello\n", CHECKIP_LINE },
  { "\x16\x03\x01", CHECKIP_LINE }, /* TLS */
  { "G", CHECKIP_WAIT },
  { "HELO\r\n", CHECKIP_LINE },
  { "GET /\r\n", CHECKIP_LINE }, /* HTTP/0.9 */
  { "GET / HTTP/1.1", CHECKIP_WAIT },
  { "GET / HTTP/1.1\r\n", CHECKIP_WAIT },
  { "GET / HTTP/1.1\r\nHost: x\r\n", CHECKIP_WAIT },
  { "GET / HTTP/1.1\r\nHost: x\r\n\r\n", CHECKIP_HTTP },
  { "GET / HTTP/1.0\n\n", CHECKIP_HTTP },
  { "GET / HTTP/2.0\r\n\r\n", CHECKIP_LINE },
  { "GET / HTTP/1.10\r\n\r\n", CHECKIP_LINE },
  { "GET  HTTP/1.1\r\n\r\n", CHECKIP_HTTP },
  { " GET / HTTP/1.1\r\n\r\n", CHECKIP_LINE },
};

static void
judged (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      gsize len = strlen (rows[i].text);
      g_autofree char *exact = g_memdup2 (rows[i].text, len);

      g_test_message ("%s", rows[i].text);
      g_assert_cmpint (checkip_judge (exact, len), ==, rows[i].kind);
    }
}

static char *
http (const char *request)
{
  RflAddress remote;

  rfl_address_parse (&remote, "203.0.113.7", 40000);
  return checkip_write_http (request, strlen (request), &remote);
}

static void
assert_answer (const char *request, const char *status, const char *body)
{
  g_autofree char *text = http (request);
  g_autofree char *first = g_strdup_printf ("HTTP/1.1 %s\r\n", status);

  g_assert_true (g_str_has_prefix (text, first));
  g_assert_true (g_str_has_suffix (text, body));
}

static void
answers (void)
{
  assert_answer ("GET / HTTP/1.1\r\n\r\n", "200 OK", "\r\n\r\n203.0.113.7\n");
  assert_answer ("HEAD / HTTP/1.1\r\n\r\n", "200 OK", "\r\n\r\n");
  assert_answer ("POST / HTTP/1.1\r\n\r\n", "405 Method Not Allowed", "\r\n\r\nGET or HEAD\n");
  assert_answer ("GET / HTTP/1.1\r\naccept: text/html, Application/JSON;q=0.5\r\n\r\n", "200 OK",
                 "\r\n\r\n{\"ip\":\"203.0.113.7\",\"port\":40000,\"family\":\"ipv4\"}\n");
  assert_answer ("GET / HTTP/1.1\r\nAccept: application/json;q=0\r\n\r\n", "200 OK",
                 "\r\n\r\n203.0.113.7\n");
  assert_answer ("GET / HTTP/1.1\r\nX-Accept: application/json\r\n\r\n", "200 OK",
                 "\r\n\r\n203.0.113.7\n");
}

static void
too_long (void)
{
  g_autofree char *field = g_strnfill (CHECKIP_MAX_REQUEST, 'x');
  g_autofree char *request = g_strconcat ("GET / HTTP/1.1\r\nX: ", field, NULL);

  g_assert_cmpint (checkip_judge (request, CHECKIP_MAX_REQUEST), ==, CHECKIP_HTTP);
  assert_answer (request, "431 Request Header Fields Too Large", "\r\n\r\ntoo long\n");
  memset (field, 'X', CHECKIP_MAX_REQUEST);
  g_assert_cmpint (checkip_judge (field, CHECKIP_MAX_REQUEST), ==, CHECKIP_LINE);
}

static void
ipv6 (void)
{
  g_autofree char *line = NULL;
  RflAddress remote;

  rfl_address_parse (&remote, "2001:db8::7", 40000);
  line = checkip_write_line (&remote);
  g_assert_cmpstr (line, ==, "2001:db8::7\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nat/checkip/judged", judged);
  g_test_add_func ("/nat/checkip/answers", answers);
  g_test_add_func ("/nat/checkip/too-long", too_long);
  g_test_add_func ("/nat/checkip/ipv6", ipv6);
  return g_test_run ();
}
