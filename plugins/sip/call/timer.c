/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refreshes calls whose callers want that from us, and ends those that cannot be refreshed.
 * What callers refresh themselves is the stack's business.
 */
#include "plugins/sip/call/timer.h"
#include "plugins/sip/call/reinvite.h"
#include <sofia-sip/sip_header.h>

/* As the stack does it (RFC 4028 §9). */
static guint
negotiate (const SipSettings *s, const sip_t *sip)
{
  guint interval = s->session_expires;

  if (sip->sip_session_expires && sip->sip_session_expires->x_delta > 0)
    interval = MIN (interval, sip->sip_session_expires->x_delta);
  if (sip->sip_min_se)
    interval = MAX (interval, sip->sip_min_se->min_delta);
  return MAX (interval, s->min_se);
}

void
sip_timer_note (SipCall *call, const sip_t *sip)
{
  const SipSettings *s = &call->listener->plugin->settings;
  const sip_session_expires_t *expires = sip->sip_session_expires;
  SipRefresh *r = &call->refresh;

  if (s->session_expires == 0 || !sip_has_feature (sip->sip_supported, "timer"))
    return;
  /* To the stack an UPDATE without the header leaves the session's time alone. */
  if (r->wanted && expires == NULL && sip->sip_request->rq_method == sip_method_update)
    return;
  r->wanted = TRUE;
  r->ours = expires && g_strcmp0 (expires->x_refresher, "uas") == 0;
  r->interval = negotiate (s, sip);
  if (sip->sip_allow)
    r->by_update = sip_is_allowed (sip->sip_allow, sip_method_update, "UPDATE");
}

static void
on_timer (gpointer data)
{
  SipCall *call = data;
  SipRefresh *r = &call->refresh;

  if (r->failed)
    sip_call_end_with (call, 408, "Session timeout");
  else
    sip_reinvite_want (call, SIP_REINVITE_REFRESH);
}

static void
start_in (SipCall *call, gint64 delay)
{
  SipRefresh *r = &call->refresh;

  if (r->timer == NULL)
    r->timer = rfl_timer_new (rfl_core_get_clock (call->listener->plugin->core), "sip refresh",
                              on_timer, call);
  rfl_timer_start (r->timer, delay);
}

/* Before the half of the interval, when the stack would do it its own way. */
void
sip_timer_start (SipCall *call)
{
  SipRefresh *r = &call->refresh;

  r->failed = FALSE;
  if (r->timer)
    rfl_timer_stop (r->timer);
  if (r->wanted && r->ours && !r->by_update)
    start_in (call, r->interval * G_TIME_SPAN_SECOND * 2 / 5);
}

/* The session lasts as long as it would have (RFC 4028 §10). */
static void
fail (SipCall *call)
{
  call->refresh.failed = TRUE;
  start_in (call, call->refresh.interval * G_TIME_SPAN_SECOND / 3);
}

void
sip_timer_refreshed (SipCall *call, gboolean success)
{
  if (call->state != SIP_CALL_CONFIRMED)
    return;
  if (success)
    sip_timer_start (call);
  else
    fail (call);
}

void
sip_timer_updated (SipCall *call, int status)
{
  SipRefresh *r = &call->refresh;

  if (status < 200 || call->state != SIP_CALL_CONFIRMED)
    return;
  if (status == 405 || status == 501)
    {
      r->by_update = FALSE;
      start_in (call, 0);
    }
  else
    sip_timer_refreshed (call, status < 300);
}

void
sip_timer_stop (SipCall *call)
{
  g_clear_pointer (&call->refresh.timer, rfl_timer_free);
}
