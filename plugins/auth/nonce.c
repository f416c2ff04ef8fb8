/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making, judging and counting nonces. Not for passwords. */
#include "plugins/auth/nonce.h"

#include <string.h>
#include <sys/random.h>

#include "plugins/auth/algorithm.h"

#define STAMP_LEN 16
#define SERIAL_LEN 16
#define MAC_LEN 32 /* 128 bits of it */
#define NONCE_LEN (STAMP_LEN + SERIAL_LEN + MAC_LEN)
#define WINDOW 64

/**
 * Used:
 * @highest: count seen
 * @window: bit i: whether @highest - i was seen
 */
typedef struct {
  guint64 serial;
  gint64 stamp;
  guint32 highest;
  guint64 window;
} Used;

/**
 * AuthNonces:
 * @keyed: an HMAC that has taken its key: half of the work of each signature
 * @decoy: of auth_nonces_decoy(), which does not change
 * @order: of @used, oldest first use at the head
 * @floor: nonces up to this time count as expired, since what they were used for may
 *   have been forgotten
 */
struct _AuthNonces {
  GHmac *keyed;
  char decoy[65];
  guint64 serial;
  guint max;
  GHashTable *used;
  GQueue order;
  gint64 floor;
};

static void
get_random (gpointer out, gsize len)
{
  if (getentropy (out, len) != 0)
    g_error ("the system has no random numbers");
}

static char *
sign (const AuthNonces *nonces, const char *text)
{
  GHmac *hmac = g_hmac_copy (nonces->keyed);
  char *mac;

  g_hmac_update (hmac, (const guint8 *) text, strlen (text));
  mac = g_strdup (g_hmac_get_string (hmac));
  g_hmac_unref (hmac);
  return mac;
}

static void
make_key (AuthNonces *nonces)
{
  guint8 key[32];
  g_autofree char *decoy = NULL;

  get_random (key, sizeof key);
  nonces->keyed = g_hmac_new (G_CHECKSUM_SHA256, key, sizeof key);
  memset (key, 0, sizeof key);
  decoy = sign (nonces, "decoy");
  g_strlcpy (nonces->decoy, decoy, sizeof nonces->decoy);
}

AuthNonces *
auth_nonces_new (guint max)
{
  AuthNonces *nonces = g_new0 (AuthNonces, 1);

  make_key (nonces);
  get_random (&nonces->serial, sizeof nonces->serial);
  nonces->max = max;
  nonces->used = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  g_queue_init (&nonces->order);
  nonces->floor = G_MININT64;
  return nonces;
}

void
auth_nonces_free (AuthNonces *nonces)
{
  if (nonces == NULL)
    return;
  g_queue_clear (&nonces->order);
  g_hash_table_unref (nonces->used);
  g_hmac_unref (nonces->keyed);
  g_free (nonces);
}

/* The realm goes into the signature, so that a change of it makes all nonces foreign. */
static char *
sign_nonce (const AuthNonces *nonces, const char *front, const char *realm)
{
  g_autofree char *text = g_strdup_printf ("nonce:%.*s:%s", STAMP_LEN + SERIAL_LEN, front, realm);

  return sign (nonces, text);
}

char *
auth_nonces_make (AuthNonces *nonces, const char *realm, gint64 now)
{
  g_autofree char *front = g_strdup_printf ("%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x",
                                            (guint64) now, nonces->serial++);
  g_autofree char *mac = sign_nonce (nonces, front, realm);

  return g_strdup_printf ("%s%.*s", front, MAC_LEN, mac);
}

static guint64
read_hex (const char *text, gsize len)
{
  guint64 value = 0;

  for (gsize i = 0; i < len; i++)
    value = value << 4 | (guint64) g_ascii_xdigit_value (text[i]);
  return value;
}

AuthNonceState
auth_nonces_judge (const AuthNonces *nonces, const char *nonce, const char *realm, gint64 now,
                   gint64 lifetime)
{
  g_autofree char *mac = NULL;
  gint64 stamp;

  if (strlen (nonce) != NONCE_LEN || strspn (nonce, "0123456789abcdef") != NONCE_LEN)
    return AUTH_NONCE_FOREIGN;
  mac = sign_nonce (nonces, nonce, realm);
  if (!auth_equal (mac, nonce + STAMP_LEN + SERIAL_LEN, MAC_LEN))
    return AUTH_NONCE_FOREIGN;
  stamp = (gint64) read_hex (nonce, STAMP_LEN);
  return stamp <= nonces->floor || now - stamp > lifetime ? AUTH_NONCE_EXPIRED : AUTH_NONCE_VALID;
}

/* Forgets the longest known nonces, and with them all that are not younger. */
static void
make_room (AuthNonces *nonces, guint max)
{
  while (nonces->order.length > max)
    {
      Used *oldest = g_queue_pop_head (&nonces->order);

      nonces->floor = MAX (nonces->floor, oldest->stamp);
      g_hash_table_remove (nonces->used, &oldest->serial);
    }
}

void
auth_nonces_set_max (AuthNonces *nonces, guint max)
{
  nonces->max = max;
  make_room (nonces, max);
}

static Used *
remember (AuthNonces *nonces, guint64 serial, gint64 stamp)
{
  Used *used = g_new0 (Used, 1);

  make_room (nonces, nonces->max - 1);
  used->serial = serial;
  used->stamp = stamp;
  g_hash_table_insert (nonces->used, &used->serial, used);
  g_queue_push_tail (&nonces->order, used);
  return used;
}

gboolean
auth_nonces_use (AuthNonces *nonces, const char *nonce, guint32 nc)
{
  guint64 serial = read_hex (nonce + STAMP_LEN, SERIAL_LEN);
  Used *used = g_hash_table_lookup (nonces->used, &serial);
  guint32 ahead, behind;

  if (used == NULL)
    used = remember (nonces, serial, (gint64) read_hex (nonce, STAMP_LEN));
  if (nc > used->highest)
    {
      ahead = nc - used->highest;
      used->window = (ahead < WINDOW ? used->window << ahead : 0) | 1;
      used->highest = nc;
      return TRUE;
    }
  behind = used->highest - nc;
  if (behind >= WINDOW || used->window & G_GUINT64_CONSTANT (1) << behind)
    return FALSE;
  used->window |= G_GUINT64_CONSTANT (1) << behind;
  return TRUE;
}

guint
auth_nonces_count (const AuthNonces *nonces)
{
  return nonces->order.length;
}

char *
auth_nonces_decoy (const AuthNonces *nonces, gsize len)
{
  g_assert (len <= strlen (nonces->decoy));
  return g_strndup (nonces->decoy, len);
}
