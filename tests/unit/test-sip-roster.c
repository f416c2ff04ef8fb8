/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rosters: hostile names, full and partial states, what has no room, what is forgotten. */
#include "core/core-private.h"
#include "plugins/sip/conference/roster.h"
#include "plugins/sip/conference/roster-user.h"
#include <string.h>

typedef struct {
  RflCore *core;
  GPtrArray *people;
} Crowd;

static void
unref_participant (gpointer participant)
{
  rfl_participant_unref (participant);
}

static void
crowd_init (Crowd *crowd)
{
  RflCoreOptions options = { .manual_workers = TRUE };

  crowd->core = rfl_core_new (&options);
  crowd->people = g_ptr_array_new_with_free_func (unref_participant);
}

static void
crowd_clear (Crowd *crowd)
{
  g_ptr_array_unref (crowd->people);
  rfl_core_free (crowd->core);
}

static RflParticipant *
add (Crowd *crowd, const char *identity, const char *name)
{
  RflParticipantSpec spec = { .identity = identity, .display_name = name };
  RflParticipant *participant = rfl_participant_new (crowd->core, &spec);

  g_ptr_array_add (crowd->people, participant);
  return participant;
}

static void
check_well_formed (const char *xml)
{
  static const GMarkupParser parser = { 0 };
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&parser, 0, NULL, NULL);
  g_autoptr (GError) error = NULL;

  g_markup_parse_context_parse (context, xml, strlen (xml), &error);
  g_assert_no_error (error);
  g_markup_parse_context_end_parse (context, &error);
  g_assert_no_error (error);
}

static char *
write_xml (const SipRoster *roster, guint64 *since, gsize max)
{
  SipRosterQuery query = { .entity = "sip:a&b@h", .version = 7, .since = *since, .max = max };
  char *xml = sip_roster_write (roster, &query);

  *since = query.since;
  check_well_formed (xml);
  return xml;
}

static guint
count (const char *text, const char *what)
{
  guint n = 0;

  while ((text = strstr (text, what)))
    {
      text += strlen (what);
      n++;
    }
  return n;
}

