/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One request, from its head to its end: what it is about, whether he may, and who answers it. Not for how. */
#include "plugins/files/http/private.h"

#include <string.h>

#define DATA "reflectord-request"

/* ---- its life ---- */

Request *
request_ref (Request *request)
{
  request->refs++;
  return request;
}

void
request_unref (Request *request)
{
  if (--request->refs > 0)
    return;
  upload_free (request->upload);
  store_item_unref (request->item);
  http_ask_free (request->ask);
  g_free (request->room);
  g_free (request->token);
  g_free (request->name);
  g_free (request->key);
  g_free (request);
}

static void
on_finished (SoupServerMessage *msg, gpointer data)
{
  Request *request = data;
  Http *http = request->http;

  request->msg = NULL;
  if (request->counted)
    http->transfers--;
  request->counted = FALSE;
  upload_free (g_steal_pointer (&request->upload));
  request_unref (request);
}

static Request *
request_new (Http *http, SoupServerMessage *msg)
{
  Request *request = g_new0 (Request, 1);
  GSocketAddress *address = soup_server_message_get_remote_address (msg);
  struct sockaddr_storage sa;
  gssize len = address ? g_socket_address_get_native_size (address) : -1;

  request->refs = 1;
  request->http = http;
  request->msg = msg;
  if (len > 0 && g_socket_address_to_native (address, &sa, sizeof sa, NULL))
    rfl_address_from_sockaddr (&request->peer, (struct sockaddr *) &sa, (socklen_t) len);
  g_object_set_data (G_OBJECT (msg), DATA, request);
  g_signal_connect (msg, "finished", G_CALLBACK (on_finished), request);
  http_count (http, HTTP_REQUESTS, 1);
  return request;
}

void
request_go_on (Request *request)
{
  if (request->msg)
    soup_server_message_unpause (request->msg);
}

static gboolean
is_method (const Request *request, const char *method)
{
  return g_str_equal (soup_server_message_get_method (request->msg), method);
}

static gboolean
is_get (const Request *request)
{
  return is_method (request, "GET") || is_method (request, "HEAD");
}

/* ---- may he? ---- */

static const char *
get_field (const Request *request, const char *name)
{
  return soup_message_headers_get_one (soup_server_message_get_request_headers (request->msg),
                                       name);
}

/* The answer comes later; the message waits for it. */
static void
ask (Request *request, HttpAskType type)
{
  HttpAsk *ask = g_new0 (HttpAsk, 1);
  g_autofree char *target =
      g_uri_to_string_partial (soup_server_message_get_uri (request->msg), G_URI_HIDE_NONE);
  const char *path = target ? strstr (target, "://") : NULL;

  path = path ? strchr (path + 3, '/') : NULL;
  ask->type = type;
  ask->room = g_strdup (request->room);
  ask->token = g_strdup (request->token);
  ask->authorization = g_strdup (get_field (request, "Authorization"));
  ask->method = g_strdup (soup_server_message_get_method (request->msg));
  ask->target = g_strdup (path ? path : "/");
  ask->name = g_strdup (request->name);
  ask->file_type = g_strdup (get_field (request, "Content-Type"));
  ask->size = (guint64) soup_message_headers_get_content_length (
      soup_server_message_get_request_headers (request->msg));
  ask->peer = request->peer;
  ask->request = request_ref (request);
  soup_server_message_pause (request->msg);
  http_ask (request->http, ask);
}

static void
say_no (Request *request)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (request->msg);
  const HttpAsk *answer = request->ask;

  for (guint i = 0; answer->challenges && answer->challenges[i]; i++)
    soup_message_headers_append (headers, "WWW-Authenticate", answer->challenges[i]);
  if (answer->retry)
    {
      g_autofree char *seconds = g_strdup_printf ("%u", answer->retry);
      soup_message_headers_replace (headers, "Retry-After", seconds);
    }
  reply_error (request, answer->status, answer->why ? answer->why : "no");
}

static gboolean
is_owner (const Request *request)
{
  const StoreItem *item = request->item;

  return *item->info->who && g_strcmp0 (request->ask->who, item->info->who) == 0;
}

void
request_take_answer (Request *request, HttpAsk *answer)
{
  request->ask = answer;
  if (request->msg)
    {
      if (answer->status)
        say_no (request);
      else if (request->route == ROUTE_UPLOAD && is_method (request, "PUT"))
        upload_begin (request);
      else if (request->item && !is_owner (request))
        reply_error (request, SOUP_STATUS_FORBIDDEN, "it is not yours");
      if (!request->waits)
        request_go_on (request);
    }
  request_unref (request);
}

/* ---- what is asked for ---- */

