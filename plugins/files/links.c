/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What linked reflectors tell of their files, and are told of ours. Not for participants: announce.c. */
#include "plugins/files/files.h"

void
files_on_link (const char *peer, const char *session, guint8 type, const guint8 *body, gsize len,
               gpointer files)
{
}

void
files_link_up (Files *files, const char *peer)
{
}

void
files_link_down (Files *files, const char *peer)
{
}

void
files_link_announce (FilesItem *item)
{
}

void
files_link_gone (FilesItem *item, const char *reason)
{
}
