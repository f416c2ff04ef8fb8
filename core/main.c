/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon's main: options, signals, the main loop. Not where anything is decided. */
#include <glib.h>

int
main (int argc, char **argv)
{
  return 0;
}
