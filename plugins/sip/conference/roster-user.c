/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes one user with the calls it has. Decides nothing about who is told. */
#include "plugins/sip/conference/roster-user.h"

/* ---- text ---- */

static gboolean
is_xml_char (gunichar c)
{
  return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0xd7ff)
         || (c >= 0xe000 && c <= 0xfffd) || (c >= 0x10000 && c <= 0x10ffff);
}

/* Of C1 the parsers keep NEL and others, which terminals obey. */
static gboolean
is_plain (gunichar c)
{
  return is_xml_char (c) && !g_unichar_iscntrl (c);
}

void
sip_xml_append (GString *out, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  for (const char *p = valid; *p; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (c == '&')
        g_string_append (out, "&amp;");
      else if (c == '<')
        g_string_append (out, "&lt;");
      else if (c == '>')
        g_string_append (out, "&gt;");
      else if (c == '"')
        g_string_append (out, "&quot;");
      else
        g_string_append_unichar (out, is_plain (c) ? c : 0xfffd);
    }
}

static void
append_element (GString *out, const char *name, const char *text)
{
  g_string_append_printf (out, "<%s>", name);
  sip_xml_append (out, text);
  g_string_append_printf (out, "</%s>", name);
}

/* ---- media ---- */

static gboolean
is_alive (const RflMedium *medium)
{
  return medium->current && medium->current->accepted;
}

/* As the participant sees it (RFC 4575 §5.8.5); what a moderator has blocked does not flow. */
static RflDirection
flows (const RflMedium *medium)
{
  return medium->current->direction & ~medium->blocked;
}

static const char *
direction_name (RflDirection direction)
{
  static const char *const names[] = { "inactive", "sendonly", "recvonly", "sendrecv" };

  return names[direction & RFL_DIRECTION_BOTH];
}

static void
append_ssrc (GString *out, const RflMedium *medium)
{
  const GPtrArray *sources = medium->route ? medium->route->sources : NULL;

  for (guint i = 0; sources && i < sources->len; i++)
    {
      const RflSource *source = sources->pdata[i];

      if (source->owner != medium)
        continue;
      g_string_append_printf (out, "<src-id>%u</src-id>", source->ssrc);
      return; /* the schema has room for one */
    }
}

static void
append_medium (GString *out, const RflMedium *medium)
{
  g_string_append_printf (out, "<media id=\"%u\">", medium->index + 1);
  append_element (out, "type", medium->kind);
  append_ssrc (out, medium);
  append_element (out, "status", direction_name (flows (medium)));
  g_string_append (out, "</media>");
}

/* ---- endpoints ---- */

typedef struct {
  gboolean any, hears, may_speak, is_heard;
} Activity;

static Activity
sum_up (const RflParticipant *participant)
{
  Activity a = { 0 };

  for (guint i = 0; i < participant->media->len; i++)
    {
      const RflMedium *medium = participant->media->pdata[i];

      if (!is_alive (medium))
        continue;
      a.any = TRUE;
      a.hears |= (medium->current->direction & RFL_DIRECTION_RECEIVE) != 0;
      a.may_speak |= (medium->current->direction & RFL_DIRECTION_SEND) != 0;
      a.is_heard |= (flows (medium) & RFL_DIRECTION_SEND) != 0;
    }
  return a;
}

/* RFC 4575 §5.7.2 */
static const char *
status_name (const RflParticipant *participant)
{
  Activity a = sum_up (participant);

  if (!participant->confirmed)
    return "pending";
  if (a.any && !a.hears)
    return "on-hold";
  return a.may_speak && !a.is_heard ? "muted-via-focus" : "connected";
}

static void
append_joined (GString *out, gint64 joined)
{
  g_autoptr (GDateTime) time = joined ? g_date_time_new_from_unix_utc (joined) : NULL;
  g_autofree char *text = time ? g_date_time_format (time, "%Y-%m-%dT%H:%M:%SZ") : NULL;

  if (text == NULL)
    return;
  g_string_append (out, "<joining-info>");
  append_element (out, "when", text);
  g_string_append (out, "</joining-info>");
}

/* The Contact, which would tell the network address of who calls to all others, is nobody's business. */
static void
append_endpoint (GString *out, const SipEndpoint *endpoint)
{
  const RflParticipant *participant = endpoint->participant;
  g_autofree char *id = g_uri_escape_string (participant->id, NULL, FALSE);

  g_string_append (out, "<endpoint entity=\"");
  sip_xml_append (out, participant->identity);
  g_string_append_printf (out, ";participant=%s\">", id);
  if (participant->display_name)
    append_element (out, "display-text", participant->display_name);
  append_element (out, "status", status_name (participant));
  append_joined (out, endpoint->joined);
  for (guint i = 0; i < participant->media->len; i++)
    if (is_alive (participant->media->pdata[i]))
      append_medium (out, participant->media->pdata[i]);
  g_string_append (out, "</endpoint>");
}

static const char *
find_display_name (const GArray *endpoints)
{
  for (guint i = 0; i < endpoints->len; i++)
    {
      const SipEndpoint *endpoint = &g_array_index (endpoints, SipEndpoint, i);

      if (endpoint->participant->display_name)
        return endpoint->participant->display_name;
    }
  return NULL;
}

char *
sip_roster_write_user (const char *identity, const GArray *endpoints)
{
  GString *out = g_string_new ("<user entity=\"");
  const char *name = find_display_name (endpoints);

  sip_xml_append (out, identity);
  if (endpoints->len == 0)
    {
      g_string_append (out, "\" state=\"deleted\"/>");
      return g_string_free (out, FALSE);
    }
  g_string_append (out, "\" state=\"full\">");
  if (name)
    append_element (out, "display-text", name);
  for (guint i = 0; i < endpoints->len; i++)
    append_endpoint (out, &g_array_index (endpoints, SipEndpoint, i));
  g_string_append (out, "</user>");
  return g_string_free (out, FALSE);
}
