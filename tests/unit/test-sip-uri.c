/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Room, mode and identity: what is refused first. */
#include "plugins/sip/request/uri.h"
#include <reflector/error.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/url.h>
#include <string.h>

static char *
room_of (const char *text, GError **error)
{
  su_home_t home[1] = { SU_HOME_INIT (home) };
  char *room;
  url_t *url;

  su_home_init (home);
  url = url_make (home, text);
  g_assert_nonnull (url);
  room = sip_uri_get_room (url, error);
  su_home_deinit (home);
  return room;
}

static void
bad_room (void)
{
  static const struct {
    const char *url;
    RflError code;
  } rows[] = { { "sip:127.0.0.1", RFL_ERROR_NOT_FOUND }, { "sip:@127.0.0.1", RFL_ERROR_NOT_FOUND },
               { "sip:a%00b@h", RFL_ERROR_MALFORMED },   { "sip:a%0ab@h", RFL_ERROR_MALFORMED },
               { "sip:a%7f@h", RFL_ERROR_MALFORMED },    { "sip:%ff%fe@h", RFL_ERROR_MALFORMED },
               { "sip:%c3@h", RFL_ERROR_MALFORMED },     { "sip:%ed%a0%80@h", RFL_ERROR_MALFORMED },
               { "sip:%c2%85@h", RFL_ERROR_MALFORMED } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *room = room_of (rows[i].url, &error);
      if (room)
        g_error ("a room: %s", rows[i].url);
      g_assert_error (error, RFL_ERROR, (int) rows[i].code);
    }
}

/* Sofia-SIP passes these on as they are. */
static void
broken_escape (void)
{
  static const char *const users[] = { "%", "a%", "a%4", "%zz", "a%4g" };

  for (guint i = 0; i < G_N_ELEMENTS (users); i++)
    {
      url_t url = { .url_type = url_sip, .url_user = users[i], .url_host = "h" };
      g_autoptr (GError) error = NULL;
      g_assert_null (sip_uri_get_room (&url, &error));
      g_assert_error (error, RFL_ERROR, RFL_ERROR_MALFORMED);
    }
}

