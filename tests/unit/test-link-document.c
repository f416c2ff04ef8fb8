/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The byte examples of doc/link-protocol.md: what the document says is in the octets is what
 * the decoder finds there, and encoding that gives the same octets. A block begins with
 * "```example", then come the fields, a line "---", and the octets in hex.
 */
#include "plugins/interconnect/frame.h"
#include <reflector/rtcp.h>
#include <string.h>

static const char *
type_name (guint8 type)
{
  switch (type)
    {
    case LINK_HELLO:
      return "HELLO";
    case LINK_GOODBYE:
      return "GOODBYE";
    case LINK_JOIN:
      return "JOIN";
    case LINK_LEAVE:
      return "LEAVE";
    case LINK_SOURCE:
      return "SOURCE";
    case LINK_SOURCE_END:
      return "SOURCE-END";
    case LINK_DIGEST:
      return "DIGEST";
    case LINK_SYNC:
      return "SYNC";
    case LINK_RETELL:
      return "RETELL";
    case LINK_RETOLD:
      return "RETOLD";
    case LINK_TEXT:
      return "TEXT";
    case LINK_SERVICE:
      return "SERVICE";
    default:
      return "unknown";
    }
}

static void
render_text (GString *out, const char *name, const char *value)
{
  if (value)
    g_string_append_printf (out, "  %s: %s\n", name, value);
}

static void
render_medium (GString *out, const LinkMedium *medium)
{
  g_string_append_printf (out, "  medium: index %u, %s, direction %u, %s\n", medium->index,
                          medium->kind, medium->direction,
                          medium->accepted ? "accepted" : "not accepted");
  for (guint i = 0; i < medium->formats->len; i++)
    {
      const RflFormat *format = medium->formats->pdata[i];
      g_string_append_printf (out, "  format: %u %s/%u/%u%s%s\n", format->pt, format->encoding,
                              format->clock_rate, format->channels, format->fmtp ? " " : "",
                              format->fmtp ? format->fmtp : "");
    }
}

static void
render_service (GString *out, const LinkMessage *message)
{
  gsize len = 0;
  const guint8 *body = message->body ? g_bytes_get_data (message->body, &len) : NULL;

  g_string_append_printf (out, "  service: %s\n  kind: %u\n", message->service, message->kind);
  if (len > 0)
    g_string_append (out, "  body:");
  for (gsize i = 0; i < len; i++)
    g_string_append_printf (out, "%s%02x", i % 4 == 0 ? " " : "", body[i]);
  if (len > 0)
    g_string_append_c (out, '\n');
}

static void
render_state (GString *out, const LinkMessage *message)
{
  for (guint i = 0; i < message->sums->len; i++)
    {
      const LinkSum *sum = &g_array_index (message->sums, LinkSum, i);
      g_string_append_printf (out, "  bucket %u: %u, 0x%016" G_GINT64_MODIFIER "x\n",
                              message->first_bucket + i, sum->count, sum->hash);
    }
  if (message->type >= LINK_SYNC && message->type <= LINK_RETOLD)
    g_string_append_printf (out, "  buckets: 0x%016" G_GINT64_MODIFIER "x\n", message->buckets);
  render_text (out, "text", message->text);
  if (message->more)
    g_string_append (out, "  more\n");
  if (message->type == LINK_SERVICE)
    render_service (out, message);
}

static void
render_message (GString *out, const LinkMessage *message)
{
  gboolean source = message->type == LINK_SOURCE;

  render_text (out, "reflector", message->reflector);
  if (message->type == LINK_HELLO)
    g_string_append_printf (out, "  features: 0x%08x\n", message->features);
  render_text (out, "session", message->session);
  render_text (out, "participant", message->participant);
  render_text (out, "identity", message->identity);
  render_text (out, "display name", message->display_name);
  render_text (out, "cname", message->cname);
  if (source || message->type == LINK_SOURCE_END)
    g_string_append_printf (out, "  label: 0x%08x\n", message->label);
  if (source)
    g_string_append_printf (out, "  ssrc: 0x%08x\n", message->ssrc);
  if (message->audio_level)
    g_string_append_printf (out, "  audio level: %u\n", message->audio_level);
  for (guint i = 0; i < message->media->len; i++)
    render_medium (out, message->media->pdata[i]);
  render_state (out, message);
}

static void
render_items (GString *out, const LinkFrame *frame)
{
  const guint8 *items = frame->items;
  gsize len = frame->items_len;
  LinkItem item;

  g_string_append_printf (out, "flags %u, ack %u, stamp %u, echo %u, held %u\n", frame->flags,
                          frame->ack, frame->stamp, frame->echo, frame->held);
  while (link_item_next (&items, &len, &item))
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (LinkMessage) message =
          link_message_decode (item.type, item.body, item.len, &error);
      g_assert_no_error (error);
      g_string_append_printf (out, "%s, sequence %u\n", type_name (item.type), item.seq);
      render_message (out, message);
    }
}

