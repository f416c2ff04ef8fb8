/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Wrong passwords: who has given some must wait, twice as long each time. By address and user, so that nobody is locked out by
 * others behind his address. Not for passkeys, which nobody guesses.
 */
#include "plugins/files/files.h"

/* Of the table; the one that was quiet for longest goes. */
#define MAX_ENTRIES 4096
#define FREE_ATTEMPTS 5
#define FIRST_WAIT (2 * G_TIME_SPAN_SECOND)
#define LAST_WAIT (300 * G_TIME_SPAN_SECOND)
/* After so long without another one it is forgotten. */
#define MEMORY (600 * G_TIME_SPAN_SECOND)

typedef struct {
  guint n;
  gint64 last;
} Wrong;

static char *
get_key (const RflAddress *peer, const char *user)
{
  char ip[RFL_ADDRESS_STRLEN];

  return g_strconcat (rfl_address_format_ip (peer, ip), " ", user, NULL);
}

static gint64
get_wait (const Wrong *wrong)
{
  guint over = wrong->n > FREE_ATTEMPTS ? wrong->n - FREE_ATTEMPTS : 0;

  return over == 0 ? 0 : MIN (FIRST_WAIT << MIN (over - 1, 20), LAST_WAIT);
}

gint64
files_wrong_wait (Files *files, const RflAddress *peer, const char *user)
{
  g_autofree char *key = get_key (peer, user);
  const Wrong *wrong = g_hash_table_lookup (files->wrong, key);
  gint64 now = rfl_clock_now (files->clock);

  return wrong ? MAX (wrong->last + get_wait (wrong) - now, 0) : 0;
}

static void
forget_oldest (GHashTable *table)
{
  const char *oldest = NULL;
  gint64 last = G_MAXINT64;
  GHashTableIter iter;
  gpointer key, wrong;

  g_hash_table_iter_init (&iter, table);
  while (g_hash_table_iter_next (&iter, &key, &wrong))
    if (((Wrong *) wrong)->last < last)
      {
        last = ((Wrong *) wrong)->last;
        oldest = key;
      }
  if (oldest)
    g_hash_table_remove (table, oldest);
}

void
files_wrong_count (Files *files, const RflAddress *peer, const char *user)
{
  g_autofree char *key = get_key (peer, user);
  Wrong *wrong = g_hash_table_lookup (files->wrong, key);
  gint64 now = rfl_clock_now (files->clock);

  if (!wrong)
    {
      if (g_hash_table_size (files->wrong) >= MAX_ENTRIES)
        forget_oldest (files->wrong);
      wrong = g_new0 (Wrong, 1);
      g_hash_table_insert (files->wrong, g_steal_pointer (&key), wrong);
    }
  if (now - wrong->last > MEMORY)
    wrong->n = 0;
  wrong->n++;
  wrong->last = now;
}

void
files_wrong_forget (Files *files, const RflAddress *peer, const char *user)
{
  g_autofree char *key = get_key (peer, user);

  g_hash_table_remove (files->wrong, key);
}