static void
long_room (void)
{
  g_autofree char *longest = g_strnfill (SIP_ROOM_MAX, 'r');
  g_autofree char *longer = g_strnfill (SIP_ROOM_MAX + 1, 'r');
  g_autofree char *good = g_strdup_printf ("sip:%s@h", longest);
  g_autofree char *bad = g_strdup_printf ("sip:%s@h", longer);
  g_autoptr (GError) error = NULL;
  g_autofree char *room = room_of (good, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (room, ==, longest);
  g_assert_null (room_of (bad, &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_NOT_FOUND);
}

static void
good_room (void)
{
  static const char *const rows[][2] = {
    { "sip:room1@10.0.0.1", "room1" }, { "sip:Room1@h;mode=one", "Room1" },
    { "sips:a%20b@h", "a b" },         { "sip:%c3%a4@h", "\xc3\xa4" },
    { "sip:%72oom@h:5070", "room" },   { "sip:a;b=c@h", "a;b=c" },
    { "sip:room:secret@h", "room" },   { "sip:a%2Fb%40c@h", "a/b@c" }
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *room = room_of (rows[i][0], NULL);
      g_autofree char *escaped = room ? sip_uri_escape_user (room) : NULL;
      g_autofree char *url = g_strdup_printf ("sip:%s@h", escaped);
      g_autofree char *again = room_of (url, NULL);

      g_assert_cmpstr (room, ==, rows[i][1]);
      g_assert_cmpstr (again, ==, room);
    }
}

static void
pin (void)
{
  static const struct {
    const char *params, *pin;
  } rows[] = { { NULL, NULL }, { "xpin=1", NULL },       { "pin=%zz", "" },
               { "pin", "" },  { "pin=12%334", "1234" }, { "lr;PIN=1234;x", "1234" } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      url_t url = { .url_type = url_sip, .url_host = "h", .url_params = rows[i].params };
      g_autofree char *got = sip_uri_get_pin (&url);
      g_assert_cmpstr (got, ==, rows[i].pin);
    }
}

static void
mode (void)
{
  static const struct {
    const char *params;
    int mode;
    gboolean said;
  } rows[] = { { NULL, RFL_LEG_ALL, FALSE },
               { "transport=udp", RFL_LEG_ALL, FALSE },
               { "mode=all", RFL_LEG_ALL, TRUE },
               { "mode=one", RFL_LEG_ONE, TRUE },
               { "MODE=One", RFL_LEG_ONE, TRUE },
               { "mode=mix", RFL_LEG_MIX, TRUE },
               { "mode=Mix;x=all", RFL_LEG_MIX, TRUE },
               { "lr;mode=one;x", RFL_LEG_ONE, TRUE },
               { "modes=one", RFL_LEG_ALL, FALSE },
               { "xmode=one", RFL_LEG_ALL, FALSE },
               { "mode", -1, FALSE },
               { "mode=", -1, FALSE },
               { "mode=two", -1, FALSE },
               { "mode=mixed", -1, FALSE },
               { "mode=one ", -1, FALSE },
               { "mode=oneall", -1, FALSE },
               { "a;mode=%", -1, FALSE } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      url_t url = { .url_type = url_sip, .url_host = "h", .url_params = rows[i].params };
      g_autoptr (GError) error = NULL;
      RflLegMode got;
      gboolean said, ok = sip_uri_get_mode (&url, &said, &got, &error);

      g_assert_cmpint (ok ? (int) got : -1, ==, rows[i].mode);
      g_assert_cmpint (ok && said, ==, rows[i].said);
      if (!ok)
        g_assert_error (error, RFL_ERROR, RFL_ERROR_MALFORMED);
    }
}

static void
identity (void)
{
  static const char *const rows[][3] = {
    { "<sip:alice@10.11.12.13>;tag=1", "sip:alice@10.11.12.13", NULL },
    { "\"Alice \\\"A\\\" B\" <sip:alice@h:5070;transport=tcp>;tag=1", "sip:alice@h:5070",
      "Alice \"A\" B" },
    { "Bob <sips:bob@h>;tag=x", "sips:bob@h", "Bob" },
    { "sip:carol@h;tag=1", "sip:carol@h", NULL },
    { "<sip:h>", "sip:h", NULL },
    { "\"\" <sip:a@h>", "sip:a@h", NULL }
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      su_home_t home[1] = { SU_HOME_INIT (home) };
      sip_from_t *from;
      g_autofree char *who = NULL, *display = NULL;

      su_home_init (home);
      from = sip_from_make (home, rows[i][0]);
      g_assert_nonnull (from);
      who = sip_uri_get_identity (from);
      display = sip_uri_get_display_name (from);
      su_home_deinit (home);
      g_assert_cmpstr (who, ==, rows[i][1]);
      g_assert_cmpstr (display, ==, rows[i][2]);
    }
}

static void
hostile_identity (void)
{
  g_autofree char *user = g_strnfill (5000, 'x');
  sip_from_t from = { .a_display = "\"\xff\xfe \x01 y\u202e\u2028\"",
                      .a_url = { { .url_type = url_sip,
                                   .url_scheme = "sip",
                                   .url_user = user,
                                   .url_host = "\xc3\x28" } } };
  sip_from_t terminal = { .a_display = "a\xc2\x9b"
                                       "31mb" };
  g_autofree char *plain = sip_uri_get_display_name (&terminal);
  g_autofree char *who = sip_uri_get_identity (&from);
  g_autofree char *display = sip_uri_get_display_name (&from);

  g_assert_cmpuint (strlen (who), <=, SIP_IDENTITY_MAX);
  g_assert_true (g_utf8_validate (who, -1, NULL));
  g_assert_true (g_utf8_validate (display, -1, NULL));
  g_assert_null (strchr (display, '\x01'));
  g_assert_null (strstr (display, "\u202e"));
  g_assert_null (strstr (display, "\u2028"));
  g_assert_cmpstr (plain, ==, "a  31mb");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/uri/bad-room", bad_room);
  g_test_add_func ("/sip/uri/broken-escape", broken_escape);
  g_test_add_func ("/sip/uri/long-room", long_room);
  g_test_add_func ("/sip/uri/good-room", good_room);
  g_test_add_func ("/sip/uri/mode", mode);
  g_test_add_func ("/sip/uri/pin", pin);
  g_test_add_func ("/sip/uri/identity", identity);
  g_test_add_func ("/sip/uri/hostile-identity", hostile_identity);
  return g_test_run ();
}
