/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an offer of audio and video is answered: the session's codec and where to send. Not
 * when: see turn.c; and not who may join at all.
 */
#include "plugins/rtp/codecs.h"
#include "plugins/rtp/mix.h"
#include "plugins/rtp/rtp.h"

#include <string.h>

/* What one m-line gets, before the whole offer is known to be good. */
typedef struct {
  RflMedium *medium;
  RtpKind *kind;
  RflLegMode mode;
  GPtrArray *chosen; /* formats for a session that has none yet */
  GPtrArray *answer;
  gboolean full; /* the session has no room for its codec */
} Plan;

static void
plan_clear (gpointer data)
{
  Plan *plan = data;
  g_clear_pointer (&plan->chosen, g_ptr_array_unref);
  g_clear_pointer (&plan->answer, g_ptr_array_unref);
}

/* Port 0 in an SDP: the participant itself does not want it (RFC 3264 §5.1). */
static gboolean
is_disabled (const RflMediumDesc *desc)
{
  return desc->rtp.family != 0 && desc->rtp.port == 0;
}

/* A packet with one of these numbers and the marker bit looks like RTCP on any port
 * (RFC 5761 §4), so they are nothing to agree on; nor is what
 * the operator does not allow. */
static GPtrArray *
usable_formats (const RtpTraffic *traffic, const GPtrArray *formats)
{
  GPtrArray *list = g_ptr_array_new ();

  for (guint i = 0; i < formats->len; i++)
    {
      const RflFormat *format = formats->pdata[i];
      if ((format->pt < 64 || format->pt > 95) && rtp_traffic_allows (traffic, format))
        g_ptr_array_add (list, formats->pdata[i]);
    }
  return list;
}

/* Whoever is in the session stays in it, also when the session has another codec by now. */
static gboolean
is_in (const RflMedium *medium)
{
  return medium->current && medium->current->accepted;
}

static const RflFormat *
session_codec (const Plan *plan, const RflRoute *route)
{
  const GPtrArray *formats = plan->chosen ? plan->chosen : route->formats;
  guint codec = plan->chosen ? 0 : route->codec;

  return codec < formats->len ? formats->pdata[codec] : NULL;
}

/* The mixer understands codecs that the session does not speak. */
static void
plan_mix (Plan *plan, const RflRoute *route, const GPtrArray *offer)
{
  const RflFormat *codec = rtp_mix_choose (plan->kind, session_codec (plan, route), offer);

  if (codec == NULL)
    return;
  plan->full = !rtp_mix_has_room (route->formats, codec);
  if (plan->full)
    return;
  plan->mode = RFL_LEG_MIX;
  plan->answer = rtp_codecs_with_companions (codec, offer);
  if (session_codec (plan, route) == NULL)
    plan->chosen = rtp_codecs_with_companions (codec, offer);
}

/* The session's own formats, one speaker or all as they are. */
static void
plan_reflection (Plan *plan, const RflRoute *route, const GPtrArray *offer)
{
  const GPtrArray *formats = plan->chosen ? plan->chosen : route->formats;
  guint codec = plan->chosen ? 0 : route->codec;

  if (plan->mode == RFL_LEG_MIX)
    plan->mode = RFL_LEG_ONE;
  plan->answer = rtp_codecs_answer (formats, codec, offer, !is_in (plan->medium));
  if (plan->answer && plan->mode == RFL_LEG_ALL)
    rtp_mix_extend (plan->kind, plan->answer, offer);
}

static void
plan_medium (Plan *plan, RflSession *session)
{
  RflRoute *route = rfl_session_get_route (session, plan->kind->name);
  g_autoptr (GPtrArray) offer =
      usable_formats (&plan->kind->traffic, plan->medium->offered->formats);

  plan->mode = plan->medium->offered->mode;
  if (route->formats->len == 0)
    plan->chosen = rtp_codecs_choose (plan->kind->preferences, offer);
  if (plan->mode == RFL_LEG_MIX)
    plan_mix (plan, route, offer);
  if (plan->answer == NULL && session_codec (plan, route))
    plan_reflection (plan, route, offer);
  if (plan->answer == NULL)
    plan_mix (plan, route, offer);
}

static void
set_no_codec (const Plan *plan, RflSession *session, GError **error)
{
  RflRoute *route = rfl_session_get_route (session, plan->kind->name);
  g_autofree char *names = NULL;

  if (plan->full)
    {
      rfl_counter_add (plan->kind->plugin->limited_formats, 1);
      g_set_error (error, RFL_ERROR, RFL_ERROR_NO_CODEC, "the session's %s has %u formats already",
                   plan->kind->name, route->formats->len);
      return;
    }
  if (route->formats->len > 0)
    {
      g_autoptr (GPtrArray) first = g_ptr_array_new ();
      g_ptr_array_add (first, route->formats->pdata[route->codec]);
      names = rtp_codecs_to_string (first);
      g_set_error (error, RFL_ERROR, RFL_ERROR_NO_CODEC, "the session's %s codec is %s",
                   plan->kind->name, names);
      return;
    }
  names = rtp_codecs_to_string (plan->kind->preferences);
  g_set_error (error, RFL_ERROR, RFL_ERROR_NO_CODEC, "no %s codec in common, only: %s",
               plan->kind->name, names);
}

/* One configured address of the IP version that reaches @remote, or none. */
static gboolean
take (const RflAddress *configured, const RflAddress *remote, RflAddress *out)
{
  if (configured->family == 0 || (remote->family != 0 && configured->family != remote->family))
    return FALSE;
  *out = *configured;
  return TRUE;
}

