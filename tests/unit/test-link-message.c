/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Link messages and frames: malformed ones first, then round trips and sizes. The byte
 * examples of doc/link-protocol.md have a test of their own: see test-link-document.c.
 */
#include "plugins/interconnect/frame.h"
#include <reflector/error.h>
#include <string.h>

static GByteArray *
from_hex (const char *hex)
{
  GByteArray *bytes = g_byte_array_new ();

  for (; *hex; hex++)
    if (g_ascii_isxdigit (hex[0]))
      {
        guint8 octet = g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]);
        g_byte_array_append (bytes, &octet, 1);
        hex++;
      }
  return bytes;
}

/* Bodies; 0003 session, 0004 participant, 0005 identity, 0008 label, 0009 SSRC, 000a medium,
 * 000b format. */
#define SESSION "0003 0001 61000000 "
#define PARTICIPANT "0004 0001 70000000 "
#define IDENTITY "0005 0001 69000000 "
#define SUM "00000001 00000000 00000000 "
#define AUDIO "000a 0009 00030100 61756469 6f000000 "
#define SOURCE SESSION PARTICIPANT AUDIO "0008 0004 00000001 0009 0004 00000001"

static void
bad_bodies (void)
{
  static const struct {
    guint8 type;
    const char *hex, *why;
  } rows[] = {
    { LINK_HELLO, "", "nothing" },
    { LINK_HELLO, "00", "half a field header" },
    { LINK_HELLO, "0001 0001", "value missing" },
    { LINK_HELLO, "0001 0001 61", "padding missing" },
    { LINK_HELLO, "0001 ffff 61000000", "length beyond the end" },
    { LINK_HELLO, "0001 0001 61000000", "features missing" },
    { LINK_HELLO, "0001 0000 0002 0004 00000000", "empty identity" },
    { LINK_HELLO, "0001 0001 07000000 0002 0004 00000000", "control character in the id" },
    { LINK_HELLO, "0001 0001 61000000 0002 0003 00000000", "features of three octets" },
    { LINK_HELLO, "0001 0001 61000000 0001 0001 62000000 0002 0004 00000000", "id twice" },
    { LINK_JOIN, PARTICIPANT IDENTITY, "no session" },
    { LINK_JOIN, SESSION IDENTITY, "no participant" },
    { LINK_JOIN, SESSION PARTICIPANT, "no identity" },
    { LINK_JOIN, "0003 0002 ff610000" PARTICIPANT IDENTITY, "session is not UTF-8" },
    { LINK_JOIN, "0003 0002 61000000" PARTICIPANT IDENTITY, "NUL in the session" },
    { LINK_JOIN, SESSION PARTICIPANT IDENTITY "000b 000c 00010400 00001f40 50434d55",
      "format without medium" },
    { LINK_JOIN, SESSION PARTICIPANT IDENTITY "000a 0004 00030100", "medium without kind" },
    { LINK_JOIN, SESSION PARTICIPANT IDENTITY "000a 0003 00030100", "medium too short" },
    { LINK_JOIN, SESSION PARTICIPANT IDENTITY "000a 0005 00070100 61000000", "direction 7" },
    { LINK_JOIN, SESSION PARTICIPANT IDENTITY "000a 0005 01030100 61000000", "index 1 first" },
    { LINK_JOIN, SESSION PARTICIPANT IDENTITY AUDIO "000b 0008 00010400 00001f40", "no encoding" },
    { LINK_JOIN, SESSION PARTICIPANT IDENTITY AUDIO "000b 000c 00010500 00001f40 50434d55",
      "encoding too long" },
    { LINK_JOIN, SESSION PARTICIPANT IDENTITY AUDIO "000b 000c 0001ff00 00001f40 50434d55",
      "encoding of 255" },
    { LINK_JOIN, SESSION PARTICIPANT IDENTITY AUDIO "000b 000c 80010400 00001f40 50434d55",
      "payload type 128" },
    { LINK_JOIN, SESSION PARTICIPANT IDENTITY AUDIO "000b 000c 00000400 00001f40 50434d55",
      "no channels" },
    { LINK_JOIN, SESSION PARTICIPANT IDENTITY AUDIO "000b 000c 00010400 00000000 50434d55",
      "rate 0" },
    { LINK_JOIN, SESSION PARTICIPANT IDENTITY AUDIO "000b 0004 00010400", "format too short" },
    { LINK_LEAVE, SESSION, "no participant" },
    { LINK_LEAVE, SESSION "0004 0003 61206200", "space in the participant id" },
    { LINK_SOURCE, SESSION PARTICIPANT "0008 0004 00000001 0009 0004 00000001", "no medium" },
    { LINK_SOURCE, SESSION PARTICIPANT AUDIO "0009 0004 00000001", "no label" },
    { LINK_SOURCE, SESSION PARTICIPANT AUDIO "0008 0004 00000001", "no SSRC" },
    { LINK_SOURCE, SESSION PARTICIPANT AUDIO AUDIO "0008 0004 00000001 0009 0004 00000001",
      "two media" },
    { LINK_SOURCE, SOURCE "0010 0004 00000000", "extension 0" },
    { LINK_SOURCE, SOURCE "0010 0004 0000000f", "extension 15" },
    { LINK_SOURCE, SOURCE "0010 0001 01000000", "extension of one octet" },
    { LINK_SOURCE, SOURCE "0010 0004 00000001 0010 0004 00000001", "two numbers of an extension" },
    { LINK_SOURCE_END, "", "no label" },
    { LINK_SOURCE_END, "0008 0002 00010000", "label of two octets" },
    { LINK_DIGEST, "", "no sums" },
    { LINK_DIGEST, "000c 0000", "nothing in the sums" },
    { LINK_DIGEST, "000c 0004 00000000", "no sum" },
    { LINK_DIGEST, "000c 0010 40000000 00000001 00000000 00000000", "bucket 64" },
    { LINK_DIGEST, "000c 000f 00000000 00000001 00000000 00000000", "sum cut off" },
    { LINK_DIGEST,
      "000c 0010 00000000 00000001 00000000 00000000 000c 0010 00000000 00000001 00000000 00000000",
      "sums twice" },
    { LINK_DIGEST, "000c 001c 3f000000" SUM SUM, "bucket 64 behind another" },
    { LINK_SYNC, "", "no buckets" },
    { LINK_SYNC, "000d 0004 00000000", "32 buckets" },
    { LINK_RETELL, "000d 000c 00000000 00000000 00000000", "96 buckets" },
    { LINK_RETOLD, SESSION, "no buckets" },
    { LINK_TEXT, SESSION PARTICIPANT, "no text" },
    { LINK_TEXT, SESSION PARTICIPANT "000e 0000", "empty text" },
    { LINK_TEXT, SESSION PARTICIPANT "000e 0002 ff610000", "text is not UTF-8" },
    { LINK_TEXT, SESSION PARTICIPANT "000e 0002 61000000", "NUL in the text" },
    { LINK_TEXT, SESSION "000e 0001 61000000", "text of nobody" },
    { LINK_TEXT, PARTICIPANT "000e 0001 61000000", "text in no session" },
    { LINK_TEXT, SESSION PARTICIPANT "000e 0001 61000000 000f 0001 01000000", "more of one octet" },
    { LINK_RTCP, SESSION, "no medium" },
    { LINK_RTCP, AUDIO, "no session" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GByteArray) body = from_hex (rows[i].hex);
      g_autoptr (GError) error = NULL;
      g_autoptr (LinkMessage) message =
          link_message_decode (rows[i].type, body->data, body->len, &error);
      if (message)
        g_error ("accepted: %s", rows[i].why);
      g_assert_error (error, RFL_ERROR, RFL_ERROR_MALFORMED);
    }
}

