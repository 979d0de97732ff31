#!/usr/bin/env bash
# Multicast groups: to members only, straight from the source, nothing when nobody has joined; what is flooded;
# IPv6; edges that do not report; several hosts behind one edge; what status says.
. "${0%/*}/lib.sh"
netns_enter "$@"
. "${0%/*}/lib-groups.sh"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24 c=192.168.77.13/24 d=192.168.77.14/24
start_supernode sn
edges a b c d -- -l 192.168.77.1 -n 224.0.0.0/4
quiet a b c d

out_of_a() { sum "$(edge_json a)" direct_out relayed_out; }
out_of_d() { sum "$(edge_json d)" direct_out relayed_out; }
into_b() { sum "$(edge_json b)" direct_in relayed_in; }
into_c() { sum "$(edge_json c)" direct_in relayed_in; }
into_d() { sum "$(edge_json d)" direct_in relayed_in; }
# Reports of others go to an edge that wants everything, now and then.
d_gets_all() {
	local before
	before=$(into_d)
	adds out_of_a=150 -- send_silent a || return
	local grown=$(($(into_d) - before))
	[ $grown -ge 50 ] && [ $grown -le 53 ] || { echo "d got $grown"; return 1; }
}
by_relay() { sum "$(supernode_json sn)" relayed_unicast relayed_flood; }
suppressed() { counter "$(edge_json a)" suppressed; }
# ---- nobody, then one
check "nobody has joined: the source knows" members 0
check "nothing is sent, which is counted" adds out_of_a=0 suppressed=50 by_relay=0 -- send_silent a
check "in the group too" groups_say a edge "g['suppressed'] >= 50"

spawn a stream mcping send $MG -i edge0 -c 0 -r 100
check "a host on b joins: datagrams come" on b mcping listen $MG -i edge0 -c 1 -w 5
check "it leaves: the source is told" members 0
more_suppressed() { wait_for 5 groups_say a edge "g['suppressed'] > $(suppressed) + 50"; }
check "and nothing is sent any more" adds out_of_a=0 into_b=0 -- more_suppressed
stop a stream INT

mcast_listen b
check "b joins" members 1
check "b is reached directly" becomes_direct a b
check "each datagram once" mcast_arrives a 100 1
check "straight to b, nothing to c and d, nothing by the supernode" \
	adds out_of_a=50 into_b=50 into_c=0 into_d=0 by_relay=0 -- send_silent a

# ---- three, of which one leaves
mcast_listen c d
check "c and d join" members 3
for ns in c d; do becomes_direct a $ns >/dev/null; done
check "each datagram once at all three" mcast_arrives a 100 3
check "three copies of each, none by the supernode" \
	adds out_of_a=150 into_b=50 into_c=50 into_d=50 by_relay=0 -- send_silent a
stop d mcast
check "d leaves" members 2
check "d gets none" adds out_of_a=100 into_b=50 into_c=50 into_d=0 -- send_silent a
check "b and c get each once" mcast_arrives a 50 2

# ---- what status says
row() { on "$1" "$2" status groups | grep -E "$3"; }
members_are() {
	json_says $T/groups "{m if isinstance(m, str) else m['mac'] for m in g['members']} == {'$(mac_of b)', '$(mac_of c)'}"
}
check "edge status groups --json: the source" groups_say a edge "j['program'] == 'edge' and j['state'] == 'reported' and
	not g['local'] and g['listed'] and not g['relay'] and not g['held'] and g['members_n'] == g['direct_n'] == 2 and
	g['copies'] >= 100 and g['frames_out'] > 300 and all(m['path'] == 'direct' for m in g['members'])"
check "has b and c" members_are
check "a receiver" groups_say b edge "g['local'] and not g['listed'] and g['frames_in'] > 300 and
	g['bytes_in'] > 64 * g['frames_in'] and j['wanted'] >= 1 and not j['wants_all']"
check "one that wants none of it" groups_say d edge "g is None or not g['local']"
check "supernode status groups --json" groups_say sn supernode "j['program'] == 'supernode' and g['community'] == 'net' and
	g['members_n'] == 2 and g['everything_n'] == 0 and g['sources_n'] == 1"
check "has b and c" members_are
check "edge status groups: the source" row a edge '^ +01:00:5e:0a:0a:0a +no +to members +2, 2 +'
check "a receiver" row b edge '^ +01:00:5e:0a:0a:0a +yes +- +- +[0-9]+/'
check "each member with its way" row a edge "^ +$(mac_of b) +direct +192\.168\.77\.12:[0-9]+( +|$)"
check "supernode status groups" row sn supernode '^ +01:00:5e:0a:0a:0a +2 +0 +1 .* net$'

