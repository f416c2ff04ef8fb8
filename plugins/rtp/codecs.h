/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The session codec: which formats a session's medium has, and what a participant's offer
 * of it gets for an answer. Pure. Not about addresses: see offer.c.
 */
#pragma once

#include <reflector/error.h>
#include <reflector/format.h>

/**
 * rtp_codecs_parse:
 * @entries: "NAME/RATE[/CHANNELS][;FMTP]", most wanted first
 * @bad: (out): the entry that is none, on failure
 *
 * Returns: (transfer full) (element-type RflFormat): without payload types; or %NULL.
 */
GPtrArray *rtp_codecs_parse (const char *const *entries, const char **bad);
/**
 * rtp_codecs_choose:
 * @preferences: of the configuration
 * @offer: (element-type RflFormat): of the session's creator
 *
 * Returns: (transfer full) (nullable): the session codec with the creator's number and
 *   parameters, then the companions it offers for it; %NULL if nothing fits
 */
GPtrArray *rtp_codecs_choose (const GPtrArray *preferences, const GPtrArray *offer);
/**
 * rtp_codecs_answer:
 * @formats: of the session
 * @codec: which of them is the session codec
 * @offer: of a participant
 * @need_codec: whether the session codec itself must be among it, as for newcomers. Else any will do
 *
 * Returns: (transfer full) (nullable): what both have, in the participant's numbers, the session
 *   codec first
 */
GPtrArray *rtp_codecs_answer (const GPtrArray *formats, guint codec, const GPtrArray *offer,
                              gboolean need_codec);
/* Returns: (transfer full): @codec, which is one of @offer, and those of @offer that go with it:
 * telephone-event and CN of its clock rate */
GPtrArray *rtp_codecs_with_companions (const RflFormat *codec, const GPtrArray *offer);
/* Appends to @answer what else of @offer @wanted says yes to, and what goes with that. */
typedef gboolean (*RtpCodecFunc) (const RflFormat *codec, gpointer data);
void rtp_codecs_extend (GPtrArray *answer, const GPtrArray *offer, RtpCodecFunc wanted,
                        gpointer data);
/* Returns: (nullable): the one of @formats that @format matches */
const RflFormat *rtp_codecs_find (const GPtrArray *formats, const RflFormat *format);
/* The payload type that RFC 3551 fixes for the codec, or RFL_PT_NONE. */
guint8 rtp_codecs_static_number (const RflFormat *format);
/* "opus/48000/2, PCMU/8000" for messages. (transfer full) */
char *rtp_codecs_to_string (const GPtrArray *formats);
