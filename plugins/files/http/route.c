/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the path of a request names. Pure. Not for who may have it. */
#include "plugins/files/http/private.h"

/* (transfer full) (nullable): without its escapes; one that is a name for people, not for folders */
static char *
decode (const char *segment)
{
  g_autofree char *name = g_uri_unescape_string (segment, "/\\");

  return name && rfl_file_is_name (name) ? g_steal_pointer (&name) : NULL;
}

static gboolean
take (char **out, const char *segment)
{
  *out = decode (segment);
  return *out != NULL;
}

static gboolean
take_hex (char **out, const char *segment)
{
  guint8 octets[FILE_KEY];

  if (!store_unhex (segment, octets, sizeof octets))
    return FALSE;
  *out = g_strdup (segment);
  return TRUE;
}

static Route
parse_room (char **parts, guint n, Request *request)
{
  if (n < 3 || n > 4 || !g_str_equal (parts[2], "files") || !take (&request->room, parts[1]))
    return ROUTE_NONE;
  if (n == 3)
    return ROUTE_LIST;
  return take (&request->name, parts[3]) ? ROUTE_UPLOAD : ROUTE_NONE;
}

static Route
parse_page (char **parts, guint n, Request *request)
{
  if (n < 3 || n > 4 || !take_hex (&request->token, parts[1]))
    return ROUTE_NONE;
  if (n == 4)
    return g_str_equal (parts[2], "files") && take (&request->name, parts[3]) ? ROUTE_UPLOAD
                                                                              : ROUTE_NONE;
  if (g_str_equal (parts[2], "files"))
    return ROUTE_LIST;
  request->name = g_strdup (parts[2]); /* "" is the page itself */
  return ROUTE_PAGE;
}

Route
route_parse (const char *path, Request *request)
{
  g_auto (GStrv) parts = path[0] == '/' ? g_strsplit (path + 1, "/", 6) : NULL;
  guint n = parts ? g_strv_length (parts) : 0;

  if (n >= 2 && g_str_equal (parts[0], "rooms"))
    return parse_room (parts, n, request);
  if (n >= 2 && g_str_equal (parts[0], "page"))
    return parse_page (parts, n, request);
  /* the name is there for people, and to save it under */
  if ((n == 2 || n == 3) && g_str_equal (parts[0], "files") && take_hex (&request->key, parts[1]))
    return ROUTE_FILE;
  if (n == 2 && g_str_equal (parts[0], "links") && take_hex (&request->key, parts[1]))
    return ROUTE_LINK;
  return ROUTE_NONE;
}
