#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Three reflectors and a client beside each on one switch, in network namespaces. Not a test:
# tests/integration/*.py bring it up under a prefix of their own.
#
# triangle.sh up|down      (root; needs iproute2)      r1…r3 10.20.0.1…3, c1…c3 10.20.0.11…13
PFX=${PFX-rfl-}
ALL="hub r1 r2 r3 c1 c2 c3"
ns(){ local n=$1; shift; ip netns exec $PFX$n "$@"; }
up(){
  set -e
  for n in $ALL; do ip netns add $PFX$n; ns $n ip link set lo up; done
  ns hub ip link add br0 type bridge; ns hub ip link set br0 up
  for i in 1 2 3; do host r$i 10.20.0.$i; host c$i 10.20.0.1$i; done
}
host(){ # NAMESPACE ADDRESS
  ip link add name eth0 netns $PFX$1 type veth peer name p-$1 netns ${PFX}hub
  ns $1 ip link set dev eth0 gso_max_segs 1 up; ns $1 ip addr add $2/24 dev eth0
  ns hub ip link set p-$1 up master br0
}
down(){ for n in $ALL; do ip netns del $PFX$n 2>/dev/null; done; true; }
case $1 in
 up) up;; down) down;;
 *) sed -n 3,6p "$0";;
esac
