/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The world of link-fixture.h: network, clock, reflectors. The callers are in link-person.c. */
#include "tests/unit/link-fixture.h"
#include "core/config/config.h"
#include <string.h>

static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer user_data)
{
  for (gsize i = 0; i < n; i++)
    if (g_str_equal (fields[i].key, "GLIB_DOMAIN") && level > G_LOG_LEVEL_CRITICAL
        && (g_str_equal (fields[i].value, "interconnect") || level > G_LOG_LEVEL_WARNING))
      return g_test_verbose () ? g_log_writer_standard_streams (level, fields, n, NULL)
                               : G_LOG_WRITER_HANDLED;
  return g_log_writer_default (level, fields, n, user_data);
}

void
world_set_log_writer (void)
{
  g_log_set_writer_func (write_log, NULL, NULL);
}

typedef struct {
  gint64 due;
  RflAddress from, to;
  GBytes *data;
} Flying;

static void
flying_free (Flying *f)
{
  g_bytes_unref (f->data);
  g_free (f);
}

RflAddress
site_relay (guint i, guint16 port)
{
  g_autofree char *text = g_strdup_printf ("10.0.0.%u:%u", i + 1, port);
  return test_address (text);
}

/* Everything between reflectors is held here until its time has come. */
static gboolean
on_datagram (const TestDatagram *d, gpointer user_data)
{
  World *world = user_data;

  if (d->to.port != 5564 && d->to.port != 5565)
    return TRUE;
  g_assert_cmpuint (d->from.port, ==, d->to.port);
  g_assert_cmpuint (d->len, <=, d->to.port == 5565 ? LINK_MAX_RTCP_DATAGRAM : 1500);
  world->n_relayed += d->from.port == 5564;
  if (world->filter && !world->filter (world, d))
    return FALSE;
  if (g_rand_double (world->random) < world->loss)
    return FALSE;
  Flying *f = g_new0 (Flying, 1);
  *f = (Flying){ world->now + world->delay, d->from, d->to, g_bytes_new (d->data, d->len) };
  g_queue_push_tail (&world->flying, f);
  return FALSE;
}

static void
land (World *world)
{
  while (world->flying.head && ((Flying *) world->flying.head->data)->due <= world->now)
    {
      Flying *f = g_queue_pop_head (&world->flying);
      gsize len;
      const guint8 *data = g_bytes_get_data (f->data, &len);
      test_network_inject_from (world->net, &f->to, &f->from, data, len);
      flying_free (f);
    }
}

static void
hand_out (World *world)
{
  g_autoptr (GPtrArray) sent = test_network_take_sent (world->net);

  for (guint i = 0; i < sent->len; i++)
    {
      TestDatagram *d = sent->pdata[i];
      for (guint s = 0; s < world->n_sites; s++)
        for (guint k = 0; world->sites[s].people && k < world->sites[s].people->len; k++)
          {
            Person *person = world->sites[s].people->pdata[k];
            RflPacketClass class = rfl_packet_classify (d->data, d->len);
            if (!rfl_address_equal (&person->address, &d->to))
              continue;
            GPtrArray *list = class == RFL_CLASS_RTP ? person->heard : person->rtcp;
            g_ptr_array_add (list, g_bytes_new (d->data, d->len));
          }
    }
}

static void
step (World *world)
{
  land (world);
  for (guint i = 0; i < world->n_sites; i++)
    if (world->sites[i].core)
      rfl_path_step (rfl_core_get_path (world->sites[i].core));
  hand_out (world);
}

void
world_run (World *world, gint64 time)
{
  gint64 end = world->now + time;

  step (world);
  while (world->now < end)
    {
      world->now += MS;
      for (guint i = 0; i < world->n_sites; i++)
        if (world->sites[i].core)
          rfl_clock_advance (rfl_core_get_clock (world->sites[i].core), MS);
      step (world);
    }
}

