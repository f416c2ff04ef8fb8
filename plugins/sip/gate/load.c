/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Measures of load. A queue that is long for a moment is what queues are for; one that was never short
 * for the whole of an interval tells that more comes than can be done (the idea of RFC 8289). Not a
 * limit on anybody.
 */
#include "plugins/sip/gate/load.h"
#include <linux/sock_diag.h>
#include <sys/socket.h>

#define INTERVAL (100 * G_TIME_SPAN_MILLISECOND)
/* How long after the last sign of it the load counts as high. */
#define HOLD (300 * G_TIME_SPAN_MILLISECOND)
#define LONG_QUEUE 0.5
/* Fewer looks at the queue within an interval say nothing. */
#define ENOUGH 20

/**
 * SipLoad:
 * @due: when the timer should come
 * @late: it came late the last time
 * @shortest, @looks: of the queues in this interval
 */
struct _SipLoad {
  RflClock *clock;
  RflTimer *timer;
  gint64 limit, lag, due, high_until;
  double shortest;
  guint looks;
  gboolean late;
};

static void
end_interval (SipLoad *load, gint64 now)
{
  if (load->limit > 0 && load->looks >= ENOUGH && load->shortest >= LONG_QUEUE)
    load->high_until = now + HOLD;
  load->looks = 0;
  load->shortest = 1;
}

void
sip_load_note_lag (SipLoad *load, gint64 lag)
{
  gboolean late = load->limit > 0 && lag >= load->limit;

  load->lag = MAX (lag, 0);
  if (late && load->late)
    load->high_until = rfl_clock_now (load->clock) + HOLD;
  load->late = late;
}

static void
look (gpointer user_data)
{
  SipLoad *load = user_data;
  gint64 now = rfl_clock_now (load->clock);

  sip_load_note_lag (load, now - load->due);
  end_interval (load, now);
  load->due = now + INTERVAL;
  rfl_timer_start (load->timer, INTERVAL);
}

SipLoad *
sip_load_new (RflClock *clock)
{
  SipLoad *load = g_new0 (SipLoad, 1);

  load->clock = clock;
  load->shortest = 1;
  load->timer = rfl_timer_new (clock, "sip.load", look, load);
  load->due = rfl_clock_now (clock) + INTERVAL;
  rfl_timer_start (load->timer, INTERVAL);
  return load;
}

void
sip_load_free (SipLoad *load)
{
  if (load == NULL)
    return;
  rfl_timer_free (load->timer);
  g_free (load);
}

void
sip_load_set_limit (SipLoad *load, gint64 lag)
{
  load->limit = lag;
  if (lag == 0)
    load->high_until = 0;
}

void
sip_load_note_queue (SipLoad *load, double filled)
{
  load->shortest = MIN (load->shortest, filled);
  load->looks++;
}

gboolean
sip_load_is_high (const SipLoad *load)
{
  return rfl_clock_now (load->clock) < load->high_until;
}

gint64
sip_load_get_lag (const SipLoad *load)
{
  return load->lag;
}

double
sip_socket_get_queue (int fd, guint *dropped)
{
  guint32 info[SK_MEMINFO_VARS] = { 0 };
  socklen_t len = sizeof info;

  if (dropped)
    *dropped = 0;
  if (getsockopt (fd, SOL_SOCKET, SO_MEMINFO, info, &len) != 0 || info[SK_MEMINFO_RCVBUF] == 0)
    return 0;
  if (dropped)
    *dropped = info[SK_MEMINFO_DROPS];
  return (double) info[SK_MEMINFO_RMEM_ALLOC] / info[SK_MEMINFO_RCVBUF];
}
