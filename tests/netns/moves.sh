#!/usr/bin/env bash
# Two supernodes, the first of which is killed and comes back: each edge returns to it when it notices, and until all
# have, broadcast, ARP and multicast between them go on, each once.
. "${0%/*}/lib.sh"
netns_enter "$@"

lan vpc sn=192.168.77.1/24 sm=192.168.77.2/24 a=192.168.77.11/24 b=192.168.77.12/24 c=192.168.77.13/24
on_supernode() {
	local ns
	for ns in a b c; do edge_json $ns | registered_at "$1" || return; done
}
two() { edges "$1" -- -l 192.168.77.1 -l 192.168.77.2 -n 224.0.0.0/4 "${@:2}"; }
# In status: registered with the first, and with the second too.
both_serve() {
	edge_json "$1" >$T/both
	registered_at 192.168.77.1 <$T/both && grep -q '"state":"moving"' $T/both
}
stream_ended() { wait "$(pid_of "$1" "$2")" || { cat "$T/$1.$2.log"; return 1; }; }
has_copies() { [ "$(counter "$(edge_json "$1")" frame_in_copy)" -gt 0 ]; }

start_supernode sn
start_supernode sm
# One after the other, so that their timers differ; without direct paths all is relayed.
two a
sleep 2.3
two b -S1
sleep 2.9
two c -S1
quiet a b c
check "all on the first" wait_for 10 on_supernode 192.168.77.1
mcast_listen b c
stop sn supernode KILL
check "it dies: all on the second" wait_for 20 on_supernode 192.168.77.2
check "multicast exactly once" wait_for 10 mcast_arrives a 20 2

# From now on nothing may be lost.  45 s of it, every 10 ms; who gets it answers by unicast.
spawn a group mcast send $GROUP edge0 4500 10 -r 2
spawn a all mcast send 10.9.9.255:5000 edge0 4500 10 -r 2
spawn b one mcast send $GROUP edge0 4500 10 -r 1
start_supernode sn
for ns in a b c; do
	check "$ns is served by both after it has moved" wait_for 30 both_serve $ns
done
check "the first is back: all return to it" wait_for 30 on_supernode 192.168.77.1
check "a group of two: each datagram once" stream_ended a group
check "broadcast: each once" stream_ended a all
check "a group of one: each once" stream_ended b one
for ns in b c; do check "$ns has had copies by both" has_copies $ns; done
left() { [ "$(counter "$(supernode_json sm)" edges_n)" = 0 ]; }
check "the second is left after a minute" wait_for 60 left
check "and multicast goes on" mcast_arrives a 50 2
finish