static void
audio_level (void)
{
  for (guint8 number = 0; number <= LINK_MAX_EXTENSION; number++)
    {
      g_autoptr (LinkMessage) source = link_message_new (LINK_SOURCE);
      source->session = g_strdup ("room");
      source->participant = g_strdup ("p");
      source->audio_level = number;
      g_ptr_array_add (source->media, link_medium_new (0, "audio"));
      g_autoptr (GByteArray) body = link_message_encode (source);
      g_autoptr (LinkMessage) back = link_message_decode (LINK_SOURCE, body->data, body->len, NULL);
      g_assert_cmpuint (back->audio_level, ==, number);
    }
}

static void
too_long (void)
{
  g_autofree char *id = g_strnfill (65, 'a');
  g_autoptr (LinkMessage) leave = link_message_new (LINK_LEAVE);

  leave->session = g_strdup ("room");
  leave->participant = g_strdup (id);
  g_assert_null (link_message_encode (leave));
  leave->participant[64] = 0;
  g_autoptr (GByteArray) body = link_message_encode (leave);
  g_assert_nonnull (body);
}

/* Every text fits beside every session and participant. */
static void
longest_text (void)
{
  g_autoptr (LinkMessage) text = link_message_new (LINK_TEXT);

  text->session = g_strnfill (255, 's');
  text->participant = g_strnfill (64, 'p');
  text->text = g_strnfill (LINK_MAX_TEXT + 1, 't');
  text->more = TRUE;
  g_assert_null (link_message_encode (text));
  text->text[LINK_MAX_TEXT] = 0;
  g_autoptr (GByteArray) body = link_message_encode (text);
  g_assert_nonnull (body);
  g_autoptr (LinkMessage) back = link_message_decode (LINK_TEXT, body->data, body->len, NULL);
  g_assert_cmpstr (back->text, ==, text->text);
  g_assert_true (back->more);
}

