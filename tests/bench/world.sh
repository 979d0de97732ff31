#!/usr/bin/env bash
# What tests/bench/bench.py asks for, one call at a time, inside the world that tests/bench/run has entered:
#	world.sh draw N MTU             hosts h1 ... hN and s on one segment
#	world.sh up PEER WAY N          an overlay of h1 ... hN, up and warm; WAY: direct, relayed, hub
#	world.sh down                   all of it gone
#	world.sh all_direct HOST...     waits until castnet's h1 has a direct path to each
#	world.sh count_stream HOST      counts what it sends and gets of the multicast stream; stream_bytes HOST: prints it
#	world.sh lose_reports HOST N    N bytes of its reports of membership get lost; lost_reports HOST: how many did
#	world.sh startup PEER           prints the milliseconds from starting two ends to the first answered ping
# Host N is 172.31.1.N, on the overlay 10.9.9.N.  EDGE_OPTIONS are given to castnet's edges.
# A peer is three functions: PEER_hub starts what stands in the middle, PEER_start HOST-NUMBER one end, both
# without waiting; PEER_ready WAY N waits until everything goes the way it should.

. "$(dirname "${BASH_SOURCE[0]}")/../netns/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/peers.sh"

die() {
	echo "$*" >&2
	tail -n 5 $T/*.log >&2 2>/dev/null
	exit 1
}

underlay_of() { echo "172.31.1.$1"; }

draw() {
	local n=$1 mtu=$2 i hosts=(s=172.31.0.10/20) port
	for i in $(seq "$n"); do hosts+=("h$i=$(underlay_of "$i")/20"); done
	lan u "${hosts[@]}"
	# The segment is to be cheap: its frames need no firewall.
	on u sh -c 'cd /proc/sys/net/bridge && for f in bridge-nf-call-*; do echo 0 >$f; done' 2>/dev/null
	for port in "${hosts[@]%%=*}"; do
		ip -n u link set dev "$port" mtu "$mtu"
		ip -n "$port" link set dev eth0 mtu "$mtu"
	done
	spawn h2 iperf3 iperf3 -s
	mv $T/h2.iperf3.pid $T/iperf3.server
}

# set_mtu N MTU: of a segment that is drawn.
set_mtu() {
	local port
	for port in s $(seq -f 'h%.0f' "$1"); do
		ip -n u link set dev "$port" mtu "$2" && ip -n "$port" link set dev eth0 mtu "$2" || return
	done
}

# Two hosts that may talk only through s.
part_ways() {
	local i
	for i in 1 2; do
		on h$i nft add table ip bench
		on h$i nft add chain ip bench in '{ type filter hook input priority 0; }'
		on h$i nft add rule ip bench in iifname eth0 ip saddr "$(underlay_of $((3 - i)))" drop || return
	done
}

warm() {
	on h1 ping -q -n -i 0.01 -c 20 -w 20 "$(overlay "$1" 2)" >/dev/null || die "no way from h1 to h2"
}

overlay() { if [ "$1" = veth ]; then underlay_of "$2"; else echo "10.9.9.$2"; fi; }

up() {
	local peer=$1 way=$2 n=$3 i
	if [ "$way" = relayed ]; then part_ways || die "cannot part h1 and h2"; fi
	if [ "$way" != direct ] || [ "$peer" = castnet ] || [ "$peer" = n2n ]; then "${peer}_hub" "$way" "$n" || die "hub"; fi
	for i in $(seq "$n"); do "${peer}_start" "$i" "$way" "$n" || die "start of h$i"; done
	wait_for 30 on h1 ping -n -c 1 -W 0.3 "$(overlay "$peer" 2)" || die "no ping from h1 to h2"
	"${peer}_ready" "$way" "$n" || die "$peer is not ready"
	warm "$peer"
}

down() {
	local file i link
	for file in $T/*.pid; do
		[ -e "$file" ] || continue
		kill "$(<"$file")" 2>/dev/null
		wait_for 5 not kill -0 "$(<"$file")" || kill -9 "$(<"$file")"
		rm -f "$file"
	done
	for i in /run/netns/h* /run/netns/s; do
		i=${i##*/}
		on "$i" nft flush ruleset 2>/dev/null
		for link in vxlan0 tap0; do ip -n "$i" link del $link 2>/dev/null; done
	done
	bridge_multicast off
	rm -f $T/*.log
}

bridge_multicast() {
	local port
	for port in $(ip -n u -o link show master br0 | sed 's/^[0-9]*: \([^@:]*\).*/\1/'); do
		bridge -n u link set dev "$port" mcast_flood "$1"
	done
}

# all_direct HOST...: h1 has a direct path to each.
all_direct() {
	local host macs=()
	for host; do macs+=("$(mac_of "$host")"); done
	wait_for 15 direct_to "${macs[@]}" || die "h1 reaches some of $* by way of the supernode"
}
direct_to() {
	local mac
	on h1 edge status >$T/status.text || return
	for mac; do grep -F " $mac " $T/status.text | grep -q direct || return; done
}

# count_stream HOST: from now on the bytes on its wire of frames to the group of the multicast scenarios, which leaves
# out what keeps registrations and paths alive, and neighbour discovery; stream_bytes HOST: how many there were, in and
# out.  The MAC is the destination in PACKET, bytes 30 to 35 of the datagram.
count_stream() {
	on "$1" nft -f - <<-'RULES'
	table ip stream {
		chain in { type filter hook input priority 0; iifname eth0 @th,304,48 0x01005e0a0a0a counter; }
		chain out { type filter hook output priority 0; oifname eth0 @th,304,48 0x01005e0a0a0a counter; }
	}
	RULES
}
stream_bytes() {
	on "$1" nft list table ip stream | awk '/counter packets/ { sum += $NF } END { print sum }'
}

# lose_reports HOST BYTES: the first membership reports to the supernode, until so many bytes of them were lost.
# Type 24, GROUP_REPORT, is in the flags of the common header, bytes 2 and 3 of the datagram.
lose_reports() {
	on "$1" nft -f - <<-RULES
	table ip bench {
		chain out {
			type filter hook output priority 0;
			udp dport 1200 @th,80,16 & 0x001f == 24 quota until $2 bytes counter drop
		}
	}
	RULES
}
lost_reports() { on "$1" nft list table ip bench | sed -n 's/.*counter packets \([0-9]*\).*/\1/p'; }

# A lost ARP request must not cost a second, or start-up times would be those of ARP.
quick_arp() { on h1 sh -c 'for f in /proc/sys/net/ipv4/neigh/*/retrans_time_ms; do echo 20 >$f; done'; }

startup() {
	local peer=$1 start
	if [ "$peer" = castnet ] || [ "$peer" = n2n ]; then "${peer}_hub" direct 2 || die "hub"; fi
	start=${EPOCHREALTIME/[.,]/}
	"${peer}_start" 1 direct 2
	"${peer}_start" 2 direct 2
	until quick_arp && on h1 ping -q -n -i 0.01 -c 1 -w 1 "$(overlay "$peer" 2)" >/dev/null 2>&1; do
		[ $((${EPOCHREALTIME/[.,]/} - start)) -lt 60000000 ] || die "no ping within a minute"
	done
	echo $(((${EPOCHREALTIME/[.,]/} - start) / 1000))
}

"$@"
