/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sharer's frames: what a reflector must not send, credit in both directions, octets cut anywhere. */
#include <reflector/error.h>
#include <string.h>

#include "core/wire/bytes.h"
#include "tools/client/share/mux.h"

typedef struct {
  Mux *mux;
  GString *told;   /* "open 7 credit 7 …" */
  GByteArray *out; /* frames for the reflector */
  GByteArray *data;
  gboolean eager; /* tells at once that data is consumed */
} House;

static void
tell (House *house, const char *what, guint32 channel)
{
  g_string_append_printf (house->told, "%s%s %u", house->told->len > 0 ? " " : "", what, channel);
}

static void
opened (guint32 channel, gpointer user_data)
{
  tell (user_data, "open", channel);
}

static void
data (guint32 channel, const guint8 *octets, gsize len, gpointer user_data)
{
  House *house = user_data;

  g_byte_array_append (house->data, octets, (guint) len);
  if (house->eager)
    mux_consumed (house->mux, channel, len);
}

static void
credit (guint32 channel, gpointer user_data)
{
  tell (user_data, "credit", channel);
}

static void
closed (guint32 channel, gpointer user_data)
{
  tell (user_data, "closed", channel);
}

static void
written (const guint8 *octets, gsize len, gpointer user_data)
{
  House *house = user_data;

  g_byte_array_append (house->out, octets, (guint) len);
}

static void
set_up (House *house, gconstpointer unused)
{
  static const MuxFuncs funcs = { opened, data, credit, closed, written };

  house->mux = mux_new (&funcs, house);
  house->told = g_string_new (NULL);
  house->out = g_byte_array_new ();
  house->data = g_byte_array_new ();
}

static void
tear_down (House *house, gconstpointer unused)
{
  mux_free (house->mux);
  g_string_free (house->told, TRUE);
  g_byte_array_unref (house->out);
  g_byte_array_unref (house->data);
}

static GByteArray *
frame (guint8 type, guint32 channel, const void *payload, gsize len)
{
  GByteArray *made = g_byte_array_new ();
  guint8 header[8] = { type };

  wire_put16 (header + 2, (guint16) len);
  wire_put32 (header + 4, channel);
  g_byte_array_append (made, header, sizeof header);
  if (len > 0)
    g_byte_array_append (made, payload, (guint) len);
  return made;
}

static gboolean
feed (House *house, guint8 type, guint32 channel, const void *payload, gsize len)
{
  g_autoptr (GByteArray) made = frame (type, channel, payload, len);
  g_autoptr (GError) error = NULL;
  gboolean good = mux_feed (house->mux, made->data, made->len, &error);

  g_assert_true (good == (error == NULL));
  if (error != NULL)
    g_assert_error (error, RFL_ERROR, RFL_ERROR_MALFORMED);
  return good;
}

static gboolean
feed_number (House *house, guint8 type, guint32 channel, guint32 number)
{
  guint8 payload[4];

  wire_put32 (payload, number);
  return feed (house, type, channel, payload, sizeof payload);
}

static void
expect_out (House *house, guint8 type, guint8 flags, guint32 channel, gsize len)
{
  g_assert_cmpuint (house->out->len, >=, 8 + len);
  g_assert_cmpuint (house->out->data[0], ==, type);
  g_assert_cmpuint (house->out->data[1], ==, flags);
  g_assert_cmpuint (wire_get16 (house->out->data + 2), ==, len);
  g_assert_cmpuint (wire_get32 (house->out->data + 4), ==, channel);
  g_byte_array_remove_range (house->out, 0, (guint) (8 + len));
}

/* ---- what must not be ---- */

static void
bad_open (House *house, gconstpointer unused)
{
  g_assert_false (feed_number (house, 1, 0, 1000));
  g_assert_true (feed_number (house, 1, 7, 1000));
  g_assert_false (feed_number (house, 1, 7, 1000));
  g_assert_cmpstr (house->told->str, ==, "open 7");
}

/* The connection is of no more use then. */
static void
no_frames (House *house, gconstpointer type)
{
  g_assert_false (feed (house, (guint8) GPOINTER_TO_UINT (type), 7, "abc", 3));
}

static void
beyond_credit (House *house, gconstpointer unused)
{
  static const guint8 octets[1000];

  feed_number (house, 1, 7, 1000);
  g_assert_true (feed (house, 3, 7, octets, 600));
  g_assert_false (feed (house, 3, 7, octets, 401));
  g_assert_true (feed (house, 3, 7, octets, 400));
  g_assert_false (feed (house, 3, 7, octets, 1));
}

static void
bad_credit (House *house, gconstpointer unused)
{
  feed_number (house, 1, 7, 1000);
  g_assert_false (feed_number (house, 4, 7, G_MAXUINT32));
  g_assert_true (feed_number (house, 4, 7, 0));
  g_assert_cmpuint (mux_get_credit (house->mux, 7), ==, 1000);
}

/* Frames of a channel that is closed here already, and of types that this version does not know. */
static void
too_late (House *house, gconstpointer unused)
{
  g_assert_true (feed (house, 3, 9, "late", 4));
  g_assert_true (feed_number (house, 4, 9, 5));
  g_assert_true (feed (house, 2, 9, NULL, 0));
  g_assert_true (feed (house, 200, 9, "new", 3));
  g_assert_true (feed (house, 6, 9, NULL, 0));
  g_assert_cmpstr (house->told->str, ==, "");
  g_assert_cmpuint (house->out->len, ==, 0);
  mux_consumed (house->mux, 9, 100000);
  mux_close (house->mux, 9);
  g_assert_cmpuint (house->out->len, ==, 0);
}

