/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Room, mode and identity out of parsed URIs. Not a URI parser: Sofia-SIP has split them;
 * parameters are searched here, because its own search reads past their end (defect S4).
 */
#include "plugins/sip/request/uri.h"
#include <reflector/error.h>
#include <string.h>

static int
hex_value (const char *p)
{
  int high = g_ascii_xdigit_value (p[0]);
  int low = high < 0 ? -1 : g_ascii_xdigit_value (p[1]);

  return low < 0 ? -1 : high * 16 + low;
}

/* Returns: %NULL on a broken escape or %00. */
static char *
unescape (const char *text)
{
  GString *out = g_string_new (NULL);

  for (const char *p = text; *p; p++)
    {
      int byte = *p == '%' ? hex_value (p + 1) : (guchar) *p;

      if (byte <= 0)
        {
          g_string_free (out, TRUE);
          return NULL;
        }
      g_string_append_c (out, (char) byte);
      if (*p == '%')
        p += 2;
    }
  return g_string_free (out, FALSE);
}

static gboolean
is_clean_utf8 (const char *text)
{
  if (!g_utf8_validate (text, -1, NULL))
    return FALSE;
  for (const char *p = text; *p; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      return FALSE;
  return TRUE;
}

char *
sip_uri_get_room (const url_t *url, GError **error)
{
  g_autofree char *room = NULL;

  if (url->url_user == NULL || *url->url_user == '\0')
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_NOT_FOUND, "No room in the Request-URI");
      return NULL;
    }
  room = unescape (url->url_user);
  if (room == NULL || !is_clean_utf8 (room))
    g_set_error (error, RFL_ERROR, RFL_ERROR_MALFORMED, "The room's name is not text");
  else if (strlen (room) > SIP_ROOM_MAX)
    g_set_error (error, RFL_ERROR, RFL_ERROR_NOT_FOUND, "The room's name is too long");
  else
    return g_steal_pointer (&room);
  return NULL;
}

/* Returns: (transfer full): the value of parameter @name ("" if it has none), or %NULL. */
static char *
find_parameter (const url_t *url, const char *name)
{
  gsize len = strlen (name);

  for (const char *p = url->url_params; p && *p;)
    {
      gsize n = strcspn (p, ";");

      if (n >= len && g_ascii_strncasecmp (p, name, len) == 0 && (n == len || p[len] == '='))
        return n == len ? g_strdup ("") : g_strndup (p + len + 1, n - len - 1);
      p += p[n] ? n + 1 : n;
    }
  return NULL;
}

gboolean
sip_uri_get_mode (const url_t *url, gboolean *said, RflLegMode *mode, GError **error)
{
  static const struct {
    const char *name;
    RflLegMode mode;
  } modes[] = { { "all", RFL_LEG_ALL }, { "mix", RFL_LEG_MIX }, { "one", RFL_LEG_ONE } };
  g_autofree char *value = find_parameter (url, "mode");

  *said = value != NULL;
  *mode = RFL_LEG_ALL;
  if (value == NULL)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    if (g_ascii_strcasecmp (value, modes[i].name) == 0)
      {
        *mode = modes[i].mode;
        return TRUE;
      }
  g_set_error (error, RFL_ERROR, RFL_ERROR_MALFORMED, "The parameter mode is all, mix or one");
  return FALSE;
}

char *
sip_uri_get_pin (const url_t *url)
{
  g_autofree char *value = find_parameter (url, "pin");
  char *pin = value ? unescape (value) : NULL;

  return value && !pin ? g_strdup ("") : pin;
}

/* Those of Unicode too: U+009B begins a terminal's commands like ESC [, U+2028 a line, and U+202E turns
 * what follows around. */
static void
blank_controls (char *text)
{
  for (char *p = text, *next; *p; p = next)
    {
      gunichar c = g_utf8_get_char (p);
      GUnicodeType type = g_unichar_type (c);

      next = g_utf8_next_char (p);
      if (g_unichar_iscntrl (c) || type == G_UNICODE_LINE_SEPARATOR
          || type == G_UNICODE_PARAGRAPH_SEPARATOR || (c >= 0x202a && c <= 0x202e)
          || (c >= 0x2066 && c <= 0x2069))
        memset (p, ' ', next - p);
    }
}

