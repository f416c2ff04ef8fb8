/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feeds that a mixing thread may still push to: freed when it has acknowledged that it does not.
 * Not for what belongs to the thread alone, which frees that itself.
 */
#include "config.h"

#include "plugins/mixer/mixer.h"

#define INTERVAL (10 * G_TIME_SPAN_MILLISECOND)

typedef struct {
  guint thread;
  guint64 seq;
  RflFeed *feed;
} MixerLimbo;

void
mixer_retire_feed (Mixer *mixer, guint thread, RflFeed *feed)
{
  MixerLimbo *limbo = g_new0 (MixerLimbo, 1);

  limbo->thread = thread;
  limbo->seq = mix_thread_get_posted (mixer->threads[thread]);
  limbo->feed = feed;
  g_queue_push_tail (&mixer->limbo, limbo);
  if (!rfl_timer_is_running (mixer->collector))
    rfl_timer_repeat (mixer->collector, INTERVAL);
}

static gboolean
is_free (const Mixer *mixer, const MixerLimbo *limbo)
{
  return mix_thread_poll (mixer->threads[limbo->thread]) >= limbo->seq;
}

void
mixer_collect (gpointer data)
{
  Mixer *mixer = data;

  for (GList *link = mixer->limbo.head, *next; link; link = next)
    {
      MixerLimbo *limbo = link->data;
      next = link->next;
      if (!is_free (mixer, limbo))
        continue;
      rfl_feed_free (limbo->feed);
      g_free (limbo);
      g_queue_delete_link (&mixer->limbo, link);
    }
  if (mixer->limbo.length == 0)
    rfl_timer_stop (mixer->collector);
}

/* A thread is woken by each message, so that this is a matter of microseconds, of a step at most. */
void
mixer_collect_all (Mixer *mixer)
{
  for (mixer_collect (mixer); mixer->limbo.length; mixer_collect (mixer))
    if (mixer->manual)
      for (guint i = 0; i < mixer->n_threads; i++)
        mix_thread_turn (mixer->threads[i], rfl_clock_now (rfl_core_get_clock (mixer->core)));
    else
      g_usleep (50);
}
