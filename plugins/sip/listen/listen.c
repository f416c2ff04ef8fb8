/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens and closes listeners as settings and host want it. A listener whose address has gone keeps its sockets
 * while it has calls, and for a while anyway: most addresses come back. Makes no nua: see stack.c. */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/listen/listen.h"
#include "plugins/sip/call/call.h"
#include "plugins/sip/conference/conference.h"
#include "plugins/sip/dialout/dialout.h"
#include "plugins/sip/journal/orphan.h"
#include <errno.h>

/* How long a listener without address and calls stays. */
#define GRACE (10 * G_TIME_SPAN_SECOND)
/* How often what cannot be opened or closed just now is tried again. */
#define AGAIN G_TIME_SPAN_SECOND

struct _SipListening {
  SipLocalWatch *watch;
  RflTimer *again;
  GPtrArray *leaving; /* SipListener, shutting down */
};

/* ---- what there should be ---- */

typedef struct {
  RflAddress local;
  const SipListen *listen;
} Wanted;

static gboolean
is_named (const GPtrArray *listens, const RflAddress *local)
{
  for (guint i = 0; i < listens->len; i++)
    if (rfl_address_equal (&((const SipListen *) listens->pdata[i])->local, local))
      return TRUE;
  return FALSE;
}

/* Returns: %FALSE if the host does not tell its addresses: it takes a descriptor. */
static gboolean
want_everywhere (GArray *wanted, const GPtrArray *listens, const SipListen *listen)
{
  g_autoptr (GPtrArray) addresses = sip_local_addresses ();

  if (addresses == NULL)
    return FALSE;
  for (guint i = 0; i < addresses->len; i++)
    {
      Wanted w = { *(const RflAddress *) addresses->pdata[i], listen };
      w.local.port = listen->local.port;
      if (!is_named (listens, &w.local))
        g_array_append_val (wanted, w);
    }
  return TRUE;
}

/* Returns: (transfer full) (nullable): %NULL if it cannot be known now */
static GArray *
list_wanted (const SipPlugin *plugin)
{
  const GPtrArray *listens = plugin->settings.listens;
  g_autoptr (GArray) wanted = g_array_new (FALSE, FALSE, sizeof (Wanted));

  for (guint i = 0; i < listens->len; i++)
    {
      const SipListen *listen = listens->pdata[i];
      Wanted w = { listen->local, listen };
      if (listen->local.family != 0)
        g_array_append_val (wanted, w);
      else if (!want_everywhere (wanted, listens, listen))
        return NULL;
    }
  return g_steal_pointer (&wanted);
}

/* ---- opening ---- */

static SipListener *
find (const SipPlugin *plugin, const Wanted *wanted)
{
  for (guint i = 0; i < plugin->listeners->len; i++)
    {
      SipListener *l = plugin->listeners->pdata[i];
      if (rfl_address_equal (&l->local, &wanted->local) && l->has_udp == wanted->listen->udp
          && l->has_tcp == wanted->listen->tcp)
        return l;
    }
  return NULL;
}

static void
log_listener (const SipListener *listener, const char *what)
{
  char where[RFL_ADDRESS_STRLEN];

  rfl_info (NULL, "%s %s", what, rfl_address_format (&listener->local, where));
}

static gboolean
open_listener (SipPlugin *plugin, const Wanted *wanted, GError **error)
{
  SipListener *listener;

  if (plugin->listeners->len >= SIP_MAX_LISTENERS)
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_IO, "sip: more than %u addresses",
                   SIP_MAX_LISTENERS);
      return FALSE;
    }
  listener = sip_stack_listen (plugin, wanted->listen, &wanted->local, error);
  if (listener == NULL)
    return FALSE;
  g_ptr_array_add (plugin->listeners, listener);
  log_listener (listener, "listening on");
  return TRUE;
}

/* The first error goes to @error, the others are told. Returns: whether all are open. @named: (out): whether all
 * are that the settings name. */
static gboolean
open_wanted (SipPlugin *plugin, const GArray *wanted, gboolean *named, GError **error)
{
  gboolean all = TRUE;

  *named = TRUE;
  for (guint i = 0; i < wanted->len; i++)
    {
      const Wanted *w = &g_array_index (wanted, Wanted, i);
      SipListener *there = find (plugin, w);
      g_autoptr (GError) why = NULL;

      if (there)
        {
          there->listen = w->listen;
          there->gone = 0;
        }
      else if (!open_listener (plugin, w, &why))
        {
          all = FALSE;
          *named &= w->listen->local.family == 0;
          if (rfl_log_limit_pass (&plugin->refused_log, rfl_core_get_clock (plugin->core),
                                  &(guint){ 0 }))
            rfl_warning (NULL, "%s", why->message);
          if (error && *error == NULL)
            g_propagate_error (error, g_steal_pointer (&why));
        }
    }
  return all;
}

/* ---- closing ---- */

