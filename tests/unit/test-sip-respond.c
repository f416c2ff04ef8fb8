/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which status an error becomes. */
#include "plugins/sip/request/respond.h"

static void
statuses (void)
{
  static const struct {
    RflError code;
    int status;
    guint warning;
    gboolean retry;
  } rows[] = { { RFL_ERROR_MALFORMED, 400, 399, FALSE }, { RFL_ERROR_NO_CODEC, 488, 305, FALSE },
               { RFL_ERROR_LIMIT, 486, 399, FALSE },     { RFL_ERROR_FORBIDDEN, 403, 399, FALSE },
               { RFL_ERROR_NOT_FOUND, 404, 399, FALSE }, { RFL_ERROR_UNAVAILABLE, 503, 399, TRUE },
               { RFL_ERROR_CANCELLED, 487, 0, FALSE },   { RFL_ERROR_FAILED, 500, 0, FALSE },
               { RFL_ERROR_IO, 500, 0, FALSE },          { RFL_ERROR_CONFIG, 500, 0, FALSE } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = g_error_new_literal (RFL_ERROR, (int) rows[i].code, "why");
      SipRefusal refusal = sip_refusal_from_error (error);

      g_assert_cmpint (refusal.status, ==, rows[i].status);
      g_assert_cmpuint (refusal.warning, ==, rows[i].warning);
      g_assert_cmpint (refusal.retry_after > 0, ==, rows[i].retry);
      g_assert_nonnull (refusal.phrase);
    }
}

/* An error of another domain must not be read by its number. */
static void
foreign_domain (void)
{
  g_autoptr (GError) error = g_error_new_literal (G_FILE_ERROR, RFL_ERROR_FORBIDDEN, "x");

  g_assert_cmpint (sip_refusal_from_error (error).status, ==, 500);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/respond/statuses", statuses);
  g_test_add_func ("/sip/respond/foreign-domain", foreign_domain);
  return g_test_run ();
}
