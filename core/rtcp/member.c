/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What RTCP remembers of each medium of a participant: how many APP packets it sends and which it
 * knows, and how often its compounds are copied. Not its reports: summary.c.
 */
#include "core/rtcp/rtcp-private.h"

#define DATA_KEY "core/rtcp"
/* So many seconds' worth may come at once. */
#define BURST (2 * G_TIME_SPAN_SECOND)

static void
members_free (gpointer data)
{
  g_ptr_array_unref (data);
}

/* (nullable) */
static RtcpMember *
find (const RflMedium *medium)
{
  GPtrArray *members = rfl_participant_get_data (medium->participant, DATA_KEY);

  return members && medium->index < members->len ? members->pdata[medium->index] : NULL;
}

RtcpMember *
rtcp_member_get (RflMedium *medium)
{
  GPtrArray *members = rfl_participant_get_data (medium->participant, DATA_KEY);
  RtcpMember *member = find (medium);

  if (member != NULL)
    return member;
  if (members == NULL)
    {
      members = g_ptr_array_new_with_free_func (g_free);
      rfl_participant_set_data (medium->participant, DATA_KEY, members, members_free);
    }
  if (members->len <= medium->index)
    g_ptr_array_set_size (members, (gint) medium->index + 1);
  member = g_new0 (RtcpMember, 1);
  members->pdata[medium->index] = member;
  return member;
}

/* @due moves on by @time, unless it is too far ahead already. */
static gboolean
take (gint64 *due, gint64 time, RflClock *clock)
{
  gint64 now = rfl_clock_now (clock), from = MAX (*due, now);

  if (from - now >= BURST)
    return FALSE;
  *due = from + time;
  return TRUE;
}

gboolean
rtcp_member_may_send_app (RtcpMember *member, const RtcpState *state)
{
  return take (&member->app_due, G_TIME_SPAN_SECOND / state->core->rtcp.app_rate, state->clock);
}

gboolean
rtcp_member_may_be_copied (RtcpMember *member, const RtcpState *state, guint n)
{
  return take (&member->copy_due, n * G_TIME_SPAN_SECOND / state->core->rtcp.copy_rate,
               state->clock);
}

static gboolean
has_name (const RtcpMember *member, guint32 name)
{
  for (guint i = 0; i < member->n_names; i++)
    if (member->names[i] == name)
      return TRUE;
  return FALSE;
}

void
rtcp_member_learn (RtcpMember *member, guint32 name)
{
  if (name != 0 && member->n_names < RTCP_MAX_NAMES && !has_name (member, name))
    member->names[member->n_names++] = name;
}

gboolean
rtcp_member_knows (RflMedium *medium, guint32 name)
{
  const RtcpMember *member = find (medium);

  return member != NULL && has_name (member, name);
}
