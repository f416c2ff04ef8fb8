/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changing a users file: lines `user:realm:ALGORITHM:HA1` (the plugin auth reads them). Not for
 * asking for passwords.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/ctl.h"

static const struct {
  const char *name;
  GChecksumType type;
} algorithms[] = { { "MD5", G_CHECKSUM_MD5 }, { "SHA-256", G_CHECKSUM_SHA256 } };

static const char *
check_name (const char *name, const char *empty, const char *wrong)
{
  if (*name == '\0')
    return empty;
  for (const char *p = name; *p != '\0'; p++)
    if (g_ascii_iscntrl (*p) || *p == ':')
      return wrong;
  return g_utf8_validate (name, -1, NULL) ? NULL : wrong;
}

const char *
users_change_check (const UsersChange *change)
{
  const char *wrong = check_name (change->user, "USER is empty",
                                  "USER must be UTF-8 without colon and control characters");

  if (wrong == NULL && *change->user == '#')
    wrong = "USER must not start with # (that is a comment)";
  if (wrong == NULL)
    wrong = check_name (change->realm, "REALM is empty",
                        "REALM must be UTF-8 without colon and control characters");
  return wrong;
}

static void
append_lines (GString *out, const UsersChange *change)
{
  g_autofree char *secret =
      g_strdup_printf ("%s:%s:%s", change->user, change->realm, change->password);

  for (guint i = 0; i < G_N_ELEMENTS (algorithms); i++)
    {
      g_autofree char *ha1 = g_compute_checksum_for_string (algorithms[i].type, secret, -1);

      g_string_append_printf (out, "%s:%s:%s:%s\n", change->user, change->realm, algorithms[i].name,
                              ha1);
    }
  explicit_bzero (secret, strlen (secret));
}

char *
users_text_change (const char *text, const UsersChange *change, gboolean *found)
{
  g_autofree char *prefix = g_strdup_printf ("%s:%s:", change->user, change->realm);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  GString *out = g_string_new (NULL);

  *found = FALSE;
  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (lines[i][0] == '\0' && lines[i + 1] == NULL)
        break; /* what is behind the last line's end */
      if (!g_str_has_prefix (lines[i], prefix))
        g_string_append_printf (out, "%s\n", lines[i]);
      else if (!*found && change->password != NULL)
        append_lines (out, change);
      *found |= g_str_has_prefix (lines[i], prefix);
    }
  if (!*found && change->password != NULL)
    append_lines (out, change);
  return g_string_free (out, FALSE);
}

static gboolean
fail (GError **error, const char *path, const char *why)
{
  g_set_error (error, CTL_ERROR, CTL_FAILED, "%s: %s", path, why);
  return FALSE;
}

/* Two that change the file at once would undo each other's work. Returns: to be closed, or -1 */
static int
lock_folder (const char *path, GError **error)
{
  g_autofree char *dir = g_path_get_dirname (path);
  int fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd >= 0 && flock (fd, LOCK_EX) == 0)
    return fd;
  fail (error, dir, g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return -1;
}

static gboolean
write_all (int fd, const char *text, gsize len)
{
  while (len > 0)
    {
      gssize n = write (fd, text, len);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return FALSE;
      text += n;
      len -= n;
    }
  return TRUE;
}

/* @st: (nullable): of the file that is replaced */
static gboolean
replace (const char *path, const struct stat *st, const char *text, GError **error)
{
  g_autofree char *name = g_strconcat (path, ".XXXXXX", NULL);
  int fd = g_mkstemp_full (name, O_WRONLY | O_CLOEXEC, 0600);
  gboolean done = FALSE;

  if (fd < 0)
    return fail (error, path, g_strerror (errno));
  if ((st == NULL
       || (fchown (fd, st->st_uid, st->st_gid) == 0 && fchmod (fd, st->st_mode & 0770) == 0))
      && write_all (fd, text, strlen (text)) && fsync (fd) == 0 && g_rename (name, path) == 0)
    done = TRUE;
  else
    {
      fail (error, path, g_strerror (errno));
      g_unlink (name);
    }
  close (fd);
  return done;
}

/* Returns: the contents, "" for no file, whose @st is then all zero */
static char *
read_old (const char *path, struct stat *st, GError **error)
{
  g_autofree char *text = NULL;
  gsize len;

  memset (st, 0, sizeof *st);
  if (stat (path, st) < 0)
    {
      if (errno == ENOENT)
        return g_strdup ("");
      fail (error, path, g_strerror (errno));
      return NULL;
    }
  if (!S_ISREG (st->st_mode))
    {
      fail (error, path, "not a file");
      return NULL;
    }
  if (!g_file_get_contents (path, &text, &len, error))
    return NULL;
  if (memchr (text, '\0', len) != NULL)
    {
      fail (error, path, "not a users file");
      return NULL;
    }
  return g_steal_pointer (&text);
}

static gboolean
change_locked (const char *path, const UsersChange *change, gboolean anew, GError **error)
{
  struct stat st;
  g_autofree char *old = read_old (path, &st, error);
  g_autofree char *text = NULL;
  gboolean found;

  if (old == NULL)
    return FALSE;
  text = users_text_change (anew ? "" : old, change, &found);
  if (change->password == NULL && !found)
    return fail (error, path, "there is no such user in this realm");
  return replace (path, st.st_nlink > 0 ? &st : NULL, text, error);
}

gboolean
users_file_change (const char *path, const UsersChange *change, gboolean anew, GError **error)
{
  g_autofree char *real = realpath (path, NULL); /* a link stays one */
  int lock = lock_folder (real != NULL ? real : path, error);
  gboolean done;

  if (lock < 0)
    return FALSE;
  done = change_locked (real != NULL ? real : path, change, anew, error);
  if (done)
    fsync (lock);
  close (lock);
  return done;
}
