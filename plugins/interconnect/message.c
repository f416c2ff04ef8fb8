/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Link messages as values and the writing of their bodies. Not for reading them: see
 * decode.c.
 */
#include "plugins/interconnect/message.h"
#include "plugins/interconnect/tlv.h"
#include <reflector/links.h>
#include <reflector/tlv.h>
#include <string.h>

/* Octets of a format's parameters that a message can afford, and of one of them. */
#define MAX_PARAMETERS 128
#define MAX_PARAMETER 64

LinkMedium *
link_medium_new (guint8 index, const char *kind)
{
  LinkMedium *medium = g_new0 (LinkMedium, 1);

  medium->index = index;
  medium->kind = g_strdup (kind);
  medium->direction = RFL_DIRECTION_BOTH;
  medium->accepted = TRUE;
  medium->formats = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_format_free);
  return medium;
}

/* Parameters of one sender's stream can be very long (sprop-parameter-sets, RFC 6184 §8.1);
 * those that tell formats apart are short. */
static char *
shorten_fmtp (const char *fmtp)
{
  g_auto (GStrv) parameters = g_strsplit (fmtp ? fmtp : "", ";", -1);
  GString *out = g_string_new (NULL);

  for (char **p = parameters; *p; p++)
    {
      gsize len = strlen (g_strstrip (*p));
      if (len > 0 && len <= MAX_PARAMETER && out->len + 1 + len <= MAX_PARAMETERS)
        g_string_append_printf (out, "%s%s", out->len ? ";" : "", *p);
    }
  return g_string_free (out, out->len == 0);
}

void
link_medium_take_formats (LinkMedium *medium, const GPtrArray *formats)
{
  for (guint i = 0; i < MIN (formats->len, LINK_MAX_FORMATS); i++)
    {
      RflFormat *format = rfl_format_copy (formats->pdata[i]);
      char *whole = format->fmtp;

      if (whole && strlen (whole) > MAX_PARAMETERS)
        {
          format->fmtp = shorten_fmtp (whole);
          g_free (whole);
        }
      g_ptr_array_add (medium->formats, format);
    }
}

void
link_medium_free (LinkMedium *medium)
{
  if (!medium)
    return;
  g_free (medium->kind);
  g_ptr_array_unref (medium->formats);
  g_free (medium);
}

LinkMessage *
link_message_new (guint8 type)
{
  LinkMessage *message = g_new0 (LinkMessage, 1);

  message->type = type;
  message->media = g_ptr_array_new_with_free_func ((GDestroyNotify) link_medium_free);
  message->sums = g_array_new (FALSE, FALSE, sizeof (LinkSum));
  return message;
}

void
link_message_free (LinkMessage *message)
{
  if (!message)
    return;
  g_free (message->reflector);
  g_free (message->session);
  g_free (message->participant);
  g_free (message->identity);
  g_free (message->display_name);
  g_free (message->cname);
  g_free (message->text);
  g_clear_pointer (&message->body, g_bytes_unref);
  g_ptr_array_unref (message->media);
  g_array_unref (message->sums);
  g_free (message);
}

/* FNV-1a, 64 bits */
#define FNV_START G_GUINT64_CONSTANT (0xcbf29ce484222325)
#define FNV_PRIME G_GUINT64_CONSTANT (0x100000001b3)

static guint64
fnv (guint64 hash, const guint8 *data, gsize len)
{
  for (gsize i = 0; i < len; i++)
    hash = (hash ^ data[i]) * FNV_PRIME;
  return hash;
}

guint64
link_body_hash (guint8 type, const guint8 *body, gsize len)
{
  return fnv (fnv (FNV_START, &type, 1), body, len);
}

guint
link_bucket (const char *id)
{
  return fnv (FNV_START, (const guint8 *) id, strlen (id)) % LINK_N_BUCKETS;
}

gboolean
link_type_is_known (guint8 type)
{
  return type == LINK_HELLO || type == LINK_GOODBYE || (type >= LINK_JOIN && type <= LINK_SERVICE);
}

