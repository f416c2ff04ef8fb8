/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the `uri` of a digest speaks of the request that it comes with (RFC 7616 §3.4.6, RFC 3261
 * §22.4). Not the digest itself.
 *
 * Clients differ: sipp writes sip:IP:port without the user, others leave parameters out, and a proxy
 * on the way may have rewritten the host. So the host is not compared: nonce and realm are ours and
 * a nonce's count holds once, so that an answer for another host is of no use to anybody. The user part is
 * the room: where both have one they must be equal, so that who catches an answer cannot use it for another room.
 */
#include "plugins/sip/auth/digest.h"
#include <string.h>

static gboolean
is_sip (const url_t *url)
{
  return (url->url_type == url_sip || url->url_type == url_sips) && url->url_host && *url->url_host;
}

static gboolean
same_user (const char *a, const char *b)
{
  g_autofree char *left = g_uri_unescape_string (a, NULL);
  g_autofree char *right = g_uri_unescape_string (b, NULL);

  return left && right && strcmp (left, right) == 0;
}

gboolean
sip_digest_uri_fits (const url_t *request, const char *uri)
{
  su_home_t home[1] = { SU_HOME_INIT (home) };
  const url_t *url;
  gboolean fits;

  su_home_init (home);
  url = *uri ? url_hdup (home, (const url_t *) uri) : NULL;
  fits = url && is_sip (url) && is_sip (request)
         && (url->url_user == NULL || request->url_user == NULL
             || same_user (url->url_user, request->url_user));
  su_home_deinit (home);
  return fits;
}
