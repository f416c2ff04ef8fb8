/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The users of one room in the order of their last change. Not their XML: see roster-user.c. */
#include "plugins/sip/conference/roster.h"
#include "plugins/sip/conference/roster-user.h"
#include <string.h>

/**
 * User:
 * @endpoints: (element-type SipEndpoint): none: deleted
 * @xml: what readers are told
 * @link: in @listed or in @unlisted; holds the user
 */
typedef struct {
  char *identity;
  GArray *endpoints;
  guint64 revision;
  char *xml;
  gboolean is_listed;
  GList link;
} User;

/**
 * SipRoster:
 * @users: (element-type User): by identity, those that are deleted too
 * @listed: (element-type User): by revision
 * @unlisted: those above @max, in the order they came
 * @n_listed: of @listed without those that are deleted
 */
struct _SipRoster {
  GHashTable *users;
  GQueue listed, unlisted;
  guint n_users, n_listed, max;
  guint64 revision;
};

static void
free_user (gpointer data)
{
  User *user = data;

  g_array_unref (user->endpoints);
  g_free (user->identity);
  g_free (user->xml);
  g_free (user);
}

SipRoster *
sip_roster_new (guint max)
{
  SipRoster *roster = g_new0 (SipRoster, 1);

  roster->max = max;
  roster->users = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, free_user);
  g_queue_init (&roster->listed);
  g_queue_init (&roster->unlisted);
  return roster;
}

void
sip_roster_free (SipRoster *roster)
{
  if (roster == NULL)
    return;
  g_hash_table_unref (roster->users);
  g_free (roster);
}

guint
sip_roster_count_users (const SipRoster *roster)
{
  return roster->n_users;
}

guint64
sip_roster_get_revision (const SipRoster *roster)
{
  return roster->revision;
}

/* ---- lists ---- */

static GQueue *
list_of (SipRoster *roster, const User *user)
{
  return user->is_listed ? &roster->listed : &roster->unlisted;
}

/* To the end: it is what changed last. */
static void
note_change (SipRoster *roster, User *user)
{
  if (!user->is_listed)
    return;
  user->revision = ++roster->revision;
  g_queue_unlink (&roster->listed, &user->link);
  g_queue_push_tail_link (&roster->listed, &user->link);
}

static void
list_one_more (SipRoster *roster)
{
  User *user = g_queue_peek_head (&roster->unlisted);

  if (user == NULL || roster->n_listed >= roster->max)
    return;
  g_queue_unlink (&roster->unlisted, &user->link);
  user->is_listed = TRUE;
  roster->n_listed++;
  g_queue_push_tail_link (&roster->listed, &user->link);
  note_change (roster, user);
}

static User *
add_user (SipRoster *roster, const char *identity)
{
  User *user = g_new0 (User, 1);

  user->identity = g_strdup (identity);
  user->endpoints = g_array_new (FALSE, FALSE, sizeof (SipEndpoint));
  user->link.data = user;
  g_queue_push_tail_link (&roster->unlisted, &user->link);
  g_hash_table_insert (roster->users, user->identity, user);
  return user;
}

static void
drop_user (SipRoster *roster, User *user)
{
  g_queue_unlink (list_of (roster, user), &user->link);
  g_hash_table_remove (roster->users, user->identity);
}

/* ---- changes ---- */

static guint
find_endpoint (const User *user, const RflParticipant *participant)
{
  guint i = 0;

  while (i < user->endpoints->len
         && g_array_index (user->endpoints, SipEndpoint, i).participant != participant)
    i++;
  return i;
}

static void
describe (SipRoster *roster, User *user)
{
  g_autofree char *xml = sip_roster_write_user (user->identity, user->endpoints);

  if (g_strcmp0 (xml, user->xml) == 0)
    return;
  g_free (user->xml);
  user->xml = g_steal_pointer (&xml);
  note_change (roster, user);
}

void
sip_roster_touch (SipRoster *roster, const RflParticipant *participant, gint64 joined)
{
  User *user = g_hash_table_lookup (roster->users, participant->identity);
  SipEndpoint endpoint = { participant, joined };

  if (user == NULL)
    user = add_user (roster, participant->identity);
  if (user->endpoints->len == 0)
    {
      roster->n_users++;
      roster->revision++;
      roster->n_listed += user->is_listed; /* it was deleted, and is back */
    }
  if (find_endpoint (user, participant) == user->endpoints->len)
    g_array_append_val (user->endpoints, endpoint);
  describe (roster, user);
  list_one_more (roster);
}

void
sip_roster_remove (SipRoster *roster, const RflParticipant *participant)
{
  User *user = g_hash_table_lookup (roster->users, participant->identity);
  guint i = user ? find_endpoint (user, participant) : 0;

  if (user == NULL || i == user->endpoints->len)
    return;
  g_array_remove_index (user->endpoints, i);
  describe (roster, user);
  if (user->endpoints->len > 0)
    return;
  roster->n_users--;
  roster->revision++;
  if (!user->is_listed)
    {
      drop_user (roster, user);
      return;
    }
  roster->n_listed--;
  list_one_more (roster);
}

void
sip_roster_forget (SipRoster *roster, guint64 revision)
{
  GList *next;

  for (GList *l = roster->listed.head; l; l = next)
    {
      User *user = l->data;

      next = l->next;
      if (user->revision > revision)
        return;
      if (user->endpoints->len == 0)
        drop_user (roster, user);
    }
}

/* ---- documents ---- */

/* Returns: (nullable): the first that changed after @since; readers are mostly close behind. */
static const GList *
find_news (const SipRoster *roster, guint64 since)
{
  const GList *news = NULL;

  for (const GList *l = roster->listed.tail; l; l = l->prev)
    {
      if (((const User *) l->data)->revision <= since)
        break;
      news = l;
    }
  return news;
}

/* Returns: what is known when all that was appended is */
static guint64
append_users (const SipRoster *roster, const SipRosterQuery *query, GString *out)
{
  gsize begin = out->len;
  guint64 until = query->since;

  for (const GList *l = find_news (roster, query->since); l; l = l->next)
    {
      const User *user = l->data;

      if (query->since == 0 && user->endpoints->len == 0)
        continue; /* nobody has to forget whom he does not know */
      if (out->len > begin && out->len - begin + strlen (user->xml) > query->max)
        return until;
      g_string_append (out, user->xml);
      until = user->revision;
    }
  return roster->revision;
}

char *
sip_roster_write (const SipRoster *roster, SipRosterQuery *query)
{
  const char *state = query->since == 0 ? "full" : "partial";
  GString *out = g_string_new ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<conference-info "
                               "xmlns=\"urn:ietf:params:xml:ns:conference-info\" entity=\"");

  sip_xml_append (out, query->entity);
  g_string_append_printf (out,
                          "\" state=\"%s\" version=\"%u\"><conference-state><user-count>%u"
                          "</user-count><active>true</active></conference-state>"
                          "<users state=\"%s\">",
                          state, query->version, roster->n_users, state);
  query->since = append_users (roster, query, out);
  g_string_append (out, "</users></conference-info>\n");
  return g_string_free (out, FALSE);
}
