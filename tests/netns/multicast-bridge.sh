#!/usr/bin/env bash
# Multicast of hosts that are bridged to edge0: they get what they have joined and nothing else, nothing is lost when
# one of them leaves, whether the bridge snoops or not, and whether it asks or not.
. "${0%/*}/lib.sh"
netns_enter "$@"

GROUP=239.10.10.10 GROUP_MAC=01:00:5e:0a:0a:0a GROUP6='[ff15::1:10]' GROUP6_MAC=33:33:00:01:00:10
EDGE=(-l 192.168.77.1 -n 224.0.0.0/4 -r)
lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24 c=192.168.77.13/24
start_supernode sn
edges a b c -- "${EDGE[@]}"
ip -n a -6 address add fd00:9::a/64 dev edge0 nodad

sends() { on "$1" mcping send "$2" -i "$3" -c 50 -r 500 -e "$4" -W 0.5; }
packets_to() { ip -n b -s link show dev "$1" | awk 'tx { print $2; exit } / TX:/ { tx = 1 }'; }

# ---- a bridge on b with edge0 and three hosts

host_on_bridge() {
	hosts "$1"
	ip -n b link add "v$1" type veth peer name eth0 netns "$1"
	ip -n b link set dev "v$1" master br0 up
	ip -n "$1" link set dev eth0 address "02:00:00:00:00:0${1#h}" up
	ip -n "$1" address add "10.9.9.5${1#h}/24" dev eth0
	ip -n "$1" -6 address add "fd00:9::5${1#h}/64" dev eth0 nodad
}
bridge_is() {
	local ns
	ip -n b link add br0 type bridge mcast_snooping "$1" mcast_querier "$2"
	ip -n b link set dev br0 up
	ip -n b link set dev edge0 master br0
	for ns in h1 h2 h3; do host_on_bridge $ns; done
}
no_bridge() {
	local ns
	ip -n b link del br0
	for ns in h1 h2 h3; do
		ip -n b link del "v$ns"
		ip netns del $ns
	done
}

# One of two leaves while a sends: the other gets everything once.
one_leaves() {
	spawn a sends mcping send "$1" -i edge0 -c 3000 -r 1500 -e 1 -W 0.5
	wait_for 5 log_has h1.one 'sends, run' || return
	stop h1 one
	wait "$(pid_of a sends)"
}
# A bridge begins to snoop when those that it has heard a query of have had their time to answer.
h3_is_spared() {
	local before
	before=$(packets_to vh3)
	sends a $GROUP edge0 2 && [ $(($(packets_to vh3) - before)) -lt 40 ]
}

# A bridge that asks looks like a multicast router, which wants everything.
wants_all() { on b edge status groups | grep 'all groups, for a multicast router'; }
interested() { if [ "$querier" = 1 ]; then wait_for 5 wants_all; else member "$1" b; fi; }

behind_bridge() {
	local snooping=$1 querier=$2 name="bridge, snooping $1, querier $2"
	bridge_is "$1" "$2"
	check "$name: the way to a host" reaches a 10.9.9.51
	check "$name: a host joins" joins h1 one $GROUP eth0
	check "$name: another joins" joins h2 one $GROUP eth0
	check "$name: the edge wants the group" interested $GROUP_MAC
	check "$name: both hosts get everything once" sends a $GROUP edge0 2
	[ "$snooping" = 0 ] || check "$name: the third host gets nothing" wait_for 10 h3_is_spared
	check "$name: a joins" joins a one $GROUP edge0
	check "$name: a is a member" member $GROUP_MAC a
	check "$name: from a host to two others and to a, once" sends h3 $GROUP eth0 3
	stop a one
	check "$name: one leaves, the other loses nothing" one_leaves $GROUP
	check "$name: IPv6: a host joins" joins h1 six "$GROUP6" eth0
	check "$name: IPv6: the edge wants the group" interested $GROUP6_MAC
	check "$name: IPv6: everything once" sends a "$GROUP6" edge0 1
	stop h1 six
	stop h2 one
	if [ "$querier" = 0 ]; then
		check "$name: the last one leaves: the edge has left" no_member $GROUP_MAC b
		check "$name: IPv6 too" no_member $GROUP6_MAC b
	fi
	no_bridge
}

behind_bridge 0 0
behind_bridge 1 0
behind_bridge 1 1
finish
