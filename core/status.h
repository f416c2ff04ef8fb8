/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making and ending an RflStatus, for whoever prints one. Plugins only get one to fill. */
#pragma once

#include <reflector/status.h>

typedef void (*RflStatusFunc) (gpointer self, RflStatus *status);

/* Inside one object. */
RflStatus *rfl_status_new (void);
/* Lets @func fill an object of its own; what it leaves open is closed for it. */
void rfl_status_call (RflStatus *status, const char *key, RflStatusFunc func, gpointer self);
/* Returns: (transfer full): one line of JSON; @status is gone. */
char *rfl_status_finish (RflStatus *status);
