/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What paths name, and what they do not. Not for who may: tests/integration/test-files.py. */
#include "plugins/files/http/private.h"

#define KEY "00112233445566778899aabbccddeeff"

static const struct {
  const char *path;
  Route route;
  const char *room, *name;
} table[] = {
  { "", ROUTE_NONE, NULL, NULL },
  { "/", ROUTE_NONE, NULL, NULL },
  { "*", ROUTE_NONE, NULL, NULL },
  { "/rooms", ROUTE_NONE, NULL, NULL },
  { "/rooms/", ROUTE_NONE, NULL, NULL },
  { "/rooms//files", ROUTE_NONE, NULL, NULL },
  { "/rooms/board/files/", ROUTE_NONE, NULL, NULL },
  { "/rooms/board/files/a/b", ROUTE_NONE, NULL, NULL },
  { "/rooms/board/files/.", ROUTE_NONE, NULL, NULL },
  { "/rooms/board/files/..", ROUTE_NONE, NULL, NULL },
  { "/rooms/board/files/%2e%2e", ROUTE_NONE, NULL, NULL },
  { "/rooms/board/files/..%2fetc", ROUTE_NONE, NULL, NULL },
  { "/rooms/board/files/..%5cetc", ROUTE_NONE, NULL, NULL },
  { "/rooms/board/files/a%00b", ROUTE_NONE, NULL, NULL },
  { "/rooms/board/files/a%0ab", ROUTE_NONE, NULL, NULL },
  { "/rooms/board/files/%c3", ROUTE_NONE, NULL, NULL },
  { "/rooms/board/files/%zz", ROUTE_NONE, NULL, NULL },
  { "/rooms/board/other", ROUTE_NONE, NULL, NULL },
  { "/page/" KEY, ROUTE_NONE, NULL, NULL },
  { "/page/board/", ROUTE_NONE, NULL, NULL },
  { "/page/" KEY "/files/", ROUTE_NONE, NULL, NULL },
  { "/files/" KEY "/a/b", ROUTE_NONE, NULL, NULL },
  { "/files/0011", ROUTE_NONE, NULL, NULL },
  { "/links/" KEY "/a", ROUTE_NONE, NULL, NULL },
  { "/links/xyz", ROUTE_NONE, NULL, NULL },
  { "/rooms/board/files", ROUTE_LIST, "board", NULL },
  { "/rooms/B%C3%BCro%201/files", ROUTE_LIST, "B\303\274ro 1", NULL },
  { "/rooms/board/files/My%20file.pdf", ROUTE_UPLOAD, "board", "My file.pdf" },
  { "/page/" KEY "/", ROUTE_PAGE, NULL, "" },
  { "/page/" KEY "/page.js", ROUTE_PAGE, NULL, "page.js" },
  { "/page/" KEY "/files", ROUTE_LIST, NULL, NULL },
  { "/page/" KEY "/files/x", ROUTE_UPLOAD, NULL, "x" },
  { "/files/" KEY, ROUTE_FILE, NULL, NULL },
  { "/files/" KEY "/any%20name", ROUTE_FILE, NULL, NULL },
  { "/links/" KEY, ROUTE_LINK, NULL, NULL },
};

static void
clear (Request *request)
{
  g_free (request->room);
  g_free (request->name);
  g_free (request->token);
  g_free (request->key);
}

static void
paths (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      Request request = { 0 };
      Route route = route_parse (table[i].path, &request);

      g_test_message ("%s", table[i].path);
      g_assert_cmpint (route, ==, table[i].route);
      if (route != ROUTE_NONE)
        {
          g_assert_cmpstr (request.room, ==, table[i].room);
          g_assert_cmpstr (request.name, ==, table[i].name);
        }
      clear (&request);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/files/route/paths", paths);
  return g_test_run ();
}
