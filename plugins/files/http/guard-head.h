/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The head of a request, octet by octet as it comes: whether it is whole, wrong, or still on its
 * way. Stricter than RFC 9112 wherever a second reader might understand something else. Not for
 * connections or time: guard-door.h.
 */
#pragma once

#include "plugins/files/http/guard.h"

G_BEGIN_DECLS

/* Why a request is refused; status 0: it is not. */
typedef struct {
  guint status;
  const char *why; /* static */
} GuardFault;

typedef enum {
  GUARD_METHOD_NONE, /* not read yet */
  GUARD_METHOD_GET,
  GUARD_METHOD_HEAD,
  GUARD_METHOD_PUT,
  GUARD_METHOD_DELETE,
  GUARD_METHOD_OPTIONS
} GuardMethod;

/* Starts as zeros, for each request anew. */
typedef struct {
  GuardMethod method;
  guint minor;    /* of HTTP/1.minor */
  guint64 body;   /* octets that follow the head */
  gboolean sized; /* it has a Content-Length */
  guint fields;   /* so many so far */
  guint seen;     /* bits of the fields that may come once */
  gsize line;     /* where in the head the present line begins */
  gsize next;     /* the first octet not looked at yet */
  gboolean begun; /* the request line has been read */
} GuardHead;

/**
 * guard_head_feed:
 * @data: all octets from the request's first one on, those of earlier calls too, in place
 * @fault: (out): what is wrong, once something is; @head is then useless but for its method
 *
 * Each octet is looked at once, however small the pieces are.
 *
 * Returns: the length of the head, its empty line included; 0 while it is not whole, or wrong
 */
gsize guard_head_feed (GuardHead *head, const guint8 *data, gsize len, const GuardLimits *limits,
                       GuardFault *fault);

/* Parts of it, for the parser. Each returns the fault or %NULL. */
const char *guard_check_target (const char *target, gsize len);
const char *guard_check_host (const char *host, gsize len);

G_END_DECLS
