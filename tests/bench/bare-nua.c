/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The least that Sofia-SIP needs to answer calls, as a yardstick: 401 to an INVITE without
 * credentials, 200 with a fixed SDP to one with any. Checks nothing and remembers nothing. SIGUSR1: prints
 * how many octets are allocated.
 *
 * bare-nua PORT SECONDS (64*T1)
 */
#include <glib-unix.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct _Bare Bare;
#define NUA_MAGIC_T Bare
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nua.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su_glib.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/tport_tag.h>

struct _Bare {
  char contact[64];
};

#define CHALLENGE "Digest realm=\"bench\", nonce=\"0123456789abcdef\", algorithm=MD5, qop=\"auth\""
#define ANSWER                                                                                     \
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                      \
  "m=audio 5566 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n"

static void
on_invite (nua_t *nua, Bare *bare, nua_handle_t *nh, const sip_t *sip)
{
  if (sip->sip_authorization)
    nua_respond (nh, SIP_200_OK, NUTAG_WITH_THIS (nua), SIPTAG_CONTACT_STR (bare->contact),
                 SIPTAG_CONTENT_TYPE_STR ("application/sdp"), SIPTAG_PAYLOAD_STR (ANSWER),
                 TAG_END ());
  else
    nua_respond (nh, SIP_401_UNAUTHORIZED, NUTAG_WITH_THIS (nua),
                 SIPTAG_WWW_AUTHENTICATE_STR (CHALLENGE), TAG_END ());
}

static void
on_event (nua_event_t event, int status, char const *phrase, nua_t *nua, Bare *bare,
          nua_handle_t *nh, nua_hmagic_t *hmagic, sip_t const *sip, tagi_t tags[])
{
  int state = nua_callstate_init;

  if (event == nua_i_invite && status < 200)
    on_invite (nua, bare, nh, sip);
  else if (event == nua_i_state)
    {
      tl_gets (tags, NUTAG_CALLSTATE_REF (state), TAG_END ());
      if (state == nua_callstate_terminated)
        nua_handle_destroy (nh);
    }
}

static gboolean
tell (gpointer unused)
{
  struct mallinfo2 info = mallinfo2 ();

  printf ("%zu\n", info.uordblks + info.hblkhd);
  fflush (stdout);
  return G_SOURCE_CONTINUE;
}

static nua_t *
start (Bare *bare, su_root_t *root, const char *port, int seconds)
{
  g_autofree char *url = g_strdup_printf ("sip:127.0.0.1:%s;transport=udp", port);

  g_snprintf (bare->contact, sizeof bare->contact, "<sip:127.0.0.1:%s>", port);
  return nua_create (root, on_event, bare, NUTAG_URL (url), NUTAG_MEDIA_ENABLE (0),
                     NUTAG_AUTOANSWER (0), NUTAG_AUTOALERT (0), NUTAG_SESSION_TIMER (0),
                     NUTAG_DETECT_NETWORK_UPDATES (NUA_NW_DETECT_NOTHING),
                     NTATAG_SIP_T1X64 (seconds * 1000), NTATAG_USE_NAPTR (0), NTATAG_USE_SRV (0),
                     TPTAG_LOG (0), TAG_END ());
}

int
main (int argc, char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Bare bare = { 0 };
  su_root_t *root;
  GSource *source;

  if (argc != 3)
    return 2;
  su_init ();
  su_log_set_level (su_log_default, 0);
  root = su_glib_root_create (NULL);
  su_root_threading (root, 0);
  source = su_glib_root_gsource (root);
  g_source_set_can_recurse (source, TRUE);
  g_source_attach (source, NULL);
  if (start (&bare, root, argv[1], atoi (argv[2])) == NULL)
    return 1;
  g_unix_signal_add (SIGUSR1, tell, NULL);
  puts ("ready");
  fflush (stdout);
  g_main_loop_run (loop);
  return 0;
}
