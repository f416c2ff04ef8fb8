/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which RTCP passes in sessions of many, and how many those are. Not what sources hear instead
 * (test-rtcp-summary.c).
 */
#include "tests/unit/rtcp-room.h"

/* What receivers say of themselves and others ends here. */
static void
receivers (Room *room, gconstpointer data)
{
  static const char *const rows[] = { "RR 3",       "RR 3 of 1 2, SDES 3 c",
                                      "SDES 3 c",   "BYE 3 gone",
                                      "RR 3, XR 3", "RR 3, BYE 3",
                                      "XR 3",       "RR 0 of 0" };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      end_send (room->c, rows[i]);
      end_expect (room->a, "");
      end_expect (room->b, "");
    }
}

/* Of senders everything but what they receive. */
static void
senders (Room *room, gconstpointer data)
{
  static const char *const rows[][2] = {
    { "SR 1 of 2, SDES 1 a", "SR 1 SDES 1 a |" },
    { "RR 1 of 2, SDES 1 a", "RR 1 SDES 1 a |" },
    { "SR 1, XR 1, BYE 9", "SR 1 XR 1 |" },
    { "RR 9 of 2, SDES 9 x, SDES 1 a", "RR 1 SDES 1 a |" },
    { "SR 9, SDES 9 x", "SR 9 SDES 9 x |" }, /* before its first RTP packet */
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      end_send (room->a, rows[i][0]);
      end_expect (room->c, rows[i][1]);
    }
}

/* Chunks and SSRCs of senders out of packets that name others too. */
static void
parts (Room *room, gconstpointer data)
{
  static const guint8 sdes[] = { 0x83, 202,  0,   9, 0,   0,   0,   7,   1,   1,   'x', 0, 0,
                                 0,    0,    1,   1, 5,   'a', '@', 'b', 'c', 'd', 0,   0, 0,
                                 0,    8,    1,   2, 'y', 'z', 0,   0,   0,   0,   0,   0, 0,
                                 9,    0xa0, 201, 0, 2,   0,   0,   0,   1,   0,   0,   0, 4 };
  static const guint8 bye[] = { 0x83, 203, 0, 5, 0, 0,   0,   7,   0, 0, 0, 1,
                                0,    0,   0, 8, 3, 'e', 'n', 'd', 0, 0, 0, 0 };
  static const guint8 expected[] = { 0x80, 201, 0, 1, 0, 0,   0,   1,   0x81, 203, 0, 3,
                                     0,    0,   0, 1, 3, 'e', 'n', 'd', 0,    0,   0, 0 };
  gconstpointer got;
  gsize len;

  end_send_raw (room->a, sdes, 40);
  end_expect (room->c, "RR 1 SDES 1 a@bcd |");
  end_send_raw (room->a, sdes, sizeof sdes);
  end_expect (room->c, "RR 1 SDES 1 a@bcd RR 1 |");
  end_send_raw (room->a, bye, sizeof bye);
  got = g_bytes_get_data (g_ptr_array_index (room->c->got, 0), &len);
  g_assert_cmpmem (got, len, expected, sizeof expected);
  g_assert_null (rfl_route_find_source (room->a->medium->route, 1));
  room->a->source = NULL;
}

/* It takes a quarter fewer to go back, so that who comes and goes changes nothing. */
static void
hysteresis (Room *room, gconstpointer data)
{
  guint above = room->f->core->rtcp.summary_above;

  while (room->more->len + 3 < above)
    room_add (room, RFL_LEG_ALL);
  end_send (room->c, "RR 3 of 1");
  end_expect (room->a, "RR 3 of 1 |");
  for (guint i = 0; i < 10; i++)
    {
      End *one_more = room_add (room, RFL_LEG_ALL);

      end_send (room->c, "RR 3 of 1");
      end_expect (room->a, "");
      room_drop (room, one_more);
      end_send (room->c, "RR 3 of 1");
      end_expect (room->a, "");
    }
  g_assert_cmpuint (fixture_count (room->f, "rtcp.switched"), ==, 1);
  while (room->more->len + 3 > above - above / 4)
    {
      end_send (room->c, "RR 3 of 1");
      end_expect (room->a, "");
      room_drop (room, g_ptr_array_index (room->more, room->more->len - 1));
    }
  end_send (room->c, "RR 3 of 1");
  end_expect (room->a, "RR 3 of 1 |");
  g_assert_cmpuint (fixture_count (room->f, "rtcp.switched"), ==, 2);
  rfl_clock_advance (room->f->clock, 30 * G_USEC_PER_SEC); /* and what was told is forgotten */
  g_free (end_take (room->a));
  rfl_clock_advance (room->f->clock, 30 * G_USEC_PER_SEC);
  end_expect (room->a, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/rtcp-large/receivers", receivers, 2);
  ADD ("/rtcp-large/senders", senders, 2);
  ADD ("/rtcp-large/parts", parts, 2);
  ADD ("/rtcp-large/hysteresis", hysteresis, 32);
  return g_test_run ();
}
