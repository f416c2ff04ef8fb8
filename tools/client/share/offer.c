/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* REQUEST, GRANT or REFUSE, the door, and the end that the reflector tells. A share is asked for once: when its
 * connection is gone, so are its viewers, and a person should know before it begins again.
 */
#include "config.h"

#include "tools/client/share/offer.h"

struct _Offer {
  Client *client;
  RflShareKind kind;
  const OfferOptions *options;
  const OfferFuncs *funcs;
  gpointer user_data;
  guint32 request;
  gboolean asked;
  char *share, *reason;
  GCancellable *dialling;
  guint timer;
};

void
offer_options_clear (OfferOptions *options)
{
  g_clear_pointer (&options->title, g_free);
  g_clear_pointer (&options->authorities, g_free);
}

gboolean
offer_options_apply (const OfferOptions *options, ShareDoor *door, GError **error)
{
  door->any_certificate = options->any_certificate;
  if (!door->tls || options->authorities == NULL)
    return TRUE;
  door->authorities = g_tls_file_database_new (options->authorities, error);
  return door->authorities != NULL;
}

static void
stop_waiting (Offer *offer)
{
  if (offer->timer != 0)
    g_source_remove (offer->timer);
  offer->timer = 0;
}

/* ---- asking ---- */

static gboolean
on_no_answer (gpointer user_data)
{
  Offer *offer = user_data;
  g_autoptr (GError) error = NULL;

  offer->timer = 0;
  g_set_error (&error, CLIENT_ERROR, CLIENT_REFUSED, "%s",
               offer->asked
                   ? "the reflector does not answer the request for a share"
                   : "the reflector knows nothing of control messages, so nothing of shares");
  client_fail (offer->client, error);
  return G_SOURCE_REMOVE;
}

/* Until control messages reach the reflector, and then for its answer. */
static void
wait_for_answer (Offer *offer)
{
  stop_waiting (offer);
  offer->timer = g_timeout_add_seconds ((guint) client_get_settings (offer->client)->timeout,
                                        on_no_answer, offer);
}

static void
joined (Client *client, gpointer user_data)
{
  wait_for_answer (user_data);
}

static void
control_up (Client *client, gpointer user_data)
{
  Offer *offer = user_data;
  RflShareMessage message = { .type = RFL_SHARE_REQUEST,
                              .kind = (guint8) offer->kind,
                              .request = offer->request,
                              .title = offer->options->title };
  g_autoptr (GByteArray) body = NULL;
  g_autoptr (GError) error = NULL;

  /* granted already: its connection tells whether it still is */
  if (offer->share != NULL)
    return;
  body = g_bytes_unref_to_array (rfl_share_message_write (&message));
  offer->asked = TRUE;
  wait_for_answer (offer);
  if (!client_send_control (offer->client, RFL_SHARE_CONTROL, message.type, body, &error))
    client_fail (offer->client, error);
}

/* ---- answers ---- */

static void
on_dialled (GIOStream *io, GBytes *rest, const GError *error, gpointer user_data)
{
  Offer *offer = user_data;

  if (io == NULL)
    {
      client_fail (offer->client, error);
      return;
    }
  client_tell (offer->client, client_line_text (client_line_new ("share"), "share", offer->share),
               "sharing as %s", offer->share);
  offer->funcs->opened (offer, io, rest, offer->user_data);
}

static void
take_grant (Offer *offer, const RflShareMessage *message)
{
  g_autoptr (ShareDoor) door = g_new0 (ShareDoor, 1);
  g_autoptr (GError) error = NULL;

  if (offer->share != NULL)
    return;
  stop_waiting (offer);
  offer->share = g_strdup (message->share);
  share_door_fill (door, message);
  if (offer_options_apply (offer->options, door, &error))
    share_dial (door, offer->dialling, on_dialled, offer);
  else
    client_fail (offer->client, error);
}

static void
take_refusal (Offer *offer, const RflShareMessage *message)
{
  g_autoptr (GError) error = g_error_new (CLIENT_ERROR, CLIENT_REFUSED, "the reflector refuses: %s",
                                          message->reason ? message->reason : "no reason given");

  client_fail (offer->client, error);
}

static void
take_message (Offer *offer, const RflShareMessage *message)
{
  if (message->type == RFL_SHARE_GRANT && message->request == offer->request)
    take_grant (offer, message);
  else if (message->type == RFL_SHARE_REFUSE && message->request == offer->request)
    take_refusal (offer, message);
  else if (message->type == RFL_SHARE_ENDED && g_strcmp0 (message->share, offer->share) == 0)
    {
      g_free (offer->reason);
      offer->reason = g_strdup (message->reason);
      offer_closed (offer, NULL);
    }
}

static void
control (Client *client, const char *service, guint8 type, const guint8 *body, gsize len,
         gpointer user_data)
{
  Offer *offer = user_data;
  g_auto (RflShareMessage) message = { 0 };

  if (offer->funcs->has_ended != NULL && offer->funcs->has_ended (offer->user_data))
    return;
  if (g_strcmp0 (service, RFL_SHARE_CONTROL) == 0
      && rfl_share_message_read (&message, type, body, len, NULL))
    take_message (offer, &message);
}

void
offer_closed (Offer *offer, const GError *error)
{
  const char *why = offer->reason ? offer->reason
                    : error       ? error->message
                                  : "the reflector has closed the connection";
  ClientLine *line = client_line_new ("ended");

  client_line_text (line, "share", offer->share);
  client_line_text (line, "reason", why);
  client_tell (offer->client, line, "the share has ended: %s", why);
  client_leave (offer->client, CLIENT_ENDED);
}

/* ---- the room ---- */

static void
leaving (Client *client, gpointer user_data)
{
  Offer *offer = user_data;

  stop_waiting (offer);
  g_cancellable_cancel (offer->dialling);
  offer->funcs->leaving (offer->user_data);
}

int
offer_run (const ClientSettings *settings, RflShareKind kind, const OfferOptions *options,
           const OfferFuncs *funcs, gpointer user_data)
{
  static const ClientFuncs room = {
    .joined = joined, .control_up = control_up, .control = control, .leaving = leaving
  };
  Offer offer = { .kind = kind, .options = options, .funcs = funcs, .user_data = user_data };
  g_autoptr (Client) client = client_new (settings, &room, &offer);
  int status;

  offer.client = client;
  offer.request = g_random_int ();
  offer.dialling = g_cancellable_new ();
  client_add_medium (client, &client_quiet);
  status = client_run (client);
  leaving (client, &offer); /* it never joined, perhaps */
  g_object_unref (offer.dialling);
  g_free (offer.share);
  g_free (offer.reason);
  return status;
}

Client *
offer_get_client (Offer *offer)
{
  return offer->client;
}
