/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of the things that meet in a reflector, so that no header has to
 * include another one for a pointer. Not for definitions: each concept has a
 * header of its own.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Marks what libreflector and plugins export; everything else is hidden. */
#define RFL_EXPORT __attribute__ ((visibility ("default")))

typedef struct _RflCore RflCore;
typedef struct _RflPlugin RflPlugin;
typedef struct _RflSettings RflSettings;
typedef struct _RflStatus RflStatus;
typedef struct _RflBus RflBus;
typedef struct _RflEvent RflEvent;
typedef struct _RflSession RflSession;
typedef struct _RflParticipant RflParticipant;
typedef struct _RflMedium RflMedium;
typedef struct _RflSource RflSource;
typedef struct _RflRoute RflRoute;
typedef struct _RflPath RflPath;
typedef struct _RflPort RflPort;
typedef struct _RflFlow RflFlow;
typedef struct _RflLeg RflLeg;
typedef struct _RflFeed RflFeed;
typedef struct _RflFeeder RflFeeder;
typedef struct _RflClock RflClock;
typedef struct _RflTimer RflTimer;
typedef struct _RflCounter RflCounter;
typedef struct _RflIceDesc RflIceDesc;

G_END_DECLS
