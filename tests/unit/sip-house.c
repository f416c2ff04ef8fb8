/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The house of sip-house.h. Asserts nothing about the plugin but that it starts and stops. */
#include "tests/unit/sip-house.h"
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
answer_medium (RflMedium *medium)
{
  RflMediumDesc *desc = medium->offered;

  if (strcmp (desc->kind, "audio") != 0 || desc->formats->len == 0)
    return;
  g_ptr_array_add (desc->answer, rfl_format_copy (desc->formats->pdata[0]));
  desc->accepted = TRUE;
  desc->answer_rtp = desc->answer_rtcp = desc->local;
  desc->answer_rtp.port = 5566;
  desc->answer_rtcp.port = 5567;
}

static RflHookResult
on_offer (RflEvent *event, gpointer user_data, GError **error)
{
  House *house = user_data;

  house->n_offers++;
  if (house->refuse >= 0)
    {
      g_set_error (error, RFL_ERROR, house->refuse, "the \"test\" says no");
      return RFL_HOOK_REFUSE;
    }
  for (guint i = 0; i < event->participant->media->len; i++)
    {
      RflMedium *medium = event->participant->media->pdata[i];
      house->direction = medium->offered->direction;
      answer_medium (medium);
    }
  if (!house->defer)
    return RFL_HOOK_CONTINUE;
  house->deferred = rfl_event_ref (event);
  return RFL_HOOK_DEFER;
}

static void
add_offer (GPtrArray *offers, const char *kind, guint16 port, RflFormat *format)
{
  RflMediumDesc *desc = rfl_medium_desc_new (kind);

  g_ptr_array_add (desc->answer, format);
  desc->accepted = TRUE;
  desc->direction = RFL_DIRECTION_BOTH;
  rfl_address_parse (&desc->answer_rtp, "127.0.0.1", port);
  rfl_address_parse (&desc->answer_rtcp, "127.0.0.1", port + 1);
  g_ptr_array_add (offers, desc);
}

static RflHookResult
on_wanted (RflEvent *event, gpointer user_data, GError **error)
{
  House *house = user_data;

  if (strstr (house->kinds, "audio"))
    add_offer (event->offers, "audio", 5566, rfl_format_new (0, "PCMU", 8000, 1, NULL));
  if (strstr (house->kinds, "video"))
    add_offer (event->offers, "video", 5568, rfl_format_new (96, "VP8", 90000, 1, NULL));
  return RFL_HOOK_CONTINUE;
}

void
house_offer (House *house, const char *kinds)
{
  RflHook hook = { .name = "test/offer",
                   .event = RFL_EVENT_OFFER_WANTED,
                   .stage = RFL_HOOK_NORMAL,
                   .func = on_wanted,
                   .user_data = house };

  house->kinds = kinds;
  house->wanted_hook = rfl_bus_add_hook (house->core->bus, &hook, NULL);
}

static gboolean
can_bind (guint16 port, int type)
{
  struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons (port) };
  int fd = socket (AF_INET, type, 0);
  gboolean free;

  here.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  free = bind (fd, (struct sockaddr *) &here, sizeof here) == 0;
  close (fd);
  return free;
}

static gboolean
is_free (guint16 port)
{
  return can_bind (port, SOCK_DGRAM) && can_bind (port, SOCK_STREAM);
}

/* Tried first: the stack leaks a little when it cannot listen, which LeakSanitizer tells. The next
 * one is free, too, for tests that listen on two.
 */
guint16
house_find_port (void)
{
  guint16 port;

  do
    port = g_random_int_range (20000, 30000);
  while (!is_free (port) || !is_free (port + 1));
  return port;
}

/* A port that is free just now: the plugin is started again if somebody else took it. */
static gboolean
try_start (House *house, const char *more)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  house->port = house_find_port ();
  text = g_strdup_printf ("port = %u; addresses = [ \"127.0.0.1\" ]; %s %s", house->port,
                          strstr (more, "journal") ? "" : "journal = \"\";", more);
  house->settings = rfl_settings_new_from_text ("sip", sip_options, text, &error);
  g_assert_no_error (error);
  house->sip = sip_instance_new (house->core);
  g_assert_true (sip_instance_configure (house->sip, house->settings, NULL));
  if (sip_instance_start (house->sip, &error))
    return TRUE;
  g_test_message ("%s", error->message);
  sip_instance_free (house->sip);
  rfl_settings_free (house->settings);
  return FALSE;
}

House *
house_new (const char *more)
{
  return house_new_with_clock (more, NULL);
}

House *
house_new_with_clock (const char *more, RflClock *clock)
{
  House *house = g_new0 (House, 1);
  RflCoreOptions options = { .manual_workers = TRUE, .clock = clock };
  RflHook hook = { .name = "test/media",
                   .event = RFL_EVENT_MEDIA_OFFERED,
                   .stage = RFL_HOOK_NORMAL,
                   .func = on_offer,
                   .user_data = house };

  house->context = options.context = g_main_context_new ();
  house->refuse = -1;
  house->core = rfl_core_new (&options);
  house->media_hook = rfl_bus_add_hook (house->core->bus, &hook, NULL);
  for (guint i = 0; i < 10; i++)
    if (try_start (house, more))
      return house;
  g_error ("no port is free");
}

void
house_free (House *house)
{
  sip_instance_stop (house->sip);
  g_assert_cmpuint (g_hash_table_size (house->core->participants), ==, 0);
  sip_instance_free (house->sip);
  g_clear_pointer (&house->deferred, rfl_event_unref);
  rfl_settings_free (house->settings);
  rfl_bus_remove_hook (house->core->bus, house->media_hook);
  rfl_bus_remove_hook (house->core->bus, house->wanted_hook);
  rfl_core_free (house->core);
  g_main_context_unref (house->context);
  g_free (house);
}

Phone *
house_phone (House *house)
{
  return phone_new (house->context, house->port, FALSE);
}

gboolean
house_is_empty (gpointer data)
{
  House *house = data;

  return g_hash_table_size (house->sip->calls) == 0
         && g_hash_table_size (house->core->participants) == 0;
}

gboolean
house_is_confirmed (gpointer data)
{
  GHashTableIter iter;
  gpointer call;

  g_hash_table_iter_init (&iter, ((House *) data)->sip->calls);
  return g_hash_table_iter_next (&iter, &call, NULL)
         && ((SipCall *) call)->state == SIP_CALL_CONFIRMED;
}

gboolean
house_is_deferred (gpointer data)
{
  return ((House *) data)->deferred != NULL;
}

RflParticipant *
house_participant (House *house)
{
  RflSession *session = rfl_core_find_session (house->core, "room");

  g_assert_nonnull (session);
  g_assert_cmpuint (session->participants->len, ==, 1);
  return session->participants->pdata[0];
}

void
house_call (Phone *phone)
{
  g_autofree char *ok = NULL;

  phone_invite (phone, "room");
  ok = phone_expect (phone, "SIP/2.0 200");
  phone_ack (phone);
}

void
house_hang_up (House *house, Phone *phone)
{
  g_autofree char *ok = NULL;

  phone_send (phone, "BYE", phone->contact, NULL, NULL);
  ok = phone_expect (phone, "SIP/2.0 200");
  phone_run_until (house->context, house_is_empty, house);
}
