#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The scenario with two firewalls, in network namespaces. Not a test: tests/integration/*.py
# bring it up under a prefix of their own.
#
# topology.sh up|test|counters|status|down      (root; needs iproute2, nftables; test: socat)
#
#  ext1 203.0.113.11 \                                                            / priv1 192.168.10.11
#                     inet (bridge) -- r1 ===== fw1 ===== r2 ===== fw2 (NAT) -- lan
#  ext2 203.0.113.12 /          10.11.12.13  (Firewall 1) 10.11.12.14 (Firewall 2) \ priv2 192.168.10.12
#  extn 198.51.100.11 -- natgw 203.0.113.20 (masquerade, an outside user behind a home NAT)
#
# ext1, ext2 and r1 also have 2001:db8::11, ::12 and ::13.
#
# r1 and r2 own exactly one IPv4 address each (/32 on both legs); neither forwards. fw1 is a router that
# passes nothing but the link's ports between the two reflectors. fw2 is a router that masquerades
# and passes only what clients need, from the LAN to r2, and only from inside.
# Environment: PFX= prefix of the namespaces' names, N=100 number of simultaneous shares, WIRE=1 puts
# the namespace `wire` into the cable between r1 and fw1; wire.py carries what goes through it.
PFX=${PFX-rfl-} N=${N:-100}
ALL="ext1 ext2 extn natgw inet r1 fw1 r2 fw2 priv1 priv2${WIRE:+ wire}"
ns(){ local n=$1; shift; ip netns exec $PFX$n "$@"; }
link(){ # nsA ifA nsB ifB
  ip link add name $2 netns $PFX$1 type veth peer name $4 netns $PFX$3
  # bursts are cut before they leave, so that captures show the datagrams that receivers get
  ns $1 ip link set dev $2 gso_max_segs 1 up; ns $3 ip link set dev $4 gso_max_segs 1 up; }
