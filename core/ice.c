/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What descriptions say of ICE, as a value. No agent: that is a plugin's. */
#include <reflector/ice.h>

RflIceDesc *
rfl_ice_desc_new (void)
{
  RflIceDesc *desc = g_new0 (RflIceDesc, 1);

  desc->candidates = g_array_new (FALSE, FALSE, sizeof (RflIceCandidate));
  return desc;
}

RflIceDesc *
rfl_ice_desc_copy (const RflIceDesc *desc)
{
  RflIceDesc *copy;

  if (desc == NULL)
    return NULL;
  copy = rfl_ice_desc_new ();
  copy->ufrag = g_strdup (desc->ufrag);
  copy->pwd = g_strdup (desc->pwd);
  g_array_append_vals (copy->candidates, desc->candidates->data, desc->candidates->len);
  copy->lite = desc->lite;
  copy->complete = desc->complete;
  copy->mismatch = desc->mismatch;
  return copy;
}

void
rfl_ice_desc_free (RflIceDesc *desc)
{
  if (desc == NULL)
    return;
  g_free (desc->ufrag);
  g_free (desc->pwd);
  g_array_unref (desc->candidates);
  g_free (desc);
}
