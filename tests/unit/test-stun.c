/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* STUN: what is none, the test vectors of RFC 5769, and that what is written is read again. */
#include <reflector/stun.h>
#include <string.h>

#define PASSWORD "VOkJxbRl1RmTxUk/WvJxBt"
#define HEADER(type, len)                                                                          \
  0x00, type, 0x00, len, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12

typedef struct {
  const char *what;
  guint8 data[48];
  gsize len;
} Row;

static const Row malformed[] = {
  { "empty", { 0 }, 0 },
  { "nineteen octets", { HEADER (1, 0) }, 19 },
  { "RTP", { 0x80, 0, 0, 0, 0x21, 0x12, 0xa4, 0x42 }, 20 },
  { "another cookie", { 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x43 }, 20 },
  { "no multiple of four", { HEADER (1, 2), 0, 0 }, 22 },
  { "longer than told", { HEADER (1, 0), 0, 0, 0, 0 }, 24 },
  { "shorter than told", { HEADER (1, 8), 0x80, 0x22, 0, 0 }, 24 },
  { "attribute beyond the end", { HEADER (1, 4), 0x80, 0x22, 0, 1 }, 24 },
  { "attribute of 65,535 octets", { HEADER (1, 8), 0x80, 0x22, 0xff, 0xff }, 28 },
  { "attribute whose length wraps", { HEADER (1, 4), 0x80, 0x22, 0xff, 0xfd }, 24 },
  { "priority of two octets", { HEADER (1, 8), 0, 0x24, 0, 2, 1, 1 }, 28 },
  { "use-candidate with a value", { HEADER (1, 8), 0, 0x25, 0, 4, 1, 1, 1, 1 }, 28 },
  { "integrity of four octets", { HEADER (1, 8), 0, 8, 0, 4, 1, 1, 1, 1 }, 28 },
  { "wrong fingerprint", { HEADER (1, 8), 0x80, 0x28, 0, 4, 1, 1, 1, 1 }, 28 },
  { "fingerprint of no octets", { HEADER (1, 4), 0x80, 0x28, 0, 0 }, 24 },
  { "role of four octets", { HEADER (1, 8), 0x80, 0x29, 0, 4, 1, 1, 1, 1 }, 28 },
  { "address of family 3", { HEADER (1, 12), 0, 0x20, 0, 8, 0, 3 }, 32 },
  { "IPv6 address of four octets", { HEADER (1, 12), 0, 0x20, 0, 8, 0, 2 }, 32 },
  { "address of two octets", { HEADER (1, 8), 0, 0x20, 0, 2, 0, 1 }, 28 },
  { "error of class 7", { HEADER (0x11, 8), 0, 9, 0, 4, 0, 0, 7, 0 }, 28 },
  { "error number 100", { HEADER (0x11, 8), 0, 9, 0, 4, 0, 0, 4, 100 }, 28 },
};

static void
bad (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (malformed); i++)
    {
      g_autofree guint8 *exact = g_memdup2 (malformed[i].data, malformed[i].len);
      RflStun stun = { .type = 4711 };

      g_test_message ("%s", malformed[i].what);
      g_assert_false (rfl_stun_parse (&stun, exact, malformed[i].len));
      g_assert_cmpuint (stun.type, ==, 4711);
    }
}

static void
too_long (void)
{
  guint8 data[RFL_STUN_MAX + 4] = { HEADER (1, 0) };
  RflStun stun;

  data[2] = (sizeof data - RFL_STUN_HEADER) >> 8;
  data[3] = (sizeof data - RFL_STUN_HEADER) & 0xff;
  data[20] = 0x80;
  data[22] = (sizeof data - RFL_STUN_HEADER - 4) >> 8;
  data[23] = (sizeof data - RFL_STUN_HEADER - 4) & 0xff;
  g_assert_false (rfl_stun_parse (&stun, data, sizeof data));
}

/* ---- RFC 5769 §2.1 to §2.3 ---- */

#define TRANSACTION                                                                                \
  0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae

