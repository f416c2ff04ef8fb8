/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bodies of the messages of files: which fields each type has (doc/file-protocol.md, "Messages"). Not for how they get
 * to the other side.
 */
#include <reflector/file.h>

#include <string.h>

#define N_FIELDS (RFL_FILE_FIELD_PATH + 1)
#define BIT(field) (1u << RFL_FILE_FIELD_##field)

#define WHAT (BIT (FILE) | BIT (NAME) | BIT (SIZE) | BIT (SHA256))

/* What must be there, and what may be. */
typedef struct {
  guint needs, takes;
} Grammar;

static const Grammar *
grammar_of (guint type)
{
  static const Grammar key = { BIT (BASE) | BIT (ROOM) | BIT (PASSKEY), BIT (PAGE) };
  static const Grammar offered = { WHAT | BIT (URL), BIT (OWNER) | BIT (TYPE) };
  static const Grammar gone = { BIT (FILE), BIT (REASON) | BIT (FLAGS) };
  static const Grammar link = { WHAT | BIT (ADDRESS) | BIT (PORT) | BIT (KEY) | BIT (PATH),
                                BIT (OWNER) | BIT (TYPE) | BIT (FLAGS) };

  switch (type)
    {
    case RFL_FILE_KEY:
      return &key;
    case RFL_FILE_OFFERED:
      return &offered;
    case RFL_FILE_GONE:
      return &gone;
    case RFL_FILE_LINK_OFFERED:
      return &link;
    default:
      return NULL;
    }
}

/* ---- reading ---- */

static gboolean
bad (GError **error, const char *what)
{
  g_set_error (error, RFL_ERROR, RFL_ERROR_MALFORMED, "file message: %s", what);
  return FALSE;
}

static gboolean
read_text (char **out, const RflTlv *field, gsize max)
{
  return !field->value || (*out = rfl_tlv_dup_text (field, max)) != NULL;
}

