/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads conference-info documents into a list of users. Shows nothing. */
#include "config.h"

#include <string.h>

#include "tools/client/conference.h"

#define MAX_USERS 10000

static void
call_free (gpointer data)
{
  ConferenceCall *call = data;

  g_free (call->status);
  g_free (call->name);
  g_free (call->joined);
  g_free (call->media);
  g_free (call);
}

static void
user_free (gpointer data)
{
  ConferenceUser *user = data;

  g_free (user->entity);
  g_free (user->name);
  g_ptr_array_unref (user->calls);
  g_free (user);
}

Conference *
conference_new (void)
{
  Conference *conference = g_new0 (Conference, 1);

  conference->users = g_ptr_array_new_with_free_func (user_free);
  return conference;
}

void
conference_free (Conference *conference)
{
  if (conference == NULL)
    return;
  g_ptr_array_unref (conference->users);
  g_free (conference);
}

/* ---- the document ---- */

typedef struct {
  GPtrArray *users; /* of this document; without calls: deleted */
  gboolean full, right;
  guint count;
  GString *path; /* "/conference-info/users/user" */
  ConferenceUser *user;
  ConferenceCall *call;
  char *type; /* of the medium */
} Reader;

static const char *
find_attribute (const char **names, const char **values, const char *name)
{
  for (guint i = 0; names[i] != NULL; i++)
    if (strcmp (names[i], name) == 0)
      return values[i];
  return NULL;
}

/* Without the prefix of a name space */
static const char *
get_local (const char *name)
{
  const char *colon = strchr (name, ':');

  return colon ? colon + 1 : name;
}

static void
begin_user (Reader *r, const char *entity)
{
  r->user = g_new0 (ConferenceUser, 1);
  r->user->entity = g_strdup (entity ? entity : "");
  r->user->calls = g_ptr_array_new_with_free_func (call_free);
  g_ptr_array_add (r->users, r->user);
}

static void
begin_call (Reader *r)
{
  r->call = g_new0 (ConferenceCall, 1);
  r->call->status = g_strdup ("");
  r->call->media = g_strdup ("");
  g_ptr_array_add (r->user->calls, r->call);
}

static void
on_start (GMarkupParseContext *context, const char *element, const char **names,
          const char **values, gpointer user_data, GError **error)
{
  Reader *r = user_data;

  g_string_append_printf (r->path, "/%s", get_local (element));
  if (strcmp (r->path->str, "/conference-info") == 0)
    {
      r->right = TRUE;
      r->full = g_strcmp0 (find_attribute (names, values, "state"), "partial") != 0;
    }
  else if (strcmp (r->path->str, "/conference-info/users/user") == 0)
    begin_user (r, find_attribute (names, values, "entity"));
  else if (strcmp (r->path->str, "/conference-info/users/user/endpoint") == 0)
    begin_call (r);
  if (r->users->len > MAX_USERS || r->path->len > 1024)
    g_set_error_literal (error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT, "too much");
}

static void
on_end (GMarkupParseContext *context, const char *element, gpointer user_data, GError **error)
{
  Reader *r = user_data;
  const char *slash = strrchr (r->path->str, '/');

  g_string_truncate (r->path, (gsize) (slash - r->path->str));
}

static void
set (char **field, const char *text)
{
  g_free (*field);
  *field = g_strdup (text);
}

static void
add_medium (Reader *r, const char *status)
{
  g_autofree char *before = r->call->media;

  r->call->media =
      g_strdup_printf ("%s%s%s %s", before, *before ? ", " : "", r->type ? r->type : "?", status);
}

static void
on_user_text (Reader *r, const char *path, const char *text)
{
  if (strcmp (path, "/display-text") == 0)
    set (&r->user->name, text);
  else if (r->call == NULL)
    return;
  else if (strcmp (path, "/endpoint/display-text") == 0)
    set (&r->call->name, text);
  else if (strcmp (path, "/endpoint/status") == 0)
    set (&r->call->status, text);
  else if (strcmp (path, "/endpoint/joining-info/when") == 0)
    set (&r->call->joined, text);
  else if (strcmp (path, "/endpoint/media/type") == 0)
    set (&r->type, text);
  else if (strcmp (path, "/endpoint/media/status") == 0)
    add_medium (r, text);
}

static void
on_text (GMarkupParseContext *context, const char *text, gsize len, gpointer user_data,
         GError **error)
{
  Reader *r = user_data;
  static const char user[] = "/conference-info/users/user";

  if (strcmp (r->path->str, "/conference-info/conference-state/user-count") == 0)
    r->count = (guint) g_ascii_strtoull (text, NULL, 10);
  else if (r->user && g_str_has_prefix (r->path->str, user))
    on_user_text (r, r->path->str + strlen (user), text);
}

/* ---- merging ---- */

static void
merge_user (Conference *conference, ConferenceUser *user)
{
  for (guint i = 0; i < conference->users->len; i++)
    {
      const ConferenceUser *old = conference->users->pdata[i];

      if (strcmp (old->entity, user->entity) != 0)
        continue;
      g_ptr_array_remove_index (conference->users, i);
      if (user->calls->len > 0)
        g_ptr_array_insert (conference->users, (gint) i, user);
      else
        user_free (user);
      return;
    }
  if (user->calls->len > 0)
    g_ptr_array_add (conference->users, user);
  else
    user_free (user);
}

static void
merge (Conference *conference, Reader *r)
{
  if (r->full)
    g_ptr_array_set_size (conference->users, 0);
  while (r->users->len > 0)
    merge_user (conference, g_ptr_array_steal_index (r->users, 0));
  conference->count = r->count;
}

gboolean
conference_update (Conference *conference, const char *xml)
{
  static const GMarkupParser parser = { .start_element = on_start,
                                        .end_element = on_end,
                                        .text = on_text };
  Reader r = { .users = g_ptr_array_new_with_free_func (user_free), .count = conference->count };
  g_autoptr (GMarkupParseContext) context = NULL;
  gboolean good;

  r.path = g_string_new (NULL);
  context = g_markup_parse_context_new (&parser, 0, &r, NULL);
  good = g_markup_parse_context_parse (context, xml, -1, NULL)
         && g_markup_parse_context_end_parse (context, NULL) && r.right;
  if (good)
    merge (conference, &r);
  g_ptr_array_unref (r.users);
  g_string_free (r.path, TRUE);
  g_free (r.type);
  return good;
}