static const guint8 request[] = {
  0x00, 0x01, 0x00, 0x58, TRANSACTION, 0x80, 0x22, 0x00, 0x10, 0x53, 0x54, 0x55, 0x4e, 0x20,
  0x74, 0x65, 0x73, 0x74, 0x20,        0x63, 0x6c, 0x69, 0x65, 0x6e, 0x74, 0x00, 0x24, 0x00,
  0x04, 0x6e, 0x00, 0x01, 0xff,        0x80, 0x29, 0x00, 0x08, 0x93, 0x2f, 0xf9, 0xb1, 0x51,
  0x26, 0x3b, 0x36, 0x00, 0x06,        0x00, 0x09, 0x65, 0x76, 0x74, 0x6a, 0x3a, 0x68, 0x36,
  0x76, 0x59, 0x20, 0x20, 0x20,        0x00, 0x08, 0x00, 0x14, 0x9a, 0xea, 0xa7, 0x0c, 0xbf,
  0xd8, 0xcb, 0x56, 0x78, 0x1e,        0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49, 0xc1, 0xb5, 0x71,
  0xa2, 0x80, 0x28, 0x00, 0x04,        0xe5, 0x7a, 0x3b, 0xcf
};

static const guint8 response4[] = {
  0x01, 0x01, 0x00, 0x3c, TRANSACTION, 0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74,
  0x20, 0x76, 0x65, 0x63, 0x74,        0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x08, 0x00,
  0x01, 0xa1, 0x47, 0xe1, 0x12,        0xa6, 0x43, 0x00, 0x08, 0x00, 0x14, 0x2b, 0x91,
  0xf5, 0x99, 0xfd, 0x9e, 0x90,        0xc3, 0x8c, 0x74, 0x89, 0xf9, 0x2a, 0xf9, 0xba,
  0x53, 0xf0, 0x6b, 0xe7, 0xd7,        0x80, 0x28, 0x00, 0x04, 0xc0, 0x7d, 0x4c, 0x96
};

static const guint8 response6[] = {
  0x01, 0x01, 0x00, 0x48, TRANSACTION, 0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74,
  0x20, 0x76, 0x65, 0x63, 0x74,        0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x14, 0x00,
  0x02, 0xa1, 0x47, 0x01, 0x13,        0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25,
  0xf4, 0xb5, 0xbe, 0xd2, 0xb9,        0xd9, 0x00, 0x08, 0x00, 0x14, 0xa3, 0x82, 0x95,
  0x4e, 0x4b, 0xe6, 0x7b, 0xf1,        0x17, 0x84, 0xc9, 0x7c, 0x82, 0x92, 0xc2, 0x75,
  0xbf, 0xe3, 0xed, 0x41, 0x80,        0x28, 0x00, 0x04, 0xc8, 0xfb, 0x0b, 0x4c
};

static void
vector_request (void)
{
  RflStun stun;

  g_assert_true (rfl_stun_parse (&stun, request, sizeof request));
  g_assert_cmpuint (stun.type, ==, RFL_STUN_BINDING_REQUEST);
  g_assert_cmpmem (stun.username, stun.username_len, "evtj:h6vY", 9);
  g_assert_true (stun.has_priority && stun.priority == 0x6e0001ff);
  g_assert_true (stun.controlled && !stun.controlling && !stun.use_candidate);
  g_assert_true (stun.tie_breaker == G_GUINT64_CONSTANT (0x932ff9b151263b36));
  g_assert_true (stun.fingerprint);
  g_assert_cmpuint (stun.n_unknown, ==, 0);
  g_assert_true (rfl_stun_check_integrity (&stun, PASSWORD));
  g_assert_false (rfl_stun_check_integrity (&stun, PASSWORD "x"));
}