static RflHookResult
count_event (RflEvent *event, gpointer user_data, GError **error)
{
  Site *site = user_data;

  switch (event->type)
    {
    case RFL_EVENT_LINK_UP:
      site->ups++;
      g_assert_nonnull (event->name);
      break;
    case RFL_EVENT_LINK_DOWN:
      site->downs++;
      break;
    case RFL_EVENT_PARTICIPANT_JOINED:
      site->joined++;
      break;
    default:
      site->left++;
    }
  return RFL_HOOK_CONTINUE;
}

/* What both have, the session codec first. */
static void
fill_answer (RflMedium *medium, const RflRoute *route)
{
  const GPtrArray *offer = medium->offered->formats;

  for (guint i = 0; i < route->formats->len; i++)
    for (guint k = 0; k < offer->len; k++)
      if (rfl_format_matches (route->formats->pdata[i], offer->pdata[k]))
        g_ptr_array_insert (medium->offered->answer, i == route->codec ? 0 : -1,
                            rfl_format_copy (offer->pdata[k]));
}

/* What the rtp plugin does: the session's codec is the site's, unless the session has one. */
static RflHookResult
answer (RflEvent *event, gpointer user_data, GError **error)
{
  Site *site = user_data;

  for (guint i = 0; i < event->participant->media->len; i++)
    {
      RflMedium *medium = event->participant->media->pdata[i];
      RflRoute *route = rfl_session_get_route (event->session, medium->kind);
      GPtrArray *formats = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_format_free);
      if (medium->kind == g_intern_string ("video"))
        g_ptr_array_add (formats, rfl_format_new (96, "VP8", 90000, 1, NULL));
      else
        g_ptr_array_add (formats, rfl_format_new (site->pt, site->codec, 8000, 1, NULL));
      medium->offered->accepted = medium->offered->rtp.port != 9;
      if (route->formats->len == 0 && medium->offered->accepted)
        rfl_route_set_formats (route, g_ptr_array_ref (formats));
      g_ptr_array_unref (formats);
      fill_answer (medium, route);
    }
  return RFL_HOOK_CONTINUE;
}

static void
add_hooks (Site *site)
{
  static const RflEventType counted[] = { RFL_EVENT_LINK_UP, RFL_EVENT_LINK_DOWN,
                                          RFL_EVENT_PARTICIPANT_JOINED,
                                          RFL_EVENT_PARTICIPANT_LEFT };
  RflHook hook = {
    .name = "test/count", .stage = RFL_HOOK_LATE, .func = count_event, .user_data = site
  };

  for (guint i = 0; i < G_N_ELEMENTS (counted); i++)
    {
      hook.event = counted[i];
      g_assert_cmpuint (rfl_bus_add_hook (rfl_core_get_bus (site->core), &hook, NULL), >, 0);
    }
  hook.name = "test/answer";
  hook.event = RFL_EVENT_MEDIA_OFFERED;
  hook.func = answer;
  g_assert_cmpuint (rfl_bus_add_hook (rfl_core_get_bus (site->core), &hook, NULL), >, 0);
}

static char *
make_options (Site *site)
{
  GString *text = g_string_new ("peers = (");
  gboolean first = TRUE;

  for (guint i = 0; i < site->world->n_sites; i++)
    {
      if (i == site->index)
        continue;
      g_string_append_printf (text, "%s{ host = \"10.0.0.%u\"; }", first ? "" : ", ", i + 1);
      first = FALSE;
    }
  g_string_append_printf (text, "); %s", site->world->options ? site->world->options : "");
  return g_string_free (text, FALSE);
}

static void
start_plugin (Site *site)
{
  g_autofree char *text = make_options (site);
  g_autoptr (GError) error = NULL;
  g_autoptr (RflSettings) settings =
      rfl_settings_new_from_text ("interconnect", link_options, text, &error);

  g_assert_no_error (error);
  site->link = link_plugin_new (site->core);
  link_plugin_configure (site->link, settings, &error);
  g_assert_no_error (error);
  link_plugin_start (site->link, &error);
  g_assert_no_error (error);
}

void person_unknown (const RflArrival *arrival, gpointer user_data);
void person_rtcp (const RflArrival *arrival, gpointer user_data);
void person_free (Person *person);

