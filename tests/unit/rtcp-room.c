/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The room of the tests of RTCP in sessions of many. Tests nothing itself. */
#include "tests/unit/rtcp-room.h"

void
room_set_up (Room *room, gconstpointer data)
{
  room->f = fixture_new (2);
  room->f->core->rtcp.summary_above = GPOINTER_TO_UINT (data);
  room->a = end_join (room->f, "a", NULL, RFL_LEG_ALL, 1);
  room->b = end_join (room->f, "b", NULL, RFL_LEG_ALL, 2);
  room->c = end_join (room->f, "c", NULL, RFL_LEG_ALL, 0);
  room->more = g_ptr_array_new_with_free_func ((GDestroyNotify) end_free);
}

void
room_tear_down (Room *room, gconstpointer data)
{
  g_ptr_array_unref (room->more);
  end_free (room->a);
  end_free (room->b);
  end_free (room->c);
  fixture_free (room->f);
}

End *
room_add (Room *room, RflLegMode mode)
{
  End *end = end_join (room->f, "more", NULL, mode, 0);

  g_ptr_array_add (room->more, end);
  return end;
}

void
room_drop (Room *room, End *end)
{
  RflParticipant *participant = end->medium->participant;

  g_ptr_array_remove (room->more, end);
  g_ptr_array_remove (room->f->participants, participant);
}

void
end_send_raw (const End *end, const guint8 *data, gsize len)
{
  rfl_route_receive_rtcp (end->medium->route, end->medium, data, len);
}
