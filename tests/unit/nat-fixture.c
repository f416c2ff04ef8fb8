/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See nat-fixture.h. Tests nothing itself. */
#include "tests/unit/nat-fixture.h"

#include <string.h>

static const guint8 transaction[RFL_STUN_TRANSACTION] = { 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2 };

RflMediumDesc *
with_ice (RflMediumDesc *desc, const char *ufrag)
{
  RflIceCandidate candidate = { 1, 1000, desc->rtp };

  desc->ice = rfl_ice_desc_new ();
  desc->ice->ufrag = g_strdup (ufrag);
  desc->ice->pwd = g_strdup (THEIR_PWD);
  desc->ice->complete = TRUE;
  g_array_append_val (desc->ice->candidates, candidate);
  return desc;
}

Client *
ice_client (NatFixture *f, const char *name, const char *ip, guint16 port, gboolean nat)
{
  Client *c = client_new (&f->rtp, name, ip, port);
  RflMediumDesc *desc = pcmu (c);

  join (c, "room", with_ice (nat ? behind_nat (desc) : desc, THEIR_UFRAG), NULL);
  assert_joined (c);
  g_assert_nonnull (current (c, 0)->answer_ice);
  return c;
}

int
ask (NatFixture *f, const RflAddress *from, guint16 port, const guint8 *data, gsize len,
     RflStun *answer, guint8 room[RFL_STUN_MAX])
{
  g_autoptr (GBytes) got = NULL;

  send_from (&f->rtp, from, port, data, len);
  got = next_at (&f->rtp, from);
  if (got == NULL)
    return -1;
  g_assert_cmpuint (g_bytes_get_size (got), <=, RFL_STUN_MAX);
  memcpy (room, g_bytes_get_data (got, NULL), g_bytes_get_size (got));
  g_assert_true (rfl_stun_parse (answer, room, g_bytes_get_size (got)));
  g_assert_cmpmem (answer->transaction, RFL_STUN_TRANSACTION, data + 8, RFL_STUN_TRANSACTION);
  if (answer->type == RFL_STUN_BINDING_ERROR)
    return answer->error;
  g_assert_cmpuint (answer->type, ==, RFL_STUN_BINDING_SUCCESS);
  g_assert_true (rfl_address_equal (&answer->mapped, from));
  return 0;
}

int
check (NatFixture *f, const Client *c, const RflAddress *from, guint16 port, const CheckSpec *spec)
{
  const RflIceDesc *ours = current (c, 0)->answer_ice;
  g_autofree char *username =
      g_strdup_printf ("%s:" THEIR_UFRAG, spec->ufrag ? spec->ufrag : ours->ufrag);
  const char *pwd = spec->pwd ? spec->pwd : ours->pwd;
  guint8 room[RFL_STUN_MAX];
  RflStunWriter w;
  RflStun answer;
  int error;

  rfl_stun_write_begin (&w, RFL_STUN_BINDING_REQUEST, transaction);
  rfl_stun_write_username (&w, username);
  rfl_stun_write_priority (&w, spec->priority);
  if (spec->use_candidate)
    rfl_stun_write_use_candidate (&w);
  if (spec->unknown)
    rfl_stun_write_unknown (&w, NULL, 0);
  rfl_stun_write_role (&w, !spec->controlled, 1);
  rfl_stun_write_integrity (&w, pwd);
  rfl_stun_write_fingerprint (&w);
  error = ask (f, from, port, w.data, w.len, &answer, room);
  if (error == 0)
    g_assert_true (rfl_stun_check_integrity (&answer, ours->pwd) && answer.fingerprint);
  return error;
}

static void
start_nat (Fixture *f)
{
  NatFixture *fixture = (NatFixture *) f;
  g_autoptr (GError) error = NULL;

  g_assert_true (nat_plugin_start (fixture->nat, &error));
  g_assert_no_error (error);
}

/* Made before the core it needs: its settings wait in @nat_settings. */
static void
make_nat (Fixture *f)
{
  NatFixture *fixture = (NatFixture *) f;
  const char *settings = g_dataset_get_data (f, "settings");
  g_autofree char *text = g_strconcat ("checkip_port = 0; ", settings, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (RflSettings) s = rfl_settings_new_from_text ("nat", nat_options, text, &error);

  g_assert_no_error (error);
  fixture->nat = nat_plugin_new (f->core);
  g_assert_true (nat_plugin_configure (fixture->nat, s, &error));
  start_nat (f);
}

static void
set_up_both (NatFixture *f, gconstpointer settings)
{
  g_dataset_set_data (&f->rtp, "settings", (gpointer) settings);
  set_up_with (&f->rtp, "", make_nat);
}

static void
tear_down_both (NatFixture *f, gconstpointer unused)
{
  settle (&f->rtp);
  rtp_plugin_stop (f->rtp.plugin);
  nat_plugin_free (f->nat);
  g_dataset_destroy (&f->rtp);
  tear_down (&f->rtp, NULL);
}

int
nat_tests_run (int argc, char **argv, const char *group, const NatTest *tests)
{
  g_test_init (&argc, &argv, NULL);
  for (; tests->name; tests++)
    {
      g_autofree char *path = g_strconcat ("/nat/", group, "/", tests->name, NULL);
      g_test_add (path, NatFixture, tests->settings, set_up_both, tests->func, tear_down_both);
    }
  return g_test_run ();
}