/* All buckets in one digest fit, too. */
static void
longest_digest (void)
{
  g_autoptr (LinkMessage) digest = link_message_new (LINK_DIGEST);

  for (guint i = 0; i < LINK_N_BUCKETS; i++)
    {
      const LinkSum sum = { i, G_MAXUINT64 - i };
      g_array_append_val (digest->sums, sum);
    }
  g_autoptr (GByteArray) body = link_message_encode (digest);
  g_assert_nonnull (body);
  g_autoptr (LinkMessage) back = link_message_decode (LINK_DIGEST, body->data, body->len, NULL);
  g_assert_cmpuint (back->sums->len, ==, LINK_N_BUCKETS);
  g_assert_cmphex (g_array_index (back->sums, LinkSum, 63).hash, ==, G_MAXUINT64 - 63);
  g_assert_cmphex (back->hash, ==, link_body_hash (LINK_DIGEST, body->data, body->len));
}

static void
too_many (void)
{
  g_autoptr (LinkMessage) join = link_message_new (LINK_JOIN);

  join->session = g_strdup ("room");
  join->participant = g_strdup ("p");
  join->identity = g_strdup ("sip:p@example.org");
  for (guint i = 0; i < LINK_MAX_MEDIA; i++)
    g_ptr_array_add (join->media, link_medium_new (i, "audio"));
  g_autoptr (GByteArray) body = link_message_encode (join);
  g_assert_nonnull (body);
  g_autoptr (LinkMessage) back = link_message_decode (LINK_JOIN, body->data, body->len, NULL);
  g_assert_cmpuint (back->media->len, ==, LINK_MAX_MEDIA);

  g_ptr_array_add (join->media, link_medium_new (LINK_MAX_MEDIA, "audio"));
  g_assert_null (link_message_encode (join));
  g_autoptr (GByteArray) extra = from_hex ("000a 0009 08030100 61756469 6f000000");
  g_byte_array_append (body, extra->data, extra->len);
  g_assert_null (link_message_decode (LINK_JOIN, body->data, body->len, NULL));
}

