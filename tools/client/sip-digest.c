/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Challenges as Sofia-SIP has read them, and our credentials. Not how they are computed: digest.c.
 */
#include "config.h"

#include "tools/client/sip.h"

#include <sofia-sip/auth_digest.h>
#include <string.h>

static void
read_challenge (su_home_t *home, const msg_auth_t *header, ClientChallenge *out)
{
  auth_challenge_t ac[1] = { { sizeof ac[0] } };

  memset (out, 0, sizeof *out);
  if (g_ascii_strcasecmp (header->au_scheme, "Digest") != 0
      || auth_digest_challenge_get (home, ac, header->au_params) < 0)
    return;
  *out = (ClientChallenge){ .realm = ac->ac_realm,
                            .nonce = ac->ac_nonce,
                            .opaque = ac->ac_opaque,
                            .algorithm = ac->ac_algorithm,
                            .has_qop = ac->ac_qop != NULL,
                            .qop_auth = ac->ac_auth != 0 };
}

static char *
write_credentials (ClientSip *sip, su_home_t *home, const msg_auth_t *headers, GError **error)
{
  ClientChallenge best = { 0 }, challenge;
  g_autofree char *cnonce = g_strdup_printf ("%08x%08x", g_random_int (), g_random_int ());
  char *password, *credentials;

  for (; headers != NULL; headers = headers->au_next)
    {
      read_challenge (home, headers, &challenge);
      if (client_challenge_rank (&challenge) > client_challenge_rank (&best))
        best = challenge;
    }
  if (client_challenge_rank (&best) == 0)
    {
      g_set_error_literal (error, CLIENT_ERROR, CLIENT_DENIED,
                           "the server wants credentials of a kind not known here");
      return NULL;
    }
  password = client_get_password (sip->client->settings, best.realm, error);
  if (password == NULL)
    return NULL;
  credentials = client_digest_write (&best, sip->client->settings->user, password, "INVITE",
                                     sip->uri, cnonce);
  client_free_secret (password);
  return credentials;
}

char *
client_sip_write_credentials (ClientSip *sip, const msg_auth_t *challenges, GError **error)
{
  su_home_t home[1] = { SU_HOME_INIT (home) };
  char *credentials;

  su_home_init (home);
  credentials = write_credentials (sip, home, challenges, error);
  su_home_deinit (home);
  return credentials;
}