static gboolean
read_texts (RflFileMessage *out, const RflTlv *fields)
{
#define TEXT(member, field, max)                                                                   \
  read_text (&out->member, &fields[RFL_FILE_FIELD_##field], RFL_FILE_MAX_##max)
  return TEXT (name, NAME, NAME) && (!out->name || rfl_file_is_name (out->name))
         && TEXT (media_type, TYPE, TYPE)
         && (!out->media_type || rfl_file_is_type (out->media_type)) && TEXT (owner, OWNER, OWNER)
         && TEXT (url, URL, URL) && TEXT (reason, REASON, REASON) && TEXT (base, BASE, BASE)
         && TEXT (room, ROOM, ROOM) && TEXT (page, PAGE, URL) && TEXT (address, ADDRESS, ADDRESS);
#undef TEXT
}

static gboolean
read_numbers (RflFileMessage *out, const RflTlv *fields)
{
#define OK(field, call) (!fields[RFL_FILE_FIELD_##field].value || (call))
#define OCTETS(field, member)                                                                      \
  OK (field, rfl_tlv_get_octets (&fields[RFL_FILE_FIELD_##field], out->member, sizeof out->member))
  return OCTETS (FILE, file) && OCTETS (SHA256, sha256) && OCTETS (PASSKEY, passkey)
         && OCTETS (KEY, passkey)
         && OK (SIZE, rfl_tlv_get_u64 (&fields[RFL_FILE_FIELD_SIZE], &out->size))
         && OK (FLAGS, rfl_tlv_get_u8 (&fields[RFL_FILE_FIELD_FLAGS], &out->flags))
         && OK (PORT, rfl_tlv_get_u16 (&fields[RFL_FILE_FIELD_PORT], &out->port) && out->port > 0);
#undef OCTETS
#undef OK
}

static gboolean
read_path (RflFileMessage *out, const RflTlv *field)
{
  if (!field->value)
    return TRUE;
  if (field->len % RFL_FILE_TAG != 0 || field->len > sizeof out->path)
    return FALSE;
  memcpy (out->path, field->value, field->len);
  out->n_path = (guint) (field->len / RFL_FILE_TAG);
  return TRUE;
}

/* Fields that the type does not have are as if they were not there. */
static gboolean
select_fields (RflTlv *fields, const Grammar *grammar)
{
  for (guint i = 0; i < N_FIELDS; i++)
    {
      if (!((grammar->needs | grammar->takes) & 1u << i))
        fields[i] = (RflTlv){ NULL, 0 };
      if (grammar->needs & 1u << i && !fields[i].value)
        return FALSE;
    }
  return TRUE;
}

gboolean
rfl_file_message_read (RflFileMessage *out, guint type, const guint8 *body, gsize len,
                       GError **error)
{
  const Grammar *grammar = grammar_of (type);
  RflTlv fields[N_FIELDS];

  memset (out, 0, sizeof *out);
  if (!grammar)
    return bad (error, "of unknown type");
  out->type = (guint16) type;
  if (!rfl_tlv_read (body, len, fields, N_FIELDS))
    return bad (error, "fields do not fit");
  if (!select_fields (fields, grammar))
    return bad (error, "a field is missing");
  if (!read_texts (out, fields) || !read_numbers (out, fields)
      || !read_path (out, &fields[RFL_FILE_FIELD_PATH]))
    return bad (error, "a field has no such value");
  return TRUE;
}

/* ---- writing ---- */

static void
write_what (GByteArray *body, const RflFileMessage *message)
{
  rfl_tlv_put (body, RFL_FILE_FIELD_FILE, message->file, RFL_FILE_ID);
  if (message->type == RFL_FILE_GONE)
    return;
  rfl_tlv_put_text (body, RFL_FILE_FIELD_NAME, message->name, RFL_FILE_MAX_NAME);
  rfl_tlv_put_u64 (body, RFL_FILE_FIELD_SIZE, message->size);
  rfl_tlv_put (body, RFL_FILE_FIELD_SHA256, message->sha256, RFL_FILE_SHA256);
  rfl_tlv_put_text (body, RFL_FILE_FIELD_OWNER, message->owner, RFL_FILE_MAX_OWNER);
  if (message->media_type && rfl_file_is_type (message->media_type))
    rfl_tlv_put_text (body, RFL_FILE_FIELD_TYPE, message->media_type, RFL_FILE_MAX_TYPE);
}

/* Half an address is of no use. */
static void
write_url (GByteArray *body, guint16 field, const char *url)
{
  if (url && strlen (url) <= RFL_FILE_MAX_URL)
    rfl_tlv_put_text (body, field, url, RFL_FILE_MAX_URL);
}

static void
write_key (GByteArray *body, const RflFileMessage *message)
{
  if (message->base && strlen (message->base) <= RFL_FILE_MAX_BASE)
    rfl_tlv_put_text (body, RFL_FILE_FIELD_BASE, message->base, RFL_FILE_MAX_BASE);
  rfl_tlv_put_text (body, RFL_FILE_FIELD_ROOM, message->room, RFL_FILE_MAX_ROOM);
  rfl_tlv_put (body, RFL_FILE_FIELD_PASSKEY, message->passkey, RFL_FILE_PASSKEY);
  write_url (body, RFL_FILE_FIELD_PAGE, message->page);
}

static void
write_place (GByteArray *body, const RflFileMessage *message)
{
  rfl_tlv_put_text (body, RFL_FILE_FIELD_ADDRESS, message->address, RFL_FILE_MAX_ADDRESS);
  rfl_tlv_put_u16 (body, RFL_FILE_FIELD_PORT, message->port);
  rfl_tlv_put (body, RFL_FILE_FIELD_KEY, message->passkey, RFL_FILE_PASSKEY);
  rfl_tlv_put (body, RFL_FILE_FIELD_PATH, message->path,
               MIN (message->n_path, RFL_FILE_MAX_PATH) * RFL_FILE_TAG);
}

GBytes *
rfl_file_message_write (const RflFileMessage *message)
{
  GByteArray *body = g_byte_array_new ();
  const Grammar *grammar = grammar_of (message->type);

  g_return_val_if_fail (grammar, g_byte_array_free_to_bytes (body));
  if (grammar->needs & BIT (FILE))
    write_what (body, message);
  if (grammar->needs & BIT (URL))
    write_url (body, RFL_FILE_FIELD_URL, message->url);
  if (grammar->needs & BIT (PASSKEY))
    write_key (body, message);
  if (grammar->needs & BIT (PORT))
    write_place (body, message);
  if (grammar->takes & BIT (REASON))
    rfl_tlv_put_text (body, RFL_FILE_FIELD_REASON, message->reason, RFL_FILE_MAX_REASON);
  if (grammar->takes & BIT (FLAGS) && message->flags != 0)
    rfl_tlv_put_u8 (body, RFL_FILE_FIELD_FLAGS, message->flags);
  return g_byte_array_free_to_bytes (body);
}

void
rfl_file_message_clear (RflFileMessage *message)
{
  char **const texts[] = { &message->name, &message->owner, &message->media_type,
                           &message->url,  &message->base,  &message->reason,
                           &message->room, &message->page,  &message->address };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_clear_pointer (texts[i], g_free);
  explicit_bzero (message->passkey, sizeof message->passkey);
}

void
rfl_file_tag (const char *reflector, guint8 out[RFL_FILE_TAG])
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 digest[RFL_FILE_SHA256];
  gsize len = sizeof digest;

  g_checksum_update (sum, (const guint8 *) reflector, -1);
  g_checksum_get_digest (sum, digest, &len);
  memcpy (out, digest, RFL_FILE_TAG);
}