static void
too_large (void)
{
  g_autoptr (LinkMessage) join = link_message_new (LINK_JOIN);
  LinkMedium *video = link_medium_new (0, "video");
  g_autofree char *fmtp = g_strnfill (500, 'x');

  join->session = g_strdup ("room");
  join->participant = g_strdup ("p");
  join->identity = g_strdup ("sip:p@example.org");
  for (guint i = 0; i < 2; i++)
    g_ptr_array_add (video->formats, rfl_format_new (96, "H264", 90000, 1, fmtp));
  g_ptr_array_add (join->media, video);
  g_assert_null (link_message_encode (join));
  g_ptr_array_set_size (video->formats, 1);
  g_autoptr (GByteArray) body = link_message_encode (join);
  g_assert_nonnull (body);
}

/* Unknown fields are skipped wherever they stand, unknown types are no error. */
static void
unknown (void)
{
  g_autoptr (GByteArray) body =
      from_hex ("7777 0003 01020300" SESSION "0000 0000" PARTICIPANT "ffff 0000");
  g_autoptr (LinkMessage) leave = link_message_decode (LINK_LEAVE, body->data, body->len, NULL);

  g_assert_cmpstr (leave->session, ==, "a");
  g_assert_cmpstr (leave->participant, ==, "p");
  g_assert_false (link_type_is_known (200));
  g_autoptr (LinkMessage) other = link_message_decode (200, (const guint8 *) "junk", 4, NULL);
  g_assert_nonnull (other);
}

static LinkMessage *
full_source (void)
{
  LinkMessage *source = link_message_new (LINK_SOURCE);
  LinkMedium *audio = link_medium_new (1, "audio");

  source->session = g_strdup ("r\xc3\xa4ume");
  source->participant = g_strdup ("r1-17");
  source->label = 0xfffffffe;
  source->ssrc = 0x80000001;
  g_ptr_array_add (audio->formats, rfl_format_new (96, "opus", 48000, 2, "useinbandfec=1"));
  g_ptr_array_add (audio->formats, rfl_format_new (101, "telephone-event", 8000, 1, NULL));
  g_ptr_array_add (source->media, audio);
  return source;
}

static void
round_trip (void)
{
  g_autoptr (LinkMessage) source = full_source ();
  g_autoptr (GByteArray) body = link_message_encode (source);
  g_autoptr (LinkMessage) back = link_message_decode (LINK_SOURCE, body->data, body->len, NULL);
  const LinkMedium *medium = back->media->pdata[0];
  const RflFormat *opus = medium->formats->pdata[0];
  const RflFormat *event = medium->formats->pdata[1];

  g_assert_cmpstr (back->session, ==, source->session);
  g_assert_cmpstr (back->participant, ==, "r1-17");
  g_assert_cmphex (back->label, ==, 0xfffffffe);
  g_assert_cmphex (back->ssrc, ==, 0x80000001);
  g_assert_cmpuint (medium->index, ==, 1);
  g_assert_cmpstr (medium->kind, ==, "audio");
  g_assert_cmpuint (opus->pt, ==, 96);
  g_assert_cmpuint (opus->clock_rate, ==, 48000);
  g_assert_cmpuint (opus->channels, ==, 2);
  g_assert_cmpstr (opus->fmtp, ==, "useinbandfec=1");
  g_assert_cmpstr (event->encoding, ==, "telephone-event");
  g_assert_null (event->fmtp);
}

/* No prefix of a good message and no single wrong octet may crash or read beyond it. */
static void
mutilated (void)
{
  g_autoptr (LinkMessage) source = full_source ();
  g_autoptr (GByteArray) body = link_message_encode (source);

  for (guint len = 0; len < body->len; len++)
    {
      g_autofree guint8 *cut = g_memdup2 (body->data, MAX (len, 1));
      g_autoptr (LinkMessage) message = link_message_decode (LINK_SOURCE, cut, len, NULL);
      if (len % 4 != 0)
        g_assert_null (message);
    }
  for (guint i = 0; i < body->len * 8; i++)
    {
      body->data[i / 8] ^= 1 << i % 8;
      link_message_free (link_message_decode (LINK_SOURCE, body->data, body->len, NULL));
      body->data[i / 8] ^= 1 << i % 8;
    }
}