guint32
link_type_fields (guint8 type)
{
  switch (type)
    {
    case LINK_RTCP:
      return LINK_BIT (LINK_TLV_SESSION) | LINK_BIT (LINK_TLV_MEDIUM);
    case LINK_HELLO:
      return LINK_BIT (LINK_TLV_REFLECTOR) | LINK_BIT (LINK_TLV_FEATURES);
    case LINK_JOIN:
      return LINK_BIT (LINK_TLV_SESSION) | LINK_BIT (LINK_TLV_PARTICIPANT)
             | LINK_BIT (LINK_TLV_IDENTITY);
    case LINK_LEAVE:
      return LINK_BIT (LINK_TLV_SESSION) | LINK_BIT (LINK_TLV_PARTICIPANT);
    case LINK_SOURCE:
      return LINK_BIT (LINK_TLV_SESSION) | LINK_BIT (LINK_TLV_PARTICIPANT)
             | LINK_BIT (LINK_TLV_MEDIUM) | LINK_BIT (LINK_TLV_LABEL) | LINK_BIT (LINK_TLV_SSRC);
    case LINK_SOURCE_END:
      return LINK_BIT (LINK_TLV_LABEL);
    case LINK_DIGEST:
      return LINK_BIT (LINK_TLV_SUMS);
    case LINK_SYNC:
    case LINK_RETELL:
    case LINK_RETOLD:
      return LINK_BIT (LINK_TLV_BUCKETS);
    case LINK_TEXT:
      return LINK_BIT (LINK_TLV_SESSION) | LINK_BIT (LINK_TLV_PARTICIPANT)
             | LINK_BIT (LINK_TLV_TEXT);
    case LINK_SERVICE:
      return LINK_BIT (LINK_TLV_SERVICE) | LINK_BIT (LINK_TLV_KIND);
    default:
      return 0;
    }
}

gsize
link_tlv_max (guint16 type)
{
  switch (type)
    {
    case LINK_TLV_REFLECTOR:
    case LINK_TLV_PARTICIPANT:
      return 64;
    case LINK_TLV_MEDIUM:
      return 4 + LINK_MAX_TOKEN;
    case LINK_TLV_FORMAT:
      return 8 + LINK_MAX_TOKEN + LINK_MAX_FMTP;
    case LINK_TLV_SUMS:
      return 4 + LINK_N_BUCKETS * LINK_SUM_SIZE;
    case LINK_TLV_TEXT:
      return LINK_MAX_TEXT;
    case LINK_TLV_SERVICE:
      return 4;
    case LINK_TLV_KIND:
      return 1;
    case LINK_TLV_BODY:
      return RFL_LINKS_MAX_BODY;
    default:
      return 255;
    }
}

static void
put16 (GByteArray *out, guint16 value)
{
  guint16 be = g_htons (value);
  g_byte_array_append (out, (const guint8 *) &be, sizeof be);
}

static void
put32 (GByteArray *out, guint32 value)
{
  guint32 be = g_htonl (value);
  g_byte_array_append (out, (const guint8 *) &be, sizeof be);
}

static void
pad (GByteArray *out)
{
  static const guint8 zero[4];
  g_byte_array_append (out, zero, (4 - out->len % 4) % 4);
}

static gboolean
put_text (GByteArray *out, guint16 type, const char *text)
{
  gsize len = text ? strlen (text) : 0;

  if (len == 0)
    return TRUE;
  if (len > link_tlv_max (type))
    return FALSE;
  put16 (out, type);
  put16 (out, len);
  g_byte_array_append (out, (const guint8 *) text, len);
  pad (out);
  return TRUE;
}

static void
put_number (GByteArray *out, guint16 type, guint32 value)
{
  put16 (out, type);
  put16 (out, 4);
  put32 (out, value);
}

static void
put_sums (GByteArray *out, const LinkMessage *message)
{
  const guint8 head[4] = { message->first_bucket };

  put16 (out, LINK_TLV_SUMS);
  put16 (out, 4 + LINK_SUM_SIZE * message->sums->len);
  g_byte_array_append (out, head, sizeof head);
  for (guint i = 0; i < message->sums->len; i++)
    {
      const LinkSum *sum = &g_array_index (message->sums, LinkSum, i);
      put32 (out, sum->count);
      put32 (out, sum->hash >> 32);
      put32 (out, (guint32) sum->hash);
    }
}

static void
put_buckets (GByteArray *out, guint64 buckets)
{
  put16 (out, LINK_TLV_BUCKETS);
  put16 (out, 8);
  put32 (out, buckets >> 32);
  put32 (out, (guint32) buckets);
}