static void
hostile_text (void)
{
  static const struct {
    const char *text, *xml;
  } rows[] = {
    { "<b>&\"'", "&lt;b&gt;&amp;&quot;'" },
    { "a\x01\x1b[2J\x7f", "a\xef\xbf\xbd\xef\xbf\xbd[2J\xef\xbf\xbd" },
    { "\xc2\x9b", "\xef\xbf\xbd" },
    { "\xef\xbf\xbe", "\xef\xbf\xbd" },
    { "not \xff", "not \xef\xbf\xbd" },
    { "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
    { "]]>", "]]&gt;" },
    { "Gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80", "Gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GString) out = g_string_new (NULL);

      sip_xml_append (out, rows[i].text);
      g_assert_cmpstr (out->str, ==, rows[i].xml);
    }
}

static void
hostile_people (void)
{
  Crowd crowd;
  g_autoptr (SipRoster) roster = sip_roster_new (10);
  g_autofree char *xml = NULL;
  guint64 since = 0;

  crowd_init (&crowd);
  sip_roster_touch (roster, add (&crowd, "sip:\"><x@h", "</display-text><user entity=\"b\">"), 1);
  xml = write_xml (roster, &since, 10000);
  g_assert_cmpuint (count (xml, "<user "), ==, 1);
  g_assert_nonnull (strstr (xml, "1970-01-01T00:00:01Z"));
  crowd_clear (&crowd);
}

static void
full_and_partial (void)
{
  Crowd crowd;
  g_autoptr (SipRoster) roster = sip_roster_new (10);
  g_autofree char *full = NULL, *none = NULL, *left = NULL, *again = NULL;
  RflParticipant *a, *b;
  guint64 since = 0, news;

  crowd_init (&crowd);
  sip_roster_touch (roster, a = add (&crowd, "sip:a@h", "A"), 0);
  sip_roster_touch (roster, b = add (&crowd, "sip:b@h", NULL), 0);
  full = write_xml (roster, &since, 10000);
  g_assert_nonnull (strstr (full, "state=\"full\" version=\"7\""));
  g_assert_cmpuint (count (full, "<user "), ==, 2);
  g_assert_cmpuint (since, ==, sip_roster_get_revision (roster));
  /* Nothing that is told has changed. */
  sip_roster_touch (roster, a, 0);
  g_assert_cmpuint (since, ==, sip_roster_get_revision (roster));
  sip_roster_remove (roster, a);
  news = since;
  left = write_xml (roster, &news, 10000);
  g_assert_nonnull (strstr (left, "<user entity=\"sip:a@h\" state=\"deleted\"/></users>"));
  g_assert_nonnull (strstr (left, "<user-count>1<"));
  /* A newcomer does not hear of who has left. */
  news = 0;
  none = write_xml (roster, &news, 10000);
  g_assert_cmpuint (count (none, "<user "), ==, 1);
  sip_roster_touch (roster, a, 0);
  news = since;
  again = write_xml (roster, &news, 10000);
  g_assert_nonnull (strstr (again, "<user entity=\"sip:a@h\" state=\"full\">"));
  g_assert_cmpuint (sip_roster_count_users (roster), ==, 2);
  sip_roster_remove (roster, a);
  sip_roster_remove (roster, b);
  sip_roster_remove (roster, b);
  g_assert_cmpuint (sip_roster_count_users (roster), ==, 0);
  crowd_clear (&crowd);
}

/* In pieces, each user once. */
static void
pieces (void)
{
  Crowd crowd;
  g_autoptr (SipRoster) roster = sip_roster_new (100);
  guint64 since = 0;
  guint n = 0, users = 0;

  crowd_init (&crowd);
  for (guint i = 0; i < 50; i++)
    {
      g_autofree char *identity = g_strdup_printf ("sip:%u@h", i);

      sip_roster_touch (roster, add (&crowd, identity, "Somebody"), 0);
    }
  while (since < sip_roster_get_revision (roster))
    {
      g_autofree char *xml = write_xml (roster, &since, 600);

      g_assert_cmpuint (strlen (xml), <, 1000);
      g_assert_cmpint (strstr (xml, "state=\"full\" version") != NULL, ==, n == 0);
      users += count (xml, "<user ");
      n++;
    }
  g_assert_cmpuint (users, ==, 50);
  g_assert_cmpuint (n, >, 10);
  crowd_clear (&crowd);
}

static void
too_many (void)
{
  Crowd crowd;
  g_autoptr (SipRoster) roster = sip_roster_new (2);
  g_autofree char *full = NULL, *next = NULL;
  guint64 since = 0;

  crowd_init (&crowd);
  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *identity = g_strdup_printf ("sip:%u@h", i);

      sip_roster_touch (roster, add (&crowd, identity, NULL), 0);
    }
  full = write_xml (roster, &since, 10000);
  g_assert_cmpuint (count (full, "<user "), ==, 2);
  g_assert_nonnull (strstr (full, "<user-count>4<"));
  /* The place of one who leaves is the next one's. */
  sip_roster_remove (roster, crowd.people->pdata[0]);
  next = write_xml (roster, &since, 10000);
  g_assert_nonnull (strstr (next, "\"sip:0@h\" state=\"deleted\""));
  g_assert_nonnull (strstr (next, "\"sip:2@h\" state=\"full\""));
  sip_roster_forget (roster, since);
  sip_roster_remove (roster, crowd.people->pdata[3]);
  g_assert_cmpuint (sip_roster_count_users (roster), ==, 2);
  crowd_clear (&crowd);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/roster/hostile-text", hostile_text);
  g_test_add_func ("/sip/roster/hostile-people", hostile_people);
  g_test_add_func ("/sip/roster/full-and-partial", full_and_partial);
  g_test_add_func ("/sip/roster/pieces", pieces);
  g_test_add_func ("/sip/roster/too-many", too_many);
  return g_test_run ();
}
