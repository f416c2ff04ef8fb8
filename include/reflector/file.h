/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of a room on the wire (doc/file-protocol.md): the messages of service FILE, and the texts that its HTTP has of its
 * own: names, digests. For both ends. Not for sockets and HTTP itself: plugin files and the client do that.
 *
 * Pure, without state but what is passed in; any thread.
 */
#pragma once

#include <reflector/error.h>
#include <reflector/tlv.h>
#include <reflector/types.h>

G_BEGIN_DECLS

/* ---- messages ---- */

/* Of the services "control" and "links" */
#define RFL_FILE_CONTROL "FILE"

/* All from the reflector, to a participant (p) or another reflector (r). OFFERED has other fields to each of them:
 * over a link it is of type RFL_FILE_LINK_OFFERED here. */
typedef enum {
  RFL_FILE_KEY = 1,     /* p: base, room, passkey, page */
  RFL_FILE_OFFERED = 2, /* p: file, name, size, sha256, owner, type, url */
  RFL_FILE_GONE = 3,    /* p, r: file, reason, flags */
  RFL_FILE_LINK_OFFERED = 0x100 | RFL_FILE_OFFERED
} RflFileMessageType;

typedef enum {
  RFL_FILE_FIELD_FILE = 1,
  RFL_FILE_FIELD_NAME = 2,
  RFL_FILE_FIELD_SIZE = 3,
  RFL_FILE_FIELD_SHA256 = 4,
  RFL_FILE_FIELD_OWNER = 5,
  RFL_FILE_FIELD_TYPE = 6,
  RFL_FILE_FIELD_URL = 7,
  RFL_FILE_FIELD_REASON = 8,
  RFL_FILE_FIELD_BASE = 9,
  RFL_FILE_FIELD_ROOM = 10,
  RFL_FILE_FIELD_PASSKEY = 11,
  RFL_FILE_FIELD_PAGE = 12,
  RFL_FILE_FIELD_ADDRESS = 13,
  RFL_FILE_FIELD_PORT = 14,
  RFL_FILE_FIELD_KEY = 15,
  RFL_FILE_FIELD_FLAGS = 16,
  RFL_FILE_FIELD_PATH = 17 /* of RFL_FILE_TAG octets for each reflector */
} RflFileField;

#define RFL_FILE_FLAG_TLS 1 /* of OFFERED over a link */
#define RFL_FILE_FLAG_AWAY                                                                         \
  2 /* of GONE over a link: not from here at present; the file has not ended */

#define RFL_FILE_ID 16      /* octets of a file's id, random */
#define RFL_FILE_PASSKEY 16 /* octets of a participant's passkey, and of a key */
#define RFL_FILE_SHA256 32
#define RFL_FILE_TAG 8
#define RFL_FILE_MAX_NAME 255
#define RFL_FILE_MAX_OWNER 128
#define RFL_FILE_MAX_TYPE 64
#define RFL_FILE_MAX_URL 448
#define RFL_FILE_MAX_REASON 128
#define RFL_FILE_MAX_BASE 128
#define RFL_FILE_MAX_ROOM 255
#define RFL_FILE_MAX_ADDRESS 64
#define RFL_FILE_MAX_PATH 7

/**
 * RflFileMessage:
 * @type: RflFileMessageType
 * @passkey: of KEY; of OFFERED over a link its KEY
 * @name: see rfl_file_is_name()
 * @owner, @media_type, @reason, @page: (nullable)
 * @address: numeric, without brackets
 * @path: the reflectors that it has passed, its origin first; see rfl_file_tag()
 *
 * Members that a type does not have are 0. Zero-initialise before filling one in.
 */
typedef struct {
  guint16 type;
  guint8 flags;
  guint16 port;
  guint64 size;
  guint8 file[RFL_FILE_ID], sha256[RFL_FILE_SHA256], passkey[RFL_FILE_PASSKEY];
  char *name, *owner, *media_type, *url, *reason, *base, *room, *page, *address;
  guint n_path;
  guint8 path[RFL_FILE_MAX_PATH][RFL_FILE_TAG];
} RflFileMessage;

/* Fields that are missing or too long, texts with control characters, names that are none, and types that are
 * not known are RFL_ERROR_MALFORMED; fields that the type does not have are skipped. Clear @out in either case. */
RFL_EXPORT gboolean rfl_file_message_read (RflFileMessage *out, guint type, const guint8 *body,
                                           gsize len, GError **error);
/* Returns: (transfer full): the body; texts that are too long are cut, URLs and media types left out. */
RFL_EXPORT GBytes *rfl_file_message_write (const RflFileMessage *message);
/* Frees the members, and overwrites the passkey. */
RFL_EXPORT void rfl_file_message_clear (RflFileMessage *message);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (RflFileMessage, rfl_file_message_clear)
/* How a reflector is named in PATH: the first octets of its id's SHA-256. */
RFL_EXPORT void rfl_file_tag (const char *reflector, guint8 out[RFL_FILE_TAG]);

/* ---- texts ---- */

/* Whether a file may be called so: 1 to 255 octets of UTF-8, one segment of a path, without control characters, "/"
 * and "\", and neither "." nor "..". */
RFL_EXPORT gboolean rfl_file_is_name (const char *name);
/* Whether it is a media type without parameters (RFC 9110 §8.3.1) of at most 64 octets. */
RFL_EXPORT gboolean rfl_file_is_type (const char *media_type);
/* Returns: (transfer full): @name as a path's segment and in filename*: all but RFC 3986's unreserved escaped. */
RFL_EXPORT char *rfl_file_escape_name (const char *name);

/* Octets of a Repr-Digest field's value, a NUL among them. */
#define RFL_FILE_DIGEST_STRLEN 64
/* The value of Repr-Digest (RFC 9530 §3): "sha-256=:BASE64:". */
RFL_EXPORT void rfl_file_digest_write (const guint8 sha256[RFL_FILE_SHA256],
                                       char out[RFL_FILE_DIGEST_STRLEN]);
/* Digests by other algorithms may stand beside it. Returns: %FALSE unless there is exactly one that is right. */
RFL_EXPORT gboolean rfl_file_digest_read (guint8 out[RFL_FILE_SHA256], const char *value);

/* Lower case, and a NUL. @out: of 2 × @len + 1 */
RFL_EXPORT void rfl_file_hex_write (const guint8 *octets, gsize len, char *out);
/* Of either case. Returns: %FALSE unless @hex has exactly 2 × @len digits. */
RFL_EXPORT gboolean rfl_file_hex_read (guint8 *out, gsize len, const char *hex);

G_END_DECLS
