/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Application sharing on the wire (doc/share-protocol.md): the messages of service SHAR, the line with which
 * each TCP connection begins, and the frames on the sharer's. For both ends. Not for sockets: who may connect,
 * and what becomes of the octets, is plugin appshare's and the client's.
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
#define RFL_SHARE_CONTROL "SHAR"

/* To (t) and from (f) the reflector; ANNOUNCE and ENDED also between reflectors */
typedef enum {
  RFL_SHARE_REQUEST = 1,  /* t: request, kind, title */
  RFL_SHARE_GRANT = 2,    /* f: request, share, port, address, passkey, flags */
  RFL_SHARE_REFUSE = 3,   /* f: request, code, reason */
  RFL_SHARE_ANNOUNCE = 4, /* f: share, kind, title, owner, port, address, passkey, flags */
  RFL_SHARE_ENDED = 5,    /* f: share, reason, code */
  RFL_SHARE_END = 6       /* t: share */
} RflShareMessageType;

typedef enum {
  RFL_SHARE_FIELD_REQUEST = 1,
  RFL_SHARE_FIELD_KIND = 2,
  RFL_SHARE_FIELD_TITLE = 3,
  RFL_SHARE_FIELD_SHARE = 4,
  RFL_SHARE_FIELD_PORT = 5,
  RFL_SHARE_FIELD_ADDRESS = 6,
  RFL_SHARE_FIELD_PASSKEY = 7,
  RFL_SHARE_FIELD_FLAGS = 8,
  RFL_SHARE_FIELD_CODE = 9,
  RFL_SHARE_FIELD_REASON = 10,
  RFL_SHARE_FIELD_OWNER = 11,
  RFL_SHARE_FIELD_PATH = 12 /* between reflectors; once for each of them */
} RflShareField;

typedef enum {
  RFL_SHARE_CHANNEL = 1,  /* a byte stream of its own for each viewer */
  RFL_SHARE_BROADCAST = 2 /* one stream for all viewers */
} RflShareKind;

#define RFL_SHARE_FLAG_TLS 1

#define RFL_SHARE_PASSKEY 16 /* octets */
#define RFL_SHARE_MAX_ID 32  /* characters of a share's id: A-Z a-z 0-9 - _ . */
#define RFL_SHARE_MAX_TITLE 96
#define RFL_SHARE_MAX_OWNER 128
#define RFL_SHARE_MAX_ADDRESS 64
#define RFL_SHARE_MAX_REASON 128
#define RFL_SHARE_MAX_PATH 7

/**
 * RflShareMessage:
 * @type: RflShareMessageType
 * @kind: RflShareKind
 * @code: RflError
 * @share, @title, @owner, @address, @reason: (nullable); @address is numeric, without brackets
 * @path: (element-type utf8) (nullable): ids of the reflectors that it has passed, its origin first
 *
 * Members that a type does not have are 0. Zero-initialise before filling one in.
 */
typedef struct {
  guint8 type, kind, flags;
  guint16 port, code;
  guint32 request;
  guint8 passkey[RFL_SHARE_PASSKEY];
  char *share, *title, *owner, *address, *reason;
  GPtrArray *path;
} RflShareMessage;

/* Fields that are missing or too long, texts with control characters, and types that are not known are
 * RFL_ERROR_MALFORMED; fields that the type does not have are skipped. Clear @out in either case. */
RFL_EXPORT gboolean rfl_share_message_read (RflShareMessage *out, guint8 type, const guint8 *body,
                                            gsize len, GError **error);
/* Returns: (transfer full): the body; texts that are too long are cut. */
RFL_EXPORT GBytes *rfl_share_message_write (const RflShareMessage *message);
/* Frees the members, and overwrites the passkey. */
RFL_EXPORT void rfl_share_message_clear (RflShareMessage *message);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (RflShareMessage, rfl_share_message_clear)
RFL_EXPORT gboolean rfl_share_is_id (const char *id);

/* ---- the first line of a connection ---- */

/* Octets of a line, its end included. */
#define RFL_SHARE_MAX_LINE 128
/* Seconds for it. */
#define RFL_SHARE_HELLO_TIMEOUT 5

