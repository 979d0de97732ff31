#!/usr/bin/env bash
# A default route by the overlay is better than the host's own: a DHCP server there announces one, or an administrator
# sets it.  The way to supernode and peers stays what it was, and no datagram comes back as a frame.
. "${0%/*}/lib.sh"
netns_enter "$@"

# a and b are in different networks, so that the way to all that matters is by a default route.
lan left a=192.168.77.11/24 r=192.168.77.1/24
lan right sn=198.51.100.1/24 b=198.51.100.12/24
lan_join right r 198.51.100.254/24
router r
for ns in sn b; do gateway $ns 198.51.100.254; done
ip -n a route add default via 192.168.77.1 metric 100
start_supernode sn
edges a b -- -l 198.51.100.1 -p 50001
becomes_direct a b

frames_out() { counter "$(edge_json a)" frames_out; }
registrations() { counter "$(edge_json a)" registrations; }
tap_frames() { ip -n a -s -j link show dev edge0 | grep -oE '"tx":\{"bytes":[0-9]+,"packets":[0-9]+' | grep -oE '[0-9]+$'; }
carries_for() {
	local i before after
	before=$(tap_frames)
	for i in $(seq 20); do
		ping_once a 10.9.9.2 || return
		sleep 0.1
	done
	after=$(tap_frames)
	echo "frames into the TAP: $((after - before))"
	[ $((after - before)) -lt 200 ]
}
# The last that was said: by another link, or as routed.
open_again() { grep -E 'into the overlay' $T/a.edge.log | tail -n 1 | grep -q 'does not lead'; }
is_bound() { ! open_again; }
bound_anew() { wait_for 3 is_bound; }
lines() { grep -cE "$1" $T/a.edge.log; }

ip -n a route add default via 10.9.9.2 dev edge0 metric 50
check "a better default route by the overlay: it goes on, and feeds on nothing of its own" carries_for
check "still registered" registered a
check "the path is still direct" path_is a b direct
check "one line says what is done" wait_for 3 log_has a.edge 'leads into the overlay itself: bound to eth0'
check "and only one" test "$(lines 'leads into the overlay')" = 1
check "no address is called unusable" not log_has a.edge 'cannot be used'
ip -n a route del default dev edge0
check "the route goes: that is said" wait_for 3 log_has a.edge 'does not lead into the overlay any more'
check "and all goes on" carries_for

# The same for what is stacked on the TAP.
if ip -n a link add link edge0 name edge0.7 type vlan id 7 2>/dev/null || ip -n a link add link edge0 name edge0.7 type macvlan 2>/dev/null; then
	ip -n a address add 10.7.7.1/24 dev edge0.7
	ip -n a link set dev edge0.7 up
	ip -n a route add default via 10.7.7.2 dev edge0.7 metric 50
	check "by a link that is stacked on it" bound_anew
	check "which carries on" carries_for
	ip -n a link del dev edge0.7
	check "that is over" wait_for 3 open_again
else
	skip "by a link that is stacked on it" "this kernel has neither VLANs nor macvlans"
fi

# And for a bridge that it is the only port of.
ip -n a link add br0 type bridge
ip -n a link set dev edge0 master br0
ip -n a link set dev br0 up
ip -n a address add 10.6.6.1/24 dev br0
ip -n a route add default via 10.6.6.2 dev br0 metric 50
check "by a bridge" bound_anew
check "registered" registered a
ip -n a link del dev br0
check "that is over" wait_for 3 open_again

# No other way is left: nothing is sent; back at once when there is one.
ip -n a route del default
ip -n a route add default via 10.9.9.2 dev edge0
check "no other way: said once" wait_for 3 log_has a.edge 'there is no other: nothing is sent'
nothing_new() {
	local before
	before=$(tap_frames)
	sleep 2
	[ $(($(tap_frames) - before)) -lt 50 ]
}
check "nothing goes into the TAP" nothing_new
ip -n a route replace default via 192.168.77.1
check "the way is back: registered" wait_for 2 registered a
check "ping" reaches a 10.9.9.2 3
check "the log has not grown by it" test "$(wc -l <$T/a.edge.log)" -lt 30
finish
