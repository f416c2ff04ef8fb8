/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads where to listen. Opens nothing. */
#include "plugins/sip/listen/listen.h"
#include <string.h>

static const char *const authenticate_choices[] = { "auto", "on", "off", NULL };

const RflOption sip_listen_options[] = {
  { .name = "address",
    .type = RFL_OPTION_STRING,
    .help = "numeric local address; absent: all that the host has and no other listener names" },
  { .name = "port",
    .type = RFL_OPTION_INT,
    .fallback = "5060",
    .min = 1,
    .max = 65535,
    .help = "UDP and TCP port" },
  { .name = "transports",
    .type = RFL_OPTION_STRINGS,
    .fallback = "[ \"udp\", \"tcp\" ]",
    .help = "any of udp and tcp" },
  { .name = "authenticate",
    .type = RFL_OPTION_STRING,
    .fallback = "\"auto\"",
    .choices = authenticate_choices,
    .help = "challenge callers here: auto (when the auth plugin has users), on, off" },
  { .name = "realm",
    .type = RFL_OPTION_STRING,
    .help = "realm of challenges here; absent: that of the auth plugin" },
  { .name = "advertise",
    .type = RFL_OPTION_STRING,
    .help = "numeric address to write into Contact instead of the one that the request came to" },
  RFL_OPTION_END
};

static void
listen_free (gpointer data)
{
  SipListen *listen = data;

  g_free (listen->realm);
  g_free (listen);
}

static gboolean
read_transports (SipListen *listen, const RflSettings *from, GError **error)
{
  const char *const *names = rfl_settings_get_strings (from, "transports");

  for (; *names; names++)
    if (strcmp (*names, "udp") == 0)
      listen->udp = TRUE;
    else if (strcmp (*names, "tcp") == 0)
      listen->tcp = TRUE;
    else
      return rfl_settings_set_error (from, "transports", error, "\"%s\" is neither udp nor tcp",
                                     *names);
  if (!listen->udp && !listen->tcp)
    return rfl_settings_set_error (from, "transports", error, "at least one of udp and tcp");
  return TRUE;
}

static gboolean
read_address (RflAddress *out, const RflSettings *from, const char *name, const char *text,
              GError **error)
{
  if (!rfl_address_parse (out, text, 0) || rfl_address_is_any (out))
    return rfl_settings_set_error (from, name, error,
                                   "\"%s\" is not the numeric address of one host", text);
  return TRUE;
}

static SipAuthenticate
read_authenticate (const RflSettings *from)
{
  const char *text = rfl_settings_get_string (from, "authenticate");

  if (g_strcmp0 (text, "on") == 0)
    return SIP_AUTHENTICATE_ON;
  return g_strcmp0 (text, "off") == 0 ? SIP_AUTHENTICATE_OFF : SIP_AUTHENTICATE_AUTO;
}

/* What simple options and members of `listeners` have in common. */
static gboolean
read_common (SipListen *listen, const RflSettings *from, GError **error)
{
  const char *advertise = rfl_settings_get_string (from, "advertise");

  listen->local.port = rfl_settings_get_int (from, "port");
  listen->authenticate = read_authenticate (from);
  return read_transports (listen, from, error)
         && (advertise == NULL
             || read_address (&listen->advertise, from, "advertise", advertise, error));
}

/* It goes into a quoted string, and into a hash between colons. */
static gboolean
read_realm (SipListen *listen, const RflSettings *from, GError **error)
{
  const char *realm = rfl_settings_get_string (from, "realm");

  if (realm == NULL)
    return TRUE;
  for (const char *p = realm; *p; p++)
    if (g_ascii_iscntrl (*p) || strchr (":\"\\", *p))
      realm = "";
  if (*realm == '\0')
    return rfl_settings_set_error (from, "realm", error,
                                   "empty, or with colon, quote, backslash or control characters");
  listen->realm = g_strdup (realm);
  return TRUE;
}

static gboolean
same_place (const SipListen *a, const SipListen *b)
{
  return rfl_address_equal (&a->local, &b->local) && ((a->udp && b->udp) || (a->tcp && b->tcp));
}

static gboolean
add (GPtrArray *listens, const RflSettings *from, const char *name, SipListen *listen,
     GError **error)
{
  g_ptr_array_add (listens, listen);
  if (listens->len > SIP_MAX_LISTENERS)
    return rfl_settings_set_error (from, name, error, "at most %u", SIP_MAX_LISTENERS);
  for (guint i = 0; i + 1 < listens->len; i++)
    if (same_place (listens->pdata[i], listen))
      return rfl_settings_set_error (from, name, error, "the same place twice");
  return TRUE;
}

static gboolean
read_group (GPtrArray *listens, const RflSettings *group, GError **error)
{
  const char *address = rfl_settings_get_string (group, "address");
  SipListen *listen = g_new0 (SipListen, 1);
  gboolean good =
      (address == NULL || read_address (&listen->local, group, "address", address, error))
      && read_common (listen, group, error) && read_realm (listen, group, error);

  return add (listens, group, "address", listen, good ? error : NULL) && good;
}

static gboolean
read_simple (GPtrArray *listens, const RflSettings *from, GError **error)
{
  static const char *const everywhere[] = { "", NULL };
  const char *const *addresses = rfl_settings_get_strings (from, "addresses");

  for (const char *const *a = *addresses ? addresses : everywhere; *a; a++)
    {
      SipListen *listen = g_new0 (SipListen, 1);
      gboolean good =
          (a == everywhere || read_address (&listen->local, from, "addresses", *a, error))
          && read_common (listen, from, error);
      if (!add (listens, from, "addresses", listen, good ? error : NULL) || !good)
        return FALSE;
    }
  return TRUE;
}

GPtrArray *
sip_listens_read (const RflSettings *from, GError **error)
{
  g_autoptr (GPtrArray) listens = g_ptr_array_new_with_free_func (listen_free);
  guint n = rfl_settings_get_n_groups (from, "listeners");

  for (guint i = 0; i < n; i++)
    if (!read_group (listens, rfl_settings_get_group (from, "listeners", i), error))
      return NULL;
  if (n == 0 && !read_simple (listens, from, error))
    return NULL;
  return g_steal_pointer (&listens);
}
