/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bodies of the messages of application sharing: which fields each type has (doc/share-protocol.md, "Messages").
 * Not for how they get to the other side.
 */
#include <reflector/share.h>

#include <string.h>

#define N_FIELDS RFL_SHARE_FIELD_PATH /* PATH itself may stand more than once */
#define BIT(field) (1u << RFL_SHARE_FIELD_##field)

#define PLACE (BIT (SHARE) | BIT (PORT) | BIT (ADDRESS) | BIT (PASSKEY))

/* What must be there, and what may be. */
static const struct {
  guint needs, takes;
} grammar[] = {
  [RFL_SHARE_REQUEST] = { BIT (REQUEST) | BIT (KIND), BIT (TITLE) },
  [RFL_SHARE_GRANT] = { BIT (REQUEST) | PLACE, BIT (FLAGS) },
  [RFL_SHARE_REFUSE] = { BIT (REQUEST) | BIT (CODE), BIT (REASON) },
  [RFL_SHARE_ANNOUNCE] = { BIT (KIND) | PLACE,
                           BIT (TITLE) | BIT (OWNER) | BIT (FLAGS) | BIT (PATH) },
  [RFL_SHARE_ENDED] = { BIT (SHARE), BIT (REASON) | BIT (CODE) },
  [RFL_SHARE_END] = { BIT (SHARE), 0 },
};

