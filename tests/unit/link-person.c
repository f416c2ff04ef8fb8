/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Callers without protocol for the tests of the interconnection: they have a leg as soon as they
 * join, and their first packet makes flow and source, as with the rtp plugin.
 */
#include "tests/unit/link-fixture.h"
#include <string.h>

void person_unknown (const RflArrival *arrival, gpointer user_data);
void person_rtcp (const RflArrival *arrival, gpointer user_data);
void person_free (Person *person);

static const char *const kinds[] = { "audio", "video" };

static RflMedium *
find_medium (const Person *person, const char *kind)
{
  for (guint i = 0; i < person->participant->media->len; i++)
    {
      RflMedium *medium = person->participant->media->pdata[i];
      if (g_str_equal (medium->kind, kind))
        return medium;
    }
  return NULL;
}

static Person *
find_person (Site *site, const RflAddress *address)
{
  for (guint i = 0; i < site->people->len; i++)
    {
      Person *person = site->people->pdata[i];
      if (rfl_address_equal (&person->address, address))
        return person;
    }
  return NULL;
}

/* From the numbers that were answered to indices of the route, and back. */
static void
make_maps (const RflMedium *medium, RflPtMap *map, guint8 pt[RFL_ROUTE_MAX_FORMATS])
{
  const GPtrArray *answer = medium->current->answer;

  if (map)
    memset (map->index, RFL_PT_NONE, sizeof map->index);
  if (pt)
    memset (pt, RFL_PT_NONE, RFL_ROUTE_MAX_FORMATS);
  for (guint i = 0; i < answer->len; i++)
    {
      const RflFormat *format = answer->pdata[i];
      guint8 index = rfl_route_find_format (medium->route, format);
      g_assert_cmpuint (index, <, RFL_ROUTE_MAX_FORMATS);
      if (map)
        map->index[format->pt] = index;
      if (pt)
        pt[index] = format->pt;
    }
}

void
person_unknown (const RflArrival *arrival, gpointer user_data)
{
  Site *site = user_data;
  Person *person = find_person (site, &arrival->remote);
  RflMedium *medium;
  RflPtMap map;

  g_assert_nonnull (person);
  guint kind = arrival->port == site->ports[1];
  medium = find_medium (person, kinds[kind]);
  if (!person->flows[kind])
    person->flows[kind] = rfl_flow_new (arrival->port, &arrival->remote, person);
  make_maps (medium, &map, NULL);
  const RflSourceSpec spec = { .route = medium->route,
                               .owner = medium,
                               .flow = person->flows[kind],
                               .ssrc = arrival->ssrc,
                               .wire_ssrc = arrival->ssrc,
                               .map = &map,
                               .back = person->legs[kind] };
  g_assert_nonnull (rfl_source_new (&spec));
  rfl_port_release (arrival->port, arrival->ticket);
}

void
person_rtcp (const RflArrival *arrival, gpointer user_data)
{
  Site *site = user_data;
  Person *person = find_person (site, &arrival->remote);
  RflMedium *medium = find_medium (person, arrival->port == site->ports[0] ? "audio" : "video");

  rfl_route_receive_rtcp (medium->route, medium, arrival->data, arrival->len);
}

static void
send_rtcp (RflLeg *leg, RflMedium *from, const guint8 *data, gsize len)
{
  Person *person = rfl_leg_get_user_data (leg);
  RflPort *port = person->site->ports[rfl_leg_get_route (leg)->kind == g_intern_string ("video")];

  rfl_port_send (port, NULL, &person->address, data, len);
}

static const RflLegOps leg_ops = { send_rtcp };

static void
make_legs (Person *person)
{
  for (guint i = 0; i < 2; i++)
    {
      RflMedium *medium = find_medium (person, kinds[i]);
      if (!medium || !medium->current->accepted)
        continue;
      RflLegSpec spec = { .route = medium->route,
                          .owner = medium,
                          .port = person->site->ports[i],
                          .remote = person->address,
                          .mode = RFL_LEG_ALL,
                          .ops = &leg_ops,
                          .user_data = person };
      make_maps (medium, NULL, spec.pt);
      person->legs[i] = rfl_leg_new (&spec);
    }
}

static GPtrArray *
make_offers (const Person *person, const char *names)
{
  const Site *site = person->site;
  GPtrArray *offers = g_ptr_array_new ();

  for (guint i = 0; i < 2; i++)
    {
      if (!strstr (names, kinds[i]))
        continue;
      RflMediumDesc *desc = rfl_medium_desc_new (kinds[i]);
      if (i == 1)
        g_ptr_array_add (desc->formats, rfl_format_new (96, "VP8", 90000, 1, NULL));
      else
        g_ptr_array_add (desc->formats, rfl_format_new (site->pt, site->codec, 8000, 1, NULL));
      if (i == 0 && site->also)
        g_ptr_array_add (desc->formats, rfl_format_new (111, site->also, 8000, 1, NULL));
      g_ptr_array_add (offers, desc);
    }
  return offers;
}