void
rtp_offer_address (const RtpPlugin *plugin, const RflAddress *remote, const RflAddress *local,
                   RflAddress *out)
{
  const RflAddress *by_network =
      rfl_address_is_private (remote) ? &plugin->address_local : &plugin->address_external;

  if (rtp_advertise_find (plugin->advertised, remote, out) || take (by_network, remote, out)
      || take (&plugin->address, remote, out))
    return;
  *out = *local;
  if (rfl_address_is_any (out) && remote->family != 0)
    rfl_address_local_for (remote, out);
}

/* A phone with both IP versions may call over one and have its media on the other. */
static const RflAddress *
where_media_are (RflMediumDesc *desc, const RflParticipant *p)
{
  RflAddress local;

  if (desc->rtp.family == 0 || p->signalling.family == 0 || desc->rtp.family == p->signalling.family
      || rfl_address_is_any (&desc->rtp) || !rfl_address_local_for (&desc->rtp, &local))
    return &p->signalling;
  desc->local = local;
  return &desc->rtp;
}

static void
carry_out (Plan *plan, const RtpPlugin *plugin, RflSession *session)
{
  RflMediumDesc *desc = plan->medium->offered;
  RflRoute *route = rfl_session_get_route (session, plan->kind->name);
  const RflAddress *remote;
  const RtpMedium *m;

  if (plan->answer == NULL)
    return;
  if (plan->chosen)
    rfl_route_set_formats (route, g_steal_pointer (&plan->chosen));
  if (plan->mode == RFL_LEG_MIX)
    rtp_mix_append (route, plan->answer);
  desc->mode = plan->mode;
  if (plan->kind == &plugin->kinds[RTP_AUDIO])
    desc->answer_audio_level = desc->audio_level;
  g_clear_pointer (&desc->answer, g_ptr_array_unref);
  desc->answer = g_steal_pointer (&plan->answer);
  desc->accepted = TRUE;
  remote = where_media_are (desc, plan->medium->participant);
  rtp_offer_address (plugin, remote, &desc->local, &desc->answer_rtp);
  desc->answer_rtcp = desc->answer_rtp;
  desc->answer_mux = desc->rtcp_mux;
  desc->answer_rsize = desc->rtcp_rsize;
  m = rtp_peer_find_medium (plan->medium);
  rtp_pair_answer (m ? m->pair : &plan->kind->pairs[RTP_FIRST_PAIR], desc);
}

/* The first m-line of each kind that the participant wants. */
static void
collect (RtpPlugin *plugin, RflParticipant *p, GArray *plans)
{
  guint seen = 0;

  for (guint i = 0; i < p->media->len; i++)
    {
      RflMedium *medium = p->media->pdata[i];
      Plan plan = { .medium = medium, .kind = rtp_plugin_find_kind (plugin, medium->kind) };
      guint bit = plan.kind ? 1u << (plan.kind - plugin->kinds) : 0;
      if (plan.kind == NULL || medium->offered == NULL || (seen & bit))
        continue;
      if (is_disabled (medium->offered))
        continue;
      seen |= bit;
      g_array_append_val (plans, plan);
    }
}

static gboolean
is_accepted_by_others (RtpPlugin *plugin, const RflParticipant *p)
{
  for (guint i = 0; i < p->media->len; i++)
    {
      const RflMedium *medium = p->media->pdata[i];
      if (medium->offered && medium->offered->accepted
          && rtp_plugin_find_kind (plugin, medium->kind) == NULL)
        return TRUE;
    }
  return FALSE;
}

/* Nothing is changed before it is clear that the offer is good as a whole. */
static gboolean
plan_all (RtpPlugin *plugin, RflEvent *event, GArray *plans, GError **error)
{
  const Plan *missed = NULL;
  guint n_answers = 0;

  for (guint i = 0; i < plans->len; i++)
    {
      Plan *plan = &g_array_index (plans, Plan, i);
      plan_medium (plan, event->session);
      n_answers += plan->answer != NULL;
      if (plan->answer == NULL && (missed == NULL || plan->kind->required))
        missed = plan;
    }
  if (missed
      && (missed->kind->required
          || (n_answers == 0 && !is_accepted_by_others (plugin, event->participant))))
    {
      set_no_codec (missed, event->session, error);
      return FALSE;
    }
  /* A participant in the session may disable all it has; a newcomer brings something. */
  if (plans->len == 0 && event->participant->state != RFL_PARTICIPANT_JOINED
      && !is_accepted_by_others (plugin, event->participant))
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_NO_CODEC, "neither audio nor video is offered");
      return FALSE;
    }
  return TRUE;
}

RflHookResult
rtp_offer_hook (RflEvent *event, gpointer data, GError **error)
{
  RtpPlugin *plugin = data;
  RflParticipant *p = event->participant;
  g_autoptr (GArray) plans = g_array_new (FALSE, FALSE, sizeof (Plan));

  if (p->origin)
    return RFL_HOOK_CONTINUE;
  g_array_set_clear_func (plans, plan_clear);
  collect (plugin, p, plans);
  if (!plan_all (plugin, event, plans, error))
    return RFL_HOOK_REFUSE;
  for (guint i = 0; i < plans->len; i++)
    carry_out (&g_array_index (plans, Plan, i), plugin, event->session);
  return RFL_HOOK_CONTINUE;
}
