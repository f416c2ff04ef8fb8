/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of calls: by INVITE, by place and by host. Decides nothing about them. */
#include "plugins/sip/call/index.h"
#include "plugins/sip/request/uri.h"

/* The keys of the first two are the calls' own strings. Of calls in one place the table has one, which leads
 * to the others by `twin`. @hosts: RflAddress without its port → number of calls */
struct _SipIndex {
  GHashTable *invites;
  GHashTable *places;
  GHashTable *hosts;
};

SipIndex *
sip_index_new (void)
{
  SipIndex *index = g_new (SipIndex, 1);

  index->invites = g_hash_table_new (g_str_hash, g_str_equal);
  index->places = g_hash_table_new (g_str_hash, g_str_equal);
  index->hosts = g_hash_table_new_full (rfl_address_hash, rfl_address_equal, g_free, NULL);
  return index;
}

void
sip_index_free (SipIndex *index)
{
  g_hash_table_unref (index->invites);
  g_hash_table_unref (index->places);
  g_hash_table_unref (index->hosts);
  g_free (index);
}

/* Without a From tag nothing can be told (RFC 2543). */
static char *
invite_key (const sip_t *sip)
{
  if (sip->sip_from->a_tag == NULL)
    return NULL;
  return g_strdup_printf ("%u %s %s", (guint) sip->sip_cseq->cs_seq, sip->sip_from->a_tag,
                          sip->sip_call_id->i_id);
}

static char *
place_key (const char *room, const char *identity)
{
  return g_strconcat (room, "\n", identity, NULL);
}

void
sip_index_add (SipIndex *index, SipCall *call, const sip_t *sip)
{
  call->place = place_key (call->room, call->participant->identity);
  call->twin = g_hash_table_lookup (index->places, call->place);
  g_hash_table_replace (index->places, call->place, call);
  call->invite = invite_key (sip);
  if (call->invite)
    g_hash_table_replace (index->invites, call->invite, call);
}

static void
change_count (SipIndex *index, const RflAddress *host, int by)
{
  int n = GPOINTER_TO_INT (g_hash_table_lookup (index->hosts, host)) + by;

  if (host->family == 0)
    return;
  if (n > 0)
    g_hash_table_insert (index->hosts, g_memdup2 (host, sizeof *host), GINT_TO_POINTER (n));
  else
    g_hash_table_remove (index->hosts, host);
}

static void
set_host (SipIndex *index, SipCall *call, RflAddress host)
{
  host.port = 0;
  change_count (index, &call->host, -1);
  change_count (index, &host, 1);
  call->host = host;
}

void
sip_index_move (SipIndex *index, SipCall *call)
{
  if (call->state != SIP_CALL_GONE)
    set_host (index, call, call->remote);
}

gboolean
sip_index_has_host (const SipIndex *index, const RflAddress *remote)
{
  RflAddress host = *remote;

  host.port = 0;
  return g_hash_table_contains (index->hosts, &host);
}

static void
remove_from_place (SipIndex *index, SipCall *call)
{
  SipCall *first = g_hash_table_lookup (index->places, call->place);

  if (first == call && call->twin)
    g_hash_table_replace (index->places, call->twin->place, call->twin);
  else if (first == call)
    g_hash_table_remove (index->places, call->place);
  for (SipCall *c = first; c; c = c->twin)
    if (c->twin == call)
      c->twin = call->twin;
  call->twin = NULL;
}

void
sip_index_remove (SipIndex *index, SipCall *call)
{
  set_host (index, call, (RflAddress){ 0 });
  if (call->place == NULL)
    return;
  remove_from_place (index, call);
  if (call->invite && g_hash_table_lookup (index->invites, call->invite) == call)
    g_hash_table_remove (index->invites, call->invite);
  g_clear_pointer (&call->place, g_free);
  g_clear_pointer (&call->invite, g_free);
}

gboolean
sip_index_is_merged (const SipIndex *index, const sip_t *sip)
{
  g_autofree char *key = invite_key (sip);

  return key && g_hash_table_lookup (index->invites, key) != NULL;
}

SipCall *
sip_index_find_twin (const SipIndex *index, const SipInvite *invite)
{
  g_autofree char *identity = sip_uri_get_identity (invite->sip->sip_from);
  g_autofree char *key = place_key (invite->room, identity);

  for (SipCall *c = g_hash_table_lookup (index->places, key); c; c = c->twin)
    if (c->state < SIP_CALL_ENDING && g_strcmp0 (c->user, invite->user) == 0)
      return c;
  return NULL;
}

/* Without credentials anybody can write a From URI. */
static gboolean
is_same_user (const SipCall *a, const SipCall *b)
{
  if (a->user || b->user)
    return g_strcmp0 (a->user, b->user) == 0;
  return rfl_address_same_ip (&a->remote, &b->remote);
}

static void
unref_call (gpointer call)
{
  sip_call_unref (call);
}

GPtrArray *
sip_index_list_replaced (const SipIndex *index, SipCall *call)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (unref_call);

  for (SipCall *c = call->place ? g_hash_table_lookup (index->places, call->place) : NULL; c;
       c = c->twin)
    if (c != call && c->state < SIP_CALL_ENDING && is_same_user (c, call))
      g_ptr_array_add (list, sip_call_ref (c));
  return list;
}
