/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feeds the configuration reader from memory; what it takes must read back from its own print,
 * what it refuses must have a message of one line.
 */
#include "core/config/config.h"
#include "tests/fuzz/fuzz.h"
#include <reflector/error.h>
#include <string.h>

static const char *const choices[] = { "a", "b", NULL };

static const RflOption members[] = {
  { .name = "host", .type = RFL_OPTION_STRING, .required = TRUE },
  { .name = "port", .type = RFL_OPTION_INT, .min = 1, .max = 65535, .fallback = "5564" },
  RFL_OPTION_END
};

static const RflOption table[] = {
  { .name = "on", .type = RFL_OPTION_BOOL },
  { .name = "n", .type = RFL_OPTION_INT },
  { .name = "d", .type = RFL_OPTION_DOUBLE },
  { .name = "s", .type = RFL_OPTION_STRING, .classic = "S" },
  { .name = "c", .type = RFL_OPTION_STRING, .choices = choices, .fallback = "\"a\"" },
  { .name = "l", .type = RFL_OPTION_STRINGS },
  { .name = "g", .type = RFL_OPTION_GROUPS, .members = members, .classic = "G" },
  RFL_OPTION_END
};

/* (transfer full): the settings printed, or %NULL with @error */
static char *
read_and_print (const char *text, GError **error)
{
  g_autoptr (RflConfig) config = rfl_config_load_text ("f", text, error);

  if (!config)
    return NULL;
  g_autoptr (RflSettings) settings = rfl_config_claim (config, "g", table, error);
  if (!settings || !rfl_config_check_unclaimed (config, error))
    return NULL;
  return rfl_settings_to_text (settings);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (GError) error = NULL;
  g_autofree char *first = read_and_print (text, &error);

  g_assert_true ((first == NULL) == (error != NULL));
  if (error)
    {
      g_assert_error (error, RFL_ERROR, RFL_ERROR_CONFIG);
      g_assert_true (g_str_has_prefix (error->message, "f:"));
      g_assert_null (strchr (error->message, '\n'));
      return 0;
    }
  g_autofree char *second = read_and_print (first, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (first, ==, second);
  return 0;
}
