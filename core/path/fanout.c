/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One run of packets of one source to all legs that this worker serves. Plain legs with the
 * same payload types share headers and messages; where nothing changes, the packet leaves from the
 * buffer it came in. Does not know RFL_LEG_ONE and RFL_LEG_MIX: one.c, mix.c.
 */
#include "core/path/worker.h"
#include <string.h>

static guint32
read_ssrc (const guint8 *rtp)
{
  guint32 be;

  memcpy (&be, rtp + 8, 4);
  return g_ntohl (be);
}

static inline gboolean
takes (const LegEntry *entry, const WorkerSource *source)
{
  return !(entry->owner && entry->owner == source->owner) && !(entry->local_only && !source->local);
}

/* How packets of @source look on some legs. */
typedef struct {
  const WorkerSource *source;
  const guint8 *pt;
  guint8 level;
  guint32 ssrc;
  guint gso_max;
} Form;

static void
add_packet (Parcels *p, const RflBuffer *buffer, guint8 pt, const Form *form)
{
  gboolean relevel = level_differs (form->source, form->level, buffer);
  guint8 *head = NULL;
  ParcelPatch patch;

  if (relevel || pt != buffer->pt || form->ssrc != buffer->ssrc)
    head = parcels_new_head (p, buffer, pt, form->ssrc);
  if (relevel)
    {
      level_rewrite (form->source, form->level, buffer, head, &patch);
      parcels_add_patched (p, buffer, head, &patch, form->gso_max);
    }
  else
    parcels_add (p, buffer, head, form->gso_max);
}

/* Returns: how many packets the legs of this table do not take. */
static guint
gather (Parcels *p, RflBuffer *const *run, guint n, const Form *form)
{
  guint missing = 0;

  for (guint i = 0; i < n; i++)
    {
      guint8 number = form->pt[run[i]->format];
      if (number == RFL_PT_NONE)
        missing++;
      else
        add_packet (p, run[i], number, form);
    }
  return missing;
}

static void
serve_variant (RflWorker *w, WorkerSource *source, RflBuffer *const *run, guint n,
               LegVariant *variant)
{
  const Form form = { source, variant->pt, variant->level, source->ssrc, w->send.gso_max };
  Parcels *p = &w->send.shared;
  guint missing;

  parcels_reset (p);
  missing = gather (p, run, n, &form);
  if (missing)
    worker_count (w, COUNT_LEG_FORMAT_MISSING, (guint64) missing * variant->legs.n);
  for (guint i = 0; i < variant->legs.n && p->n; i++)
    {
      LegEntry *entry = &variant->legs.entries[i];
      if (takes (entry, source))
        send_queue_add (w, entry->socket->socket, &entry->local, &entry->remote, p, entry->leg);
    }
  send_queue_flush (w);
}

static gboolean
find_label (const WorkerSource *source, const WorkerLeg *leg, guint32 *ssrc)
{
  *ssrc = source->ssrc;
  if (!(leg->flags & RFL_LEG_LABELLED))
    return TRUE;
  for (guint i = 0; i < source->n_labels; i++)
    if (source->labels[i].leg == leg->id)
      {
        *ssrc = source->labels[i].ssrc;
        return TRUE;
      }
  return FALSE;
}

/* The packet of @parcel in a buffer of its own. */
static RflBuffer *
flatten (RflWorker *w, const Parcel *parcel)
{
  RflBuffer *copy = buffer_new (&w->pool);

  for (guint i = 0; i < parcel->n_iov; i++)
    {
      memcpy (copy->data + copy->len, parcel->iov[i].iov_base, parcel->iov[i].iov_len);
      copy->len += parcel->iov[i].iov_len;
    }
  copy->payload_len = parcel->payload;
  copy->format = parcel->format;
  return copy;
}

