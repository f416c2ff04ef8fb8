/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads a session description into m-lines: bounded, tolerant of bare LF and of missing
 * lines that nobody needs, strict about those that are used. Not the place where formats
 * are understood: see sdp-media.c.
 */
#include "plugins/sip/sdp/sdp.h"
#include <reflector/error.h>
#include <string.h>

/* What is in force where the reader stands: the session's part until the first m-line. */
typedef struct {
  SipSdp *sdp;
  SipSdpMedia *media;
  RflAddress address;
  gboolean held;
  RflDirection direction;
  guint n_attributes;
  guint line;
} Reader;

static gboolean
fail (const Reader *r, GError **error, const char *what)
{
  g_set_error (error, RFL_ERROR, RFL_ERROR_MALFORMED, "SDP line %u: %s", r->line, what);
  return FALSE;
}

static void
media_free (gpointer data)
{
  SipSdpMedia *media = data;

  g_ptr_array_unref (media->formats);
  g_ptr_array_unref (media->attributes);
  g_free (media);
}

void
sip_sdp_free (SipSdp *sdp)
{
  if (sdp == NULL)
    return;
  g_ptr_array_unref (sdp->media);
  g_ptr_array_unref (sdp->attributes);
  g_free (sdp->text);
  g_free (sdp);
}

/* Cuts the next word off @cursor; words are separated by single or more blanks. */
static char *
next_word (char **cursor)
{
  char *word = *cursor + strspn (*cursor, " ");
  gsize len = strcspn (word, " ");

  if (len == 0)
    return NULL;
  *cursor = word + len;
  if (**cursor == ' ')
    *(*cursor)++ = '\0';
  return word;
}

/* token of RFC 8866 §9; a proto is tokens joined by slashes. */
static gboolean
is_token (const char *word, const char *also)
{
  for (const char *p = word; *p; p++)
    if (!g_ascii_isalnum (*p) && strchr ("!#$%&'*+-.^_`{|}~", *p) == NULL
        && strchr (also, *p) == NULL)
      return FALSE;
  return *word != '\0';
}

static gboolean
parse_number (const char *word, guint64 max, guint64 *out)
{
  return g_ascii_isdigit (*word) && g_ascii_string_to_unsigned (word, 10, 0, max, out, NULL);
}

static gboolean
parse_origin (Reader *r, char *value, GError **error)
{
  for (guint i = 0; i < 6; i++)
    if (next_word (&value) == NULL)
      return fail (r, error, "an o-line has six fields");
  return TRUE;
}

/* c=IN IP4 ADDRESS; a host name counts as no address, since nothing here resolves. */
static gboolean
parse_connection (Reader *r, char *value, GError **error)
{
  const char *net = next_word (&value), *type = next_word (&value);
  char *host = next_word (&value);
  RflAddress address = { 0 };

  if (host == NULL)
    return fail (r, error, "a c-line has three fields");
  host[strcspn (host, "/")] = '\0';
  if (g_strcmp0 (net, "IN") == 0 && !strchr (host, '%'))
    rfl_address_parse (&address, host, 0);
  if (g_strcmp0 (type, strchr (host, ':') ? "IP6" : "IP4") != 0)
    memset (&address, 0, sizeof address);
  gboolean held = address.family != 0 && rfl_address_is_any (&address);
  if (held)
    memset (&address, 0, sizeof address);
  if (r->media)
    {
      r->media->address = address;
      r->media->held = held;
    }
  else
    {
      r->address = address;
      r->held = held;
    }
  return TRUE;
}

static gboolean
parse_direction (Reader *r, const char *value)
{
  static const struct {
    const char *name;
    RflDirection direction;
  } names[] = { { "sendrecv", RFL_DIRECTION_BOTH },
                { "sendonly", RFL_DIRECTION_SEND },
                { "recvonly", RFL_DIRECTION_RECEIVE },
                { "inactive", RFL_DIRECTION_NONE } };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (strcmp (value, names[i].name) == 0)
      {
        if (r->media)
          r->media->direction = names[i].direction;
        else
          r->direction = names[i].direction;
        return TRUE;
      }
  return FALSE;
}

static gboolean
parse_attribute (Reader *r, char *value, GError **error)
{
  if (++r->n_attributes > SIP_SDP_MAX_ATTRIBUTES)
    return fail (r, error, "too many attributes");
  g_strchomp (value); /* a hold must not be lost to a blank */
  if (!parse_direction (r, value))
    g_ptr_array_add (r->media ? r->media->attributes : r->sdp->attributes, value);
  return TRUE;
}

