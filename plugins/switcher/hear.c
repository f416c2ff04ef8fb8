/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gathers how loud everybody is. Gives no turns: room.c. */
#include "plugins/switcher/hear.h"

#define PERSON_KEY "switcher/person"
/* Looks after which a tap that nobody needs goes: the mixer knows more. */
#define TAP_IDLE 50

SwitcherPerson *
hear_find_person (const RflParticipant *participant)
{
  return rfl_participant_get_data ((RflParticipant *) participant, PERSON_KEY);
}

SwitcherPerson *
hear_get_person (RflParticipant *participant)
{
  SwitcherPerson *person = hear_find_person (participant);

  if (person)
    return person;
  person = g_new0 (SwitcherPerson, 1);
  rfl_participant_set_data (participant, PERSON_KEY, person, g_free);
  return person;
}

void
hear_forget (RflParticipant *participant)
{
  rfl_participant_set_data (participant, PERSON_KEY, NULL, NULL);
}

void
hear_clear (Ear *ear)
{
  g_clear_pointer (&ear->tap, switcher_tap_free);
}

gboolean
hear_is_blocked (const RflSource *source)
{
  return source->owner == NULL || (source->owner->blocked & RFL_DIRECTION_SEND) != 0;
}

static void
grow_tap (const SwitcherView *view, Ear *ear, RflRoute *route)
{
  switcher_tap_free (ear->tap);
  ear->tap = switcher_tap_new (view->core, route, 2 * route->sources->len);
  for (guint i = 0; i < route->sources->len; i++)
    if (switcher_tap_understands (route->sources->pdata[i]))
      switcher_tap_watch (ear->tap, route->sources->pdata[i]);
}

/* What @source's own packets say. */
static gboolean
get_own (const SwitcherView *view, Ear *ear, RflSource *source, gint *dbov)
{
  if (!switcher_tap_understands (source))
    return FALSE;
  ear->idle = 0;
  if (ear->tap == NULL || !switcher_tap_watch (ear->tap, source))
    grow_tap (view, ear, source->route);
  return switcher_tap_take (ear->tap, source, dbov);
}

static void
hear (const SwitcherView *view, Ear *ear, RflSource *source)
{
  SwitcherPerson *person;
  RflSourceStats stats;
  gint dbov;

  if (hear_is_blocked (source))
    return;
  person = hear_get_person (source->owner->participant);
  rfl_source_get_stats (source, &stats);
  person->packets += stats.packets;
  person->octets += stats.octets;
  if (!(view->mixer && view->mixer->get_level (view->mixer_self, source, &dbov))
      && !get_own (view, ear, source, &dbov))
    return;
  person->measured = TRUE;
  person->dbov = MAX (person->dbov, dbov);
}

static void
begin_look (const RflSession *session)
{
  for (guint i = 0; i < session->participants->len; i++)
    {
      SwitcherPerson *person = hear_get_person (session->participants->pdata[i]);
      person->dbov = VOICE_SILENT;
      person->measured = FALSE;
      person->packets = person->octets = 0;
    }
}

static void
end_look (const SwitcherView *view, const RflSession *session, gint64 now)
{
  for (guint i = 0; i < session->participants->len; i++)
    {
      SwitcherPerson *person = hear_get_person (session->participants->pdata[i]);
      GuessResult guess = guess_look (&person->guess, person->packets, person->octets, now);

      if (!person->measured && guess == GUESS_SPEAKS)
        person->dbov = view->rules.threshold;
      person->unknown = !person->measured && guess == GUESS_UNKNOWN;
      voice_feed (&person->voice, &view->rules, person->dbov, now);
    }
}

void
hear_all (const SwitcherView *view, Ear *ear, const RflSession *session, RflRoute *route,
          gint64 now)
{
  ear->idle++;
  begin_look (session);
  for (guint i = 0; route && i < route->sources->len; i++)
    hear (view, ear, route->sources->pdata[i]);
  end_look (view, session, now);
  if (ear->idle > TAP_IDLE)
    hear_clear (ear);
}
