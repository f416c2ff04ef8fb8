/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts and stops Sofia-SIP on core's main context. Not where its events are handled. */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/stack/stack.h"
#include "plugins/sip/gate/access.h"
#include "plugins/sip/call/call.h"
#include "plugins/sip/conference/conference.h"
#include "plugins/sip/tcp/connections.h"
#include "plugins/sip/dialout/dialout.h"
#include "plugins/sip/gate/gate.h"
#include "plugins/sip/listen/listen.h"
#include "plugins/sip/stack/pulse.h"
#include "plugins/sip/tcp/sockets.h"
#include "plugins/sip/journal/journal.h"
#include "plugins/sip/journal/orphan.h"
#include <errno.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/tport_tag.h>
#include <stdarg.h>
#include <string.h>

/* How long a peer that does not answer our BYE can hold up the end: the BYE is sent twice,
 * and the stack looks once a second whether all is over. */
#define SHUTDOWN_T1X64 800 /* ms */
#define SHUTDOWN_TIMEOUT (4 * G_TIME_SPAN_SECOND)
/* How long the rest of a message may take on TCP. */
#define PARTIAL_TIMEOUT 30000 /* ms */

void
sip_stack_unlisten (SipListener *listener)
{
  if (listener->accept)
    {
      g_source_destroy (listener->accept);
      g_source_unref (listener->accept);
    }
  if (listener->nua)
    nua_destroy (listener->nua);
  if (listener->guard)
    sip_guard_set_func (listener->guard, NULL, NULL);
  g_free (listener);
}

/* A parser that no listener has, else a new one. They live as long as the stack, which may yet hold
 * messages of a listener that is gone. */
static SipGuard *
take_guard (SipPlugin *plugin, SipListener *listener)
{
  SipGuard *guard = NULL;

  for (guint i = 0; i < plugin->guards->len && guard == NULL; i++)
    if (!sip_guard_has_func (plugin->guards->pdata[i]))
      guard = plugin->guards->pdata[i];
  if (guard == NULL)
    {
      guard = sip_guard_new ();
      g_ptr_array_add (plugin->guards, guard);
    }
  sip_guard_set_drop (guard, sip_access_is_silent, plugin);
  sip_guard_set_func (guard, sip_gate_filter, listener);
  return guard;
}

static void
free_guard (gpointer guard)
{
  sip_guard_free (guard);
}

static nua_t *
create_nua (SipPlugin *plugin, SipListener *listener)
{
  const SipSettings *s = &plugin->settings;
  char where[RFL_ADDRESS_STRLEN];
  /* Both without naming them: the stack reads a list of two past its end. */
  const char *transport = !listener->has_tcp   ? ";transport=udp"
                          : !listener->has_udp ? ";transport=tcp"
                                               : "";
  g_autofree char *url =
      g_strconcat ("sip:", rfl_address_format (&listener->local, where), transport, NULL);

  return nua_create (
      plugin->root, sip_dispatch, listener, NUTAG_URL (url),
      NUTAG_SIP_PARSER (sip_guard_get_parser (listener->guard)), NUTAG_MEDIA_ENABLE (0),
      NUTAG_AUTOANSWER (0), NUTAG_AUTOALERT (0), NUTAG_AUTOACK (1),
      SIPTAG_ALLOW_STR (SIP_METHODS_OF_REGISTRAR), NUTAG_APPL_METHOD (NULL),
      NUTAG_APPL_METHOD ("INVITE, OPTIONS, UPDATE, INFO, REGISTER, MESSAGE, SUBSCRIBE"),
      SIPTAG_ALLOW_EVENTS_STR (SIP_EVENTS), NUTAG_SUB_EXPIRES (s->conference.max_subscription),
      SIPTAG_SUPPORTED_STR (s->session_expires ? "timer, 100rel" : "100rel"),
      NUTAG_SESSION_TIMER (0), NUTAG_MIN_SE (s->min_se), NTATAG_MERGE_482 (1),
      NUTAG_SESSION_REFRESHER (nua_remote_refresher), NUTAG_UPDATE_REFRESH (1),
      NUTAG_DETECT_NETWORK_UPDATES (NUA_NW_DETECT_NOTHING), SIPTAG_USER_AGENT_STR ("reflectord"),
      NTATAG_MAXSIZE (SIP_MAX_MESSAGE), NTATAG_SIP_T1X64 (s->transaction_timeout * 1000),
      NTATAG_USE_NAPTR (0), NTATAG_USE_SRV (0), NTATAG_SERVER_RPORT (2),
      TPTAG_IDLE (s->idle * 1000), TPTAG_TIMEOUT (PARTIAL_TIMEOUT), TPTAG_PONG2PING (1),
      TPTAG_LOG (0), TAG_END ());
}

