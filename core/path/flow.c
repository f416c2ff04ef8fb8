/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Flows on the main thread: which remote addresses of a port belong to somebody. Does not
 * judge to whom.
 */
#include "core/path/path-private.h"

RflFlow *
rfl_flow_new (RflPort *port, const RflAddress *remote, gpointer user_data)
{
  Message message = { .type = MESSAGE_FLOW_ADD };
  RflFlow *flow;

  g_return_val_if_fail (port && !port->closed && remote->family, NULL);
  if (g_hash_table_contains (port->flows, remote))
    return NULL;
  flow = g_new0 (RflFlow, 1);
  flow->port = port;
  flow->remote = *remote;
  flow->user_data = user_data;
  flow->sources = g_hash_table_new (g_direct_hash, g_direct_equal);
  copies_init (&flow->copies, port->path, sizeof (WorkerFlow));
  for (guint w = 0; w < port->path->n_workers; w++)
    {
      WorkerFlow *copy = copies_get (&flow->copies, w);
      copy->remote = *remote;
      copy->port = copies_get (&port->copies, w);
    }
  g_hash_table_insert (port->flows, &flow->remote, flow);
  path_post (port->path, &message, &flow->copies, NULL);
  return flow;
}

static void
flow_free_memory (gpointer data)
{
  RflFlow *flow = data;

  copies_clear (&flow->copies);
  g_hash_table_unref (flow->sources);
  g_free (flow);
}

void
rfl_flow_free (RflFlow *flow)
{
  Message message = { .type = MESSAGE_FLOW_REMOVE };
  RflPort *port;

  if (flow == NULL)
    return;
  g_return_if_fail (g_hash_table_size (flow->sources) == 0);
  port = flow->port;
  g_hash_table_remove (port->flows, &flow->remote);
  path_post (port->path, &message, &flow->copies, NULL);
  path_retire (port->path, flow, flow_free_memory);
  if (port->closed && g_hash_table_size (port->flows) == 0)
    path_retire (port->path, port, port_free); /* see rfl_port_close() */
}

gpointer
rfl_flow_get_user_data (const RflFlow *flow)
{
  return flow->user_data;
}

RflPort *
rfl_flow_get_port (const RflFlow *flow)
{
  return flow->port;
}

const RflAddress *
rfl_flow_get_remote (const RflFlow *flow)
{
  return &flow->remote;
}

RflFlow *
rfl_port_find_flow (RflPort *port, const RflAddress *remote)
{
  return g_hash_table_lookup (port->flows, remote);
}

RflSource *
rfl_flow_find_source (const RflFlow *flow, guint32 wire_ssrc)
{
  return g_hash_table_lookup (flow->sources, GUINT_TO_POINTER (wire_ssrc));
}

gint64
rfl_flow_last_seen (const RflFlow *flow)
{
  gint64 last = 0;

  for (guint w = 0; w < flow->port->path->n_workers; w++)
    {
      WorkerFlow *copy = copies_get (&flow->copies, w);
      last = MAX (last, STAT_GET (copy->last_seen));
    }
  return last;
}
