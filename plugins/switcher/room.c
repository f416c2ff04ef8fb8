/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gathers how loud everybody is, gives the turn to one, and has the legs follow. */
#include "plugins/switcher/room.h"

#include <string.h>

#define KEY "switcher/room"
#define PERSON_KEY "switcher/person"
/* Pictures of who has sent none for so long are not shown. */
#define VIDEO_LIFE (2 * G_USEC_PER_SEC)
/* Without levels: octets of a packet that is more than comfort noise, and how long somebody must have paused
 * before that his packets say anything. */
#define MIN_SPEECH 16
#define PAUSE (300 * G_TIME_SPAN_MILLISECOND)
#define PAUSE_LIFE (60 * G_USEC_PER_SEC)

/**
 * Room:
 * @speaker: turn of whose turn it is, 0: nobody's yet
 * @tap: (nullable): made when somebody writes levels
 */
typedef struct {
  guint64 speaker;
  SwitcherTap *tap;
} Room;

/**
 * Person:
 * @dbov: how loud in this look, VOICE_SILENT: not at all
 * @measured: somebody could tell
 * @packets, @octets: that its sources had sent at the last look
 * @sent: when it sent speech last; @paused: when it last began after a pause
 */
typedef struct {
  Voice voice;
  gint dbov;
  gboolean measured;
  guint64 packets, octets, new_packets, new_octets;
  gint64 sent, paused;
} Person;

static void
room_free (gpointer data)
{
  Room *room = data;

  switcher_tap_free (room->tap);
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

static Person *
get_person (RflParticipant *participant)
{
  Person *person = rfl_participant_get_data (participant, PERSON_KEY);

  if (person)
    return person;
  person = g_new0 (Person, 1);
  rfl_participant_set_data (participant, PERSON_KEY, person, g_free);
  return person;
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
    rfl_participant_set_data (session->participants->pdata[i], PERSON_KEY, NULL, NULL);
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

static gboolean
is_blocked (const RflSource *source)
{
  return source->owner == NULL || (source->owner->blocked & RFL_DIRECTION_SEND) != 0;
}

/* ---- how loud ---- */

static guint8
get_extension (const RflSource *source)
{
  return source->owner->current ? source->owner->current->answer_audio_level : 0;
}

static void
grow_tap (SwitcherView *view, Room *room, RflRoute *route)
{
  switcher_tap_free (room->tap);
  room->tap = switcher_tap_new (view->core, route, 2 * route->sources->len);
  for (guint i = 0; i < route->sources->len; i++)
    {
      const RflSource *source = route->sources->pdata[i];
      if (source->owner && get_extension (source))
        switcher_tap_watch (room->tap, source, get_extension (source));
    }
}

/* What @source's own packets say. */
static gboolean
get_written (SwitcherView *view, Room *room, RflSource *source, gint *dbov)
{
  guint8 number = get_extension (source);

  if (number == 0)
    return FALSE;
  if (room->tap == NULL || !switcher_tap_watch (room->tap, source, number))
    grow_tap (view, room, source->route);
  return switcher_tap_take (room->tap, source, dbov);
}

static void
hear (SwitcherView *view, Room *room, RflSource *source)
{
  Person *person;
  RflSourceStats stats;
  gint dbov;

  if (is_blocked (source))
    return;
  person = get_person (source->owner->participant);
  rfl_source_get_stats (source, &stats);
  person->new_packets += stats.packets;
  person->new_octets += stats.octets;
  if (!(view->mixer && view->mixer->get_level (view->mixer_self, source, &dbov))
      && !get_written (view, room, source, &dbov))
    return;
  person->measured = TRUE;
  person->dbov = MAX (person->dbov, dbov);
}

/* Whoever pauses says by his packets when he speaks; whoever always sends says nothing by it. */
static gint
guess (const SwitcherView *view, Person *person, gint64 now)
{
  guint64 packets = person->new_packets - person->packets;
  gboolean speech = person->new_packets > person->packets && person->packets > 0
                    && person->new_octets - person->octets >= MIN_SPEECH * packets;

  if (!speech)
    return VOICE_SILENT;
  if (person->sent && now - person->sent >= PAUSE)
    person->paused = now;
  person->sent = now;
  return person->paused && now - person->paused < PAUSE_LIFE ? view->rules.threshold : VOICE_SILENT;
}

static void
begin_look (const RflSession *session)
{
  for (guint i = 0; i < session->participants->len; i++)
    {
      Person *person = get_person (session->participants->pdata[i]);
      person->dbov = VOICE_SILENT;
      person->measured = FALSE;
      person->new_packets = person->new_octets = 0;
    }
}

static void
end_look (const SwitcherView *view, const RflSession *session, gint64 now)
{
  for (guint i = 0; i < session->participants->len; i++)
    {
      Person *person = get_person (session->participants->pdata[i]);
      gint guessed = guess (view, person, now);

      voice_feed (&person->voice, &view->rules, person->measured ? person->dbov : guessed, now);
      person->packets = person->new_packets;
      person->octets = person->new_octets;
    }
}

/* ---- whose turn ---- */

static Person *
find_turn (const RflSession *session, guint64 turn)
{
  for (guint i = 0; turn && i < session->participants->len; i++)
    {
      Person *person = rfl_participant_get_data (session->participants->pdata[i], PERSON_KEY);
      if (person && person->voice.turn == turn)
        return person;
    }
  return NULL;
}

static void
give_turn (SwitcherView *view, Room *room, const RflSession *session, gint64 now)
{
  Person *speaker = find_turn (session, room->speaker), *best = NULL;

  for (guint i = 0; i < session->participants->len; i++)
    {
      Person *person = get_person (session->participants->pdata[i]);

      if (person == speaker
          || !voice_takes_over (&person->voice, speaker ? &speaker->voice : NULL, &view->rules,
                                now))
        continue;
      if (best == NULL || person->voice.loudness > best->voice.loudness)
        best = person;
    }
  if (best == NULL)
    return;
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

  if (is_blocked (source))
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
      const Person *person =
          source->owner ? rfl_participant_get_data (source->owner->participant, PERSON_KEY) : NULL;

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

  begin_look (session);
  for (guint i = 0; audio && i < audio->sources->len; i++)
    hear (view, room, audio->sources->pdata[i]);
  end_look (view, session, now);
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
      const Person *person = rfl_participant_get_data (participant, PERSON_KEY);

      if (person == NULL || person->voice.turn != room->speaker)
        continue;
      *speaking = voice_is_heard (&person->voice, now);
      return participant;
    }
  return NULL;
}
