/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Judges requests before they cost anything. Sends nothing: see gate-filter.c. */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/gate/gate-private.h"
#include "plugins/sip/call/call.h"
#include <string.h>

/* 64*T1 at its most: as long as a transaction can be remembered. */
#define RECENT_SPAN (64 * G_TIME_SPAN_SECOND)
/* What a caller is told to wait at least, and how much is added by chance, so that those who were
 * refused together do not come back together. */
#define RETRY_MIN 5
#define RETRY_SPREAD 10
/* The longest that wrong credentials are answered with 503. */
#define WRONG_MAX (300 * G_TIME_SPAN_SECOND)

/* ---- settings ---- */

/* A rate of 0 is no limit. */
static void
set_rate (RflRates **rates, RflClock *clock, double rate, double burst)
{
  if (rate <= 0)
    g_clear_pointer (rates, rfl_rates_free);
  else if (*rates)
    rfl_rates_set (*rates, rate, MAX (burst, 1));
  else
    *rates = rfl_rates_new (clock, rate, MAX (burst, 1));
}

void
sip_gate_configure (SipGate *gate)
{
  const SipLimits *limits = &gate->plugin->settings.limits;

  set_rate (&gate->invites, gate->clock, limits->invite_rate, limits->invite_burst);
  set_rate (&gate->requests, gate->clock, limits->request_rate, limits->request_burst);
  /* As many refusals as there may be requests; a flood beyond that hears nothing. */
  set_rate (&gate->refusals, gate->clock, MAX (limits->invite_rate, limits->request_rate),
            MAX (limits->invite_burst, limits->request_burst));
  set_rate (&gate->wrong, gate->clock, limits->wrong_rate, limits->wrong_burst);
  sip_backoff_set (gate->backoff, limits->wrong_attempts, limits->wrong_wait * G_TIME_SPAN_SECOND,
                   limits->max_wrong_users);
  sip_load_set_limit (gate->load, (gint64) limits->overload_lag * G_TIME_SPAN_MILLISECOND);
}

static void
make_counters (SipGate *gate)
{
  RflCore *core = gate->plugin->core;

  gate->limited =
      rfl_counter_get (core, "sip.limited", "requests refused because their address sent too many");
  gate->dropped =
      rfl_counter_get (core, "sip.dropped", "requests of an address in flood that got no answer");
  gate->shed = rfl_counter_get (core, "sip.shed", "INVITEs refused because of overload");
  gate->delayed = rfl_counter_get (core, "sip.wrong_delayed",
                                   "wrong credentials of an address that had sent many");
}

SipGate *
sip_gate_new (SipPlugin *plugin)
{
  SipGate *gate = g_new0 (SipGate, 1);

  gate->plugin = plugin;
  gate->clock = rfl_core_get_clock (plugin->core);
  gate->load = sip_load_new (gate->clock);
  gate->backoff = sip_backoff_new (gate->clock);
  gate->recent = sip_recent_new (gate->clock, RECENT_SPAN);
  gate->dialogs = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_snprintf (gate->tag, sizeof gate->tag, "busy%08x%08x", g_random_int (), g_random_int ());
  make_counters (gate);
  sip_gate_configure (gate);
  return gate;
}

void
sip_gate_free (SipGate *gate)
{
  if (gate == NULL)
    return;
  sip_load_free (gate->load);
  sip_backoff_free (gate->backoff);
  sip_recent_free (gate->recent);
  rfl_rates_free (gate->invites);
  rfl_rates_free (gate->requests);
  rfl_rates_free (gate->refusals);
  rfl_rates_free (gate->wrong);
  g_hash_table_unref (gate->dialogs);
  g_free (gate);
}

/* ---- dialogs ---- */

/* RFC 3261 §12: what says that a request belongs to a dialog. */
static guint64
hash_dialog (const SipGate *gate, const char *call_id, const char *their_tag, const char *our_tag)
{
  return sip_recent_hash (gate->recent, call_id, their_tag, our_tag, NULL);
}

/* The stack tells its own tag only in this way; "0" stands for none: a caller of RFC 2543. */
static guint64
hash_call (const SipGate *gate, const SipCall *call)
{
  su_home_t home[1] = { SU_HOME_INIT (home) };
  const sip_replaces_t *both;
  guint64 hash = 0;

  su_home_init (home);
  both = call->nh ? nua_handle_make_replaces (call->nh, home, 0) : NULL;
  if (both && both->rp_call_id && both->rp_from_tag)
    hash = hash_dialog (gate, both->rp_call_id,
                        g_strcmp0 (both->rp_to_tag, "0") == 0 ? NULL : both->rp_to_tag,
                        both->rp_from_tag);
  su_home_deinit (home);
  return hash;
}

void
sip_gate_know (SipGate *gate, SipCall *call)
{
  gint64 key;

  if (gate == NULL || call->gate_id != 0)
    return;
  call->gate_id = hash_call (gate, call);
  key = (gint64) call->gate_id;
  if (key != 0)
    g_hash_table_add (gate->dialogs, g_memdup2 (&key, sizeof key));
}

