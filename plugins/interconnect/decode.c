/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the bodies of link messages: grammar only. Whether a session, participant or
 * label exists is not judged here.
 */
#include "plugins/interconnect/message.h"
#include "plugins/interconnect/tlv.h"
#include <reflector/error.h>
#include <string.h>

typedef struct {
  const guint8 *data;
  gsize len;
} Value;

static gboolean G_GNUC_PRINTF (2, 3) malformed (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (error, RFL_ERROR, RFL_ERROR_MALFORMED, text);
  return FALSE;
}

static guint16
get16 (const guint8 *data)
{
  return data[0] << 8 | data[1];
}

static guint32
get32 (const guint8 *data)
{
  return (guint32) get16 (data) << 16 | get16 (data + 2);
}

/* Takes the next field off @body. */
static gboolean
next_field (Value *body, guint16 *type, Value *out, GError **error)
{
  if (body->len < 4)
    return malformed (error, "field header cut off");
  gsize len = get16 (body->data + 2);
  gsize padded = 4 + ((len + 3) & ~(gsize) 3);

  *type = get16 (body->data);
  if (padded > body->len)
    return malformed (error, "field %u is longer than the message", *type);
  *out = (Value){ body->data + 4, len };
  body->data += padded;
  body->len -= padded;
  return TRUE;
}

static gboolean
take_text (char **out, const Value *value)
{
  if (value->len == 0 || !g_utf8_validate_len ((const char *) value->data, value->len, NULL))
    return FALSE;
  *out = g_strndup ((const char *) value->data, value->len);
  return TRUE;
}

static gboolean
take_printable (char **out, const Value *value)
{
  for (gsize i = 0; i < value->len; i++)
    if (!g_ascii_isprint (value->data[i]))
      return FALSE;
  return take_text (out, value);
}

static gboolean
take_number (guint32 *out, const Value *value)
{
  if (value->len != 4)
    return FALSE;
  *out = get32 (value->data);
  return TRUE;
}

static gboolean
take_medium (LinkMessage *message, const Value *value)
{
  g_autofree char *kind = NULL;

  if (value->len < 5 || message->media->len >= LINK_MAX_MEDIA)
    return FALSE;
  const Value token = { value->data + 4, value->len - 4 };
  if ((value->data[1] & ~RFL_DIRECTION_BOTH) != 0 || !take_printable (&kind, &token))
    return FALSE;
  LinkMedium *medium = link_medium_new (value->data[0], kind);
  medium->direction = value->data[1];
  medium->accepted = (value->data[2] & LINK_MEDIUM_ACCEPTED) != 0;
  g_ptr_array_add (message->media, medium);
  return TRUE;
}

static gboolean
take_sums (LinkMessage *message, const Value *value)
{
  guint n = value->len >= 4 ? (value->len - 4) / LINK_SUM_SIZE : 0;

  if (n == 0 || value->len != 4 + n * LINK_SUM_SIZE || value->data[0] + n > LINK_N_BUCKETS)
    return FALSE;
  message->first_bucket = value->data[0];
  for (guint i = 0; i < n; i++)
    {
      const guint8 *at = value->data + 4 + i * LINK_SUM_SIZE;
      const LinkSum sum = { get32 (at), (guint64) get32 (at + 4) << 32 | get32 (at + 8) };
      g_array_append_val (message->sums, sum);
    }
  return TRUE;
}

static gboolean
take_buckets (LinkMessage *message, const Value *value)
{
  if (value->len != 8)
    return FALSE;
  message->buckets = (guint64) get32 (value->data) << 32 | get32 (value->data + 4);
  return TRUE;
}

static gboolean
take_more (LinkMessage *message, const Value *value)
{
  guint32 more = 0;

  if (!take_number (&more, value))
    return FALSE;
  message->more = more != 0;
  return TRUE;
}

static gboolean
take_audio_level (LinkMessage *message, const Value *value)
{
  guint32 number = 0;

  if (!take_number (&number, value) || number == 0 || number > LINK_MAX_EXTENSION)
    return FALSE;
  message->audio_level = number;
  return TRUE;
}

static gboolean
take_service (LinkMessage *message, const Value *value)
{
  for (gsize i = 0; i < value->len; i++)
    if (!g_ascii_isgraph (value->data[i]))
      return FALSE;
  if (value->len != 4)
    return FALSE;
  memcpy (message->service, value->data, 4);
  return TRUE;
}

static gboolean
take_kind (LinkMessage *message, const Value *value)
{
  if (value->len != 1)
    return FALSE;
  message->kind = value->data[0];
  return TRUE;
}

static gboolean
take_body (LinkMessage *message, const Value *value)
{
  if (value->len == 0)
    return FALSE;
  message->body = g_bytes_new (value->data, value->len);
  return TRUE;
}

