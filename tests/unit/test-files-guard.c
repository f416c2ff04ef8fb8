/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guard's grammar: which requests get through, octet for octet, and what the others are
 * answered. Not for deadlines: test-files-guard-time.c.
 */
#include "tests/unit/files-guard-fixture.h"

#include <string.h>

#define GET(target) "GET " target " HTTP/1.1\r\nHost: r\r\n\r\n"
#define WITH(fields) "GET /page/x HTTP/1.1\r\nHost: r\r\n" fields "\r\n"
#define PUT(fields) "PUT /rooms/r/files/n HTTP/1.1\r\nHost: r\r\n" fields "\r\n"
#define TO(host) "GET / HTTP/1.1\r\nHost: " host "\r\n\r\n"

static const struct {
  guint status;
  const char *text;
} wrong[] = {
  /* where does it end? */
  { 400, PUT ("Content-Length: 5\r\nContent-Length: 5\r\n") "hello" },
  { 400, PUT ("Content-Length: 5\r\ncontent-length: 6\r\n") "hello" },
  { 501, PUT ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") "0\r\n\r\n" },
  { 501, PUT ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n") "0\r\n\r\n" },
  { 501, PUT ("tRANSFER-eNCODING:identity\r\n") },
  { 501, WITH ("Transfer-Encoding: xchunked\r\n") },
  { 400, WITH ("Transfer-Encoding : chunked\r\n") },
  { 400, PUT ("Content-Length : 5\r\n") },
  { 400, PUT ("Content-Length: 5, 5\r\n") },
  { 400, PUT ("Content-Length: +5\r\n") },
  { 400, PUT ("Content-Length: -5\r\n") },
  { 400, PUT ("Content-Length: 0x5\r\n") },
  { 400, PUT ("Content-Length: 5 5\r\n") },
  { 400, PUT ("Content-Length: 5;a=b\r\n") },
  { 400, PUT ("Content-Length:\r\n") },
  { 400, PUT ("Content-Length: \"5\"\r\n") },
  { 413, PUT ("Content-Length: 9999999999999999999\r\n") },
  { 413, PUT ("Content-Length: 18446744073709551621\r\n") },
  { 413, PUT ("Content-Length: 0000000000000000005\r\n") },
  { 411, PUT ("") },
  { 400, WITH ("Content-Length: 1\r\n") "x" },
  { 400, "DELETE /files/a/b HTTP/1.1\r\nHost: r\r\nContent-Length: 1\r\n\r\nx" },
  /* lines */
  { 400, WITH ("A: b\r\n c: d\r\n") },
  { 400, WITH ("A: b\r\n\tc: d\r\n") },
  { 400, "GET / HTTP/1.1\r\n Host: r\r\n\r\n" },
  { 400, "GET / HTTP/1.1\nHost: r\n\n" },
  { 400, "GET / HTTP/1.1\r\nHost: r\n\r\n" },
  { 400, WITH ("A: b\rc: d\r\n") },
  { 400, WITH ("A: b\r\r\n") },
  { 400, "GET / HTTP/1.1\r\nHost: r\r\n\rx" },
  { 400, WITH ("A: \x01\r\n") },
  { 400, WITH ("A: \x7f\r\n") },
  { 400, WITH ("A: \x0b\r\n") },
  { 400, WITH ("A\r\n") },
  { 400, WITH (": b\r\n") },
  { 400, WITH ("A b: c\r\n") },
  { 400, WITH ("A\t: c\r\n") },
  { 400, WITH ("A(b): c\r\n") },
  { 400, WITH ("\xc3\xa4: c\r\n") },
  { 400, "\r\n\r\nGET / HTTP/1.1\r\nHost: r\r\n\r\n" },
  /* request line */
  { 400, "GET /\r\n" },
  { 400, "GET\r\n" },
  { 400, " GET / HTTP/1.1\r\n" },
  { 400, "GET  / HTTP/1.1\r\n" },
  { 400, "GET /  HTTP/1.1\r\n" },
  { 400, "GET / HTTP/1.1 \r\n" },
  { 400, "GET\t/\tHTTP/1.1\r\n" },
  { 400, "GET / http/1.1\r\n" },
  { 400, "GET / HTTP/1.10\r\n" },
  { 400, "GET / HTTP/11\r\n" },
  { 400, "GET / HTTPS/1.1\r\n" },
  { 400, "G(T / HTTP/1.1\r\n" },
  { 505, "GET / HTTP/2.0\r\n" },
  { 505, "GET / HTTP/0.9\r\n" },
  { 505, "GET / HTTP/1.2\r\n" },
  { 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" },
  { 400, "\x16\x03\x01\x02" }, /* TLS */
  { 400, "REGISTER sip:r SIP/2.0\r\n" },
  { 405, "POST / HTTP/1.1\r\n" },
  { 405, "get / HTTP/1.1\r\n" },
  { 405, "TRACE / HTTP/1.1\r\n" },
  { 405, "CONNECT r:80 HTTP/1.1\r\n" },
  { 405, "PATCH / HTTP/1.1\r\n" },
  { 405, "GETT / HTTP/1.1\r\n" },
  { 405, "GE / HTTP/1.1\r\n" },
  /* target */
  { 400, GET ("http://r/") },
  { 400, GET ("r:5565") },
  { 400, GET ("*") },
  { 400, GET ("?q") },
  { 400, GET ("//r/page") },
  { 400, GET ("/page//x") },
  { 400, GET ("/page/x//") },
  { 400, GET ("/.") },
  { 400, GET ("/..") },
  { 400, GET ("/../etc/passwd") },
  { 400, GET ("/page/../../etc/passwd") },
  { 400, GET ("/page/%2e%2E/x") },
  { 400, GET ("/page/.%2e") },
  { 400, GET ("/page/%2e") },
  { 400, GET ("/page/%2e/?a=b") },
  { 400, GET ("/page/%00") },
  { 400, GET ("/page/x%0d%0aSet-Cookie:x") },
  { 400, GET ("/page/%7f") },
  { 400, GET ("/page/%") },
  { 400, GET ("/page/%4") },
  { 400, GET ("/page/%4") },
  { 400, GET ("/page/%zz") },
  { 400, GET ("/page/?q=%") },
  { 400, GET ("/page/#top") },
  { 400, GET ("/page/\xc3\xa4") },
  /* Host and others that may come once */
  { 400, "GET / HTTP/1.1\r\n\r\n" },
  { 400, "GET / HTTP/1.1\r\nHost: r\r\nHost: r\r\n\r\n" },
  { 400, "GET / HTTP/1.1\r\nHost: r\r\nhOST: s\r\n\r\n" },
  { 400, "GET / HTTP/1.0\r\nHost: r\r\nHost: s\r\n\r\n" },
  { 400, TO ("") },
  { 400, TO ("r/x") },
  { 400, TO ("u@r") },
  { 400, TO ("r s") },
  { 400, TO ("r, s") },
  { 400, TO ("r:65536") },
  { 400, TO ("r:99999999999999999999") },
  { 400, TO ("r:1:2") },
  { 400, TO ("r:x") },
  { 400, TO (":80") },
  { 400, TO ("[") },
  { 400, TO ("[]") },
  { 400, TO ("[::1") },
  { 400, TO ("[::1]x") },
  { 400, TO ("[::1]80") },
  { 400, TO ("[::x]") },
  { 400, WITH ("Range: bytes=0-\r\nRange: bytes=1-\r\n") },
  { 400, WITH ("Authorization: a\r\nAuthorization: b\r\n") },
  { 417, PUT ("Content-Length: 1\r\nExpect: everything\r\n") },
  { 417, PUT ("Content-Length: 1\r\nExpect: 100-continue, x\r\n") },
};

/* All of it is one request. */
static const char *const right[] = {
  GET ("/"),
  GET ("/page/0123/"),
  GET ("/rooms/r/files?a=../b//c&d=%20"),
  GET ("/rooms/r/files/a%2Fb"), /* whose business that is */
  GET ("/rooms/r/files/..."),
  GET ("/rooms/r/files/.a"),
  GET ("/rooms/r/files/a..b%2e."),
  GET ("/rooms/r/files/%C3%A4!$&'()*+,;=:@-_~"),
  GET ("/?"),
  "\r\n" GET ("/"),
  "GET / HTTP/1.0\r\n\r\n",
  "GET / HTTP/1.0\r\nHost: r\r\n\r\n",
  "HEAD /x HTTP/1.1\r\nHost: r\r\nContent-Length: 0\r\n\r\n",
  "OPTIONS /x HTTP/1.1\r\nHost: r\r\n\r\n",
  "DELETE /x HTTP/1.1\r\nHost: r\r\n\r\n",
  TO ("r:5565"),
  TO ("r:"),
  TO ("10.11.12.13:65535"),
  TO ("[2001:db8::7]"),
  TO ("[::ffff:10.0.0.1]:5565"),
  TO (" \t r_1.example. \t "),
  WITH ("A:\r\nA:\r\nEmpty: \t \r\n"),
  WITH ("A!#$%&'*+-.^_`|~1: \x80\xff \xc3\xa4\t\"\\\r\n"),
  WITH ("Range: bytes=0-\r\nIf-Range: \"x\"\r\nExpect: 100-Continue\r\n"),
  PUT ("Content-Length: 0\r\n"),
  PUT ("Content-Length: 000005\r\n") "hello",
  PUT ("Content-Length: 5\r\nExpect: 100-continue\r\n") "\0\r\n\r\xff",
};

static gsize
length_of (const char *text)
{
  /* the one request with a NUL in it */
  return strstr (text, "Expect: 100-continue\r\n\r\n")
             ? (gsize) (strstr (text, "\r\n\r\n") - text) + 9
             : strlen (text);
}

static void
refused (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      GuardFixture fixture;

      g_test_message ("%s", wrong[i].text);
      guard_fixture_begin (&fixture, NULL);
      guard_fixture_say (&fixture, wrong[i].text);
      guard_fixture_assert_refused (&fixture, wrong[i].status);
      g_assert_cmpuint (fixture.refused, ==, 1);
      g_assert_cmpuint (fixture.status, ==, wrong[i].status);
      guard_fixture_end (&fixture);
    }
}

/* The same answers, however small the pieces; and nothing reaches the library meanwhile. */
static void
refused_by_octets (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      GuardFixture fixture;
      const char *at;
      char octet;

      guard_fixture_begin (&fixture, NULL);
      for (at = wrong[i].text; *at && !fixture.refused; at++)
        {
          guard_fixture_say_octets (&fixture, at, 1);
          g_assert_cmpint (guard_fixture_read (&fixture, &octet, 1), ==, -1);
        }
      guard_fixture_assert_refused (&fixture, wrong[i].status);
      guard_fixture_end (&fixture);
    }
}

static void
nul (void)
{
  static const char text[] = "GET / HTTP/1.1\r\nHost: r\r\nA: \0\r\n\r\n";
  GuardFixture fixture;

  guard_fixture_begin (&fixture, NULL);
  guard_fixture_say_octets (&fixture, text, sizeof text - 1);
  guard_fixture_assert_refused (&fixture, 400);
  guard_fixture_end (&fixture);
}

/* All of them one after the other on one connection, in pieces of @piece octets. */
static void
let_through (gsize piece, gsize count)
{
  GuardFixture fixture;
  g_autofree char *buffer = g_malloc (count);

  guard_fixture_begin (&fixture, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (right); i++)
    {
      gsize len = length_of (right[i]), at;
      g_autoptr (GString) through = g_string_new (NULL);
      gssize n;

      g_test_message ("%s", right[i]);
      for (at = 0; at < len; at += piece)
        {
          guard_fixture_say_octets (&fixture, right[i] + at, MIN (piece, len - at));
          while ((n = guard_fixture_read (&fixture, buffer, count)) > 0)
            g_string_append_len (through, buffer, n);
          g_assert_cmpint (n, ==, -1);
        }
      g_assert_cmpmem (through->str, through->len, right[i], len);
      g_assert_cmpuint (guard_get_unread (fixture.stream), ==, 0);
      g_assert_true (guard_fixture_answer (&fixture, "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 100 "));
    }
  g_assert_cmpuint (fixture.refused, ==, 0);
  guard_fixture_hang_up (&fixture);
  guard_fixture_assert_ended (&fixture);
  guard_fixture_end (&fixture);
}

static void
through (void)
{
  static const gsize pieces[] = { 1, 2, 3, 7, 64, 100000 };

  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      let_through (pieces[i], 1);
      let_through (pieces[i], 16384);
    }
}