static void
render_rtcp (GString *out, const LinkFrame *frame)
{
  g_string_append (out, "RTCP\n");
  render_message (out, frame->naming);
  g_string_append (out, "  then:");
  for (gsize i = 0; i < frame->items_len; i++)
    g_string_append_printf (out, "%s%02x", i % 4 == 0 ? " " : "", frame->items[i]);
  g_string_append (out, "\n");
}

static char *
render (const LinkFrame *frame, const LinkSender *sender)
{
  GString *out = g_string_new (NULL);

  g_string_append_printf (out, "compound of 0x%08x, %s\n", sender->ssrc, sender->cname);
  g_string_append_printf (out,
                          "epoch 0x%016" G_GINT64_MODIFIER "x, to 0x%016" G_GINT64_MODIFIER "x\n",
                          frame->epoch, frame->peer_epoch);
  if (frame->kind == LINK_FRAME_RTCP)
    render_rtcp (out, frame);
  else
    render_items (out, frame);
  return g_string_free (out, FALSE);
}

static GByteArray *
from_hex (const char *hex)
{
  GByteArray *bytes = g_byte_array_new ();

  for (; *hex; hex++)
    if (g_ascii_isxdigit (hex[0]))
      {
        g_assert_true (g_ascii_isxdigit (hex[1]));
        guint8 octet = g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]);
        g_byte_array_append (bytes, &octet, 1);
        hex++;
      }
  return bytes;
}

static char *
find_sender (const GByteArray *datagram, LinkSender *sender)
{
  RflRtcpIter iter;
  RflRtcp rtcp;
  gsize len = 0;

  rfl_rtcp_iter_init (&iter, datagram->data, datagram->len);
  g_assert_true (rfl_rtcp_iter_next (&iter, &rtcp));
  sender->ssrc = rtcp.ssrc;
  g_assert_true (rfl_rtcp_iter_next (&iter, &rtcp));
  const char *cname = rfl_rtcp_get_cname (&rtcp, sender->ssrc, &len);
  g_assert_nonnull (cname);
  return g_strndup (cname, len);
}

/* The document's one digest is of the JOIN and SOURCE before it. */
static void
check_digest (const LinkMessage *message)
{
  static LinkSum told;

  if (message->type == LINK_JOIN || message->type == LINK_SOURCE)
    {
      told.count++;
      told.hash += message->hash;
    }
  if (message->type != LINK_DIGEST)
    return;
  const LinkSum *sum = &g_array_index (message->sums, LinkSum, 0);
  g_assert_cmpuint (message->first_bucket, ==, link_bucket ("1d5c0a8be8f10c01.7"));
  g_assert_cmpuint (sum->count, ==, told.count);
  g_assert_cmphex (sum->hash, ==, told.hash);
}

/* Every message decoded and encoded anew. */
static GByteArray *
encode_items_anew (const LinkFrame *frame)
{
  GByteArray *out = g_byte_array_new ();
  const guint8 *items = frame->items;
  gsize len = frame->items_len;
  LinkItem item;

  while (link_item_next (&items, &len, &item))
    {
      g_autoptr (LinkMessage) message = link_message_decode (item.type, item.body, item.len, NULL);
      g_autoptr (GByteArray) body = link_message_encode (message);
      check_digest (message);
      link_item_write (out, &(LinkItem){ item.seq, item.type, body->data, body->len });
    }
  return out;
}

static void
check (const char *fields, const char *hex)
{
  g_autoptr (GByteArray) datagram = from_hex (hex);
  g_autoptr (GByteArray) items = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (LinkFrame) frame = { 0 };
  LinkSender sender = { 0 };

  link_frame_decode (&frame, datagram->data, datagram->len, &error);
  g_assert_no_error (error);
  g_autofree char *cname = find_sender (datagram, &sender);
  sender.cname = cname;
  g_autofree char *found = render (&frame, &sender);
  g_assert_cmpstr (found, ==, fields);

  if (frame.kind == LINK_FRAME_MESSAGES)
    {
      items = encode_items_anew (&frame);
      frame.items = items->data;
      frame.items_len = items->len;
    }
  g_autoptr (GByteArray) again = link_frame_encode (&frame, &sender);
  g_assert_nonnull (again);
  g_assert_cmpmem (again->data, again->len, datagram->data, datagram->len);
}

static void
document (void)
{
  g_autofree char *path =
      g_build_filename (g_getenv ("RFL_TOP_SRCDIR"), "doc", "link-protocol.md", NULL);
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
  g_assert_cmpuint (n, >=, 12);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/link-document/examples", document);
  return g_test_run ();
}
