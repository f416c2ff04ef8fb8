/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Viewers' channels joined with the connections to what is shared. A viewer who does not read fills his own
 * credit and no more; the reflector's connection, when it is slow, holds back all of them together. Not for
 * frames (mux.c).
 */
#include "config.h"

#include "tools/client/share/sharer.h"

#include "tools/client/share/command.h"
#include "tools/client/share/mux.h"
#include "tools/client/share/pipe.h"

#define CHUNK 65536
/* Octets on their way to the reflector above which nothing more is read. */
#define TRUNK_QUEUE (256 * 1024)

struct _Sharer {
  const SharerSpec *spec;
  SharerFuncs funcs;
  gpointer user_data;
  Pipe *trunk;
  Mux *mux;
  GHashTable *channels;
  gboolean held; /* nothing is read before the trunk has drained */
};

typedef struct {
  Sharer *sharer;
  guint32 id;
  GCancellable *connecting;
  Pipe *pipe; /* %NULL while connecting */
  Command *command;
  GByteArray *early; /* what the viewer sent while connecting: at most his credit */
  gsize unwritten;   /* what he sent and mux_consumed() does not know of */
  guint64 sent, received;
} Channel;

/* ---- one viewer ---- */

static void
channel_free (gpointer data)
{
  Channel *channel = data;

  if (channel->connecting != NULL)
    g_cancellable_cancel (channel->connecting);
  g_clear_object (&channel->connecting);
  pipe_free (channel->pipe);
  command_free (channel->command);
  if (channel->early != NULL)
    g_byte_array_unref (channel->early);
  g_free (channel);
}

static Channel *
find (Sharer *sharer, guint32 id)
{
  return g_hash_table_lookup (sharer->channels, GUINT_TO_POINTER (id));
}

/* Forgets the viewer; what he sent last is still delivered. */
static void
leave (Channel *channel, const GError *error)
{
  Sharer *sharer = channel->sharer;

  if (channel->pipe != NULL)
    pipe_finish (g_steal_pointer (&channel->pipe));
  command_end (g_steal_pointer (&channel->command));
  sharer->funcs.viewer_left (channel->id, channel->sent, channel->received, error,
                             sharer->user_data);
  g_hash_table_remove (sharer->channels, GUINT_TO_POINTER (channel->id));
}

/* Reads as much from what is shared as the viewer and the trunk have room for. */
static void
read_on (Channel *channel)
{
  Sharer *sharer = channel->sharer;

  if (channel->pipe != NULL)
    pipe_read (channel->pipe,
               sharer->held ? 0 : MIN (CHUNK, mux_get_credit (sharer->mux, channel->id)));
}

static void
read_all (Sharer *sharer)
{
  GHashTableIter iter;
  gpointer channel;

  g_hash_table_iter_init (&iter, sharer->channels);
  while (g_hash_table_iter_next (&iter, NULL, &channel))
    read_on (channel);
}

static void
on_target_data (const guint8 *data, gsize len, gpointer user_data)
{
  Channel *channel = user_data;
  Sharer *sharer = channel->sharer;

  channel->sent += len;
  mux_send (sharer->mux, channel->id, data, len);
  if (pipe_get_queued (sharer->trunk) > TRUNK_QUEUE)
    {
      sharer->held = TRUE;
      read_all (sharer);
    }
  else
    read_on (channel);
}

static void
on_target_drained (gpointer user_data)
{
  Channel *channel = user_data;
  gsize queued = pipe_get_queued (channel->pipe);
  gsize gone = channel->unwritten - queued;

  channel->unwritten = queued;
  mux_consumed (channel->sharer->mux, channel->id, gone);
}

static void
on_target_closed (const GError *error, gpointer user_data)
{
  Channel *channel = user_data;

  mux_close (channel->sharer->mux, channel->id);
  leave (channel, error);
}

static void
attach (Channel *channel, GIOStream *io)
{
  static const PipeFuncs funcs = { on_target_data, on_target_drained, on_target_closed };

  channel->pipe = pipe_new (io, &funcs, channel);
  if (channel->early != NULL)
    pipe_write (channel->pipe, channel->early->data, channel->early->len);
  g_clear_pointer (&channel->early, g_byte_array_unref);
  read_on (channel);
}

static void
give_up (Channel *channel, const GError *error)
{
  mux_close (channel->sharer->mux, channel->id);
  leave (channel, error);
}