void
sip_gate_forget (SipGate *gate, SipCall *call)
{
  gint64 key = (gint64) call->gate_id;

  if (gate)
    g_hash_table_remove (gate->dialogs, &key);
  call->gate_id = 0;
}

/* Whether it is inside of a call that is up: the Call-ID alone, which others may have seen, does not do. */
static gboolean
is_inside (const SipGate *gate, const sip_t *sip)
{
  gint64 key =
      (gint64) hash_dialog (gate, sip->sip_call_id->i_id, sip->sip_from->a_tag, sip->sip_to->a_tag);

  return sip->sip_to->a_tag && g_hash_table_contains (gate->dialogs, &key);
}

/* ---- judging ---- */

gboolean
sip_gate_is_exempt (const SipGate *gate, const RflAddress *remote)
{
  const GPtrArray *masks = gate->plugin->settings.limits.exempt;
  g_autoptr (GInetAddress) address = NULL;

  if (masks->len == 0 || remote->family == 0)
    return FALSE;
  address =
      g_inet_address_new_from_bytes (remote->ip, remote->family == AF_INET ? G_SOCKET_FAMILY_IPV4
                                                                           : G_SOCKET_FAMILY_IPV6);
  for (guint i = 0; i < masks->len; i++)
    if (g_inet_address_mask_matches (masks->pdata[i], address))
      return TRUE;
  return FALSE;
}

static guint
make_retry_after (gint64 wait)
{
  return (guint) CLAMP (wait / G_TIME_SPAN_SECOND + 1, RETRY_MIN, 3600)
         + (guint) g_random_int_range (0, RETRY_SPREAD);
}

static SipGateVerdict
refuse (SipGate *gate, const RflAddress *remote)
{
  if (gate->refusals == NULL || sip_gate_is_exempt (gate, remote)
      || rfl_rates_take (gate->refusals, remote))
    return SIP_GATE_REFUSE;
  rfl_counter_add (gate->dropped, 1);
  return SIP_GATE_DROP;
}

static void
log_limit (SipGate *gate, const RflAddress *remote, const char *what)
{
  char peer[RFL_ADDRESS_STRLEN];
  guint suppressed = 0;

  if (!rfl_log_limit_pass (&gate->log, gate->clock, &suppressed))
    return;
  rfl_address_format (remote, peer);
  rfl_notice (&(RflLogFields){ .peer = peer }, "%s (%u more)", what, suppressed);
}

static SipGateVerdict
charge (SipGate *gate, RflRates *rates, const RflAddress *remote, guint *retry_after)
{
  if (rates == NULL || remote->family == 0 || sip_gate_is_exempt (gate, remote)
      || rfl_rates_take (rates, remote))
    return SIP_GATE_PASS;
  rfl_counter_add (gate->limited, 1);
  log_limit (gate, remote, "too many requests from this address");
  *retry_after = make_retry_after (rfl_rates_wait (rates, remote));
  return refuse (gate, remote);
}

/* Whether calls must be shed. The queue is looked at where a call would begin. */
static gboolean
is_overloaded (SipGate *gate, double queue)
{
  if (queue >= 0)
    sip_load_note_queue (gate->load, queue);
  return sip_load_is_high (gate->load);
}

static SipGateVerdict
judge_invite (SipGate *gate, const RflAddress *remote, double queue, guint *retry_after)
{
  SipGateVerdict verdict = charge (gate, gate->invites, remote, retry_after);

  if (verdict != SIP_GATE_PASS || !is_overloaded (gate, queue))
    return verdict;
  rfl_counter_add (gate->shed, 1);
  log_limit (gate, remote, "overload: new calls are refused");
  *retry_after = make_retry_after (0);
  return refuse (gate, remote);
}

static gboolean
is_complete (const sip_t *sip)
{
  return sip->sip_via && sip->sip_from && sip->sip_to && sip->sip_call_id && sip->sip_cseq;
}

/* RFC 3261 §17.2.3 and what the stack compares: whatever would be a transaction of its own there must
 * not pass as the repetition of another. @method: of the transaction, which CANCEL and ACK share with their INVITE */
static guint64
hash_transaction (const SipGate *gate, const sip_t *sip, const char *method)
{
  const sip_via_t *via = sip->sip_via;
  const url_t *url = sip->sip_request->rq_url;
  g_autofree char *sender = g_strdup_printf ("%s %s:%s", via->v_branch ? via->v_branch : "",
                                             via->v_host, via->v_port ? via->v_port : "");
  g_autofree char *what =
      g_strdup_printf ("%u %s %s@%s:%s", sip->sip_cseq->cs_seq, method,
                       url->url_user ? url->url_user : "", url->url_host ? url->url_host : "",
                       url->url_port ? url->url_port : "");

  return sip_recent_hash (gate->recent, sender, sip->sip_call_id->i_id, what, sip->sip_from->a_tag);
}