SipListener *
sip_stack_listen (SipPlugin *plugin, const SipListen *listen, const RflAddress *local,
                  GError **error)
{
  SipListener *listener = g_new0 (SipListener, 1);
  char where[RFL_ADDRESS_STRLEN];

  listener->plugin = plugin;
  listener->listen = listen;
  listener->local = *local;
  listener->has_udp = listen->udp;
  listener->has_tcp = listen->tcp;
  listener->udp = -1;
  listener->guard = take_guard (plugin, listener);
  errno = 0;
  if (sip_sockets_are_free (local, listen->udp, listen->tcp))
    listener->nua = create_nua (plugin, listener);
  if (listener->nua)
    {
      sip_sockets_find (&listener->local, &listener->udp, &listener->tcp);
      if (listener->tcp >= 0)
        listener->accept = sip_connections_watch (plugin->connections, listener->tcp);
      return listener;
    }
  g_set_error (error, RFL_ERROR, RFL_ERROR_IO, "sip: cannot listen on %s: %s",
               rfl_address_format (&listener->local, where),
               errno ? g_strerror (errno) : "refused by the SIP stack");
  sip_stack_unlisten (listener);
  return NULL;
}

gboolean
sip_stack_start (SipPlugin *plugin, GError **error)
{
  su_init ();
  sip_pulse_begin ();
  sip_log_redirect (plugin);
  plugin->running = TRUE;
  plugin->root = su_glib_root_create (NULL);
  su_root_threading (plugin->root, 0);
  plugin->source = g_source_ref (su_glib_root_gsource (plugin->root));
  /* Otherwise GLib takes all descriptors out and in at each dispatch. */
  g_source_set_can_recurse (plugin->source, TRUE);
  g_source_attach (plugin->source, rfl_core_get_context (plugin->core));
  plugin->pulse = sip_pulse_attach (plugin->root, rfl_core_get_context (plugin->core));
  plugin->guards = g_ptr_array_new_with_free_func (free_guard);
  plugin->gate = sip_gate_new (plugin);
  plugin->connections = sip_connections_new (plugin);
  plugin->orphans = sip_orphans_new (plugin);
  plugin->journal = sip_journal_new (plugin);
  if (sip_listeners_start (plugin, error))
    return TRUE;
  sip_stack_stop (plugin);
  return FALSE;
}

static gboolean
is_down (const SipPlugin *plugin)
{
  for (guint i = 0; i < plugin->listeners->len; i++)
    if (!((SipListener *) plugin->listeners->pdata[i])->down)
      return FALSE;
  return TRUE;
}

static gboolean
wake (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static void
wait_until_down (SipPlugin *plugin)
{
  GMainContext *context = rfl_core_get_context (plugin->core);
  gint64 end = g_get_monotonic_time () + SHUTDOWN_TIMEOUT;
  g_autoptr (GSource) tick = g_timeout_source_new (100);

  g_source_set_callback (tick, wake, NULL, NULL);
  g_source_attach (tick, context);
  while (!is_down (plugin) && g_get_monotonic_time () < end)
    g_main_context_iteration (context, TRUE);
  g_source_destroy (tick);
}

static void
shut_down (SipPlugin *plugin)
{
  for (guint i = 0; i < plugin->listeners->len; i++)
    {
      SipListener *listener = plugin->listeners->pdata[i];
      nua_set_params (listener->nua, NTATAG_SIP_T1X64 (SHUTDOWN_T1X64), TAG_END ());
    }
  sip_dialout_drop_all (plugin->dialout);
  sip_conference_end_all (plugin->conference, "deactivated");
  sip_calls_end_all (plugin, "The conference server stops");
  for (guint i = 0; i < plugin->listeners->len; i++)
    nua_shutdown (((SipListener *) plugin->listeners->pdata[i])->nua);
  wait_until_down (plugin);
  /* What is still there hears nothing of its own end any more. */
  sip_calls_drop_all (plugin);
  sip_conference_drop_all (plugin->conference);
  if (!is_down (plugin))
    rfl_warning (NULL, "the SIP stack did not come to its end in time");
}

void
sip_stack_stop (SipPlugin *plugin)
{
  if (!plugin->running)
    return;
  plugin->stopping = TRUE;
  sip_listeners_freeze (plugin);
  g_clear_pointer (&plugin->orphans, sip_orphans_free);
  shut_down (plugin);
  g_clear_pointer (&plugin->journal, sip_journal_free);
  sip_listeners_free (plugin);
  g_clear_pointer (&plugin->connections, sip_connections_free);
  g_source_destroy (plugin->pulse);
  g_clear_pointer (&plugin->pulse, g_source_unref);
  su_root_destroy (plugin->root);
  plugin->root = NULL;
  g_source_destroy (plugin->source);
  g_clear_pointer (&plugin->source, g_source_unref);
  g_clear_pointer (&plugin->guards, g_ptr_array_unref);
  g_clear_pointer (&plugin->gate, sip_gate_free);
  sip_log_restore ();
  sip_pulse_end ();
  su_deinit ();
  plugin->running = plugin->stopping = FALSE;
}
