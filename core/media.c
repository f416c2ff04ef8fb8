/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A participant's media: offers are tried on and become current or are forgotten. Who asks
 * whom about an offer is in join.c.
 */
#include "core/session-private.h"
#include <reflector/ice.h>

RflMediumDesc *
rfl_medium_desc_new (const char *kind)
{
  RflMediumDesc *desc = g_new0 (RflMediumDesc, 1);

  desc->kind = g_intern_string (kind);
  desc->formats = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_format_free);
  desc->answer = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_format_free);
  desc->ssrcs = g_array_new (FALSE, FALSE, sizeof (guint32));
  return desc;
}

void
rfl_medium_desc_free (RflMediumDesc *desc)
{
  if (!desc)
    return;
  g_clear_pointer (&desc->formats, g_ptr_array_unref);
  g_clear_pointer (&desc->answer, g_ptr_array_unref);
  g_clear_pointer (&desc->ssrcs, g_array_unref);
  g_free (desc->cname);
  rfl_ice_desc_free (desc->ice);
  rfl_ice_desc_free (desc->answer_ice);
  g_free (desc);
}

void
media_free (RflMedium *medium)
{
  rfl_medium_desc_free (medium->current);
  rfl_medium_desc_free (medium->offered);
  g_free ((MediumRecord *) medium);
}

/* A medium that a refused offer added stays for the next offer: somebody may have kept the
 * pointer, which lives as long as the participant. */
static RflMedium *
get_slot (ParticipantRecord *record, guint index)
{
  RflMedium *medium;

  if (index < record->slots->len)
    return record->slots->pdata[index];
  medium = (RflMedium *) g_new0 (MediumRecord, 1); /* which begins with it */
  medium->participant = &record->participant;
  medium->index = index;
  g_ptr_array_add (record->slots, medium);
  return medium;
}

/* Only an m-line that is not in use may change its kind (RFC 3264 §8.3). */
static gboolean
check_offers (const GPtrArray *media, const GPtrArray *offers, GError **error)
{
  if (offers->len < media->len)
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_MALFORMED,
                   "%u media are offered where there were %u", offers->len, media->len);
      return FALSE;
    }
  for (guint i = 0; i < media->len; i++)
    {
      const RflMedium *medium = media->pdata[i];
      const RflMediumDesc *offer = offers->pdata[i];
      if (medium->current && medium->current->accepted && offer->kind != medium->kind)
        {
          g_set_error (error, RFL_ERROR, RFL_ERROR_MALFORMED, "medium %u turns from %s into %s", i,
                       medium->kind, offer->kind);
          return FALSE;
        }
    }
  return TRUE;
}

gboolean
media_offer (ParticipantRecord *record, GPtrArray *offers, GError **error)
{
  GPtrArray *media = record->participant.media;

  if (!check_offers (media, offers, error))
    return FALSE;
  for (guint i = 0; i < offers->len; i++)
    {
      RflMedium *medium = get_slot (record, i);
      if (i >= media->len)
        g_ptr_array_add (media, medium);
      medium->offered = g_steal_pointer (&offers->pdata[i]);
      medium->kind = medium->offered->kind;
    }
  return TRUE;
}

static void
set_route (RflMedium *medium, RflSession *session)
{
  if (medium->route && medium->route->kind != medium->kind)
    {
      rfl_route_drop_owner (medium->route, medium);
      medium->route = NULL;
    }
  if (!medium->route && medium->current->accepted)
    medium->route = rfl_session_get_route (session, medium->kind);
}

void
media_commit (ParticipantRecord *record)
{
  GPtrArray *media = record->participant.media;

  for (guint i = 0; i < media->len; i++)
    {
      RflMedium *medium = media->pdata[i];
      if (!medium->offered)
        continue;
      rfl_medium_desc_free (medium->current);
      medium->current = g_steal_pointer (&medium->offered);
      set_route (medium, record->participant.session);
    }
}

void
media_revert (ParticipantRecord *record)
{
  GPtrArray *media = record->participant.media;
  guint agreed = 0;

  for (guint i = 0; i < media->len; i++)
    {
      RflMedium *medium = media->pdata[i];
      g_clear_pointer (&medium->offered, rfl_medium_desc_free);
      if (!medium->current)
        continue;
      medium->kind = medium->current->kind;
      agreed++;
    }
  g_ptr_array_set_size (media, agreed);
}

void
media_drop_sources (ParticipantRecord *record)
{
  GPtrArray *media = record->participant.media;

  for (guint i = 0; i < media->len; i++)
    {
      RflMedium *medium = media->pdata[i];
      if (medium->route)
        rfl_route_drop_owner (medium->route, medium);
    }
}

void
media_forget_routes (ParticipantRecord *record)
{
  for (guint i = 0; i < record->slots->len; i++)
    ((RflMedium *) record->slots->pdata[i])->route = NULL;
}

void
rfl_medium_set_blocked (RflMedium *medium, RflDirection blocked)
{
  RflParticipant *participant = medium->participant;
  RflDirection freed = medium->blocked & ~blocked;
  RflEvent *event;

  g_return_if_fail (participant->origin == NULL);
  if (medium->blocked == blocked)
    return;
  medium->blocked = blocked;
  if (medium->route)
    rfl_route_block (medium->route, medium);
  if (participant->session == NULL || participant->state == RFL_PARTICIPANT_LEFT)
    return;
  if (freed & RFL_DIRECTION_RECEIVE)
    rfl_medium_request_keyframe (medium);
  event = rfl_event_new (RFL_EVENT_MEDIUM_BLOCKED);
  rfl_event_set_medium (event, medium);
  rfl_bus_emit (((ParticipantRecord *) participant)->core->bus, event, NULL, NULL);
}
