/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ends the dialogs that a crashed predecessor has left: one BYE each, from the same address and port,
 * a few hundred a second. Whatever the answer, it is not asked twice, except that a phone which used TCP
 * may be reachable at its Contact or where it called from. Nothing here is a call.
 *
 * No CSeq is remembered: the stack begins each dialog's numbers at a quarter of the seconds of NTP, below
 * 2^30 until 2036, and counts up, so 2^30 and the time is above whatever the predecessor has used
 * (RFC 3261 §12.2.1.1).
 */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/journal/orphan.h"
#include "plugins/sip/journal/journal.h"
#include "plugins/sip/request/uri.h"
#include <sofia-sip/sip_header.h>
#include <string.h>

/* 200 a second */
#define TICK (50 * G_TIME_SPAN_MILLISECOND)
#define PER_TICK 10
#define REASON "SIP;cause=503;text=\"The conference server was restarted\""
#define FIRST_CSEQ (1u << 30)

typedef struct {
  SipDialog *dialog;
  guint attempts;
} Orphan;

/**
 * SipOrphans:
 * @waiting: (element-type Orphan)
 * @asked: (element-type nua_handle_t Orphan): whose answer is awaited
 */
struct _SipOrphans {
  SipPlugin *plugin;
  GQueue waiting;
  GHashTable *asked;
  RflTimer *timer;
  RflCounter *ended, *unknown, *failed;
  RflLogLimit log;
};

static void
orphan_free (gpointer data)
{
  Orphan *orphan = data;

  sip_dialog_free (orphan->dialog);
  g_free (orphan);
}

/* ---- what a file may say ---- */

static gboolean
is_word (const char *text, const char *forbidden)
{
  if (text == NULL || *text == '\0')
    return FALSE;
  for (const char *p = text; *p; p++)
    if (!g_ascii_isgraph (*p) || strchr (forbidden, *p))
      return FALSE;
  return TRUE;
}

static gboolean
is_sip_uri (const url_t *url)
{
  return (url->url_type == url_sip || url->url_type == url_sips) && url->url_host != NULL
         && *url->url_host != '\0' && strlen (url->url_host) <= 255 && url->url_headers == NULL;
}

static gboolean
is_sip_text (su_home_t *home, const char *text)
{
  const url_t *url = is_word (text, "<>\",") ? url_make (home, text) : NULL;

  return url && is_sip_uri (url);
}

/* A From or To may be any URI (tel:). */
static gboolean
is_address (su_home_t *home, const char *text)
{
  return is_word (text, "<>\",") && url_make (home, text) != NULL;
}

static gboolean
are_routes (su_home_t *home, const char *text)
{
  const sip_route_t *route;

  if (text == NULL)
    return TRUE;
  route = is_word (text, "\"") ? sip_route_make (home, text) : NULL;
  if (route == NULL)
    return FALSE;
  for (; route; route = route->r_next)
    if (!is_sip_uri (route->r_url))
      return FALSE;
  return TRUE;
}

/* Where a BYE without another next hop would go. */
static gboolean
is_numeric (char *const *texts)
{
  su_home_t home[1] = { SU_HOME_INIT (home) };
  const char *routes = texts[SIP_DIALOG_ROUTES];
  const sip_route_t *route;
  const url_t *url;
  gboolean numeric;

  su_home_init (home);
  route = routes ? sip_route_make (home, routes) : NULL;
  url = route ? route->r_url : url_make (home, texts[SIP_DIALOG_TARGET]);
  numeric = url && sip_uri_is_numeric (url);
  su_home_deinit (home);
  return numeric;
}