/* A read never goes beyond a request's part: the library cannot keep octets that were not judged. */
static void
pipelined (void)
{
  static const char put[] = PUT ("Content-Length: 5\r\n"), get[] = GET ("/x");
  GuardFixture fixture;
  char buffer[20000];

  guard_fixture_begin (&fixture, NULL);
  guard_fixture_say (&fixture,
                     PUT ("Content-Length: 5\r\n") "GET /" GET ("/x") "POST / HTTP/1.1\r\n");
  g_assert_cmpint (guard_fixture_read (&fixture, buffer, sizeof buffer), ==, sizeof put - 1);
  g_assert_cmpuint (guard_get_unread (fixture.stream), ==, 5);
  g_assert_cmpint (guard_fixture_read (&fixture, buffer, sizeof buffer), ==, 5);
  g_assert_cmpint (memcmp (buffer, "GET /", 5), ==, 0);
  g_assert_cmpint (guard_fixture_read (&fixture, buffer, sizeof buffer), ==, sizeof get - 1);
  g_assert_cmpmem (buffer, sizeof get - 1, get, sizeof get - 1);
  g_assert_cmpuint (fixture.refused, ==, 0);
  guard_fixture_assert_refused (&fixture, 405);
  g_assert_cmpuint (fixture.refused, ==, 1);
  guard_fixture_end (&fixture);
}