static gboolean
has_owner_key (const Request *request)
{
  static const char bearer[] = "Bearer ";
  const char *field = get_field (request, "Authorization");
  guint8 key[FILE_KEY];
  guint different = 0;

  if (!field || g_ascii_strncasecmp (field, bearer, strlen (bearer)) != 0
      || !store_unhex (field + strlen (bearer), key, sizeof key))
    return FALSE;
  for (guint i = 0; i < FILE_KEY; i++)
    different |= key[i] ^ request->item->owner_key[i];
  return different == 0;
}

static void
begin_file (Request *request)
{
  StoreItem *item = request->route == ROUTE_LINK
                        ? store_find_link_key (request->http->store, request->key)
                        : store_find_key (request->http->store, request->key);

  if (request->route == ROUTE_LINK && !http_is_linked (request->http, &request->peer))
    item = NULL;
  if (!item)
    {
      reply_error (request, SOUP_STATUS_NOT_FOUND, "there is no such file");
      return;
    }
  request->item = store_item_ref (item);
  if (is_method (request, "DELETE") && item->info->via)
    reply_error (request, SOUP_STATUS_FORBIDDEN, "it is deleted where it was put");
  else if (is_method (request, "DELETE") && !has_owner_key (request))
    {
      request->room = g_strdup (item->info->room);
      ask (request, HTTP_ASK_WHO);
    }
}

static const char *
get_methods (Route route)
{
  static const char *const methods[] = { [ROUTE_NONE] = "GET, HEAD, PUT, DELETE",
                                         [ROUTE_LIST] = "GET, HEAD",
                                         [ROUTE_UPLOAD] = "PUT, HEAD",
                                         [ROUTE_FILE] = "GET, HEAD, DELETE",
                                         [ROUTE_LINK] = "GET, HEAD",
                                         [ROUTE_PAGE] = "GET, HEAD" };
  return methods[route];
}

static gboolean
is_allowed (const Request *request)
{
  g_auto (GStrv) methods = g_strsplit (get_methods (request->route), ", ", 0);

  return g_strv_contains ((const char *const *) methods,
                          soup_server_message_get_method (request->msg));
}

static void
begin (Request *request)
{
  if (request->route == ROUTE_NONE)
    reply_error (request, SOUP_STATUS_NOT_FOUND, "there is nothing here");
  else if (!is_allowed (request))
    {
      soup_message_headers_replace (soup_server_message_get_response_headers (request->msg),
                                    "Allow", get_methods (request->route));
      reply_error (request, SOUP_STATUS_METHOD_NOT_ALLOWED, "this cannot be done with it");
    }
  else if (request->token && !request->http->limits.page)
    reply_error (request, SOUP_STATUS_NOT_FOUND, "there are no pages here");
  else if (request->route == ROUTE_LIST)
    ask (request, HTTP_ASK_LIST);
  else if (request->route == ROUTE_UPLOAD)
    ask (request, is_method (request, "PUT") ? HTTP_ASK_PUT : HTTP_ASK_WHO);
  else if (request->route == ROUTE_FILE || request->route == ROUTE_LINK)
    begin_file (request);
}

void
request_on_early (SoupServer *server, SoupServerMessage *msg, const char *path, GHashTable *query,
                  gpointer http)
{
  Request *request = request_new (http, msg);

  /* what is sent is written to the disk as it comes, or thrown away */
  soup_message_body_set_accumulate (soup_server_message_get_request_body (msg), FALSE);
  request->route = route_parse (g_uri_get_path (soup_server_message_get_uri (msg)), request);
  begin (request);
}

/* ---- its body has been read ---- */

static void
serve_file (Request *request)
{
  Http *http = request->http;

  if (is_method (request, "DELETE"))
    {
      store_remove (request->item, http->store, "deleted by its owner");
      reply_common (request);
      soup_server_message_set_status (request->msg, SOUP_STATUS_NO_CONTENT, NULL);
      return;
    }
  if (http->transfers >= http->limits.transfers)
    {
      reply_error (request, SOUP_STATUS_SERVICE_UNAVAILABLE, "too many transfers at present");
      return;
    }
  http->transfers++;
  request->counted = TRUE;
  fetch_touch (request->item);
  if (request->item->file)
    download_begin (request, request->item);
  else
    fetch_begin (request, request->item);
}

void
request_on_read (SoupServer *server, SoupServerMessage *msg, const char *path, GHashTable *query,
                 gpointer http)
{
  Request *request = g_object_get_data (G_OBJECT (msg), DATA);

  if (!is_get (request) && request->route == ROUTE_UPLOAD)
    upload_finish (request);
  else if (request->route == ROUTE_UPLOAD)
    upload_tell_offset (request);
  else if (request->route == ROUTE_LIST)
    list_reply (request);
  else if (request->route == ROUTE_PAGE)
    page_reply (request);
  else if (request->item)
    serve_file (request);
}
