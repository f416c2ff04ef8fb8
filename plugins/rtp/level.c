/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One number for a session's audio levels, as long as there is the session. Not how SDP writes it. */
#include "plugins/rtp/level.h"

#include <string.h>

#define SESSION_KEY "rtp.level"
/* What clients that know of it mostly choose. */
#define USUAL_NUMBER 1

guint8
rtp_level_agree (RflSession *session, const RflMediumDesc *desc)
{
  guint known = GPOINTER_TO_UINT (rfl_session_get_data (session, SESSION_KEY));

  if (desc->audio_level == 0 || strcmp (desc->kind, "audio") != 0)
    return 0;
  if (known == 0)
    {
      known = desc->audio_level;
      rfl_session_set_data (session, SESSION_KEY, GUINT_TO_POINTER (known), NULL);
    }
  return known == desc->audio_level ? desc->audio_level : 0;
}

guint8
rtp_level_get (RflSession *session)
{
  guint known = GPOINTER_TO_UINT (rfl_session_get_data (session, SESSION_KEY));

  return known ? (guint8) known : USUAL_NUMBER;
}
