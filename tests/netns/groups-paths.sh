#!/usr/bin/env bash
# Multicast groups when ways change: members without direct path, few and many; from relayed to direct; the supernode
# killed, for longer than a lease, and started again; edges killed and started again.
. "${0%/*}/lib.sh"
netns_enter "$@"
has nft || netns_skip "nft is missing"
. "${0%/*}/lib-groups.sh"

receivers=(b c d e f g)
lan vpc sn=192.168.77.1/24 a=192.168.77.11/24
for i in "${!receivers[@]}"; do lan_join vpc "${receivers[i]}" 192.168.77.$((12 + i))/24; done

# Nothing but the supernode reaches this host, as behind a NAT that changes ports.
block() {
	on "$1" nft -f - <<-RULES
	table ip block {
		chain in {
			type filter hook input priority 0;
			iifname eth0 ip saddr != 192.168.77.1 udp dport 1024-65535 drop
		}
	}
	RULES
}
unblock() { on "$1" nft delete table ip block; }

direct_out() { counter "$(edge_json a)" direct_out; }
relayed_out() { counter "$(edge_json a)" relayed_out; }
by_relay_to_one() { counter "$(supernode_json sn)" relayed_unicast; }
by_relay_to_group() { counter "$(supernode_json sn)" relayed_group; }
ways() { members "$1" && direct "$2" 60; }

# stream, stream_ends: 50 datagrams a second, until the end.
stream() { rm -f $T/a.stream.log; spawn a stream mcping send $MG -i edge0 -c 0 -r 50 --json; }
stream_ends() { stop a stream INT; }
listen() {
	local ns
	for ns; do
		[ ! -e $T/$ns.mcping.pid ] || stop $ns mcping KILL
		rm -f $T/$ns.mcping.log
		spawn $ns mcping mcping listen $MG -i edge0
		wait_for 5 log_has $ns.mcping '^joined' || return
	done
}
# once N: in the stream that ended so many got each datagram exactly once, and nobody anything else.
once() { json_says $T/a.stream.log "j['exactly_once'] == len(j['responders']) == $1"; }
everything_once() { on a mcping send $MG -i edge0 -c 100 -r 200 -e "$1" --json >$T/a.stream.log && once "$1"; }

# ---- without direct path
start_supernode sn
for ns in d e f g; do block $ns; done
edges a "${receivers[@]}" -- -l 192.168.77.1 -n 224.0.0.0/4
quiet a "${receivers[@]}"
listen "${receivers[@]}"
check "six members, of which four are not reached directly" ways 6 2
check "each datagram once" everything_once 6
check "two directly, four by the supernode, for each alone" \
	adds direct_out=100 relayed_out=200 by_relay_to_one=200 by_relay_to_group=0 -- send_silent a
relayed_members() { on a edge status groups | grep -cE '^ +([0-9a-f:]{17}) +relayed '; }
check "edge status groups shows their ways" test "$(relayed_members)" = 4
stop_edges c
edges c -- -l 192.168.77.1 -S1
quiet c
listen c
check "one more, with -S1" ways 6 1
check "each datagram once" everything_once 6
check "five: for the group, by the supernode alone" \
	adds direct_out=0 relayed_out=50 by_relay_to_one=0 by_relay_to_group=300 -- send_silent a

# ---- the ways change while datagrams flow
stream
unblock d
check "one becomes direct: four are relayed" ways 6 2
for ns in e f g; do unblock $ns; done
check "the others become direct, all but the one with -S1" ways 6 5
stream_ends
check "meanwhile each datagram came once, at all" once 6
check "five directly, one by the supernode" \
	adds direct_out=250 relayed_out=50 by_relay_to_one=50 by_relay_to_group=0 -- send_silent a
block b
check "a direct way is lost: noticed" ways 6 4
check "each datagram once" everything_once 6
unblock b
check "it is back" ways 6 5
stop_edges c
check "the one with -S1 ends" ways 5 5

# ---- without supernode
sent_more() { groups_say a edge "g['frames_out'] > $1"; }
frames_out() { groups_say a edge "print(g['frames_out']) or True"; }
stream
wait_for 5 sent_more "$(frames_out)"
stop sn supernode KILL
# A lease is 30 s, the last one may be new.
check "the supernode is killed: the source goes on for longer than a lease" wait_for 120 sent_more $(($(frames_out) + 36 * 50))
start_supernode sn
all_back() { [ "$(counter "$(supernode_json sn)" edges_n)" = 6 ]; }
check "it is back: all edges within 5 s" wait_for 5 all_back
joined_again() { groups_say sn supernode "g and g['members_n'] == 5 and g['sources_n'] == 1"; }
check "and what they have joined" wait_for 5 joined_again
stream_ends
check "meanwhile each datagram came once, at all" once 5
start_edge c -l 192.168.77.1 -c net -a "$(overlay_of c)"
stream
check "a new member gets datagrams" on c mcping listen $MG -i edge0 -c 1 -w 5
stream_ends
stop_edges c
for round in 1 2; do
	stream
	wait_for 5 sent_more "$(frames_out)"
	stop sn supernode KILL
	start_supernode sn
	check "restarted at once, $round: what was joined is known within 5 s" wait_for 5 joined_again
	stream_ends
	check "each datagram came once, $round" once 5
done

# ---- edges that die
stop b edge KILL
start_edge b -l 192.168.77.1 -c net -a "$(overlay_of b)"
quiet b
listen b
check "a receiver is killed and starts again: each datagram once, within 5 s" wait_for 5 everything_once 5
stop a edge KILL
start_edge a -l 192.168.77.1 -c net -a "$(overlay_of a)" -n 224.0.0.0/4
quiet a
check "the source is killed and starts again: each datagram once, within 5 s" wait_for 5 everything_once 5
check "straight to all, after a while" ways 5 5
check "by the supernode none" adds relayed_out=0 by_relay_to_group=0 by_relay_to_one=0 -- send_silent a
finish
