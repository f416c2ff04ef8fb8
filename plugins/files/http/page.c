/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The page of a room, which is the same for all rooms: what is in it, it fetches itself. Built into the plugin. */
#include "plugins/files/http/private.h"

#include <string.h>

/* What glib-compile-resources makes of the folder page/. */
GResource *files_page_get_resource (void);

static const struct {
  const char *name, *file, *type;
} files[] = {
  { "", "/page.html", "text/html; charset=utf-8" },
  { "page.css", "/page.css", "text/css; charset=utf-8" },
  { "page.js", "/page.js", "text/javascript; charset=utf-8" },
};

void
page_reply (Request *request)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (request->msg);

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    if (g_str_equal (request->name, files[i].name))
      {
        g_autoptr (GBytes) bytes =
            g_resource_lookup_data (files_page_get_resource (), files[i].file,
                                    G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
        gsize len;
        const char *octets = g_bytes_get_data (bytes, &len);

        soup_message_headers_replace (headers, "Cache-Control", "no-cache");
        reply_common (request);
        soup_server_message_set_status (request->msg, SOUP_STATUS_OK, NULL);
        soup_server_message_set_response (request->msg, files[i].type, SOUP_MEMORY_COPY, octets,
                                          len);
        return;
      }
  reply_error (request, SOUP_STATUS_NOT_FOUND, "there is nothing here");
}
