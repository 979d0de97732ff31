#!/usr/bin/env bash
# What could burden all others: ARP that is answered at home (--arp-suppress), storms that are cut, loops that end.
. "${0%/*}/lib.sh"
netns_enter "$@"
has tcpdump && has socat || netns_skip "needs tcpdump and socat"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24 c=192.168.77.13/24 d=192.168.77.14/24
start_supernode sn
edges a b c -- -l 192.168.77.1 --arp-suppress

count_of() { counter "$(on "$1" edge status --json "${@:3}")" "$2"; }
counts() { [ "$(count_of "$1" "$2" "${@:3}")" -gt 0 ]; }
link_local() { ip -n "$1" -o -6 address show dev edge0 scope link | sed 's/.*inet6 \([^/]*\).*/\1/'; }
forget_neighbours() { ip -n "$1" neigh flush dev edge0; }
# asks_all HOST ADDRESS: nobody has it, so this is seen everywhere, after all that went before.
asks_all() { on "$1" ping -n -c 1 -W 1 "$2" >/dev/null; }
answered_at_home() {
	local ns
	forget_neighbours a
	ping_once a 10.9.9.2 || return
	asks_all a "10.9.9.$1"
	for ns in b c; do
		wait_for 5 log_has $ns.seen "who-has 10.9.9.$1 " || return
		! log_has $ns.seen "who-has 10.9.9.2 " || { cat $T/$ns.seen.log; return 1; }
	done
}

# ---- --arp-suppress

check "ping, so that a and b know each other" reaches a 10.9.9.2
check "ping with IPv6" reaches a "$(link_local b)%edge0"
for ns in b c; do capture $ns edge0 seen '(arp[6:2] = 1 and ether broadcast) or (icmp6 and ip6[40] = 135)'; done
check "ARP request for b: answered at home" answered_at_home 70
check "counted" counts a frame_out_answered_here
answered=$(count_of a frame_out_answered_here)
solicited_at_home() {
	forget_neighbours a
	ping_once a "$(link_local b)%edge0" || return
	[ "$(count_of a frame_out_answered_here)" -gt "$answered" ] || return
	asks_all a 10.9.9.71
	wait_for 5 log_has c.seen "who-has 10.9.9.71 " && ! log_has c.seen "who has $(link_local b)"
}
check "IPv6 neighbour solicitation: answered at home" solicited_at_home

# An address probe (RFC 5227), as arping -D sends it, for b's address.
probe_frame() {
	local mac
	mac=$(mac_of a | tr -d :)
	printf '%b' "$(sed 's/../\\x&/g' <<<"ffffffffffff${mac}08060001080006040001${mac}000000000000000000000a090902")"
}
probe() { probe_frame | on a socat -u - INTERFACE:edge0; }
capture a edge0 heard 'arp[6:2] = 2'
probe
check "address probe: everybody hears it" wait_for 5 log_has c.seen 'who-has 10.9.9.2 .*tell 0.0.0.0'
check "address probe: the owner answers it" wait_for 5 log_has a.heard "10.9.9.2 is-at $(mac_of b)"

dad() { ip -n a address add "$1" dev edge0 && wait_for 5 dad_says "$1" "$2"; }
dad_says() { ip -n a -o -6 address show dev edge0 | grep -F " $1 " | { [ "$2" = failed ] && grep dadfailed || ! grep -E 'tentative|dadfailed'; }; }
on a sh -c 'cd /proc/sys/net/ipv6/conf && echo 1 >all/accept_dad && echo 1 >edge0/accept_dad'
ip -n b address add fd00:9::2/64 dev edge0
ip -n c address add fd00:9::3/64 dev edge0
check "IPv6: a free address passes duplicate address detection" dad fd00:9::1/64 free
check "ping to the new addresses" reaches a fd00:9::2
check "IPv6: one of b does not, though a knows it" dad fd00:9::2/64 failed
ip -n a address delete fd00:9::2/64 dev edge0

# An address that moves without a word: a's kernel doubts soon, asks b alone, and then everybody.
on a sh -c 'cd /proc/sys/net/ipv4/neigh/edge0 && echo 1000 >base_reachable_time_ms && echo 1 >delay_first_probe_time &&
	echo 200 >retrans_time_ms'
ip -n b address add 10.9.9.50/32 dev edge0
check "a second address of b" reaches a 10.9.9.50
ip -n b address delete 10.9.9.50/32 dev edge0
ip -n c address add 10.9.9.50/32 dev edge0
at_c() { ping_once a 10.9.9.50 && ip -n a neigh show 10.9.9.50 dev edge0 | grep -q "$(mac_of c)"; }
check "it moves to c, and is found there" wait_for 20 at_c

# ---- storms

stop_edges a b c
edges a c -- -l 192.168.77.1 --storm-broadcast 100
edges b -- -l 192.168.77.1
mcast_listen b
said_once() { grep -c -- "$2" "$T/$1.edge.log" | grep -qx 1; }
on a mcast send 10.9.9.255:5000 edge0 1000 0 >/dev/null
check "--storm-broadcast: 1000 at once are cut" counts a frame_out_storm_broadcast
check "--storm-broadcast: said once" said_once a 'more broadcasts than --storm-broadcast'
check "the rest passes: multicast and unicast" mcast_arrives a 100 1
check "ping" reaches a 10.9.9.2

# ---- loops

# Two edges of d in one bridge, with a host behind it: each broadcast comes back by the other edge.
start_edge d -l 192.168.77.1 -c net -a 10.9.9.4 -r
spawn d edge1 edge -f -v -d edge1 -l 192.168.77.1 -c net -a 10.9.9.5 -r
check "two edges on one host" wait_for 10 on d sh -c 'edge status -d edge1 | grep -q ^registered'
hosts h
ip -n d link add br0 type bridge mcast_snooping 0 stp_state 0
ip -n d link add vh type veth peer name eth0 netns h
for port in edge0 edge1 vh; do ip -n d link set dev $port master br0 up; done
ip -n h link set dev eth0 up
ip -n d link set dev br0 up
ip -n h address add 10.9.9.100/24 dev eth0
loop_frames() { on h ping -n -b -c 5 -i 0.2 -W 1 10.9.9.255; true; }
looped() { counts d frame_out_loop -d edge0 || counts d frame_out_loop -d edge1; }
# All that comes from the network to b: it stops when the frames do.
quiet() {
	local before
	before=$(count_of b frames_in)
	sleep 0.5
	[ "$(count_of b frames_in)" -le $((before + 20)) ]
}
before=$(count_of b frames_in)
check "broadcasts into a loop" loop_frames
check "the loop is seen" wait_for 10 looped
stands_by() { log_has d.edge 'on our own side too' || log_has d.edge1 'on our own side too'; }
check "one of the two stands by" wait_for 60 stands_by
check "it ends" wait_for 20 quiet
frames=$(($(count_of b frames_in) - before))
echo "     b had $frames frames of it"
check "the log says what it is" sh -c "grep -q 'two edges are in one bridge' $T/d.edge.log $T/d.edge1.log"
check "the host in the bridge is heard once" on h mcast send 10.9.9.255:5000 eth0 50 5 -r 1
check "others go on" reaches a 10.9.9.2
finish
