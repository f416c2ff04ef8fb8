/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Judges a request's head line by line (RFC 9112 §2 to §6, with its leniencies left out). Not for
 * what the fields mean, but for those that say where the request ends.
 */
#include "config.h"

#include <string.h>

#include "plugins/files/http/guard-head.h"

/* A request line beside its target: the longest method that is let through to be judged, spaces,
 * and the version. Longer methods are none that anybody uses. */
#define AROUND_TARGET 64
/* "HTTP/1.1" */
#define VERSION_LEN 8
/* Digits of which none exceeds 63 bits */
#define LENGTH_DIGITS 18

/* Fields of which two would mean two things. */
static const char *const once[] = { "Host",         "Content-Length", "Content-Range",
                                    "Content-Type", "Expect",         "Authorization",
                                    "Range",        "If-Range",       "Content-Encoding" };
enum {
  HOST,
  LENGTH,
  RANGE_OF_BODY,
  TYPE,
  EXPECT
};

static gboolean
fail (GuardFault *fault, guint status, const char *why)
{
  fault->status = status;
  fault->why = why;
  return FALSE;
}

static gboolean
is_token (const char *text, gsize len)
{
  gsize i;

  for (i = 0; i < len; i++)
    if (!g_ascii_isalnum (text[i]) && (!text[i] || !strchr ("!#$%&'*+-.^_`|~", text[i])))
      return FALSE;
  return len > 0;
}

static gboolean
is_text (const char *text, gsize len, const char *wanted)
{
  return len == strlen (wanted) && memcmp (text, wanted, len) == 0;
}

/* ---- request line */
static gboolean
read_method (GuardHead *head, const char *text, gsize len, GuardFault *fault)
{
  static const struct {
    const char *name;
    GuardMethod method;
  } known[] = { { "GET", GUARD_METHOD_GET },
                { "HEAD", GUARD_METHOD_HEAD },
                { "PUT", GUARD_METHOD_PUT },
                { "DELETE", GUARD_METHOD_DELETE },
                { "OPTIONS", GUARD_METHOD_OPTIONS } };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (known); i++)
    if (is_text (text, len, known[i].name))
      head->method = known[i].method;
  return head->method || fail (fault, 405, "this method is not known here");
}

