/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells who has ICE and where he has proved to be. Credentials are never told. */
#include "plugins/nat/nat.h"

static void
add_pair (const NatPair *pair, guint component, RflStatus *status)
{
  char remote[RFL_ADDRESS_STRLEN];

  rfl_status_begin_object (status, NULL);
  rfl_status_add_int (status, "component", component);
  rfl_status_add_string (status, "remote",
                         pair->remote.family ? rfl_address_format (&pair->remote, remote) : NULL);
  rfl_status_add_bool (status, "nominated", pair->nominated);
  rfl_status_add_bool (status, "consent", !pair->lost);
  rfl_status_end (status);
}

static void
add_medium (const NatMedium *m, RflStatus *status)
{
  rfl_status_begin_object (status, NULL);
  rfl_status_add_string (status, "id", m->medium->participant->id);
  rfl_status_add_string (status, "identity", m->medium->participant->identity);
  rfl_status_add_string (status, "kind", m->medium->kind);
  rfl_status_begin_array (status, "components");
  for (guint component = 1; component <= NAT_COMPONENTS; component++)
    add_pair (&m->current->pairs[component - 1], component, status);
  rfl_status_end (status);
  rfl_status_end (status);
}

static void
add_refused (const NatPlugin *plugin, RflStatus *status)
{
  rfl_status_begin_object (status, "refused");
  for (guint i = 0; i < NAT_N_REFUSED; i++)
    rfl_status_add_int (status, nat_refused_name (i),
                        (gint64) rfl_counter_read (plugin->refused[i]));
  rfl_status_end (status);
}

void
nat_plugin_status (gpointer self, RflStatus *status)
{
  NatPlugin *plugin = self;
  GHashTableIter iter;
  gpointer key;

  rfl_status_add_int (status, "checkip_clients",
                      plugin->checkip ? checkip_get_n_clients (plugin->checkip) : 0);
  if (plugin->refused[0])
    add_refused (plugin, status);
  rfl_status_begin_array (status, "ice");
  g_hash_table_iter_init (&iter, plugin->peers);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      const NatPeer *peer = key;
      for (guint i = 0; i < peer->media->len; i++)
        {
          const NatMedium *m = peer->media->pdata[i];
          if (m && m->current)
            add_medium (m, status);
        }
    }
  rfl_status_end (status);
}
