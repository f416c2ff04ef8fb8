/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See mixer-fake.h. Knows opus, G.722, G.711, L16 and their companions by name alone. */
#include "tests/unit/mixer-fake.h"

#include <reflector/reflector.h>
#include <string.h>

static gboolean
knows (gpointer self, const RflFormat *format)
{
  static const char *const names[] = { "opus", "G722", "PCMU", "PCMA", "L16", "telephone-event",
                                       "CN" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_ascii_strcasecmp (format->encoding, names[i]) == 0)
      return TRUE;
  return FALSE;
}

static GPtrArray *
list_formats (gpointer self)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_format_free);

  g_ptr_array_add (list, rfl_format_new (RFL_PT_NONE, "opus", 48000, 1, NULL));
  g_ptr_array_add (list, rfl_format_new (RFL_PT_NONE, "G722", 8000, 1, NULL));
  g_ptr_array_add (list, rfl_format_new (RFL_PT_NONE, "PCMU", 8000, 1, NULL));
  g_ptr_array_add (list, rfl_format_new (RFL_PT_NONE, "PCMA", 8000, 1, NULL));
  return list;
}

/* A feed that nothing is ever pushed to. */
static RflFeed *
attach (gpointer self, RflMedium *medium, const GPtrArray *formats, guint ptime,
        guint8 pt[RFL_ROUTE_MAX_FORMATS], GError **error)
{
  Fake *fake = self;
  const RflFormat *first = formats->pdata[0];
  RflFeed *feed;
  GString *text = g_string_new (NULL);

  if (fake->full)
    {
      g_string_free (text, TRUE);
      g_set_error (error, RFL_ERROR, RFL_ERROR_LIMIT, "No more places");
      return NULL;
    }
  for (guint i = 0; i < formats->len; i++)
    {
      const RflFormat *format = formats->pdata[i];
      g_string_append_printf (text, "%u:%s ", format->pt, format->encoding);
    }
  g_free (fake->formats);
  fake->formats = g_string_free (text, FALSE);
  fake->ptime = ptime;
  fake->n_attached++;
  g_assert_false (
      g_ptr_array_find (fake->attached, medium, NULL)); /* its leg hangs on the old feed */
  g_ptr_array_add (fake->attached, medium);
  pt[0] = first->pt;
  feed = rfl_feed_new (medium->route, first->clock_rate);
  g_hash_table_insert (fake->feeds, medium, feed);
  return feed;
}

static void
detach (gpointer self, RflMedium *medium)
{
  Fake *fake = self;

  if (g_ptr_array_remove (fake->attached, medium))
    g_hash_table_remove (fake->feeds, medium);
}

static gboolean
get_level (gpointer self, const RflSource *source, gint *dbov)
{
  return FALSE;
}

static gboolean
play (gpointer self, RflSession *session, RflParticipant *only, const char *tone)
{
  return FALSE;
}

static const RflMixer mixer = { .knows = knows,
                                .list_formats = list_formats,
                                .attach = attach,
                                .detach = detach,
                                .get_level = get_level,
                                .play = play };

Fake *
fake_new (RflCore *core)
{
  Fake *fake = g_new0 (Fake, 1);

  fake->core = core;
  fake->attached = g_ptr_array_new ();
  fake->feeds = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) rfl_feed_free);
  g_assert_true (
      rfl_core_offer_service (core, RFL_MIXER_SERVICE, RFL_MIXER_VERSION, &mixer, fake, NULL));
  return fake;
}

void
fake_free (Fake *fake)
{
  if (fake == NULL)
    return;
  g_assert_cmpuint (fake->attached->len, ==, 0);
  rfl_core_withdraw_service (fake->core, RFL_MIXER_SERVICE);
  g_ptr_array_unref (fake->attached);
  g_hash_table_unref (fake->feeds);
  g_free (fake->formats);
  g_free (fake);
}
