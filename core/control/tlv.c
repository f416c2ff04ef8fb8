/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fields of type, length and value: reading and writing (doc/link-protocol.md, "Fields"). Not for which
 * fields a message has.
 */
#include <reflector/tlv.h>

#include "core/wire/bytes.h"
#include <string.h>

#define HEADER 4

static gsize
padded (gsize len)
{
  return (len + 3) & ~(gsize) 3;
}

gboolean
rfl_tlv_next (const guint8 **at, gsize *left, guint16 *type, RflTlv *out)
{
  gsize len, whole;

  if (*left < HEADER)
    return FALSE;
  len = wire_get16 (*at + 2);
  whole = HEADER + padded (len);
  if (len == 0 || whole > *left)
    return FALSE;
  *type = wire_get16 (*at);
  *out = (RflTlv){ *at + HEADER, len };
  *at += whole;
  *left -= whole;
  return TRUE;
}

gboolean
rfl_tlv_read (const guint8 *body, gsize len, RflTlv *fields, guint n_types)
{
  guint16 type;
  RflTlv field;

  memset (fields, 0, n_types * sizeof *fields);
  while (rfl_tlv_next (&body, &len, &type, &field))
    {
      if (type >= n_types)
        continue;
      if (fields[type].value)
        return FALSE;
      fields[type] = field;
    }
  return len == 0;
}

gboolean
rfl_tlv_get_octets (const RflTlv *field, guint8 *out, gsize len)
{
  if (!field->value || field->len != len)
    return FALSE;
  memcpy (out, field->value, len);
  return TRUE;
}

gboolean
rfl_tlv_get_u8 (const RflTlv *field, guint8 *out)
{
  return rfl_tlv_get_octets (field, out, 1);
}

gboolean
rfl_tlv_get_u16 (const RflTlv *field, guint16 *out)
{
  if (!field->value || field->len != 2)
    return FALSE;
  *out = wire_get16 (field->value);
  return TRUE;
}

gboolean
rfl_tlv_get_u32 (const RflTlv *field, guint32 *out)
{
  if (!field->value || field->len != 4)
    return FALSE;
  *out = wire_get32 (field->value);
  return TRUE;
}

gboolean
rfl_tlv_get_u64 (const RflTlv *field, guint64 *out)
{
  if (!field->value || field->len != 8)
    return FALSE;
  *out = (guint64) wire_get32 (field->value) << 32 | wire_get32 (field->value + 4);
  return TRUE;
}

static gboolean
has_control (const char *text)
{
  for (; *text; text = g_utf8_next_char (text))
    if (g_unichar_iscntrl (g_utf8_get_char (text)))
      return TRUE;
  return FALSE;
}

char *
rfl_tlv_dup_text (const RflTlv *field, gsize max)
{
  g_autofree char *text = NULL;

  /* with its length given it also refuses NUL */
  if (!field->value || field->len > max
      || !g_utf8_validate ((const char *) field->value, (gssize) field->len, NULL))
    return NULL;
  text = g_strndup ((const char *) field->value, field->len);
  return has_control (text) ? NULL : g_steal_pointer (&text);
}

void
rfl_tlv_put (GByteArray *body, guint16 type, gconstpointer value, gsize len)
{
  static const guint8 zeros[3];
  guint8 header[HEADER];

  g_return_if_fail (len <= G_MAXUINT16);
  if (len == 0)
    return;
  wire_put16 (header, type);
  wire_put16 (header + 2, (guint16) len);
  g_byte_array_append (body, header, HEADER);
  g_byte_array_append (body, value, (guint) len);
  g_byte_array_append (body, zeros, (guint) (padded (len) - len));
}

void
rfl_tlv_put_u8 (GByteArray *body, guint16 type, guint8 value)
{
  rfl_tlv_put (body, type, &value, 1);
}

void
rfl_tlv_put_u16 (GByteArray *body, guint16 type, guint16 value)
{
  guint8 octets[2];

  wire_put16 (octets, value);
  rfl_tlv_put (body, type, octets, sizeof octets);
}

void
rfl_tlv_put_u32 (GByteArray *body, guint16 type, guint32 value)
{
  guint8 octets[4];

  wire_put32 (octets, value);
  rfl_tlv_put (body, type, octets, sizeof octets);
}

void
rfl_tlv_put_u64 (GByteArray *body, guint16 type, guint64 value)
{
  guint8 octets[8];

  wire_put32 (octets, (guint32) (value >> 32));
  wire_put32 (octets + 4, (guint32) value);
  rfl_tlv_put (body, type, octets, sizeof octets);
}

void
rfl_tlv_put_text (GByteArray *body, guint16 type, const char *text, gsize max)
{
  gsize len = text ? strlen (text) : 0;

  max = MIN (max, G_MAXUINT16);
  if (len > max)
    {
      /* back to where a character begins */
      for (len = max; len > 0 && (text[len] & 0xc0) == 0x80; len--)
        ;
    }
  rfl_tlv_put (body, type, text, len);
}
