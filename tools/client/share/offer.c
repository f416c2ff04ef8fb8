/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* REQUEST, GRANT or REFUSE, the door, and the end that the reflector tells. A share is asked for once: when its
 * connection is gone, so are its viewers, and a person should know before it begins again.
 */
#include "config.h"

#include "tools/client/share/offer.h"

struct _Offer {
  Client *client;
  guint8 kind;
  const OfferOptions *options;
  OfferFunc func;
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

Offer *
offer_new (Client *client, guint8 kind, const OfferOptions *options, OfferFunc func,
           gpointer user_data)
{
  Offer *offer = g_new0 (Offer, 1);

  offer->client = client;
  offer->kind = kind;
  offer->options = options;
  offer->func = func;
  offer->user_data = user_data;
  offer->request = g_random_int ();
  offer->dialling = g_cancellable_new ();
  return offer;
}

static void
stop_waiting (Offer *offer)
{
  if (offer->timer != 0)
    g_source_remove (offer->timer);
  offer->timer = 0;
}

void
offer_free (Offer *offer)
{
  if (offer == NULL)
    return;
  stop_waiting (offer);
  g_cancellable_cancel (offer->dialling);
  g_object_unref (offer->dialling);
  g_free (offer->share);
  g_free (offer->reason);
  g_free (offer);
}

const char *
offer_get_share (const Offer *offer)
{
  return offer->share;
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

static void
wait_for_answer (Offer *offer)
{
  stop_waiting (offer);
  offer->timer = g_timeout_add_seconds ((guint) client_get_settings (offer->client)->timeout,
                                        on_no_answer, offer);
}

void
offer_joined (Offer *offer)
{
  wait_for_answer (offer);
}

void
offer_control_up (Offer *offer)
{
  RflShareMessage message = { .type = RFL_SHARE_REQUEST,
                              .kind = offer->kind,
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
  offer->func (io, rest, offer->user_data);
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

void
offer_control (Offer *offer, const char *service, guint8 type, const guint8 *body, gsize len)
{
  g_auto (RflShareMessage) message = { 0 };

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
