/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From packets to RFL_EVENT_DIGIT. A tap in the workers leaves a note of what looks like a new key press; the main
 * thread collects the notes and decides. Does not know what a key means.
 */
#define RFL_LOG_DOMAIN "rooms"
#include "plugins/rooms/keys.h"

#include <string.h>

#include "plugins/rooms/press.h"
#include "plugins/rooms/ring.h"
#include "plugins/rooms/tone.h"

#define COLLECT (50 * G_TIME_SPAN_MILLISECOND)
#define RECENT 64

/* What a worker remembers, so that the many packets of one press leave one note. Two sources may share an entry:
 * then there are more notes, and the main thread sorts them out. */
typedef struct {
  guint64 source_id;
  RoomsPress press;
} Recent;

typedef struct {
  RoomsRing ring;
  Recent recent[RECENT];
} Desk;

/* @formats: bits by the route's index of those that are telephone-event; read by workers */
typedef struct {
  RoomsKeys *keys;
  RflRoute *route;
  guint id;
  guint formats;
} Tap;

/* A source of a participant here. @tokens: keys that it may still press, in microseconds of their rate */
typedef struct {
  guint64 id;
  RflMedium *owner;
  RoomsPress press;
  gint64 tokens, filled;
} Speaker;

struct _RoomsKeys {
  RflCore *core;
  Desk **desks; /* by worker */
  guint n_desks;
  GHashTable *taps;     /* RflRoute → Tap */
  GHashTable *speakers; /* &id → Speaker */
  GArray *hooks;
  RflTimer *timer;
  guint rate;
  RflCounter *heard, *lost, *limited;
};

/* ---- in the workers ---- */

static void
leave_note (RoomsKeys *keys, const RflPacket *packet, guint worker)
{
  Desk *desk = keys->desks[worker];
  Recent *recent = &desk->recent[packet->source_id % RECENT];
  RoomsNote note = { .source_id = packet->source_id };
  RoomsTone tone;
  RflRtp rtp;

  if (!rfl_rtp_parse (&rtp, packet->data, packet->len)
      || !rooms_tone_read (&tone, rtp.payload, rtp.payload_len))
    return;
  if (recent->source_id != packet->source_id)
    *recent = (Recent){ .source_id = packet->source_id };
  if (!rooms_press_begins (&recent->press, tone.key, rtp.timestamp))
    return;
  note.timestamp = rtp.timestamp;
  note.key = tone.key;
  if (!rooms_ring_push (&desk->ring, &note))
    rfl_counter_add_worker (keys->lost, worker, 1);
}

static void
listen_to (RflPacket *packets, guint n, guint worker, gpointer context)
{
  const Tap *tap = context;
  guint formats = (guint) g_atomic_int_get (&tap->formats);

  for (guint i = 0; i < n; i++)
    if (packets[i].verdict == RFL_VERDICT_PASS && packets[i].format < RFL_ROUTE_MAX_FORMATS
        && formats & 1u << packets[i].format)
      leave_note (tap->keys, &packets[i], worker);
}

/* ---- in the main thread ---- */

static guint
find_formats (const RflRoute *route)
{
  guint formats = 0;

  for (guint i = 0; i < route->formats->len; i++)
    {
      const RflFormat *format = route->formats->pdata[i];
      if (g_ascii_strcasecmp (format->encoding, "telephone-event") == 0)
        formats |= 1u << i;
    }
  return formats;
}

static void
tap_free (gpointer data)
{
  Tap *tap = data;

  rfl_route_remove_tap (tap->route, tap->id);
  g_free (tap);
}

static void
watch_route (RoomsKeys *keys, RflRoute *route)
{
  Tap *tap = g_hash_table_lookup (keys->taps, route);

  if (tap)
    {
      g_atomic_int_set (&tap->formats, find_formats (route));
      return;
    }
  tap = g_new0 (Tap, 1);
  tap->keys = keys;
  tap->route = route;
  tap->formats = find_formats (route);
  tap->id = rfl_route_add_tap (route, listen_to, tap);
  g_hash_table_insert (keys->taps, route, tap);
  if (!rfl_timer_is_running (keys->timer))
    rfl_timer_repeat (keys->timer, COLLECT);
}

static gboolean
may_press (RoomsKeys *keys, Speaker *speaker)
{
  gint64 now = rfl_clock_now (rfl_core_get_clock (keys->core));
  gint64 price = G_USEC_PER_SEC / keys->rate;

  speaker->tokens = MIN (G_USEC_PER_SEC, speaker->tokens + now - speaker->filled);
  speaker->filled = now;
  if (speaker->tokens < price)
    return FALSE;
  speaker->tokens -= price;
  return TRUE;
}

static void
tell (RoomsKeys *keys, const Speaker *speaker, char key)
{
  RflEvent *event = rfl_event_new (RFL_EVENT_DIGIT);
  char name[2] = { key, '\0' };

  rfl_counter_add (keys->heard, 1);
  rfl_event_set_medium (event, speaker->owner);
  rfl_event_set_name (event, name);
  rfl_bus_emit (rfl_core_get_bus (keys->core), event, NULL, NULL);
}

static void
take_note (RoomsKeys *keys, const RoomsNote *note)
{
  Speaker *speaker = g_hash_table_lookup (keys->speakers, &note->source_id);

  if (!speaker || !rooms_press_begins (&speaker->press, note->key, note->timestamp))
    return;
  if (may_press (keys, speaker))
    tell (keys, speaker, note->key);
  else
    rfl_counter_add (keys->limited, 1);
}

