/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings and option tables as text: the effective configuration in libconfig's syntax, and
 * the reference manual. Not the status of a running daemon.
 */
#include "core/config/private.h"
#include <string.h>

/* As short as reads back the same; libconfig knows a float by its point. */
static void
print_number (double number, GString *out)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (text, sizeof text, "%.15g", number);
  if (g_ascii_strtod (text, NULL) != number)
    g_ascii_formatd (text, sizeof text, "%.17g", number);
  gsize mantissa = strcspn (text, "e");
  g_string_append_len (out, text, mantissa);
  if (!memchr (text, '.', mantissa))
    g_string_append (out, ".0");
  g_string_append (out, text + mantissa);
}

static void
print_strings (const GPtrArray *strings, GString *out)
{
  g_string_append (out, "[");
  for (guint i = 0; i + 1 < strings->len; i++)
    {
      g_string_append (out, i > 0 ? ", " : " ");
      conf_quote (g_ptr_array_index (strings, i), out);
    }
  g_string_append (out, " ]");
}

static void print_members (const RflSettings *settings, guint indent, GString *out);

static void
print_groups (const GPtrArray *groups, guint indent, GString *out)
{
  g_string_append (out, "(");
  for (guint i = 0; i < groups->len; i++)
    {
      g_string_append_printf (out, "%s\n%*s{\n", i > 0 ? "," : "", (int) indent + 2, "");
      print_members (g_ptr_array_index (groups, i), indent + 4, out);
      g_string_append_printf (out, "%*s}", (int) indent + 2, "");
    }
  g_string_append (out, groups->len > 0 ? " )" : ")");
}

static void
print_value (const RflOption *option, const ConfValue *value, guint indent, GString *out)
{
  switch (option->type)
    {
    case RFL_OPTION_BOOL:
      g_string_append (out, value->boolean ? "true" : "false");
      break;
    case RFL_OPTION_INT:
      g_string_append_printf (out, "%" G_GINT64_FORMAT "%s", value->integer,
                              value->integer == (gint32) value->integer ? "" : "L");
      break;
    case RFL_OPTION_DOUBLE:
      print_number (value->number, out);
      break;
    case RFL_OPTION_STRING:
      conf_quote (value->string, out);
      break;
    case RFL_OPTION_STRINGS:
      print_strings (value->strings, out);
      break;
    case RFL_OPTION_GROUPS:
      print_groups (value->groups, indent, out);
      break;
    case RFL_OPTION_IGNORED:
    case RFL_OPTION_SECRET:
      break;
    }
}

static void
print_member (const RflSettings *settings, guint i, guint indent, GString *out)
{
  const RflOption *option = &settings->table[i];
  const ConfValue *value = &settings->values[i];

  if (option->type == RFL_OPTION_SECRET && value->string)
    {
      g_string_append_printf (out, "%*s# %s is set, and not shown\n", (int) indent, "",
                              option->name);
      return;
    }
  if ((option->type == RFL_OPTION_STRING || option->type == RFL_OPTION_SECRET) && !value->string)
    {
      g_string_append_printf (out, "%*s# %s is not set\n", (int) indent, "", option->name);
      return;
    }
  g_string_append_printf (out, "%*s%s = ", (int) indent, "", option->name);
  print_value (option, value, indent, out);
  g_string_append (out, ";\n");
}

static void
print_members (const RflSettings *settings, guint indent, GString *out)
{
  for (guint i = 0; i < settings->n; i++)
    if (conf_option_is_real (&settings->table[i]))
      print_member (settings, i, indent, out);
}

void
rfl_settings_print (const RflSettings *settings, GString *out)
{
  g_string_append_printf (out, "%s: {\n", settings->path);
  print_members (settings, 2, out);
  g_string_append (out, "};\n");
}

char *
rfl_settings_to_text (const RflSettings *settings)
{
  GString *out = g_string_new (NULL);

  rfl_settings_print (settings, out);
  return g_string_free (out, FALSE);
}

char *
rfl_settings_diff (const RflSettings *a, const RflSettings *b)
{
  GString *names = g_string_new (NULL);

  for (guint i = 0; i < a->n && a->table == b->table; i++)
    {
      g_autoptr (GString) x = g_string_new (NULL), y = g_string_new (NULL);
      print_member (a, i, 0, x);
      print_member (b, i, 0, y);
      if (!g_string_equal (x, y))
        g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", a->table[i].name);
    }
  return g_string_free (names, FALSE);
}