six(){ ns $1 sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0; ns $1 ip -6 addr add $2/64 dev eth0 nodad; }
up(){
  set -e
  for n in $ALL; do ip netns add $PFX$n; ns $n ip link set lo up
    ns $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1; done
  # Internet segment
  ns inet ip link add br0 type bridge; ns inet ip link set br0 up
  for c in ext1 ext2 natgw r1; do link $c eth0 inet p-$c; ns inet ip link set p-$c master br0; done
  ns ext1 ip addr add 203.0.113.11/24 dev eth0; ns ext2 ip addr add 203.0.113.12/24 dev eth0
  ns natgw ip addr add 203.0.113.20/24 dev eth0
  ns r1 ip addr add 10.11.12.13/32 dev eth0; ns r1 ip route add 203.0.113.0/24 dev eth0
  for c in ext1 ext2 natgw; do ns $c ip route add 10.11.12.13/32 dev eth0; done
  # IPv6 for who is outside, and nowhere else
  six ext1 2001:db8::11; six ext2 2001:db8::12; six r1 2001:db8::13
  # a default route to nowhere: linphone finds its own address by "connecting" to a public IP, else it writes c=IN IP4 127.0.0.1
  for c in ext1 ext2 natgw; do ns $c ip route add default via 203.0.113.1; done
  # so that the tests can show that r1 does not route for outsiders
  for c in ext1 ext2 natgw; do ns $c ip route add 10.11.12.14/32 via 10.11.12.13; done
  # outside user behind NAT
  link extn eth0 natgw lan0; ns extn ip addr add 198.51.100.11/24 dev eth0; ns extn ip route add default via 198.51.100.1
  ns natgw ip addr add 198.51.100.1/24 dev lan0; ns natgw sysctl -qw net.ipv4.ip_forward=1
  ns natgw nft -f - <<R
table ip nat { chain post { type nat hook postrouting priority 100; ip saddr 198.51.100.0/24 oifname "eth0" masquerade; }; }
table ip filter { chain forward { type filter hook forward priority 0; policy drop; iifname "lan0" accept; ct state established,related accept; }; }
R
  # firewall 1
  if [ -n "$WIRE" ]; then link r1 eth1 wire a; link wire b fw1 r1; else link r1 eth1 fw1 r1; fi
  link r2 eth0 fw1 r2
  ns r1 ip route add 10.11.12.1/32 dev eth1; ns r1 ip route add 10.11.12.14/32 via 10.11.12.1 dev eth1 src 10.11.12.13
  ns r2 ip addr add 10.11.12.14/32 dev eth0; ns r2 ip route add 10.11.12.1/32 dev eth0; ns r2 ip route add 10.11.12.13/32 via 10.11.12.1 dev eth0 src 10.11.12.14
  ns fw1 ip addr add 10.11.12.1/32 dev r1; ns fw1 ip addr add 10.11.12.1/32 dev r2
  ns fw1 ip route add 10.11.12.13/32 dev r1; ns fw1 ip route add 10.11.12.14/32 dev r2
  ns fw1 sysctl -qw net.ipv4.ip_forward=1
  ns fw1 nft -f - <<R
table ip filter {
  counter dropped { }
  counter relay_udp { }
  counter relay_tcp { }
  chain reflector {
    udp dport { 5564, 5565 } counter name relay_udp accept
    tcp dport { 5565, 6000-$((6000+N)) } ct state new counter name relay_tcp accept
  }
  chain forward { type filter hook forward priority 0; policy drop;
    ct state invalid counter name dropped drop
    ct state established,related accept
    iifname "r1" oifname "r2" ip saddr 10.11.12.13 ip daddr 10.11.12.14 jump reflector
    iifname "r2" oifname "r1" ip saddr 10.11.12.14 ip daddr 10.11.12.13 jump reflector
    counter name dropped drop
  }
  chain input { type filter hook input priority 0; policy drop; iifname "lo" accept; }
}
R
  # firewall 2 + private network
  link r2 eth1 fw2 dmz0
  ns fw2 ip addr add 10.11.12.17/32 dev dmz0; ns fw2 ip route add 10.11.12.14/32 dev dmz0
  ns r2 ip route add 10.11.12.17/32 dev eth1 src 10.11.12.14; ns r2 ip route add 192.168.10.0/24 via 10.11.12.17
  ns fw2 ip link add lan0 type bridge; ns fw2 ip link set lan0 up; ns fw2 ip addr add 192.168.10.1/24 dev lan0
  i=11; for c in priv1 priv2; do link $c eth0 fw2 p-$c; ns fw2 ip link set p-$c master lan0
    ns $c ip addr add 192.168.10.$i/24 dev eth0; ns $c ip route add default via 192.168.10.1; i=$((i+1)); done
  ns fw2 sysctl -qw net.ipv4.ip_forward=1
  ns fw2 nft -f - <<R
table ip nat { chain post { type nat hook postrouting priority 100; ip saddr 192.168.10.0/24 oifname "dmz0" masquerade; }; }
table ip filter {
  counter dropped { }
  chain forward { type filter hook forward priority 0; policy drop;
    ct state invalid counter name dropped drop
    ct state established,related accept
    iifname "lan0" oifname "lan0" accept
    iifname "lan0" oifname "dmz0" ip daddr 10.11.12.14 udp dport { 5060, 5566-5573 } accept
    iifname "lan0" oifname "dmz0" ip daddr 10.11.12.14 tcp dport { 5060, 5565, 12340, 6000-$((6000+N)), 7000-$((7000+N)) } accept
    counter name dropped drop
  }
  chain input { type filter hook input priority 0; policy drop; iifname "lo" accept; }
}
R
  # R1 and R2 never route
  for n in r1 r2; do ns $n sysctl -qw net.ipv4.ip_forward=0; done
  echo up
}
down(){ for n in $ALL; do ip netns del $PFX$n 2>/dev/null; done; echo down; }
# listening NS PROTO PORT : waits until somebody does
listening(){ local i; for i in {1..100}; do [ -n "$(ns $1 ss -Hln --$2 "sport = :$3")" ] && return; sleep 0.02; done; }
# probe PROTO FROM TO_NS DST PORT yes|no : start a sink in TO_NS, send one datagram/connection from FROM, did it arrive?
pass=0 fail=0
probe(){ local pr=$1 f=$2 t=$3 d=$4 p=$5 want=$6 out got=no
  out=$(mktemp)
  case $pr in udp) ns $t timeout 2 socat -u UDP4-RECV:$p,reuseaddr OPEN:$out,creat,trunc & ;; tcp) ns $t timeout 2 socat -u TCP4-LISTEN:$p,reuseaddr OPEN:$out,creat,trunc & ;; esac
  local L=$!; listening $t $pr $p
  case $pr in udp) echo ping | ns $f socat -u - UDP4-SENDTO:$d:$p 2>/dev/null;; tcp) echo ping | ns $f timeout 0.8 socat -u - TCP4:$d:$p,connect-timeout=0.6 2>/dev/null;; esac
  sleep 0.1; [ -s $out ] && got=yes; kill $L 2>/dev/null; wait $L 2>/dev/null; rm -f $out
  if [ $got = $want ]; then pass=$((pass+1)); r=ok; else fail=$((fail+1)); r=FAIL; fi
  printf '%-4s %s %s -> %s:%s want=%s got=%s\n' $r $pr $f $d $p $want $got; }