static void
on_connected (GObject *client, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  GSocketConnection *io = g_socket_client_connect_finish (G_SOCKET_CLIENT (client), result, &error);
  Channel *channel = user_data;

  /* cancelled: the channel is no more */
  if (io == NULL && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&channel->connecting);
  if (io != NULL)
    attach (channel, G_IO_STREAM (io));
  else
    give_up (channel, error);
}

static void
connect_target (Channel *channel)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();

  g_socket_client_set_enable_proxy (client, FALSE);
  channel->connecting = g_cancellable_new ();
  g_socket_client_connect_async (client, channel->sharer->spec->target, channel->connecting,
                                 on_connected, channel);
}

static void
start_command (Channel *channel)
{
  g_autoptr (GError) error = NULL;
  GIOStream *io = NULL;

  channel->command = command_start (channel->sharer->spec->command, &io, &error);
  if (channel->command != NULL)
    attach (channel, io);
  else
    give_up (channel, error);
}

/* ---- what the reflector says ---- */

static void
on_opened (guint32 id, gpointer user_data)
{
  Sharer *sharer = user_data;
  Channel *channel = g_new0 (Channel, 1);

  channel->sharer = sharer;
  channel->id = id;
  g_hash_table_insert (sharer->channels, GUINT_TO_POINTER (id), channel);
  sharer->funcs.viewer_came (id, sharer->user_data);
  if (sharer->spec->target != NULL)
    connect_target (channel);
  else
    start_command (channel);
}

static void
on_viewer_data (guint32 id, const guint8 *data, gsize len, gpointer user_data)
{
  Channel *channel = find (user_data, id);

  channel->received += len;
  channel->unwritten += len;
  if (channel->pipe != NULL)
    {
      pipe_write (channel->pipe, data, len);
      return;
    }
  if (channel->early == NULL)
    channel->early = g_byte_array_new ();
  g_byte_array_append (channel->early, data, (guint) len);
}

static void
on_credit (guint32 id, gpointer user_data)
{
  read_on (find (user_data, id));
}

static void
on_viewer_closed (guint32 id, gpointer user_data)
{
  leave (find (user_data, id), NULL);
}

static void
on_write (const guint8 *data, gsize len, gpointer user_data)
{
  Sharer *sharer = user_data;

  pipe_write (sharer->trunk, data, len);
}

/* ---- the trunk ---- */

static void
on_trunk_closed (const GError *error, gpointer user_data)
{
  Sharer *sharer = user_data;

  g_hash_table_remove_all (sharer->channels);
  sharer->funcs.closed (error, sharer->user_data);
}

static void
on_trunk_data (const guint8 *data, gsize len, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  Sharer *sharer = user_data;

  if (mux_feed (sharer->mux, data, len, &error))
    return;
  pipe_read (sharer->trunk, 0);
  on_trunk_closed (error, sharer);
}

static void
on_trunk_drained (gpointer user_data)
{
  Sharer *sharer = user_data;

  if (!sharer->held || pipe_get_queued (sharer->trunk) > TRUNK_QUEUE / 2)
    return;
  sharer->held = FALSE;
  read_all (sharer);
}

Sharer *
sharer_new (GIOStream *io, GBytes *rest, const SharerSpec *spec, const SharerFuncs *funcs,
            gpointer user_data)
{
  static const PipeFuncs trunk = { on_trunk_data, on_trunk_drained, on_trunk_closed };
  static const MuxFuncs mux = { on_opened, on_viewer_data, on_credit, on_viewer_closed, on_write };
  Sharer *sharer = g_new0 (Sharer, 1);

  sharer->spec = spec;
  sharer->funcs = *funcs;
  sharer->user_data = user_data;
  sharer->channels = g_hash_table_new_full (NULL, NULL, NULL, channel_free);
  sharer->mux = mux_new (&mux, sharer);
  sharer->trunk = pipe_new (io, &trunk, sharer);
  pipe_put_back (sharer->trunk, rest);
  pipe_read (sharer->trunk, CHUNK);
  return sharer;
}

void
sharer_free (Sharer *sharer)
{
  if (sharer == NULL)
    return;
  g_hash_table_unref (sharer->channels);
  pipe_free (sharer->trunk);
  mux_free (sharer->mux);
  g_free (sharer);
}

guint
sharer_count (Sharer *sharer)
{
  return g_hash_table_size (sharer->channels);
}