static void
open_ports (Site *site)
{
  static const char *const names[] = { "rtp.audio", "rtp.video" };

  for (guint i = 0; i < 2; i++)
    {
      const RflPortSpec spec = { .name = names[i],
                                 .port = 5566 + 2 * i,
                                 .unknown = person_unknown,
                                 .rtcp = person_rtcp,
                                 .user_data = site };
      g_autoptr (GError) error = NULL;
      site->ports[i] = rfl_port_open (rfl_core_get_path (site->core), &spec, &error);
      g_assert_no_error (error);
    }
}

void
site_start (Site *site)
{
  World *world = site->world;
  g_autofree char *ip = g_strdup_printf ("10.0.0.%u", site->index + 1);
  const RflCoreOptions options = { .clock = rfl_clock_new_manual (world->now),
                                   .transport = test_network_add_host (world->net, ip),
                                   .n_workers = 2,
                                   .manual_workers = TRUE };
  g_autoptr (GError) error = NULL;

  site->core = rfl_core_new (&options);
  site->people = g_ptr_array_new_with_free_func ((GDestroyNotify) person_free);
  rfl_core_start (site->core, &error);
  g_assert_no_error (error);
  add_hooks (site);
  open_ports (site);
  start_plugin (site);
}

static gboolean
lose (World *world, const TestDatagram *d)
{
  return FALSE;
}

void
site_kill (Site *site)
{
  World *world = site->world;
  WorldFilter filter = world->filter;

  world->filter = lose;
  g_clear_pointer (&site->people, g_ptr_array_unref);
  g_clear_pointer (&site->link, link_plugin_free);
  for (guint i = 0; i < 2; i++)
    g_clear_pointer (&site->ports[i], rfl_port_close);
  g_clear_pointer (&site->core, rfl_core_free);
  world->filter = filter;
}

World *
world_new_down (guint n)
{
  World *world = g_new0 (World, 1);

  world->net = test_network_new ();
  world->now = G_TIME_SPAN_SECOND;
  world->delay = 5 * MS;
  world->random = g_rand_new_with_seed (7);
  world->n_sites = n;
  g_queue_init (&world->flying);
  test_network_set_filter (world->net, on_datagram, world);
  for (guint i = 0; i < n; i++)
    world->sites[i] = (Site){ .world = world, .index = i, .codec = "PCMU", .pt = 0 };
  return world;
}

World *
world_new (guint n)
{
  World *world = world_new_down (n);

  for (guint i = 0; i < n; i++)
    site_start (&world->sites[i]);
  world_run (world, 100 * MS);
  for (guint i = 0; i < n; i++)
    g_assert_cmpuint (world->sites[i].ups, ==, n - 1);
  return world;
}

World *
world_new_with (guint n, Person **people, guint n_people)
{
  World *world = world_new (n);

  for (guint i = 0; i < n_people; i++)
    people[i] = person_join (&world->sites[i % n], "room", "audio");
  world_settle (world);
  return world;
}

void
world_settle (World *world)
{
  world_run (world, 50 * MS);
}

void
world_free (World *world)
{
  for (guint i = 0; i < world->n_sites; i++)
    if (world->sites[i].core)
      site_kill (&world->sites[i]);
  g_queue_clear_full (&world->flying, (GDestroyNotify) flying_free);
  test_network_free (world->net);
  g_rand_free (world->random);
  g_free (world);
}

guint64
site_count (Site *site, const char *counter)
{
  return rfl_counter_read (rfl_counter_get (site->core, counter, "test"));
}

LinkPeer *
site_peer (Site *site, guint other)
{
  const RflAddress address = site_relay (other, 5564);

  for (guint i = 0; i < site->link->peers->len; i++)
    {
      LinkPeer *peer = site->link->peers->pdata[i];
      if (rfl_address_equal (&peer->rtp, &address))
        return peer;
    }
  g_assert_not_reached ();
}

gboolean
site_knows (Site *site, const char *id)
{
  return rfl_core_find_participant (site->core, id) != NULL;
}
