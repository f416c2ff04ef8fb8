/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random access points of an MPEG transport stream: packets of the video (or else the first) stream of the first
 * programme whose adaptation field says random_access_indicator. Not a demultiplexer: tables that do
 * not fit one packet are not followed.
 */
#include "config.h"

#include "tools/client/share/ts.h"

#include <string.h>

#define SYNC 0x47
#define NO_PID 0x1fff
/* An encoder that never sets the indicator: viewers begin at a PAT after so many octets. */
#define PATIENCE (4 * 1024 * 1024)

struct _TsScanner {
  guint8 held[TS_PACKET];
  gsize n_held;
  guint16 pmt_pid, pid;
  gboolean video;
  guint8 tables[2][TS_PACKET]; /* PAT, PMT */
  gboolean seen[2], fresh;
  guint64 since_mark;
};

typedef struct {
  const guint8 *data;
  gsize len;
  gboolean mark;
  TsFunc func;
  gpointer user_data;
} Run;

gboolean
ts_looks_right (const guint8 *data, gsize len)
{
  g_return_val_if_fail (len >= TS_PROOF, FALSE);
  return data[0] == SYNC && data[TS_PACKET] == SYNC && data[2 * TS_PACKET] == SYNC;
}

TsScanner *
ts_scanner_new (void)
{
  TsScanner *scanner = g_new0 (TsScanner, 1);

  scanner->pmt_pid = scanner->pid = NO_PID;
  return scanner;
}

void
ts_scanner_free (TsScanner *scanner)
{
  g_free (scanner);
}

static guint16
get_pid (const guint8 *p)
{
  return (guint16) ((p[0] & 0x1f) << 8 | p[1]);
}

/* The section that begins in packet @p, without its CRC. Returns: %FALSE if it is not whole there */
static gboolean
find_section (const guint8 *p, guint8 table, const guint8 **section, gsize *len)
{
  gsize at = 4, size;

  if ((p[1] & 0x40) == 0 || (p[3] & 0x10) == 0)
    return FALSE;
  if (p[3] & 0x20)
    at += 1 + (gsize) p[4];
  if (at >= TS_PACKET)
    return FALSE;
  at += 1 + (gsize) p[at]; /* pointer_field */
  if (at + 3 > TS_PACKET || p[at] != table)
    return FALSE;
  size = 3 + (gsize) ((p[at + 1] & 0x0f) << 8 | p[at + 2]);
  if (size < 12 || at + size > TS_PACKET)
    return FALSE;
  *section = p + at;
  *len = size - 4;
  return TRUE;
}

static void
keep_table (TsScanner *scanner, guint which, const guint8 *p)
{
  guint8 *table = scanner->tables[which];

  /* the continuity counter alone makes no other table */
  if (scanner->seen[which] && memcmp (table + 4, p + 4, TS_PACKET - 4) == 0)
    return;
  memcpy (table, p, TS_PACKET);
  scanner->seen[which] = scanner->fresh = TRUE;
}

static void
take_pat (TsScanner *scanner, const guint8 *p)
{
  const guint8 *section;
  gsize len;

  if (!find_section (p, 0, &section, &len))
    return;
  for (gsize at = 8; at + 4 <= len; at += 4)
    if (section[at] != 0 || section[at + 1] != 0) /* programme 0 is the network's table */
      {
        guint16 pid = get_pid (section + at + 2);

        if (pid != scanner->pmt_pid)
          scanner->seen[1] = FALSE;
        scanner->pmt_pid = pid;
        keep_table (scanner, 0, p);
        return;
      }
}

static gboolean
is_video (guint8 type)
{
  static const guint8 types[] = { 0x01, 0x02, 0x10, 0x1b, 0x21, 0x24, 0x33, 0x42, 0xd1, 0xea };

  return memchr (types, type, sizeof types) != NULL;
}

