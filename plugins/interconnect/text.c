/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text to a session: what a participant here says goes to each peer that has somebody in the
 * session, what comes from a peer goes to those here. Never from one link to another, so nothing
 * comes twice or goes round. Not for what participants get to see: that is for their makers.
 */
#include "plugins/interconnect/link.h"
#include <string.h>

/* ---- ours ---- */

/* The octets of @text that go into one message: at most so many, cut between characters. */
static gsize
part_len (const char *text)
{
  gsize len = strlen (text);

  if (len <= LINK_MAX_TEXT)
    return len;
  return g_utf8_find_prev_char (text, text + LINK_MAX_TEXT + 1) - text;
}

static void
send_part (LinkPeer *peer, const RflParticipant *sender, const char *text, gsize len)
{
  g_autoptr (LinkMessage) message = link_message_new (LINK_TEXT);

  message->session = g_strdup (sender->session->name);
  message->participant = g_strdup (sender->id);
  message->text = g_strndup (text, len);
  message->more = text[len] != '\0';
  if (!link_channel_send (peer->channel, message))
    link_complain (peer->plugin, LINK_COUNT_UNSENDABLE, peer->name,
                   "a text of %s does not fit the link to %s", sender->id, peer->name);
}

static void
send_text (LinkPeer *peer, const RflParticipant *sender, const char *text)
{
  link_count (peer->plugin, LINK_COUNT_TEXT_OUT);
  for (gsize len; *text; text += len)
    {
      len = part_len (text);
      send_part (peer, sender, text, len);
    }
  link_peer_kick (peer);
}

static RflHookResult
on_text (RflEvent *event, gpointer user_data, GError **error)
{
  LinkPlugin *plugin = user_data;
  const RflParticipant *sender = event->participant;
  g_autofree char *text = NULL;

  if (!sender || sender->origin || sender->state != RFL_PARTICIPANT_JOINED)
    return RFL_HOOK_CONTINUE;
  text = g_strndup (g_bytes_get_data (event->data, NULL), g_bytes_get_size (event->data));
  for (guint i = 0; i < plugin->peers->len; i++)
    {
      LinkPeer *peer = plugin->peers->pdata[i];
      if (link_channel_is_up (peer->channel)
          && g_hash_table_contains (peer->rooms, sender->session->name))
        send_text (peer, sender, text);
    }
  return RFL_HOOK_CONTINUE;
}

gboolean
link_text_add_hooks (LinkPlugin *plugin, GError **error)
{
  const RflHook hook = { .name = "interconnect/text",
                         .event = RFL_EVENT_TEXT_MESSAGE,
                         .stage = RFL_HOOK_NORMAL,
                         .func = on_text,
                         .user_data = plugin };

  return rfl_bus_add_hooks (rfl_core_get_bus (plugin->core), &hook, 1, plugin->hooks, error);
}

/* ---- the peer's ---- */

static void
refuse (LinkPeer *peer, const char *participant, const char *why)
{
  link_complain (peer->plugin, LINK_COUNT_TEXT_REFUSED, peer->name,
                 "%s sends a text of %s that goes nowhere: %s", peer->name, participant, why);
}

static void
pass_on (LinkPeer *peer, LinkRemote *remote, const char *text)
{
  g_autoptr (GError) error = NULL;

  if (rfl_session_send_text (remote->room->session, remote->participant, text, &error))
    link_count (peer->plugin, LINK_COUNT_TEXT_IN);
  else
    refuse (peer, remote->participant->id, error->message);
}

void
link_text_receive (LinkPeer *peer, const LinkMessage *message)
{
  LinkRemote *remote = g_hash_table_lookup (peer->remotes, message->participant);

  if (!remote || !remote->joined || !g_str_equal (remote->room->name, message->session))
    {
      link_count (peer->plugin, LINK_COUNT_UNKNOWN_PARTICIPANT);
      refuse (peer, message->participant, "it is not its participant in the session");
      return;
    }
  if (!remote->text)
    remote->text = g_string_new (NULL);
  /* one octet too many stays, so that core refuses the whole */
  if (remote->text->len <= RFL_TEXT_MAX)
    g_string_append (remote->text, message->text);
  if (message->more)
    return;
  g_autofree char *text = g_string_free (g_steal_pointer (&remote->text), FALSE);
  pass_on (peer, remote, text);
}
