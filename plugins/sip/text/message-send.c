/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said in a room, to the participants that are calls of ours: one MESSAGE at a time for
 * each, inside of its dialog, which is the way through its NAT. Who cannot take it is not asked
 * again in that call. Does not judge texts.
 */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/text/message.h"
#include "plugins/sip/request/uri.h"

/* MESSAGEs without an answer, of all calls: a room of thousands is served as answers come. */
#define MAX_UNDER_WAY 500

struct _SipMessages {
  SipPlugin *plugin;
  guint hook, hook_one, under_way;
  GQueue waiting; /* SipTalk */
  RflCounter *said, *sent, *dropped, *deaf;
};

/* A text on its way to many. */
typedef struct {
  grefcount refs;
  char *from, *text;
  const char *type;
} Text;

/**
 * SipTalk:
 * @queue: (element-type Text): yet to be sent
 * @busy: one is under way
 * @waiting: in the queue of those who wait until fewer are under way
 * @deaf: has refused one
 * @allowance: messages that it may send now
 */
struct _SipTalk {
  SipMessages *messages;
  SipCall *call;
  GQueue queue;
  gboolean busy, waiting, deaf;
  double allowance;
  gint64 counted;
};

static void
text_unref (gpointer data)
{
  Text *text = data;

  if (!g_ref_count_dec (&text->refs))
    return;
  g_free (text->from);
  g_free (text->text);
  g_free (text);
}

static Text *
text_new (const RflEvent *event, const RflParticipant *sender)
{
  gsize len = 0;
  const char *data = g_bytes_get_data (event->data, &len);
  Text *text = g_new0 (Text, 1);

  g_ref_count_init (&text->refs);
  text->text = g_strndup (data, len);
  text->from = sender ? sip_uri_write_from (sender->identity, sender->display_name) : NULL;
  text->type = g_str_is_ascii (text->text) ? "text/plain" : "text/plain;charset=UTF-8";
  return text;
}

/* ---- one call ---- */

static RflClock *
clock_of (const SipMessages *messages)
{
  return rfl_core_get_clock (messages->plugin->core);
}

static SipTalk *
get_talk (SipCall *call)
{
  SipTalk *talk = call->talk;

  if (talk)
    return talk;
  talk = call->talk = g_new0 (SipTalk, 1);
  talk->messages = call->listener->plugin->messages;
  talk->call = call;
  g_queue_init (&talk->queue);
  talk->allowance = talk->messages->plugin->settings.message_rate;
  talk->counted = rfl_clock_now (clock_of (talk->messages));
  return talk;
}

gboolean
sip_talk_may_speak (SipCall *call)
{
  SipTalk *talk = get_talk (call);
  double rate = talk->messages->plugin->settings.message_rate;
  gint64 now = rfl_clock_now (clock_of (talk->messages));
  double more = rate * (double) (now - talk->counted) / G_TIME_SPAN_SECOND;

  talk->allowance = MIN (talk->allowance + more, MAX (rate, 1));
  talk->counted = now;
  if (talk->allowance < 1)
    return FALSE;
  talk->allowance -= 1;
  return TRUE;
}

static void
send_text (SipTalk *talk, const Text *text)
{
  talk->busy = TRUE;
  talk->messages->under_way++;
  rfl_counter_add (talk->messages->sent, 1);
  nua_message (talk->call->nh, TAG_IF (text->from, SIPTAG_FROM_STR (text->from)),
               SIPTAG_CONTENT_TYPE_STR (text->type), SIPTAG_PAYLOAD_STR (text->text), TAG_END ());
}

static void
go_on (SipTalk *talk)
{
  SipMessages *messages = talk->messages;
  Text *text;

  if (talk->busy || talk->waiting || g_queue_is_empty (&talk->queue)
      || talk->call->state < SIP_CALL_CONFIRMED)
    return;
  if (messages->under_way >= MAX_UNDER_WAY)
    {
      talk->waiting = TRUE;
      g_queue_push_tail (&messages->waiting, talk);
      return;
    }
  text = g_queue_pop_head (&talk->queue);
  if (talk->call->state == SIP_CALL_CONFIRMED)
    send_text (talk, text);
  text_unref (text);
}

static void
serve_waiting (SipMessages *messages)
{
  while (!messages->plugin->stopping && messages->under_way < MAX_UNDER_WAY
         && !g_queue_is_empty (&messages->waiting))
    {
      SipTalk *talk = g_queue_pop_head (&messages->waiting);
      talk->waiting = FALSE;
      go_on (talk);
    }
}

