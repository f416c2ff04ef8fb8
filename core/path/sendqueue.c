/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gathers packets into messages and hands them to the transport. Not for packets of the main
 * thread: rfl_port_send().
 */
#include "core/path/sendqueue.h"
#include "core/path/worker.h"
#include <errno.h>
#include <string.h>

/* Whoever is behind a small MTU costs the others their merging for so long at most. */
#define GSO_RETRY (10 * G_TIME_SPAN_SECOND)

void
send_queue_init (SendQueue *q)
{
  q->n = q->n_own = 0;
  q->gso_max = SEND_MAX_SEGMENT;
  q->own = g_new0 (Parcels, SEND_MESSAGES);
}

void
send_queue_clear (SendQueue *q)
{
  g_clear_pointer (&q->own, g_free);
}

void
parcels_reset (Parcels *p)
{
  p->n = p->n_iov = p->n_heads = 0;
}

guint8 *
parcels_new_head (Parcels *p, const RflBuffer *buffer, guint8 pt, guint32 ssrc)
{
  guint8 *head = p->heads[p->n_heads++];
  guint32 be = g_htonl (ssrc);

  memcpy (head, buffer->data, 8);
  head[1] = (buffer->data[1] & 0x80) | pt;
  memcpy (head + 8, &be, 4);
  return head;
}

/* Whether a packet of @len octets may follow in the last parcel: segments are equal, but
 * the last one may be shorter. */
static gboolean
may_follow (const Parcels *p, gsize len, guint gso_max)
{
  const Parcel *last = p->n ? &p->parcel[p->n - 1] : NULL;

  return last && last->n_packets < SEND_SEGMENTS && last->last_len == last->first_len
         && len <= last->first_len && last->first_len <= gso_max
         && last->bytes + len <= SEND_MAX_BYTES;
}

/* The parcel in which a packet of @len octets goes. */
static Parcel *
open_parcel (Parcels *p, const RflBuffer *buffer, gsize len, guint gso_max)
{
  if (!may_follow (p, len, gso_max))
    p->parcel[p->n++] =
        (Parcel){ .iov = &p->iov[p->n_iov], .first_len = len, .format = buffer->format };
  return &p->parcel[p->n - 1];
}

static void
add_part (Parcels *p, const guint8 *data, gsize len)
{
  if (len > 0)
    p->iov[p->n_iov++] = (struct iovec){ (void *) data, len };
}

static void
close_parcel (Parcels *p, Parcel *parcel, gsize len, gsize payload)
{
  parcel->n_iov = &p->iov[p->n_iov] - parcel->iov;
  parcel->n_packets++;
  parcel->segment = parcel->n_packets > 1 ? parcel->first_len : 0;
  parcel->last_len = len;
  parcel->bytes += len;
  parcel->payload += payload;
}

void
parcels_add (Parcels *p, const RflBuffer *buffer, const guint8 *head, guint gso_max)
{
  Parcel *parcel = open_parcel (p, buffer, buffer->len, gso_max);
  gsize done = head ? PARCELS_HEAD : 0;

  add_part (p, head, done);
  add_part (p, buffer->data + done, buffer->len - done);
  close_parcel (p, parcel, buffer->len, buffer->payload_len);
}

void
parcels_add_patched (Parcels *p, const RflBuffer *buffer, const guint8 *head,
                     const ParcelPatch *patch, guint gso_max)
{
  gsize len = buffer->len - patch->len + patch->size, end = patch->at + patch->len;
  Parcel *parcel = open_parcel (p, buffer, len, gso_max);
  gsize payload;

  if (patch->at == PARCELS_HEAD && patch->data == head + PARCELS_HEAD)
    add_part (p, head, PARCELS_HEAD + patch->size);
  else
    {
      add_part (p, head, PARCELS_HEAD);
      add_part (p, buffer->data + PARCELS_HEAD, patch->at - PARCELS_HEAD);
      add_part (p, patch->data, patch->size);
    }
  add_part (p, buffer->data + end, buffer->len - end);
  payload = buffer->payload_len;
  if (patch->at >= buffer->payload_at)
    payload = payload - patch->len + patch->size;
  close_parcel (p, parcel, len, payload);
}

Parcels *
send_queue_own_parcels (RflWorker *w)
{
  SendQueue *q = &w->send;
  Parcels *p;

  if (q->n_own == SEND_MESSAGES)
    send_queue_flush (w);
  p = &q->own[q->n_own++];
  parcels_reset (p);
  return p;
}

/* Returns: how many packets that were */
static guint
note_sent (const SendNote *note)
{
  STAT_ADD (note->leg->stats.packets, note->n_packets);
  STAT_ADD (note->leg->stats.octets, note->payload);
  return note->n_packets;
}

static void
note_failed (RflWorker *w, const SendNote *note, guint n, int error)
{
  STAT_ADD (note->leg->stats.failed, n);
  worker_count (w, error == EAGAIN || error == ENOBUFS ? COUNT_WOULD_BLOCK : COUNT_SEND_FAILED, n);
}

/* The segments of @message as datagrams of their own; all but the last have its segment size.
 * Returns: how many the kernel took */