/* b=TYPE:NUMBER. Other types are to be ignored (RFC 8866 §5.8), and so is what is no number. */
static void
parse_bandwidth (Reader *r, char *value)
{
  SipSdpBandwidth *b = r->media ? &r->media->bandwidth : &r->sdp->bandwidth;
  guint64 number;

  g_strchomp (value);
  if (g_str_has_prefix (value, "AS:") && parse_number (value + 3, G_MAXUINT32, &number))
    {
      b->has_as = TRUE;
      b->as = number;
    }
  else if (g_str_has_prefix (value, "TIAS:") && parse_number (value + 5, G_MAXUINT32, &number))
    {
      b->has_tias = TRUE;
      b->tias = number;
    }
}

static gboolean
parse_formats (Reader *r, char *value, GError **error)
{
  for (char *word; (word = next_word (&value)) != NULL;)
    {
      if (r->media->formats->len == SIP_SDP_MAX_FORMATS)
        return fail (r, error, "too many formats");
      if (!is_token (word, "/:,;\""))
        return fail (r, error, "a format is not printable ASCII");
      g_ptr_array_add (r->media->formats, word);
    }
  if (r->media->formats->len == 0)
    return fail (r, error, "an m-line without formats");
  return TRUE;
}

static gboolean
parse_media (Reader *r, char *value, GError **error)
{
  const char *kind = next_word (&value);
  char *port = next_word (&value);
  const char *proto = next_word (&value);
  guint64 number;

  if (r->sdp->media->len == SIP_SDP_MAX_MEDIA)
    return fail (r, error, "too many m-lines");
  if (proto == NULL || !is_token (kind, "") || !is_token (proto, "/"))
    return fail (r, error, "an m-line is: kind, port, protocol, formats");
  port[strcspn (port, "/")] = '\0';
  if (!parse_number (port, G_MAXUINT16, &number))
    return fail (r, error, "the port of an m-line is a number below 65536");

  r->media = g_new0 (SipSdpMedia, 1);
  r->media->kind = kind;
  r->media->proto = proto;
  r->media->port = number;
  r->media->address = r->address;
  r->media->held = r->held;
  r->media->direction = r->direction;
  r->media->formats = g_ptr_array_new ();
  r->media->attributes = g_ptr_array_new ();
  g_ptr_array_add (r->sdp->media, r->media);
  return parse_formats (r, value, error);
}

static gboolean
parse_line (Reader *r, char *line, GError **error)
{
  if (*line == '\0')
    return TRUE;
  if (r->line == 1)
    return strcmp (line, "v=0") == 0 || fail (r, error, "the first line is v=0");
  if (!g_ascii_islower (line[0]) || line[1] != '=')
    return fail (r, error, "a line starts with a small letter and =");
  switch (line[0])
    {
    case 'o':
      return parse_origin (r, line + 2, error);
    case 'c':
      return parse_connection (r, line + 2, error);
    case 'b':
      parse_bandwidth (r, line + 2);
      return TRUE;
    case 'a':
      return parse_attribute (r, line + 2, error);
    case 'm':
      return parse_media (r, line + 2, error);
    case 'v':
      return fail (r, error, "a second v-line");
    default:
      return TRUE;
    }
}

static gboolean
parse_lines (Reader *r, GError **error)
{
  char *rest = r->sdp->text;

  while (*rest)
    {
      char *line = rest;
      gsize len = strcspn (line, "\n");

      rest = line[len] ? line + len + 1 : line + len;
      line[len] = '\0';
      if (len > 0 && line[len - 1] == '\r')
        line[len - 1] = '\0';
      r->line++;
      if (strchr (line, '\r'))
        return fail (r, error, "a carriage return inside");
      if (!parse_line (r, line, error))
        return FALSE;
    }
  return r->sdp->media->len > 0 || fail (r, error, "no m-line");
}

SipSdp *
sip_sdp_parse (const char *text, gsize len, GError **error)
{
  g_autoptr (SipSdp) sdp = g_new0 (SipSdp, 1);
  Reader r = { .sdp = sdp, .direction = RFL_DIRECTION_BOTH };

  sdp->media = g_ptr_array_new_with_free_func (media_free);
  sdp->attributes = g_ptr_array_new ();
  if (len > SIP_SDP_MAX_SIZE || memchr (text, '\0', len) != NULL)
    {
      fail (&r, error, len > SIP_SDP_MAX_SIZE ? "too long" : "a NUL inside");
      return NULL;
    }
  sdp->text = g_strndup (text, len);
  return parse_lines (&r, error) ? g_steal_pointer (&sdp) : NULL;
}