static void
vector_responses (void)
{
  char text[RFL_ADDRESS_STRLEN];
  RflStun stun;

  g_assert_true (rfl_stun_parse (&stun, response4, sizeof response4));
  g_assert_cmpuint (stun.type, ==, RFL_STUN_BINDING_SUCCESS);
  g_assert_cmpstr (rfl_address_format (&stun.mapped, text), ==, "192.0.2.1:32853");
  g_assert_true (rfl_stun_check_integrity (&stun, PASSWORD));
  g_assert_true (rfl_stun_parse (&stun, response6, sizeof response6));
  g_assert_cmpstr (rfl_address_format (&stun.mapped, text), ==,
                   "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
  g_assert_true (rfl_stun_check_integrity (&stun, PASSWORD));
}

/* Whatever bit of it is turned, it is noticed. */
static void
turned_bits (void)
{
  for (gsize bit = 0; bit < 8 * sizeof request; bit++)
    {
      guint8 data[sizeof request];
      RflStun stun;

      memcpy (data, request, sizeof data);
      data[bit / 8] ^= (guint8) (1 << bit % 8);
      g_assert_false (rfl_stun_parse (&stun, data, sizeof data) && stun.fingerprint
                      && rfl_stun_check_integrity (&stun, PASSWORD));
    }
}

/* ---- writing ---- */

static const guint8 transaction[RFL_STUN_TRANSACTION] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

static void
round_trip (void)
{
  RflStunWriter w;
  RflStun stun;

  rfl_stun_write_begin (&w, RFL_STUN_BINDING_REQUEST, transaction);
  rfl_stun_write_username (&w, "here:there");
  rfl_stun_write_priority (&w, 77);
  rfl_stun_write_use_candidate (&w);
  rfl_stun_write_role (&w, TRUE, G_GUINT64_CONSTANT (0x123456789abcdef0));
  rfl_stun_write_integrity (&w, "secret");
  rfl_stun_write_fingerprint (&w);
  g_assert_true (rfl_stun_parse (&stun, w.data, w.len));
  g_assert_cmpmem (stun.transaction, RFL_STUN_TRANSACTION, transaction, sizeof transaction);
  g_assert_cmpmem (stun.username, stun.username_len, "here:there", 10);
  g_assert_true (stun.use_candidate && stun.controlling && !stun.controlled && stun.fingerprint);
  g_assert_cmpuint (stun.priority, ==, 77);
  g_assert_true (stun.tie_breaker == G_GUINT64_CONSTANT (0x123456789abcdef0));
  g_assert_true (rfl_stun_check_integrity (&stun, "secret"));
}

static void
errors (void)
{
  static const guint16 types[] = { 0x0030, 0x7fff };
  RflStunWriter w;
  RflStun stun;

  rfl_stun_write_begin (&w, RFL_STUN_BINDING_ERROR, transaction);
  rfl_stun_write_error (&w, 420, "Unknown Attribute");
  rfl_stun_write_unknown (&w, types, G_N_ELEMENTS (types));
  g_assert_true (rfl_stun_parse (&stun, w.data, w.len));
  g_assert_cmpuint (stun.error, ==, 420);
  g_assert_false (stun.fingerprint);
  g_assert_false (rfl_stun_check_integrity (&stun, ""));
}

/* What must be understood is told; what need not is skipped; what stands behind the sum proves nothing. */
static void
unknown (void)
{
  guint8 data[] = { HEADER (1, 16), 0x00, 0x30, 0, 1, 9, 0, 0, 0, 0xc0, 0x57, 0, 4, 1, 1, 1, 1 };
  RflStunWriter w;
  RflStun stun;

  g_assert_true (rfl_stun_parse (&stun, data, sizeof data));
  g_assert_cmpuint (stun.n_unknown, ==, 1);
  g_assert_cmpuint (stun.unknown[0], ==, 0x30);
  rfl_stun_write_begin (&w, RFL_STUN_BINDING_REQUEST, transaction);
  rfl_stun_write_integrity (&w, "secret");
  rfl_stun_write_use_candidate (&w);
  g_assert_true (rfl_stun_parse (&stun, w.data, w.len));
  g_assert_false (stun.use_candidate);
  g_assert_true (rfl_stun_check_integrity (&stun, "secret"));
}

/* Clients of RFC 3489 write CHANGE-REQUEST even when nothing is to change. */
static void
change_request (void)
{
  guint8 data[] = { HEADER (1, 8), 0, 3, 0, 4, 0, 0, 0, 0 };
  RflStun stun;

  g_assert_true (rfl_stun_parse (&stun, data, sizeof data));
  g_assert_cmpuint (stun.n_unknown, ==, 0);
  data[27] = 6;
  g_assert_true (rfl_stun_parse (&stun, data, sizeof data));
  g_assert_cmpuint (stun.n_unknown, ==, 1);
}

static void
full (void)
{
  g_autofree char *name = g_strnfill (500, 'x');
  RflStunWriter w;
  RflStun stun;

  rfl_stun_write_begin (&w, RFL_STUN_BINDING_REQUEST, transaction);
  for (guint i = 0; i < 5; i++)
    rfl_stun_write_username (&w, name);
  rfl_stun_write_fingerprint (&w);
  g_assert_cmpuint (w.len, <=, RFL_STUN_MAX);
  g_assert_true (rfl_stun_parse (&stun, w.data, w.len));
  g_assert_true (stun.fingerprint);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/stun/bad", bad);
  g_test_add_func ("/stun/too-long", too_long);
  g_test_add_func ("/stun/vector/request", vector_request);
  g_test_add_func ("/stun/vector/responses", vector_responses);
  g_test_add_func ("/stun/turned-bits", turned_bits);
  g_test_add_func ("/stun/round-trip", round_trip);
  g_test_add_func ("/stun/errors", errors);
  g_test_add_func ("/stun/unknown", unknown);
  g_test_add_func ("/stun/change-request", change_request);
  g_test_add_func ("/stun/full", full);
  return g_test_run ();
}
