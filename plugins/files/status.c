/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counters and status of files. Keys and rooms' links are not told. */
#include "plugins/files/files.h"

static const struct {
  const char *name, *help;
} http_counters[HTTP_N_STATS] = {
  [HTTP_CONNECTIONS] = { "files.connections", "connections" },
  [HTTP_REFUSED_CONNECTIONS] = { "files.connections_refused", "connections above a limit" },
  [HTTP_PAUSED] = { "files.paused",
                    "times that nobody was let in for a second: no descriptors, no memory" },
  [HTTP_MALFORMED] = { "files.malformed", "requests that are malformed or too large" },
  [HTTP_LATE] = { "files.late", "requests whose head came too late" },
  [HTTP_STALLED] = { "files.stalled", "connections that did not move" },
  [HTTP_TLS_FAILED] = { "files.tls_failed", "TLS handshakes that failed" },
  [HTTP_REQUESTS] = { "files.requests", "requests" },
  [HTTP_UNAUTHORIZED] = { "files.unauthorized", "requests without or with wrong credentials" },
  [HTTP_FORBIDDEN] = { "files.forbidden", "requests of those who may not" },
  [HTTP_OVER_QUOTA] = { "files.over_quota", "uploads above a quota" },
  [HTTP_WRONG_HASH] = { "files.wrong_hash", "files that were not what their digest says" },
  [HTTP_BROKEN_UPLOADS] = { "files.broken_uploads", "uploads that broke off" },
  [HTTP_UPLOADS] = { "files.uploads", "uploads" },
  [HTTP_DOWNLOADS] = { "files.downloads", "downloads to their end" },
  [HTTP_DISK_ERRORS] = { "files.disk_errors", "failures of the spool's disk" },
  [HTTP_FETCHES] = { "files.fetches", "files fetched from linked reflectors" },
  [HTTP_FETCH_FAILED] = { "files.fetch_failed", "fetches that broke off" },
  [HTTP_OCTETS_IN] = { "files.octets_in", "octets of uploads" },
  [HTTP_OCTETS_OUT] = { "files.octets_out", "octets of downloads" },
};

FilesCounters
files_counters_new (RflCore *core)
{
  FilesCounters counters = {
    .offered = rfl_counter_get (core, "files.offered", "files that could be fetched here"),
    .gone = rfl_counter_get (core, "files.gone", "of these, gone"),
    .refused = rfl_counter_get (core, "files.refused", "files that another plugin has refused"),
    .malformed = rfl_counter_get (core, "files.messages_malformed",
                                  "messages of linked reflectors that are malformed"),
    .untold = rfl_counter_get (core, "files.untold", "messages that could not be sent"),
    .links_refused = rfl_counter_get (core, "files.links_refused",
                                      "other reflectors' files that are not passed on"),
  };

  for (guint i = 0; i < HTTP_N_STATS; i++)
    counters.http[i] = rfl_counter_get (core, http_counters[i].name, http_counters[i].help);
  return counters;
}

void
files_count_http (Files *files)
{
  for (guint i = 0; i < HTTP_N_STATS; i++)
    {
      guint64 now = http_get_stat (files->http, i);
      rfl_counter_add (files->counters.http[i], now - files->seen[i]);
      files->seen[i] = now;
    }
}

static void
tell (const FilesItem *item, RflStatus *status)
{
  const FileInfo *info = item->info;
  const FilesRemote *remote = files_find_remote (item->files, info->id);

  rfl_status_begin_object (status, NULL);
  rfl_status_add_string (status, "session", info->room);
  rfl_status_add_string (status, "name", info->name);
  rfl_status_add_string (status, "owner", info->owner);
  rfl_status_add_int (status, "size", (gint64) info->size);
  rfl_status_add_string (status, "via", remote ? remote->via : NULL);
  rfl_status_add_bool (status, "away", remote && !remote->via);
  rfl_status_add_bool (status, "orphan", item->since != 0);
  rfl_status_end (status);
}

void
files_status (gpointer self, RflStatus *status)
{
  Files *files = self;
  g_autoptr (GPtrArray) list = files_list (files, NULL);

  files_count_http (files);
  rfl_status_add_int (status, "connections",
                      (gint64) http_get_gauge (files->http, HTTP_GAUGE_CONNECTIONS));
  rfl_status_add_int (status, "spool_octets",
                      (gint64) http_get_gauge (files->http, HTTP_GAUGE_OCTETS));
  rfl_status_add_int (status, "cache_octets",
                      (gint64) http_get_gauge (files->http, HTTP_GAUGE_CACHE));
  rfl_status_begin_array (status, "files");
  for (guint i = 0; i < list->len; i++)
    tell (list->pdata[i], status);
  rfl_status_end (status);
}