typedef struct {
  char share[RFL_SHARE_MAX_ID + 1];
  guint8 passkey[RFL_SHARE_PASSKEY];
} RflShareHello;

/* @line: without its end (CR LF, or LF). Returns: %FALSE unless it is right as a whole. */
RFL_EXPORT gboolean rfl_share_hello_parse (RflShareHello *out, const char *line, gsize len);
/* Writes the line with its end, and a NUL. Returns: its length without the NUL. */
RFL_EXPORT gsize rfl_share_hello_write (const RflShareHello *hello,
                                        char out[RFL_SHARE_MAX_LINE + 1]);

#define RFL_SHARE_OK "RFL/1 OK\r\n"
/* Then a space, the reason, CR LF */
#define RFL_SHARE_NO "RFL/1 NO"

/**
 * rfl_share_answer_parse:
 * @line: without its end
 *
 * Returns: %TRUE: OK. RFL_ERROR_FORBIDDEN with the reason, in printable ASCII; RFL_ERROR_MALFORMED: it is no such
 * answer.
 */
RFL_EXPORT gboolean rfl_share_answer_parse (const char *line, gsize len, GError **error);

/* ---- frames ---- */

#define RFL_SHARE_FRAME_HEAD 8
#define RFL_SHARE_MAX_PAYLOAD 65535
/* Of the types but DATA and HEADER */
#define RFL_SHARE_MAX_SMALL 16
/* Of a broadcast's HEADER as a whole */
#define RFL_SHARE_MAX_HEADER 65536

typedef enum {
  RFL_SHARE_FRAME_OPEN = 1,   /* from the reflector: a viewer came; u32 credit of both directions */
  RFL_SHARE_FRAME_CLOSE = 2,  /* empty */
  RFL_SHARE_FRAME_DATA = 3,   /* octets of the channel; 0: of the broadcast */
  RFL_SHARE_FRAME_CREDIT = 4, /* u32: so many octets more may be sent on the channel */
  RFL_SHARE_FRAME_PING = 5,   /* answered with PONG and the same payload */
  RFL_SHARE_FRAME_PONG = 6,
  RFL_SHARE_FRAME_HEADER = 7 /* what each viewer of the broadcast gets first from now on */
} RflShareFrameType;

#define RFL_SHARE_FRAME_MARK 1 /* DATA: a viewer may begin with it */
#define RFL_SHARE_FRAME_MORE 2 /* HEADER: more of it follows */

typedef struct {
  guint8 type, flags;
  guint16 len;
  guint32 channel;
} RflShareFrame;

RFL_EXPORT void rfl_share_frame_write (const RflShareFrame *frame,
                                       guint8 out[RFL_SHARE_FRAME_HEAD]);
RFL_EXPORT void rfl_share_frame_read (RflShareFrame *out, const guint8 head[RFL_SHARE_FRAME_HEAD]);

/* Cuts a stream into frames, as they come; private but for its size. Zero-initialise. */
typedef struct {
  guint8 head[RFL_SHARE_FRAME_HEAD], small[RFL_SHARE_MAX_SMALL];
  guint have;
  RflShareFrame frame;
  guint done;
} RflShareReader;

/**
 * RflSharePiece:
 * @payload: lent: of the stream, or of the reader until its next use
 * @first, @last: piece of its frame; DATA and HEADER come in as many as they arrived in, others whole
 * @number: of OPEN and CREDIT
 */
typedef struct {
  RflShareFrame frame;
  const guint8 *payload;
  gsize len;
  gboolean first, last;
  guint32 number;
} RflSharePiece;

typedef enum {
  RFL_SHARE_READ_MORE, /* all is taken */
  RFL_SHARE_READ_PIECE,
  RFL_SHARE_READ_BAD /* the stream is of no more use */
} RflShareRead;

/**
 * rfl_share_reader_next:
 * @data, @len: (inout): the rest of what has arrived
 * @error: of RFL_SHARE_READ_BAD: RFL_ERROR_MALFORMED
 *
 * Types that are not known are skipped.
 */
RFL_EXPORT RflShareRead rfl_share_reader_next (RflShareReader *reader, const guint8 **data,
                                               gsize *len, RflSharePiece *out, GError **error);

G_END_DECLS
