/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nonces: forged ones, their life, counts that come twice, and that memory is bounded. */
#include <string.h>

#include "plugins/auth/nonce.h"

#define LIFE (300 * G_TIME_SPAN_SECOND)
#define NOW (1000 * G_TIME_SPAN_SECOND)

static AuthNonceState
judge (AuthNonces *nonces, const char *nonce)
{
  return auth_nonces_judge (nonces, nonce, "home", NOW, LIFE);
}

static void
forged (void)
{
  static const char *const rows[] = {
    "", "0", "dcd98b7102dd2f0e8b11d0f600bfb0c093",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"
  };
  g_autoptr (AuthNonces) nonces = auth_nonces_new (16);
  g_autoptr (AuthNonces) others = auth_nonces_new (16);
  g_autofree char *good = auth_nonces_make (nonces, "home", NOW);
  g_autofree char *other = auth_nonces_make (others, "home", NOW);
  g_autofree char *longer = g_strconcat (good, "0", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpint (judge (nonces, rows[i]), ==, AUTH_NONCE_FOREIGN);
  g_assert_cmpint (judge (nonces, good), ==, AUTH_NONCE_VALID);
  g_assert_cmpint (judge (nonces, other), ==, AUTH_NONCE_FOREIGN);
  g_assert_cmpint (judge (nonces, longer), ==, AUTH_NONCE_FOREIGN);
  g_assert_cmpint (auth_nonces_judge (nonces, good, "work", NOW, LIFE), ==, AUTH_NONCE_FOREIGN);
  /* no digit may be changed */
  for (gsize i = 0; i < strlen (good); i++)
    {
      g_autofree char *changed = g_strdup (good);

      changed[i] = changed[i] == '0' ? '1' : '0';
      g_assert_cmpint (judge (nonces, changed), ==, AUTH_NONCE_FOREIGN);
      changed[i] = g_ascii_toupper (good[i]);
      if (changed[i] != good[i])
        g_assert_cmpint (judge (nonces, changed), ==, AUTH_NONCE_FOREIGN);
    }
}

static void
life (void)
{
  g_autoptr (AuthNonces) nonces = auth_nonces_new (16);
  g_autofree char *nonce = auth_nonces_make (nonces, "home", NOW);
  g_autofree char *next = auth_nonces_make (nonces, "home", NOW);

  g_assert_cmpstr (nonce, !=, next);
  g_assert_cmpint (auth_nonces_judge (nonces, nonce, "home", NOW + LIFE, LIFE), ==,
                   AUTH_NONCE_VALID);
  g_assert_cmpint (auth_nonces_judge (nonces, nonce, "home", NOW + LIFE + 1, LIFE), ==,
                   AUTH_NONCE_EXPIRED);
}

static void
counts (void)
{
  static const struct {
    guint32 nc;
    gboolean fresh;
  } rows[] = {
    { 1, TRUE },          { 1, FALSE },    { 3, TRUE },           { 2, TRUE },
    { 2, FALSE },         { 3, FALSE },    { 66, TRUE },          { 2, FALSE },
    { 3, FALSE },         { 4, TRUE },     { 65, TRUE },          { 65, FALSE },
    { 1000, TRUE },       { 66, FALSE },   { 936, FALSE },        { 937, TRUE },
    { 0xffffffff, TRUE }, { 1000, FALSE }, { 0xffffffff, FALSE }, { 0xfffffffe, TRUE },
  };
  g_autoptr (AuthNonces) nonces = auth_nonces_new (16);
  g_autofree char *nonce = auth_nonces_make (nonces, "home", NOW);
  g_autofree char *other = auth_nonces_make (nonces, "home", NOW);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("row %u: %u", i, rows[i].nc);
      g_assert_cmpint (auth_nonces_use (nonces, nonce, rows[i].nc), ==, rows[i].fresh);
    }
  g_assert_true (auth_nonces_use (nonces, other, 1));
  g_assert_cmpuint (auth_nonces_count (nonces), ==, 2);
}

/* What is forgotten must not come to life again: it expires. */
static void
bounded (void)
{
  g_autoptr (AuthNonces) nonces = auth_nonces_new (16);
  g_autofree char *first = auth_nonces_make (nonces, "home", NOW - 100);

  g_assert_true (auth_nonces_use (nonces, first, 1));
  for (guint i = 0; i < 16; i++)
    {
      g_autofree char *nonce = auth_nonces_make (nonces, "home", NOW - 99 + i);

      g_assert_cmpint (judge (nonces, nonce), ==, AUTH_NONCE_VALID);
      g_assert_cmpint (judge (nonces, first), ==, AUTH_NONCE_VALID);
      g_assert_true (auth_nonces_use (nonces, nonce, 1));
      g_assert_cmpuint (auth_nonces_count (nonces), ==, MIN (i + 2, 16));
    }
  g_assert_cmpint (judge (nonces, first), ==, AUTH_NONCE_EXPIRED);

  auth_nonces_set_max (nonces, 4);
  g_assert_cmpuint (auth_nonces_count (nonces), ==, 4);
}

static void
decoy (void)
{
  g_autoptr (AuthNonces) nonces = auth_nonces_new (16);
  g_autofree char *a = auth_nonces_decoy (nonces, 32);
  g_autofree char *b = auth_nonces_decoy (nonces, 64);

  g_assert_cmpuint (strlen (a), ==, 32);
  g_assert_cmpuint (strlen (b), ==, 64);
  g_assert_true (g_str_has_prefix (b, a));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/auth-nonce/forged", forged);
  g_test_add_func ("/auth-nonce/life", life);
  g_test_add_func ("/auth-nonce/counts", counts);
  g_test_add_func ("/auth-nonce/bounded", bounded);
  g_test_add_func ("/auth-nonce/decoy", decoy);
  return g_test_run ();
}
