/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What receivers report about a source where their reports do not pass: the last report of
 * each, and one that stands for all (the idea of RFC 5760's summaries in a report block that
 * everybody understands). Not for whom and when it is told: report.c.
 */
#include "core/rtcp/rtcp-private.h"
#include "core/wire/bytes.h"

/* Linked reflectors that report on one source. */
#define MAX_LINKS 64

/**
 * RtcpReport:
 * @at: when it came
 * @weight: receivers that it stands for
 * @by_one: of a `one` leg's stream: loss and jitter are the source's, its numbers are not
 */
typedef struct {
  RflRtcpReportBlock block;
  gint64 at;
  guint weight;
  gboolean by_one;
} RtcpReport;

/* Keys are the media of participants, never looked into, and odd numbers for reflectors. */
static gconstpointer
link_key (guint32 ssrc)
{
  return GSIZE_TO_POINTER ((gsize) ssrc << 1 | 1);
}

static void
put (RtcpState *state, RflSource *source, gconstpointer key, const RtcpReport *report)
{
  RtcpSource *record = source->back ? rtcp_source_get (state, source) : NULL;

  if (record == NULL) /* there is nobody to tell */
    return;
  if (record->reports == NULL)
    record->reports = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  g_hash_table_replace (record->reports, (gpointer) key, g_memdup2 (report, sizeof *report));
  rfl_counter_add (state->summarised_reports, 1);
}

/* The source that @block is about, if it ends here. */
static RflSource *
find_target (const RtcpCompound *in, const RflRtcpReportBlock *block, gboolean *by_one)
{
  RflSource *source;

  *by_one = in->one != NULL && block->ssrc == in->one_ssrc;
  if (!*by_one && !in->summarised)
    return NULL;
  if (*by_one && in->following == 0)
    return NULL;
  source = rfl_route_find_source (in->route, *by_one ? in->following : block->ssrc);
  return source != NULL && source->owner != in->from ? source : NULL;
}

static void
note_reports (const RtcpCompound *in, const RflRtcp *rtcp)
{
  RtcpReport report = { .at = rfl_clock_now (in->state->clock), .weight = 1 };

  for (guint i = 0; rfl_rtcp_get_report (rtcp, i, &report.block); i++)
    {
      RflSource *source = find_target (in, &report.block, &report.by_one);

      if (source != NULL)
        put (in->state, source, in->from, &report);
      else if (!report.by_one && rfl_route_find_source (in->route, report.block.ssrc) == NULL)
        rfl_counter_add (in->state->unknown, 1);
    }
}

/* What our own report about the source says of it (RFC 3550 §6.4.1: LSR, DLSR). */
static void
note_sender (const RtcpCompound *in, guint index)
{
  RflSource *source = rfl_route_find_source (in->route, in->ssrc[index]);
  RtcpSource *record =
      source != NULL && source->owner == in->from ? rtcp_source_get (in->state, source) : NULL;
  RflRtcpSenderInfo info;

  if (record == NULL || !rfl_rtcp_get_sender_info (&in->packets[index], &info))
    return;
  record->sr_ntp = (guint32) (info.ntp >> 16);
  record->sr_at = rfl_clock_now (in->state->clock);
}

void
rtcp_summary_note (const RtcpCompound *in)
{
  for (guint i = 0; i < in->n; i++)
    {
      note_sender (in, i);
      note_reports (in, &in->packets[i]);
    }
}

static gboolean
has_room (const RtcpState *state, const RtcpSource *source, gconstpointer key)
{
  return source->reports == NULL || g_hash_table_contains (source->reports, key)
         || g_hash_table_size (source->reports) < state->session->participants->len + MAX_LINKS;
}

void
rtcp_summary_note_link (RtcpState *state, const RflRoute *route, const RflRtcp *rtcp)
{
  RtcpReport report = { .at = rfl_clock_now (state->clock) };
  gsize blocks = 24 * (gsize) rtcp->count;

  if (rtcp->type != RFL_RTCP_RR || rtcp->body_len < blocks + 4)
    return;
  report.weight = wire_get32 (rtcp->body + blocks);
  report.weight = CLAMP (report.weight, 1, state->session->participants->len);
  for (guint i = 0; rfl_rtcp_get_report (rtcp, i, &report.block); i++)
    {
      RflSource *source = rfl_route_find_source (route, report.block.ssrc);
      RtcpSource *record = source ? rtcp_source_get (state, source) : NULL;
      gconstpointer key = link_key (rtcp->ssrc);

      if (record != NULL && source->owner != NULL && rtcp_is_local (source->owner)
          && has_room (state, record, key))
        put (state, source, key, &report);
    }
}

/* ---- one for all ---- */

static gint
compare (gconstpointer a, gconstpointer b)
{
  const RtcpReport *x = *(const RtcpReport *const *) a, *y = *(const RtcpReport *const *) b;

  if (x->block.fraction_lost != y->block.fraction_lost)
    return x->block.fraction_lost < y->block.fraction_lost ? -1 : 1;
  return (x->block.jitter > y->block.jitter) - (x->block.jitter < y->block.jitter);
}

/* Those who have not left; the rest is forgotten. */
static GPtrArray *
collect (RtcpState *state, RtcpSource *source, guint *weight)
{
  GPtrArray *list = g_ptr_array_new ();
  gint64 now = rfl_clock_now (state->clock);
  GHashTableIter iter;
  gpointer value;

  *weight = 0;
  g_hash_table_iter_init (&iter, source->reports);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const RtcpReport *report = value;

      if (now - report->at > RTCP_REPORT_LIFE)
        {
          g_hash_table_iter_remove (&iter);
          continue;
        }
      g_ptr_array_add (list, value);
      *weight += report->weight;
    }
  return list;
}

/* The receiver in the middle: one on a bad line must not make the source worse for everybody,
 * and what one receiver says fits together. */
static const RtcpReport *
find_median (GPtrArray *list, guint weight)
{
  guint at = 0;

  g_ptr_array_sort (list, compare);
  for (guint i = 0; i < list->len; i++)
    {
      const RtcpReport *report = list->pdata[i];

      at += report->weight;
      if (2 * at >= weight)
        return report;
    }
  return NULL;
}

guint
rtcp_summary_make (RtcpState *state, RtcpSource *source, RflRtcpReportBlock *out)
{
  g_autoptr (GPtrArray) list = NULL;
  const RtcpReport *median;
  gint64 held;
  guint weight;

  if (source->reports == NULL)
    return 0;
  list = collect (state, source, &weight);
  median = find_median (list, weight);
  if (median == NULL)
    {
      g_clear_pointer (&source->reports, g_hash_table_unref);
      return 0;
    }
  *out = median->block;
  held = rfl_clock_now (state->clock) - median->at;
  if (median->by_one)
    {
      RflReception reception;

      rfl_source_get_reception (source->source, &reception);
      out->highest_seq = reception.highest_seq;
      out->cumulative_lost = 0;
      out->lsr = out->dlsr = 0;
    }
  else if (out->lsr != 0) /* the time that it lay here is no part of the way */
    out->dlsr += (guint32) (held * 65536 / G_USEC_PER_SEC);
  return weight;
}
