/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of recent.h. Not a cryptographic hash. */
#include "plugins/sip/gate/recent.h"

#define SIZE 8192

typedef struct {
  guint64 hash;
  gint64 until;
} Entry;

struct _SipRecent {
  RflClock *clock;
  gint64 span;
  guint64 seed;
  Entry entries[SIZE];
};

SipRecent *
sip_recent_new (RflClock *clock, gint64 span)
{
  SipRecent *recent = g_new0 (SipRecent, 1);

  recent->clock = clock;
  recent->span = span;
  recent->seed = (guint64) g_random_int () << 32 | g_random_int ();
  return recent;
}

void
sip_recent_free (SipRecent *recent)
{
  g_free (recent);
}

/* FNV-1a from a start that nobody knows; 0xff is in no SIP token. */
static guint64
add_text (guint64 hash, const char *text)
{
  for (; text && *text; text++)
    hash = (hash ^ (guint8) *text) * G_GUINT64_CONSTANT (0x100000001b3);
  return (hash ^ 0xff) * G_GUINT64_CONSTANT (0x100000001b3);
}

guint64
sip_recent_hash (const SipRecent *recent, const char *a, const char *b, const char *c,
                 const char *d)
{
  guint64 hash = add_text (add_text (add_text (add_text (recent->seed, a), b), c), d);

  return hash ^ hash >> 29;
}

void
sip_recent_add (SipRecent *recent, guint64 hash)
{
  recent->entries[hash % SIZE] = (Entry){ hash, rfl_clock_now (recent->clock) + recent->span };
}

gboolean
sip_recent_has (const SipRecent *recent, guint64 hash)
{
  const Entry *entry = &recent->entries[hash % SIZE];

  return entry->hash == hash && rfl_clock_now (recent->clock) < entry->until;
}
