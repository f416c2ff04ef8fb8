/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The thread behind the journal. There is no fsync: what the page cache has survives the
 * process, and a machine that went down has lost its calls' media anyway. Not where it is decided what to
 * write or to try again: see journal.c.
 */
#include "plugins/sip/journal/journal-writer.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

typedef enum {
  JOB_APPEND,
  JOB_REPLACE,
  JOB_END
} JobKind;

typedef struct {
  JobKind kind;
  GString *text;
} Job;

/* @fd, @length, @broken: the thread's; @backlog, @error: atomic. POSIX locks, and no GAsyncQueue, since
 * ThreadSanitizer understands those. */
struct _SipWriter {
  char *path, *temporary;
  GQueue jobs; /* under @lock, as all that it holds until it is popped */
  pthread_mutex_t lock;
  pthread_cond_t pushed;
  GThread *thread;
  int fd;
  off_t length;
  gboolean broken;
  gsize backlog;
  int error;
};

static int
write_all (int fd, const GString *text)
{
  for (gsize done = 0; done < text->len;)
    {
      gssize n = write (fd, text->str + done, text->len - done);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return n < 0 ? errno : EIO;
      done += n;
    }
  return 0;
}

/* Half a record at the end would do no harm, but take space on a full disk. */
static int
append (SipWriter *self, const GString *text)
{
  int error = write_all (self->fd, text);

  if (error == 0)
    self->length += text->len;
  else if (ftruncate (self->fd, self->length) != 0)
    return errno;
  return error;
}

static int
replace (SipWriter *self, const GString *text)
{
  int fd = open (self->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
                 0600);
  int error;

  if (fd < 0)
    return errno;
  error = write_all (fd, text);
  if (error == 0 && rename (self->temporary, self->path) != 0)
    error = errno;
  if (error != 0)
    {
      close (fd);
      unlink (self->temporary);
      return error;
    }
  if (self->fd >= 0)
    close (self->fd);
  self->fd = fd;
  self->length = text->len;
  return 0;
}

static void
run (SipWriter *self, const Job *job)
{
  int error = 0;

  if (job->kind == JOB_REPLACE)
    error = replace (self, job->text);
  else if (!self->broken)
    error = append (self, job->text);
  else
    return;
  self->broken = error != 0;
  if (error != 0)
    g_atomic_int_set (&self->error, error);
}

static Job *
pop (SipWriter *self)
{
  Job *job;

  pthread_mutex_lock (&self->lock);
  while ((job = g_queue_pop_head (&self->jobs)) == NULL)
    pthread_cond_wait (&self->pushed, &self->lock);
  pthread_mutex_unlock (&self->lock);
  return job;
}

static gpointer
thread_main (gpointer data)
{
  SipWriter *self = data;

  for (;;)
    {
      g_autofree Job *job = pop (self);
      gsize size;

      if (job->kind == JOB_END)
        return NULL;
      run (self, job);
      size = job->text->len + 1;
      g_string_free (job->text, TRUE);
      g_atomic_pointer_add (&self->backlog, -(gssize) size);
    }
}

SipWriter *
sip_writer_new (const char *path)
{
  SipWriter *self = g_new0 (SipWriter, 1);

  self->path = g_strdup (path);
  self->temporary = g_strconcat (path, ".new", NULL);
  pthread_mutex_init (&self->lock, NULL);
  pthread_cond_init (&self->pushed, NULL);
  self->fd = -1;
  self->broken = TRUE;
  self->thread = g_thread_new ("sip-journal", thread_main, self);
  return self;
}

static void
push (SipWriter *self, JobKind kind, GString *text)
{
  Job *job = g_new (Job, 1);

  job->kind = kind;
  job->text = text;
  if (text)
    g_atomic_pointer_add (&self->backlog, (gssize) text->len + 1);
  pthread_mutex_lock (&self->lock);
  g_queue_push_tail (&self->jobs, job);
  pthread_cond_signal (&self->pushed);
  pthread_mutex_unlock (&self->lock);
}

void
sip_writer_free (SipWriter *self)
{
  if (self == NULL)
    return;
  push (self, JOB_END, NULL);
  g_thread_join (self->thread);
  if (self->fd >= 0)
    close (self->fd);
  pthread_cond_destroy (&self->pushed);
  pthread_mutex_destroy (&self->lock);
  g_free (self->path);
  g_free (self->temporary);
  g_free (self);
}

void
sip_writer_append (SipWriter *self, GString *text)
{
  push (self, JOB_APPEND, text);
}

void
sip_writer_replace (SipWriter *self, GString *text)
{
  push (self, JOB_REPLACE, text);
}

gsize
sip_writer_get_backlog (const SipWriter *self)
{
  return (gsize) g_atomic_pointer_get (&((SipWriter *) self)->backlog);
}

int
sip_writer_take_error (SipWriter *self)
{
  int error = g_atomic_int_get (&self->error);

  while (error != 0 && !g_atomic_int_compare_and_exchange (&self->error, error, 0))
    error = g_atomic_int_get (&self->error);
  return error;
}
