/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feeds RTCP of each kind of participant (by the first octet) to a room with legs of both modes,
 * a link and an aliased source. Whatever passes is a valid compound (the fixture asserts it).
 */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/rtcp-fixture.h"

enum {
  ALL,
  ALIAS,
  ONE,
  LINK,
  FAR,
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

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  Fixture *f;
  End *ends[N_ENDS];
  RflRoute *route;

  if (size == 0)
    return 0;
  f = fixture_new (1);
  ends[ALL] = end_join (f, "a", NULL, RFL_LEG_ALL, 1);
  ends[ALIAS] = end_join (f, "b", NULL, RFL_LEG_ALL, 1);
  ends[ONE] = end_join (f, "c", NULL, RFL_LEG_ONE, 3);
  ends[LINK] = end_link (f, ends[ALL]);
  ends[FAR] = end_join (f, "d", "other", RFL_LEG_ALL, 0);
  route = ends[ALL]->medium->route;
  rfl_route_receive_rtcp (route, ends[data[0] % N_ENDS]->medium, data + 1, size - 1);
  rfl_clock_advance (f->clock, 6 * G_USEC_PER_SEC);
  for (guint i = 0; i < N_ENDS; i++)
    {
      check_passed (ends[i]);
      forget_ended (ends[i], route);
    }
  for (guint i = 0; i < N_ENDS; i++)
    end_free (ends[i]);
  fixture_free (f);
  return 0;
}