static void
take_pmt (TsScanner *scanner, const guint8 *p)
{
  const guint8 *section;
  gsize len, at;

  if (!find_section (p, 2, &section, &len) || len < 12)
    return;
  keep_table (scanner, 1, p);
  scanner->pid = NO_PID;
  scanner->video = FALSE;
  at = 12 + (gsize) ((section[10] & 0x0f) << 8 | section[11]);
  for (; at + 5 <= len && !scanner->video;
       at += 5 + (gsize) ((section[at + 3] & 0x0f) << 8 | section[at + 4]))
    {
      scanner->video = is_video (section[at]);
      if (scanner->video || scanner->pid == NO_PID)
        scanner->pid = get_pid (section + at + 1);
    }
}

static gboolean
is_random_access (const TsScanner *scanner, const guint8 *p)
{
  if (p[3] & 0x20 && p[4] > 0 && p[5] & 0x40)
    return TRUE;
  /* each unit of audio stands alone */
  return !scanner->video && (p[1] & 0x40) != 0;
}

/* Returns: whether a viewer may begin at packet @p */
static gboolean
look (TsScanner *scanner, const guint8 *p)
{
  guint16 pid = get_pid (p + 1);
  gboolean mark = FALSE;

  if (pid == NO_PID)
    return FALSE;
  if (pid == 0)
    {
      take_pat (scanner, p);
      mark = scanner->since_mark >= PATIENCE;
    }
  else if (pid == scanner->pmt_pid)
    take_pmt (scanner, p);
  else if (pid == scanner->pid)
    mark = is_random_access (scanner, p);
  scanner->since_mark = mark ? 0 : scanner->since_mark + TS_PACKET;
  return mark;
}

static void
flush (Run *run)
{
  if (run->len > 0)
    run->func (run->data, run->len, run->mark, run->user_data);
  run->data += run->len;
  run->len = 0;
  run->mark = FALSE;
}

static void
add (Run *run, gsize len, gboolean mark)
{
  if (mark)
    {
      flush (run);
      run->mark = TRUE;
    }
  run->len += len;
}

/* Completes the packet of which a part came before. Returns: octets used of @data */
static gsize
complete_held (TsScanner *scanner, const guint8 *data, gsize len, TsFunc func, gpointer user_data)
{
  gsize n = MIN (TS_PACKET - scanner->n_held, len);

  if (scanner->n_held == 0)
    return 0;
  memcpy (scanner->held + scanner->n_held, data, n);
  scanner->n_held += n;
  if (scanner->n_held == TS_PACKET)
    {
      scanner->n_held = 0;
      func (scanner->held, TS_PACKET, look (scanner, scanner->held), user_data);
    }
  return n;
}

void
ts_scanner_feed (TsScanner *scanner, const guint8 *data, gsize len, TsFunc func, gpointer user_data)
{
  gsize at = complete_held (scanner, data, len, func, user_data);
  Run run = { data + at, 0, FALSE, func, user_data };

  while (at < len)
    {
      gsize left = len - at;
      /* what is out of step passes as it is, up to where a packet may begin */
      const guint8 *sync = memchr (data + at, SYNC, left);
      gsize skip = sync != NULL ? (gsize) (sync - (data + at)) : left;

      if (skip > 0)
        add (&run, skip, FALSE);
      else if (left >= TS_PACKET)
        add (&run, skip = TS_PACKET, look (scanner, data + at));
      else
        break;
      at += skip;
    }
  flush (&run);
  if (at < len)
    {
      scanner->n_held = len - at;
      memcpy (scanner->held, data + at, len - at);
    }
}

void
ts_scanner_finish (TsScanner *scanner, TsFunc func, gpointer user_data)
{
  if (scanner->n_held > 0)
    func (scanner->held, scanner->n_held, FALSE, user_data);
  scanner->n_held = 0;
}

gboolean
ts_scanner_get_header (TsScanner *scanner, guint8 *header)
{
  if (!scanner->seen[0] || !scanner->seen[1] || !scanner->fresh)
    return FALSE;
  scanner->fresh = FALSE;
  memcpy (header, scanner->tables, sizeof scanner->tables);
  return TRUE;
}