guint
worker_run_egress (RflWorker *w, guint64 source_id, const LegEntry *entry, RflBuffer **copies,
                   guint n, gint64 arrival)
{
  const StageArray *stages = entry->leg->stages;
  RflPacket packets[WORKER_BATCH];
  guint kept = 0;

  for (guint i = 0; i < n; i++)
    packets[i] = (RflPacket){ .data = copies[i]->data,
                              .len = copies[i]->len,
                              .size = RFL_BUFFER_SIZE + RFL_BUFFER_TAIL,
                              .local = &entry->local,
                              .remote = &entry->remote,
                              .arrival = arrival,
                              .source_id = source_id,
                              .ssrc = read_ssrc (copies[i]->data),
                              .format = copies[i]->format };
  for (guint i = 0; i < stages->n; i++)
    stages->stage[i].func (packets, n, w->index, stages->stage[i].context);
  for (guint i = 0; i < n; i++)
    {
      RflBuffer *copy = copies[i];
      if (packets[i].verdict == RFL_VERDICT_DROP)
        worker_count (w, COUNT_STAGE_DROPPED, 1);
      if (packets[i].verdict != RFL_VERDICT_PASS)
        continue;
      copy->data = packets[i].data;
      copy->len = packets[i].len;
      copies[i] = copies[kept];
      copies[kept++] = copy;
    }
  return kept;
}

void
worker_send_staged (RflWorker *w, WorkerSource *source, const LegEntry *entry, const Parcels *p,
                    gint64 arrival)
{
  Parcels *out = &w->send.shared;
  RflBuffer *copies[WORKER_BATCH];
  guint kept;

  for (guint i = 0; i < p->n; i++)
    copies[i] = flatten (w, &p->parcel[i]);
  kept = worker_run_egress (w, source->id, entry, copies, p->n, arrival);
  parcels_reset (out);
  for (guint i = 0; i < kept; i++)
    parcels_add (out, copies[i], NULL, w->send.gso_max);
  send_queue_add (w, entry->socket->socket, &entry->local, &entry->remote, out, entry->leg);
  send_queue_flush (w);
  for (guint i = 0; i < p->n; i++)
    buffer_unref (copies[i], &w->pool);
}

static void
serve_special (RflWorker *w, WorkerSource *source, RflBuffer *const *run, guint n,
               const LegEntry *entry)
{
  const WorkerLeg *leg = entry->leg;
  Form form = { source, leg->pt, leg->level, source->ssrc, leg->stages ? 0 : w->send.gso_max };
  guint missing;
  Parcels *p;

  if (!takes (entry, source) || !find_label (source, leg, &form.ssrc))
    return;
  p = send_queue_own_parcels (w);
  missing = gather (p, run, n, &form);
  if (missing)
    worker_count (w, COUNT_LEG_FORMAT_MISSING, missing);
  if (entry->leg->stages)
    worker_send_staged (w, source, entry, p, run[0]->arrival);
  else
    send_queue_add (w, entry->socket->socket, &entry->local, &entry->remote, p, entry->leg);
}

static void
serve_group (RflWorker *w, WorkerSource *source, RflBuffer *const *run, guint n, LegGroup *group)
{
  for (guint i = 0; i < group->variants->len; i++)
    serve_variant (w, source, run, n, group->variants->pdata[i]);
  for (guint i = 0; i < group->special.n; i++)
    serve_special (w, source, run, n, &group->special.entries[i]);
  send_queue_flush (w);
}

void
worker_fanout_owned (RflWorker *w, WorkerSource *source, RflBuffer *const *run, guint n)
{
  WorkerRoute *route = source->route;

  if (route->owned.variants->len || route->owned.special.n)
    serve_group (w, source, run, n, &route->owned);
  if (route->ones.n)
    worker_serve_ones (w, source, run, n);
}

void
worker_fanout (RflWorker *w, WorkerSource *source, RflBuffer *const *run, guint n)
{
  WorkerRoute *route = source->route;

  if (route->relay_mask & ~((guint64) 1 << w->index))
    worker_relay (w, source, run, n);
  serve_group (w, source, run, n, &route->common);
  worker_fanout_owned (w, source, run, n);
}