static void
reoffered (RflParticipant *participant, const GError *error, gpointer user_data)
{
  const Person *person = user_data;

  g_assert_no_error (error);
  for (guint i = 0; i < 2; i++)
    {
      const RflMedium *medium = find_medium (person, kinds[i]);
      guint8 pt[RFL_ROUTE_MAX_FORMATS];
      RflPtMap map;
      if (!medium || !person->legs[i])
        continue;
      make_maps (medium, &map, pt);
      rfl_leg_set_pt (person->legs[i], pt);
      for (guint k = 0; k < medium->route->sources->len; k++)
        if (((RflSource *) medium->route->sources->pdata[k])->owner == medium)
          rfl_source_set_map (medium->route->sources->pdata[k], &map);
    }
}

static gboolean
reoffer (RflParticipant *participant, gpointer user_data)
{
  Person *person = user_data;

  if (!person->site->also)
    return FALSE;
  person->n_asked++;
  rfl_participant_offer (participant, make_offers (person, person->kinds), reoffered, person);
  return TRUE;
}

static const RflParticipantOps ops = { .reoffer = reoffer };

static void
joined (RflParticipant *participant, const GError *error, gpointer user_data)
{
  g_assert_no_error (error);
}

Person *
person_join (Site *site, const char *session, const char *names)
{
  Person *person = g_new0 (Person, 1);
  const RflParticipantSpec spec = { .identity = "sip:somebody@example.org",
                                    .display_name = "Somebody",
                                    .ops = &ops,
                                    .user_data = person };
  g_autofree char *address =
      g_strdup_printf ("192.0.2.%u:%u", site->index + 1, 4000 + site->people->len);

  person->site = site;
  person->address = test_address (address);
  person->heard = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  person->rtcp = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  person->kinds = g_strdup (names);
  person->participant = rfl_participant_new (site->core, &spec);
  g_ptr_array_add (site->people, person);
  rfl_participant_join (person->participant, session, make_offers (person, names), joined, NULL);
  make_legs (person);
  return person;
}

void
person_leave (Person *person)
{
  for (guint i = 0; i < 2; i++)
    g_clear_pointer (&person->legs[i], rfl_leg_free);
  rfl_participant_leave (person->participant, "test");
  for (guint i = 0; i < 2; i++)
    g_clear_pointer (&person->flows[i], rfl_flow_free);
}

void
person_free (Person *person)
{
  person_leave (person);
  rfl_participant_unref (person->participant);
  g_free (person->kinds);
  g_ptr_array_unref (person->heard);
  g_ptr_array_unref (person->rtcp);
  g_free (person);
}

const char *
person_id (const Person *person)
{
  return person->participant->id;
}

static void
inject (Person *person, guint kind, gconstpointer data, gsize len)
{
  RflAddress to = site_relay (person->site->index, 5566 + 2 * kind);

  g_assert_true (
      test_network_inject_from (person->site->world->net, &to, &person->address, data, len));
  world_run (person->site->world, 0);
}

void
person_send (Person *person, guint kind, guint32 ssrc)
{
  const RflMedium *medium = find_medium (person, kinds[kind]);
  const RflFormat *format = medium->current->answer->pdata[0];
  guint8 data[172] = { 0 };
  const RflRtp rtp = {
    .pt = format->pt, .seq = ++person->seq, .timestamp = person->seq * 160, .ssrc = ssrc
  };

  rfl_rtp_write (&rtp, data, sizeof data);
  inject (person, kind, data, sizeof data);
}

void
person_talk (Person *person, guint32 ssrc, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      person_send (person, 0, ssrc);
      world_run (person->site->world, 20 * MS);
    }
}

static guint
count (const Person *person, guint32 ssrc, gboolean once)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  guint n = 0;

  for (guint i = 0; i < person->heard->len; i++)
    {
      gsize len;
      const guint8 *data = g_bytes_get_data (person->heard->pdata[i], &len);
      RflRtp rtp;
      g_assert_true (rfl_rtp_parse (&rtp, data, len));
      if (rtp.ssrc != ssrc)
        continue;
      n++;
      if (!g_hash_table_add (seen, GUINT_TO_POINTER (rtp.seq)))
        g_assert_false (once);
    }
  return n;
}

guint
person_heard (const Person *person, guint32 ssrc)
{
  return count (person, ssrc, FALSE);
}

guint
person_heard_once (const Person *person, guint32 ssrc)
{
  return count (person, ssrc, TRUE);
}

void
person_forget (Person *person)
{
  g_ptr_array_set_size (person->heard, 0);
  g_ptr_array_set_size (person->rtcp, 0);
}

void
person_send_rtcp (Person *person, const RflRtcpWriter *w)
{
  g_assert_false (w->overflow);
  inject (person, 0, w->data, w->len);
}
