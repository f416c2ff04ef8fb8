/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Our reports to sources whose receivers' reports do not reach them: how they arrive here, and
 * a summary of what receivers say. A linked reflector gets the summary alone, with the number
 * of its receivers behind the blocks (RFC 3550 §6.4.3), and does the same with it. Not for the
 * streams that we send ourselves: sender-report.c.
 */
#include "core/rtcp/rtcp-private.h"
#include "core/wire/bytes.h"

/* Nominal bandwidth of a source's RTCP, octets a second: five per cent of 64 kbit/s */
#define SOURCE_BANDWIDTH 400
/* Of a report before the first one was sent. */
#define FIRST_SIZE 200

/* More would not fit a datagram. */
#define LETTER_BLOCKS 24

/* What goes to one leg: @own and @summaries are about sources that come from there. */
typedef struct {
  RflLeg *leg;
  RflRtcpReportBlock own[LETTER_BLOCKS], summaries[LETTER_BLOCKS];
  guint n_own, n_summaries, receivers;
} Letter;

static gint32
lost_since (guint64 expected, guint64 received)
{
  return (gint32) MIN ((gint64) (expected - received), G_MAXINT32);
}

/* RFC 3550 §6.4.1, §A.3 */
static gboolean
report_arrival (RtcpState *state, RtcpSource *source, RflRtcpReportBlock *out)
{
  RflReception reception;
  gint64 expected, lost;

  rfl_source_get_reception (source->source, &reception);
  if (reception.received == source->received) /* it has sent nothing since */
    return FALSE;
  expected = (gint64) (reception.expected - source->expected);
  lost = expected - (gint64) (reception.received - source->received);
  *out = (RflRtcpReportBlock){ .highest_seq = reception.highest_seq, .jitter = reception.jitter };
  out->fraction_lost = lost > 0 && expected > 0 ? (guint8) MIN (lost * 256 / expected, 255) : 0;
  out->cumulative_lost = lost_since (reception.expected, reception.received);
  if (source->sr_at != 0)
    {
      out->lsr = source->sr_ntp;
      out->dlsr =
          (guint32) ((rfl_clock_now (state->clock) - source->sr_at) * 65536 / G_USEC_PER_SEC);
    }
  source->expected = reception.expected;
  source->received = reception.received;
  return TRUE;
}

static void
write_summary (RtcpState *state, const RflRoute *route, const Letter *letter, RflRtcpWriter *w)
{
  guint32 ssrc = rtcp_state_own_ssrc (state, route, RTCP_SUMMARY);
  guint8 *begin = w->data + w->len, extension[4];

  if (letter->n_summaries == 0)
    return;
  rfl_rtcp_write_rr (w, ssrc, letter->summaries, letter->n_summaries);
  if (rfl_leg_get_owner (letter->leg) == NULL)
    {
      wire_put32 (extension, letter->receivers);
      rfl_rtcp_write_raw (w, extension, sizeof extension);
      wire_put16 (begin + 2, (guint16) (wire_get16 (begin + 2) + 1));
    }
  rfl_rtcp_write_sdes (w, ssrc, state->cname);
}

static void
send_letter (RtcpState *state, const RflRoute *route, Letter *letter)
{
  guint32 own = rtcp_state_own_ssrc (state, route, RTCP_OWN);
  guint8 data[2048];
  RflRtcpWriter w;

  if (letter->n_own == 0 && letter->n_summaries == 0)
    return;
  rfl_rtcp_writer_init (&w, data, sizeof data);
  if (letter->n_own > 0)
    {
      rfl_rtcp_write_rr (&w, own, letter->own, letter->n_own);
      rfl_rtcp_write_sdes (&w, own, state->cname);
    }
  write_summary (state, route, letter, &w);
  state->report_size += ((gint) w.len - (gint) state->report_size) / 16; /* §6.3.3 */
  rfl_counter_add (state->reports_sent, 1);
  rfl_leg_send_rtcp (letter->leg, NULL, data, w.len);
  letter->n_own = letter->n_summaries = letter->receivers = 0;
}

static Letter *
get_letter (GHashTable *letters, RflLeg *leg)
{
  Letter *letter = g_hash_table_lookup (letters, leg);

  if (letter != NULL)
    return letter;
  letter = g_new0 (Letter, 1);
  letter->leg = leg;
  g_hash_table_insert (letters, leg, letter);
  return letter;
}

static void
add_source (RtcpState *state, GHashTable *letters, RflSource *source)
{
  RtcpSource *record = source->back ? rtcp_source_get (state, source) : NULL;
  guint32 name = record ? rtcp_name_for (source, rfl_leg_get_owner (source->back)) : 0;
  Letter *letter;
  guint receivers;

  if (record == NULL)
    return;
  letter = get_letter (letters, source->back);
  if (letter->n_own == LETTER_BLOCKS || letter->n_summaries == LETTER_BLOCKS)
    send_letter (state, source->route, letter);
  if (rfl_leg_get_owner (source->back) != NULL
      && report_arrival (state, record, &letter->own[letter->n_own]))
    letter->own[letter->n_own++].ssrc = name;
  receivers = rtcp_summary_make (state, record, &letter->summaries[letter->n_summaries]);
  if (receivers == 0)
    return;
  letter->summaries[letter->n_summaries++].ssrc = name;
  letter->receivers = MAX (letter->receivers, receivers);
}

/* Whether sources do not hear of all their receivers from these themselves. */
static gboolean
is_due (const RtcpState *state, const RtcpSource *source)
{
  return state->summarised || source->reports != NULL;
}

static void
report_on_route (RtcpState *state, RflRoute *route)
{
  g_autoptr (GHashTable) letters = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  GHashTableIter iter;
  gpointer letter;

  for (guint i = 0; i < route->sources->len; i++)
    {
      RflSource *source = g_ptr_array_index (route->sources, i);
      RtcpSource *record = rtcp_source_get (state, source);

      if (record != NULL && is_due (state, record))
        add_source (state, letters, source);
    }
  g_hash_table_iter_init (&iter, letters);
  while (g_hash_table_iter_next (&iter, NULL, &letter))
    send_letter (state, route, letter);
}

/* Everybody's reports go their own way, so a receiver has those of the senders and ours. */
static void
start_timer (RtcpState *state)
{
  guint n_sources = 0;
  RtcpLoad load = { .size = state->report_size };

  for (guint i = 0; i < state->session->routes->len; i++)
    n_sources += ((const RflRoute *) g_ptr_array_index (state->session->routes, i))->sources->len;
  load.members = n_sources + 1;
  load.senders = n_sources;
  load.bandwidth = (double) SOURCE_BANDWIDTH * MAX (n_sources, 1);
  rfl_timer_start (state->report_timer, rtcp_interval (&load, g_random_double ()));
}

static void
on_timer (gpointer user_data)
{
  RtcpState *state = user_data;

  rtcp_state_summarises (state);
  for (guint i = 0; i < state->session->routes->len; i++)
    report_on_route (state, g_ptr_array_index (state->session->routes, i));
  start_timer (state);
}

void
rtcp_report_init (RtcpState *state)
{
  state->report_size = FIRST_SIZE;
  state->report_timer = rfl_timer_new (state->clock, "rtcp reports", on_timer, state);
  start_timer (state);
}