/* ---- frames ---- */

static const LinkSender sender = { 0x11223344, "r1.example" };

static GByteArray *
messages_frame (void)
{
  g_autoptr (GByteArray) items = g_byte_array_new ();
  g_autoptr (LinkMessage) source = full_source ();
  g_autoptr (GByteArray) body = link_message_encode (source);

  link_item_write (items, &(LinkItem){ 7, LINK_SOURCE, body->data, body->len });
  link_item_write (items, &(LinkItem){ 8, 200, (const guint8 *) "abc", 3 });
  const LinkFrame frame = { .kind = LINK_FRAME_MESSAGES,
                            .flags = LINK_FLAG_REPLY,
                            .epoch = 0x0102030405060708,
                            .peer_epoch = 9,
                            .ack = 10,
                            .stamp = 11,
                            .echo = 12,
                            .held = 13,
                            .items = items->data,
                            .items_len = items->len };
  return link_frame_encode (&frame, &sender);
}

static void
frame_round_trip (void)
{
  g_autoptr (GByteArray) datagram = messages_frame ();
  g_auto (LinkFrame) frame = { 0 };
  LinkItem item;

  g_assert_true (link_frame_decode (&frame, datagram->data, datagram->len, NULL));
  g_assert_cmpuint (frame.flags, ==, LINK_FLAG_REPLY);
  g_assert_cmphex (frame.epoch, ==, 0x0102030405060708);
  g_assert_cmpuint (frame.peer_epoch, ==, 9);
  g_assert_cmpuint (frame.ack, ==, 10);
  g_assert_cmpuint (frame.stamp, ==, 11);
  g_assert_cmpuint (frame.echo, ==, 12);
  g_assert_cmpuint (frame.held, ==, 13);
  g_assert_true (link_item_next (&frame.items, &frame.items_len, &item));
  g_assert_cmpuint (item.seq, ==, 7);
  g_assert_true (link_item_next (&frame.items, &frame.items_len, &item));
  g_assert_cmpuint (item.type, ==, 200);
  g_assert_cmpmem (item.body, item.len, "abc", 3);
  g_assert_false (link_item_next (&frame.items, &frame.items_len, &item));
}

static GByteArray *
rtcp_frame (gsize len)
{
  g_autofree guint8 *rtcp = g_malloc0 (len);
  g_autoptr (LinkMessage) naming = link_message_new (LINK_RTCP);

  rtcp[0] = 0x80;
  rtcp[1] = 201;
  rtcp[2] = (len / 4 - 1) >> 8;
  rtcp[3] = len / 4 - 1;
  naming->session = g_strdup ("room");
  naming->participant = g_strdup ("p");
  g_ptr_array_add (naming->media, link_medium_new (0, "audio"));
  const LinkFrame frame = { .kind = LINK_FRAME_RTCP,
                            .epoch = 1,
                            .peer_epoch = 2,
                            .naming = naming,
                            .items = rtcp,
                            .items_len = len };
  return link_frame_encode (&frame, &sender);
}

static void
frame_rtcp (void)
{
  g_autoptr (GByteArray) datagram = rtcp_frame (8);
  g_auto (LinkFrame) frame = { 0 };

  g_assert_true (link_frame_decode (&frame, datagram->data, datagram->len, NULL));
  g_assert_cmpint (frame.kind, ==, LINK_FRAME_RTCP);
  g_assert_cmpstr (frame.naming->session, ==, "room");
  g_assert_cmpuint (frame.items_len, ==, 8);
  g_assert_cmphex (frame.items[1], ==, 201);
  g_assert_null (rtcp_frame (1400));
}