static void
collect (gpointer data)
{
  RoomsKeys *keys = data;
  RoomsNote note;

  /* a ring that is filled as fast as it is read does not hold the main thread */
  for (guint i = 0; i < keys->n_desks; i++)
    for (guint n = 0; n < ROOMS_RING_SIZE && rooms_ring_pop (&keys->desks[i]->ring, &note); n++)
      take_note (keys, &note);
}

/* ---- events ---- */

static RflHookResult
on_source_appeared (RflEvent *event, gpointer data, GError **error)
{
  RoomsKeys *keys = data;
  RflSource *source = event->source;
  Speaker *speaker;

  if (strcmp (source->route->kind, "audio") != 0 || source->owner->participant->origin)
    return RFL_HOOK_CONTINUE;
  speaker = g_new0 (Speaker, 1);
  speaker->id = rfl_source_get_id (source);
  speaker->owner = source->owner;
  speaker->tokens = G_USEC_PER_SEC;
  speaker->filled = rfl_clock_now (rfl_core_get_clock (keys->core));
  g_hash_table_replace (keys->speakers, &speaker->id, speaker);
  watch_route (keys, source->route);
  return RFL_HOOK_CONTINUE;
}

static RflHookResult
on_source_vanished (RflEvent *event, gpointer data, GError **error)
{
  RoomsKeys *keys = data;
  guint64 id = rfl_source_get_id (event->source);

  if (g_hash_table_contains (keys->speakers, &id))
    {
      collect (keys); /* what it pressed before it went */
      g_hash_table_remove (keys->speakers, &id);
    }
  return RFL_HOOK_CONTINUE;
}

static RflHookResult
on_formats_changed (RflEvent *event, gpointer data, GError **error)
{
  RoomsKeys *keys = data;

  for (guint i = 0; event->session && i < event->session->routes->len; i++)
    if (g_hash_table_contains (keys->taps, event->session->routes->pdata[i]))
      watch_route (keys, event->session->routes->pdata[i]);
  return RFL_HOOK_CONTINUE;
}

static RflHookResult
on_session_ended (RflEvent *event, gpointer data, GError **error)
{
  RoomsKeys *keys = data;

  for (guint i = 0; i < event->session->routes->len; i++)
    g_hash_table_remove (keys->taps, event->session->routes->pdata[i]);
  if (g_hash_table_size (keys->taps) == 0)
    rfl_timer_stop (keys->timer);
  return RFL_HOOK_CONTINUE;
}

/* ---- life ---- */

RoomsKeys *
rooms_keys_new (RflCore *core)
{
  RoomsKeys *keys = g_new0 (RoomsKeys, 1);

  keys->core = core;
  keys->rate = 20;
  keys->taps = g_hash_table_new_full (NULL, NULL, NULL, tap_free);
  keys->speakers = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  keys->hooks = g_array_new (FALSE, FALSE, sizeof (guint));
  keys->timer = rfl_timer_new (rfl_core_get_clock (core), "rooms keys", collect, keys);
  keys->heard = rfl_counter_get (core, "rooms.digits", "keys pressed, by telephone-event");
  keys->lost =
      rfl_counter_get (core, "rooms.digits_lost", "keys that came faster than they are read");
  keys->limited = rfl_counter_get (core, "rooms.digits_limited", "keys above rooms.digit_rate");
  return keys;
}

static void
make_desks (RoomsKeys *keys)
{
  keys->n_desks = rfl_path_get_n_workers (rfl_core_get_path (keys->core));
  keys->desks = g_new0 (Desk *, keys->n_desks);
  for (guint i = 0; i < keys->n_desks; i++)
    keys->desks[i] = g_new0 (Desk, 1);
}

gboolean
rooms_keys_start (RoomsKeys *keys, GError **error)
{
  const RflHook hooks[] = { { "rooms/formats", RFL_EVENT_FORMATS_CHANGED, RFL_HOOK_NORMAL, NULL,
                              NULL, on_formats_changed, keys },
                            { "rooms/formats-joined", RFL_EVENT_PARTICIPANT_JOINED, RFL_HOOK_LATE,
                              NULL, NULL, on_formats_changed, keys },
                            { "rooms/appeared", RFL_EVENT_SOURCE_APPEARED, RFL_HOOK_NORMAL, NULL,
                              NULL, on_source_appeared, keys },
                            { "rooms/vanished", RFL_EVENT_SOURCE_VANISHED, RFL_HOOK_NORMAL, NULL,
                              NULL, on_source_vanished, keys },
                            { "rooms/session-ended", RFL_EVENT_SESSION_ENDED, RFL_HOOK_NORMAL, NULL,
                              NULL, on_session_ended, keys } };

  if (!keys->desks)
    make_desks (keys);
  return rfl_bus_add_hooks (rfl_core_get_bus (keys->core), hooks, G_N_ELEMENTS (hooks), keys->hooks,
                            error);
}

void
rooms_keys_stop (RoomsKeys *keys)
{
  rfl_bus_remove_hooks (rfl_core_get_bus (keys->core), keys->hooks);
  rfl_timer_stop (keys->timer);
  g_hash_table_remove_all (keys->taps);
  g_hash_table_remove_all (keys->speakers);
}

void
rooms_keys_set_rate (RoomsKeys *keys, guint rate)
{
  keys->rate = rate;
}

void
rooms_keys_free (RoomsKeys *keys)
{
  if (!keys)
    return;
  rooms_keys_stop (keys);
  rfl_timer_free (keys->timer);
  g_hash_table_unref (keys->taps);
  g_hash_table_unref (keys->speakers);
  g_array_unref (keys->hooks);
  for (guint i = 0; i < keys->n_desks; i++)
    g_free (keys->desks[i]);
  g_free (keys->desks);
  g_free (keys);
}
