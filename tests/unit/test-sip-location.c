/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of registered names: order of requests, bounds, expiry by a clock moved by hand. */
#include "core/core-private.h"
#include "plugins/sip/registrar/location.h"

typedef struct {
  RflClock *clock;
  SipLocation *location;
  guint expired, replaced;
} Fixture;

static void
note (SipLocationEvent event, gpointer user_data)
{
  Fixture *f = user_data;

  if (event == SIP_LOCATION_EXPIRED)
    f->expired++;
  else
    f->replaced++;
}

static Fixture *
set_up (guint names, guint contacts)
{
  Fixture *f = g_new0 (Fixture, 1);

  f->clock = rfl_clock_new_manual (0);
  f->location = sip_location_new (f->clock, note, f);
  sip_location_set_limits (f->location, names, contacts);
  return f;
}

static void
tear_down (Fixture *f)
{
  sip_location_free (f->location);
  rfl_clock_free (f->clock);
  g_free (f);
}

static SipRegistration *
registration (const char *name, const char *call_id, guint cseq)
{
  SipRegistration *r = sip_registration_new ();

  r->name = g_strdup (name);
  r->identity = g_strdup_printf ("sip:%s@example.org", name);
  r->call_id = g_strdup (call_id);
  r->cseq = cseq;
  return r;
}

/* @error: the expected code, or -1 */
static void
apply (Fixture *f, SipRegistration *r, int expected)
{
  g_autoptr (GError) error = NULL;
  gboolean done = sip_location_apply (f->location, r, &error);

  if (expected >= 0)
    g_assert_error (error, RFL_ERROR, expected);
  else
    g_assert_no_error (error);
  g_assert_true (done == (expected < 0));
  sip_registration_free (r);
}

static void
put (Fixture *f, const char *name, const char *uri, guint cseq, guint expires, int expected)
{
  SipRegistration *r = registration (name, "c", cseq);
  SipContact *contact = sip_registration_add (r, uri, uri);

  contact->expires = expires;
  contact->q = 1000;
  apply (f, r, expected);
}

static guint
count (const Fixture *f, const char *name)
{
  SipName *found = sip_location_find (f->location, name);

  return found ? found->bindings->len : 0;
}

static const SipBinding *
binding (const Fixture *f, const char *name, guint i)
{
  return sip_location_find (f->location, name)->bindings->pdata[i];
}

static void
limits (void)
{
  Fixture *f = set_up (2, 2);
  SipRegistration *r = registration ("alice", "d", 1);

  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *uri = g_strdup_printf ("sip:a%u@h", i);
      sip_registration_add (r, uri, uri)->expires = 60;
    }
  apply (f, r, RFL_ERROR_FORBIDDEN);
  g_assert_cmpuint (sip_location_count (f->location), ==, 0);
  put (f, "alice", "sip:a@h", 1, 60, -1);
  put (f, "bob", "sip:b@h", 1, 60, -1);
  put (f, "carol", "sip:c@h", 1, 60, RFL_ERROR_UNAVAILABLE);
  put (f, "carol", "sip:c@h", 1, 0, -1); /* takes nothing */
  g_assert_cmpuint (sip_location_count (f->location), ==, 2);
  put (f, "bob", "sip:b@h", 2, 0, -1);
  put (f, "carol", "sip:c@h", 1, 60, -1);
  tear_down (f);
}

/* A phone that restarts leaves its contact behind: the one refreshed longest ago goes. */
static void
too_many_contacts (void)
{
  Fixture *f = set_up (2, 2);

  put (f, "alice", "sip:1@h", 1, 600, -1);
  put (f, "alice", "sip:2@h", 2, 600, -1);
  put (f, "alice", "sip:1@h", 3, 600, -1);
  put (f, "alice", "sip:3@h", 4, 600, -1);
  g_assert_cmpuint (count (f, "alice"), ==, 2);
  g_assert_cmpuint (f->replaced, ==, 1);
  g_assert_cmpstr (binding (f, "alice", 0)->uri, ==, "sip:3@h");
  g_assert_cmpstr (binding (f, "alice", 1)->uri, ==, "sip:1@h");
  tear_down (f);
}

