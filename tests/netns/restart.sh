#!/usr/bin/env bash
# kill -9 and restart of each program, a restarted supernode, fail-over between two.  Back means: within 5 s.
. "${0%/*}/lib.sh"
netns_enter "$@"

lan vpc sn=192.168.77.1/24 sm=192.168.77.2/24 a=192.168.77.11/24 b=192.168.77.12/24 c=192.168.77.13/24

# sees HOST ADDRESS SECONDS: and how long it took, for the log.
sees() {
	local start
	start=$(now_ms)
	reaches "$1" "$2" "$3" || { on "$1" edge status; return 1; }
	echo "after $(($(now_ms) - start)) ms"
}
one() { edges "$1" -- -l 192.168.77.1 "${@:2}"; }
kill9() { stop "$1" "$2" KILL || true; }

start_supernode sn
one a
one b
reaches a 10.9.9.2
for round in 1 2; do
	kill9 b edge
	check "kill -9 of an edge, $round: it starts again" one b
	check "kill -9 of an edge, $round: back within 5 s" sees a 10.9.9.2 5
done
stop_edges b
one b
check "SIGTERM and restart: back within 5 s" sees a 10.9.9.2 5
stop_edges b
one b -m 02:00:00:00:00:02 -p 50001
reaches a 10.9.9.2
kill9 b edge
one b -m 02:00:00:00:00:02 -p 50001
check "kill -9, same MAC and port: back within 5 s" sees a 10.9.9.2 5
kill9 b edge
one b -m 02:00:00:00:00:02 -p 50002
check "kill -9, same MAC, other port: back within 5 s" sees a 10.9.9.2 5
kill9 b edge
one b -m 02:00:00:00:00:03
check "kill -9, same address, other MAC and port: back within 5 s" sees a 10.9.9.2 5

# The host dies; another takes over its address.
kill9 b edge
start_edge c -l 192.168.77.1 -c net -a 10.9.9.2
check "the address moves to another host: within 5 s" sees a 10.9.9.2 5
stop_edges c
one b -S1
kill9 b edge
one b -S1
check "kill -9 with -S1: back within 5 s" sees a 10.9.9.2 5
stop_edges b

# The supernode: direct paths go on without it, and all edges are back when it is.
one b
one c
for ns in b c; do reaches a "$(overlay_of $ns)"; done
mcast_listen b c
check "multicast before" mcast_arrives a 20 2
spawn a pings ping -n -i 0.2 10.9.9.2
wait_for 5 log_has a.pings 'icmp_seq=5 '
kill9 sn supernode
answers=$(grep -c 'bytes from' $T/a.pings.log)
more_answers() { [ "$(grep -c 'bytes from' $T/a.pings.log)" -ge $((answers + 20)) ]; }
check "supernode gone: direct paths go on" wait_for 8 more_answers
stop a pings INT
# Without a supernode multicast goes directly to those who are known; with one it needs all to be registered.
check "supernode gone: multicast goes on" wait_for 5 mcast_arrives a 20 2
all_back() { [ "$(counter "$(supernode_json sn)" edges_n)" = 3 ]; }
start_supernode sn
check "supernode back: all registered within 5 s" wait_for 5 all_back
check "and multicast exactly once" mcast_arrives a 50 2
for round in 1 2 3; do
	kill9 sn supernode
	start_supernode sn
	check "supernode restarted, $round: all registered within 5 s" wait_for 5 all_back
	check "supernode restarted, $round: multicast" mcast_arrives a 20 2
done
check "the edges are told once that it was lost, and once that it is back" \
	test "$(grep -ciE 'lost|not answer|unreachable|no answer' $T/b.edge.log)" -le 6
stop_edges a b c
stop sn supernode

# Two supernodes: all meet on the first, move to the second, and return.
on_supernode() {
	local ns
	for ns in a b c; do edge_json $ns | registered_at "$1" || return; done
}
start_supernode sn
start_supernode sm
edges a b c -- -l 192.168.77.1 -l 192.168.77.2
check "two supernodes: all on the first" wait_for 10 on_supernode 192.168.77.1
mcast_listen b c
check "multicast" mcast_arrives a 20 2
kill9 sn supernode
check "the first dies: multicast by the second within 15 s" wait_for 15 mcast_works a 2
check "all on the second" wait_for 10 on_supernode 192.168.77.2
check "multicast exactly once" mcast_arrives a 50 2
start_supernode sn
check "the first is back: all return to it" wait_for 45 on_supernode 192.168.77.1
check "multicast exactly once again" mcast_arrives a 50 2
stop_edges a b c
kill9 sn supernode
edges a b c -- -l 192.168.77.1 -l 192.168.77.2
check "the first is dead at the start: all on the second" wait_for 10 on_supernode 192.168.77.2
finish