/* Every datagram cut anywhere, and the compounds that are no link messages. */
static void
bad_frames (void)
{
  g_autoptr (GByteArray) good = messages_frame ();
  g_autoptr (GByteArray) rtcp = rtcp_frame (8);
  static const char *const rows[] = {
    "",
    "80",
    "80c90001 00000001",                                                       /* an RR alone */
    "80cc000b 00000001 52464c4b 01000000 00000000 00000001 00000000 00000000", /* cut */
    "80c90001 00000001 80cc0002 00000001 52464c4b",          /* APP without data */
    "80c90001 00000001 80cc0003 00000001 52464c4b 02000000", /* version 2 */
    "80c90001 00000001 80cc0003 00000001 52464c4b 01000000", /* header cut */
    "80c90001 00000001 82cc0003 00000001 52464c4b 01000000", /* subtype 2 */
    "80c90001 00000001 80cc0003 00000001 50494e47 01000000", /* "PING" */
    "80cc0003 00000001 52464c4b 01000000",                   /* does not start with RR or SR */
    /* epoch 0 */
    "80c90001 00000001 80cc000b 00000001 52464c4b 01000000 00000000 00000000 00000000 00000000"
    "00000000 00000000 00000000 00000000",
    /* an item of 5 octets with 4 there */
    "80c90001 00000001 80cc000e 00000001 52464c4b 01000000 00000000 00000001 00000000 00000000"
    "00000000 00000000 00000000 00000000 00000001 10000005 00000000",
    /* half an item header */
    "80c90001 00000001 80cc000c 00000001 52464c4b 01000000 00000000 00000001 00000000 00000000"
    "00000000 00000000 00000000 00000000 00000001",
  };
  g_auto (LinkFrame) frame = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GByteArray) data = from_hex (rows[i]);
      g_autoptr (GError) error = NULL;
      if (link_frame_decode (&frame, data->data, data->len, &error))
        g_error ("accepted: %s", rows[i]);
      g_assert_error (error, RFL_ERROR, RFL_ERROR_MALFORMED);
    }
  for (guint len = 0; len < good->len; len++)
    g_assert_false (link_frame_decode (&frame, good->data, len, NULL));
  for (guint len = 0; len < rtcp->len; len++)
    g_assert_false (link_frame_decode (&frame, rtcp->data, len, NULL));
}

/* What fills a datagram to the brim is still at most 1,200 octets, whatever the id. */
static void
frame_size (void)
{
  for (guint id = 1; id <= 64; id++)
    {
      g_autofree char *cname = g_strnfill (id, 'r');
      const LinkSender long_sender = { 1, cname };
      gsize room = link_frame_room (&long_sender);
      g_autofree guint8 *zero = g_malloc0 (room);
      g_autoptr (GByteArray) items = g_byte_array_new ();

      g_assert_cmpuint (room, >=, link_item_size (LINK_MAX_BODY));
      link_item_write (items, &(LinkItem){ 1, 16, zero, room - LINK_ITEM_HEADER });
      const LinkFrame frame = { .epoch = 1, .items = items->data, .items_len = items->len };
      g_autoptr (GByteArray) datagram = link_frame_encode (&frame, &long_sender);
      g_assert_nonnull (datagram);
      g_assert_cmpuint (datagram->len, ==, LINK_MAX_DATAGRAM);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/link-message/bad-bodies", bad_bodies);
  g_test_add_func ("/link-message/bad-frames", bad_frames);
  g_test_add_func ("/link-message/mutilated", mutilated);
  g_test_add_func ("/link-message/audio-level", audio_level);
  g_test_add_func ("/link-message/too-long", too_long);
  g_test_add_func ("/link-message/too-many", too_many);
  g_test_add_func ("/link-message/longest-text", longest_text);
  g_test_add_func ("/link-message/longest-digest", longest_digest);
  g_test_add_func ("/link-message/too-large", too_large);
  g_test_add_func ("/link-message/unknown", unknown);
  g_test_add_func ("/link-message/round-trip", round_trip);
  g_test_add_func ("/link-frame/round-trip", frame_round_trip);
  g_test_add_func ("/link-frame/rtcp", frame_rtcp);
  g_test_add_func ("/link-frame/size", frame_size);
  return g_test_run ();
}
