/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may do what: users by digest (RFC 7616), participants by their passkey (RFC 6750), and whoever has a room's link. Not for
 * quotas, which the HTTP thread knows.
 */
#include "plugins/files/files.h"

#include <libsoup/soup.h>
#include <string.h>

enum {
  BAD_REQUEST = 400,
  UNAUTHORIZED = 401,
  FORBIDDEN = 403,
  NOT_FOUND = 404,
  CONFLICT = 409,
  TOO_MANY = 429
};

static void
refuse (HttpAsk *ask, guint status, const char *why)
{
  ask->status = status;
  ask->why = g_strdup (why);
}

static void
challenge (Files *files, HttpAsk *ask, gboolean stale, const char *why)
{
  gpointer self;
  const RflCredentials *credentials =
      rfl_core_find_service (files->core, RFL_CREDENTIALS_SERVICE, RFL_CREDENTIALS_VERSION, &self);
  g_auto (GStrv) digests = credentials ? credentials->challenge (self, NULL, stale) : NULL;
  GStrvBuilder *builder = g_strv_builder_new ();

  for (guint i = 0; digests && digests[i]; i++)
    g_strv_builder_add (builder, digests[i]);
  g_strv_builder_add (builder, "Bearer realm=\"reflectord\"");
  ask->challenges = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  refuse (ask, UNAUTHORIZED, why);
}

/* ---- users ---- */

static void
judge_user (Files *files, HttpAsk *ask, const char *user)
{
  const RflParticipant *participant = files_find_user (files, ask->real_room, user);

  if (!participant && !files->options.anyone)
    {
      refuse (ask, FORBIDDEN, "you are not in this room");
      return;
    }
  ask->who = g_strconcat ("user:", user, NULL);
  ask->owner = g_strdup (participant ? participant->identity : user);
}

static RflDigest
read_digest (const HttpAsk *ask, GHashTable *fields)
{
#define FIELD(name) g_hash_table_lookup (fields, name)
  return (RflDigest){ .method = ask->method,
                      .username = FIELD ("username"),
                      .realm = FIELD ("realm"),
                      .nonce = FIELD ("nonce"),
                      .uri = FIELD ("uri"),
                      .response = FIELD ("response"),
                      .algorithm = FIELD ("algorithm"),
                      .cnonce = FIELD ("cnonce"),
                      .qop = FIELD ("qop"),
                      .nc = FIELD ("nc"),
                      .opaque = FIELD ("opaque") };
#undef FIELD
}

static gboolean
must_wait (Files *files, HttpAsk *ask, const char *user)
{
  gint64 wait = files_wrong_wait (files, &ask->peer, user);

  if (wait == 0)
    return FALSE;
  ask->retry = (guint) (wait / G_TIME_SPAN_SECOND) + 1;
  refuse (ask, TOO_MANY, "too many wrong passwords of this user from this address: wait");
  return TRUE;
}

/* What was signed must be what is asked for (RFC 7616 §3.4.6). */
static void
judge_digest (Files *files, HttpAsk *ask, const char *header)
{
  gpointer self;
  const RflCredentials *credentials =
      rfl_core_find_service (files->core, RFL_CREDENTIALS_SERVICE, RFL_CREDENTIALS_VERSION, &self);
  GHashTable *fields = soup_header_parse_param_list (header);
  RflDigest digest = read_digest (ask, fields);
  RflDigestVerdict verdict = RFL_DIGEST_WRONG;

  if (digest.username && must_wait (files, ask, digest.username))
    {
      soup_header_free_param_list (fields);
      return;
    }
  if (credentials && digest.uri && g_str_equal (digest.uri, ask->target))
    verdict = credentials->check (self, &digest);
  if (verdict == RFL_DIGEST_OK)
    files_wrong_forget (files, &ask->peer, digest.username);
  else if (verdict == RFL_DIGEST_WRONG && digest.username)
    files_wrong_count (files, &ask->peer, digest.username);
  if (verdict == RFL_DIGEST_OK)
    judge_user (files, ask, digest.username);
  else
    challenge (files, ask, verdict == RFL_DIGEST_STALE,
               verdict == RFL_DIGEST_WRONG ? "wrong user or password" : "once more, please");
  soup_header_free_param_list (fields);
}

/* ---- participants and guests ---- */

static void
judge_passkey (Files *files, HttpAsk *ask, const char *hex)
{
  const FilesGuest *guest = files_find_passkey (files, ask->real_room, hex);

  if (!guest)
    {
      challenge (files, ask, FALSE, "wrong passkey");
      return;
    }
  ask->who = g_strconcat ("participant:", guest->participant->id, NULL);
  ask->owner = g_strdup (guest->participant->identity);
}

static void
judge_page (Files *files, HttpAsk *ask)
{
  ask->real_room = g_strdup (files_find_page (files, ask->token));
  if (!ask->real_room)
    {
      refuse (ask, NOT_FOUND, "there is nobody in this room, or no such room");
      return;
    }
  ask->who = g_strdup ("page");
  ask->owner = g_strdup ("by a browser");
}

static void
judge (Files *files, HttpAsk *ask)
{
  static const char digest[] = "Digest ", bearer[] = "Bearer ";
  const char *field = ask->authorization;

  ask->real_room = g_strdup (ask->room);
  if (!field)
    challenge (files, ask, FALSE, "who are you?");
  else if (g_ascii_strncasecmp (field, digest, strlen (digest)) == 0)
    judge_digest (files, ask, field + strlen (digest));
  else if (g_ascii_strncasecmp (field, bearer, strlen (bearer)) == 0)
    judge_passkey (files, ask, field + strlen (bearer));
  else
    challenge (files, ask, FALSE, "by Digest, or as Bearer of a passkey");
}

typedef struct {
  Files *files;
  HttpAsk *ask;
} Asked;

static void
on_decided (RflEvent *event, const GError *error, gpointer data)
{
  g_autofree Asked *asked = data;

  if (error)
    {
      rfl_counter_add (asked->files->counters.refused, 1);
      refuse (asked->ask, FORBIDDEN, error->message);
    }
  http_answer (asked->files->http, asked->ask);
}

static RflParticipant *
find_participant (Files *files, const HttpAsk *ask)
{
  static const char user[] = "user:", participant[] = "participant:";

  if (g_str_has_prefix (ask->who, user))
    return files_find_user (files, ask->real_room, ask->who + strlen (user));
  if (g_str_has_prefix (ask->who, participant))
    return rfl_core_find_participant (files->core, ask->who + strlen (participant));
  return NULL;
}

/* Other plugins may have something against it. */
static void
offer (Files *files, HttpAsk *ask)
{
  FilesOffer what = { find_participant (files, ask), ask->real_room, ask->name, ask->file_type,
                      ask->size };
  Asked *asked = g_new (Asked, 1);

  asked->files = files;
  asked->ask = ask;
  files_offer (files, &what, on_decided, asked);
}

void
files_on_ask (HttpAsk *ask, gpointer data)
{
  Files *files = data;
  RflAddress nowhere = { 0 };

  if (ask->token)
    judge_page (files, ask);
  else
    judge (files, ask);
  if (!ask->status && ask->type == HTTP_ASK_PUT
      && !rfl_core_find_session (files->core, ask->real_room))
    refuse (ask, CONFLICT, "there is nobody in this room");
  ask->base = files_get_base (files, &ask->peer, &nowhere);
  if (!ask->status && ask->type == HTTP_ASK_PUT)
    offer (files, ask);
  else
    http_answer (files->http, ask);
}
