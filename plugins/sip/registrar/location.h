/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where registered names can be called (RFC 3261 §10.3): names, their contacts, and when those
 * expire. In memory and within bounds. Knows no SIP message: see registrar.c. Main thread.
 */
#pragma once

#include <reflector/address.h>
#include <reflector/clock.h>

typedef struct _SipLocation SipLocation;

/**
 * SipBinding:
 * @uri: the contact as its phone wrote it
 * @key: two contacts of equal keys are the same
 * @instance: names the device beyond its restarts, or %NULL
 * @q: 0 to 1000, more is preferred
 * @expires: rfl_clock_now() of its end
 * @remote, @tcp: where the registration really came from
 * @local: the listener it came to
 * @proxied: not from the phone itself
 */
typedef struct {
  char *uri, *key, *instance, *call_id;
  guint32 cseq;
  guint q;
  gint64 expires;
  RflAddress remote, local;
  gboolean tcp, proxied, proven;
  /* private */
  struct _SipName *name;
  RflTimer *timer;
  guint64 order;
} SipBinding;

/**
 * SipName:
 * @name: the user part of the address-of-record, unescaped
 * @identity, @display_name: as registered last; the latter may be %NULL
 * @bindings: (element-type SipBinding): the preferred first; never empty
 * @rung: rfl_clock_now() of the last call to it, for whoever calls; 0: never
 */
typedef struct _SipName {
  char *name, *identity, *display_name;
  GPtrArray *bindings;
  gint64 rung;
  /* private */
  SipLocation *location;
} SipName;

/* A contact that a registration asks for; @expires in seconds, 0 takes it away. */
typedef struct {
  char *uri, *key, *instance;
  guint q;
  guint expires;
} SipContact;

/**
 * SipRegistration:
 * @contacts: (element-type SipContact): empty: asks only what is there
 * @all: all contacts are to go (`*`)
 * @proven: the user with this name has shown its credentials
 */
typedef struct {
  char *name, *identity, *display_name, *call_id;
  guint32 cseq;
  gboolean all;
  GPtrArray *contacts;
  RflAddress remote, local;
  gboolean tcp, proxied, proven;
} SipRegistration;

SipRegistration *sip_registration_new (void);
void sip_registration_free (SipRegistration *registration);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SipRegistration, sip_registration_free)
SipContact *sip_registration_add (SipRegistration *registration, const char *uri, const char *key);

/**
 * SipLocationEvent:
 * @SIP_LOCATION_EXPIRED: a contact was not refreshed in time
 * @SIP_LOCATION_REPLACED: a contact gave way to a newer one, because there were too many
 */
typedef enum {
  SIP_LOCATION_EXPIRED,
  SIP_LOCATION_REPLACED
} SipLocationEvent;

typedef void (*SipLocationFunc) (SipLocationEvent event, gpointer user_data);

SipLocation *sip_location_new (RflClock *clock, SipLocationFunc func, gpointer user_data);
void sip_location_free (SipLocation *location);
/* From now on; what is there stays. */
void sip_location_set_limits (SipLocation *location, guint names, guint contacts);

/**
 * sip_location_apply:
 *
 * All of @registration or, with an error, nothing: RFL_ERROR_FAILED (an old request comes late,
 * §10.3 step 7), RFL_ERROR_UNAVAILABLE (too many names), RFL_ERROR_FORBIDDEN (more contacts at
 * once than a name may have). A contact too many takes the place of the one refreshed longest
 * ago: phones that restart leave theirs behind.
 */
gboolean sip_location_apply (SipLocation *location, const SipRegistration *registration,
                             GError **error);
/* Returns: (nullable): lent until the location changes */
SipName *sip_location_find (const SipLocation *location, const char *name);
guint sip_location_count (const SipLocation *location);
/* (transfer container) (element-type SipName) */
GList *sip_location_list (const SipLocation *location);
void sip_location_clear (SipLocation *location);
