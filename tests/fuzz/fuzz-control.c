/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Control messages: what is accepted can be written again to the same octets but for padding, its fields can
 * be read, and a channel takes it in any state without harm.
 */
#include <reflector/control.h>

#include "tests/fuzz/fuzz.h"

static void
check_fields (const guint8 *body, gsize len)
{
  RflTlv fields[16];
  guint64 number;

  if (!rfl_tlv_read (body, len, fields, G_N_ELEMENTS (fields)))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      g_autofree char *text = rfl_tlv_dup_text (&fields[i], 255);
      g_assert_true (text == NULL || g_utf8_validate (text, -1, NULL));
      rfl_tlv_get_u64 (&fields[i], &number);
    }
}

static void
check_frame (RflControlFrame frame, gsize len)
{
  g_autoptr (GByteArray) again = g_byte_array_new ();
  RflControlMessage message;

  rfl_control_begin (again, &frame);
  while (rfl_control_next (&frame, &message))
    {
      g_assert_true (rfl_control_append (again, &message));
      check_fields (message.body, message.len);
    }
  g_assert_cmpuint (frame.messages_len, ==, 0);
  g_assert_cmpuint (again->len, ==, len);
}

static void
transmit (const guint8 *data, gsize len, gpointer user_data)
{
  RflControlFrame frame;

  g_assert_true (rfl_control_read (&frame, data, len, NULL));
}

static void
deliver (const char *service, guint8 type, const guint8 *body, gsize len, gpointer user_data)
{
  RflControlChannel **ch = user_data;

  rfl_control_channel_send (*ch, service, type, body, len, NULL);
  if (type == 255)
    rfl_control_channel_close (*ch);
}

static void
changed (gboolean up, const char *why, gpointer user_data)
{
}

static const RflControlChannelOps ops = { transmit, deliver, changed };

/* The input is a sequence of datagrams, each with one octet of time and two of length before it; a datagram that
 * says so is made to be for the channel. */
static void
feed_channel (const guint8 *data, gsize size)
{
  RflControlChannelConfig config = { .epoch = 0x01010101, .max_queue = 8, .max_rate = 50 };
  RflControlChannel *ch = NULL;
  gint64 now = G_TIME_SPAN_SECOND;

  config.active = size % 2;
  ch = rfl_control_channel_new (&config, &ops, &ch);
  while (size >= 3)
    {
      gsize len = MIN ((gsize) (data[1] << 8 | data[2]), size - 3);

      now += (gint64) data[0] * data[0] * G_TIME_SPAN_MILLISECOND;
      rfl_control_channel_receive (ch, data + 3, len, now);
      g_assert_cmpint (rfl_control_channel_poll (ch, now), >, now);
      g_assert_cmpuint (rfl_control_channel_get_pending (ch), <=, 8);
      data += 3 + len;
      size -= 3 + len;
    }
  rfl_control_channel_free (ch);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  RflControlFrame frame;
  gsize len;

  if (rfl_control_read (&frame, data, size, NULL))
    check_frame (frame, size);
  rfl_control_get_data (data, size, &len);
  check_fields (data, size);
  feed_channel (data, size);
  return 0;
}
