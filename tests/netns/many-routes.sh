#!/usr/bin/env bash
# Hosts with the routing table of an exchange point, which changes all the time: that costs the programs next to nothing.
# Measured is their processor time: whole tables that are read show there, however busy the host is.
. "${0%/*}/lib.sh"
netns_enter "$@"

ROUTES=${ROUTES:-200000} CHANGES=30
lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24
gateway a 192.168.77.1
gateway sn 192.168.77.11
seq 0 $((ROUTES - 1)) | awk '{ printf "route add %d.%d.%d.0/24 via 192.168.77.12\n", 20 + $1 / 65536, $1 / 256 % 256, $1 % 256 }' >$T/table
for ns in a sn; do ip -n $ns -batch $T/table; done
has_table() { [ "$(ip -n "$1" route | wc -l)" -ge $ROUTES ]; }
check "a has $ROUTES routes" has_table a
check "sn has $ROUTES routes" has_table sn

start_supernode sn
edges a b -- -l 192.168.77.1 -n 10.50.0.0/16
becomes_direct a b

# ticks HOST PROGRAM: hundredths of a second of processor time so far.
ticks() { awk '{ print $14 + $15 }' "/proc/$(pids "$1" "$2")/stat"; }
churn() {
	local i
	for i in $(seq $CHANGES); do
		for ns in a sn; do
			if [ $((i % 2)) = 1 ]; then
				ip -n $ns route add 203.0.113.0/24 via 192.168.77.12
			else
				ip -n $ns route del 203.0.113.0/24
			fi
		done
		ping_once a 10.9.9.2 || return
		sleep 0.1
	done
}
edge_before=$(ticks a edge) supernode_before=$(ticks sn supernode)
check "$CHANGES changes of the table, pings in between" churn
edge_used=$(($(ticks a edge) - edge_before)) supernode_used=$(($(ticks sn supernode) - supernode_before))
check "that costs the edge less than half a second of processor time: $edge_used/100 s" test "$edge_used" -lt 50
check "and the supernode: $supernode_used/100 s" test "$supernode_used" -lt 50

route_is_back() { ip -n a route show 10.50.0.0/16 | grep -q 'dev edge0'; }
ip -n a route del 10.50.0.0/16
check "a route of -n that somebody deletes is put back within seconds" wait_for 3 route_is_back
finish
