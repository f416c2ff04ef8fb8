/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that linked reflectors hold, on their way to who asks for them here. Not for files of the spool: download.c. */
#include "plugins/files/http/private.h"

void
fetch_offer (Http *http, const HttpRemote *remote)
{
}

void
fetch_away (Http *http, const char *peer)
{
}

void
fetch_begin (Request *request, StoreItem *item)
{
  reply_error (request, SOUP_STATUS_SERVICE_UNAVAILABLE, "it cannot be fetched at present");
}

void
fetch_forget (StoreItem *item)
{
}

void
fetch_free (Fetch *fetch)
{
}
