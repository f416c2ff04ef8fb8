/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of networks, and whether an address is in one of them. Pure; resolves no names. */
#pragma once

#include <reflector/address.h>

/* (element-type GInetAddressMask) */
typedef GPtrArray AccessList;

/**
 * access_list_parse:
 * @texts: `all`, `HOST`, `NET/PREFIX` or `NET/MASK`, several with commas between them; bits of
 *   NET behind the mask do not count
 * @why: (out) (transfer full): on failure, what is wrong with which
 *
 * Returns: (transfer full): or %NULL; free with g_ptr_array_unref()
 */
AccessList *access_list_parse (const char *const *texts, char **why);
gboolean access_list_has (const AccessList *list, const RflAddress *address);
