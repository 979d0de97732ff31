#!/usr/bin/env bash
# What an administrator or a cloud does to a host while edge runs: it recovers by itself.
. "${0%/*}/lib.sh"
netns_enter "$@"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24 c=192.168.77.13/24
start_supernode sn
edges a b c -- -l 192.168.77.1 -n 224.0.0.0/4
reaches a 10.9.9.2
mcast_listen b c

# The host's address changes: what was sent to the old one must not be lost for long.
ip -n a address add 192.168.77.21/24 dev eth0
ip -n a address del 192.168.77.11/24 dev eth0
check "host address changed: ping within 10 s" reaches b 10.9.9.1 10
check "the supernode has the new one" wait_for 10 status_says sn supernode 192.168.77.21
check "multicast" wait_for 5 mcast_works a 2
check "exactly once" mcast_arrives a 50 2

ip -n a link set dev eth0 down
wait_for 3 false
ip -n a link set dev eth0 up
check "link down and up: ping within 10 s" reaches b 10.9.9.1 10
check "multicast" wait_for 5 mcast_works a 2

# The cable: the far end of the veth.
ip -n vpc link set dev a down
wait_for 12 false
ip -n vpc link set dev a up
check "cable out for 12 s: ping within 10 s" reaches b 10.9.9.1 10
check "multicast" wait_for 5 mcast_works a 2

tap_is_whole() {
	edge0_has a 10.9.9.1/24 && ip -n a route show 224.0.0.0/4 | grep -q 'dev edge0'
}
ip -n a link set dev edge0 down
ip -n a link set dev edge0 up
check "TAP down and up: address and routes are there" wait_for 5 tap_is_whole
check "TAP down and up: ping" reaches b 10.9.9.1 5
check "TAP down and up: multicast" wait_for 5 mcast_works a 2
ip -n a address del 10.9.9.1/24 dev edge0
check "somebody deleted the address: address and routes are put back" wait_for 5 tap_is_whole
check "ping" reaches b 10.9.9.1 5
ip -n a link set dev edge0 address 02:11:22:33:44:55
check "somebody changed the MAC: ping within 10 s" reaches b 10.9.9.1 10

ip -n a link del dev edge0
check "TAP deleted: made again, with address and route" wait_for 10 tap_is_whole
check "TAP deleted: ping" reaches b 10.9.9.1 10
check "TAP deleted: the log does not grow" test "$(wc -l <$T/a.edge.log)" -lt 100
finish
