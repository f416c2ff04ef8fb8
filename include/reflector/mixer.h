/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Service "mixer": one stream for each listener, the sum of everybody else, in a codec that the
 * listener speaks. Whoever makes the listener's leg asks here for its feed. Not for how a stream
 * is made: that is the provider's.
 */
#pragma once

#include <reflector/feed.h>

G_BEGIN_DECLS

#define RFL_MIXER_SERVICE "mixer"
#define RFL_MIXER_VERSION 1

/**
 * RflMixer:
 * @knows: whether @format (a codec or a companion: telephone-event, CN) can be decoded and encoded.
 *   Of session codecs and others alike: a participant that speaks one of these need not speak the session's
 * @list_formats: (transfer full) (element-type RflFormat): the codecs it knows, best first, without
 *   payload types: for offers of ours
 * @attach: gives @medium a place among those who hear the mix. @formats: (element-type RflFormat): what was
 *   agreed, in the participant's numbers, its codec first; @ptime: milliseconds in a packet it
 *   asks for, 0: 20; @pt: (out): for the leg, by RflFrame.format. A medium that is attached is
 *   moved. Returns: (transfer none): until detach; %NULL with @error (RFL_ERROR_LIMIT,
 *   RFL_ERROR_NO_CODEC)
 * @detach: its leg is gone. One that is not attached is ignored
 * @get_level: how loud @source has been in the last tenth of a second, in dBov (RFC 6465: -127 to 0), telephone
 *   events not counted. Returns: %FALSE if it is not decoded here
 * @play: a tone or a sequence of them, by the names of the provider's option table ("join", "leave",
 *   "alone", "pin", "muted", "unmuted", "refused"), to everybody in @session in mode `mix` or to @only of them.
 *   An unknown name or no such listener: %FALSE
 *
 * Main thread.
 */
typedef struct {
  gboolean (*knows) (gpointer self, const RflFormat *format);
  GPtrArray *(*list_formats) (gpointer self);
  RflFeed *(*attach) (gpointer self, RflMedium *medium, const GPtrArray *formats, guint ptime,
                      guint8 pt[RFL_ROUTE_MAX_FORMATS], GError **error);
  void (*detach) (gpointer self, RflMedium *medium);
  gboolean (*get_level) (gpointer self, const RflSource *source, gint *dbov);
  gboolean (*play) (gpointer self, RflSession *session, RflParticipant *only, const char *tone);
} RflMixer;

G_END_DECLS
