/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What participants ask of us by messages, and its answer. Not for what they are told unasked: announce.c. */
#define RFL_LOG_DOMAIN "appshare"
#include "plugins/appshare/appshare.h"

#include <string.h>

gboolean
app_send (AppShare *app, RflParticipant *participant, const RflShareMessage *message)
{
  g_autoptr (GBytes) body = rfl_share_message_write (message);

  return app->control
         && app->control->send (app->control_self, participant, RFL_SHARE_CONTROL, message->type,
                                body, NULL);
}

const RflAddress *
app_address_for (const AppShare *app, const RflParticipant *participant, RflAddress *room)
{
  const AppOptions *options = &app->options;
  gboolean private = rfl_address_is_private (&participant->signalling);

  if (private && options->local.family)
    return &options->local;
  if (!private && options->external.family)
    return &options->external;
  if (options->address.family)
    return &options->address;
  if (participant->local.family && !rfl_address_is_any (&participant->local))
    return &participant->local;
  return rfl_address_local_for (&participant->signalling, room) ? room : NULL;
}

void
app_refuse (AppShare *app, RflParticipant *participant, guint32 request, guint code,
            const char *reason)
{
  RflShareMessage message = {
    .type = RFL_SHARE_REFUSE, .request = request, .code = (guint16) code, .reason = (char *) reason
  };
  RflLogFields fields = { participant->session ? participant->session->name : NULL, participant->id,
                          NULL };
  guint held_back;

  rfl_counter_add (app->counters.refused, 1);
  if (rfl_log_limit_pass (&app->log_request, app->clock, &held_back))
    rfl_info (&fields, "may not share: %s (%u more)", reason, held_back);
  app_send (app, participant, &message);
}

/* ---- a grant ---- */

static void
grant (AppItem *item)
{
  AppShare *app = item->app;
  RflAddress room;
  const RflAddress *address = app_address_for (app, item->participant, &room);
  char text[RFL_ADDRESS_STRLEN];
  RflShareMessage message = { .type = RFL_SHARE_GRANT,
                              .request = item->request,
                              .share = item->id,
                              .port = item->ports[0],
                              .flags = app->tls ? RFL_SHARE_FLAG_TLS : 0 };

  if (address)
    message.address = (char *) rfl_address_format_ip (address, text);
  memcpy (message.passkey, item->sharer_key, RFL_SHARE_PASSKEY);
  if (!address || !app_send (app, item->participant, &message))
    app_item_end (item, "its owner cannot be told", FALSE);
  explicit_bzero (message.passkey, sizeof message.passkey);
}

typedef struct {
  AppShare *app;
  char *id;
} Asked;

static void
on_decided (RflEvent *event, const GError *error, gpointer data)
{
  g_autofree Asked *asked = data;
  g_autofree char *id = asked->id;
  g_autoptr (GError) why = error ? g_error_copy (error) : NULL;
  AppItem *item = app_find (asked->app, id);

  if (!item || item->state != APP_ASKING)
    return;
  if (!why && app_item_bind (item, &why))
    {
      item->state = APP_GRANTED;
      grant (item);
      return;
    }
  app_refuse (item->app, item->participant, item->request,
              why->domain == RFL_ERROR ? (guint) why->code : RFL_ERROR_FAILED, why->message);
  app_item_end (item, why->message, FALSE);
}

static void
ask (AppItem *item)
{
  RflEvent *event = rfl_event_new (RFL_EVENT_SHARE_OPENING);
  Asked *asked = g_new (Asked, 1);

  asked->app = item->app;
  asked->id = g_strdup (item->id);
  rfl_event_set_participant (event, item->participant);
  rfl_event_set_name (event, item->id);
  rfl_bus_emit (rfl_core_get_bus (item->app->core), event, on_decided, asked);
}

/* ---- what is asked ---- */

static AppItem *
find_request (AppShare *app, const RflParticipant *participant, guint32 request)
{
  g_autoptr (GPtrArray) items = app_list (app);

  for (guint i = 0; i < items->len; i++)
    {
      AppItem *item = items->pdata[i];
      if (item->participant == participant && item->request == request)
        return item;
    }
  return NULL;
}

/* Returns: (nullable): why not */
static const char *
check (AppShare *app, const RflParticipant *participant, guint *code)
{
  g_autoptr (GPtrArray) items = app_list (app);
  guint own = 0, session = 0;

  *code = RFL_ERROR_LIMIT;
  for (guint i = 0; i < items->len; i++)
    {
      const AppItem *item = items->pdata[i];
      own += item->participant == participant;
      session += item->participant && g_str_equal (item->session, participant->session->name);
    }
  if (own >= app->options.per_participant)
    return "you share as much as you may";
  if (session >= app->options.per_session)
    return "as much is shared in this session as may be";
  *code = RFL_ERROR_UNAVAILABLE;
  if (rfl_core_is_draining (app->core))
    return "this reflector is about to stop";
  *code = RFL_ERROR_FORBIDDEN;
  return participant->waiting ? "you are not in the room" : NULL;
}

static void
on_request (AppShare *app, RflParticipant *participant, const RflShareMessage *message)
{
  AppItem *item = find_request (app, participant, message->request);
  const char *why;
  guint code;

  rfl_counter_add (app->counters.requests, 1);
  if (item && item->state == APP_GRANTED)
    grant (item);
  if (item || !participant->session)
    return;
  why = check (app, participant, &code);
  if (why)
    {
      app_refuse (app, participant, message->request, code, why);
      return;
    }
  item = app_item_new (app, NULL, participant->session->name);
  item->participant = participant; /* lent: it ends before */
  item->kind = message->kind;
  item->request = message->request;
  item->owner = g_strdup (participant->identity);
  item->title = g_strdup (message->title ? message->title : "");
  app_random (item->sharer_key, sizeof item->sharer_key);
  ask (item);
}

void
app_on_control (RflParticipant *participant, guint8 type, const guint8 *body, gsize len,
                gpointer data)
{
  AppShare *app = data;
  g_auto (RflShareMessage) message = { 0 };
  g_autoptr (GError) error = NULL;
  RflLogFields fields = { NULL, participant->id, NULL };
  AppItem *item;
  guint held_back;

  if (!rfl_share_message_read (&message, type, body, len, &error))
    {
      rfl_counter_add (app->counters.malformed, 1);
      if (rfl_log_limit_pass (&app->log_request, app->clock, &held_back))
        rfl_info (&fields, "%s (%u more)", error->message, held_back);
      return;
    }
  if (type == RFL_SHARE_REQUEST)
    on_request (app, participant, &message);
  item = type == RFL_SHARE_END ? app_find (app, message.share) : NULL;
  if (item && item->participant == participant)
    app_item_end (item, "ended by its owner", FALSE);
}
