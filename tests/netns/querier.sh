#!/usr/bin/env bash
# The MAC that an edge asks for groups from: nobody stops its multicast by frames that seem to come from there, and two
# edges in one bridge do not take each other for multicast routers.
. "${0%/*}/lib.sh"
netns_enter "$@"
has tcpdump || netns_skip "needs tcpdump"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24 c=192.168.77.13/24
start_supernode sn
edges a c -- -l 192.168.77.1
edges b -- -l 192.168.77.1 -p 5555

hex_of() { mac_of "$1" | tr -d :; }
# forge BYTES: a PACKET straight to b's edge from a process on a that has no edge there, with a MAC below b's.
forge() {
	local header=030200036e65740000000000000000000000000000000000000000000002ffffffffffff0101
	on a bash -c "printf '%b' '$(sed 's/../\\x&/g' <<<"$header$1")' >/dev/udp/192.168.77.12/5555"
}
# All that could be b's querier, if it were made from its TAP's MAC.
forge_near() {
	local own bit first
	own=$(hex_of b)
	for bit in 1 2 4 8 16 32 64 128; do
		for first in $((0x${own:0:2} ^ bit)) $(((0x${own:0:2} | 2) ^ bit)); do
			forge "ffffffffffff$(printf %02x "$first")${own:2}0806" || return
		done
	done
}
stands_by() { log_has b.edge 'on our own side too'; }
# b's kernel asks everybody.
broadcast_leaves() { on b ping -n -c 1 -W 1 10.9.9.3 && ! stands_by; }
forget() { ip -n b neigh flush dev edge0; }

mcast_listen a c
check "multicast from b" mcast_arrives b 10 2
check "PACKETs that seem to come from near b's MAC" forge_near
forget
check "b's broadcasts leave" broadcast_leaves
check "b's multicast leaves" mcast_arrives b 10 2

# Who sits on b's own side may know the MAC, and what is sent from there.
spawn b seen tcpdump -Z root -lnnexx -c 1 -i edge0 'igmp and src 0.0.0.0'
ip -n b link set dev edge0 down
ip -n b link set dev edge0 up
check "b asks for groups" wait_for 40 log_has b.seen '0x0020'
query=$(sed -n 's/.*0x00[0-9a-f]0: *//p' $T/b.seen.log | tr -d ' \n')
check "the MAC is one that castnet's edges ask from" grep -qE '^.{12}ca57' <<<"$query"
check "the same from a stranger" forge "$query"
check "and a frame that is no query" forge "ffffffffffff${query:12:12}0806"
forget
check "b's broadcasts leave" broadcast_leaves
check "b's multicast leaves" mcast_arrives b 10 2

# Two edges, of different communities, in one bridge with a host.
two_in_a_bridge() {
	hosts d h
	lan_join vpc d 192.168.77.14/24
	start_edge d -l 192.168.77.1 -c net -a 10.9.9.4 -r
	spawn d edge1 edge -f -v -d edge1 -l 192.168.77.1 -c other -a 10.9.8.4 -r
	wait_for 10 on d sh -c 'edge status -d edge1 | grep -q ^registered' || return
	ip -n d link add br0 type bridge mcast_snooping 0 stp_state 0
	for port in edge0 edge1; do ip -n d link set dev $port master br0; done
	ip -n d link set dev br0 up
}
asked() { [ "$(grep -c ' IP 0.0.0.0 > 224.0.0.106' $T/d.proxies.log)" -ge "$1" ]; }
no_router() { ! on d edge status groups -d "$1" | grep 'all groups'; }
check "two edges in one bridge" two_in_a_bridge
capture d br0 proxies igmp
check "both say that they want what is sent" wait_for 60 asked 2
for tap in edge0 edge1; do check "$tap: no router is there" no_router $tap; done
finish
