#!/usr/bin/env bash
# 200 edges on one supernode: all register, and a multicast datagram reaches every other.
. "${0%/*}/lib.sh"
netns_enter "$@"

EDGES=200
# Each host has a link of its own to a router, with neighbours that are set: on one segment 200 hosts would look
# up each other's MACs, and the kernel keeps those of all namespaces in one table of 1024.
hosts core
router core
link_to_core() {
	hosts "$1"
	on "$1" sh -c 'cd /proc/sys/net/ipv6/conf && echo 1 >all/disable_ipv6 && echo 1 >default/disable_ipv6' 2>/dev/null
	ip -n "$1" link add eth0 address 02:00:00:00:00:01 type veth peer name "$1" address 02:00:00:00:00:02 netns core
	ip -n core link set dev "$1" up
	ip -n core route add "$2" dev "$1"
	ip -n "$1" link set dev eth0 up
	ip -n "$1" address add "$2/32" dev eth0
	ip -n "$1" neighbour add 10.77.0.254 lladdr 02:00:00:00:00:02 nud permanent dev eth0
	ip -n core neighbour add "$2" lladdr 02:00:00:00:00:01 nud permanent dev "$1"
	ip -n "$1" route add default via 10.77.0.254 dev eth0 onlink
}
ip -n core address add 10.77.0.254/32 dev lo
link_to_core sn 10.77.0.1
start_supernode sn

start_all() {
	local i
	for i in $(seq $EDGES); do
		link_to_core e$i 10.77.1.$i
		on e$i edge -l 10.77.0.1 -c net -a 10.9.9.$i/24 || return
	done
}
all_there() { [ "$(counter "$(supernode_json sn)" edges_n)" = $EDGES ]; }
reach_all() {
	on e1 mcast send $GROUP edge0 "$1" 500 -r $((EDGES - 1)) >$T/reached && return
	echo "$(wc -l <$T/reached) receivers, of which not all got each datagram once:"
	grep -v 'missing=0 duplicates=0' $T/reached
	return 1
}

check "$EDGES edges start" start_all
check "all are registered" wait_for 20 all_there
for i in $(seq 2 $EDGES); do spawn e$i mcast mcast listen $GROUP edge0; done
for i in $(seq 2 $EDGES); do wait_for 5 log_has e$i.mcast listening; done
wait_for 10 reach_all 1         # now everybody knows where everybody is
check "multicast from the first reaches all others, once" reach_all 5
# Of these, 32 join another group.
FEW=239.10.10.32
for i in $(seq 2 33); do
	spawn e$i few mcping listen $FEW -i edge0
	wait_for 5 log_has e$i.few '^joined'
done
reach_few() { on e1 mcping send $FEW -i edge0 -c "$1" -r 50 -e 32 >$T/few || { cat $T/few; return 1; }; }
by_relay() { counter "$(supernode_json sn)" relayed_group; }
direct_to_few() { reach_few 1 && on e1 edge status groups | grep -E '01:00:5e:0a:0a:20 .* 32, 32 '; }
check "a group that 32 have joined: all are reached directly" wait_for 60 direct_to_few
before=$(by_relay)
check "each datagram once, at all 32" reach_few 100
check "none of them by the supernode" test "$(by_relay)" = "$before"
check "ping from the first to the last" reaches e1 10.9.9.$EDGES
check "ping between others" reaches e57 10.9.9.123
stop sn supernode KILL
start_supernode sn
check "supernode restarted: all are back within 5 s" wait_for 5 all_there
check "multicast reaches all others again" wait_for 10 reach_all 1
finish
