/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Content types (RFC 3261 §20.15). Reads no body. */
#include "plugins/sip/request/body.h"

gboolean
sip_body_is_there (const sip_t *sip)
{
  return sip->sip_payload && sip->sip_payload->pl_data && sip->sip_payload->pl_len > 0;
}

gboolean
sip_body_is (const sip_t *sip, const char *type)
{
  return sip->sip_content_type && sip->sip_content_type->c_type
         && g_ascii_strcasecmp (sip->sip_content_type->c_type, type) == 0
         && sip->sip_content_encoding == NULL;
}
