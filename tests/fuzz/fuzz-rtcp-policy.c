/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feeds compounds of each kind of participant to a room with legs of both modes, a link and an
 * aliased source, small or so large that reports are summarised; time passes in between. Whatever
 * passes is a valid compound (the fixture asserts it).
 *
 * First octet: 1: large. Then records: who and how many seconds later (octet), words (octet), data.
 */
#include "core/core-private.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/rtcp-fixture.h"

enum {
  ALL,
  ALIAS,
  ONE,
  LINK, /* a linked reflector itself */
  FAR,
  LISTENER,
  N_ENDS
};

static void
check_passed (End *end)
{
  g_autofree char *text = end_take (end); /* asserts that a report comes first */

  g_assert_nonnull (text);
}

/* A BYE has ended those that are no more in the route. */
static void
forget_ended (End *end, const RflRoute *route)
{
  if (end->source != NULL && !g_ptr_array_find (route->sources, end->source, NULL))
    end->source = NULL;
}

/* Nobody's compound ends a source of somebody else. */
static void
check_sources (End **ends, guint who, RflRoute *route)
{
  for (guint i = 0; i < N_ENDS; i++)
    {
      gboolean had = ends[i]->source != NULL;

      forget_ended (ends[i], route);
      g_assert_true (i == who || !had || ends[i]->source != NULL);
    }
}

static void
join_all (Fixture *f, End **ends)
{
  ends[ALL] = end_join (f, "a", NULL, RFL_LEG_ALL, 1);
  ends[ALIAS] = end_join (f, "b", NULL, RFL_LEG_ALL, 1);
  ends[ONE] = end_join (f, "c", NULL, RFL_LEG_ONE, 3);
  ends[LINK] = end_link (f, ends[ALL]);
  ends[FAR] = end_join (f, "d", "other", RFL_LEG_ALL, 0);
  ends[LISTENER] = end_join (f, "e", NULL, RFL_LEG_ALL, 0);
  ends[FAR]->flow = fixture_flow (f, "198.51.100.1:5564");
  ends[FAR]->source = fixture_source (ends[FAR]->medium, ends[FAR]->flow, 1001, 5);
  rfl_source_set_back (ends[FAR]->source, ends[LINK]->leg);
  fixture_send (f, "192.0.2.1:4000", 96, 1, 3000, 1);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  Fixture *f;
  End *ends[N_ENDS];
  RflRoute *route;
  gsize at = 1;

  if (size == 0)
    return 0;
  f = fixture_new (1);
  f->core->rtcp.summary_above = data[0] & 1 ? 2 : 32;
  join_all (f, ends);
  route = ends[ALL]->medium->route;
  while (at + 2 <= size)
    {
      guint who = data[at] % N_ENDS;
      gsize len = MIN (4 * (gsize) data[at + 1], size - at - 2);
      g_autofree guint8 *copy = g_memdup2 (data + at + 2, len); /* its very end is seen */

      rfl_route_receive_rtcp (route, who == LINK ? NULL : ends[who]->medium, copy, len);
      rfl_clock_advance (f->clock, data[at] / N_ENDS * G_USEC_PER_SEC / 4);
      at += 2 + len;
      check_sources (ends, who, route);
    }
  rfl_clock_advance (f->clock, 8 * G_USEC_PER_SEC);
  for (guint i = 0; i < N_ENDS; i++)
    check_passed (ends[i]);
  for (guint i = 0; i < N_ENDS; i++)
    end_free (ends[i]);
  fixture_free (f);
  return 0;
}