/* Whether it belongs to a transaction that has passed; a CANCEL to its INVITE's (RFC 3261 §9.1), and so does an
 * ACK to anything but a 2xx (§17.1.1.3). */
static gboolean
is_known (const SipGate *gate, const sip_t *sip)
{
  sip_method_t request = sip->sip_request->rq_method;
  const char *method = request == sip_method_cancel || request == sip_method_ack
                           ? "INVITE"
                           : sip->sip_cseq->cs_method_name;

  return sip_recent_has (gate->recent, hash_transaction (gate, sip, method));
}

static gboolean
is_ours (const SipGate *gate, const sip_t *sip)
{
  return sip->sip_to->a_tag && strcmp (sip->sip_to->a_tag, gate->tag) == 0;
}

/* A 503 to an ACK there is not. */
static SipGateVerdict
judge_ack (SipGate *gate, const sip_t *sip, const RflAddress *remote)
{
  guint retry_after;

  if (is_ours (gate, sip))
    return SIP_GATE_DROP;
  if (is_known (gate, sip))
    return SIP_GATE_PASS;
  return charge (gate, gate->requests, remote, &retry_after) == SIP_GATE_PASS ? SIP_GATE_PASS
                                                                              : SIP_GATE_DROP;
}

/* The stack itself says 410 then, which phones take as for good. */
static SipGateVerdict
judge_late (SipGate *gate, const RflAddress *remote, guint *retry_after)
{
  rfl_counter_add (gate->plugin->counters.refused, 1);
  *retry_after = make_retry_after (0);
  return refuse (gate, remote);
}

static SipGateVerdict
judge_new (SipGate *gate, const sip_t *sip, const RflAddress *remote, double queue,
           guint *retry_after)
{
  gboolean invite = sip->sip_request->rq_method == sip_method_invite && sip->sip_to->a_tag == NULL;
  SipGateVerdict verdict = gate->plugin->stopping ? judge_late (gate, remote, retry_after)
                           : invite               ? judge_invite (gate, remote, queue, retry_after)
                                    : charge (gate, gate->requests, remote, retry_after);

  if (verdict == SIP_GATE_PASS)
    sip_recent_add (gate->recent, hash_transaction (gate, sip, sip->sip_cseq->cs_method_name));
  return verdict;
}

SipGateVerdict
sip_gate_judge (SipGate *gate, const sip_t *sip, const RflAddress *remote, double queue,
                guint *retry_after)
{
  if (!is_complete (sip)) /* answered with 400 by the stack, or not at all */
    return charge (gate, gate->requests, remote, retry_after) == SIP_GATE_PASS ? SIP_GATE_PASS
                                                                               : SIP_GATE_DROP;
  if (is_inside (gate, sip))
    return SIP_GATE_PASS;
  if (sip->sip_request->rq_method == sip_method_ack)
    return judge_ack (gate, sip, remote);
  if (is_known (gate, sip))
    return SIP_GATE_PASS;
  return judge_new (gate, sip, remote, queue, retry_after);
}

/* ---- wrong credentials ---- */

guint
sip_gate_note_wrong (SipGate *gate, const RflAddress *remote)
{
  gint64 wait;

  if (gate->wrong == NULL || sip_gate_is_exempt (gate, remote)
      || rfl_rates_take (gate->wrong, remote))
    return 0;
  /* As much debt again as there is: the wait doubles. */
  wait = rfl_rates_wait (gate->wrong, remote);
  if (wait < WRONG_MAX)
    rfl_rates_charge (gate->wrong, remote,
                      gate->plugin->settings.limits.wrong_rate
                          * MAX ((double) wait / G_TIME_SPAN_SECOND, 1));
  rfl_counter_add (gate->delayed, 1);
  return (guint) (rfl_rates_wait (gate->wrong, remote) / G_TIME_SPAN_SECOND) + 1;
}

SipBackoff *
sip_gate_get_backoff (const SipGate *gate)
{
  return gate->backoff;
}

/* ---- status ---- */

static void
add_addresses (RflStatus *status, const char *name, const RflRates *rates)
{
  if (rates)
    rfl_status_add_int (status, name, rfl_rates_count (rates));
}

void
sip_gate_status (const SipGate *gate, RflStatus *status)
{
  rfl_status_begin_object (status, "gate");
  rfl_status_add_bool (status, "overload", sip_load_is_high (gate->load));
  rfl_status_add_int (status, "lag_ms", sip_load_get_lag (gate->load) / G_TIME_SPAN_MILLISECOND);
  add_addresses (status, "invite_addresses", gate->invites);
  add_addresses (status, "request_addresses", gate->requests);
  add_addresses (status, "wrong_addresses", gate->wrong);
  rfl_status_add_int (status, "wrong_users", sip_backoff_count (gate->backoff));
  rfl_status_add_int (status, "waiting_users", sip_backoff_count_waiting (gate->backoff));
  rfl_status_end (status);
}
