/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RTCP of ours to one participant, by whoever carries the medium's packets. Not for what passes between
 * participants: that is core/rtcp/'s.
 */
#include "core/session-private.h"

void
rfl_medium_set_rtcp_sender (RflMedium *medium, RflMediumSendFunc func, gpointer user_data)
{
  MediumRecord *record = (MediumRecord *) medium;

  record->send_rtcp = func;
  record->send_data = user_data;
}

gboolean
rfl_medium_send_rtcp (RflMedium *medium, const guint8 *data, gsize len, GError **error)
{
  const MediumRecord *record = (const MediumRecord *) medium;

  if (record->send_rtcp && record->send_rtcp (medium, data, len, record->send_data))
    return TRUE;
  g_set_error (error, RFL_ERROR, RFL_ERROR_UNAVAILABLE, "there is no way to %s's %s yet",
               medium->participant->id, medium->kind ? medium->kind : "media");
  return FALSE;
}