static void
too_many (House *house, gconstpointer unused)
{
  for (guint32 i = 1; i <= MUX_MAX_CHANNELS; i++)
    g_assert_true (feed_number (house, 1, i, 10));
  g_string_set_size (house->told, 0);
  g_assert_true (feed_number (house, 1, 99999, 10));
  g_assert_cmpstr (house->told->str, ==, "");
  expect_out (house, 2, 0, 99999, 0);
  g_assert_cmpuint (mux_count (house->mux), ==, MUX_MAX_CHANNELS);
}

/* ---- what is meant ---- */

static void
sending (House *house, gconstpointer unused)
{
  g_autofree guint8 *octets = g_malloc0 (40000);

  g_assert_cmpuint (mux_get_credit (house->mux, 7), ==, 0);
  feed_number (house, 1, 7, 50000);
  mux_send (house->mux, 7, octets, 40000);
  expect_out (house, 3, 0, 7, 16384);
  expect_out (house, 3, 0, 7, 16384);
  expect_out (house, 3, 0, 7, 40000 - 2 * 16384);
  g_assert_cmpuint (house->out->len, ==, 0);
  g_assert_cmpuint (mux_get_credit (house->mux, 7), ==, 10000);
  feed_number (house, 4, 7, 5);
  g_assert_cmpuint (mux_get_credit (house->mux, 7), ==, 10005);
  mux_close (house->mux, 7);
  expect_out (house, 2, 0, 7, 0);
  g_assert_cmpuint (mux_get_credit (house->mux, 7), ==, 0);
  g_assert_cmpstr (house->told->str, ==, "open 7 credit 7");
}

/* Who passes everything on may receive for ever, and grants in large pieces. */
static void
granting (House *house, gconstpointer unused)
{
  static const guint8 octets[100];
  gsize granted = 0;

  house->eager = TRUE;
  feed_number (house, 1, 7, 1000);
  for (guint i = 1; i <= 500; i++)
    {
      g_assert_true (feed (house, 3, 7, octets, 100));
      if (house->out->len > 0)
        {
          granted += wire_get32 (house->out->data + 8);
          expect_out (house, 4, 0, 7, 4);
          g_assert_cmpuint (granted, ==, i * 100);
        }
    }
  g_assert_cmpuint (granted, >=, 49700);
  g_assert_cmpuint (house->data->len, ==, 50000);
}

static void
ping_and_close (House *house, gconstpointer unused)
{
  feed (house, 5, 0, "12345678", 8);
  g_assert_cmpmem (house->out->data + 8, 8, "12345678", 8);
  expect_out (house, 6, 0, 0, 8);
  feed_number (house, 1, 7, 10);
  feed_number (house, 1, 8, 10);
  feed (house, 2, 7, NULL, 0);
  g_assert_cmpstr (house->told->str, ==, "open 7 open 8 closed 7");
  g_assert_cmpuint (house->out->len, ==, 0);
  g_assert_true (feed_number (house, 1, 7, 10)); /* a number may come again */
}

static void
cut_anywhere (House *house, gconstpointer unused)
{
  g_autoptr (GByteArray) stream = frame (1, 7, "\0\0\1\0", 4);
  g_autoptr (GByteArray) second = frame (3, 7, "hello", 5);
  g_autoptr (GByteArray) third = frame (2, 7, NULL, 0);

  g_byte_array_append (stream, second->data, second->len);
  g_byte_array_append (stream, third->data, third->len);
  for (guint i = 0; i < stream->len; i++)
    g_assert_true (mux_feed (house->mux, stream->data + i, 1, NULL));
  g_assert_cmpstr (house->told->str, ==, "open 7 closed 7");
  g_assert_cmpmem (house->data->data, house->data->len, "hello", 5);
}

static void
broadcasting (House *house, gconstpointer unused)
{
  g_autofree guint8 *octets = g_malloc0 (20000);

  mux_broadcast_header (house->mux, octets, 20000);
  expect_out (house, 7, 2, 0, 16384);
  expect_out (house, 7, 0, 0, 20000 - 16384);
  mux_broadcast (house->mux, octets, 20000, TRUE);
  expect_out (house, 3, 1, 0, 16384);
  expect_out (house, 3, 0, 0, 20000 - 16384);
  mux_broadcast (house->mux, octets, 1, FALSE);
  expect_out (house, 3, 0, 0, 1);
  mux_broadcast_header (house->mux, octets, 0);
  expect_out (house, 7, 0, 0, 0);
  g_assert_cmpuint (house->out->len, ==, 0);
}

#define ADD(path, func) g_test_add ("/client/mux/" path, House, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("bad-open", bad_open);
  g_test_add ("/client/mux/short-open", House, GUINT_TO_POINTER (1), set_up, no_frames, tear_down);
  g_test_add ("/client/mux/short-credit", House, GUINT_TO_POINTER (4), set_up, no_frames,
              tear_down);
  ADD ("beyond-credit", beyond_credit);
  ADD ("bad-credit", bad_credit);
  ADD ("too-late", too_late);
  ADD ("too-many", too_many);
  ADD ("sending", sending);
  ADD ("granting", granting);
  ADD ("ping-and-close", ping_and_close);
  ADD ("cut-anywhere", cut_anywhere);
  ADD ("broadcasting", broadcasting);
  return g_test_run ();
}
