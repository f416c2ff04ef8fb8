/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the response of stateless.h. Not a sender. */
#include "plugins/sip/gate/stateless.h"
#include <sofia-sip/sip_header.h>
#include <string.h>

#define MAX_RESPONSE 4000
#define MAX_HEADER 2000

static gboolean
add_header (GString *out, const void *header)
{
  char text[MAX_HEADER];
  issize_t len = sip_header_e (text, sizeof text, header, 0);

  if (len < 0 || (gsize) len >= sizeof text)
    return FALSE;
  g_string_append_len (out, text, len);
  return TRUE;
}

static gboolean
is_parameter (const char *parameter, const char *name)
{
  gsize len = strlen (name);

  return g_ascii_strncasecmp (parameter, name, len) == 0
         && (parameter[len] == '\0' || parameter[len] == '=');
}

/* The first Via tells where the request came from. */
static void
add_first_via (GString *out, const sip_via_t *via, const RflAddress *remote)
{
  char ip[RFL_ADDRESS_STRLEN];

  g_string_append_printf (out, "Via: %s %s", via->v_protocol, via->v_host);
  if (via->v_port)
    g_string_append_printf (out, ":%s", via->v_port);
  for (msg_param_t const *p = via->v_params; p && *p; p++)
    if (is_parameter (*p, "rport"))
      g_string_append_printf (out, ";rport=%u", remote->port);
    else if (!is_parameter (*p, "received"))
      g_string_append_printf (out, ";%s", *p);
  g_string_append_printf (out, ";received=%s\r\n", rfl_address_format_ip (remote, ip));
}

static gboolean
add_to (GString *out, const sip_to_t *to, const char *tag)
{
  if (!add_header (out, to))
    return FALSE;
  if (to->a_tag == NULL)
    {
      g_string_truncate (out, out->len - strlen ("\r\n"));
      g_string_append_printf (out, ";tag=%s\r\n", tag);
    }
  return TRUE;
}

GString *
sip_stateless_respond (const sip_t *sip, const RflAddress *remote, const char *tag,
                       const char *status, const char *headers)
{
  g_autoptr (GString) out = g_string_sized_new (1024);
  const sip_via_t *via = sip->sip_via;

  g_string_append_printf (out, "SIP/2.0 %s\r\n", status);
  add_first_via (out, via, remote);
  while ((via = via->v_next) != NULL)
    if (!add_header (out, via) || out->len > MAX_RESPONSE)
      return NULL;
  if (!add_header (out, sip->sip_from) || !add_to (out, sip->sip_to, tag)
      || !add_header (out, sip->sip_call_id) || !add_header (out, sip->sip_cseq))
    return NULL;
  g_string_append_printf (out, "%sServer: reflectord\r\nContent-Length: 0\r\n\r\n", headers);
  return out->len <= MAX_RESPONSE ? g_steal_pointer (&out) : NULL;
}

GString *
sip_stateless_refuse (const sip_t *sip, const RflAddress *remote, const char *tag,
                      guint retry_after)
{
  g_autofree char *header = g_strdup_printf ("Retry-After: %u\r\n", retry_after);

  return sip_stateless_respond (sip, remote, tag, "503 Service Unavailable", header);
}
