/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where people are told that we are: addresses and URLs, with what is secret in them. Not for what is there. */
#include "plugins/files/files.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

void
files_random (guint8 *out, gsize len)
{
  while (len > 0)
    {
      gssize n = getrandom (out, len, 0);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        g_error ("getrandom: %s", g_strerror (errno));
      out += n;
      len -= (gsize) n;
    }
}

static const RflAddress *
choose (const Files *files, const RflAddress *remote, const RflAddress *local, RflAddress *room)
{
  const FilesOptions *options = &files->options;
  gboolean private = rfl_address_is_private (remote);

  if (private && options->local.family)
    return &options->local;
  if (!private && options->external.family)
    return &options->external;
  if (options->address.family)
    return &options->address;
  if (local->family && !rfl_address_is_any (local))
    return local;
  return rfl_address_local_for (remote, room) ? room : NULL;
}

char *
files_get_base (const Files *files, const RflAddress *remote, const RflAddress *local)
{
  RflAddress room;
  const RflAddress *address = choose (files, remote, local, &room);
  char text[RFL_ADDRESS_STRLEN];

  if (!address)
    return NULL;
  room = *address;
  room.port = files->options.port;
  return g_strconcat (files->tls ? "https://" : "http://", rfl_address_format (&room, text), NULL);
}

/* The same as long as the spool's key is: a link that somebody has written down stays good. */
static char *
make_token (const Files *files, const char *room)
{
  g_autofree char *digest =
      g_compute_hmac_for_string (G_CHECKSUM_SHA256, http_get_page_key (files->http), 32, room, -1);

  return g_strndup (digest, 2 * FILE_KEY);
}

char *
files_get_page (const Files *files, const char *room)
{
  g_autofree char *token = make_token (files, room);

  return g_strconcat ("/page/", token, "/", NULL);
}

void
files_open_page (Files *files, const char *room)
{
  g_hash_table_replace (files->pages, make_token (files, room), g_strdup (room));
}

void
files_close_page (Files *files, const char *room)
{
  g_autofree char *token = make_token (files, room);

  g_hash_table_remove (files->pages, token);
}

const char *
files_find_page (const Files *files, const char *token)
{
  return g_hash_table_lookup (files->pages, token);
}