/* ---- the manual ---- */

static const char *
describe_type (const RflOption *option)
{
  static const char *const names[] = {
    [RFL_OPTION_BOOL] = "boolean",    [RFL_OPTION_INT] = "integer",
    [RFL_OPTION_DOUBLE] = "number",   [RFL_OPTION_STRING] = "string",
    [RFL_OPTION_STRINGS] = "strings", [RFL_OPTION_GROUPS] = "list of groups",
    [RFL_OPTION_IGNORED] = "",        [RFL_OPTION_SECRET] = "secret"
  };
  return names[option->type];
}

/* In a table's cell a bar needs an escape. */
static void
append_cell (const char *text, GString *out)
{
  for (const char *p = text; *p; p++)
    {
      if (*p == '|')
        g_string_append_c (out, '\\');
      g_string_append_c (out, *p);
    }
}

static void
append_default (const RflOption *option, GString *out)
{
  static const char *const nothing[] = {
    [RFL_OPTION_BOOL] = "`false`",   [RFL_OPTION_INT] = "`0`",       [RFL_OPTION_DOUBLE] = "`0.0`",
    [RFL_OPTION_STRING] = "not set", [RFL_OPTION_STRINGS] = "`[ ]`", [RFL_OPTION_GROUPS] = "`( )`",
    [RFL_OPTION_SECRET] = "not set"
  };
  g_autofree char *code = option->fallback ? g_strdup_printf ("`%s`", option->fallback) : NULL;

  append_cell (option->required ? "required" : code ? code : nothing[option->type], out);
}

static char *
describe_range (const RflOption *option)
{
  gboolean counts = option->type == RFL_OPTION_INT || option->type == RFL_OPTION_DOUBLE;

  if (!counts || (option->min == 0 && option->max == 0))
    return g_strdup ("");
  if (option->max == G_MAXINT64)
    return g_strdup_printf ("from %" G_GINT64_FORMAT, option->min);
  if (option->min == G_MININT64)
    return g_strdup_printf ("up to %" G_GINT64_FORMAT, option->max);
  return g_strdup_printf ("%" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, option->min, option->max);
}

static char *
describe_allowed (const RflOption *option)
{
  if (!option->choices)
    return describe_range (option);
  g_autofree char *all = g_strjoinv ("`, `", (char **) option->choices);
  return g_strdup_printf ("`%s`", all);
}

static void
append_row (const char *prefix, const RflOption *option, GString *out)
{
  g_autofree char *allowed = describe_allowed (option);
  const char *quote = option->classic ? "`" : "";

  g_string_append_printf (out, "| `%s%s` | %s | ", prefix, option->name, describe_type (option));
  append_default (option, out);
  g_string_append (out, " | ");
  append_cell (allowed, out);
  g_string_append_printf (out, " | %s%s%s | ", quote, option->classic ? option->classic : "",
                          quote);
  append_cell (option->help ? option->help : "", out);
  g_string_append (out, " |\n");
}

static void
append_rows (const char *prefix, const RflOption *table, GString *out)
{
  for (const RflOption *option = table; option && option->name; option++)
    {
      if (!conf_option_is_real (option))
        continue;
      append_row (prefix, option, out);
      if (option->type != RFL_OPTION_GROUPS)
        continue;
      g_autofree char *inner = g_strdup_printf ("%s%s[].", prefix, option->name);
      append_rows (inner, option->members, out);
    }
}

static void
append_ignored (const RflOption *table, GString *out)
{
  for (; table->name; table++)
    if (!conf_option_is_real (table))
      g_string_append_printf (out, "\nThe classic line `%s` is read over: %s.\n", table->classic,
                              table->help);
}

void
rfl_options_print_manual (const char *group, const RflOption *table, GString *out)
{
  g_string_append_printf (out, "## %s\n\n", group);
  if (!table || !table->name)
    {
      g_string_append (out, "No options.\n\n");
      return;
    }
  g_string_append (out, "| option | type | default | allowed | classic line | help |\n"
                        "|---|---|---|---|---|---|\n");
  append_rows ("", table, out);
  append_ignored (table, out);
  g_string_append_c (out, '\n');
}