gboolean
sip_orphan_is_sound (const SipDialog *dialog)
{
  su_home_t home[1] = { SU_HOME_INIT (home) };
  char *const *t = dialog->texts;
  RflAddress local;
  gboolean sound;

  su_home_init (home);
  sound =
      t[SIP_DIALOG_LOCAL_IP] && rfl_address_parse (&local, t[SIP_DIALOG_LOCAL_IP], 0)
      && (t[SIP_DIALOG_NEXT_HOP] == NULL || is_sip_text (home, t[SIP_DIALOG_NEXT_HOP]))
      && is_word (t[SIP_DIALOG_CALL_ID], "") && is_address (home, t[SIP_DIALOG_LOCAL_URI])
      && is_word (t[SIP_DIALOG_LOCAL_TAG], "<>\",;:@?/\\")
      && is_address (home, t[SIP_DIALOG_REMOTE_URI])
      && (t[SIP_DIALOG_REMOTE_TAG] == NULL || is_word (t[SIP_DIALOG_REMOTE_TAG], "<>\",;:@?/\\"))
      && is_sip_text (home, t[SIP_DIALOG_TARGET]) && are_routes (home, t[SIP_DIALOG_ROUTES])
      && (t[SIP_DIALOG_NEXT_HOP] || is_numeric (t));
  su_home_deinit (home);
  return sound;
}

/* ---- BYE ---- */

/* The one that had the call, so that a NAT lets the BYE in; else one of the same family. */
static SipListener *
find_listener (const SipPlugin *plugin, const char *ip)
{
  SipListener *found = NULL;
  RflAddress local;

  rfl_address_parse (&local, ip, 0);
  for (guint i = 0; i < plugin->listeners->len; i++)
    {
      SipListener *listener = plugin->listeners->pdata[i];

      if (rfl_address_same_ip (&listener->local, &local))
        return listener;
      if (found == NULL && listener->local.family == local.family)
        found = listener;
    }
  return found;
}

/* On UDP where the call's own BYE would have gone. A TCP connection is gone: to the Contact if that
 * is the address it came from, else to where it came from, and the other one the second time. */
static const char *
choose_hop (const Orphan *orphan)
{
  const char *hop = orphan->dialog->texts[SIP_DIALOG_NEXT_HOP];
  const char *host = hop ? hop + strlen ("sip:") : NULL;
  g_autofree char *ip = NULL;
  gboolean same;

  if (hop == NULL || !orphan->dialog->tcp || !is_numeric (orphan->dialog->texts))
    return hop;
  ip = g_strndup (host, *host == '[' ? strcspn (host, "]") + 1 : strcspn (host, ":;"));
  same = strstr (orphan->dialog->texts[SIP_DIALOG_TARGET], ip) != NULL;
  return same == (orphan->attempts == 0) ? NULL : hop;
}

static char *
make_address (const char *uri, const char *tag)
{
  return g_strdup_printf ("<%s>%s%s", uri, tag ? ";tag=" : "", tag ? tag : "");
}

static nua_handle_t *
send_bye (SipListener *listener, const SipDialog *dialog, const char *hop)
{
  char *const *t = dialog->texts;
  g_autofree char *from = make_address (t[SIP_DIALOG_LOCAL_URI], t[SIP_DIALOG_LOCAL_TAG]);
  g_autofree char *to = make_address (t[SIP_DIALOG_REMOTE_URI], t[SIP_DIALOG_REMOTE_TAG]);
  guint32 number = FIRST_CSEQ | (g_get_real_time () / G_USEC_PER_SEC % FIRST_CSEQ);
  g_autofree char *cseq = g_strdup_printf ("%u BYE", number);
  nua_handle_t *nh = nua_handle (listener->nua, NULL, TAG_END ());

  if (nh)
    nua_method (nh, NUTAG_METHOD ("BYE"), NUTAG_URL (t[SIP_DIALOG_TARGET]), NUTAG_DIALOG (0),
                NUTAG_RETRY_COUNT (0), TAG_IF (hop, NUTAG_PROXY (hop)), SIPTAG_FROM_STR (from),
                SIPTAG_TO_STR (to), SIPTAG_CALL_ID_STR (t[SIP_DIALOG_CALL_ID]),
                SIPTAG_CSEQ_STR (cseq),
                TAG_IF (t[SIP_DIALOG_ROUTES], SIPTAG_ROUTE_STR (t[SIP_DIALOG_ROUTES])),
                SIPTAG_REASON_STR (REASON), TAG_END ());
  return nh;
}

static void
done (SipOrphans *self, Orphan *orphan, RflCounter *counter)
{
  rfl_counter_add (counter, 1);
  sip_journal_forget_orphan (self->plugin->journal, orphan->dialog->id);
}

