/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The octets of control messages (doc/control-protocol.md): the data of an APP packet, the messages in
 * it, the compound around it. Pure. Not for order and repetition: see channel.c.
 */
#include <reflector/control.h>
#include <reflector/rtcp.h>

#include "core/wire/bytes.h"
#include <string.h>

#define VERSION 1
#define HEAD 16
#define MESSAGE_HEAD 12
/* RFC 3550 §6.5: header, SSRC, item header, end of the list */
#define SDES_MAX (4 + 4 + 2 + 255 + 4)

static gsize
padded (gsize len)
{
  return (len + 3) & ~(gsize) 3;
}

const guint8 *
rfl_control_get_data (const guint8 *packet, gsize len, gsize *data_len)
{
  RflRtcpIter iter;
  RflRtcp rtcp;
  const guint8 *data;
  char name[5];

  rfl_rtcp_iter_init (&iter, packet, len);
  if (!rfl_rtcp_iter_next (&iter, &rtcp) || !rfl_rtcp_get_app (&rtcp, name, &data, data_len)
      || strcmp (name, RFL_CONTROL_APP) != 0)
    return NULL;
  return data;
}

/* So that it can be logged. */
static gboolean
is_name (const char *service)
{
  for (guint i = 0; i < 4; i++)
    if (!g_ascii_isgraph (service[i]))
      return FALSE;
  return TRUE;
}

static gboolean
check_messages (RflControlFrame frame, GError **error)
{
  RflControlMessage message;

  while (frame.messages_len > 0)
    if (!rfl_control_next (&frame, &message))
      {
        g_set_error (error, RFL_ERROR, RFL_ERROR_MALFORMED,
                     "a message does not fit: %" G_GSIZE_FORMAT " octets are left",
                     frame.messages_len);
        return FALSE;
      }
  return TRUE;
}

gboolean
rfl_control_read (RflControlFrame *frame, const guint8 *data, gsize len, GError **error)
{
  if (len < HEAD || len > RFL_CONTROL_MAX_DATA)
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_MALFORMED, "%" G_GSIZE_FORMAT " octets", len);
      return FALSE;
    }
  if (data[0] != VERSION)
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_MALFORMED, "version %u", data[0]);
      return FALSE;
    }
  *frame = (RflControlFrame){ .flags = data[1],
                              .epoch = wire_get32 (data + 4),
                              .peer_epoch = wire_get32 (data + 8),
                              .ack = wire_get32 (data + 12),
                              .messages = data + HEAD,
                              .messages_len = len - HEAD };
  if (frame->epoch == 0)
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_MALFORMED, "epoch 0");
      return FALSE;
    }
  return check_messages (*frame, error);
}

gboolean
rfl_control_next (RflControlFrame *frame, RflControlMessage *out)
{
  const guint8 *p = frame->messages;
  gsize len, whole;

  if (frame->messages_len < MESSAGE_HEAD)
    return FALSE;
  len = wire_get16 (p + 10);
  whole = MESSAGE_HEAD + padded (len);
  if (len > RFL_CONTROL_MAX_BODY || whole > frame->messages_len || !is_name ((const char *) p + 4))
    return FALSE;
  out->seq = wire_get32 (p);
  memcpy (out->service, p + 4, 4);
  out->service[4] = '\0';
  out->type = p[8];
  out->body = p + MESSAGE_HEAD;
  out->len = len;
  frame->messages += whole;
  frame->messages_len -= whole;
  return TRUE;
}

void
rfl_control_begin (GByteArray *data, const RflControlFrame *frame)
{
  guint8 head[HEAD] = { VERSION, frame->flags };

  wire_put32 (head + 4, frame->epoch);
  wire_put32 (head + 8, frame->peer_epoch);
  wire_put32 (head + 12, frame->ack);
  g_byte_array_append (data, head, HEAD);
}

gboolean
rfl_control_append (GByteArray *data, const RflControlMessage *message)
{
  static const guint8 zeros[3];
  guint8 head[MESSAGE_HEAD] = { 0 };

  if (message->len > RFL_CONTROL_MAX_BODY
      || data->len + MESSAGE_HEAD + padded (message->len) > RFL_CONTROL_MAX_DATA)
    return FALSE;
  wire_put32 (head, message->seq);
  memcpy (head + 4, message->service, 4);
  head[8] = message->type;
  wire_put16 (head + 10, (guint16) message->len);
  g_byte_array_append (data, head, MESSAGE_HEAD);
  if (message->len > 0)
    g_byte_array_append (data, message->body, (guint) message->len);
  g_byte_array_append (data, zeros, (guint) (padded (message->len) - message->len));
  return TRUE;
}

GByteArray *
rfl_control_wrap (guint32 ssrc, const char *cname, const guint8 *data, gsize len)
{
  GByteArray *compound = g_byte_array_new ();
  RflRtcpWriter w;

  g_byte_array_set_size (compound, (guint) (8 + SDES_MAX + 12 + len));
  rfl_rtcp_writer_init (&w, compound->data, compound->len);
  rfl_rtcp_write_rr (&w, ssrc, NULL, 0);
  rfl_rtcp_write_sdes (&w, ssrc, cname);
  rfl_rtcp_write_app (&w, 0, ssrc, RFL_CONTROL_APP, data, len);
  g_byte_array_set_size (compound, (guint) w.len);
  return compound;
}
