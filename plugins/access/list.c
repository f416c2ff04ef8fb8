/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads networks as operators have written them since tcpd, and finds addresses in them. Which list
 * decides is not known here.
 */
#include "plugins/access/list.h"

#include <gio/gio.h>
#include <string.h>

static guint
bits_of (const RflAddress *address)
{
  return address->family == AF_INET ? 32 : 128;
}

static GInetAddress *
to_inet (const RflAddress *address)
{
  return g_inet_address_new_from_bytes (address->ip, address->family == AF_INET
                                                         ? G_SOCKET_FAMILY_IPV4
                                                         : G_SOCKET_FAMILY_IPV6);
}

/* 255.255.240.0 → 20. Returns: %FALSE if a 1 follows a 0. */
static gboolean
count_mask (const RflAddress *mask, guint *length)
{
  guint n = bits_of (mask), ones = 0;

  while (ones < n && mask->ip[ones / 8] & (0x80 >> ones % 8))
    ones++;
  for (guint i = ones; i < n; i++)
    if (mask->ip[i / 8] & (0x80 >> i % 8))
      return FALSE;
  *length = ones;
  return TRUE;
}

/* What stands behind the slash. An IPv4 network may be written as one of ::ffff:0:0/96. */
static gboolean
parse_length (const char *text, const RflAddress *net, gboolean mapped, guint *length)
{
  guint low = mapped ? 96 : 0;
  RflAddress mask;
  guint64 n;

  if (g_ascii_string_to_unsigned (text, 10, low, bits_of (net) + low, &n, NULL))
    {
      *length = n - low;
      return TRUE;
    }
  return !mapped && rfl_address_parse (&mask, text, 0) && mask.family == net->family
         && count_mask (&mask, length);
}

static void
clear_behind (RflAddress *net, guint length)
{
  for (guint i = length; i < bits_of (net); i++)
    net->ip[i / 8] &= ~(0x80 >> i % 8);
}

static void
add (AccessList *list, RflAddress net, guint length)
{
  clear_behind (&net, length);
  g_autoptr (GInetAddress) base = to_inet (&net);

  g_ptr_array_add (list, g_inet_address_mask_new (base, length, NULL));
}

/* "[::1]" → "::1" */
static char *
without_brackets (const char *text, gsize len)
{
  if (len >= 2 && text[0] == '[' && text[len - 1] == ']')
    return g_strndup (text + 1, len - 2);
  return g_strndup (text, len);
}

/* Returns: what is wrong with @text, or %NULL. */
static const char *
add_network (AccessList *list, const char *text)
{
  const char *slash = strchr (text, '/');
  g_autofree char *ip = without_brackets (text, slash ? (gsize) (slash - text) : strlen (text));
  RflAddress net;
  guint length;

  if (!rfl_address_parse (&net, ip, 0))
    return "is no numeric address or network (all, HOST, NET/PREFIX, NET/MASK)";
  length = bits_of (&net);
  if (slash && !parse_length (slash + 1, &net, net.family == AF_INET && strchr (ip, ':'), &length))
    return "has neither a prefix length nor a mask behind the slash";
  add (list, net, length);
  return NULL;
}

static void
add_all (AccessList *list)
{
  add (list, (RflAddress){ .family = AF_INET }, 0);
  add (list, (RflAddress){ .family = AF_INET6 }, 0);
}

static const char *
add_entry (AccessList *list, const char *text)
{
  if (g_ascii_strcasecmp (text, "all") != 0)
    return add_network (list, text);
  add_all (list);
  return NULL;
}

AccessList *
access_list_parse (const char *const *texts, char **why)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func (g_object_unref);

  for (; *texts; texts++)
    {
      g_auto (GStrv) entries = g_strsplit (*texts, ",", -1);
      for (char **entry = entries; *entry; entry++)
        {
          const char *wrong = **entry ? add_entry (list, *entry) : NULL;
          if (!wrong)
            continue;
          *why = g_strdup_printf ("\"%s\" %s", *entry, wrong);
          return NULL;
        }
    }
  return g_steal_pointer (&list);
}

gboolean
access_list_has (const AccessList *list, const RflAddress *address)
{
  if (list->len == 0 || address->family == 0)
    return FALSE;
  g_autoptr (GInetAddress) inet = to_inet (address);
  for (guint i = 0; i < list->len; i++)
    if (g_inet_address_mask_matches (list->pdata[i], inet))
      return TRUE;
  return FALSE;
}
