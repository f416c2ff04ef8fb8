/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether what one reflector knows of another is exactly what that one has told: participants,
 * their media, their sources. Says what differs.
 */
#include "tests/unit/link-fixture.h"
#include <string.h>

static void G_GNUC_PRINTF (2, 3) add_line (GHashTable *lines, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *line = g_strdup_vprintf (format, args);
  va_end (args);
  if (g_hash_table_contains (lines, line))
    g_error ("twice: %s", line);
  g_hash_table_add (lines, g_steal_pointer (&line));
}

/* What a medium speaks: at its own reflector what its session does, elsewhere what was told. */
static char *
speech (const RflMedium *medium)
{
  gboolean own = medium->participant->origin == NULL;
  g_autoptr (GPtrArray) used = own && medium->route ? link_codec_formats (medium->route) : NULL;
  const GPtrArray *formats = own ? used : medium->current->formats;
  GString *out = g_string_new (NULL);

  for (guint i = 0; formats && i < formats->len; i++)
    {
      const RflFormat *format = formats->pdata[i];
      g_string_append_printf (out, " %u %s/%u/%u %s", format->pt, format->encoding,
                              format->clock_rate, format->channels, format->fmtp);
    }
  return g_string_free (out, FALSE);
}

static void
add_participant (GHashTable *lines, const RflParticipant *p)
{
  add_line (lines, "%s: session %s, %s, \"%s\", cname %s, %u media", p->id, p->session->name,
            p->identity, p->display_name, p->cname, p->media->len);
  for (guint i = 0; i < p->media->len; i++)
    {
      const RflMedium *medium = p->media->pdata[i];
      g_autofree char *formats = speech (medium);
      add_line (lines, "%s: medium %u %s, direction %u, accepted %d, route %s,%s", p->id,
                medium->index, medium->kind, medium->current->direction, medium->current->accepted,
                medium->route ? medium->route->kind : "none", formats);
    }
}

static void
add_participants (GHashTable *lines, Site *site, const char *origin)
{
  g_autoptr (GPtrArray) sessions = rfl_core_list_sessions (site->core);

  for (guint i = 0; i < sessions->len; i++)
    {
      const RflSession *session = sessions->pdata[i];
      for (guint k = 0; k < session->participants->len; k++)
        {
          const RflParticipant *p = session->participants->pdata[k];
          if (g_strcmp0 (p->origin, origin) == 0)
            add_participant (lines, p);
        }
    }
}

static void
add_source (GHashTable *lines, const RflSource *source, guint32 label, guint8 audio_level)
{
  add_line (lines, "source %08x of %s %u in %s under label %08x, audio level %u", source->ssrc,
            source->owner->participant->id, source->owner->index, source->route->session->name,
            label, audio_level);
}

static void
add_told_sources (GHashTable *lines, LinkPeer *peer)
{
  GHashTableIter iter;
  LinkRoom *room;

  g_hash_table_iter_init (&iter, peer->rooms);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &room))
    for (guint i = 0; i < room->legs->len; i++)
      {
        const GPtrArray *sources = ((LinkLeg *) room->legs->pdata[i])->route->sources;
        for (guint k = 0; k < sources->len; k++)
          {
            const LinkOut *out = g_hash_table_lookup (peer->out, sources->pdata[k]);
            if (out)
              {
                const RflSource *source = sources->pdata[k];
                add_source (lines, source, out->label, source->owner->current->answer_audio_level);
              }
          }
      }
}

static void
add_known_sources (GHashTable *lines, LinkPeer *peer)
{
  GHashTableIter iter;
  LinkIn *in;

  g_hash_table_iter_init (&iter, peer->in);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &in))
    add_source (lines, in->source, in->label, in->source->audio_level);
}

static guint
print_missing (GHashTable *lines, GHashTable *there, const char *what)
{
  GHashTableIter iter;
  const char *line;
  guint n = 0;

  g_hash_table_iter_init (&iter, lines);
  while (g_hash_table_iter_next (&iter, (gpointer *) &line, NULL))
    if (!g_hash_table_contains (there, line))
      {
        g_test_message ("%s: %s", what, line);
        n++;
      }
  return n;
}

guint
world_compare (World *world, guint a, guint b)
{
  g_autoptr (GHashTable) told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Site *from = &world->sites[a], *at = &world->sites[b];
  const LinkPeer *peer = site_peer (at, a);

  add_participants (told, from, NULL);
  add_told_sources (told, site_peer (from, b));
  add_participants (known, at, rfl_core_get_id (from->core));
  add_known_sources (known, site_peer (at, a));
  guint n = print_missing (told, known, "told but not known");
  n += print_missing (known, told, "known but not told");
  if (!link_channel_is_up (peer->channel))
    n++;
  return n;
}
