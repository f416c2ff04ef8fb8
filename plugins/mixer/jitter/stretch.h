/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes a stretch of sound shorter or longer by a period of it, so that it is not heard. Not for deciding when.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Of what is blended, and the longest period that is taken out or put in, samples. */
#define MIX_STRETCH_BLEND(rate) ((rate) / 200)
#define MIX_STRETCH_MOST(rate) ((rate) / 80)

/* Returns: by how many of the @n samples at @pcm it has become shorter, @most at most; 0: there were too few */
guint mix_stretch_less (gint16 *pcm, guint n, guint rate, guint most);
/* Returns: by how many it has become longer; @pcm has room for as many more as MIX_STRETCH_MOST() */
guint mix_stretch_more (gint16 *pcm, guint n, guint rate, guint most);

G_END_DECLS