tests(){
  R1=10.11.12.13 R2=10.11.12.14 M=$((6000+N)) S=$((7000+N))
  for dir in "r1 r2 $R2" "r2 r1 $R1"; do
    for p in 5564 5565; do probe udp $dir $p yes; done
    for p in 5565 6000 $M; do probe tcp $dir $p yes; done
    for p in 5060 5563 5566 5568 6000; do probe udp $dir $p no; done
    for p in 22 5060 5564 5999 $((M+1)) 7000 12340; do probe tcp $dir $p no; done
  done
  for c in priv1 priv2; do
    for p in 5060 5566 5567 5568 5569 5570 5573; do probe udp $c r2 $R2 $p yes; done
    for p in 5060 5565 12340 6000 $M 7000 $S; do probe tcp $c r2 $R2 $p yes; done
    for p in 5564 5565 5574 53; do probe udp $c r2 $R2 $p no; done
    for p in 22 80 5564 5566 $((M+1)) $((S+1)); do probe tcp $c r2 $R2 $p no; done
  done
  # nothing new from outside to the LAN, neither to the NAT address nor the private one; LAN cannot reach r1
  for p in 5060 5566 7078; do probe udp r2 priv1 192.168.10.11 $p no; probe udp r2 priv1 10.11.12.17 $p no; done
  probe tcp r2 priv1 192.168.10.11 6000 no; probe udp priv1 r1 $R1 5060 no; probe tcp priv1 r1 $R1 5060 no
  # outsiders: reach r1 on anything (no firewall stands in front of it), never r2
  for c in ext1 ext2 extn; do probe udp $c r1 $R1 5060 yes; probe udp $c r1 $R1 5566 yes; probe tcp $c r1 $R1 6000 yes
    probe udp $c r2 $R2 5564 no; probe udp $c r2 $R2 5060 no; probe tcp $c r2 $R2 6000 no; done
  # NAT identity and return path: r2 echoes to the source it saw; private client gets it back, and source is 10.11.12.17
  ns r2 timeout 3 socat UDP4-LISTEN:5566,fork SYSTEM:'echo from=$SOCAT_PEERADDR' & L=$!; listening r2 udp 5566
  a=$( (echo x; sleep 0.5) | ns priv1 timeout 2 socat - UDP4:$R2:5566,sourceport=7078); kill $L 2>/dev/null; wait $L 2>/dev/null
  [ "$a" = "from=10.11.12.17" ] && { pass=$((pass+1)); echo "ok   NAT reply path $a"; } || { fail=$((fail+1)); echo "FAIL NAT reply '$a'"; }
  echo "$pass passed, $fail failed"; [ $fail = 0 ]
}
case $1 in
 up) up;; down) down;; test) tests;;
 counters) for f in fw1 fw2; do echo "== $f"; ns $f nft list counters; done;;
 status) for n in $ALL; do echo "== $n"; ns $n ip -br addr | grep -v ^lo; done;;
 *) sed -n 3,20p "$0";;
esac
