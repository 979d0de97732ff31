#!/usr/bin/env bash
# Multicast goes to those who have joined, straight where a path exists, also while the supernode is away; mixed with
# edges that take no part in groups.
. "${0%/*}/lib.sh"
netns_enter "$@"

GROUP=239.10.10.10:5000
MAC=01:00:5e:0a:0a:0a
lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24 c=192.168.77.13/24 d=192.168.77.14/24 e=192.168.77.15/24
start_supernode sn
edges a b c d -- -l 192.168.77.1 -n 224.0.0.0/4 --fast-leave
edges e -- -l 192.168.77.1 -n 224.0.0.0/4 --no-groups
quiet a b c d e

# of GROUP in status groups --json: one line of it
group_of() { on "$1" "$2" status groups --json | tr '{' '\n' | grep -F "\"group\":\"$MAC\""; }
group_has() { [ "$(counter "$(group_of "$1" "$2")" "$3")" = "$4" ]; }
sn_counter() { counter "$(supernode_json sn)" "$1"; }
edge_counter() { counter "$(edge_json "$1")" "$2"; }
members() { group_has sn supernode members_n "$1" && group_has sn supernode everything_n 1; }
send_to_nobody() { on a mcast send 239.20.20.20:5000 edge0 20 5; }

# Sent while nobody wants it (e never reports: it is told to sources, so all but one copy are saved).
nothing_for_others() {
	local before
	send_to_nobody
	before=$(edge_counter b frames_in)
	send_to_nobody
	[ "$(edge_counter b frames_in)" = "$before" ]
}
relay_carries_nothing() {
	local before
	before=$(sn_counter relayed_group)
	mcast_arrives a 300 "$1" && [ "$(sn_counter relayed_group)" = "$before" ]
}

mcast_listen b c
check "the supernode knows two members" wait_for 5 members 2
check "two receivers, each datagram once" mcast_arrives a 100 2
check "a lists b, c, and e, which never reports" wait_for 5 group_has a edge members_n 3
for ns in b c e; do check "a reaches $ns directly" becomes_direct a $ns; done
check "all of them are reached directly" wait_for 5 group_has a edge direct_n 3
check "nothing goes by the relay" relay_carries_nothing 2
check "members alone get it" not group_of d edge
check "what b has not joined does not come to b" nothing_for_others
mcast_listen e
check "an edge without groups receives too" mcast_arrives a 100 3
check "and sends" mcast_arrives e 100 2

stop b mcast
check "a leave is known at once with --fast-leave" wait_for 2 members 1
mcast_listen b
check "and the join again" wait_for 2 members 2

mcast_arrives a 20 3 >/dev/null
stop sn supernode KILL
check "without supernode direct multicast goes on" mcast_arrives a 1000 3
spawn a stream mcast send $GROUP edge0 1000 10 -r 3
start_supernode sn
started=$(now_ms)
check "membership is back within 5 s" wait_for 5 members 2
echo "     after $(($(now_ms) - started)) ms"
check "and direct multicast goes on meanwhile" wait "$(pid_of a stream)"
stop e edge
stop e mcast
gone_with_e() { group_has sn supernode everything_n 0; }
check "what has left is forgotten" wait_for 5 gone_with_e
nobody_costs_nothing() {
	local before
	send_to_nobody
	before=$(edge_counter a direct_out)$(edge_counter a relayed_out)
	send_to_nobody
	[ "$(edge_counter a direct_out)$(edge_counter a relayed_out)" = "$before" ] && [ "$(edge_counter a suppressed)" -ge 20 ]
}
check "nothing is sent when nobody has joined" wait_for 20 nobody_costs_nothing
check "status for people" on a edge status groups
check "of the supernode too" on sn supernode status groups
finish