/* ---- sizes */
static GString *
with_fields (guint count)
{
  GString *text = g_string_new ("GET / HTTP/1.1\r\nHost: r\r\n");

  for (guint i = 1; i < count; i++)
    g_string_append_printf (text, "F%u: x\r\n", i);
  g_string_append (text, "\r\n");
  return text;
}

static GString *
with_target (guint len)
{
  GString *text = g_string_new ("GET /");

  for (guint i = 1; i < len; i++)
    g_string_append_c (text, 'x');
  g_string_append (text, " HTTP/1.1\r\nHost: r\r\n\r\n");
  return text;
}

static GString *
with_head (guint len)
{
  static const char begin[] = "GET / HTTP/1.1\r\nHost: r\r\nA: ", end[] = "\r\n\r\n";
  GString *text = g_string_new (begin);

  for (gsize i = sizeof begin - 1 + sizeof end - 1; i < len; i++)
    g_string_append_c (text, 'x');
  g_string_append (text, end);
  return text;
}

/* @status: 0: it gets through */
static void
assert_size (GString *text, guint status)
{
  GuardFixture fixture;

  guard_fixture_begin (&fixture, NULL);
  guard_fixture_say (&fixture, text->str);
  if (status)
    guard_fixture_assert_refused (&fixture, status);
  else
    guard_fixture_assert_reads (&fixture, text->str);
  guard_fixture_end (&fixture);
  g_string_free (text, TRUE);
}

