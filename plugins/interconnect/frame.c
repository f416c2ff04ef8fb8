/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One datagram of the RTCP relay, to and from octets (RFC 3550 §6.1 for the compound around
 * it). Not for the fields of a message: see message.c and decode.c.
 */
#include "plugins/interconnect/frame.h"
#include <reflector/error.h>
#include <reflector/rtcp.h>
#include <string.h>

#define APP_NAME "RFLK"
#define APP_HEADER 12
#define FRAME_HEADER 36
#define RTCP_HEADER 20

static void
store32 (guint8 *out, guint32 value)
{
  guint32 be = g_htonl (value);
  memcpy (out, &be, sizeof be);
}

static void
store64 (guint8 *out, guint64 value)
{
  store32 (out, value >> 32);
  store32 (out + 4, (guint32) value);
}

static guint32
load32 (const guint8 *data)
{
  guint32 be;
  memcpy (&be, data, sizeof be);
  return g_ntohl (be);
}

static guint64
load64 (const guint8 *data)
{
  return (guint64) load32 (data) << 32 | load32 (data + 4);
}

static gsize
round4 (gsize len)
{
  return (len + 3) & ~(gsize) 3;
}

gsize
link_item_size (gsize body_len)
{
  return LINK_ITEM_HEADER + round4 (body_len);
}

gsize
link_frame_room (const LinkSender *sender)
{
  /* RR without blocks, then SDES: header, SSRC, CNAME, at least one null octet */
  gsize start = 8 + 8 + round4 (2 + strlen (sender->cname) + 1);
  return LINK_MAX_DATAGRAM - start - APP_HEADER - FRAME_HEADER;
}

void
link_item_write (GByteArray *items, const LinkItem *item)
{
  static const guint8 zero[4];
  guint8 head[LINK_ITEM_HEADER];

  store32 (head, item->seq);
  store32 (head + 4, (guint32) item->type << 24 | (guint32) item->len);
  g_byte_array_append (items, head, sizeof head);
  if (item->len > 0)
    g_byte_array_append (items, item->body, item->len);
  g_byte_array_append (items, zero, round4 (item->len) - item->len);
}

gboolean
link_item_next (const guint8 **items, gsize *len, LinkItem *out)
{
  if (*len < LINK_ITEM_HEADER)
    return FALSE;
  guint32 word = load32 (*items + 4);
  gsize body_len = word & 0xffff;
  gsize size = link_item_size (body_len);

  if (size > *len)
    return FALSE;
  *out = (LinkItem){ load32 (*items), word >> 24, *items + LINK_ITEM_HEADER, body_len };
  *items += size;
  *len -= size;
  return TRUE;
}

static GByteArray *
messages_body (const LinkFrame *frame)
{
  GByteArray *body = g_byte_array_new ();
  guint8 head[FRAME_HEADER] = { LINK_VERSION, frame->flags };

  store64 (head + 4, frame->epoch);
  store64 (head + 12, frame->peer_epoch);
  store32 (head + 20, frame->ack);
  store32 (head + 24, frame->stamp);
  store32 (head + 28, frame->echo);
  store32 (head + 32, frame->held);
  g_byte_array_append (body, head, sizeof head);
  return g_byte_array_append (body, frame->items, frame->items_len);
}

static GByteArray *
naming_body (const LinkFrame *frame)
{
  g_autoptr (GByteArray) naming = link_message_encode (frame->naming);
  GByteArray *body = NULL;
  guint8 head[RTCP_HEADER] = { LINK_VERSION };

  if (!naming)
    return NULL;
  store64 (head + 4, frame->epoch);
  store64 (head + 12, frame->peer_epoch);
  body = g_byte_array_new ();
  g_byte_array_append (body, head, sizeof head);
  return g_byte_array_append (body, naming->data, naming->len);
}

