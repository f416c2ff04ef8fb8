/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The option `advertise`: "NETWORK=ADDRESS". Does not say what is told to those in no such network: offer.c. */
#include "plugins/rtp/advertise.h"

#include <string.h>

static gboolean
parse_network (char *text, RtpAdvertised *out)
{
  char *slash = strchr (text, '/');
  guint64 bits = 0;
  guint most;

  if (slash)
    *slash = '\0';
  if (!rfl_address_parse (&out->network, text, 0))
    return FALSE;
  most = out->network.family == AF_INET6 ? 128 : 32;
  if (slash && !g_ascii_string_to_unsigned (slash + 1, 10, 0, most, &bits, NULL))
    return FALSE;
  out->bits = slash ? (guint) bits : most;
  return TRUE;
}

static gboolean
parse (const char *entry, RtpAdvertised *out)
{
  g_auto (GStrv) parts = g_strsplit (entry, "=", 3);

  return g_strv_length (parts) == 2 && parse_network (g_strstrip (parts[0]), out)
         && rfl_address_parse (&out->address, g_strstrip (parts[1]), 0)
         && !rfl_address_is_any (&out->address);
}

GArray *
rtp_advertise_read (const RflSettings *settings, GError **error)
{
  const char *const *entries = rfl_settings_get_strings (settings, "advertise");
  g_autoptr (GArray) list = g_array_new (FALSE, FALSE, sizeof (RtpAdvertised));

  for (guint i = 0; entries[i]; i++)
    {
      RtpAdvertised one;
      if (!parse (entries[i], &one))
        {
          rfl_settings_set_error (settings, "advertise", error,
                                  "\"%s\" is not NETWORK=ADDRESS, as in \"10.0.0.0/8=10.1.2.3\"",
                                  entries[i]);
          return NULL;
        }
      g_array_append_val (list, one);
    }
  return g_steal_pointer (&list);
}

static gboolean
contains (const RtpAdvertised *one, const RflAddress *remote)
{
  guint whole = one->bits / 8, rest = one->bits % 8;
  guint8 mask = (guint8) (0xff00 >> rest);

  return remote->family == one->network.family && memcmp (remote->ip, one->network.ip, whole) == 0
         && (rest == 0 || ((remote->ip[whole] ^ one->network.ip[whole]) & mask) == 0);
}

gboolean
rtp_advertise_find (const GArray *list, const RflAddress *remote, RflAddress *out)
{
  for (guint i = 0; list && i < list->len; i++)
    {
      const RtpAdvertised *one = &g_array_index (list, RtpAdvertised, i);
      if (!contains (one, remote) || one->address.family != remote->family)
        continue;
      *out = one->address;
      return TRUE;
    }
  return FALSE;
}
