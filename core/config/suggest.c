/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "Did you mean": the nearest of a few names. Not for user input of any length. */
#include "core/config/private.h"
#include <string.h>

#define MAX_NAME 48

/* Levenshtein distance, case ignored. */
static guint
distance (const char *a, const char *b)
{
  guint row[MAX_NAME + 1];
  gsize n = strlen (b);

  for (gsize j = 0; j <= n; j++)
    row[j] = j;
  for (gsize i = 0; a[i] != '\0'; i++)
    {
      guint diagonal = row[0];
      row[0] = i + 1;
      for (gsize j = 0; j < n; j++)
        {
          guint cost = g_ascii_tolower (a[i]) != g_ascii_tolower (b[j]);
          guint best = MIN (MIN (row[j], row[j + 1]) + 1, diagonal + cost);
          diagonal = row[j + 1];
          row[j + 1] = best;
        }
    }
  return row[n];
}

const char *
conf_suggest (const char *wrong, const char *const *names)
{
  const char *best = NULL;
  guint least = 1 + strlen (wrong) / 3;

  if (strlen (wrong) > MAX_NAME)
    return NULL;
  for (; *names; names++)
    {
      if (strlen (*names) > MAX_NAME)
        continue;
      guint d = distance (wrong, *names);
      if (d < strlen (wrong) && d <= least && (best == NULL || d < least))
        {
          best = *names;
          least = d;
        }
    }
  return best;
}
