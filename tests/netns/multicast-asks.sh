#!/usr/bin/env bash
# What an edge does not know it asks, and until it knows nothing is lost: after its start, behind a router that has asked
# already, after a sleep, and when a carrier is back.
. "${0%/*}/lib.sh"
netns_enter "$@"
has tcpdump || netns_skip "needs tcpdump"

EDGE=(-l 192.168.77.1 -n 224.0.0.0/4)
GROUP=239.40.40.40 GROUP_MAC=01:00:5e:28:28:28
lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24 r=192.168.77.13/24 l=192.168.77.14/24
start_supernode sn
edges a -- "${EDGE[@]}"
reports() { on "$1" edge status groups | grep -E '^reported.*wanted here: '; }
knows_its_groups() { reports "$1" | grep -vE 'all groups'; }

# ---- a program that has joined on a device that stays, and is sent to from the moment that the edge is ready

ip -n b tuntap add edge0 mode tap
ip -n b link set edge0 up
ip -n b address add 10.9.9.2/24 dev edge0
# In the background it says ready by returning.
at_once() {
	on b edge -c net -a 10.9.9.2 --wait=registered,10 "${EDGE[@]}" 2>$T/b.said || return
	on a mcping send $GROUP -i edge0 -c 50 -r 100 -e 1
}
check "b joins without an edge" joins b mcping $GROUP edge0
for round in 1 2 3; do
	check "each datagram from ready on, $round" at_once
	stop_background b edge
done
edges b -- "${EDGE[@]}"
check "then the groups are known" wait_for 5 knows_its_groups b

# ---- asleep for longer than a group lives

# sleeps HOST SECONDS: its edge is stopped for that long; nothing else is.
sleeps() {
	kill -STOP "$(pid_of "$1" edge)"
	sleep "$2"
	kill -CONT "$(pid_of "$1" edge)"
	wait_for 5 ping_once a "$(overlay_of "$1")"
}
check "b's edge sleeps for 80 s" sleeps b ${SLEEP:-80}
check "multicast is back when unicast is" on a mcping send $GROUP -i edge0 -c 20 -r 20 -e 1
check "b's groups are known soon" wait_for 5 knows_its_groups b
stop b mcping

# ---- a multicast router asks once, and is silent for two minutes; then another edge comes

# query HOST: one of IGMPv2, from the kernel's own address.
query() { on "$1" python3 -c '
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 2)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("'"$(overlay_of "$1")"'"))
s.setsockopt(socket.IPPROTO_IP, 4, b"\x94\x04\0\0")
s.sendto(struct.pack("!BBH4s", 0x11, 100, 0xffff - 0x1100 - 100, b"\0" * 4), ("224.0.0.1", 0))'; }
if has python3; then
	edges r -- "${EDGE[@]}" -r
	capture r edge0 igmp igmp
	check "r asks, and says no more" query r
	check "l's edge starts" edges l -- "${EDGE[@]}"
	check "a router is asked for" wait_for 5 log_has r.igmp "$(overlay_of l) > 224.0.0.2: igmp"
	check "l joins" joins l mcping $GROUP edge0
	check "r hears its report" wait_for 2 log_has r.igmp "$(overlay_of l) > (224.0.0.22|$GROUP): igmp v[23] report"
	stop r igmp
	stop l mcping
else
	skip "a late edge" "needs python3"
fi

# ---- a carrier is back

asked() { [ "$(grep -c 'IP 0.0.0.0 > 224.0.0.1: igmp query' $T/b.asked.log)" -ge "$1" ]; }
more_asked() { asked $(($(grep -c 'IP 0.0.0.0 > 224.0.0.1: igmp query' $T/b.asked.log) + 1)); }
# The first three at the start are over.
settled() { local n; n=$(grep -c 'igmp query' $T/b.asked.log); sleep 6; [ "$n" = "$(grep -c 'igmp query' $T/b.asked.log)" ]; }
capture b edge0 asked igmp
wait_for 20 settled
asked_after() {
	local before
	before=$(grep -c 'IP 0.0.0.0 > 224.0.0.1: igmp query' $T/b.asked.log)
	"$@"
	wait_for 3 asked $((before + 1))
}
carrier_back() { ip -n b link set edge0 carrier off && sleep 0.2 && ip -n b link set edge0 carrier on; }
port_back() { ip -n h link set eth0 down && sleep 0.2 && ip -n h link set eth0 up; }
if ip -n b link set edge0 carrier off 2>/dev/null; then
	ip -n b link set edge0 carrier on
	check "the device has a carrier again: hosts are asked" asked_after carrier_back
fi
hosts h
ip -n b link add br0 type bridge mcast_snooping 0
ip -n b link add vh type veth peer name eth0 netns h
for port in edge0 vh; do ip -n b link set $port master br0; done
for link in br0 vh; do ip -n b link set $link up; done
ip -n h link set eth0 up
wait_for 20 settled
check "a port of its bridge has: they are asked" asked_after port_back
finish