gboolean
rfl_share_is_id (const char *id)
{
  gsize len = strlen (id);

  return len > 0 && len <= RFL_SHARE_MAX_ID
         && strspn (id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") == len;
}

/* ---- reading ---- */

static gboolean
bad (GError **error, const char *what)
{
  g_set_error (error, RFL_ERROR, RFL_ERROR_MALFORMED, "share message: %s", what);
  return FALSE;
}

static gboolean
read_text (char **out, const RflTlv *field, gsize max)
{
  return !field->value || (*out = rfl_tlv_dup_text (field, max)) != NULL;
}

static gboolean
read_texts (RflShareMessage *out, const RflTlv *fields)
{
  return read_text (&out->title, &fields[RFL_SHARE_FIELD_TITLE], RFL_SHARE_MAX_TITLE)
         && read_text (&out->owner, &fields[RFL_SHARE_FIELD_OWNER], RFL_SHARE_MAX_OWNER)
         && read_text (&out->address, &fields[RFL_SHARE_FIELD_ADDRESS], RFL_SHARE_MAX_ADDRESS)
         && read_text (&out->reason, &fields[RFL_SHARE_FIELD_REASON], RFL_SHARE_MAX_REASON)
         && read_text (&out->share, &fields[RFL_SHARE_FIELD_SHARE], RFL_SHARE_MAX_ID)
         && (!out->share || rfl_share_is_id (out->share));
}

static gboolean
read_numbers (RflShareMessage *out, const RflTlv *fields)
{
#define OK(field, call) (!fields[RFL_SHARE_FIELD_##field].value || (call))
  return OK (REQUEST, rfl_tlv_get_u32 (&fields[RFL_SHARE_FIELD_REQUEST], &out->request))
         && OK (KIND, rfl_tlv_get_u8 (&fields[RFL_SHARE_FIELD_KIND], &out->kind))
         && OK (PORT, rfl_tlv_get_u16 (&fields[RFL_SHARE_FIELD_PORT], &out->port))
         && OK (FLAGS, rfl_tlv_get_u8 (&fields[RFL_SHARE_FIELD_FLAGS], &out->flags))
         && OK (CODE, rfl_tlv_get_u16 (&fields[RFL_SHARE_FIELD_CODE], &out->code))
         && OK (PASSKEY, rfl_tlv_get_octets (&fields[RFL_SHARE_FIELD_PASSKEY], out->passkey,
                                             RFL_SHARE_PASSKEY));
#undef OK
}

static gboolean
read_path (RflShareMessage *out, const guint8 *body, gsize len)
{
  guint16 type;
  RflTlv field;

  while (rfl_tlv_next (&body, &len, &type, &field))
    {
      char *id = NULL;

      if (type != RFL_SHARE_FIELD_PATH)
        continue;
      id = rfl_tlv_dup_text (&field, 64);
      if (!id)
        return FALSE;
      if (!out->path)
        out->path = g_ptr_array_new_with_free_func (g_free);
      g_ptr_array_add (out->path, id);
      if (out->path->len > RFL_SHARE_MAX_PATH)
        return FALSE;
    }
  return TRUE;
}

/* Fields that the type does not have are as if they were not there. */
static gboolean
select_fields (RflTlv *fields, guint8 type)
{
  for (guint i = 0; i < N_FIELDS; i++)
    {
      if (!((grammar[type].needs | grammar[type].takes) & 1u << i))
        fields[i] = (RflTlv){ NULL, 0 };
      if (grammar[type].needs & 1u << i && !fields[i].value)
        return FALSE;
    }
  return TRUE;
}

gboolean
rfl_share_message_read (RflShareMessage *out, guint8 type, const guint8 *body, gsize len,
                        GError **error)
{
  RflTlv fields[N_FIELDS];

  memset (out, 0, sizeof *out);
  if (type < RFL_SHARE_REQUEST || type > RFL_SHARE_END)
    return bad (error, "of unknown type");
  out->type = type;
  if (!rfl_tlv_read (body, len, fields, N_FIELDS))
    return bad (error, "fields do not fit");
  if (!select_fields (fields, type))
    return bad (error, "a field is missing");
  if (!read_texts (out, fields) || !read_numbers (out, fields)
      || (grammar[type].takes & BIT (PATH) && !read_path (out, body, len)))
    return bad (error, "a field has no such value");
  if (grammar[type].needs & BIT (KIND) && out->kind != RFL_SHARE_CHANNEL
      && out->kind != RFL_SHARE_BROADCAST)
    return bad (error, "of unknown kind");
  if (grammar[type].needs & BIT (PORT) && out->port == 0)
    return bad (error, "port 0");
  return TRUE;
}

/* ---- writing ---- */

static void
write_place (GByteArray *body, const RflShareMessage *message)
{
  rfl_tlv_put_u16 (body, RFL_SHARE_FIELD_PORT, message->port);
  rfl_tlv_put_text (body, RFL_SHARE_FIELD_ADDRESS, message->address, RFL_SHARE_MAX_ADDRESS);
  rfl_tlv_put (body, RFL_SHARE_FIELD_PASSKEY, message->passkey, RFL_SHARE_PASSKEY);
  if (message->flags != 0)
    rfl_tlv_put_u8 (body, RFL_SHARE_FIELD_FLAGS, message->flags);
}

static void
write_path (GByteArray *body, const RflShareMessage *message)
{
  for (guint i = 0; message->path && i < message->path->len; i++)
    rfl_tlv_put_text (body, RFL_SHARE_FIELD_PATH, message->path->pdata[i], 64);
}

GBytes *
rfl_share_message_write (const RflShareMessage *message)
{
  GByteArray *body = g_byte_array_new ();
  guint has;

  g_return_val_if_fail (message->type >= RFL_SHARE_REQUEST && message->type <= RFL_SHARE_END,
                        g_byte_array_free_to_bytes (body));
  has = grammar[message->type].needs | grammar[message->type].takes;
  if (has & BIT (REQUEST))
    rfl_tlv_put_u32 (body, RFL_SHARE_FIELD_REQUEST, message->request);
  if (has & BIT (SHARE))
    rfl_tlv_put_text (body, RFL_SHARE_FIELD_SHARE, message->share, RFL_SHARE_MAX_ID);
  if (has & BIT (KIND))
    rfl_tlv_put_u8 (body, RFL_SHARE_FIELD_KIND, message->kind);
  if (has & BIT (TITLE))
    rfl_tlv_put_text (body, RFL_SHARE_FIELD_TITLE, message->title, RFL_SHARE_MAX_TITLE);
  if (has & BIT (OWNER))
    rfl_tlv_put_text (body, RFL_SHARE_FIELD_OWNER, message->owner, RFL_SHARE_MAX_OWNER);
  if (has & BIT (PORT))
    write_place (body, message);
  if (grammar[message->type].needs & BIT (CODE) || (has & BIT (CODE) && message->code != 0))
    rfl_tlv_put_u16 (body, RFL_SHARE_FIELD_CODE, message->code);
  if (has & BIT (REASON))
    rfl_tlv_put_text (body, RFL_SHARE_FIELD_REASON, message->reason, RFL_SHARE_MAX_REASON);
  if (has & BIT (PATH))
    write_path (body, message);
  return g_byte_array_free_to_bytes (body);
}

void
rfl_share_message_clear (RflShareMessage *message)
{
  g_clear_pointer (&message->share, g_free);
  g_clear_pointer (&message->title, g_free);
  g_clear_pointer (&message->owner, g_free);
  g_clear_pointer (&message->address, g_free);
  g_clear_pointer (&message->reason, g_free);
  g_clear_pointer (&message->path, g_ptr_array_unref);
  explicit_bzero (message->passkey, sizeof message->passkey);
}
