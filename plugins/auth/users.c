/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the users file. Not for judging passwords. */
#include "plugins/auth/users.h"

#include <errno.h>
#include <fcntl.h>
#include <reflector/error.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_SIZE (16 * 1024 * 1024)

typedef struct {
  AuthAlgorithm algorithm;
  char *user, *realm, *ha1;
} User;

/* How many users of a realm have exactly these hashes; the index is a set of bits, one for each algorithm. */
typedef struct {
  guint by_set[1 << AUTH_N_ALGORITHMS];
} Realm;

struct _AuthUsers {
  GHashTable *table;  /* a User is its own key */
  GHashTable *realms; /* name → Realm */
};

static guint
user_hash (gconstpointer data)
{
  const User *user = data;

  return g_str_hash (user->user) ^ (g_str_hash (user->realm) * 31) ^ user->algorithm;
}

static gboolean
user_equal (gconstpointer a, gconstpointer b)
{
  const User *left = a, *right = b;

  return left->algorithm == right->algorithm && strcmp (left->user, right->user) == 0
         && strcmp (left->realm, right->realm) == 0;
}

static void
user_free (gpointer data)
{
  User *user = data;

  g_free (user->user);
  g_free (user->realm);
  g_free (user->ha1);
  g_free (user);
}

/* Returns: what is wrong with @fields, or %NULL */
static const char *
check_fields (char **fields, AuthAlgorithm *algorithm)
{
  guint n = g_strv_length (fields);
  const char *ha1 = n > 0 ? fields[n - 1] : "";

  *algorithm = AUTH_MD5;
  if (n != 3 && n != 4)
    return "not user:realm:ALGORITHM:HA1";
  if (fields[0][0] == '\0')
    return "the user's name is missing";
  if (fields[1][0] == '\0')
    return "the realm is missing";
  if (n == 4 && !auth_algorithm_parse (fields[2], algorithm))
    return "the algorithm is neither MD5 nor SHA-256";
  if (strlen (ha1) != auth_algorithm_get_length (*algorithm)
      || strspn (ha1, "0123456789abcdefABCDEF") != strlen (ha1))
    return "the last field is no hash of this algorithm";
  return NULL;
}

/* The hashes that there are of @user, as a set. */
static guint
find_set (const AuthUsers *users, const User *user)
{
  guint set = 0;

  for (guint i = 0; i < AUTH_N_ALGORITHMS; i++)
    if (auth_users_find (users, user->user, user->realm, i) != NULL)
      set |= 1u << i;
  return set;
}

static Realm *
get_realm (AuthUsers *users, const char *name)
{
  Realm *realm = g_hash_table_lookup (users->realms, name);

  if (realm == NULL)
    {
      realm = g_new0 (Realm, 1);
      g_hash_table_insert (users->realms, g_strdup (name), realm);
    }
  return realm;
}

/* Takes @user. Returns: whether it is new */
static gboolean
add_user (AuthUsers *users, User *user)
{
  Realm *realm = get_realm (users, user->realm);
  guint before = find_set (users, user);
  guint after = before | 1u << user->algorithm;

  if (!g_hash_table_add (users->table, user))
    return FALSE;
  if (before != 0)
    realm->by_set[before]--;
  realm->by_set[after]++;
  return TRUE;
}

static const char *
add_line (AuthUsers *users, const char *line)
{
  g_auto (GStrv) fields = g_strsplit (line, ":", 5);
  AuthAlgorithm algorithm;
  const char *wrong = check_fields (fields, &algorithm);
  User *user;

  if (wrong != NULL)
    return wrong;
  user = g_new0 (User, 1);
  user->algorithm = algorithm;
  user->user = g_strdup (fields[0]);
  user->realm = g_strdup (fields[1]);
  user->ha1 = g_ascii_strdown (fields[g_strv_length (fields) - 1], -1);
  return add_user (users, user) ? NULL : "this user, realm and algorithm come twice";
}

static const char *
check_characters (const char *line, gsize len)
{
  if (!g_utf8_validate (line, len, NULL))
    return "not UTF-8";
  for (gsize i = 0; i < len; i++)
    if (g_ascii_iscntrl (line[i]))
      return "a control character";
  return NULL;
}

/* Takes one line without its end. */
static const char *
read_line (AuthUsers *users, const char *data, gsize len)
{
  g_autofree char *line = NULL;
  const char *wrong;

  if (len > 0 && data[len - 1] == '\r')
    len--;
  if (len == 0 || data[0] == '#')
    return NULL;
  wrong = check_characters (data, len);
  if (wrong != NULL)
    return wrong;
  line = g_strndup (data, len);
  return add_line (users, line);
}

