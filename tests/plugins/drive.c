/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs the plugins of a folder through a small conference of remote participants, for shell
 * tests: drive PLUGIN-FOLDER CONFIG-FOLDER. Not a daemon: no time passes.
 */
#include "core/core-private.h"
#include "core/log.h"

#define N_PARTICIPANTS 4

static void
joined (RflParticipant *participant, const GError *error, gpointer user_data)
{
  if (error)
    g_printerr ("cannot join: %s\n", error->message);
}

static void
confer (RflCore *core)
{
  RflParticipant *participants[N_PARTICIPANTS];

  for (guint i = 0; i < N_PARTICIPANTS; i++)
    {
      RflParticipantSpec spec = { .origin = "elsewhere", .identity = "sip:somebody@example.org" };
      participants[i] = rfl_participant_new (core, &spec);
      rfl_participant_join (participants[i], "room", g_ptr_array_new (), joined, NULL);
    }
  for (guint i = 0; i < N_PARTICIPANTS; i++)
    rfl_participant_unref (participants[i]);
}

int
main (int argc, char **argv)
{
  RflCoreOptions options = { .plugin_path = argv[1], .n_workers = 1, .log = rfl_log_new () };
  g_autoptr (RflCore) core = NULL;
  g_autoptr (GError) error = NULL;

  if (argc != 3)
    return 2;
  rfl_log_install (options.log);
  core = rfl_core_new (&options);
  if (!rfl_core_load (core, argv[2], &error) || !rfl_core_start (core, &error))
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }
  confer (core);
  g_autofree char *status = rfl_core_status (core);
  g_print ("%s", status);
  rfl_core_stop (core);
  return 0;
}
