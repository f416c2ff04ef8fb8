/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The error domain's quark, and nothing else. */
#include <reflector/error.h>

G_DEFINE_QUARK (rfl_error_quark, rfl_error)
