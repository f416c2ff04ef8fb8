/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All of the plugin API. Start with plugin.h. */
#pragma once

#include <reflector/access.h>
#include <reflector/address.h>
#include <reflector/bus.h>
#include <reflector/caller.h>
#include <reflector/clock.h>
#include <reflector/control.h>
#include <reflector/core.h>
#include <reflector/counter.h>
#include <reflector/credentials.h>
#include <reflector/error.h>
#include <reflector/feed.h>
#include <reflector/file.h>
#include <reflector/format.h>
#include <reflector/ice.h>
#include <reflector/links.h>
#include <reflector/log.h>
#include <reflector/mixer.h>
#include <reflector/option.h>
#include <reflector/plugin.h>
#include <reflector/port.h>
#include <reflector/post.h>
#include <reflector/rate.h>
#include <reflector/rooms.h>
#include <reflector/route.h>
#include <reflector/rtcp.h>
#include <reflector/rtp.h>
#include <reflector/session.h>
#include <reflector/share.h>
#include <reflector/shares.h>
#include <reflector/stage.h>
#include <reflector/status.h>
#include <reflector/stun.h>
#include <reflector/tlv.h>
#include <reflector/types.h>
