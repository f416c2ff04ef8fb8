/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the probe plugins tell the test what was called: a service that the test offers. */
#pragma once

#include <reflector/types.h>

#define PROBE_SERVICE "test.trace"

typedef struct {
  void (*note) (gpointer self, const char *plugin, const char *what);
} ProbeTrace;
