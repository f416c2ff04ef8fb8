/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A datagram of the RTCP relay: whatever is accepted must be encodable again, and mean the same. */
#include "plugins/interconnect/frame.h"

#include "tests/fuzz/fuzz.h"

static void
check_message (const LinkItem *item)
{
  g_autoptr (LinkMessage) message = link_message_decode (item->type, item->body, item->len, NULL);
  g_autoptr (GByteArray) body = NULL;
  g_autoptr (LinkMessage) again = NULL;
  g_autoptr (GByteArray) same = NULL;

  if (message == NULL || !link_type_is_known (item->type))
    return;
  body = link_message_encode (message);
  if (body == NULL)
    {
      /* only a body that was beyond the limit itself */
      g_assert_cmpuint (item->len, >, LINK_MAX_BODY);
      return;
    }
  again = link_message_decode (item->type, body->data, body->len, NULL);
  g_assert_nonnull (again);
  same = link_message_encode (again);
  g_assert_cmpmem (same->data, same->len, body->data, body->len);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_auto (LinkFrame) frame = { 0 };
  LinkItem item;

  if (!link_frame_decode (&frame, data, size, NULL))
    return 0;
  if (frame.kind == LINK_FRAME_RTCP)
    {
      g_assert_true (frame.items_len > 0 && frame.items + frame.items_len == data + size);
      g_assert_cmpuint (frame.naming->media->len, ==, 1);
      return 0;
    }
  while (link_item_next (&frame.items, &frame.items_len, &item))
    check_message (&item);
  g_assert_cmpuint (frame.items_len, ==, 0);
  return 0;
}