static void
sizes (void)
{
  assert_size (with_fields (64), 0);
  assert_size (with_fields (65), 431);
  assert_size (with_target (4096), 0);
  assert_size (with_target (4097), 414);
  assert_size (with_target (16000), 414);
  assert_size (with_head (16384), 0);
  assert_size (with_head (16385), 431);
  assert_size (with_head (60000), 431);
}

/* An endless line is refused as soon as it is too long, and nothing is kept of it. */
static void
endless (void)
{
  static const struct {
    const char *begin;
    guint status;
    gsize at;
  } rows[] = {
    { "GET /", 414, 4096 + 80 },
    { "GET / HTTP/1.1\r\nA: ", 431, 16385 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      GuardFixture fixture;
      gsize sent = strlen (rows[i].begin);
      char octet;

      guard_fixture_begin (&fixture, NULL);
      guard_fixture_say (&fixture, rows[i].begin);
      for (; !fixture.refused && sent < 20000; sent++)
        {
          guard_fixture_say (&fixture, "x");
          g_assert_cmpint (guard_fixture_read (&fixture, &octet, 1), ==, -1);
        }
      g_assert_cmpuint (sent, <=, rows[i].at);
      guard_fixture_assert_refused (&fixture, rows[i].status);
      guard_fixture_end (&fixture);
    }
}

/* ---- ends */
static void
hung_up (void)
{
  static const char *const rows[] = { "", "GET / HT", "GET / HTTP/1.1\r\nHost: r\r\n" };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      GuardFixture fixture;

      guard_fixture_begin (&fixture, NULL);
      if (rows[i][0])
        guard_fixture_say (&fixture, rows[i]);
      guard_fixture_hang_up (&fixture);
      guard_fixture_assert_ended (&fixture);
      g_assert_cmpuint (fixture.refused, ==, 0);
      guard_fixture_end (&fixture);
    }
}

static void
hung_up_in_body (void)
{
  GuardFixture fixture;

  guard_fixture_begin (&fixture, NULL);
  guard_fixture_say (&fixture, PUT ("Content-Length: 9\r\n") "hello");
  guard_fixture_hang_up (&fixture);
  guard_fixture_assert_reads (&fixture, PUT ("Content-Length: 9\r\n") "hello");
  guard_fixture_assert_ended (&fixture);
  guard_fixture_end (&fixture);
}

static void
head_has_no_body (void)
{
  GuardFixture fixture;
  g_autofree char *heard = NULL;

  guard_fixture_begin (&fixture, NULL);
  guard_fixture_say (&fixture, "HEAD / HTTP/1.1\r\n\r\n");
  guard_fixture_assert_waits (&fixture);
  heard = guard_fixture_heard (&fixture);
  g_assert_true (g_str_has_prefix (heard, "HTTP/1.1 400 "));
  g_assert_true (g_str_has_suffix (heard, "\r\n\r\n"));
  guard_fixture_end (&fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/files/guard/refused", refused);
  g_test_add_func ("/files/guard/refused-by-octets", refused_by_octets);
  g_test_add_func ("/files/guard/nul", nul);
  g_test_add_func ("/files/guard/through", through);
  g_test_add_func ("/files/guard/pipelined", pipelined);
  g_test_add_func ("/files/guard/sizes", sizes);
  g_test_add_func ("/files/guard/endless", endless);
  g_test_add_func ("/files/guard/hung-up", hung_up);
  g_test_add_func ("/files/guard/hung-up-in-body", hung_up_in_body);
  g_test_add_func ("/files/guard/head-has-no-body", head_has_no_body);
  return g_test_run ();
}