# ---- what is for all, joined or not
check "broadcast reaches b and c, who listen" on a mcast send 10.9.9.255:5000 edge0 50 5 -r 2
check "and d, who does not" adds out_of_a=50 into_d=50 by_relay=150 -- send_silent a 10.9.9.255
check "a group of 224.0.0.0/24 reaches all, joined or not" adds out_of_a=50 into_d=50 by_relay=150 -- send_silent a 224.0.0.123

# ---- IPv6
spawn b six mcping listen '[ff15::4321%edge0]'
wait_for 5 log_has b.six '^joined'
send_six() { on a mcping send '[ff15::4321%edge0]' -c 50 -r 200 -e 1 --json >$T/six; }
check "an IPv6 group, each datagram once" wait_for 10 send_six
# By then the neighbours know each other: no solicitation goes to all.
check "c and d get none of it, nor does the supernode" adds into_c=0 into_d=0 by_relay=0 -- send_six
stop b six

# ---- leaving at once
stop_edges b
edges b -- -l 192.168.77.1 --fast-leave
quiet b
mcast_listen b
check "b comes back with --fast-leave, and joins" members 2
# Without the option it takes a second at least, until nobody has answered.
stop b mcast
check "it leaves, which counts at once" members 1 1

# ---- one that does not report
stop_edges d
edges d -- -l 192.168.77.1 -n 224.0.0.0/4 --no-groups
quiet d
mcast_listen b d
check "d comes back with --no-groups, which wants everything" members 3
for ns in b d; do becomes_direct a $ns >/dev/null; done
check "each datagram once, at b, c and d" mcast_arrives a 100 3
stop d mcast
# What d's host says of groups goes to all now, so only d is a measure.
check "d gets it, joined or not" d_gets_all
check "the supernode knows why" groups_say sn supernode "g['everything_n'] == 1"
stop c mcast
check "c leaves" members 2
to_group() { counter "$(supernode_json sn)" relayed_group; }
check "d sends: one to the supernode, which relays to members only" adds out_of_d=50 to_group=50 -- send_silent d
check "each datagram once, at b" mcast_arrives d 100 1
check "edge status groups says that they are off" row d edge 'groups are off'
stop_edges d
stop b mcast

# ---- two hosts behind one edge
bridged_host() {
	hosts "$1"
	ip -n b link add "v$1" type veth peer name eth0 netns "$1"
	ip -n b link set dev "v$1" master br0 up
	ip -n "$1" link set dev eth0 up
	ip -n "$1" address add "$2/24" dev eth0
}
# behind_bridge SNOOPING: the TAP goes with the edge.
behind_bridge() {
	stop_edges b
	edges b -- -l 192.168.77.1 -r
	ip -n b link set dev br0 type bridge mcast_snooping "$1"
	ip -n b link set dev edge0 master br0
}
listen_behind() { rm -f "$T/$1.mcping.log"; spawn "$1" mcping mcping listen $MG -i eth0 && wait_for 5 log_has "$1.mcping" '^joined'; }
heard_by_i() { on i awk '/eth0:/ { print $3 }' /proc/net/dev; }
hears_more() { [ "$(heard_by_i)" -gt "$1" ]; }
# Three seconds of the stream: the leave counts after one.
leave_one() {
	rm -f $T/a.stream.log
	spawn a stream mcping send $MG -i edge0 -c 0 -r 50 --json
	wait_for 10 hears_more $(($(heard_by_i) + 50)) || return
	stop h mcping INT
	wait_for 10 hears_more $(($(heard_by_i) + 150))
	stop a stream INT
	json_says $T/a.stream.log 'any(r["address"].startswith("10.9.9.51:") and r["exactly_once"] for r in j["responders"])'
}
ip -n b link add br0 type bridge
ip -n b link set dev br0 up
bridged_host h 10.9.9.50
bridged_host i 10.9.9.51
for snooping in 0 1; do
	behind_bridge $snooping
	check "two hosts behind a bridge on b, snooping $snooping: a ping" reaches a 10.9.9.50
	listen_behind h
	listen_behind i
	check "they join" members 1
	check "each datagram once at both" on a mcping send $MG -i edge0 -c 100 -r 200 -e 2
	check "one leaves: the other loses nothing" leave_one
	stop i mcping INT
	check "the other leaves: nothing is sent" members 0
done
finish