static void
say (SipCall *call, Text *text)
{
  SipTalk *talk = get_talk (call);
  SipMessages *messages = talk->messages;

  if (talk->deaf)
    return;
  if (g_queue_get_length (&talk->queue) >= messages->plugin->settings.max_queued_messages)
    {
      rfl_counter_add (messages->dropped, 1);
      return;
    }
  g_ref_count_inc (&text->refs);
  g_queue_push_tail (&talk->queue, text);
  go_on (talk);
}

void
sip_messages_on_ack (SipCall *call)
{
  if (call->talk)
    go_on (call->talk);
}

static void
end_under_way (SipTalk *talk)
{
  if (!talk->busy)
    return;
  talk->busy = FALSE;
  talk->messages->under_way--;
}

void
sip_messages_on_answer (SipCall *call, int status)
{
  SipTalk *talk = call ? call->talk : NULL;

  if (status < 200 || talk == NULL || !talk->busy)
    return;
  end_under_way (talk);
  if (status >= 300 && !talk->deaf)
    {
      talk->deaf = TRUE;
      g_queue_clear_full (&talk->queue, text_unref);
      rfl_counter_add (talk->messages->deaf, 1);
    }
  go_on (talk);
  serve_waiting (talk->messages);
}

void
sip_talk_free (SipTalk *talk)
{
  if (talk == NULL)
    return;
  end_under_way (talk);
  if (talk->waiting)
    g_queue_remove (&talk->messages->waiting, talk);
  g_queue_clear_full (&talk->queue, text_unref);
  serve_waiting (talk->messages);
  g_free (talk);
}

/* ---- the room ---- */

static void
say_to (RflParticipant *participant, Text *text)
{
  SipCall *call = participant->waiting ? NULL : sip_call_find (participant);

  /* Before its ACK it may be in the room and hear others already. */
  if (call && (call->state == SIP_CALL_ANSWERED || call->state == SIP_CALL_CONFIRMED))
    say (call, text);
}

/* For one alone: from ourselves. */
static RflHookResult
on_text_for_one (RflEvent *event, gpointer user_data, GError **error)
{
  Text *text = text_new (event, NULL);

  say_to (event->participant, text);
  text_unref (text);
  return RFL_HOOK_CONTINUE;
}

static RflHookResult
on_text (RflEvent *event, gpointer user_data, GError **error)
{
  SipMessages *messages = user_data;
  Text *text = text_new (event, event->participant);

  rfl_counter_add (messages->said, 1);
  for (guint i = 0; i < event->session->participants->len; i++)
    {
      RflParticipant *participant = event->session->participants->pdata[i];

      if (participant != event->participant)
        say_to (participant, text);
    }
  text_unref (text);
  return RFL_HOOK_CONTINUE;
}

SipMessages *
sip_messages_new (SipPlugin *plugin)
{
  SipMessages *messages = g_new0 (SipMessages, 1);
  RflCore *core = plugin->core;
  RflHook hook = { .name = "sip/text",
                   .event = RFL_EVENT_TEXT_MESSAGE,
                   .stage = RFL_HOOK_NORMAL,
                   .func = on_text,
                   .user_data = messages };
  RflHook one = { .name = "sip/text-for-one",
                  .event = RFL_EVENT_PARTICIPANT_TEXT,
                  .stage = RFL_HOOK_NORMAL,
                  .func = on_text_for_one,
                  .user_data = messages };

  messages->plugin = plugin;
  g_queue_init (&messages->waiting);
  messages->said = rfl_counter_get (core, "sip.texts", "texts said in rooms with calls");
  messages->sent = rfl_counter_get (core, "sip.messages_sent", "MESSAGEs sent to participants");
  messages->dropped =
      rfl_counter_get (core, "sip.messages_dropped",
                       "texts that a participant did not get: too many wait for it");
  messages->deaf = rfl_counter_get (core, "sip.messages_refused",
                                    "calls that refused a MESSAGE and get no more");
  messages->hook = rfl_bus_add_hook (rfl_core_get_bus (core), &hook, NULL);
  messages->hook_one = rfl_bus_add_hook (rfl_core_get_bus (core), &one, NULL);
  return messages;
}

void
sip_messages_free (SipMessages *messages)
{
  if (messages == NULL)
    return;
  rfl_bus_remove_hook (rfl_core_get_bus (messages->plugin->core), messages->hook);
  rfl_bus_remove_hook (rfl_core_get_bus (messages->plugin->core), messages->hook_one);
  g_free (messages);
}
