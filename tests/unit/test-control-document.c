/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The byte examples of doc/control-protocol.md: what the document says is in the octets is what the codec finds there,
 * and writing that gives the same octets. A block begins with "```example", then comes the text, a line "---", and
 * the octets in hex.
 */
#include <reflector/control.h>
#include <reflector/rtcp.h>
#include <string.h>

static GByteArray *
from_hex (const char *hex)
{
  GByteArray *bytes = g_byte_array_new ();

  for (; *hex; hex++)
    if (g_ascii_isxdigit (hex[0]))
      {
        g_assert_true (g_ascii_isxdigit (hex[1]));
        guint8 octet =
            (guint8) (g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]));
        g_byte_array_append (bytes, &octet, 1);
        hex++;
      }
  return bytes;
}

static void
render_message (GString *out, const RflControlMessage *message)
{
  g_string_append_printf (out, "message %u: %s %u\n", message->seq, message->service,
                          message->type);
  if (message->len > 0)
    g_string_append (out, "  body:");
  for (gsize i = 0; i < message->len; i++)
    g_string_append_printf (out, "%s%02x", i % 4 == 0 ? " " : "", message->body[i]);
  if (message->len > 0)
    g_string_append_c (out, '\n');
}

/* Appends what is in @data to @text. Returns: (transfer full): the same octets, written anew */
static GByteArray *
read_and_write (GString *text, const guint8 *data, gsize len)
{
  GByteArray *again = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  RflControlFrame frame;
  RflControlMessage message;

  rfl_control_read (&frame, data, len, &error);
  g_assert_no_error (error);
  g_string_append_printf (text, "epoch 0x%08x, to 0x%08x, flags %u, ack %u\n", frame.epoch,
                          frame.peer_epoch, frame.flags, frame.ack);
  rfl_control_begin (again, &frame);
  while (rfl_control_next (&frame, &message))
    {
      render_message (text, &message);
      g_assert_true (rfl_control_append (again, &message));
    }
  return again;
}

static const guint8 *
find_data (const GByteArray *datagram, guint32 *ssrc, char **cname, gsize *data_len)
{
  const guint8 *data = NULL;
  const char *name;
  RflRtcpIter iter;
  RflRtcp rtcp;
  gsize len;

  g_assert_true (rfl_rtcp_validate (datagram->data, datagram->len));
  rfl_rtcp_iter_init (&iter, datagram->data, datagram->len);
  while (rfl_rtcp_iter_next (&iter, &rtcp))
    {
      *ssrc = rtcp.ssrc;
      if ((name = rfl_rtcp_get_cname (&rtcp, 0, &len)) != NULL)
        *cname = g_strndup (name, len);
      if (rtcp.type == RFL_RTCP_APP)
        data = rfl_control_get_data (rtcp.data, rtcp.len, data_len);
    }
  g_assert_nonnull (data);
  g_assert_nonnull (*cname);
  return data;
}

static void
check (const char *told, const char *hex)
{
  g_autoptr (GByteArray) datagram = from_hex (hex);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *cname = NULL;
  guint32 ssrc = 0;
  gsize len = 0;
  const guint8 *data = find_data (datagram, &ssrc, &cname, &len);

  g_string_append_printf (text, "compound of 0x%08x, %s\n", ssrc, cname);
  g_autoptr (GByteArray) again = read_and_write (text, data, len);
  g_assert_cmpstr (text->str, ==, told);
  g_autoptr (GByteArray) compound = rfl_control_wrap (ssrc, cname, again->data, again->len);
  g_assert_cmpmem (compound->data, compound->len, datagram->data, datagram->len);
}

static void
document (void)
{
  g_autofree char *path =
      g_build_filename (g_getenv ("RFL_TOP_SRCDIR"), "doc", "control-protocol.md", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  guint n = 0;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  g_auto (GStrv) blocks = g_strsplit (text, "```example\n", -1);
  for (guint i = 1; blocks[i]; i++, n++)
    {
      char *middle = strstr (blocks[i], "---\n");
      char *end = strstr (blocks[i], "```");
      g_assert_true (middle && end && middle < end);
      *middle = *end = '\0';
      check (blocks[i], middle + 4);
    }
  g_assert_cmpuint (n, ==, 7);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/control-document/examples", document);
  return g_test_run ();
}