static gboolean
read_version (GuardHead *head, const char *text, gsize len, GuardFault *fault)
{
  if (len != VERSION_LEN || memcmp (text, "HTTP/", 5) != 0 || !g_ascii_isdigit (text[5])
      || text[6] != '.' || !g_ascii_isdigit (text[7]))
    return fail (fault, 400, "the request line is not one of HTTP");
  if (text[5] != '1' || text[7] > '1')
    return fail (fault, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
  head->minor = (guint) (text[7] - '0');
  return TRUE;
}

/* METHOD SP target SP HTTP/1.x, with one space each */
static gboolean
read_request (GuardHead *head, const char *line, gsize len, const GuardLimits *limits,
              GuardFault *fault)
{
  const char *space = memchr (line, ' ', len);
  const char *target = space ? space + 1 : line;
  const char *last = space ? memchr (target, ' ', (gsize) (line + len - target)) : NULL;
  const char *why;

  if (!last || !is_token (line, (gsize) (space - line)))
    return fail (fault, 400, "the request line is not one of HTTP");
  if (!read_version (head, last + 1, (gsize) (line + len - last - 1), fault)
      || !read_method (head, line, (gsize) (space - line), fault))
    return FALSE;
  if (limits->target && (gsize) (last - target) > limits->target)
    return fail (fault, 414, "the target is too long");
  why = guard_check_target (target, (gsize) (last - target));
  return !why || fail (fault, 400, why);
}

/* ---- fields */
static gboolean
read_length (GuardHead *head, const char *value, gsize len, GuardFault *fault)
{
  gsize i;

  for (i = 0; i < len; i++)
    if (!g_ascii_isdigit (value[i]))
      return fail (fault, 400, "Content-Length is no number");
  if (len == 0)
    return fail (fault, 400, "Content-Length is no number");
  if (len > LENGTH_DIGITS)
    return fail (fault, 413, "Content-Length is absurd");
  for (i = 0; i < len; i++)
    head->body = head->body * 10 + (guint64) (value[i] - '0');
  head->sized = TRUE;
  return TRUE;
}

/* @value: (nullable) */
static gboolean
read_known (GuardHead *head, guint field, const char *value, gsize len, GuardFault *fault)
{
  const char *why;

  if (head->seen & 1U << field)
    return fail (fault, 400, "a field that may come once came twice");
  head->seen |= 1U << field;
  switch (field)
    {
    case HOST:
      why = guard_check_host (value, len);
      return !why || fail (fault, 400, why);
    case LENGTH:
      return read_length (head, value, len, fault);
    case EXPECT:
      if (len == 12 && g_ascii_strncasecmp (value, "100-continue", len) == 0)
        return TRUE;
      return fail (fault, 417, "only 100-continue may be expected");
    default:
      return TRUE;
    }
}

static gboolean
read_field (GuardHead *head, const char *line, gsize len, const GuardLimits *limits,
            GuardFault *fault)
{
  const char *colon = memchr (line, ':', len), *value, *end = line + len;
  gsize name, i;

  if (line[0] == ' ' || line[0] == '\t')
    return fail (fault, 400, "a field goes on in a second line");
  if (limits->fields && ++head->fields > limits->fields)
    return fail (fault, 431, "too many header fields");
  name = colon ? (gsize) (colon - line) : 0;
  if (!is_token (line, name))
    return fail (fault, 400, "a line is no header field");
  for (value = colon + 1; value < end && (*value == ' ' || *value == '\t');)
    value++;
  while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
    end--;
  if (name == 17 && g_ascii_strncasecmp (line, "Transfer-Encoding", name) == 0)
    return fail (fault, 501, "a body needs its length, not a Transfer-Encoding");
  for (i = 0; i < G_N_ELEMENTS (once); i++)
    if (name == strlen (once[i]) && g_ascii_strncasecmp (line, once[i], name) == 0)
      return read_known (head, (guint) i, value, (gsize) (end - value), fault);
  return TRUE;
}

/* What only the whole head shows. */
static gboolean
judge (const GuardHead *head, GuardFault *fault)
{
  if (head->minor > 0 && !(head->seen & 1U << HOST))
    return fail (fault, 400, "Host is missing");
  if (head->method == GUARD_METHOD_PUT && !head->sized)
    return fail (fault, 411, "Content-Length is missing");
  if (head->method != GUARD_METHOD_PUT && head->body > 0)
    return fail (fault, 400, "this method has no body");
  return TRUE;
}

/* ---- octets */
/* Before a line is whole: its octets, and how much of it there may be. */
static gboolean
check_octet (const GuardHead *head, const guint8 *data, const GuardLimits *limits,
             GuardFault *fault)
{
  guint8 octet = data[head->next];
  guint8 last = head->next > head->line ? data[head->next - 1] : 0;

  if (octet == '\n' ? last != '\r' : last == '\r')
    return fail (fault, 400, "lines must end in CR LF");
  if (octet == 0x7f || (octet < 0x20 && octet != '\t' && octet != '\r' && octet != '\n'))
    return fail (fault, 400, "a control character in the head");
  if (limits->head && head->next >= limits->head)
    return fail (fault, 431, "the head is too long");
  if (!head->begun && limits->target && head->next - head->line > limits->target + AROUND_TARGET)
    return fail (fault, 414, "the request line is too long");
  return TRUE;
}

/* Returns: whether to go on; *@whole: with this line the head is */
static gboolean
read_line (GuardHead *head, const guint8 *data, const GuardLimits *limits, gboolean *whole,
           GuardFault *fault)
{
  const char *line = (const char *) data + head->line;
  gsize len = head->next - head->line - 2; /* without CR LF */
  gboolean right;

  if (len == 0 && head->begun)
    {
      *whole = TRUE;
      right = judge (head, fault);
    }
  else if (len == 0)
    {
      /* one empty line before a request is forgiven (RFC 9112 §2.2) */
      right = head->line == 0 || fail (fault, 400, "empty lines before the request");
    }
  else if (head->begun)
    {
      right = read_field (head, line, len, limits, fault);
    }
  else
    {
      head->begun = TRUE;
      right = read_request (head, line, len, limits, fault);
    }
  head->line = head->next;
  return right;
}

gsize
guard_head_feed (GuardHead *head, const guint8 *data, gsize len, const GuardLimits *limits,
                 GuardFault *fault)
{
  gboolean whole = FALSE;

  while (head->next < len && !whole)
    {
      if (!check_octet (head, data, limits, fault))
        return 0;
      if (data[head->next++] == '\n' && !read_line (head, data, limits, &whole, fault))
        return 0;
    }
  return whole ? head->next : 0;
}
