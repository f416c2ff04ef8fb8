/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every peer is told of the participants here: JOIN and LEAVE. Not for what a peer tells:
 * see presence.c.
 */
#include "plugins/interconnect/link.h"
#include <string.h>

/* Of an identity in a message that is too long. */
#define SHORT_IDENTITY 64

/* What is on the link is what the route's formats say, so that a session that begins at the
 * other side gets the same codec and the same numbers. */
static LinkMedium *
describe_medium (const RflMedium *medium)
{
  LinkMedium *out = link_medium_new (medium->index, medium->kind);
  g_autoptr (GPtrArray) formats = medium->route ? link_codec_formats (medium->route) : NULL;

  out->accepted = medium->current && medium->current->accepted;
  out->direction = medium->current ? medium->current->direction : RFL_DIRECTION_NONE;
  if (out->accepted && formats)
    link_medium_take_formats (out, formats);
  return out;
}

/* At most @max octets, cut between characters. */
static char *
shorten (const char *text, gsize max)
{
  gsize len = text ? strlen (text) : 0;

  if (len == 0)
    return NULL;
  g_autofree char *valid = g_utf8_make_valid (text, len);
  len = strlen (valid);
  if (len > max)
    len = g_utf8_find_prev_char (valid, valid + max + 1) - valid;
  return g_strndup (valid, len);
}

static gboolean
fits (const LinkMessage *message)
{
  g_autoptr (GByteArray) body = link_message_encode (message);

  return body != NULL;
}

/* What is told for show gives way before a participant is missing at the other side. */
static void
make_fit (LinkMessage *join)
{
  g_autofree char *identity = NULL;

  if (fits (join))
    return;
  g_clear_pointer (&join->display_name, g_free);
  g_clear_pointer (&join->cname, g_free);
  if (fits (join))
    return;
  identity = g_steal_pointer (&join->identity);
  join->identity = shorten (identity, SHORT_IDENTITY);
}

static LinkMessage *
describe (const RflParticipant *participant, guint8 type)
{
  LinkMessage *message = link_message_new (type);

  message->session = g_strdup (participant->session->name);
  message->participant = g_strdup (participant->id);
  if (type != LINK_JOIN)
    return message;
  message->identity = shorten (participant->identity, 255);
  message->display_name = shorten (participant->display_name, 128);
  message->cname = shorten (participant->cname, 255);
  for (guint i = 0; i < MIN (participant->media->len, LINK_MAX_MEDIA); i++)
    g_ptr_array_add (message->media, describe_medium (participant->media->pdata[i]));
  make_fit (message);
  return message;
}

gboolean
link_presence_is_told (const RflParticipant *participant)
{
  return !participant->origin && !participant->waiting;
}

LinkMessage *
link_presence_describe (const RflParticipant *participant)
{
  return describe (participant, LINK_JOIN);
}

static void
send_to (LinkPeer *peer, const LinkMessage *message)
{
  if (link_channel_is_up (peer->channel) && !link_channel_send (peer->channel, message))
    link_complain (peer->plugin, LINK_COUNT_UNSENDABLE, peer->name,
                   "a message about %s does not fit the link to %s", message->participant,
                   peer->name);
}

void
link_presence_tell (LinkPlugin *plugin, const RflParticipant *participant, guint8 type)
{
  g_autoptr (LinkMessage) message = describe (participant, type);

  if (type == LINK_JOIN && participant->media->len > LINK_MAX_MEDIA)
    link_complain (plugin, LINK_COUNT_LEFT_OUT, NULL,
                   "participant %s has %u media; links carry the first %u", participant->id,
                   participant->media->len, LINK_MAX_MEDIA);

  for (guint i = 0; i < plugin->peers->len; i++)
    send_to (plugin->peers->pdata[i], message);
}

void
link_presence_tell_session (LinkPlugin *plugin, const RflSession *session)
{
  for (guint i = 0; i < session->participants->len; i++)
    {
      const RflParticipant *participant = session->participants->pdata[i];
      if (link_presence_is_told (participant))
        link_presence_tell (plugin, participant, LINK_JOIN);
    }
}

void
link_presence_tell_all (LinkPeer *peer)
{
  g_autoptr (GPtrArray) sessions = rfl_core_list_sessions (peer->plugin->core);

  for (guint i = 0; i < sessions->len; i++)
    {
      const RflSession *session = sessions->pdata[i];
      for (guint k = 0; k < session->participants->len; k++)
        {
          const RflParticipant *participant = session->participants->pdata[k];
          if (!link_presence_is_told (participant))
            continue;
          g_autoptr (LinkMessage) join = link_presence_describe (participant);
          send_to (peer, join);
        }
    }
}
