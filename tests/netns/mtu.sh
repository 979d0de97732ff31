#!/usr/bin/env bash
# Underlays with jumbo frames, without, and both: the sender is told what fits, TCP never stalls, and what may be
# fragmented arrives in fragments.
. "${0%/*}/lib.sh"
netns_enter "$@"

# Hosts a, b and the supernode have 9001, as in a VPC; c has 1500 behind a router that fragments or says so.
lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24 r=192.168.77.254/24
ip -n vpc link set dev br0 mtu 9001
for ns in sn a b r; do
	ip -n vpc link set dev "$ns" mtu 9001
	ip -n "$ns" link set dev eth0 mtu 9001
done
lan far c=192.168.78.13/24 r=192.168.78.254/24
router r
gateway c 192.168.78.254
for ns in sn a b; do gateway "$ns" 192.168.77.254; done
start_supernode sn

# bytes around an IP packet on a direct path, and by the supernode
DIRECT=$((20 + 8 + 38 + 14)) RELAYED=$((20 + 8 + 46 + 14))

# told HOST ADDRESS SIZE MTU: an IPv4 packet of SIZE with DF is answered by that.
told() {
	on "$1" ping -n -c 1 -W 1 -M "do" -s $(($3 - 28)) "$2" >$T/told.log 2>&1
	grep -E "Frag needed and DF set \(mtu = $4\)|message too long, mtu[=:] ?$4" $T/told.log || { cat $T/told.log; return 1; }
}
# whole HOST ADDRESS SIZE DF: such a packet is answered in full.
whole() { on "$1" ping -n -c 2 -i 0.2 -W 2 -M "$4" -s $(($3 - 28)) "$2"; }
counts() { [ "$(counter "$(edge_json "$1")" "$2")" -ge "${3:-1}" ]; }
path_mtu_is() { status_says "$1" edge " $(mac_of "$2") .* direct .* $3 "; }
forget_routes() { local ns; for ns; do ip -n "$ns" route flush cache; done; }

# tcp FROM TO BYTES: so much arrives within 10 s.
tcp() {
	spawn "$2" sink socat -u TCP-LISTEN:4000,reuseaddr OPEN:/run/test/sink.out,creat,trunc
	wait_for 5 on "$2" sh -c "ss -Hltn sport = 4000 | grep -q ."
	on "$1" timeout 10 sh -c "head -c $3 /dev/zero | socat -u - TCP:$(overlay_of "$2"):4000" || return
	wait_for 5 tcp_arrived "$3"
}
tcp_arrived() { [ "$(stat -c %s /run/test/sink.out)" = "$1" ]; }

# mss FROM TO: what the SYN of a connection announces when it leaves the tunnel at TO; by the supernode it is less, and
# on a busy machine a path is taken for broken now and then.
mss() {
	capture "$2" edge0 syn 'tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn and dst port 4001' &&
		{ on "$1" timeout 1 socat -u - "TCP:$(overlay_of "$2"):4001,connect-timeout=1" </dev/null; true; } &&
		wait_for 5 log_has "$2.syn" 'mss [0-9]+'
	stop "$2" syn
	grep -oE 'mss [0-9]+' "$T/$2.syn.log" | head -n 1
	rm -f "$T/$2.syn.log"
}
mss_is() { [ "$(mss "$1" "$2")" = "mss $3" ]; }

# ---- jumbo everywhere, MTU by itself
edges a b -- -l 192.168.77.1
check "MTU 8909 by itself" test "$(mtu_of a)" = 8909
check "direct" becomes_direct a b
check "path MTU 9001 in status" path_mtu_is a b 9001
check "full frames, with DF" whole a 10.9.9.2 8909 "do"
check "nothing was fragmented" not counts a fragmented_out
start_edge sn -c net -a 10.9.9.100 -l 192.168.77.1
check "on the supernode's own host the same" wait_for 5 eval '[ "$(mtu_of sn)" = 8909 ]'
stop_edges sn
ip -n a link set dev edge0 mtu 5000
check "set by hand: status says so" status_says a edge "^edge0: .* MTU 5000,"
check "in JSON too" test "$(counter "$(edge_json a)" mtu)" = 5000
ip -n a link set dev edge0 mtu 8909
check "TCP" tcp a b 20000000
stop_edges a b

# ---- -M 9000: more than the path carries with its overhead
edges a b -- -l 192.168.77.1 -M 9000
check "-M 9000 on 9001: direct" becomes_direct a b
check "too big is told" told a 10.9.9.2 9000 $((9001 - DIRECT))
check "and counted" counts a frame_out_too_big
check "what fits passes, with DF" whole a 10.9.9.2 $((9001 - DIRECT)) "do"
forget_routes a b
check "without DF 9000 pass in fragments" whole a 10.9.9.2 9000 dont
check "and are counted" counts a fragmented_out 2
check "MSS is what the path carries" wait_for 15 mss_is a b $((9001 - DIRECT - 40))
check "TCP" tcp a b 20000000
stop_edges a b

