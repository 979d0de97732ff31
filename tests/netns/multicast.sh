#!/usr/bin/env bash
# Multicast and broadcast: to every receiver, exactly once; --no-multicast; what -r lets through.
. "${0%/*}/lib.sh"
netns_enter "$@"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24 c=192.168.77.13/24 d=192.168.77.14/24
start_supernode sn
edges a b c d -- -l 192.168.77.1 -n 224.0.0.0/4

route_is_there() { ip -n a route show 224.0.0.0/4 | grep 'dev edge0'; }
once_by_route() { on a mcast send $GROUP - 50 5 -r 3; }
broadcast_from() { on "$1" mcast send 10.9.9.255:5000 edge0 20 5 -r "$2"; }
only_c_hears_a() {
	on a mcast send $GROUP edge0 20 5 -r 1 >$T/heard || { cat $T/heard; return 1; }
	grep -q "receiver $(overlay_of c) " $T/heard
}
neighbours_answer() {
	local ns
	on a ping -6 -c 3 -i 0.2 -W 1 ff02::1%edge0 >$T/ping6
	cat $T/ping6
	for ns in b c d; do
		grep -q "from $(ip -n $ns -o -6 address show dev edge0 scope link | sed 's/.*inet6 \([^/]*\).*/\1/')%" $T/ping6 || return
	done
}
counted() { [ "$(counter "$(edge_json "$1")" "$2")" -gt 0 ]; }

check "the route of -n is on edge0" route_is_there
mcast_listen b c d
check "three receivers, each datagram once" mcast_arrives a 200 3
check "once, where the routing table says" once_by_route
for ns in b c d; do check "ping from a to $ns, which makes the path direct" reaches a "$(overlay_of $ns)"; done
check "once, with direct paths too" mcast_arrives a 200 3
check "broadcast, once" broadcast_from a 3
check "IPv6 multicast: all neighbours answer" neighbours_answer
stop b mcast
check "the same from b to those that listen" mcast_arrives b 50 2

stop_edges b
edges b -- -l 192.168.77.1 --no-multicast
stop d mcast
mcast_listen b
check "--no-multicast: b hears nothing, c does" only_c_hears_a
# It wants no group, so it is sent none; but this one goes to all.
on a mcast send 224.0.0.123:5000 edge0 1 0
check "--no-multicast: counted" counted b frame_in_multicast_off
check "--no-multicast: b sends nothing" not mcast_works b 1
check "--no-multicast: counted" counted b frame_out_multicast_off
said_once() { grep "$2" "$T/$1.edge.log" | cut -d' ' -f2- | sort | uniq -c | { ! grep -v '^ *1 '; } && log_has "$1.edge" "$2"; }
check "--no-multicast: says what to do, once for each direction" said_once b 'start without --no-multicast'
check "--no-multicast: broadcast passes" broadcast_from a 2
check "--no-multicast: unicast passes" reaches a "$(overlay_of b)"

stop_edges b
edges b -- -l 192.168.77.1
ip -n b address add 10.9.9.100/32 dev edge0
check "a second address on edge0 is our own (VRRP)" reaches a 10.9.9.100
ip -n a address add 172.16.5.1/32 dev lo
ip -n b route add 172.16.5.1 via 10.9.9.1
check "a foreign source does not pass" not on a ping -n -c 2 -i 0.2 -W 1 -I 172.16.5.1 10.9.9.2
check "foreign source: counted" counted a frame_out_foreign_source
check "foreign source: says what to do, once" said_once a 'start with -r'
stop_edges a b
edges a b -- -l 192.168.77.1 -r
ip -n b route replace 172.16.5.1 via 10.9.9.1
check "with -r it does" wait_for 5 on a ping -n -c 1 -W 1 -I 172.16.5.1 10.9.9.2

# A host that is bridged to edge0 with -r.
hosts h
ip -n b link add br0 type bridge mcast_snooping 0
ip -n b link set dev br0 up
ip -n b link add vh type veth peer name eth0 netns h
ip -n b link set dev vh master br0 up
ip -n b link set dev edge0 master br0
ip -n h link set dev eth0 up
ip -n h address add 10.9.9.50/24 dev eth0
check "a host behind a bridge on b, with -r" reaches a 10.9.9.50
check "the other way" reaches h 10.9.9.1
finish
