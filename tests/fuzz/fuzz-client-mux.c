/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames of a reflector, the first octet says in which pieces; every viewer's octets come back as an echo. */
#include "tests/fuzz/fuzz.h"
#include "tools/client/share/mux.h"

typedef struct {
  Mux *mux;
  gint64 viewers;
} House;

static void
opened (guint32 channel, gpointer user_data)
{
  House *house = user_data;

  house->viewers++;
  g_assert_cmpint (house->viewers, <=, MUX_MAX_CHANNELS);
}

static void
data (guint32 channel, const guint8 *octets, gsize len, gpointer user_data)
{
  House *house = user_data;
  gsize credit = mux_get_credit (house->mux, channel);

  mux_send (house->mux, channel, octets, MIN (len, credit));
  g_assert_cmpuint (mux_get_credit (house->mux, channel), ==, credit - MIN (len, credit));
  mux_consumed (house->mux, channel, len);
  if (octets[0] == 'q')
    {
      mux_close (house->mux, channel);
      house->viewers--;
    }
}

static void
credit (guint32 channel, gpointer user_data)
{
  House *house = user_data;

  g_assert_cmpuint (mux_get_credit (house->mux, channel), >, 0);
}

static void
closed (guint32 channel, gpointer user_data)
{
  House *house = user_data;

  house->viewers--;
  g_assert_cmpuint (mux_get_credit (house->mux, channel), ==, 0);
}

static void
written (const guint8 *octets, gsize len, gpointer user_data)
{
  g_assert_cmpuint (len, >, 0);
}

int
LLVMFuzzerTestOneInput (const guint8 *input, gsize size)
{
  static const MuxFuncs funcs = { opened, data, credit, closed, written };
  House house = { .viewers = 0 };
  gsize step = size > 0 ? MAX (input[0], 1) : 1;
  gboolean good = TRUE;

  house.mux = mux_new (&funcs, &house);
  for (gsize at = 1; at < size && good; at += step)
    good = mux_feed (house.mux, input + at, MIN (step, size - at), NULL);
  g_assert_cmpint (house.viewers, ==, mux_count (house.mux));
  mux_free (house.mux);
  return 0;
}
