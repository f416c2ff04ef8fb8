/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The option table of the interconnection and what is made of it. Not for opening anything. */
#include "plugins/interconnect/link.h"
#include <string.h>

static const RflOption peer_options[] = {
  { .name = "host",
    .type = RFL_OPTION_STRING,
    .required = TRUE,
    .help = "the other reflector's address, numeric (IPv4 or IPv6)" },
  { .name = "port",
    .type = RFL_OPTION_INT,
    .fallback = "5564",
    .min = 1,
    .max = 65534,
    .help = "its RTP relay port; its RTCP relay is the next one" },
  RFL_OPTION_END
};

const RflOption link_options[] = {
  { .name = "peers",
    .type = RFL_OPTION_GROUPS,
    .members = peer_options,
    .classic = "REFLECTOR_INTERCONNECTION",
    .help = "the reflectors to link with" },
  { .name = "address",
    .type = RFL_OPTION_STRING,
    .help = "local address to bind the relay ports to, numeric; all when absent" },
  { .name = "port",
    .type = RFL_OPTION_INT,
    .fallback = "5564",
    .min = 1,
    .max = 65534,
    .help = "local RTP relay port (UDP); the RTCP relay is the next one" },
  { .name = "hello_interval",
    .type = RFL_OPTION_DOUBLE,
    .fallback = "1.0",
    .min = 0,
    .max = 60,
    .help = "seconds between two HELLOs to a peer, at least 0.1" },
  { .name = "dead_after",
    .type = RFL_OPTION_DOUBLE,
    .fallback = "5.0",
    .min = 0,
    .max = 600,
    .help = "seconds of silence after which a peer is gone, at least twice hello_interval" },
  { .name = "digest_interval",
    .type = RFL_OPTION_DOUBLE,
    .fallback = "5.0",
    .min = 0,
    .max = 600,
    .help = "seconds in which everything told to a peer is summed up once, at least 0.5" },
  { .name = "max_participants",
    .type = RFL_OPTION_INT,
    .fallback = "10000",
    .min = 1,
    .max = 1000000,
    .help = "participants that one peer may have in sessions" },
  { .name = "max_sessions",
    .type = RFL_OPTION_INT,
    .fallback = "2000",
    .min = 1,
    .max = 1000000,
    .help = "sessions that one peer may have participants in" },
  { .name = "max_sources",
    .type = RFL_OPTION_INT,
    .fallback = "10000",
    .min = 1,
    .max = 1000000,
    .help = "sources (SSRCs) that one peer may announce" },
  { .name = "max_rate",
    .type = RFL_OPTION_INT,
    .fallback = "5000",
    .min = 100,
    .max = 1000000,
    .help = "datagrams per second that one peer may send to the RTCP relay" },
  { .name = "max_messages",
    .type = RFL_OPTION_INT,
    .fallback = "10000",
    .min = 100,
    .max = 1000000,
    .help = "link messages per second that are taken from one peer; more have to wait" },
  { .name = "max_service_queue",
    .type = RFL_OPTION_INT,
    .fallback = "4096",
    .min = 16,
    .max = 60000,
    .help = "messages that may wait for one peer; beyond it other plugins' are refused" },
  RFL_OPTION_END
};

static gboolean
read_peer (GArray *peers, const RflSettings *group, GError **error)
{
  const char *host = rfl_settings_get_string (group, "host");
  RflAddress address;

  if (!rfl_address_parse (&address, host, rfl_settings_get_int (group, "port"))
      || rfl_address_is_any (&address))
    return rfl_settings_set_error (group, "host", error,
                                   "\"%s\" is not a numeric address of a host", host);
  for (guint i = 0; i < peers->len; i++)
    if (rfl_address_same_ip (&g_array_index (peers, RflAddress, i), &address)
        && ABS (g_array_index (peers, RflAddress, i).port - address.port) < 2)
      return rfl_settings_set_error (group, "port", error,
                                     "the relay ports %u and %u of %s belong to another peer",
                                     address.port, address.port + 1, host);
  g_array_append_val (peers, address);
  return TRUE;
}

static gboolean
read_times (LinkConfig *config, const RflSettings *settings, GError **error)
{
  config->hello_interval =
      rfl_settings_get_double (settings, "hello_interval") * G_TIME_SPAN_SECOND;
  config->dead_after = rfl_settings_get_double (settings, "dead_after") * G_TIME_SPAN_SECOND;
  config->digest_interval =
      rfl_settings_get_double (settings, "digest_interval") * G_TIME_SPAN_SECOND;
  if (config->digest_interval < 500 * G_TIME_SPAN_MILLISECOND)
    return rfl_settings_set_error (settings, "digest_interval", error, "is below 0.5 seconds");
  if (config->hello_interval < 100 * G_TIME_SPAN_MILLISECOND)
    return rfl_settings_set_error (settings, "hello_interval", error, "is below 0.1 seconds");
  if (config->dead_after < 2 * config->hello_interval)
    return rfl_settings_set_error (settings, "dead_after", error,
                                   "is less than twice hello_interval");
  return TRUE;
}

static gboolean
read_address (LinkConfig *config, const RflSettings *settings, GError **error)
{
  const char *text = rfl_settings_get_string (settings, "address");
  RflAddress address;

  if (text && !rfl_address_parse (&address, text, 0))
    return rfl_settings_set_error (settings, "address", error, "\"%s\" is not a numeric address",
                                   text);
  config->address = g_strdup (text);
  return TRUE;
}

gboolean
link_config_read (LinkConfig *config, const RflSettings *settings, GError **error)
{
  guint n = rfl_settings_get_n_groups (settings, "peers");

  memset (config, 0, sizeof *config);
  config->peers = g_array_new (FALSE, FALSE, sizeof (RflAddress));
  config->port = rfl_settings_get_int (settings, "port");
  config->limits = (LinkLimits){
    .participants = rfl_settings_get_int (settings, "max_participants"),
    .sessions = rfl_settings_get_int (settings, "max_sessions"),
    .sources = rfl_settings_get_int (settings, "max_sources"),
    .rate = rfl_settings_get_int (settings, "max_rate"),
    .messages = rfl_settings_get_int (settings, "max_messages"),
    .service_queue = rfl_settings_get_int (settings, "max_service_queue"),
  };
  for (guint i = 0; i < n; i++)
    if (!read_peer (config->peers, rfl_settings_get_group (settings, "peers", i), error))
      return FALSE;
  return read_address (config, settings, error) && read_times (config, settings, error);
}

void
link_config_clear (LinkConfig *config)
{
  g_clear_pointer (&config->address, g_free);
  g_clear_pointer (&config->peers, g_array_unref);
}

gboolean
link_config_same_network (const LinkConfig *a, const LinkConfig *b)
{
  return a->port == b->port && g_strcmp0 (a->address, b->address) == 0
         && a->peers->len == b->peers->len
         && (a->peers->len == 0
             || memcmp (a->peers->data, b->peers->data, a->peers->len * sizeof (RflAddress)) == 0);
}