static void
log_failure (SipOrphans *self, const Orphan *orphan, int status)
{
  guint suppressed = 0;

  if (!rfl_log_limit_pass (&self->log, rfl_core_get_clock (self->plugin->core), &suppressed))
    return;
  rfl_info (&(RflLogFields){ .peer = orphan->dialog->texts[SIP_DIALOG_NEXT_HOP] },
            "no answer to the BYE of a call from before the crash: %d (%u more)", status,
            suppressed);
}

/* Takes the orphan. */
static void
ask (SipOrphans *self, Orphan *orphan)
{
  nua_handle_t *nh = NULL;
  SipListener *listener = NULL;

  if (sip_orphan_is_sound (orphan->dialog))
    listener = find_listener (self->plugin, orphan->dialog->texts[SIP_DIALOG_LOCAL_IP]);
  if (listener)
    nh = send_bye (listener, orphan->dialog, choose_hop (orphan));
  if (nh)
    {
      g_hash_table_insert (self->asked, nh, orphan);
      return;
    }
  done (self, orphan, self->failed);
  orphan_free (orphan);
}

static void
tick (gpointer user_data)
{
  SipOrphans *self = user_data;

  for (guint i = 0; i < PER_TICK && !self->plugin->stopping; i++)
    {
      Orphan *orphan = g_queue_pop_head (&self->waiting);
      if (orphan == NULL)
        break;
      ask (self, orphan);
    }
  if (self->waiting.length == 0 || self->plugin->stopping)
    rfl_timer_stop (self->timer);
}

static void
enqueue (SipOrphans *self, Orphan *orphan)
{
  g_queue_push_tail (&self->waiting, orphan);
  if (!rfl_timer_is_running (self->timer))
    rfl_timer_repeat (self->timer, TICK);
}

void
sip_orphans_answered (SipOrphans *self, nua_handle_t *nh, int status)
{
  gpointer key, value;
  Orphan *orphan;

  if (status < 200 || self == NULL || !g_hash_table_steal_extended (self->asked, nh, &key, &value))
    return;
  orphan = value;
  nua_handle_destroy (nh);
  if (status >= 500 && orphan->dialog->tcp && orphan->dialog->texts[SIP_DIALOG_NEXT_HOP]
      && ++orphan->attempts < 2)
    {
      enqueue (self, orphan);
      return;
    }
  if (status >= 300 && status != 481)
    log_failure (self, orphan, status);
  done (self, orphan, status < 300 ? self->ended : status == 481 ? self->unknown : self->failed);
  orphan_free (orphan);
}

/* ---- life ---- */

SipOrphans *
sip_orphans_new (SipPlugin *plugin)
{
  SipOrphans *self = g_new0 (SipOrphans, 1);
  RflCore *core = plugin->core;

  self->plugin = plugin;
  g_queue_init (&self->waiting);
  self->asked = g_hash_table_new_full (NULL, NULL, NULL, orphan_free);
  self->timer = rfl_timer_new (rfl_core_get_clock (core), "sip.orphans", tick, self);
  self->ended =
      rfl_counter_get (core, "sip.orphans_ended", "calls from before a crash that were ended");
  self->unknown = rfl_counter_get (core, "sip.orphans_unknown",
                                   "calls from before a crash that were over already");
  self->failed = rfl_counter_get (core, "sip.orphans_failed",
                                  "calls from before a crash that could not be ended");
  return self;
}

void
sip_orphans_free (SipOrphans *self)
{
  GHashTableIter iter;
  gpointer nh, orphan;

  if (self == NULL)
    return;
  rfl_timer_free (self->timer);
  g_hash_table_iter_init (&iter, self->asked);
  while (g_hash_table_iter_next (&iter, &nh, NULL))
    nua_handle_destroy (nh);
  g_hash_table_unref (self->asked);
  while ((orphan = g_queue_pop_head (&self->waiting)) != NULL)
    orphan_free (orphan);
  g_free (self);
}

void
sip_orphans_add (SipOrphans *self, SipDialog *dialog)
{
  Orphan *orphan = g_new0 (Orphan, 1);

  orphan->dialog = dialog;
  enqueue (self, orphan);
}

guint
sip_orphans_count (const SipOrphans *self)
{
  return self->waiting.length + g_hash_table_size (self->asked);
}
