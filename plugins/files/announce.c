/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What participants of this reflector are told of files. Not for other reflectors: links.c. */
#include "plugins/files/files.h"

void
files_announce (FilesItem *item)
{
}

void
files_say_gone (FilesItem *item, const char *reason)
{
}

void
files_tell_newcomer (Files *files, RflParticipant *participant)
{
}