AuthUsers *
auth_users_parse (const char *name, const char *data, gsize len, GError **error)
{
  g_autoptr (AuthUsers) users = g_new0 (AuthUsers, 1);

  users->table = g_hash_table_new_full (user_hash, user_equal, user_free, NULL);
  users->realms = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (guint number = 1; len > 0; number++)
    {
      const char *end = memchr (data, '\n', len);
      gsize line = end ? (gsize) (end - data) : len;
      const char *wrong = read_line (users, data, line);

      if (wrong != NULL)
        {
          g_set_error (error, RFL_ERROR, RFL_ERROR_CONFIG, "%s:%u: %s", name, number, wrong);
          return NULL;
        }
      data += end ? line + 1 : line;
      len -= end ? line + 1 : line;
    }
  return g_steal_pointer (&users);
}

/* Looks at the open file, so that it is the one that is read. */
static gboolean
check_file (int fd, const char *path, struct stat *st, GError **error)
{
  if (fstat (fd, st) < 0)
    g_set_error (error, RFL_ERROR, RFL_ERROR_IO, "%s: %s", path, g_strerror (errno));
  else if (!S_ISREG (st->st_mode))
    g_set_error (error, RFL_ERROR, RFL_ERROR_CONFIG, "%s: not a file", path);
  else if (st->st_mode & S_IROTH)
    g_set_error (error, RFL_ERROR, RFL_ERROR_CONFIG,
                 "%s: everybody may read these hashes, each as good as its password; "
                 "try chmod o-rwx",
                 path);
  else if (st->st_size > MAX_SIZE)
    g_set_error (error, RFL_ERROR, RFL_ERROR_CONFIG, "%s: larger than 16 MiB", path);
  else
    return TRUE;
  return FALSE;
}

static gboolean
read_all (int fd, const char *path, GByteArray *out, GError **error)
{
  guint8 buffer[4096];
  gssize n;

  while ((n = read (fd, buffer, sizeof buffer)) != 0)
    {
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          g_set_error (error, RFL_ERROR, RFL_ERROR_IO, "%s: %s", path, g_strerror (errno));
          return FALSE;
        }
      g_byte_array_append (out, buffer, n);
    }
  return TRUE;
}

AuthUsers *
auth_users_load (const char *path, GError **error)
{
  /* NONBLOCK: opening a FIFO must not wait for a writer */
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  g_autoptr (GByteArray) data = g_byte_array_new ();
  AuthUsers *users = NULL;
  struct stat st;

  if (fd < 0)
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_IO, "%s: %s", path, g_strerror (errno));
      return NULL;
    }
  if (check_file (fd, path, &st, error) && read_all (fd, path, data, error))
    users = auth_users_parse (path, (const char *) data->data, data->len, error);
  close (fd);
  return users;
}

void
auth_users_free (AuthUsers *users)
{
  if (users == NULL)
    return;
  g_hash_table_unref (users->table);
  g_hash_table_unref (users->realms);
  g_free (users);
}

const char *
auth_users_find (const AuthUsers *users, const char *user, const char *realm,
                 AuthAlgorithm algorithm)
{
  User key = { .algorithm = algorithm, .user = (char *) user, .realm = (char *) realm };
  const User *found = g_hash_table_lookup (users->table, &key);

  return found != NULL ? found->ha1 : NULL;
}

static const Realm nobody;

static const Realm *
find_realm (const AuthUsers *users, const char *name)
{
  const Realm *realm = g_hash_table_lookup (users->realms, name);

  return realm != NULL ? realm : &nobody;
}

guint
auth_users_count (const AuthUsers *users, const char *realm)
{
  const Realm *found = find_realm (users, realm);
  guint n = 0;

  for (guint set = 1; set < G_N_ELEMENTS (found->by_set); set++)
    n += found->by_set[set];
  return n;
}

guint
auth_users_count_hashes (const AuthUsers *users, const char *realm, AuthAlgorithm algorithm)
{
  const Realm *found = find_realm (users, realm);
  guint n = 0;

  for (guint set = 1; set < G_N_ELEMENTS (found->by_set); set++)
    if (set & 1u << algorithm)
      n += found->by_set[set];
  return n;
}

guint
auth_users_count_only (const AuthUsers *users, const char *realm, AuthAlgorithm algorithm,
                       guint weaker)
{
  const Realm *found = find_realm (users, realm);
  guint n = 0;

  for (guint set = 1; set < G_N_ELEMENTS (found->by_set); set++)
    if (set & 1u << algorithm && !(set & weaker))
      n += found->by_set[set];
  return n;
}

char **
auth_users_list_realms (const AuthUsers *users)
{
  g_autofree char **names = (char **) g_hash_table_get_keys_as_array (users->realms, NULL);

  return g_strdupv (names);
}
