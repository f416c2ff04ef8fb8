/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text that somebody says to a session, or this reflector to one in it. Who carries it where is the hooks' matter.
 */
#include "core/session-private.h"
#include <string.h>

static gboolean
check_text (const RflSession *session, const RflParticipant *sender, const char *text,
            GError **error)
{
  gsize len = strlen (text);

  if (len < 1 || len > RFL_TEXT_MAX)
    g_set_error (error, RFL_ERROR, RFL_ERROR_MALFORMED, "a text has 1 to %d octets, not %zu",
                 RFL_TEXT_MAX, len);
  else if (!g_utf8_validate (text, len, NULL))
    g_set_error (error, RFL_ERROR, RFL_ERROR_MALFORMED, "the text is not UTF-8");
  else if (!session
           || (sender && (sender->session != session || sender->state != RFL_PARTICIPANT_JOINED)))
    g_set_error (error, RFL_ERROR, RFL_ERROR_NOT_FOUND, "the participant is not in the session");
  else if (sender && sender->waiting)
    g_set_error (error, RFL_ERROR, RFL_ERROR_FORBIDDEN, "the participant is not let in yet");
  else
    return TRUE;
  return FALSE;
}

gboolean
rfl_session_send_text (RflSession *session, RflParticipant *sender, const char *text,
                       GError **error)
{
  g_autoptr (GBytes) data = NULL;
  RflEvent *event;

  g_return_val_if_fail (session && text, FALSE);
  if (!check_text (session, sender, text, error))
    return FALSE;
  data = g_bytes_new (text, strlen (text));
  event = rfl_event_new (RFL_EVENT_TEXT_MESSAGE);
  if (sender)
    rfl_event_set_participant (event, sender);
  else
    rfl_event_set_session (event, session);
  rfl_event_set_data (event, data);
  rfl_bus_emit (((SessionRecord *) session)->core->bus, event, NULL, NULL);
  return TRUE;
}

gboolean
rfl_participant_send_text (RflParticipant *participant, const char *text, GError **error)
{
  g_autoptr (GBytes) data = NULL;
  RflEvent *event;

  g_return_val_if_fail (participant && !participant->origin && text, FALSE);
  if (!check_text (participant->session, participant, text, error))
    return FALSE;
  data = g_bytes_new (text, strlen (text));
  event = rfl_event_new (RFL_EVENT_PARTICIPANT_TEXT);
  rfl_event_set_participant (event, participant);
  rfl_event_set_data (event, data);
  rfl_bus_emit (((SessionRecord *) participant->session)->core->bus, event, NULL, NULL);
  return TRUE;
}
