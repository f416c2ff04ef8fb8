/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of PINs. They are secrets: nothing here writes one into a log line, an error or the status. */
#define RFL_LOG_DOMAIN "rooms"
#include "plugins/rooms/pins.h"

#include <string.h>
#include <sys/stat.h>

typedef struct {
  GPatternSpec *room;
  char *pin;
} Entry;

struct _RoomsPins {
  GPtrArray *entries;
};

const RflOption rooms_pin_members[] = {
  { .name = "room",
    .type = RFL_OPTION_STRING,
    .required = TRUE,
    .help = "Rooms by name; * and ? are wild cards" },
  { .name = "pin",
    .type = RFL_OPTION_SECRET,
    .required = TRUE,
    .help = "3 to 16 letters and digits; one with letters cannot be pressed" },
  RFL_OPTION_END
};

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_pattern_spec_free (entry->room);
  g_free (entry->pin);
  g_free (entry);
}

static gboolean
is_good_pin (const char *pin)
{
  gsize n = strlen (pin);

  for (gsize i = 0; i < n; i++)
    if (!g_ascii_isalnum (pin[i]))
      return FALSE;
  return n >= ROOMS_PIN_MIN && n <= ROOMS_PIN_MAX;
}

/* Says so once for each file. */
static void
check_files (const RflSettings *settings, guint n)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  struct stat st;

  for (guint i = 0; i < n; i++)
    {
      const RflSettings *group = rfl_settings_get_group (settings, "pins", i);
      const char *path = rfl_settings_get_file (group, "pin");
      if (path && g_hash_table_add (seen, (gpointer) path) && stat (path, &st) == 0
          && st.st_mode & S_IROTH)
        rfl_warning (NULL, "%s: everybody may read the PINs in it; try chmod o-rwx", path);
    }
}

static gboolean
add_entry (RoomsPins *pins, const RflSettings *group, GError **error)
{
  const char *room = rfl_settings_get_string (group, "room");
  const char *pin = rfl_settings_get_string (group, "pin");
  Entry *entry;

  if (*room == '\0')
    return rfl_settings_set_error (group, "room", error, "empty");
  if (!is_good_pin (pin))
    return rfl_settings_set_error (group, "pin", error, "must be %d to %d letters and digits",
                                   ROOMS_PIN_MIN, ROOMS_PIN_MAX);
  entry = g_new0 (Entry, 1);
  entry->room = g_pattern_spec_new (room);
  entry->pin = g_strdup (pin);
  g_ptr_array_add (pins->entries, entry);
  return TRUE;
}

RoomsPins *
rooms_pins_new (const RflSettings *settings, GError **error)
{
  g_autoptr (RoomsPins) pins = g_new0 (RoomsPins, 1);
  guint n = rfl_settings_get_n_groups (settings, "pins");

  pins->entries = g_ptr_array_new_with_free_func (entry_free);
  for (guint i = 0; i < n; i++)
    if (!add_entry (pins, rfl_settings_get_group (settings, "pins", i), error))
      return NULL;
  check_files (settings, n);
  return g_steal_pointer (&pins);
}

void
rooms_pins_free (RoomsPins *pins)
{
  if (!pins)
    return;
  g_ptr_array_unref (pins->entries);
  g_free (pins);
}

guint
rooms_pins_count (const RoomsPins *pins)
{
  return pins->entries->len;
}

const char *
rooms_pins_find (const RoomsPins *pins, const char *room)
{
  for (guint i = 0; i < pins->entries->len; i++)
    {
      const Entry *entry = pins->entries->pdata[i];
      if (g_pattern_spec_match_string (entry->room, room))
        return entry->pin;
    }
  return NULL;
}

gboolean
rooms_pins_equal (const char *pin, const char *given)
{
  char a[ROOMS_PIN_MAX + 1] = "", b[ROOMS_PIN_MAX + 1] = "";
  volatile guint8 differs = strlen (given) > ROOMS_PIN_MAX;

  memcpy (a, pin, MIN (strlen (pin), ROOMS_PIN_MAX));
  memcpy (b, given, MIN (strlen (given), ROOMS_PIN_MAX));
  for (guint i = 0; i < sizeof a; i++)
    differs |= (guint8) (a[i] ^ b[i]);
  return differs == 0;
}