static gboolean
put_service (GByteArray *out, const LinkMessage *message)
{
  gsize len = 0;
  const guint8 *body = message->body ? g_bytes_get_data (message->body, &len) : NULL;

  rfl_tlv_put (out, LINK_TLV_SERVICE, message->service, strlen (message->service));
  rfl_tlv_put_u8 (out, LINK_TLV_KIND, message->kind);
  if (len > link_tlv_max (LINK_TLV_BODY))
    return FALSE;
  rfl_tlv_put (out, LINK_TLV_BODY, body, len);
  return TRUE;
}

static gboolean
put_format (GByteArray *out, const RflFormat *format)
{
  gsize encoding = strlen (format->encoding);
  gsize fmtp = format->fmtp ? strlen (format->fmtp) : 0;
  const guint8 head[4] = { format->pt, CLAMP (format->channels, 1, 255), encoding, 0 };

  if (encoding == 0 || encoding > LINK_MAX_TOKEN || fmtp > LINK_MAX_FMTP)
    return FALSE;
  put16 (out, LINK_TLV_FORMAT);
  put16 (out, 8 + encoding + fmtp);
  g_byte_array_append (out, head, sizeof head);
  put32 (out, format->clock_rate);
  g_byte_array_append (out, (const guint8 *) format->encoding, encoding);
  if (fmtp > 0)
    g_byte_array_append (out, (const guint8 *) format->fmtp, fmtp);
  pad (out);
  return TRUE;
}

static gboolean
put_medium (GByteArray *out, const LinkMedium *medium)
{
  gsize kind = strlen (medium->kind);
  guint8 flags = medium->accepted ? LINK_MEDIUM_ACCEPTED : 0;
  const guint8 head[4] = { medium->index, medium->direction, flags, 0 };

  if (kind == 0 || kind > LINK_MAX_TOKEN || medium->formats->len > LINK_MAX_FORMATS)
    return FALSE;
  put16 (out, LINK_TLV_MEDIUM);
  put16 (out, 4 + kind);
  g_byte_array_append (out, head, sizeof head);
  g_byte_array_append (out, (const guint8 *) medium->kind, kind);
  pad (out);
  for (guint i = 0; i < medium->formats->len; i++)
    if (!put_format (out, medium->formats->pdata[i]))
      return FALSE;
  return TRUE;
}

static gboolean
put_media (GByteArray *out, const GPtrArray *media)
{
  if (media->len > LINK_MAX_MEDIA)
    return FALSE;
  for (guint i = 0; i < media->len; i++)
    if (!put_medium (out, media->pdata[i]))
      return FALSE;
  return TRUE;
}

GByteArray *
link_message_encode (const LinkMessage *message)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  guint32 fields = link_type_fields (message->type);
  gboolean fits = put_text (out, LINK_TLV_REFLECTOR, message->reflector);

  if (fields & LINK_BIT (LINK_TLV_FEATURES))
    put_number (out, LINK_TLV_FEATURES, message->features);
  fits = fits && put_text (out, LINK_TLV_SESSION, message->session)
         && put_text (out, LINK_TLV_PARTICIPANT, message->participant)
         && put_text (out, LINK_TLV_IDENTITY, message->identity)
         && put_text (out, LINK_TLV_NAME, message->display_name)
         && put_text (out, LINK_TLV_CNAME, message->cname);
  if (fields & LINK_BIT (LINK_TLV_LABEL))
    put_number (out, LINK_TLV_LABEL, message->label);
  if (fields & LINK_BIT (LINK_TLV_SSRC))
    put_number (out, LINK_TLV_SSRC, message->ssrc);
  if (fields & LINK_BIT (LINK_TLV_SUMS))
    put_sums (out, message);
  if (fields & LINK_BIT (LINK_TLV_BUCKETS))
    put_buckets (out, message->buckets);
  fits = fits && put_text (out, LINK_TLV_TEXT, message->text);
  if (message->more)
    put_number (out, LINK_TLV_MORE, 1);
  if (message->audio_level)
    put_number (out, LINK_TLV_AUDIO_LEVEL, message->audio_level);
  if (message->type == LINK_SERVICE)
    fits = fits && put_service (out, message);
  fits = fits && put_media (out, message->media) && out->len <= LINK_MAX_BODY;
  return fits ? g_steal_pointer (&out) : NULL;
}