GByteArray *
link_frame_encode (const LinkFrame *frame, const LinkSender *sender)
{
  gboolean rtcp = frame->kind == LINK_FRAME_RTCP;
  g_autoptr (GByteArray) body = rtcp ? naming_body (frame) : messages_body (frame);
  guint8 buffer[LINK_MAX_RTCP_DATAGRAM];
  RflRtcpWriter w;

  if (!body)
    return NULL;
  rfl_rtcp_writer_init (&w, buffer, rtcp ? LINK_MAX_RTCP_DATAGRAM : LINK_MAX_DATAGRAM);
  rfl_rtcp_write_rr (&w, sender->ssrc, NULL, 0);
  rfl_rtcp_write_sdes (&w, sender->ssrc, sender->cname);
  rfl_rtcp_write_app (&w, frame->kind, sender->ssrc, APP_NAME, body->data, body->len);
  if (w.overflow || (rtcp && frame->items_len > w.size - w.len))
    return NULL;
  GByteArray *out = g_byte_array_sized_new (w.len + (rtcp ? frame->items_len : 0));
  g_byte_array_append (out, buffer, w.len);
  return rtcp ? g_byte_array_append (out, frame->items, frame->items_len) : out;
}

static gboolean
malformed (GError **error, const char *what)
{
  g_set_error_literal (error, RFL_ERROR, RFL_ERROR_MALFORMED, what);
  return FALSE;
}

/* Every item must be whole before the first one is acted on. */
static gboolean
check_items (const guint8 *items, gsize len)
{
  LinkItem item;

  while (len > 0)
    if (!link_item_next (&items, &len, &item))
      return FALSE;
  return TRUE;
}

static gboolean
decode_messages (LinkFrame *out, const guint8 *data, gsize len, GError **error)
{
  if (len < FRAME_HEADER)
    return malformed (error, "frame header cut off");
  out->flags = data[1];
  out->epoch = load64 (data + 4);
  out->peer_epoch = load64 (data + 12);
  out->ack = load32 (data + 20);
  out->stamp = load32 (data + 24);
  out->echo = load32 (data + 28);
  out->held = load32 (data + 32);
  out->items = data + FRAME_HEADER;
  out->items_len = len - FRAME_HEADER;
  if (out->epoch == 0)
    return malformed (error, "epoch 0");
  return check_items (out->items, out->items_len) || malformed (error, "message cut off");
}

static gboolean
decode_naming (LinkFrame *out, const guint8 *data, gsize len, const RflRtcpIter *rest,
               GError **error)
{
  if (len < RTCP_HEADER)
    return malformed (error, "RTCP naming cut off");
  out->epoch = load64 (data + 4);
  out->peer_epoch = load64 (data + 12);
  out->items = rest->data;
  out->items_len = rest->len;
  if (rest->len == 0)
    return malformed (error, "RTCP naming without RTCP");
  out->naming = link_message_decode (LINK_RTCP, data + RTCP_HEADER, len - RTCP_HEADER, error);
  return out->naming != NULL;
}

/* The APP packet stands behind RR or SR and perhaps SDES; before it nothing else. */
static gboolean
find_app (RflRtcpIter *iter, RflRtcp *app, const guint8 **data, gsize *len)
{
  char name[5];

  if (!rfl_rtcp_iter_next (iter, app) || (app->type != RFL_RTCP_RR && app->type != RFL_RTCP_SR))
    return FALSE;
  while (rfl_rtcp_iter_next (iter, app) && app->type == RFL_RTCP_SDES)
    ;
  return app->type == RFL_RTCP_APP && rfl_rtcp_get_app (app, name, data, len)
         && memcmp (name, APP_NAME, 4) == 0;
}

gboolean
link_frame_decode (LinkFrame *out, const guint8 *data, gsize len, GError **error)
{
  g_auto (LinkFrame) frame = { 0 };
  RflRtcpIter iter;
  RflRtcp app;
  const guint8 *body;
  gsize body_len;

  memset (out, 0, sizeof *out);
  if (!rfl_rtcp_validate (data, len))
    return malformed (error, "not RTCP");
  rfl_rtcp_iter_init (&iter, data, len);
  if (!find_app (&iter, &app, &body, &body_len))
    return malformed (error, "no link message in the compound");
  if (body_len < 4 || body[0] != LINK_VERSION)
    return malformed (error, "another version of the link protocol");
  if (app.count != LINK_FRAME_MESSAGES && app.count != LINK_FRAME_RTCP)
    return malformed (error, "unknown kind of link packet");
  frame.kind = app.count;
  gboolean ok = frame.kind == LINK_FRAME_RTCP ? decode_naming (&frame, body, body_len, &iter, error)
                                              : decode_messages (&frame, body, body_len, error);
  if (!ok)
    return FALSE;
  *out = frame;
  memset (&frame, 0, sizeof frame);
  return TRUE;
}

void
link_frame_clear (LinkFrame *frame)
{
  g_clear_pointer (&frame->naming, link_message_free);
}
