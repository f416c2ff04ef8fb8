/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a BYE needs to know, taken out of a call and its message. Not where it is kept. */
#include "plugins/sip/call/call.h"
#include "plugins/sip/journal/journal-dialog.h"
#include "plugins/sip/request/uri.h"
#include <sofia-sip/sip_header.h>
#include <string.h>

/* Without headers, which would become the BYE's. */
static char *
copy_url (su_home_t *home, const url_t *url)
{
  url_t plain = *url;

  plain.url_headers = NULL;
  plain.url_fragment = NULL;
  return g_strdup (url_as_string (home, &plain));
}

/* Without the room's PIN, which is nobody's to keep: dialogs are known by their tags (RFC 3261 §12). */
static char *
copy_local_url (su_home_t *home, const url_t *url)
{
  url_t plain = *url;

  if (url->url_params)
    plain.url_params = url_strip_param_string (su_strdup (home, url->url_params), "pin");
  if (plain.url_params && *plain.url_params == '\0')
    plain.url_params = NULL;
  return copy_url (home, &plain);
}

/* RFC 3261 §12.1.1, §12.1.2: as they stand for who was called, the other way round for who calls. */
static char *
copy_routes (su_home_t *home, const sip_t *sip)
{
  GString *out = g_string_new (NULL);

  for (const sip_record_route_t *r = sip->sip_record_route; r; r = r->r_next)
    {
      g_autofree char *uri = copy_url (home, r->r_url);
      g_autofree char *one = g_strdup_printf ("<%s>", uri ? uri : "");

      if (out->len > 0)
        g_string_insert_c (out, sip->sip_status ? 0 : (gssize) out->len, ',');
      g_string_insert (out, sip->sip_status ? 0 : (gssize) out->len, one);
    }
  return g_string_free (out, FALSE);
}

static void
copy_texts (SipDialog *dialog, const SipCall *call, const sip_t *sip, su_home_t *home)
{
  const sip_addr_t *local = sip->sip_status ? sip->sip_from : sip->sip_to;
  const sip_addr_t *remote = sip->sip_status ? sip->sip_to : sip->sip_from;
  char ip[RFL_ADDRESS_STRLEN];
  char **t = dialog->texts;

  t[SIP_DIALOG_LOCAL_IP] = g_strdup (rfl_address_format_ip (&call->listener->local, ip));
  t[SIP_DIALOG_NEXT_HOP] = call->tcp && call->next_hop ? sip_uri_write_hop (&call->remote, TRUE)
                                                       : g_strdup (call->next_hop);
  t[SIP_DIALOG_CALL_ID] = g_strdup (sip->sip_call_id->i_id);
  t[SIP_DIALOG_LOCAL_URI] = copy_local_url (home, local->a_url);
  t[SIP_DIALOG_REMOTE_URI] = copy_url (home, remote->a_url);
  t[SIP_DIALOG_TARGET] = copy_url (home, sip->sip_contact->m_url);
  t[SIP_DIALOG_ROUTES] = copy_routes (home, sip);
}

/* The stack tells its own tag only in this way. */
static gboolean
copy_tags (SipDialog *dialog, const SipCall *call, su_home_t *home)
{
  const sip_replaces_t *both = nua_handle_make_replaces (call->nh, home, 0);

  if (both == NULL || both->rp_from_tag == NULL)
    return FALSE;
  dialog->texts[SIP_DIALOG_LOCAL_TAG] = g_strdup (both->rp_from_tag);
  /* "0" stands for none: a caller of RFC 2543. */
  if (g_strcmp0 (both->rp_to_tag, "0") != 0)
    dialog->texts[SIP_DIALOG_REMOTE_TAG] = g_strdup (both->rp_to_tag);
  return TRUE;
}

SipDialog *
sip_dialog_from_call (const SipCall *call, const sip_t *sip)
{
  su_home_t home[1] = { SU_HOME_INIT (home) };
  g_autoptr (SipDialog) dialog = NULL;

  if (sip == NULL || sip->sip_call_id == NULL || sip->sip_from == NULL || sip->sip_to == NULL
      || sip->sip_contact == NULL || call->nh == NULL)
    return NULL;
  su_home_init (home);
  dialog = g_new0 (SipDialog, 1);
  dialog->tcp = call->tcp;
  if (sip->sip_session_expires)
    dialog->expires = MIN (sip->sip_session_expires->x_delta, G_MAXINT32);
  copy_texts (dialog, call, sip, home);
  if (!copy_tags (dialog, call, home))
    g_clear_pointer (&dialog, sip_dialog_free);
  su_home_deinit (home);
  return g_steal_pointer (&dialog);
}
