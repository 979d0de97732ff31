#!/usr/bin/env bash
# Who reads edge0 itself gets datagrams that were joined, until the administrator says otherwise (ethtool, --no-join-udp).
. "${0%/*}/lib.sh"
netns_enter "$@"
has tcpdump && has ethtool || netns_skip "needs tcpdump and ethtool"

lan vpc sn=192.168.77.1/24 a=192.168.77.11/24 b=192.168.77.12/24 c=192.168.77.13/24
start_supernode sn
edges a b -- -l 192.168.77.1
edges c -- -l 192.168.77.1 --no-join-udp
edge_json b | grep -o '"offload":{[^}]*}' | grep -q '"uso":true' || netns_skip "this kernel has no TUN_F_USO4"

# trains TO: 3000 datagrams as fast as they go, into a sink that wants all of them once.
sink_ready() { on a blast send "$1:5002" edge0 1000 1 16 && log_has "$2.sink" reached; }
trains() {
	local to
	to=$(overlay_of "$1")
	spawn_anew "$1" sink blast sink "$to:5002" edge0 3000 "$1"
	wait_for 5 sink_ready "$to" "$1" || return
	on a blast send "$to:5002" edge0 60000 3000 1000 64
	stop "$1" sink
	cat "$T/$1.sink.log"
	log_has "$1.sink" '"received": 3000, "duplicates": 0'
}
long_frames() { log_has "$1.long" 'UDP, length'; }
# joined HOST: did who reads the device see several datagrams in one packet?
joined() {
	rm -f "$T/$1.long.log"
	capture "$1" edge0 long 'udp port 5002 and greater 1500'
	trains "$1" || return 2
	stop "$1" long
	long_frames "$1"
}
alone() { joined "$1"; [ $? = 1 ]; }
said() { [ "$(grep -c -- "$1" $T/b.edge.log)" -ge "$2" ]; }

check "direct" becomes_direct a b
check "joined for who reads the device" joined b
on b ethtool -K edge0 gro off
check "gro off is noticed" wait_for 5 said 'gro is off on edge0' 1
check "gro off: each alone" alone b
on b ethtool -K edge0 gro on
check "gro on is noticed" wait_for 5 said 'gro is on again on edge0' 1
check "gro on: joined" joined b
check "direct, to the one with --no-join-udp" becomes_direct a c
check "--no-join-udp: each alone" alone c

# It holds for a device that was there before, too.
stop b edge
ip -n b tuntap add edge0 mode tap
on b ethtool -K edge0 gro off
edges b -- -l 192.168.77.1
check "direct again" becomes_direct a b
check "a device with gro off: each alone" alone b
finish