/* RFC 3261 §10.3 step 7 */
static void
old_requests (void)
{
  Fixture *f = set_up (2, 2);
  SipRegistration *r;

  put (f, "alice", "sip:1@h", 5, 600, -1);
  put (f, "alice", "sip:1@h", 5, 0, RFL_ERROR_FAILED);
  put (f, "alice", "sip:1@h", 4, 60, RFL_ERROR_FAILED);
  r = registration ("alice", "c", 5);
  r->all = TRUE;
  apply (f, r, RFL_ERROR_FAILED);
  /* All or nothing. */
  r = registration ("alice", "c", 5);
  sip_registration_add (r, "sip:2@h", "sip:2@h")->expires = 60;
  sip_registration_add (r, "sip:1@h", "sip:1@h")->expires = 60;
  apply (f, r, RFL_ERROR_FAILED);
  g_assert_cmpuint (count (f, "alice"), ==, 1);
  /* After a restart a phone begins anew with another Call-ID. */
  r = registration ("alice", "other", 1);
  sip_registration_add (r, "sip:1@h", "sip:1@h")->expires = 0;
  apply (f, r, -1);
  g_assert_cmpuint (count (f, "alice"), ==, 0);
  tear_down (f);
}

static void
all_go (void)
{
  Fixture *f = set_up (2, 3);
  SipRegistration *r = registration ("alice", "c", 1);

  r->all = TRUE;
  apply (f, r, -1); /* of nobody */
  put (f, "alice", "sip:1@h", 1, 600, -1);
  put (f, "alice", "sip:2@h", 2, 600, -1);
  r = registration ("alice", "c", 3);
  r->all = TRUE;
  apply (f, r, -1);
  g_assert_cmpuint (sip_location_count (f->location), ==, 0);
  tear_down (f);
}

static void
expiry (void)
{
  Fixture *f = set_up (2, 3);

  put (f, "alice", "sip:1@h", 1, 60, -1);
  put (f, "alice", "sip:2@h", 2, 120, -1);
  rfl_clock_advance (f->clock, 50 * G_TIME_SPAN_SECOND);
  put (f, "alice", "sip:1@h", 3, 60, -1);
  rfl_clock_advance (f->clock, 59 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (count (f, "alice"), ==, 2);
  rfl_clock_advance (f->clock, 2 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (count (f, "alice"), ==, 1);
  g_assert_cmpstr (binding (f, "alice", 0)->uri, ==, "sip:2@h");
  rfl_clock_advance (f->clock, 10 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (sip_location_count (f->location), ==, 0);
  g_assert_cmpuint (f->expired, ==, 2);
  tear_down (f);
}

static void
preference (void)
{
  Fixture *f = set_up (2, 3);
  SipRegistration *r = registration ("alice", "c", 1);
  static const guint q[] = { 300, 1000, 500 };

  for (guint i = 0; i < G_N_ELEMENTS (q); i++)
    {
      g_autofree char *uri = g_strdup_printf ("sip:%u@h", q[i]);
      SipContact *contact = sip_registration_add (r, uri, uri);
      contact->q = q[i];
      contact->expires = 60;
    }
  apply (f, r, -1);
  g_assert_cmpuint (binding (f, "alice", 0)->q, ==, 1000);
  g_assert_cmpuint (binding (f, "alice", 1)->q, ==, 500);
  g_assert_cmpuint (binding (f, "alice", 2)->q, ==, 300);
  tear_down (f);
}

/* The same device with another URI takes its own place. */
static void
instance (void)
{
  Fixture *f = set_up (2, 3);

  for (guint i = 1; i <= 3; i++)
    {
      SipRegistration *r = registration ("alice", i == 1 ? "c" : "d", i);
      g_autofree char *uri = g_strdup_printf ("sip:%u@h", i);
      SipContact *contact = sip_registration_add (r, uri, uri);
      contact->instance = g_strdup ("\"<urn:uuid:1>\";");
      contact->expires = 60;
      apply (f, r, -1);
      g_assert_cmpuint (count (f, "alice"), ==, 1);
      g_assert_cmpstr (binding (f, "alice", 0)->uri, ==, uri);
    }
  tear_down (f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/location/limits", limits);
  g_test_add_func ("/sip/location/too-many-contacts", too_many_contacts);
  g_test_add_func ("/sip/location/old-requests", old_requests);
  g_test_add_func ("/sip/location/all-go", all_go);
  g_test_add_func ("/sip/location/expiry", expiry);
  g_test_add_func ("/sip/location/preference", preference);
  g_test_add_func ("/sip/location/instance", instance);
  return g_test_run ();
}
