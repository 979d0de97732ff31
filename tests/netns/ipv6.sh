#!/usr/bin/env bash
# IPv6 below: supernode and edges over IPv6, and edges of either family in one community.
. "${0%/*}/lib.sh"
netns_enter "$@"
[ -e /proc/sys/net/ipv6 ] || netns_skip "the kernel has no IPv6"

lan vpc sn=2001:db8::1/64 a=2001:db8::a/64 b=2001:db8::b/64 c=192.168.77.13/24 d=2001:db8::d/64
ip -n sn address add 192.168.77.1/24 dev eth0
lan_multicast vpc               # neighbour discovery needs it
start_supernode sn

check "edges with -l [2001:db8::1]:7654" edges a b -- -l '[2001:db8::1]:7654'
check "ping" reaches a 10.9.9.2
check "direct" becomes_direct a b
check "the path is IPv6" status_says a edge '2001:db8::b'
check "an edge with IPv4" edges c -- -l 192.168.77.1:7654
check "ping from IPv6 to IPv4, relayed" reaches a 10.9.9.3
check "and back" reaches c 10.9.9.1
name 2001:db8::1 n2na1
check "an edge with a name that is IPv6 only" edges d -- -l n2na1
mcast_listen b c d
check "multicast to both families" mcast_arrives a 50 3
check "MTU over IPv6: 1376" test "$(mtu_of a)" = 1376
check "MTU over IPv4: 1400" test "$(mtu_of c)" = 1400
check "a datagram of the full MTU fits" on a ping -n -c 1 -W 2 -M do -s 1348 10.9.9.2
stop_edges d
forget_name n2na1
name 2001:db8::99 n2na1
name 192.168.77.1 n2na1
ip -n d address add 192.168.77.14/24 dev eth0
start_edge d -l n2na1 -c net -a 10.9.9.4
check "a name with a dead IPv6 and a good IPv4 address" wait_for 15 registered d
finish
