/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list under a lock, and a descriptor that wakes the receiver. Not for packets. */
#include <reflector/post.h>

#include <errno.h>
#include <glib-unix.h>
#include <pthread.h>
#include <reflector/error.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct _RflPost {
  pthread_mutex_t lock;
  GQueue queue;
  RflPostFunc func;
  gpointer user_data;
  GSource *source;
  int fd;
};

void
rfl_post_drain (RflPost *post)
{
  GQueue taken;

  pthread_mutex_lock (&post->lock);
  taken = post->queue;
  g_queue_init (&post->queue);
  pthread_mutex_unlock (&post->lock);
  for (gpointer message; (message = g_queue_pop_head (&taken));)
    post->func (message, post->user_data);
}

static gboolean
on_event (int fd, GIOCondition condition, gpointer data)
{
  guint64 n;

  while (read (fd, &n, sizeof n) < 0 && errno == EINTR)
    ;
  rfl_post_drain (data);
  return G_SOURCE_CONTINUE;
}

RflPost *
rfl_post_new (GMainContext *context, RflPostFunc func, gpointer user_data, GError **error)
{
  int fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  RflPost *post;

  if (fd < 0)
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_IO, "eventfd: %s", g_strerror (errno));
      return NULL;
    }
  post = g_new0 (RflPost, 1);
  pthread_mutex_init (&post->lock, NULL);
  g_queue_init (&post->queue);
  post->func = func;
  post->user_data = user_data;
  post->fd = fd;
  post->source = g_unix_fd_source_new (fd, G_IO_IN);
  /* before what comes from outside: a key is there before its owner knocks */
  g_source_set_priority (post->source, G_PRIORITY_HIGH);
  g_source_set_callback (post->source, (GSourceFunc) (void *) on_event, post, NULL);
  g_source_attach (post->source, context);
  return post;
}

void
rfl_post_send (RflPost *post, gpointer message)
{
  guint64 one = 1;

  pthread_mutex_lock (&post->lock);
  g_queue_push_tail (&post->queue, message);
  pthread_mutex_unlock (&post->lock);
  while (write (post->fd, &one, sizeof one) < 0 && errno == EINTR)
    ;
}

void
rfl_post_free (RflPost *post)
{
  if (!post)
    return;
  g_source_destroy (post->source);
  g_source_unref (post->source);
  rfl_post_drain (post);
  close (post->fd);
  pthread_mutex_destroy (&post->lock);
  g_free (post);
}