static char *
bounded_text (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  blank_controls (valid);
  if (strlen (valid) <= SIP_IDENTITY_MAX)
    return g_steal_pointer (&valid);
  *g_utf8_find_prev_char (valid, valid + SIP_IDENTITY_MAX + 1) = '\0';
  return g_steal_pointer (&valid);
}

char *
sip_uri_get_identity (const sip_from_t *from)
{
  const url_t *url = from->a_url;
  gboolean hierarchic = url->url_host != NULL;
  g_autofree char *text =
      g_strconcat (url->url_scheme ? url->url_scheme : "sip", ":",
                   url->url_user ? url->url_user : "", url->url_user && hierarchic ? "@" : "",
                   hierarchic ? url->url_host : "", url->url_port ? ":" : "",
                   url->url_port ? url->url_port : "", NULL);

  return bounded_text (text);
}

char *
sip_uri_get_display_name (const sip_from_t *from)
{
  g_autofree char *text = g_strdup (from->a_display ? from->a_display : "");
  gsize len = strlen (text), used = 0;

  g_strstrip (text);
  len = strlen (text);
  if (len >= 2 && text[0] == '"' && text[len - 1] == '"')
    {
      for (gsize i = 1; i < len - 1; i++)
        {
          if (text[i] == '\\' && i + 1 < len - 1)
            i++;
          text[used++] = text[i];
        }
      text[used] = '\0';
    }
  return *text ? bounded_text (text) : NULL;
}

char *
sip_uri_escape_user (const char *room)
{
  GString *out = g_string_new (NULL);

  for (const char *p = room; *p; p++)
    if (g_ascii_isalnum (*p) || strchr ("-_.!~*'()&=+$,", *p))
      g_string_append_c (out, *p);
    else
      g_string_append_printf (out, "%%%02X", (guint) (guchar) *p);
  return g_string_free (out, FALSE);
}

/* ---- addresses ---- */

RflAddress
sip_uri_get_address (const url_t *url)
{
  RflAddress address = { 0 };
  const char *text = url->url_host ? url->url_host : "";
  g_autofree char *host = NULL;

  text += *text == '[';
  host = g_strndup (text, strcspn (text, "]"));
  if (rfl_address_parse (&address, host, 5060) && url->url_port)
    address.port = g_ascii_strtoull (url->url_port, NULL, 10);
  return address;
}

gboolean
sip_uri_is_numeric (const url_t *url)
{
  return sip_uri_get_address (url).family != 0 && !url_has_param (url, "maddr");
}

char *
sip_uri_write_hop (const RflAddress *address, gboolean tcp)
{
  char text[RFL_ADDRESS_STRLEN];

  return g_strdup_printf ("sip:%s;transport=%s", rfl_address_format (address, text),
                          tcp ? "tcp" : "udp");
}

/* ---- writing ---- */

/* What sip_uri_get_identity() makes of a plain caller, and nothing that could be more than a URI. */
static gboolean
is_plain_uri (const char *text)
{
  const char *rest = g_str_has_prefix (text, "sip:")    ? text + 4
                     : g_str_has_prefix (text, "sips:") ? text + 5
                                                        : NULL;
  const char *at = rest ? strchr (rest, '@') : NULL;

  if (rest == NULL || strlen (text) > SIP_IDENTITY_MAX)
    return FALSE;
  for (const char *p = rest; *p; p++)
    if (!g_ascii_isalnum (*p) && !strchr (at && p < at ? "-_.!~*'()&=+$,/%" : "-.:[]@", *p))
      return FALSE;
  if (at == NULL)
    return *rest != '\0';
  return at > rest && at[1] != '\0' && strchr (at + 1, '@') == NULL;
}

static void
append_quoted (GString *out, const char *text)
{
  g_autofree char *valid = bounded_text (text);

  g_string_append_c (out, '"');
  for (const char *p = valid; *p; p++)
    {
      if (*p == '"' || *p == '\\')
        g_string_append_c (out, '\\');
      g_string_append_c (out, *p);
    }
  g_string_append_c (out, '"');
}

char *
sip_uri_write_from (const char *identity, const char *display_name)
{
  gboolean plain = is_plain_uri (identity);
  const char *name = display_name ? display_name : plain ? NULL : identity;
  GString *out = g_string_new (NULL);

  if (name)
    append_quoted (out, name);
  g_string_append_printf (out, "%s<%s>", name ? " " : "",
                          plain ? identity : "sip:anonymous@anonymous.invalid");
  return g_string_free (out, FALSE);
}
