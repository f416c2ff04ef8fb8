#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs bench-fanout or bench-feed: as root in a network namespace of its own with a device (ifb) that frees
# every packet, so that sending is measured and nothing else; otherwise over loopback.
# Usage: bench.sh PROGRAM [OPTIONS…]
set -e
if [ "$1" != --inside ]; then
  if [ "$(id -u)" = 0 ] && unshare -n ip link add sw0 type ifb 2>/dev/null; then
    exec unshare -n bash "$0" --inside "$@"
  fi
  exec "$@"
fi
shift
ip link set lo up
ip link add sw0 type ifb
ip addr add 10.1.0.1/16 dev sw0
ip link set sw0 up
tc qdisc replace dev sw0 root noqueue
ip route add 10.2.0.0/16 via 10.1.0.254 dev sw0
ip neigh replace 10.1.0.254 lladdr 02:00:00:00:00:fe dev sw0 nud permanent
exec "$@" --to 10.2.0.1
