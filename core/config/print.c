/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings and option tables as text: the effective configuration in libconfig's syntax, and
 * the reference manual. Not the status of a running daemon.
 */
#include "core/config/private.h"
#include <string.h>

static void
print_string (const char *text, GString *out)
{
  g_string_append_c (out, '"');
  for (const char *p = text; *p; p++)
    if (*p == '"' || *p == '\\')
      g_string_append_printf (out, "\\%c", *p);
    else if ((guchar) *p < 0x20 || *p == 0x7f)
      g_string_append_printf (out, "\\x%02x", (guchar) *p);
    else
      g_string_append_c (out, *p);
  g_string_append_c (out, '"');
}

/* libconfig knows a float by its point. */
static void
print_number (double number, GString *out)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

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
      print_string (g_ptr_array_index (strings, i), out);
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
      print_string (value->string, out);
      break;
    case RFL_OPTION_STRINGS:
      print_strings (value->strings, out);
      break;
    case RFL_OPTION_GROUPS:
      print_groups (value->groups, indent, out);
      break;
    }
}

static void
print_members (const RflSettings *settings, guint indent, GString *out)
{
  for (guint i = 0; i < settings->n; i++)
    {
      const RflOption *option = &settings->table[i];
      const ConfValue *value = &settings->values[i];

      if (option->type == RFL_OPTION_STRING && !value->string)
        {
          g_string_append_printf (out, "%*s# %s is not set\n", (int) indent, "", option->name);
          continue;
        }
      g_string_append_printf (out, "%*s%s = ", (int) indent, "", option->name);
      print_value (option, value, indent, out);
      g_string_append (out, ";\n");
    }
}

void
rfl_settings_print (const RflSettings *settings, GString *out)
{
  g_string_append_printf (out, "%s: {\n", settings->path);
  print_members (settings, 2, out);
  g_string_append (out, "};\n");
}

/* ---- the manual ---- */

static const char *
describe_type (const RflOption *option)
{
  static const char *const names[] = {
    [RFL_OPTION_BOOL] = "boolean",    [RFL_OPTION_INT] = "integer",
    [RFL_OPTION_DOUBLE] = "number",   [RFL_OPTION_STRING] = "string",
    [RFL_OPTION_STRINGS] = "strings", [RFL_OPTION_GROUPS] = "list of groups"
  };
  return names[option->type];
}

static void
append_default (const RflOption *option, GString *out)
{
  static const char *const nothing[] = {
    [RFL_OPTION_BOOL] = "`false`",   [RFL_OPTION_INT] = "`0`",       [RFL_OPTION_DOUBLE] = "`0.0`",
    [RFL_OPTION_STRING] = "not set", [RFL_OPTION_STRINGS] = "`[ ]`", [RFL_OPTION_GROUPS] = "`( )`"
  };

  if (option->required)
    g_string_append (out, "required");
  else if (option->fallback)
    g_string_append_printf (out, "`%s`", option->fallback);
  else
    g_string_append (out, nothing[option->type]);
}

static void
append_allowed (const RflOption *option, GString *out)
{
  gboolean counts = option->type == RFL_OPTION_INT || option->type == RFL_OPTION_DOUBLE;

  if (option->choices)
    {
      g_autofree char *all = g_strjoinv ("`, `", (char **) option->choices);
      g_string_append_printf (out, "`%s`", all);
    }
  if (!counts || (option->min == 0 && option->max == 0))
    return;
  if (option->max == G_MAXINT64)
    g_string_append_printf (out, "from %" G_GINT64_FORMAT, option->min);
  else if (option->min == G_MININT64)
    g_string_append_printf (out, "up to %" G_GINT64_FORMAT, option->max);
  else
    g_string_append_printf (out, "%" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, option->min,
                            option->max);
}

static void
append_rows (const char *prefix, const RflOption *table, GString *out)
{
  for (const RflOption *option = table; option && option->name; option++)
    {
      g_string_append_printf (out, "| `%s%s` | %s | ", prefix, option->name,
                              describe_type (option));
      append_default (option, out);
      g_string_append (out, " | ");
      append_allowed (option, out);
      g_string_append_printf (out, " | %s%s%s | %s |\n", option->classic ? "`" : "",
                              option->classic ? option->classic : "", option->classic ? "`" : "",
                              option->help ? option->help : "");
      if (option->type != RFL_OPTION_GROUPS)
        continue;
      g_autofree char *inner = g_strdup_printf ("%s%s[].", prefix, option->name);
      append_rows (inner, option->members, out);
    }
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
  g_string_append_c (out, '\n');
}