static gboolean
is_wanted (const GArray *wanted, const SipListener *listener)
{
  for (guint i = 0; i < wanted->len; i++)
    {
      const Wanted *w = &g_array_index (wanted, Wanted, i);
      if (rfl_address_equal (&w->local, &listener->local) && w->listen->udp == listener->has_udp
          && w->listen->tcp == listener->has_tcp)
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_used (const SipPlugin *plugin, const SipListener *listener)
{
  GHashTableIter iter;
  gpointer call;

  g_hash_table_iter_init (&iter, plugin->calls);
  while (g_hash_table_iter_next (&iter, &call, NULL))
    if (((const SipCall *) call)->listener == listener)
      return TRUE;
  if (plugin->dialout && sip_dialout_uses (plugin->dialout, listener))
    return TRUE;
  if (sip_conference_leaves (plugin->conference, listener))
    return TRUE;
  return plugin->orphans && sip_orphans_count (plugin->orphans) > 0;
}

/* Its policy may be gone with the settings; what is left to it is the end of its calls. */
static void
mark_gone (SipPlugin *plugin, SipListener *listener, gint64 now)
{
  if (listener->gone == 0)
    {
      listener->gone = now;
      log_listener (listener, "this address is gone, or not wanted any more:");
    }
  listener->listen = plugin->settings.listens->pdata[0];
}

static gboolean
free_those_down (SipPlugin *plugin)
{
  GPtrArray *leaving = plugin->listening->leaving;

  for (guint i = leaving->len; i-- > 0;)
    {
      SipListener *listener = leaving->pdata[i];
      listener->listen = plugin->settings.listens->pdata[0];
      if (listener->down)
        g_ptr_array_remove_index (leaving, i);
    }
  return leaving->len > 0;
}

static const SipListen *
find_rules (const GPtrArray *listens, const SipListener *listener)
{
  const SipListen *everywhere = NULL;

  for (guint i = 0; i < listens->len; i++)
    {
      const SipListen *listen = listens->pdata[i];

      if (listen->local.port != listener->local.port || listen->udp != listener->has_udp
          || listen->tcp != listener->has_tcp)
        continue;
      if (rfl_address_equal (&listen->local, &listener->local))
        return listen;
      if (listen->local.family == 0)
        everywhere = listen;
    }
  return everywhere;
}

/* While the host's addresses are not known: none is closed, and none keeps rules that may be gone. */
static void
keep_all (SipPlugin *plugin)
{
  gint64 now = rfl_clock_now (rfl_core_get_clock (plugin->core));

  for (guint i = 0; i < plugin->listeners->len; i++)
    {
      SipListener *listener = plugin->listeners->pdata[i];
      const SipListen *rules = find_rules (plugin->settings.listens, listener);

      if (rules)
        listener->listen = rules;
      else
        mark_gone (plugin, listener, now);
    }
  free_those_down (plugin);
}

/* Returns: whether any is yet to be closed. */
static gboolean
close_unwanted (SipPlugin *plugin, const GArray *wanted)
{
  gint64 now = rfl_clock_now (rfl_core_get_clock (plugin->core));
  gboolean left = FALSE;

  for (guint i = plugin->listeners->len; i-- > 0;)
    {
      SipListener *listener = plugin->listeners->pdata[i];

      if (is_wanted (wanted, listener))
        continue;
      mark_gone (plugin, listener, now);
      left = TRUE;
      if (now - listener->gone < GRACE || is_used (plugin, listener))
        continue;
      g_ptr_array_steal_index (plugin->listeners, i);
      g_ptr_array_add (plugin->listening->leaving, listener);
      nua_shutdown (listener->nua);
      log_listener (listener, "listening no more on");
    }
  return left;
}

/* ---- following ---- */

static gboolean
look (SipPlugin *plugin, gboolean *named, GError **error)
{
  g_autoptr (GArray) wanted = list_wanted (plugin);
  gboolean pending, open;

  if (wanted == NULL)
    {
      *named = FALSE;
      g_set_error (error, RFL_ERROR, RFL_ERROR_IO, "sip: this host does not tell its addresses: %s",
                   g_strerror (errno));
      keep_all (plugin);
      rfl_timer_start (plugin->listening->again, AGAIN);
      return FALSE;
    }
  pending = close_unwanted (plugin, wanted);
  open = open_wanted (plugin, wanted, named, error);
  pending |= free_those_down (plugin);
  if (pending || !open)
    rfl_timer_start (plugin->listening->again, AGAIN);
  return open;
}

static void
look_again (gpointer user_data)
{
  gboolean named;

  look (user_data, &named, NULL);
}

static void
free_listener (gpointer listener)
{
  sip_stack_unlisten (listener);
}

gboolean
sip_listeners_start (SipPlugin *plugin, GError **error)
{
  SipListening *listening = g_new0 (SipListening, 1);
  g_autoptr (GError) first = NULL;
  gboolean named;

  plugin->listening = listening;
  plugin->listeners = g_ptr_array_new_with_free_func (free_listener);
  listening->leaving = g_ptr_array_new_with_free_func (free_listener);
  listening->again =
      rfl_timer_new (rfl_core_get_clock (plugin->core), "sip.listeners", look_again, plugin);
  listening->watch = sip_local_watch_new (plugin->core, look_again, plugin);
  look (plugin, &named, &first);
  if (named && plugin->listeners->len > 0)
    return TRUE;
  if (first)
    g_propagate_error (error, g_steal_pointer (&first));
  else
    g_set_error (error, RFL_ERROR, RFL_ERROR_IO, "sip: this host has no address to listen on");
  return FALSE;
}

void
sip_listeners_update (SipPlugin *plugin)
{
  if (plugin->listening)
    look_again (plugin);
}

void
sip_listeners_freeze (SipPlugin *plugin)
{
  if (plugin->listening == NULL)
    return;
  g_clear_pointer (&plugin->listening->watch, sip_local_watch_free);
  g_clear_pointer (&plugin->listening->again, rfl_timer_free);
  /* Whoever waits for the end of all waits for theirs too. */
  while (plugin->listening->leaving->len > 0)
    g_ptr_array_add (plugin->listeners,
                     g_ptr_array_steal_index_fast (plugin->listening->leaving, 0));
}

void
sip_listeners_free (SipPlugin *plugin)
{
  if (plugin->listening == NULL)
    return;
  sip_listeners_freeze (plugin);
  g_ptr_array_unref (plugin->listening->leaving);
  g_clear_pointer (&plugin->listening, g_free);
  g_clear_pointer (&plugin->listeners, g_ptr_array_unref);
}
