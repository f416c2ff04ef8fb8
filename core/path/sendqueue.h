/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a worker is about to send: packets gathered into parcels (one datagram, or several as
 * one UDP_SEGMENT message), and up to 64 messages for one sendmmsg. Never waits and never
 * holds anything beyond the batch. Does not choose who gets what: fanout.c.
 */
#pragma once

#include "core/path/buffer.h"
#include "core/path/transport.h"
#include <reflector/types.h>

#define SEND_MESSAGES 64
#define SEND_SEGMENTS 16
#define SEND_RUN 32
/* A UDP_SEGMENT message, headers included, is less than 64 KiB. */
#define SEND_MAX_BYTES 65000
/* The kernel refuses segments above the path's MTU; fragments are sent one by one. */
#define SEND_MAX_SEGMENT 1452

/* Of a packet that leaves with a header of ours: its fixed RTP header, and room behind it for what
 * replaces a part of the rest. */
#define PARCELS_HEAD 12
#define PARCELS_ROOM 8

struct _RflWorker;
struct _WorkerLeg;
struct _LegEntry;

typedef struct {
  const struct iovec *iov;
  guint n_iov, n_packets;
  guint16 segment; /* 0: one datagram */
  guint8 format;   /* of the first packet */
  gsize first_len, last_len, bytes, payload;
} Parcel;

/* The packets of one run as one kind of leg gets them. */
typedef struct {
  guint n, n_iov, n_heads;
  Parcel parcel[SEND_RUN];
  struct iovec iov[4 * SEND_RUN];
  guint8 heads[SEND_RUN][PARCELS_HEAD + PARCELS_ROOM];
} Parcels;

/* @len octets from @at on become the @size of @data. */
typedef struct {
  gsize at, len;
  const guint8 *data;
  gsize size;
} ParcelPatch;

typedef struct {
  struct _WorkerLeg *leg;
  guint n_packets;
  gsize payload;
} SendNote;

/**
 * SendQueue:
 * @gso_max: largest segment that the kernel has not refused; 0: no UDP_SEGMENT
 * @gso_retry: when larger ones are tried again; 0: @gso_max stands
 * @shared: for all legs of a variant; @own: for one leg each
 * @heads, @parts: of messages of one packet with a header of its own, by message
 * @held: buffers that are let go of when everything is sent
 */
typedef struct {
  guint n, n_own;
  guint gso_max;
  gint64 gso_retry;
  RflTransportSocket *socket;
  RflToSend messages[SEND_MESSAGES];
  SendNote notes[SEND_MESSAGES];
  guint8 heads[SEND_MESSAGES][PARCELS_HEAD];
  struct iovec parts[SEND_MESSAGES][2];
  guint n_held;
  RflBuffer *held[SEND_MESSAGES];
  Parcels shared;
  Parcels *own;
} SendQueue;

void send_queue_init (SendQueue *q);
void send_queue_clear (SendQueue *q);
/* Empty parcels for one leg, valid until they are sent. */
Parcels *send_queue_own_parcels (struct _RflWorker *w);
/* Sends what is queued. */
void send_queue_flush (struct _RflWorker *w);
/* Queues all of @parcels for @leg, in order. */
void send_queue_add (struct _RflWorker *w, RflTransportSocket *socket, const RflAddress *local,
                     const RflAddress *remote, const Parcels *parcels, struct _WorkerLeg *leg);
/* Queues @buffer's packet for the leg of @entry with a header in place of its first PARCELS_HEAD octets. @buffer
 * stays until all is sent. Returns: the header, to be filled in */
guint8 *send_queue_add_headed (struct _RflWorker *w, const struct _LegEntry *entry,
                               const RflBuffer *buffer);
/* Queues @buffer's packet as it is. (transfer full) */
void send_queue_add_whole (struct _RflWorker *w, const struct _LegEntry *entry, RflBuffer *buffer);

void parcels_reset (Parcels *p);
/* Adds @buffer's packet. @head: (nullable): its first 12 octets, from parcels_new_head() */
void parcels_add (Parcels *p, const RflBuffer *buffer, const guint8 *head, guint gso_max);
/* The same with another part of the packet replaced; @head is not %NULL. */
void parcels_add_patched (Parcels *p, const RflBuffer *buffer, const guint8 *head,
                          const ParcelPatch *patch, guint gso_max);
/* A copy of @buffer's first 12 octets in @p with another payload type and SSRC, PARCELS_ROOM octets
 * behind them. */
guint8 *parcels_new_head (Parcels *p, const RflBuffer *buffer, guint8 pt, guint32 ssrc);
