/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The journal's file before it is written: its name, its lock, its old content. Whoever can write into its
 * folder owns the daemon's memory of calls; links are not followed. Not a parser.
 */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/journal/journal-file.h"
#include <reflector/error.h>
#include <reflector/log.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A journal of the most calls that can be configured has 50 MB and is written anew at three times that. */
#define MAX_SIZE (256 * 1024 * 1024)

static gboolean
fail (GError **error, const char *path, const char *why)
{
  g_set_error (error, RFL_ERROR, RFL_ERROR_IO, "%s: %s", path, why);
  return FALSE;
}

char *
sip_journal_file_choose (const char *setting)
{
  const char *directories = g_getenv ("STATE_DIRECTORY");
  g_autofree char *first = directories ? g_strndup (directories, strcspn (directories, ":")) : NULL;
  const char *directory = first && *first ? first : SIP_STATE_DIR;

  if (setting)
    return *setting ? g_strdup (setting) : NULL;
  if (access (directory, W_OK | X_OK) == 0)
    return g_build_filename (directory, "dialogs", NULL);
  rfl_notice (NULL, "no journal of dialogs: %s: %s", directory, g_strerror (errno));
  return NULL;
}

/* The lock is on a file of its own, since the journal's is replaced. */
int
sip_journal_file_lock (const char *path, GError **error)
{
  g_autofree char *name = g_strconcat (path, ".lock", NULL);
  int fd = open (name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

  if (fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) == 0)
    return fd;
  fail (error, name,
        fd >= 0 && errno == EWOULDBLOCK ? "another process has it" : g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return -1;
}

static gboolean
read_all (int fd, const char *path, GString *out, GError **error)
{
  char chunk[65536];
  gssize n;

  while ((n = read (fd, chunk, sizeof chunk)) != 0)
    if (n > 0 && out->len + n <= MAX_SIZE)
      g_string_append_len (out, chunk, n);
    else if (n > 0)
      return fail (error, path, "too large");
    else if (errno != EINTR)
      return fail (error, path, g_strerror (errno));
  return TRUE;
}

gboolean
sip_journal_file_read (const char *path, char **data, gsize *len, GError **error)
{
  GString *out = g_string_new (NULL);
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  gboolean ok = TRUE;
  struct stat st;

  if (fd < 0 && errno != ENOENT)
    ok = fail (error, path, g_strerror (errno));
  else if (fd >= 0 && (fstat (fd, &st) != 0 || !S_ISREG (st.st_mode)))
    ok = fail (error, path, "not a regular file");
  else if (fd >= 0)
    ok = read_all (fd, path, out, error);
  if (fd >= 0)
    close (fd);
  *len = out->len;
  *data = g_string_free (out, !ok);
  return ok;
}