# ---- one host has 1500: a router between says so (-D), or fragments (without)
edges a c -- -l 192.168.77.1 -M 9000 -D
check "-D, 1500 behind a router: direct" becomes_direct a c
check "from c: its own link is known" told c 10.9.9.1 1500 $((1500 - DIRECT))
check "from c: MSS" wait_for 15 mss_is c a $((1500 - DIRECT - 40))
ip -n c route flush cache
check "TCP from c" tcp c a 5000000
check "TCP to c: the segments that c announced" tcp a c 5000000
# a learns from the router, which its first long datagram meets.
learns() {
	on a ping -n -c 1 -W 1 -M "do" -s 4000 10.9.9.3
	path_mtu_is a c 1500
}
check "a learns the MTU of the path" wait_for 15 learns
check "and says so" told a 10.9.9.3 4000 $((1500 - DIRECT))
check "without DF 4000 pass" whole a 10.9.9.3 4000 dont
stop_edges a c
ip -n a route flush cache

edges a c -- -l 192.168.77.1 -M 9000
check "without -D: direct" becomes_direct a c
check "9000 bytes pass in fragments: the router makes them" whole a 10.9.9.3 9000 dont
check "TCP both ways" eval 'tcp a c 5000000 && tcp c a 5000000'
stop_edges a c

# ---- a link without a limit of its own, as containers without root have it, says nothing of what is behind it
huge() { for ns in a b; do ip -n vpc link set dev $ns mtu $1 && ip -n $ns link set dev eth0 mtu $1; done; }
huge 65520
edges a b -- -l 192.168.77.1
check "65520: MTU 1400" test "$(mtu_of a)" = 1400
check "direct" becomes_direct a b
check "path MTU 1500" path_mtu_is a b 1500
stop_edges a b
huge 9001

# ---- 1500 everywhere, -M 9000
for ns in sn a b; do ip -n "$ns" link set dev eth0 mtu 1500; done
edges a b -- -l 192.168.77.1 -M 9000
check "-M 9000 on 1500: direct" becomes_direct a b
check "too big is told" told a 10.9.9.2 9000 $((1500 - DIRECT))
forget_routes a b
check "without DF 9000 pass in fragments" whole a 10.9.9.2 9000 dont
check "TCP" tcp a b 20000000
check "MSS" wait_for 15 mss_is a b $((1500 - DIRECT - 40))
check "and back: counted" counts b mss_clamped
stop_edges a b

# ---- the largest there is
edges a b -- -l 192.168.77.1 -M 9216
check "-M 9216: direct" becomes_direct a b
check "9216 bytes pass" whole a 10.9.9.2 9216 dont
stop_edges a b

# ---- the link of a host changes while it runs
edges a b -- -l 192.168.77.1 -M 1420
check "1420 fit 1500" becomes_direct a b
check "with DF" whole a 10.9.9.2 1420 "do"
ip -n a link set dev eth0 mtu 1400
check "link now 1400: told within 10 s" wait_for 10 told a 10.9.9.2 1420 $((1400 - DIRECT))
ip -n a link set dev eth0 mtu 1500
stop_edges a b

# ---- relayed, IPv6 inside, and the option
edges a b -- -l 192.168.77.1 -M 4000 -S1
check "relayed: too big is told" told a 10.9.9.2 4000 $((1500 - RELAYED))
check "relayed: MSS" wait_for 15 mss_is a b $((1500 - RELAYED - 40))
check "relayed: TCP" tcp a b 5000000

# A host sets DF in multicast too, and can be told nothing.
mcast_3000_arrives() {
	mcast_listen b && wait_for 5 mcast_works a 1 && capture b edge0 group 'udp and dst host 239.10.10.10' &&
		{ head -c 3000 /dev/zero | on a socat -u -b 4000 - UDP4-DATAGRAM:239.10.10.10:5000,ip-multicast-if=10.9.9.1; } &&
		wait_for 5 log_has b.group 'length 3000'
}
check "relayed: multicast that does not fit arrives" mcast_3000_arrives
check "in fragments" counts a fragmented_out
stop_edges a b

edges a b -- -l 192.168.77.1 -M 4000 --no-mss-clamp
check "direct" becomes_direct a b
check "--no-mss-clamp: MSS is left" wait_for 15 mss_is a b 3960
check "TCP finds out by itself" tcp a b 5000000
if [ -e /proc/sys/net/ipv6 ]; then
	ip -n a address add fd00:9::1/64 dev edge0 nodad
	ip -n b address add fd00:9::2/64 dev edge0 nodad
	told6() {
		on a ping -6 -n -c 1 -W 1 -M "do" -s 3000 fd00:9::2 >$T/told.log 2>&1
		grep -E "Packet too big: mtu=$1|message too long, mtu[=:] ?$1" $T/told.log || { cat $T/told.log; return 1; }
	}
	check "IPv6: packet too big" told6 $((1500 - DIRECT))
	check "IPv6: fragments of the host pass" on a ping -6 -n -c 2 -i 0.2 -W 2 -s 3000 fd00:9::2
	stop_edges a b

	lan_multicast vpc               # neighbour discovery needs it
	for ns in sn=1 a=a b=b; do
		ip -n "${ns%=*}" -4 address flush dev eth0
		ip -n "${ns%=*}" address add "2001:db8::${ns#*=}/64" dev eth0 nodad
	done
	edges a b -- -l '[2001:db8::1]:7654' -M 4000
	check "underlay is IPv6: direct" becomes_direct a b
	check "too big is told" told a 10.9.9.2 4000 $((1500 - DIRECT - 20))
	check "MSS" wait_for 15 mss_is a b $((1500 - DIRECT - 20 - 40))
	check "TCP" tcp a b 5000000
else
	skip "IPv6 inside and below" "the kernel has none"
fi
finish
