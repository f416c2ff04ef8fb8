/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which claims an IP address concerns. Every claim knows its places in the lists, so that it comes and
 * goes without a search, however many thousands are behind one address. Judges nothing.
 */
#include "plugins/rtp/latch-private.h"

/**
 * RtpIpClaims:
 * @ip: port 0; the key
 * @claims: (element-type RtpClaim)
 */
struct _RtpIpClaims {
  RflAddress ip;
  GPtrArray *claims;
};

static void
free_list (gpointer data)
{
  RtpIpClaims *list = data;

  g_ptr_array_unref (list->claims);
  g_free (list);
}

GHashTable *
rtp_claim_index_new (void)
{
  return g_hash_table_new_full (rfl_address_hash, rfl_address_equal, NULL, free_list);
}

static RtpIpClaims *
lookup (const RtpLatch *latch, const RflAddress *address)
{
  RflAddress ip = *address;

  ip.port = 0;
  return g_hash_table_lookup (latch->by_ip, &ip);
}

const GPtrArray *
rtp_latch_at (const RtpLatch *latch, const RflAddress *address)
{
  const RtpIpClaims *list = lookup (latch, address);

  return list ? list->claims : NULL;
}

static RtpPlace *
find_place (RtpClaim *claim, const RtpIpClaims *list)
{
  for (guint i = 0; i < claim->n_places; i++)
    if (claim->places[i].list == list)
      return &claim->places[i];
  return NULL;
}

static void
add (RtpClaim *claim, const RflAddress *address)
{
  RtpIpClaims *list;

  if (rfl_address_is_any (address))
    return;
  list = lookup (claim->latch, address);
  if (list == NULL)
    {
      list = g_new0 (RtpIpClaims, 1);
      list->ip = *address;
      list->ip.port = 0;
      list->claims = g_ptr_array_new ();
      g_hash_table_insert (claim->latch->by_ip, &list->ip, list);
    }
  if (find_place (claim, list))
    return;
  claim->places[claim->n_places++] = (RtpPlace){ list, list->claims->len };
  g_ptr_array_add (list->claims, claim);
}

void
rtp_claim_index_add (RtpClaim *claim)
{
  add (claim, &claim->signalling);
  add (claim, &claim->rtp.sdp);
  add (claim, &claim->rtcp.sdp);
  add (claim, &claim->rtp.latched.address);
  add (claim, &claim->rtcp.latched.address);
}

/* The last one of the list takes the place that becomes free. */
static void
leave (const RtpPlace *place, RtpLatch *latch)
{
  RtpIpClaims *list = place->list;
  RtpClaim *last = list->claims->pdata[list->claims->len - 1];

  find_place (last, list)->index = place->index;
  g_ptr_array_remove_index_fast (list->claims, place->index);
  if (list->claims->len == 0)
    g_hash_table_remove (latch->by_ip, &list->ip);
}

void
rtp_claim_index_remove (RtpClaim *claim)
{
  for (guint i = 0; i < claim->n_places; i++)
    {
      const RtpPlace place = claim->places[i];
      leave (&place, claim->latch);
    }
  claim->n_places = 0;
}