/* Of the medium before it. */
static gboolean
take_format (LinkMessage *message, const Value *value)
{
  g_autofree char *encoding = NULL;
  g_autofree char *fmtp = NULL;
  LinkMedium *medium = NULL;

  if (message->media->len > 0)
    medium = message->media->pdata[message->media->len - 1];
  if (!medium || medium->formats->len >= LINK_MAX_FORMATS || value->len < 9)
    return FALSE;
  gsize name_len = value->data[2];
  const Value name = { value->data + 8, name_len };
  const Value rest = { value->data + 8 + name_len,
                       value->len - 8 - MIN (name_len, value->len - 8) };
  if (name_len > MIN (LINK_MAX_TOKEN, value->len - 8) || !take_printable (&encoding, &name))
    return FALSE;
  if (rest.len > LINK_MAX_FMTP || (rest.len > 0 && !take_text (&fmtp, &rest)))
    return FALSE;
  guint32 clock_rate = get32 (value->data + 4);
  if (value->data[0] > 127 || value->data[1] == 0 || clock_rate == 0)
    return FALSE;
  g_ptr_array_add (medium->formats,
                   rfl_format_new (value->data[0], encoding, clock_rate, value->data[1], fmtp));
  return TRUE;
}

static gboolean
take_field (LinkMessage *message, guint16 type, const Value *value)
{
  if (value->len > link_tlv_max (type))
    return FALSE;
  switch (type)
    {
    case LINK_TLV_REFLECTOR:
      return take_printable (&message->reflector, value);
    case LINK_TLV_FEATURES:
      return take_number (&message->features, value);
    case LINK_TLV_SESSION:
      return take_text (&message->session, value);
    case LINK_TLV_PARTICIPANT:
      return (value->len == 0 || memchr (value->data, ' ', value->len) == NULL)
             && take_printable (&message->participant, value);
    case LINK_TLV_IDENTITY:
      return take_text (&message->identity, value);
    case LINK_TLV_NAME:
      return take_text (&message->display_name, value);
    case LINK_TLV_CNAME:
      return take_text (&message->cname, value);
    case LINK_TLV_LABEL:
      return take_number (&message->label, value);
    case LINK_TLV_SSRC:
      return take_number (&message->ssrc, value);
    case LINK_TLV_MEDIUM:
      return take_medium (message, value);
    case LINK_TLV_SUMS:
      return take_sums (message, value);
    case LINK_TLV_BUCKETS:
      return take_buckets (message, value);
    case LINK_TLV_TEXT:
      return take_text (&message->text, value);
    case LINK_TLV_MORE:
      return take_more (message, value);
    case LINK_TLV_AUDIO_LEVEL:
      return take_audio_level (message, value);
    case LINK_TLV_SERVICE:
      return take_service (message, value);
    case LINK_TLV_KIND:
      return take_kind (message, value);
    case LINK_TLV_BODY:
      return take_body (message, value);
    default:
      return take_format (message, value);
    }
}

/* Media and formats may be repeated, the others not. */
static gboolean
take_fields (LinkMessage *message, Value body, guint32 *seen, GError **error)
{
  const guint32 repeatable = LINK_BIT (LINK_TLV_MEDIUM) | LINK_BIT (LINK_TLV_FORMAT);

  while (body.len > 0)
    {
      guint16 type = 0;
      Value value = { NULL, 0 };
      if (!next_field (&body, &type, &value, error))
        return FALSE;
      if (type == 0 || type > LINK_LAST_TLV)
        continue;
      if ((*seen & ~repeatable & LINK_BIT (type)) != 0)
        return malformed (error, "field %u twice", type);
      if (!take_field (message, type, &value))
        return malformed (error, "field %u is wrong", type);
      *seen |= LINK_BIT (type);
    }
  return TRUE;
}

static gboolean
check_media (const LinkMessage *message, GError **error)
{
  gboolean one = message->type == LINK_SOURCE || message->type == LINK_RTCP;

  if (one && message->media->len != 1)
    return malformed (error, "%u media where one is meant", message->media->len);
  for (guint i = 0; !one && i < message->media->len; i++)
    {
      const LinkMedium *medium = message->media->pdata[i];
      if (medium->index != i)
        return malformed (error, "medium %u stands at place %u", medium->index, i);
    }
  return TRUE;
}

LinkMessage *
link_message_decode (guint8 type, const guint8 *body, gsize len, GError **error)
{
  g_autoptr (LinkMessage) message = link_message_new (type);
  guint32 required = link_type_fields (type);
  guint32 seen = 0;

  message->hash = link_body_hash (type, body, len);
  if (type != LINK_RTCP && !link_type_is_known (type))
    return g_steal_pointer (&message);
  if (!take_fields (message, (Value){ body, len }, &seen, error) || !check_media (message, error))
    return NULL;
  if ((seen & required) != required)
    {
      malformed (error, "message type %u lacks fields (has %#x, needs %#x)", type, seen, required);
      return NULL;
    }
  return g_steal_pointer (&message);
}
