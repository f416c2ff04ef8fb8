/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives the turn to one, and has the legs follow. Does not hear anybody: hear.c. */
#include "plugins/switcher/room.h"

#include <string.h>

#define KEY "switcher/room"
/* Pictures of who has sent none for so long are not shown. */
#define VIDEO_LIFE (2 * G_USEC_PER_SEC)

/**
 * Room:
 * @speaker: turn of whose turn it is, 0: nobody's yet
 * @heard: when anybody was heard last, or the turn went round
 */
typedef struct {
  guint64 speaker;
  gint64 heard;
  Ear ear;
} Room;

static void
room_free (gpointer data)
{
  Room *room = data;

  hear_clear (&room->ear);
  g_free (room);
}

static Room *
get_room (RflSession *session)
{
  Room *room = rfl_session_get_data (session, KEY);

  if (room)
    return room;
  room = g_new0 (Room, 1);
  rfl_session_set_data (session, KEY, room, room_free);
  return room;
}

void
switcher_room_forget (RflSession *session)
{
  for (guint i = 0; i < session->routes->len; i++)
    {
      const RflRoute *route = session->routes->pdata[i];
      for (guint k = 0; k < route->legs->len; k++)
        if (rfl_leg_get_mode (route->legs->pdata[k]) == RFL_LEG_ONE)
          rfl_leg_follow (route->legs->pdata[k], NULL);
    }
  for (guint i = 0; i < session->participants->len; i++)
    hear_forget (session->participants->pdata[i]);
  rfl_session_set_data (session, KEY, NULL, NULL);
}

static RflRoute *
find_route (const RflSession *session, const char *kind)
{
  for (guint i = 0; i < session->routes->len; i++)
    if (strcmp (((RflRoute *) session->routes->pdata[i])->kind, kind) == 0)
      return session->routes->pdata[i];
  return NULL;
}

/* ---- whose turn ---- */

static SwitcherPerson *
find_turn (const RflSession *session, guint64 turn)
{
  for (guint i = 0; turn && i < session->participants->len; i++)
    {
      SwitcherPerson *person = hear_find_person (session->participants->pdata[i]);
      if (person && person->voice.turn == turn)
        return person;
    }
  return NULL;
}

static SwitcherPerson *
find_next_speaker (const SwitcherView *view, const RflSession *session,
                   const SwitcherPerson *speaker, gint64 now)
{
  SwitcherPerson *best = NULL;

  for (guint i = 0; i < session->participants->len; i++)
    {
      SwitcherPerson *person = hear_get_person (session->participants->pdata[i]);

      if (person == speaker
          || !voice_takes_over (&person->voice, speaker ? &speaker->voice : NULL, &view->rules,
                                now))
        continue;
      if (best == NULL || person->voice.loudness > best->voice.loudness)
        best = person;
    }
  return best;
}

/* Of those who may be speaking for all that is known, who has waited longest. */
static SwitcherPerson *
find_next_unknown (const RflSession *session, const SwitcherPerson *speaker)
{
  SwitcherPerson *best = NULL;

  for (guint i = 0; i < session->participants->len; i++)
    {
      SwitcherPerson *person = hear_get_person (session->participants->pdata[i]);

      if (person->unknown && person != speaker
          && (best == NULL || person->voice.turn < best->voice.turn))
        best = person;
    }
  return best;
}

static gboolean
is_anybody_heard (const RflSession *session, gint64 now)
{
  for (guint i = 0; i < session->participants->len; i++)
    if (voice_is_heard (&hear_get_person (session->participants->pdata[i])->voice, now))
      return TRUE;
  return FALSE;
}

static void
give_turn (SwitcherView *view, Room *room, const RflSession *session, gint64 now)
{
  const SwitcherPerson *speaker = find_turn (session, room->speaker);
  SwitcherPerson *best = find_next_speaker (view, session, speaker, now);

  if (room->heard == 0 || is_anybody_heard (session, now))
    room->heard = now;
  if (best == NULL && view->turn_time != 0 && now - room->heard >= view->turn_time)
    best = find_next_unknown (session, speaker);
  if (best == NULL)
    return;
  room->heard = now;
  best->voice.elected = now;
  best->voice.turn = ++view->n_turns;
  room->speaker = best->voice.turn;
  rfl_counter_add (view->switches, 1);
}

/* ---- what the legs follow ---- */

/* The two who spoke last and have something to send: the second is what the first one gets. */
typedef struct {
  RflSource *first, *second;
  guint64 first_turn, second_turn;
} Choice;

static gboolean
is_live (const RflSource *source, gboolean video, gint64 now)
{
  RflSourceStats stats;

  if (hear_is_blocked (source))
    return FALSE;
  if (!video)
    return TRUE;
  rfl_source_get_stats (source, &stats);
  return stats.last_seen && now - stats.last_seen < VIDEO_LIFE;
}

/* Of several sources of one participant the first one: it was there first. */
static void
consider (Choice *choice, RflSource *source, guint64 turn)
{
  if (turn > choice->first_turn)
    {
      choice->second = choice->first;
      choice->second_turn = choice->first_turn;
      choice->first = source;
      choice->first_turn = turn;
    }
  else if (turn > choice->second_turn && turn < choice->first_turn)
    {
      choice->second = source;
      choice->second_turn = turn;
    }
}

static void
lead (const RflRoute *route, gint64 now)
{
  gboolean video = strcmp (route->kind, "video") == 0;
  Choice choice = { 0 };

  for (guint i = 0; i < route->sources->len; i++)
    {
      RflSource *source = route->sources->pdata[i];
      const SwitcherPerson *person =
          source->owner ? hear_find_person (source->owner->participant) : NULL;

      if (person && person->voice.turn && is_live (source, video, now))
        consider (&choice, source, person->voice.turn);
    }
  for (guint i = 0; i < route->legs->len; i++)
    {
      RflLeg *leg = route->legs->pdata[i];
      const RflMedium *owner = rfl_leg_get_owner (leg);
      gboolean own =
          owner && choice.first && choice.first->owner->participant == owner->participant;

      if (rfl_leg_get_mode (leg) == RFL_LEG_ONE)
        rfl_leg_follow (leg, own ? choice.second : choice.first);
    }
}

/* ---- all ---- */

void
switcher_room_look (SwitcherView *view, RflSession *session)
{
  RflRoute *audio = find_route (session, "audio"), *video = find_route (session, "video");
  gint64 now = rfl_clock_now (rfl_core_get_clock (view->core));
  Room *room = get_room (session);

  hear_all (view, &room->ear, session, audio, now);
  give_turn (view, room, session, now);
  if (audio)
    lead (audio, now);
  if (video)
    lead (video, now);
}

RflParticipant *
switcher_room_get_speaker (SwitcherView *view, RflSession *session, gboolean *speaking)
{
  const Room *room = rfl_session_get_data (session, KEY);
  gint64 now = rfl_clock_now (rfl_core_get_clock (view->core));

  *speaking = FALSE;
  for (guint i = 0; room && room->speaker && i < session->participants->len; i++)
    {
      RflParticipant *participant = session->participants->pdata[i];
      const SwitcherPerson *person = hear_find_person (participant);

      if (person == NULL || person->voice.turn != room->speaker)
        continue;
      *speaking = voice_is_heard (&person->voice, now);
      return participant;
    }
  return NULL;
}