static guint
send_singly (RflWorker *w, const RflToSend *message, const SendNote *note)
{
  RflToSend single = *message;
  SendNote part = { .leg = note->leg, .n_packets = 1, .payload = note->payload / note->n_packets };
  guint at = 0, taken = 0;

  single.segment = 0;
  while (at < message->n_iov)
    {
      gsize len = 0;
      single.iov = &message->iov[at];
      single.n_iov = 0;
      while (at < message->n_iov && len < message->segment)
        {
          len += message->iov[at++].iov_len;
          single.n_iov++;
        }
      if (w->transport->send (w->send.socket, &single, 1) == 1)
        taken += note_sent (&part);
      else
        note_failed (w, note, 1, errno);
    }
  worker_count (w, COUNT_SENT, taken);
  return taken;
}

static void
handle_failure (RflWorker *w, guint i, int error)
{
  SendQueue *q = &w->send;
  const RflToSend *message = &q->messages[i];

  if (message->segment == 0
      || (error != EINVAL && error != EIO && error != EOPNOTSUPP && error != EMSGSIZE))
    {
      note_failed (w, &q->notes[i], q->notes[i].n_packets, error);
      return;
    }
  if (send_singly (w, message, &q->notes[i]) == 0)
    return; /* it was not the segments: an address that nothing can be sent to */
  /* EINVAL: above the MTU of some path; smaller ones may still pass */
  if (error == EINVAL || error == EMSGSIZE)
    {
      q->gso_max = MIN (q->gso_max, message->segment - 1u);
      q->gso_retry = w->now + GSO_RETRY;
    }
  else
    {
      q->gso_max = 0;
      q->gso_retry = 0;
    }
}

void
send_queue_flush (RflWorker *w)
{
  SendQueue *q = &w->send;
  guint at = 0, n_packets = 0, n_merged = 0;

  while (at < q->n)
    {
      guint sent = w->transport->send (q->socket, &q->messages[at], q->n - at);
      int error = errno;

      for (guint i = at; i < at + sent; i++)
        {
          n_packets += note_sent (&q->notes[i]);
          n_merged += q->messages[i].segment ? 1 : 0;
        }
      at += sent;
      if (at < q->n)
        handle_failure (w, at++, error);
    }
  if (n_packets)
    worker_count (w, COUNT_SENT, n_packets);
  if (n_merged)
    worker_count (w, COUNT_GSO_MESSAGES, n_merged);
  for (guint i = 0; i < q->n_held; i++)
    buffer_unref (q->held[i], &w->pool);
  q->n = q->n_own = q->n_held = 0;
  if (q->gso_retry && w->now >= q->gso_retry)
    {
      q->gso_max = SEND_MAX_SEGMENT;
      q->gso_retry = 0;
    }
}

void
send_queue_add (RflWorker *w, RflTransportSocket *socket, const RflAddress *local,
                const RflAddress *remote, const Parcels *parcels, WorkerLeg *leg)
{
  SendQueue *q = &w->send;

  if (q->n && q->socket != socket)
    {
      guint own = q->n_own;
      send_queue_flush (w);
      q->n_own = own; /* @parcels may be among them */
    }
  q->socket = socket;
  for (guint i = 0; i < parcels->n; i++)
    {
      const Parcel *parcel = &parcels->parcel[i];
      if (q->n == SEND_MESSAGES)
        {
          guint own = q->n_own;
          send_queue_flush (w);
          q->n_own = own;
        }
      q->messages[q->n] = (RflToSend){ .local = local,
                                       .remote = remote,
                                       .iov = parcel->iov,
                                       .n_iov = parcel->n_iov,
                                       .segment = parcel->segment };
      q->notes[q->n++] = (SendNote){ leg, parcel->n_packets, parcel->payload };
    }
}

/* The next message, for one packet to the leg of @entry. */
static RflToSend *
open_message (RflWorker *w, const LegEntry *entry, gsize payload)
{
  SendQueue *q = &w->send;
  RflTransportSocket *socket = entry->socket->socket;

  if (q->n == SEND_MESSAGES || (q->n && q->socket != socket))
    send_queue_flush (w);
  q->socket = socket;
  q->notes[q->n] = (SendNote){ entry->leg, 1, payload };
  q->messages[q->n] = (RflToSend){
    .local = &entry->local, .remote = &entry->remote, .iov = q->parts[q->n], .n_iov = 1
  };
  return &q->messages[q->n++];
}

guint8 *
send_queue_add_headed (RflWorker *w, const LegEntry *entry, const RflBuffer *buffer)
{
  RflToSend *message = open_message (w, entry, buffer->payload_len);
  guint at = w->send.n - 1;
  struct iovec *parts = w->send.parts[at];

  parts[0] = (struct iovec){ w->send.heads[at], PARCELS_HEAD };
  if (buffer->len > PARCELS_HEAD)
    {
      parts[1] = (struct iovec){ buffer->data + PARCELS_HEAD, buffer->len - PARCELS_HEAD };
      message->n_iov = 2;
    }
  return w->send.heads[at];
}

void
send_queue_add_whole (RflWorker *w, const LegEntry *entry, RflBuffer *buffer)
{
  open_message (w, entry, buffer->payload_len);
  w->send.parts[w->send.n - 1][0] = (struct iovec){ buffer->data, buffer->len };
  w->send.held[w->send.n_held++] = buffer;
}
