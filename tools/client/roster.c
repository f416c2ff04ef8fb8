/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Command roster: who is in the room, once or as it changes. Neither speaks nor hears. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "tools/client/commands.h"
#include "tools/client/conference.h"

/* How long the rest of a list that comes in pieces is waited for. */
#define PATIENCE 3 /* s */

typedef struct {
  Client *client;
  Conference *conference;
  gboolean watch, shown;
  guint timer;
} Roster;

static ClientLine *
write_line (const Roster *roster)
{
  ClientLine *line = client_line_new ("roster");

  client_line_int (line, "count", roster->conference->count);
  client_line_open (line, "users", '[');
  for (guint i = 0; i < roster->conference->users->len; i++)
    {
      const ConferenceUser *user = roster->conference->users->pdata[i];

      client_line_open (line, NULL, '{');
      client_line_text (client_line_text (line, "user", user->entity), "name", user->name);
      client_line_open (line, "calls", '[');
      for (guint n = 0; n < user->calls->len; n++)
        {
          const ConferenceCall *call = user->calls->pdata[n];

          client_line_open (line, NULL, '{');
          client_line_text (client_line_text (line, "status", call->status), "joined",
                            call->joined);
          client_line_close (client_line_text (line, "media", call->media));
        }
      client_line_close (client_line_close (line));
    }
  return line;
}

static char *
write_table (const Roster *roster)
{
  GString *out = g_string_new (NULL);

  g_string_append_printf (out, "%-40s %-20s %-16s %-20s %s", "user", "name", "status", "since",
                          "media");
  for (guint i = 0; i < roster->conference->users->len; i++)
    {
      const ConferenceUser *user = roster->conference->users->pdata[i];

      for (guint n = 0; n < user->calls->len; n++)
        {
          const ConferenceCall *call = user->calls->pdata[n];

          g_string_append_printf (out, "\n%-40s %-20s %-16s %-20s %s", user->entity,
                                  user->name ? user->name : "", call->status,
                                  call->joined ? call->joined : "", call->media);
        }
    }
  return g_string_free (out, FALSE);
}

static void
show (Roster *roster)
{
  g_autofree char *table = write_table (roster);

  client_tell (roster->client, write_line (roster), "%s%s", table, roster->watch ? "\n" : "");
  roster->shown = TRUE;
  if (!roster->watch)
    client_leave (roster->client, CLIENT_OK);
}

static void
got_roster (Client *client, const char *state, const char *body, gpointer user_data)
{
  Roster *roster = user_data;

  if (body != NULL && conference_update (roster->conference, body)
      && (roster->shown || roster->conference->users->len >= roster->conference->count))
    show (roster);
  if (strcmp (state, "terminated") == 0 && client_is_joined (client))
    {
      g_autoptr (GError) error =
          g_error_new_literal (CLIENT_ERROR, CLIENT_ENDED, "the server tells of the room no more");
      client_fail (client, error);
    }
}

/* A list that is too long for the server comes never whole. */
static gboolean
on_patience (gpointer data)
{
  Roster *roster = data;

  roster->timer = 0;
  if (!roster->shown)
    show (roster);
  return G_SOURCE_REMOVE;
}

static void
joined (Client *client, gpointer user_data)
{
  Roster *roster = user_data;

  client_subscribe (client, FALSE);
  roster->timer = g_timeout_add_seconds (PATIENCE, on_patience, roster);
}

static void
leaving (Client *client, gpointer user_data)
{
  g_clear_handle_id (&((Roster *) user_data)->timer, g_source_remove);
}

static int
run (int argc, char **argv)
{
  static const ClientFuncs funcs = { .joined = joined, .leaving = leaving, .roster = got_roster };
  g_auto (ClientSettings) settings = { 0 };
  g_autoptr (Client) client = NULL;
  g_autoptr (Conference) conference = conference_new ();
  Roster roster = { .conference = conference };
  const GOptionEntry entries[] = { { "watch", 'w', 0, G_OPTION_ARG_NONE, &roster.watch,
                                     "Stay, and tell what changes", NULL },
                                   { NULL } };

  if (!client_settings_parse (&settings, &client_command_roster, entries, &argc, &argv, 0))
    return CLIENT_USAGE;
  roster.client = client = client_new (&settings, &funcs, &roster);
  client_add_medium (client, &client_quiet);
  return client_run (client);
}

const ClientCommand client_command_roster = { "roster", "ROOM", "Show who is in the room", run };
