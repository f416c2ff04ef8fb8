/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A service "mixer" that writes down what it is asked. No sound. */
#pragma once

#include <reflector/mixer.h>

/**
 * Fake:
 * @full: it refuses everybody
 * @attached: (element-type RflMedium): those who are, by last attach()
 * @formats, @ptime: of the last attach()
 */
typedef struct {
  RflCore *core;
  gboolean full;
  GPtrArray *attached;
  GHashTable *feeds; /* RflFeed by RflMedium */
  guint n_attached;
  char *formats;
  guint ptime;
} Fake;

Fake *fake_new (RflCore *core);
/* Everybody must have been detached. */
void fake_free (Fake *fake);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fake, fake_free)
